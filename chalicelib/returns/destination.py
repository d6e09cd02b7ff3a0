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


def is_there(
    reads: StockReader, order: Order, wishes: Sequence[RequestedLine], warehouse: str | None
) -> bool:
    """Whether everything that is wanted instead could be promised now."""
    swapped = [
        wish
        for wish in wishes
        if wish.resolution is Resolution.EXCHANGE and wish.order_line_no is not None
    ]
    if not swapped:
        return True
    if warehouse is None:
        return False
    stock = Available(reads, warehouse, order.currency)
    for wish in swapped:
        sold = order.line(wish.order_line_no or "")
        sku = wish.exchange_for or (sold.sku if sold is not None else "")
        try:
            stock.take(sku, wish.quantity, unit_cost=None, line_no=wish.order_line_no or "")
        except Conflict:
            return False
    return True
