"""What an explanation consists of: plain data, in words of one language, for one kind of reader."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.events import Json
from chalicelib.core.money import Money
from chalicelib.policy.deductions import GradeDeductions
from chalicelib.policy.document import Fees, FourEyes, RefundDue, Review, WindowStart
from chalicelib.policy.giving import Giving


@dataclass(frozen=True, slots=True, kw_only=True)
class FactTold:
    """A fact that a rule asked about, as it was known; None: it was not."""

    fact: str
    words: str
    value: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTold:
    """One rule of the version. `decided_before`: what it states too, by the rule that was first."""

    rule: str
    title: str
    held: bool
    facts: tuple[FactTold, ...]
    decides: tuple[str, ...]
    says: tuple[str, ...]
    decided_before: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTold:
    """What is asked about every line beside the rules, or what set them aside."""

    step: str
    title: str
    passed: bool
    code: str
    words: str
    facts: dict[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowTold:
    """`is_estimated`: the delivery was not known; the usual transit was added to the shipping."""

    days: int | None
    start: WindowStart
    counted_from: datetime | None
    is_estimated: bool
    ends_before: datetime | None
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherVersion:
    """The version that was not chosen, and what it says about the line."""

    version_id: str
    title: str
    eligible: bool
    code: str
    window_ends: datetime | None
    fees: Fees | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTold:
    line_no: str
    eligible: bool
    code: str
    says: str
    version_id: str | None
    version_title: str | None
    why_version: str
    other: OtherVersion | None
    steps: tuple[StepTold, ...]
    rules: tuple[RuleTold, ...]
    window: WindowTold | None
    fees: Fees | None
    refund_due: RefundDue
    evidence: tuple[str, ...]
    resolutions: tuple[str, ...]
    keep_item: bool
    review: Review
    warehouse: str | None
    checklist: str | None
    replays: bool | None
    grade_deductions: GradeDeductions | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonTold:
    code: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalTold:
    signal: str
    title: str
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """`replays`: whether each line, decided again, comes out the same; None: nothing to replay.

    `giving` is one for the whole return. `reasons`, `risk_score`, `signals`, `four_eyes` and
    `second_refunder_above` are for staff: None and empty for customers.
    """

    language: str
    policy_version: str
    requested_at: datetime | None
    eligible: bool
    review: Review
    review_says: str
    reasons: tuple[ReasonTold, ...]
    risk_score: int | None
    signals: tuple[SignalTold, ...]
    four_eyes: tuple[FourEyes, ...]
    lines: tuple[LineTold, ...]
    giving: Giving
    giving_says: tuple[str, ...]
    second_refunder_above: Money | None
    replays: bool | None
