"""One piece of goods that somebody asks to give back, with its state on each axis."""

from collections.abc import Iterator
from dataclasses import dataclass

PENDING = ("SUBMITTED", "NEEDS_INFO", "UNDER_REVIEW")
ON_THE_WAY = ("AWAITING", "IN_TRANSIT", "ARRIVED")
SEEN = ("PASSED", "FAILED")


class Refused(Exception):
    """The command may not act now; `codes` are the ways in which it may say so."""

    def __init__(self, *codes: str) -> None:
        super().__init__(", ".join(codes))
        self.codes = codes


@dataclass(slots=True)
class Unit:
    """One piece of goods that somebody asks to give back; `ordinal` is its number when sold.

    `is_free`: maker, carrier or we are at fault, so no fee is taken of its money. `is_kept`: the
    customer keeps it after all, and what was given for it comes in its place. `held_by`: the
    document that alone moves it for now.
    """

    ordinal: int
    authorization: str = "DRAFT"
    logistics: str = "NONE"
    inspection: str = "PENDING"
    disposition: str = "UNDECIDED"
    settlement: str = "NONE"
    grade: str | None = None
    credit: bool | None = None
    warehouse: str | None = None
    account: str | None = None
    ended_after_approval: bool = False
    is_free: bool = False
    is_kept: bool = False
    held_by: str | None = None

    def become(self, other: "Unit") -> None:
        """The same piece of goods, standing as another does."""
        for name in Unit.__slots__:
            setattr(self, name, getattr(other, name))

    @property
    def is_approved(self) -> bool:
        return self.authorization == "APPROVED"

    @property
    def is_here(self) -> bool:
        return self.is_approved and self.logistics == "RECEIVED"

    @property
    def is_expected(self) -> bool:
        return self.is_approved and self.logistics in ON_THE_WAY

    @property
    def is_disposed(self) -> bool:
        return self.disposition not in ("UNDECIDED", "HOLD")


@dataclass(slots=True)
class Proposal:
    """Units of a request that one person wants to go this way, and somebody else has to agree."""

    request: str
    by: str
    units: list[tuple[Unit, str]]
    is_open: bool = True


@dataclass(slots=True)
class Job:
    """Units that are worked on together, by request, line and number; `left` are not back."""

    kind: str
    parts: list[tuple[str, str, list[int]]]
    left: list[list[int]]
    state: str = "OPEN"


def first(units: Iterator[Unit] | list[Unit], count: int) -> list[Unit]:
    """The units of the lowest numbers."""
    return sorted(units, key=lambda unit: unit.ordinal)[:count]
