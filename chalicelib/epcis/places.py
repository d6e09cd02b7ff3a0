"""Which warehouse a place of an EPCIS event is, and how a warehouse is told. Pure.

A GLN is a partner's name of a place: which warehouse it is, the stage states. Without that, goods
would be booked into a warehouse that nobody has, so an unknown GLN is no place.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from chalicelib.core.gtins import check_digit
from chalicelib.epcis import names

_GLN = re.compile(r"[0-9]{13}")
_WAREHOUSE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,63}")


class BadPlaces(ValueError):
    """What the stage states is no list of GLNs: of its own settings, so no caller's fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The warehouse, or the GLN that none has; neither for what names no place at all."""

    warehouse: str | None = None
    unknown_gln: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Warehouses by GLN; a warehouse may have several, a GLN is of one."""

    by_gln: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, stated: str) -> Self:
        """Read from `BER=4006381000017 LON=4006381000024`; raises BadPlaces."""
        by_gln: dict[str, str] = {}
        for part in stated.split():
            warehouse, _, gln = part.partition("=")
            if not _WAREHOUSE.fullmatch(warehouse) or not is_gln(gln):
                raise BadPlaces(f"WAREHOUSE_GLNS: {part!r} is no warehouse=GLN, check digit right.")
            if gln in by_gln:
                raise BadPlaces(f"WAREHOUSE_GLNS: {gln} stands there twice.")
            by_gln[gln] = warehouse
        return cls(by_gln=by_gln)

    def at(self, uri: str) -> Place:
        """What a URI of a place names: by its GLN, or by its last part.

        Thirteen digits are a GLN, with a slip in it where its last digit is wrong; but not in our
        own names, which are told as they are.
        """
        if uri.startswith(names.OWN_PLACES):
            return Place(warehouse=names.last_part(uri))
        name = names.place_of(uri)
        if name is None:
            return Place()
        if _GLN.fullmatch(name) is None:
            return Place(warehouse=name)
        warehouse = self.by_gln.get(name)
        return Place(warehouse=warehouse, unknown_gln=name if warehouse is None else None)

    def uri_of(self, warehouse: str) -> str:
        """A warehouse in answers: by the first of its GLNs, where it has one."""
        known = (gln for gln, own in self.by_gln.items() if own == warehouse)
        return names.place_uri(warehouse, next(known, None))


def is_gln(text: str) -> bool:
    """Thirteen digits of which the last is right."""
    return _GLN.fullmatch(text) is not None and check_digit(text[:-1]) == text[-1]
