"""Orders in lists: which ones are asked for, and the short form of each."""

from typing import Self

from chalicelib.api.schemas.common import PageQuery
from chalicelib.contracts.fields import Code, Id, MomentOut, View
from chalicelib.store.summaries import OrderRow


class OrdersQuery(PageQuery):
    """Which orders: both filters must fit."""

    customer_id: Id | None = None
    sku: Code | None = None


class OrderRowView(View):
    """An order in a list; `lines` is their number."""

    order_no: str
    customer_id: str
    placed_at: MomentOut
    currency: str
    channel: str | None
    lines: int
    updated_at: MomentOut
    version: int

    @classmethod
    def of(cls, row: OrderRow) -> Self:
        return cls(
            order_no=row.order_no,
            customer_id=row.customer_id,
            placed_at=row.placed_at,
            currency=row.currency,
            channel=row.channel,
            lines=row.lines,
            updated_at=row.updated_at,
            version=row.version,
        )


class OrdersPage(View):
    items: tuple[OrderRowView, ...]
    next_cursor: str | None
