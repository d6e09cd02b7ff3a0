"""The return: lines whose units each stand somewhere on five independent axes.

Units in the same place on every axis are one group, so a line of 9,000 units is a few groups. The
quantity buckets are counts over groups; they cannot disagree with each other.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from chalicelib.core import runs
from chalicelib.core.events import Chain
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs
from chalicelib.inventory.model import Account
from chalicelib.orders.value import Paid, value_of_units
from chalicelib.policy.model import Decision
from chalicelib.settlement.model import Settlement, SettlementState


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
    they count for the refund (None: not decided yet).
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

    @property
    def size(self) -> int:
        return runs.size(self.units)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnLine:
    """Units of one order line (or, blind, of one SKU), why they come back and how they stand.

    `paid` is what the whole order line was paid for and `sold` its quantity: with the ordinals of
    the units that gives each unit's value for good.
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

    @property
    def requested(self) -> int:
        return sum(group.size for group in self.groups)

    def value_of(self, units: Runs) -> Money:
        """What was paid for these units, tax included."""
        return value_of_units(self.paid, self.sold, units).total


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedDocument:
    """A paper that belongs to the return: its kind and a reference to where it is kept."""

    kind: str
    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """A parcel on its way to us."""

    shipment_id: str
    carrier: str
    tracking_no: str
    label_key: str | None = None
    scanned_at: datetime | None = None
    arrived_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """One request to take goods back. The header status is derived from the lines, never stored."""

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
    documents: tuple[LinkedDocument, ...] = ()
    shipments: tuple[Shipment, ...] = ()
    settlements: tuple[Settlement, ...] = ()
    parcel: str | None = None
    withdrawal_declared_at: datetime | None = None
    refund_due_at: datetime | None = None
    submissions: int = 0
    review_note: str | None = None
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
        """All groups of all lines."""
        return [group for line in self.lines for group in line.groups]
