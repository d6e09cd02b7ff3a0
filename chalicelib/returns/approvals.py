"""What people say when they approve: a consent or a decision, by which right, and what they waive.

Data only. Who may approve is decided in consenting.py and four_eyes.py.
"""

from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.core.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedLine:
    """How many units of a line were approved and, in the same breath, rejected."""

    line_no: str
    approved: int
    rejected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """What is not insisted on, for which lines, and why: the reason is words of a person."""

    line_nos: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One person's yes. `is_final` False: a consent, which waits for that of a second person.

    `role` is the right that counted: of whom they acted for, where they did. `replaces` is whose
    consent to other quantities it took the place of. What replacements cost is stated by line.
    """

    by: str
    role: str
    at: datetime
    lines: tuple[ApprovedLine, ...]
    on_behalf_of: str | None = None
    delegation_id: str | None = None
    without_replacement: tuple[str, ...] = ()
    replacement_prices: dict[str, Money] = field(default_factory=dict)
    even_replacements: tuple[str, ...] = ()
    fees_waived: Waiver | None = None
    evidence_waived: Waiver | None = None
    replaces: str | None = None
    is_final: bool = False

    @property
    def persons(self) -> frozenset[str]:
        """Who stands behind it: who said it, and for whom."""
        return frozenset(one for one in (self.by, self.on_behalf_of) if one is not None)

    def says_the_same(self, other: "Approval") -> bool:
        """Whether both approve the same units, in the same way."""
        return self._said == other._said

    @property
    def _said(self) -> tuple[object, ...]:
        instead = (self.without_replacement, self.replacement_prices, self.even_replacements)
        return (self.lines, *instead)


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Somebody set refusals of policy (`codes`) aside, and says why in words of their own."""

    by: str
    at: datetime
    reason: str
    codes: tuple[str, ...] = ()
