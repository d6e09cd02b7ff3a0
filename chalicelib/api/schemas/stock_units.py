"""Serial numbers, lots, and how long goods must keep."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field

from chalicelib.api.schemas.common import PageQuery
from chalicelib.api.schemas.stock import MovementView
from chalicelib.contracts.fields import Code, Day, Label, MomentOut, MoneyOut, Note, Strict, View
from chalicelib.inventory.lots import Lot
from chalicelib.inventory.model import Account, Movement
from chalicelib.inventory.serials import Serial
from chalicelib.inventory.shelf_life import CATEGORIES_MAX, DAYS_MAX, ShelfLives

Days = Annotated[int, Field(ge=0, le=DAYS_MAX)]


class SerialQuery(PageQuery):
    sku: Code
    serial: Code


class SerialView(View):
    """Where one unit is, and a page of the movements that named it (newest first).

    `unit_cost` is what it was last moved at, where that is known.
    """

    sku: str
    serial: str
    warehouse: str
    lot: str | None
    account: Account
    movement_id: str
    moved_at: MomentOut
    unit_cost: MoneyOut | None
    history: tuple[MovementView, ...]
    next_cursor: str | None

    @classmethod
    def of(cls, position: Serial, history: tuple[Movement, ...], cursor: str | None) -> Self:
        return cls(
            sku=position.sku,
            serial=position.serial,
            warehouse=position.warehouse,
            lot=position.lot,
            account=position.account,
            movement_id=position.movement_id,
            moved_at=position.moved_at,
            unit_cost=position.unit_cost,
            history=tuple(MovementView.of(one) for one in history),
            next_cursor=cursor,
        )


class LotQuery(Strict):
    sku: Code
    lot: Code


class LotBody(Strict):
    """When goods of a lot expire; null: they do not."""

    sku: Code
    lot: Code
    expires_on: Day | None
    note: Note | None = None


class LotView(View):
    """`dates_read` are the dates that were read on goods; a person's statement goes before them.

    `version` is of what was stated; 0: nothing was.
    """

    sku: str
    lot: str
    expires_on: date | None
    first_seen: MomentOut | None
    dates_read: tuple[date, ...]
    contradicted: bool
    stated_at: MomentOut | None
    stated_by: str | None
    note: str | None
    version: int

    @classmethod
    def of(cls, lot: Lot) -> Self:
        stated = lot.statement
        return cls(
            sku=lot.sku,
            lot=lot.lot,
            expires_on=lot.expires_on,
            first_seen=lot.first_seen,
            dates_read=lot.dates_read,
            contradicted=lot.is_contradicted,
            stated_at=stated.stated_at if stated else None,
            stated_by=stated.stated_by if stated else None,
            note=stated.note if stated else None,
            version=stated.version if stated else 0,
        )


class ShelfLifeBody(Strict):
    """Days that goods must keep at least to be sold again: by category, and of all others."""

    categories: Annotated[dict[Label, Days], Field(max_length=CATEGORIES_MAX)] = Field(
        default_factory=dict
    )
    otherwise: Days = 0


class ShelfLifeView(View):
    categories: dict[str, int]
    otherwise: int
    updated_at: MomentOut | None
    updated_by: str | None
    version: int

    @classmethod
    def of(cls, lives: ShelfLives) -> Self:
        return cls(
            categories=dict(sorted(lives.days_min.items())),
            otherwise=lives.otherwise,
            updated_at=lives.updated_at,
            updated_by=lives.updated_by,
            version=lives.version,
        )
