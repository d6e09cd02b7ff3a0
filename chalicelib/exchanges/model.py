"""An exchange: the way out of what the customer gets in place of units of a return.

It holds no units of the order: those are held once, by its return. What it holds is stock, in the
account `reserved`, until it leaves or is free again.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.core import runs
from chalicelib.core.events import Chain
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs


class ExchangeState(StrEnum):
    """AWAITING_PAYMENT: promised, sent once the difference is paid; RESERVED: promised; SHIPPED: on
    its way; FULFILLED: with the customer."""

    AWAITING_PAYMENT = "AWAITING_PAYMENT"
    RESERVED = "RESERVED"
    SHIPPED = "SHIPPED"
    FULFILLED = "FULFILLED"
    CANCELLED = "CANCELLED"


PROMISED = frozenset({ExchangeState.AWAITING_PAYMENT, ExchangeState.RESERVED})
"""What is still to be sent."""
SENT = frozenset({ExchangeState.SHIPPED, ExchangeState.FULFILLED})
CANCELLATIONS: dict[str, tuple[str, str]] = {
    "CUSTOMER_WISH": ("The customer wants the money instead", "客户改为退款"),
    "NOT_AVAILABLE": ("The goods are not available after all", "商品无法提供"),
    "NOT_OWED": ("What came back does not deserve it", "退回商品不符合换货条件"),
    "OTHER": ("Other (with a note)", "其他"),
}
"""Why people cancel an exchange: English and Chinese labels."""
UNITS_ENDED = "UNITS_ENDED"
"""Why an exchange ends by itself: the units it stood for do not come back any more."""
NOT_PAID = "NOT_PAID"
"""Why an exchange ends by itself: what it costs more was not paid in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromisedStock:
    """Units of the replacement from one lot, at what they cost us."""

    lot: str | None
    quantity: int
    unit_cost: Money | None = None


class LinkState(StrEnum):
    """ASKED: the provider was asked for it, and has not answered yet; OPEN: it can be paid."""

    ASKED = "ASKED"
    OPEN = "OPEN"
    PAID = "PAID"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentLink:
    """Where the customer pays what the replacement costs more.

    `key` is stored before the provider is called and names the exchange and the attempt; a new
    attempt is made only after the provider said that nobody can pay by the last one any more.
    """

    key: str
    provider: str
    amount: Money
    asked_at: datetime
    attempt: int = 1
    state: LinkState = LinkState.ASKED
    url: str | None = None
    reference: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidOnTop:
    """All that the customer paid beside the units; `reference` proves the last of it."""

    amount: Money
    reference: str
    paid_at: datetime
    stated_by: str


class AdvanceState(StrEnum):
    """OPEN: the old goods are awaited; RELEASED: they came; OVERDUE: they did not come in time, and
    a person decides; CHARGED: the customer keeps them and has paid."""

    OPEN = "OPEN"
    RELEASED = "RELEASED"
    OVERDUE = "OVERDUE"
    CHARGED = "CHARGED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorisation:
    """Money of the customer that somebody holds for us, and until when."""

    reference: str
    amount: Money
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """A replacement that was sent before its units came, on what conditions.

    Without an authorisation somebody waived it: `waived_by`, for a reason in their own words.
    `charged` is what was taken in the end for units that did not come.
    """

    due_at: datetime
    state: AdvanceState = AdvanceState.OPEN
    authorisation: Authorisation | None = None
    waived_by: str | None = None
    waived_because: str | None = None
    charged: Money | None = None
    charge_reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """`units` are the ordinals of the order line that the replacement stands for, one for one.

    `value` is what was paid for them, `price` what their replacements cost, tax included, and
    `unit_price` what was stated for one; None: from before that was kept, and even. The difference
    is to be paid by `payment_due_at`. `previous_id` is an earlier exchange for the same line of the
    return. `unexchanged`: some of the replacement comes back in place of what was sold.
    """

    exchange_id: str
    return_id: str
    return_number: str
    order_no: str
    customer_id: str | None
    line_no: str
    order_line_no: str
    original_sku: str
    replacement_sku: str
    units: Runs
    warehouse: str
    stock: tuple[PromisedStock, ...]
    opened_at: datetime
    updated_at: datetime
    value: Money | None = None
    price: Money | None = None
    unit_price: Money | None = None
    state: ExchangeState = ExchangeState.RESERVED
    link: PaymentLink | None = None
    paid: PaidOnTop | None = None
    payment_due_at: datetime | None = None
    remind_at: datetime | None = None
    reminded_at: datetime | None = None
    advance: Advance | None = None
    carrier: str | None = None
    tracking_no: str | None = None
    reason: str | None = None
    note: str | None = None
    unexchanged: bool = False
    previous_id: str | None = None
    version: int = 1
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return f"exchange/{self.exchange_id}"

    @property
    def quantity(self) -> int:
        return runs.size(self.units)

    @property
    def costs_more(self) -> Money | None:
        """What the replacement costs more than the units were paid for; None: it does not."""
        if self.price is None or self.value is None or self.price <= self.value:
            return None
        return self.price - self.value
