"""The return: lines whose units each stand somewhere on five independent axes.

Units in the same place on every axis are one group, so a line of 9,000 units is a few groups. The
quantity buckets are counts over groups; they cannot disagree with each other.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from chalicelib.core import runs
from chalicelib.core.events import Chain
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs
from chalicelib.inspection.findings import Findings
from chalicelib.inventory.model import Account
from chalicelib.orders.value import Paid, value_of_units
from chalicelib.policy.document import Deadlines
from chalicelib.policy.feedback import RiskFeedback
from chalicelib.policy.verdict import Decision, LineDecision
from chalicelib.returns.approvals import Approval, Override
from chalicelib.settlement.model import AgreedWithholding, Difference, Settlement, SettlementState


class ReturnType(StrEnum):
    CUSTOMER_RETURN = "customer_return"
    WITHDRAWAL = "withdrawal"
    QUALITY = "quality"
    SALES_ADJUSTMENT = "sales_adjustment"
    RECALL = "recall"
    STOCK_ERROR = "stock_error"


class Method(StrEnum):
    COURIER = "courier"
    STORE = "store"
    PICKUP = "pickup"


class Authorization(StrEnum):
    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    NEEDS_INFO = "NEEDS_INFO"
    UNDER_REVIEW = "UNDER_REVIEW"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


class Logistics(StrEnum):
    """`NONE` until a unit is approved."""

    NONE = "NONE"
    NOT_NEEDED = "NOT_NEEDED"
    AWAITING = "AWAITING"
    IN_TRANSIT = "IN_TRANSIT"
    ARRIVED = "ARRIVED"
    RECEIVED = "RECEIVED"
    LOST = "LOST"
    SHORT_CLOSED = "SHORT_CLOSED"
    REFUSED = "REFUSED"


class InspectionResult(StrEnum):
    """`PENDING` until an inspector saw the unit."""

    PENDING = "PENDING"
    PASSED = "PASSED"
    FAILED = "FAILED"
    NEEDS_REINSPECTION = "NEEDS_REINSPECTION"


class Grade(StrEnum):
    """A as new · B opened, complete · C used or incomplete · D damaged."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


class FaultParty(StrEnum):
    NONE = "none"
    MAKER = "maker"
    CARRIER = "carrier"
    CUSTOMER = "customer"
    US = "us"


class Disposition(StrEnum):
    HOLD = "HOLD"
    RESTOCK = "RESTOCK"
    REPACK = "REPACK"
    REPAIR = "REPAIR"
    REFURBISH = "REFURBISH"
    RTV = "RTV"
    SCRAP = "SCRAP"
    DONATE = "DONATE"
    SHIP_BACK = "SHIP_BACK"
    KEPT_BY_CUSTOMER = "KEPT_BY_CUSTOMER"


class Resolution(StrEnum):
    """What the customer wants; money work adds what each one does."""

    REFUND = "refund"
    EXCHANGE = "exchange"
    STORE_CREDIT = "store_credit"
    REPAIR = "repair"


class Closure(StrEnum):
    OPEN = "OPEN"
    COMPLETED = "COMPLETED"
    REOPENED = "REOPENED"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitGroup:
    """Units that stand at the same place on every axis.

    `warehouse` and `account` say where received units lie in the stock ledger; `credit` whether
    they count for the refund (None: not decided yet). `ended_after_approval` marks units that were
    cancelled or expired once approved; `held_by` is the document that alone moves them meanwhile.
    """

    units: Runs
    lot: str | None = None
    authorization: Authorization = Authorization.DRAFT
    logistics: Logistics = Logistics.NONE
    inspection: InspectionResult = InspectionResult.PENDING
    disposition: Disposition | None = None
    settlement: SettlementState = SettlementState.NONE
    grade: Grade | None = None
    fault: FaultParty | None = None
    credit: bool | None = None
    refusal_code: str | None = None
    warehouse: str | None = None
    account: Account | None = None
    ended_after_approval: bool = False
    held_by: str | None = None

    @property
    def size(self) -> int:
        return runs.size(self.units)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnLine:
    """Units of one order line (or, blind, of one SKU), why they come back and how they stand.

    `paid` is for the whole order line of `sold` units. `exchange_for` is the SKU that is wanted
    instead, at `exchange_price` each or evenly; `received_as` is what comes instead. `among` are
    the units that are called back; empty: any. `verdict`: decided before other lines were edited.
    """

    line_no: str
    sku: str
    name: str
    reason: str
    groups: tuple[UnitGroup, ...]
    paid: Paid
    sold: int
    order_line_no: str | None = None
    gtin: str | None = None
    category: str | None = None
    supplier_id: str | None = None
    note: str | None = None
    resolution: Resolution = Resolution.REFUND
    unit_cost: Money | None = None
    serials: dict[str, str] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    exchange_for: str | None = None
    exchange_price: Money | None = None
    exchange_even: bool = False
    exchange_id: str | None = None
    received_as: str | None = None
    among: Runs = ()
    verdict: LineDecision | None = None

    @property
    def goods(self) -> str:
        """The SKU that is expected to come back."""
        return self.received_as or self.sku

    @property
    def requested(self) -> int:
        return sum(group.size for group in self.groups)

    def value_of(self, units: Runs) -> Money:
        """What was paid for these units, tax included."""
        return value_of_units(self.paid, self.sold, units).total


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedDocument:
    """A paper of the return: its kind and where it is kept; the same paper, whoever linked it.

    The kinds that rules ask for are in documents.py; others may be linked too.
    """

    kind: str
    ref: str
    by_customer: bool = field(default=False, compare=False)


