"""Exchanges: what is sent in place of units of a return, and what became of it."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints

from chalicelib.api.schemas.common import ReasonBody
from chalicelib.contracts.fields import (
    Count,
    Label,
    Moment,
    MomentOut,
    MoneyOut,
    Note,
    Price,
    Strict,
    View,
    Word,
)
from chalicelib.core import runs
from chalicelib.exchanges.advancing import Charge, CrossShip, allowed_of
from chalicelib.exchanges.model import (
    Advance,
    AdvanceState,
    Authorisation,
    Exchange,
    ExchangeState,
    LinkState,
    PaymentLink,
)
from chalicelib.exchanges.paying import Paid
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


class PaidBody(Strict):
    """What was paid for what the replacement costs more, to the cent, and the proof of it."""

    amount: Price
    reference: Label = Field(examples=["SEPA 2026-11-21 7KQ2"])

    def to_domain(self) -> Paid:
        return Paid(amount=self.amount.to_domain(), reference=self.reference)


class AuthorisationBody(Strict):
    """Money of the customer that is held for us: whose reference, how much, and until when."""

    reference: Label
    amount: Price
    expires_at: Moment

    def to_domain(self) -> Authorisation:
        return Authorisation(
            reference=self.reference,
            amount=self.amount.to_domain(),
            expires_at=self.expires_at,
        )


class CrossShipBody(Strict):
    """What backs a replacement that is sent before its units came, and by when these are due.

    `waived` says why nothing is asked for, from finance and admins only. Without `due_at` the units
    have as long as approved goods have to be sent.
    """

    authorisation: AuthorisationBody | None = None
    waived: ReasonBody | None = None
    due_at: Moment | None = None
    carrier: Label | None = None
    tracking_no: TrackingNo | None = None

    def to_domain(self) -> CrossShip:
        held = self.authorisation
        return CrossShip(
            ship=Ship(carrier=self.carrier, tracking_no=self.tracking_no),
            authorisation=held.to_domain() if held is not None else None,
            waived_because=self.waived.reason if self.waived is not None else None,
            due_at=self.due_at,
        )


class ChargeBody(Strict):
    """What was taken of the money that was held, for units that did not come, and its proof."""

    amount: Price
    reference: Label

    def to_domain(self) -> Charge:
        return Charge(amount=self.amount.to_domain(), reference=self.reference)


class LinkView(View):
    """Where what the replacement costs more can be paid; without `url` it is not known yet."""

    state: LinkState
    amount: MoneyOut
    url: str | None
    expires_at: MomentOut | None

    @classmethod
    def of(cls, link: PaymentLink | None) -> Self | None:
        if link is None:
            return None
        is_open = link.state is LinkState.OPEN
        return cls(
            state=link.state,
            amount=link.amount,
            url=link.url if is_open else None,
            expires_at=link.expires_at,
        )


class AdvanceView(View):
    """A replacement that was sent before its units came: what backs it, and when they are due."""

    state: AdvanceState
    due_at: MomentOut
    authorised: MoneyOut | None
    reference: str | None
    waived_by: str | None
    charged: MoneyOut | None

    @classmethod
    def of(cls, advance: Advance | None) -> Self | None:
        if advance is None:
            return None
        held = advance.authorisation
        return cls(
            state=advance.state,
            due_at=advance.due_at,
            authorised=held.amount if held is not None else None,
            reference=held.reference if held is not None else None,
            waived_by=advance.waived_by,
            charged=advance.charged,
        )


class ExchangeView(View):
    """`units` are the ordinals of the order line that the replacement stands for, such as "1-3".

    `value` is what was paid for them and `price` what their replacements cost; what these cost more
    (`to_pay`) is paid before they are sent, by `payment_link` or otherwise, until `payment_due_at`.
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
    value: MoneyOut | None
    price: MoneyOut | None
    to_pay: MoneyOut | None
    paid: MoneyOut | None
    payment_due_at: MomentOut | None
    payment_link: LinkView | None
    cross_shipment: AdvanceView | None
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
        is_unpaid = exchange.state is ExchangeState.AWAITING_PAYMENT
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
            value=exchange.value,
            price=exchange.price,
            to_pay=exchange.costs_more if is_unpaid else None,
            paid=exchange.paid.amount if exchange.paid is not None else None,
            payment_due_at=exchange.payment_due_at if is_unpaid else None,
            payment_link=LinkView.of(exchange.link),
            cross_shipment=AdvanceView.of(exchange.advance),
            state=exchange.state,
            carrier=exchange.carrier,
            tracking_no=exchange.tracking_no,
            reason=exchange.reason,
            unexchanged=exchange.unexchanged,
            allowed=(*ALLOWED[exchange.state], *allowed_of(exchange)),
            version=exchange.version,
            opened_at=exchange.opened_at,
            updated_at=exchange.updated_at,
        )


class ExchangesView(View):
    """The exchanges of a return, line by line, the latest of each first."""

    items: tuple[ExchangeView, ...]
