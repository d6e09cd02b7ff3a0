"""Counting at the door: what is asked and told of receivings."""

from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.api.schemas.common import PageQuery, word_of
from chalicelib.api.schemas.received_items import ReceivedItemBody
from chalicelib.contracts.fields import Code, Id, MomentOut, Strict, View
from chalicelib.receivings.closing import Close
from chalicelib.receivings.model import (
    GOING_ON,
    Counted,
    Kind,
    Mode,
    Receiving,
    ReceivingRow,
    State,
    Tally,
)
from chalicelib.receivings.opening import Add, CountedThing, Open
from chalicelib.store.place_filters import PlaceFilters


class OpenBody(Strict):
    """What is counted: `parcel` (or pallet) by its number, or `return` by id or number.

    `second_above`: a blind count that is off by more units than this is made again by another
    person.
    """

    warehouse: Id
    mode: Mode
    parcel: Code | None = None
    return_ref: Id | None = Field(default=None, alias="return")
    second_above: Annotated[int, Field(ge=0, le=1_000_000)] | None = None

    @model_validator(mode="after")
    def _names_one_thing(self) -> Self:
        if (self.parcel is None) == (self.return_ref is None):
            raise PydanticCustomError("parcel_or_return", "Give either parcel or return")
        return self

    def to_domain(self) -> Open:
        return Open(
            warehouse=self.warehouse,
            mode=self.mode,
            parcel=self.parcel,
            return_ref=self.return_ref,
            second_above=self.second_above,
        )


class CountedBody(ReceivedItemBody):
    """What was counted; `scan_id` where a scan says so, else `item_id`. One id is counted once."""

    item_id: Id | None = None
    scan_id: Id | None = None

    def to_thing(self) -> CountedThing:
        return CountedThing(
            item=self.to_domain(),
            item_id=self.scan_id or self.item_id,
            by_scan=self.scan_id is not None,
        )


class CountBody(Strict):
    """Items to add, and ids of items that were counted wrongly."""

    items: Annotated[tuple[CountedBody, ...], Field(max_length=200)] = ()
    taken_back: Annotated[tuple[Code, ...], Field(max_length=200)] = ()

    def to_domain(self) -> Add:
        return Add(items=tuple(one.to_thing() for one in self.items), taken_back=self.taken_back)


class CloseReceivingBody(Strict):
    """`empty`: there was nothing in it."""

    empty: bool = False

    def to_domain(self) -> Close:
        return Close(is_empty=self.empty)


class ReceivingsQuery(PageQuery):
    """Which receivings: all filters must fit."""

    warehouse: Id | None = None
    state: Annotated[State, BeforeValidator(word_of(State))] | None = None

    def to_filters(self, within: frozenset[str] | None) -> PlaceFilters:
        return PlaceFilters(warehouse=self.warehouse, state=self.state, within=within)


class CountedView(View):
    item_id: str
    sku: str | None
    gtin: str | None
    lot: str | None
    serials: tuple[str, ...]
    quantity: int
    counted_by: str
    counted_at: MomentOut
    by_scan: bool

    @classmethod
    def of(cls, one: Counted) -> Self:
        return cls(
            item_id=one.item_id,
            sku=one.item.sku,
            gtin=one.item.gtin,
            lot=one.item.lot,
            serials=one.item.serials,
            quantity=one.item.quantity,
            counted_by=one.counted_by,
            counted_at=one.counted_at,
            by_scan=one.by_scan,
        )


class TallyView(View):
    """Announced beside counted. `short` are not lost: they are waited for as before."""

    sku: str
    announced: int
    counted: int
    short: int
    over: int

    @classmethod
    def of(cls, tally: Tally) -> Self:
        return cls(
            sku=tally.sku,
            announced=tally.announced,
            counted=tally.counted,
            short=tally.short,
            over=tally.over,
        )


class ExpectedView(View):
    sku: str
    quantity: int


class ReceivingView(View):
    """A count at the door. `expected` is null for a blind one, and `tallies` until it is closed."""

    id: str
    mode: Mode
    kind: Kind
    name: str
    warehouse: str
    state: State
    expected: tuple[ExpectedView, ...] | None
    items: tuple[CountedView, ...]
    round: int
    counted_by: tuple[str, ...]
    tallies: tuple[TallyView, ...] | None
    first_count: tuple[CountedView, ...] | None
    returns: tuple[str, ...]
    receipts: tuple[str, ...]
    exceptions: tuple[str, ...]
    opened_by: str
    opened_at: MomentOut
    closed_by: str | None
    closed_at: MomentOut | None
    duration_s: int | None
    version: int

    @classmethod
    def of(cls, one: Receiving) -> Self:
        is_hidden = one.mode is Mode.BLIND and one.state is not State.CLOSED
        first = one.earlier[0].items if one.earlier and one.state not in GOING_ON else None
        return cls(
            id=one.receiving_id,
            mode=one.mode,
            kind=one.kind,
            name=one.name,
            warehouse=one.warehouse,
            state=one.state,
            expected=None
            if is_hidden
            else tuple(ExpectedView(sku=t.sku, quantity=t.announced) for t in one.announced),
            items=tuple(CountedView.of(counted) for counted in one.items),
            round=len(one.earlier) + 1,
            counted_by=one.counters,
            tallies=tuple(TallyView.of(tally) for tally in one.tallies)
            if one.state is State.CLOSED
            else None,
            first_count=None if first is None else tuple(CountedView.of(each) for each in first),
            returns=() if is_hidden else one.return_ids,
            receipts=one.receipt_ids,
            exceptions=one.exception_ids,
            opened_by=one.opened_by,
            opened_at=one.opened_at,
            closed_by=one.closed_by,
            closed_at=one.closed_at,
            duration_s=one.duration_s,
            version=one.version,
        )


class ReceivingRowView(View):
    """A receiving in a list; `short` and `over` are counted at its close."""

    id: str
    mode: Mode
    kind: Kind
    name: str
    warehouse: str
    state: State
    opened_by: str
    opened_at: MomentOut
    closed_at: MomentOut | None
    rounds: int
    counted: int
    short: int
    over: int
    version: int

    @classmethod
    def of(cls, row: ReceivingRow) -> Self:
        return cls(
            id=row.receiving_id,
            mode=row.mode,
            kind=row.kind,
            name=row.name,
            warehouse=row.warehouse,
            state=row.state,
            opened_by=row.opened_by,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
            rounds=row.rounds,
            counted=row.counted,
            short=row.short,
            over=row.over,
            version=row.version,
        )


class ReceivingsPage(View):
    items: tuple[ReceivingRowView, ...]
    next_cursor: str | None
