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
    """RESERVED: promised; SHIPPED: on its way; FULFILLED: with the customer."""

    RESERVED = "RESERVED"
    SHIPPED = "SHIPPED"
    FULFILLED = "FULFILLED"
    CANCELLED = "CANCELLED"


CANCELLATIONS: dict[str, tuple[str, str]] = {
    "CUSTOMER_WISH": ("The customer wants the money instead", "客户改为退款"),
    "NOT_AVAILABLE": ("The goods are not available after all", "商品无法提供"),
    "NOT_OWED": ("What came back does not deserve it", "退回商品不符合换货条件"),
    "OTHER": ("Other (with a note)", "其他"),
}
"""Why people cancel an exchange: English and Chinese labels."""
UNITS_ENDED = "UNITS_ENDED"
"""Why an exchange ends by itself: the units it stood for do not come back any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromisedStock:
    """Units of the replacement from one lot, at what they cost us."""

    lot: str | None
    quantity: int
    unit_cost: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """`units` are the ordinals of the order line that the replacement stands for, one for one.

    `previous_id` is an earlier exchange for the same line of the return. `unexchanged`: some of the
    replacement comes back in place of what was sold.
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
    state: ExchangeState = ExchangeState.RESERVED
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
