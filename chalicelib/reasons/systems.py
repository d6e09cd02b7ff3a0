"""What other systems call our reasons, refusals and responses: tables as data, one file each.

A table is read in both ways. Where several reasons of ours have one code there, `read_as` says
which of them such a code is taken for; where theirs says too little, that is OTHER.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from chalicelib.core.errors import NotFound
from chalicelib.reasons.built_in import read
from chalicelib.reasons.catalogue import Catalogue

_FOLDER = "mappings"
Codes = Mapping[str, tuple[str, ...]]
"""Their codes by ours; the first is the one that they are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """One system: `codes` names the list of codes there. What it has no code for is not in it."""

    system: str
    title: str
    codes: str
    reasons: Codes
    rejections: Codes
    responses: Codes
    read_as: Mapping[str, str] = field(default_factory=dict)

    def told(self, catalogue: Catalogue, code: str) -> tuple[str, ...]:
        """Their codes for a reason; one of the merchant's own is told as the one it is like."""
        reason = catalogue.reasons.get(code)
        known = self.reasons.get(code)
        if known is None and reason is not None and reason.like is not None:
            known = self.reasons.get(reason.like)
        return known or ()

    def incoming(self) -> dict[str, str]:
        """Our reason for each code of theirs."""
        found = {theirs: ours for ours, codes in self.reasons.items() for theirs in codes}
        return {**found, **self.read_as}

    def reading(self, theirs: str) -> str | None:
        """Our reason for a code of theirs, as people type it; None where it is not known."""
        table = self.incoming()
        if theirs in table:
            return table[theirs]
        folded = {code.casefold(): ours for code, ours in table.items()}
        return folded.get(theirs.casefold())


@cache
def systems() -> tuple[str, ...]:
    """The names of all systems."""
    folder = resources.files("chalicelib.reasons").joinpath(_FOLDER)
    names = (file.name for file in folder.iterdir())
    return tuple(sorted(name.removesuffix(".json") for name in names if name.endswith(".json")))


@cache
def system_of(name: str) -> System:
    """A system; raises NotFound."""
    if name not in systems():
        raise NotFound(
            "reason_system_not_found",
            f"There is no table for {name}; known: {', '.join(systems())}.",
            known=list(systems()),
        )
    form = read(_FOLDER, f"{name}.json")
    return System(
        system=form["system"],
        title=form["title"],
        codes=form["codes"],
        reasons=_codes(form["reasons"]),
        rejections=_codes(form.get("rejections", {})),
        responses=_codes(form.get("responses", {})),
        read_as=form.get("read_as", {}),
    )


def _codes(form: Mapping[str, list[str]]) -> Codes:
    return {ours: tuple(theirs) for ours, theirs in form.items()}
