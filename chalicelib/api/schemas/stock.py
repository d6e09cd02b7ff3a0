"""Stock: balances, movements and counts."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.api.schemas.common import PageQuery
from chalicelib.contracts.fields import (
    Code,
    Count,
    Id,
    Moment,
    MomentOut,
    MoneyOut,
    Price,
    Strict,
    View,
)
from chalicelib.core.money import Money
from chalicelib.inventory.counting import CountedItem, CountStock, StockCount
from chalicelib.inventory.model import Account, Balance, Entry, Movement, MovementKind

_KINDS = {"opening": MovementKind.OPENING_COUNT, "cycle": MovementKind.COUNT}


class StockQuery(PageQuery):
    sku: Code | None = None
    warehouse: Id | None = None

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if self.sku is None and self.warehouse is None:
            raise PydanticCustomError("required", "Give sku, warehouse or both")
        return self


class MovementsQuery(PageQuery):
    """The movements of one return, or of one SKU in one warehouse."""

    return_id: Id | None = None
    sku: Code | None = None
    warehouse: Id | None = None

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        by_goods = self.sku is not None and self.warehouse is not None
        if (self.return_id is None) == (not by_goods):
            raise PydanticCustomError("required", "Give return_id, or sku and warehouse")
        return self

    @property
    def goods(self) -> tuple[str, str]:
        """Warehouse and SKU, where no return is named."""
        assert self.warehouse is not None, "checked above"
        assert self.sku is not None, "checked above"
        return self.warehouse, self.sku


class CountedItemBody(Strict):
    sku: Code
    lot: Code | None = None
    quantity: Count
    unit_cost: Price | None = None

    def to_domain(self) -> CountedItem:
        return CountedItem(
            sku=self.sku,
            lot=self.lot,
            quantity=self.quantity,
            unit_cost=self.unit_cost.to_domain() if self.unit_cost else None,
        )


class CountBody(Strict):
    """What lies in `available` of one warehouse; the difference to the books is posted."""

    warehouse: Id
    counted_at: Moment | None = None
    kind: Literal["opening", "cycle"] = "cycle"
    items: Annotated[tuple[CountedItemBody, ...], Field(min_length=1, max_length=1000)]

    def to_domain(self) -> CountStock:
        return CountStock(
            warehouse=self.warehouse,
            counted_at=self.counted_at,
            kind=_KINDS[self.kind],
            items=tuple(item.to_domain() for item in self.items),
        )


class DifferenceView(View):
    sku: str
    lot: str | None
    counted: int
    booked: int
    difference: int


class CountView(View):
    count_id: str
    warehouse: str
    counted_at: MomentOut
    movement_ids: tuple[str, ...]
    differences: tuple[DifferenceView, ...]

    @classmethod
    def of(cls, count: StockCount) -> Self:
        """Only what differs is listed."""
        return cls(
            count_id=count.count_id,
            warehouse=count.warehouse,
            counted_at=count.counted_at,
            movement_ids=(count.movement_id,) if count.movement_id else (),
            differences=tuple(
                DifferenceView(
                    sku=d.sku,
                    lot=d.lot,
                    counted=d.counted,
                    booked=d.booked,
                    difference=d.counted - d.booked,
                )
                for d in count.differences
                if d.counted != d.booked
            ),
        )


class BalanceView(View):
    """`value` is at the cost of original issue, per currency."""

    warehouse: str
    sku: str
    lot: str | None
    account: Account
    quantity: int
    value: tuple[MoneyOut, ...]

    @classmethod
    def of(cls, balance: Balance) -> Self:
        return cls(
            warehouse=balance.warehouse,
            sku=balance.sku,
            lot=balance.lot,
            account=balance.account,
            quantity=balance.quantity,
            value=tuple(
                Money(minor, currency) for currency, minor in sorted(balance.value_minor.items())
            ),
        )


class StockPage(View):
    items: tuple[BalanceView, ...]
    next_cursor: str | None


class EntryView(View):
    warehouse: str
    sku: str
    lot: str | None
    account: Account
    quantity: int
    unit_cost: MoneyOut | None
    serials: tuple[str, ...]

    @classmethod
    def of(cls, entry: Entry) -> Self:
        return cls(
            warehouse=entry.warehouse,
            sku=entry.sku,
            lot=entry.lot,
            account=entry.account,
            quantity=entry.quantity,
            unit_cost=entry.unit_cost,
            serials=entry.serials,
        )


class MovementView(View):
    """An immutable posting; `source` names the document that caused it."""

    movement_id: str
    kind: MovementKind
    source: str
    posted_at: MomentOut
    posted_by: str
    reverses: str | None
    entries: tuple[EntryView, ...]

    @classmethod
    def of(cls, movement: Movement) -> Self:
        return cls(
            movement_id=movement.movement_id,
            kind=movement.kind,
            source=movement.source,
            posted_at=movement.posted_at,
            posted_by=movement.actor.id,
            reverses=movement.reverses,
            entries=tuple(EntryView.of(entry) for entry in movement.entries),
        )


class MovementsPage(View):
    items: tuple[MovementView, ...]
    next_cursor: str | None
