"""Where goods go back to, and whether what they are to be exchanged for lies there."""

from collections.abc import Iterable, Sequence

from chalicelib.core.errors import Conflict
from chalicelib.exchanges.ports import StockReader
from chalicelib.exchanges.stock import Available
from chalicelib.orders.model import Order
from chalicelib.policy.verdict import LineDecision
from chalicelib.returns.model import Resolution
from chalicelib.returns.wishes import RequestedLine


def home_of(order: Order) -> str | None:
    """Goods go back to where they came from, unless told otherwise."""
    return order.deliveries[-1].warehouse if order.deliveries else None


def destination(asked: str | None, order: Order, verdicts: Iterable[LineDecision]) -> str | None:
    """Where the goods go: as was asked for, else as policy says of the first line, else home."""
    home = home_of(order)
    if asked is not None and asked != home:
        return asked
    stated = (verdict.warehouse for verdict in verdicts if verdict.warehouse is not None)
    return next(stated, asked or home)


def hindrance(
    reads: StockReader, order: Order, wishes: Sequence[RequestedLine], warehouse: str | None
) -> str | None:
    """Why no rule could promise what is wanted instead, as a reason for a review; None: it could.

    Other goods need a price that somebody stated, and all need stock.
    """
    for wish in wishes:
        is_other = wish.exchange_for not in (None, _sku_of(order, wish))
        is_said = wish.exchange_price is not None or wish.exchange_even
        if _is_swap(wish) and is_other and not is_said:
            return "replacement_price_missing"
    return None if _is_there(reads, order, wishes, warehouse) else "too_little_stock"


def _is_swap(wish: RequestedLine) -> bool:
    return wish.resolution is Resolution.EXCHANGE and wish.order_line_no is not None


def _sku_of(order: Order, wish: RequestedLine) -> str:
    sold = order.line(wish.order_line_no or "")
    return sold.sku if sold is not None else ""


def _is_there(
    reads: StockReader, order: Order, wishes: Sequence[RequestedLine], warehouse: str | None
) -> bool:
    swapped = [wish for wish in wishes if _is_swap(wish)]
    if not swapped:
        return True
    if warehouse is None:
        return False
    stock = Available(reads, warehouse, order.currency)
    for wish in swapped:
        sku = wish.exchange_for or _sku_of(order, wish)
        try:
            stock.take(sku, wish.quantity, unit_cost=None, line_no=wish.order_line_no or "")
        except Conflict:
            return False
    return True
