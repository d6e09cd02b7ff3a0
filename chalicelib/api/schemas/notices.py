"""Advance notices to partners that run warehouses, what they tell back, and how they are told."""

from datetime import date
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, StringConstraints

from chalicelib.api.schemas.common import PageQuery, word_of
from chalicelib.api.schemas.received_items import ReceivedItemBody
from chalicelib.contracts.fields import Id, Moment, MomentOut, Strict, View
from chalicelib.notices.confirming import ITEMS_MAX, Confirm
from chalicelib.notices.model import (
    AdvanceNotice,
    Confirmation,
    ConfirmationKind,
    ConfirmedItem,
    NoticeLine,
    NoticeRow,
    NoticeState,
    NoticeTally,
)
from chalicelib.notices.partners import ENDPOINT_LENGTH_MAX, Partner, SetUp
from chalicelib.store.place_filters import PlaceFilters

Endpoint = Annotated[str, StringConstraints(min_length=9, max_length=ENDPOINT_LENGTH_MAX)]
SecretName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]


class PartnerBody(Strict):
    """Where the partner is told, by HTTPS; `secret` names a parameter of the stage's partners.

    `client_id`: the machine that confirms for it. Without one, any machine of the warehouse may.
    """

    endpoint: Endpoint
    secret: SecretName
    enabled: bool = True
    client_id: Id | None = None

    def to_domain(self) -> SetUp:
        return SetUp(
            endpoint=self.endpoint,
            secret=self.secret,
            is_on=self.enabled,
            client_id=self.client_id,
        )


class PartnerView(View):
    """The partner that runs a warehouse; the secret itself is never shown."""

    warehouse: str
    endpoint: str
    secret: str
    enabled: bool
    client_id: str | None
    version: int

    @classmethod
    def of(cls, partner: Partner) -> Self:
        return cls(
            warehouse=partner.warehouse,
            endpoint=partner.endpoint,
            secret=partner.secret,
            enabled=partner.is_on,
            client_id=partner.client_id,
            version=partner.version,
        )


class NoticesQuery(PageQuery):
    """Which notices: all filters must fit."""

    warehouse: Id | None = None
    state: Annotated[NoticeState, BeforeValidator(word_of(NoticeState))] | None = None

    def to_filters(self, within: frozenset[str] | None) -> PlaceFilters:
        return PlaceFilters(warehouse=self.warehouse, state=self.state, within=within)


class ConfirmedItemBody(ReceivedItemBody):
    """What was counted of a return; `damaged` of them look damaged by the way."""

    return_number: Id | None = None
    damaged: Annotated[int, Field(ge=0, le=1_000_000)] = 0

    def to_item(self) -> ConfirmedItem:
        return ConfirmedItem(
            item=self.to_domain(), return_number=self.return_number, damaged=self.damaged
        )


class ConfirmationBody(Strict):
    """`accepted`: you know of the notice. `received`: what came; `final`: nothing more will.

    `confirmation_id` is yours; the same again reads what came of it.
    """

    confirmation_id: Id
    kind: ConfirmationKind
    items: Annotated[tuple[ConfirmedItemBody, ...], Field(max_length=ITEMS_MAX)] = ()
    received_at: Moment | None = None
    final: bool = False

    def to_domain(self) -> Confirm:
        return Confirm(
            confirmation_id=self.confirmation_id,
            kind=self.kind,
            items=tuple(item.to_item() for item in self.items),
            received_at=self.received_at,
            is_final=self.final,
        )


class NoticeTallyView(View):
    """Announced, and what was told of it in all confirmations so far."""

    return_number: str | None
    sku: str
    announced: int
    received: int
    damaged: int
    short: int
    over: int

    @classmethod
    def of(cls, one: NoticeTally) -> Self:
        return cls(
            return_number=one.return_number,
            sku=one.sku,
            announced=one.announced,
            received=one.received,
            damaged=one.damaged,
            short=one.short,
            over=one.over,
        )


class NoticeLineView(View):
    line_no: str
    sku: str
    gtin: str | None
    lot: str | None
    quantity: int
    serials: tuple[str, ...]

    @classmethod
    def of(cls, line: NoticeLine) -> Self:
        return cls(
            line_no=line.line_no,
            sku=line.sku,
            gtin=line.gtin,
            lot=line.lot,
            quantity=line.quantity,
            serials=line.serials,
        )


class NoticeReturnView(View):
    number: str
    lines: tuple[NoticeLineView, ...]


class NoticeParcelView(View):
    carrier: str
    tracking_no: str


class NoticeView(View):
    """What comes to a warehouse that a partner runs. `fault`: why the partner was not reached."""

    id: str
    revision: int
    state: NoticeState
    warehouse: str
    pallet: str | None
    expected_on: date | None
    parcels: tuple[NoticeParcelView, ...]
    returns: tuple[NoticeReturnView, ...]
    tallies: tuple[NoticeTallyView, ...]
    fault: str | None
    prepared_at: MomentOut
    sent_at: MomentOut | None
    acknowledged_at: MomentOut | None
    confirmed_at: MomentOut | None
    cancelled_at: MomentOut | None
    version: int

    @classmethod
    def of(cls, notice: AdvanceNotice) -> Self:
        return cls(
            id=notice.notice_id,
            revision=notice.revision,
            state=notice.state,
            warehouse=notice.warehouse,
            pallet=notice.pallet_no,
            expected_on=notice.expected_on,
            parcels=tuple(
                NoticeParcelView(carrier=one.carrier, tracking_no=one.tracking_no)
                for one in notice.parcels
            ),
            returns=tuple(
                NoticeReturnView(
                    number=ret.return_number,
                    lines=tuple(NoticeLineView.of(line) for line in ret.lines),
                )
                for ret in notice.returns
            ),
            tallies=tuple(NoticeTallyView.of(one) for one in notice.tallies),
            fault=notice.fault,
            prepared_at=notice.prepared_at,
            sent_at=notice.sent_at,
            acknowledged_at=notice.acknowledged_at,
            confirmed_at=notice.confirmed_at,
            cancelled_at=notice.cancelled_at,
            version=notice.version,
        )


class NoticeRowView(View):
    """A notice in a list."""

    id: str
    warehouse: str
    state: NoticeState
    revision: int
    units: int
    returns: tuple[str, ...]
    pallet: str | None
    expected_on: date | None
    prepared_at: MomentOut
    version: int

    @classmethod
    def of(cls, row: NoticeRow) -> Self:
        return cls(
            id=row.notice_id,
            warehouse=row.warehouse,
            state=row.state,
            revision=row.revision,
            units=row.units,
            returns=row.return_numbers,
            pallet=row.pallet_no,
            expected_on=row.expected_on,
            prepared_at=row.prepared_at,
            version=row.version,
        )


class NoticesPage(View):
    items: tuple[NoticeRowView, ...]
    next_cursor: str | None


class ConfirmationView(View):
    """What was booked for a confirmation, and how the notice stands after it."""

    confirmation_id: str
    notice_id: str
    kind: ConfirmationKind
    final: bool
    receipts: tuple[str, ...]
    exceptions: tuple[str, ...]
    tallies: tuple[NoticeTallyView, ...]
    told_at: MomentOut

    @classmethod
    def of(cls, done: Confirmation) -> Self:
        return cls(
            confirmation_id=done.confirmation_id,
            notice_id=done.notice_id,
            kind=done.kind,
            final=done.is_final,
            receipts=done.receipt_ids,
            exceptions=done.exception_ids,
            tallies=tuple(NoticeTallyView.of(one) for one in done.tallies),
            told_at=done.told_at,
        )
