"""A policy as data: dated versions of ordered rules, each a condition and what follows from it.

A published version is never edited. The documents' JSON form is in contracts/policy.py, and its
schema in docs/policy.schema.json.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from enum import StrEnum

from chalicelib.core.money import Money
from chalicelib.policy.conditions import Condition
from chalicelib.policy.deductions import GradeDeductions
from chalicelib.policy.giving import Giving

Words = Mapping[str, str]
"""A text by language tag: en, zh-CN."""


class VersionState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    DISCARDED = "discarded"


class WindowStart(StrEnum):
    """What a window counts from; a missing date falls back to shipping plus the usual transit."""

    DELIVERY = "delivery"
    SHIPMENT = "shipment"
    ORDER = "order"


class Review(StrEnum):
    """Who decides about an eligible request, the least first."""

    AUTOMATIC = "automatic"
    PERSON = "person"
    SENIOR = "senior"
    TWO_PERSONS = "two_persons"


class RefundDue(StrEnum):
    APPROVAL = "approval"
    CARRIER_SCAN = "carrier_scan"
    RECEIPT = "receipt"
    INSPECTION = "inspection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """`days` after the start; None: no limit. `by_resolution` has other lengths for some wishes.

    `to_working_day`: a last day that is off (a weekend, a public holiday) gives way to the next.
    """

    days: int | None
    start: WindowStart = WindowStart.DELIVERY
    by_resolution: Mapping[str, int | None] = field(default_factory=dict)
    to_working_day: bool = False

    def days_for(self, resolution: str) -> int | None:
        return self.by_resolution.get(resolution, self.days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fees:
    """What is kept of a refund. `restocking` is a part of 10,000 of the line (1500: 15 %).

    `flat` is taken once per return; `shipping` is the way back, at the customer's cost. A fee is
    taxed at `tax_rate` (a part of 10,000, contained in the fee).
    """

    restocking: int = 0
    flat: Money | None = None
    shipping: Money | None = None
    tax_rate: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a rule states; None: it says nothing about this. The first rule that does, decides.

    A refund of more than `second_refunder_above` is sent when a second person agreed to it.
    `grade_deductions` are taken off where an inspection finds the customer at fault.
    """

    eligible: bool | None = None
    code: str | None = None
    window: Window | None = None
    evidence: tuple[str, ...] | None = None
    resolutions: tuple[str, ...] | None = None
    fees: Fees | None = None
    refund_due: RefundDue | None = None
    warehouse: str | None = None
    review: Review | None = None
    keep_item: bool | None = None
    checklist: str | None = None
    giving: Giving | None = None
    second_refunder_above: Money | None = None
    grade_deductions: GradeDeductions | None = None

    def stated(self) -> dict[str, object]:
        """The fields that are stated, by name."""
        values = {name: getattr(self, name) for name in OUTCOME_FIELDS}
        return {name: value for name, value in values.items() if value is not None}


OUTCOME_FIELDS = tuple(one.name for one in fields(Outcome))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`when` None: always."""

    rule_id: str
    then: Outcome
    when: Condition | None = None
    title: Words = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Something that makes a request riskier, by `weight` points where the condition holds."""

    signal_id: str
    when: Condition
    weight: int
    title: Words = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskTier:
    """From `score` points on, this review at least."""

    score: int
    review: Review


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountTier:
    """Where a request is worth more than `above`, this review at least."""

    above: Money
    review: Review


class FourEyes(StrEnum):
    """Two that have to be different people."""

    REQUESTER_APPROVER = "requester_approver"
    APPROVER_REFUNDER = "approver_refunder"
    INSPECTOR_REFUNDER = "inspector_refunder"
    DRAFTER_PUBLISHER = "drafter_publisher"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """Days until what a customer lets lie expires, and how long before they are reminded.

    `refund_days` is how long a refund may take once it is due.
    """

    draft_days: int = 30
    answer_days: int = 14
    ship_days: int = 28
    remind_days: int = 7
    refund_days: int = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDocument:
    """One version of one policy. `effective_to` is exclusive; None: until the next one.

    `public_holidays` are days off beside those that all of the buyer's country has.
    """

    policy: str
    version_id: str
    title: Words
    time_zone: str
    rules: tuple[Rule, ...]
    effective_from: datetime
    effective_to: datetime | None = None
    transit_days: int = 7
    signals: tuple[Signal, ...] = ()
    risk_tiers: tuple[RiskTier, ...] = ()
    amount_tiers: tuple[AmountTier, ...] = ()
    four_eyes: tuple[FourEyes, ...] = ()
    deadlines: Deadlines = field(default_factory=Deadlines)
    public_holidays: tuple[date, ...] = ()