class ShipmentState(StrEnum):
    """REQUESTED: the carrier was asked for a label, its answer is not known yet."""

    REQUESTED = "REQUESTED"
    LABELLED = "LABELLED"
    REFUSED = "REFUSED"
    IN_TRANSIT = "IN_TRANSIT"
    DELIVERED = "DELIVERED"
    LOST = "LOST"
    RETURNED = "RETURNED"
    VOIDED = "VOIDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippedUnits:
    """Which units of a line are in a parcel."""

    line_no: str
    units: Runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """A parcel on its way to us, or a label for one. `units` is empty until it is known to go."""

    shipment_id: str
    carrier: str
    tracking_no: str | None = None
    state: ShipmentState = ShipmentState.IN_TRANSIT
    units: tuple[ShippedUnits, ...] = ()
    label_key: str | None = None
    reason: str | None = None
    requested_at: datetime | None = None
    expires_at: datetime | None = None
    scanned_at: datetime | None = None
    arrived_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PickupSlot:
    """When a carrier comes to fetch the goods; `reference` is the carrier's, once booked."""

    slot_id: str
    carrier: str
    day: date
    window: str
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseReport:
    """Why goods are called back or were sent wrongly: who was asked, what was found."""

    asked: tuple[str, ...]
    investigation: str
    data: str
    conclusion: str
    reported_by: str
    reported_at: datetime


class AppealAgainst(StrEnum):
    REJECTION = "rejection"
    GRADE = "grade"
    AMOUNT = "amount"


class AppealState(StrEnum):
    OPEN = "OPEN"
    UPHELD = "UPHELD"
    DISMISSED = "DISMISSED"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """A customer's objection to a decision. `line_nos` empty: all lines that were decided so."""

    appeal_id: str
    against: AppealAgainst
    line_nos: tuple[str, ...]
    grounds: str
    opened_at: datetime
    opened_by: str
    state: AppealState = AppealState.OPEN
    decided_at: datetime | None = None
    decided_by: str | None = None
    answer: str | None = None
    award: Money | None = None


class DeadlineKind(StrEnum):
    """What is waited for: a draft to be submitted, an answer, or the goods to be sent."""

    DRAFT = "draft"
    ANSWER = "answer"
    SHIP = "ship"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """When waiting ends, and when the customer is reminded of it."""

    kind: DeadlineKind
    due_at: datetime
    remind_at: datetime
    reminded_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """One request to take goods back. The header status is derived from the lines, never stored.

    `reviewers` and `inspectors` are all who decided so far, `editors` all who changed what is asked
    for. `photo_reused_from` are other returns whose photos came again with this one.
    """

    return_id: str
    number: str
    type: ReturnType
    method: Method
    currency: str
    lines: tuple[ReturnLine, ...]
    requested_at: datetime
    created_at: datetime
    updated_at: datetime
    requested_by: str
    order_no: str | None = None
    customer_id: str | None = None
    contact_ref: str | None = None
    warehouse: str | None = None
    channel: str | None = None
    region: str | None = None
    customer_class: str | None = None
    decision: Decision | None = None
    deadline_terms: Deadlines = field(default_factory=Deadlines)
    documents: tuple[LinkedDocument, ...] = ()
    photo_reused_from: tuple[str, ...] = ()
    risk_feedback: tuple[RiskFeedback, ...] = ()
    shipments: tuple[Shipment, ...] = ()
    settlements: tuple[Settlement, ...] = ()
    withholdings: tuple[AgreedWithholding, ...] = ()
    findings: Findings = Findings()
    differences: tuple[Difference, ...] = ()
    parcel: str | None = None
    withdrawal_declared_at: datetime | None = None
    refund_due_at: datetime | None = None
    submissions: int = 0
    requested_at_stated: bool = False
    review_note: str | None = None
    reviewed_by: str | None = None
    inspected_by: str | None = None
    reviewers: tuple[str, ...] = ()
    inspectors: tuple[str, ...] = ()
    submitted_by: str | None = None
    editors: tuple[str, ...] = ()
    approvals: tuple[Approval, ...] = ()
    override: Override | None = None
    cause_report: CauseReport | None = None
    appeals: tuple[Appeal, ...] = ()
    deadline: Deadline | None = None
    pickup: PickupSlot | None = None
    campaign_id: str | None = None
    withdrawal_id: str | None = None
    open_exceptions: int = 0
    closure: Closure = Closure.OPEN
    version: int = 1
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return f"return/{self.return_id}"

    @property
    def is_blind(self) -> bool:
        return self.order_no is None

    def line(self, line_no: str) -> ReturnLine | None:
        """The line with this number, or None."""
        return next((line for line in self.lines if line.line_no == line_no), None)

    def groups(self) -> list[UnitGroup]:
        return [group for line in self.lines for group in line.groups]

    @property
    def open_appeals(self) -> tuple[Appeal, ...]:
        """The appeals that nobody decided yet."""
        return tuple(appeal for appeal in self.appeals if appeal.state is AppealState.OPEN)

    def with_line(self, changed: ReturnLine) -> "Return":
        """The return with this line in place of the one of its number."""
        lines = tuple(changed if old.line_no == changed.line_no else old for old in self.lines)
        return replace(self, lines=lines)
