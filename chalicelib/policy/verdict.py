"""What an evaluation says: about each line with its trace, and about the request as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from chalicelib.core.events import Json
from chalicelib.core.money import Money
from chalicelib.policy.deductions import GradeDeductions
from chalicelib.policy.document import Fees, FourEyes, RefundDue, Review
from chalicelib.policy.facts import OF_REQUEST
from chalicelib.policy.giving import Giving
from chalicelib.policy.windows import Dates


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTrace:
    """One rule that was asked: the facts it used and its verdict."""

    rule: str
    facts: dict[str, Json]
    passed: bool
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDecision:
    """The verdict on one line; `code` is the first refusal, or `eligible`.

    `facts`, with those of the whole request and `dates`, are all that was known when it was
    decided: evaluated again with the same version they give the same verdict. `dates` None: no
    policy was asked. `resolutions` empty: whatever the customer wants. `reason_evidence` is what
    the reason wants to see beside what policy does.
    """

    line_no: str
    eligible: bool
    code: str
    trace: tuple[RuleTrace, ...]
    policy_version: str | None = None
    facts: dict[str, Json] = field(default_factory=dict)
    is_goods: bool = True
    dates: Dates | None = None
    review: Review = Review.PERSON
    window_ends: datetime | None = None
    evidence: tuple[str, ...] = ()
    reason_evidence: tuple[str, ...] = ()
    resolutions: tuple[str, ...] = ()
    refund_due: RefundDue = RefundDue.INSPECTION
    fees: Fees | None = None
    warehouse: str | None = None
    keep_item: bool = False
    checklist: str | None = None
    giving: Giving | None = None
    second_refunder_above: Money | None = None
    grade_deductions: GradeDeductions | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskAssessment:
    """The points of a request, and of each signal that held."""

    score: int = 0
    signals: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The verdict on a request; lines may have been decided by different versions.

    `policy_version` is the one that the order was sold under. `facts` are those that all lines
    share. `reasons` say in codes why the review is what it is.
    """

    policy_version: str
    review: Review
    lines: tuple[LineDecision, ...]
    risk: RiskAssessment = field(default_factory=RiskAssessment)
    facts: dict[str, Json] = field(default_factory=dict)
    requested_at: datetime | None = None
    reasons: tuple[str, ...] = ()
    four_eyes: tuple[FourEyes, ...] = ()

    @property
    def eligible(self) -> bool:
        return all(line.eligible for line in self.lines)


def kept_with(line: LineDecision, shared: Mapping[str, Json]) -> LineDecision:
    """The verdict with what was known of its request, for when that is decided anew without it."""
    if line.dates is None:
        return line
    unknown: dict[str, Json] = dict.fromkeys(sorted(OF_REQUEST))
    return replace(line, facts={**unknown, **shared, **line.facts})
