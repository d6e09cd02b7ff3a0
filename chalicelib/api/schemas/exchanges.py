"""Exchanges: what is sent in place of units of a return, and what became of it."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints

from chalicelib.contracts.fields import Count, Label, MomentOut, Note, Strict, View, Word
from chalicelib.core import runs
from chalicelib.exchanges.model import Exchange, ExchangeState
from chalicelib.exchanges.sending import ALLOWED, Cancel, Ship
from chalicelib.exchanges.unexchanging import Unexchange

TrackingNo = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,63}$")]


class ShipExchangeBody(Strict):
    """By whom the replacement is carried, where that is known."""

    carrier: Label | None = None
    tracking_no: TrackingNo | None = None

    def to_domain(self) -> Ship:
        return Ship(carrier=self.carrier, tracking_no=self.tracking_no)


class CancelExchangeBody(Strict):
    """`reason` is CUSTOMER_WISH, NOT_AVAILABLE, NOT_OWED or OTHER, with a note."""

    reason: Word = Field(examples=["CUSTOMER_WISH"])
    note: Note | None = None

    def to_domain(self) -> Cancel:
        return Cancel(reason=self.reason, note=self.note)


class UnexchangeBody(Strict):
    """How many replacements come back; without it, one for every unit that is still expected."""

    quantity: Annotated[int, Field(ge=1, le=1_000_000)] | None = None

    def to_domain(self) -> Unexchange:
        return Unexchange(quantity=self.quantity)


class ExchangeView(View):
    """`units` are the ordinals of the order line that the replacement stands for, such as "1-3".

    `unexchanged`: the customer keeps some of what was sold and sends the replacement back.
    `allowed` are the commands it admits now.
    """

    id: str
    return_id: str
    return_number: str
    order_no: str
    line_no: str
    order_line_no: str
    original_sku: str
    replacement_sku: str
    quantity: Count
    units: str
    warehouse: str
    state: ExchangeState
    carrier: str | None
    tracking_no: str | None
    reason: str | None
    unexchanged: bool
    allowed: tuple[str, ...]
    version: int
    opened_at: MomentOut
    updated_at: MomentOut

    @classmethod
    def of(cls, exchange: Exchange) -> Self:
        return cls(
            id=exchange.exchange_id,
            return_id=exchange.return_id,
            return_number=exchange.return_number,
            order_no=exchange.order_no,
            line_no=exchange.line_no,
            order_line_no=exchange.order_line_no,
            original_sku=exchange.original_sku,
            replacement_sku=exchange.replacement_sku,
            quantity=exchange.quantity,
            units=runs.as_text(exchange.units),
            warehouse=exchange.warehouse,
            state=exchange.state,
            carrier=exchange.carrier,
            tracking_no=exchange.tracking_no,
            reason=exchange.reason,
            unexchanged=exchange.unexchanged,
            allowed=ALLOWED[exchange.state],
            version=exchange.version,
            opened_at=exchange.opened_at,
            updated_at=exchange.updated_at,
        )


class ExchangesView(View):
    """The exchanges of a return, line by line, the latest of each first."""

    items: tuple[ExchangeView, ...]
