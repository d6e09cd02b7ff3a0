"""The order as a return needs it: lines, prices paid, payments, deliveries, and what is taken back.

One order is one item: one version guards every reservation on its lines. Quantities are integers
in the base unit; prices are per base unit. Nothing here knows where an order is kept.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from chalicelib.core.events import Chain
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs
from chalicelib.orders.given import Given
from chalicelib.orders.promotions import Promotion


class LineKind(StrEnum):
    """`KIT` is sold as one; its parts are lines of their own behind it."""

    GOODS = "goods"
    SERVICE = "service"
    KIT = "kit"


class HolderKind(StrEnum):
    """Which document took units of a line: they all count against the same quantity."""

    RETURN = "return"
    EXCHANGE = "exchange"
    CLAIM = "claim"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxLine:
    """Tax of the whole line at the original rate; `rate` is a decimal string such as 0.20."""

    name: str
    rate: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class KitComponent:
    """One part of a kit as sold: `quantity` parts per kit, `share` of the kit's price (decimal).

    The share is of all the parts of this SKU together; `unit_cost` is of one.
    """

    sku: str
    quantity: int
    share: str
    name: str | None = None
    gtin: str | None = None
    unit_cost: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """Units of one line that a document holds; releasing it frees exactly these ordinals."""

    holder_id: str
    kind: HolderKind
    units: Runs


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One sold position. `discount` and `taxes` are of the whole line.

    With the order's `tax_included`, `unit_price` contains the tax. A line with `kit_of` is a part
    of that kit: it has no price of its own but a share of the kit's.
    """

    line_no: str
    sku: str
    name: str
    quantity: int
    unit_price: Money
    discount: Money
    kind: LineKind = LineKind.GOODS
    gtin: str | None = None
    spec: str | None = None
    category: str | None = None
    tags: tuple[str, ...] = ()
    final_sale: bool = False
    supplier_id: str | None = None
    sales_unit: str = "each"
    unit_factor: int = 1
    list_price: Money | None = None
    promotion: str | None = None
    taxes: tuple[TaxLine, ...] = ()
    unit_cost: Money | None = None
    kit: tuple[KitComponent, ...] = ()
    kit_of: str | None = None
    warranty_end: date | None = None
    invoice_no: str | None = None
    invoice_date: date | None = None
    reservations: tuple[Reservation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupon:
    code: str
    amount: Money


class DisputeState(StrEnum):
    OPEN = "OPEN"
    WON = "WON"
    LOST = "LOST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """The buyer asked the bank for the money back. OPEN: nobody knows yet who keeps it.

    `given` of one that is LOST: what of it settled what returns owed, so far.
    """

    dispute_id: str
    amount: Money
    opened_at: datetime
    state: DisputeState = DisputeState.OPEN
    given: Money | None = None

    @property
    def left(self) -> Money:
        """What the bank gave the customer beyond what was owed so far; nothing while not LOST."""
        nothing = Money.zero(self.amount.currency)
        if self.state is not DisputeState.LOST:
            return nothing
        return self.amount - (self.given or nothing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One payment. `refunded` is what others gave back; `refunded_by_us` and `pending` are ours.

    `pending` holds the legs whose outcome is not known yet: they count as given back.
    `refunded_seen` is what its provider says that others gave back: `refunded` is no less.
    """

    payment_id: str
    method: str
    provider: str
    captured: Money
    refunded: Money
    refunded_by_us: Money
    pending: Money
    provider_ref: str | None = None
    disputes: tuple[Dispute, ...] = ()
    refunded_seen: Money | None = None

    @property
    def disputed(self) -> Money:
        """What the bank took back of it, or may still take: nobody is refunded out of that."""
        return Money.total(
            (one.amount for one in self.disputes if one.state is not DisputeState.WON),
            self.captured.currency,
        )

    @property
    def refundable(self) -> Money:
        """captured − refunded elsewhere − refunded by us − under way − disputed; never negative."""
        left = self.captured - self.refunded - self.refunded_by_us - self.pending - self.disputed
        return max(left, Money.zero(self.captured.currency))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredItem:
    line_no: str
    quantity: int
    lot: str | None = None
    serials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One posted outbound delivery. The units of a line are numbered in order of its deliveries."""

    delivery_no: str
    warehouse: str
    shipped_at: datetime
    items: tuple[DeliveredItem, ...]
    delivered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One sale. `contact_ref` names the item with the personal data; nothing here is personal.

    `standard_shipping` is what the cheapest offered delivery would have cost, where a dearer one
    was chosen. `given` is what went back of it so far, beside the money of payments.
    """

    order_no: str
    customer_id: str
    currency: str
    placed_at: datetime
    policy_version: str
    lines: tuple[OrderLine, ...]
    payments: tuple[Payment, ...]
    discount: Money
    shipping: Money
    shipping_tax: Money
    tax_included: bool
    exchange_rate: str = "1"
    customer_class: str | None = None
    contact_ref: str | None = None
    channel: str | None = None
    region: str | None = None
    contract_no: str | None = None
    contract_clauses: tuple[str, ...] = ()
    sales_rep: str | None = None
    coupons: tuple[Coupon, ...] = ()
    points_spent: int = 0
    points_earned: int = 0
    promotions: tuple[Promotion, ...] = ()
    standard_shipping: Money | None = None
    shipping_tax_rate: str | None = None
    given: Given = Given()
    deliveries: tuple[Delivery, ...] = ()
    created_at: datetime
    updated_at: datetime
    version: int = 1
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return f"order/{self.order_no}"

    def line(self, line_no: str) -> OrderLine | None:
        """The line with this number, or None."""
        return next((line for line in self.lines if line.line_no == line_no), None)

    def shipped(self, line_no: str) -> int:
        """How many units of the line were posted out."""
        return sum(
            item.quantity
            for delivery in self.deliveries
            for item in delivery.items
            if item.line_no == line_no
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Who to write to. Its own item, so that it can be erased without touching history."""

    contact_id: str
    customer_id: str
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    version: int = 1
