"""What a merchant made of the catalogue, as one record, and the catalogue that comes of it.

Requests ask for the catalogue all the time and it changes once in a season, so a process remembers
it for half a minute (docs/decisions/reasons-are-remembered-for-half-a-minute.md).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import MappingProxyType

from chalicelib.core.clock import Clock
from chalicelib.core.events import Chain
from chalicelib.core.remembering import Remembered
from chalicelib.reasons.built_in import built_in
from chalicelib.reasons.catalogue import Catalogue, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendments:
    """Reasons as the merchant wants them, whole: their own, and built-in ones that they changed."""

    reasons: tuple[Reason, ...] = ()
    version: int = 0
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return "reasons/catalogue"

    def with_reason(self, reason: Reason) -> "Amendments":
        """With this one in place of what its code stood for, or after all others."""
        codes = [one.code for one in self.reasons]
        if reason.code not in codes:
            return replace(self, reasons=(*self.reasons, reason))
        changed = (reason if one.code == reason.code else one for one in self.reasons)
        return replace(self, reasons=tuple(changed))


def amended(amendments: Amendments) -> Catalogue:
    """What comes with the product, as the merchant changed it."""
    start = built_in()
    changed = {reason.code: reason for reason in amendments.reasons}
    return replace(
        start,
        reasons=MappingProxyType({**start.reasons, **changed}),
        version=start.version + amendments.version,
    )


class KnownReasons:
    """The catalogue that a process knows."""

    def __init__(self) -> None:
        self._known: Remembered[Catalogue] = Remembered()

    def catalogue(self, read: Callable[[], Amendments], clock: Clock) -> Catalogue:
        """As it stood at most half a minute ago."""
        return self._known.get(lambda: amended(read()), clock)
