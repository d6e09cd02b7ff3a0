"""Levels and purchases, alerts, what can be promised, and what stock is worth."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from chalicelib.api.schemas.common import PageQuery, word_of
from chalicelib.contracts.fields import Code, Count, Day, Id, MomentOut, MoneyOut, Strict, View
from chalicelib.core.money import Money
from chalicelib.inventory.alerts import AlertKind, AlertState, StockAlert
from chalicelib.inventory.model import Account, Balance
from chalicelib.inventory.planning import Purchase, SetLevel, StockPlan, TellPurchase
from chalicelib.inventory.promising import SKUS_MAX, Promisable


def _listed(value: Any) -> Any:  # Any: the text of a query
    """`A,B,C` as a tuple of its parts, each once."""
    return tuple(dict.fromkeys(value.split(","))) if isinstance(value, str) else value


MEASURED: Literal["measured"] = "measured"
"""As share: what it was until now."""


def _share(value: Any) -> Decimal | str:  # Any: as above
    """A decimal from 0 to 1, exact, or the word that asks for the measured one."""
    text = value if isinstance(value, str) else ""
    if text == MEASURED:
        return text
    if len(text) <= 6 and text.isascii() and text.replace(".", "", 1).isdigit():
        share = Decimal(text)
        if share <= 1:
            return share
    raise PydanticCustomError("share", "Input should be a share from 0 to 1 or `measured`")


class LevelBody(Strict):
    """`reorder_point`: at or below it is said that stock is low; null: it never is."""

    warehouse: Id
    sku: Code
    reorder_point: Count | None
    safety_stock: Count = 0

    def to_domain(self) -> SetLevel:
        return SetLevel(
            warehouse=self.warehouse,
            sku=self.sku,
            reorder_point=self.reorder_point,
            safety_stock=self.safety_stock,
        )


class LevelQuery(Strict):
    warehouse: Id
    sku: Code


class PurchaseBody(Strict):
    """What is still to come of a purchase; 0: nothing more, it arrived or was cancelled."""

    purchase_id: Id
    warehouse: Id
    sku: Code
    quantity: Count
    due_on: Day | None = None

    def to_domain(self) -> TellPurchase:
        return TellPurchase(
            purchase_id=self.purchase_id,
            warehouse=self.warehouse,
            sku=self.sku,
            quantity=self.quantity,
            due_on=self.due_on,
        )


class PurchaseView(View):
    """`available_then`: what could be sold when the purchase was told."""

    purchase_id: str
    quantity: int
    due_on: date | None
    told_at: MomentOut
    available_then: int

    @classmethod
    def of(cls, purchase: Purchase) -> Self:
        return cls(
            purchase_id=purchase.purchase_id,
            quantity=purchase.quantity,
            due_on=purchase.due_on,
            told_at=purchase.told_at,
            available_then=purchase.available_then,
        )


class LevelView(View):
    warehouse: str
    sku: str
    reorder_point: int | None
    safety_stock: int
    purchases: tuple[PurchaseView, ...]
    updated_at: MomentOut | None
    updated_by: str | None
    version: int

    @classmethod
    def of(cls, plan: StockPlan) -> Self:
        return cls(
            warehouse=plan.warehouse,
            sku=plan.sku,
            reorder_point=plan.reorder_point,
            safety_stock=plan.safety_stock,
            purchases=tuple(PurchaseView.of(one) for one in plan.purchases),
            updated_at=plan.updated_at,
            updated_by=plan.updated_by,
            version=plan.version,
        )


class AlertsQuery(PageQuery):
    """`state` is `open` where nothing is said."""

    state: Annotated[AlertState, BeforeValidator(word_of(AlertState))] = AlertState.OPEN
    kind: Annotated[AlertKind, BeforeValidator(word_of(AlertKind))] | None = None
    warehouse: Id | None = None


class AlertView(View):
    """`quantity` are the units concerned: of `purchase_covered`, by how many it can be reduced.

    `limit` is the level or the number of days that was passed, or what was bought.
    """

    alert_id: str
    kind: AlertKind
    state: AlertState
    warehouse: str
    sku: str
    lot: str | None
    account: Account | None
    purchase_id: str | None
    quantity: int
    limit: int | None
    since: MomentOut | None
    expires_on: date | None
    raised_at: MomentOut
    acknowledged_at: MomentOut | None
    acknowledged_by: str | None
    resolved_at: MomentOut | None
    version: int

    @classmethod
    def of(cls, alert: StockAlert) -> Self:
        cause = alert.cause
        return cls(
            alert_id=alert.alert_id,
            kind=cause.kind,
            state=alert.state,
            warehouse=alert.warehouse,
            sku=alert.sku,
            lot=cause.lot,
            account=cause.account,
            purchase_id=cause.purchase_id,
            quantity=cause.quantity,
            limit=cause.limit,
            since=cause.since,
            expires_on=cause.expires_on,
            raised_at=alert.raised_at,
            acknowledged_at=alert.acknowledged_at,
            acknowledged_by=alert.acknowledged_by,
            resolved_at=alert.resolved_at,
            version=alert.version,
        )


class AlertsPage(View):
    items: tuple[AlertView, ...]
    next_cursor: str | None


Skus = Annotated[
    tuple[Code, ...],
    BeforeValidator(_listed),
    Field(min_length=1, max_length=SKUS_MAX),
    WithJsonSchema({"type": "string", "description": f"1 to {SKUS_MAX} SKUs between commas"}),
]


class PromiseQuery(Strict):
    """Of up to 100 SKUs, in one warehouse or wherever there are any.

    `returns_share`: which share of the units on their way back can be sold again, such as 0.8, or
    `measured`: as in the last 90 days; without it nobody looks what is on its way back.
    """

    sku: Skus
    warehouse: Id | None = None
    returns_share: (
        Annotated[
            Decimal | Literal["measured"],
            BeforeValidator(_share),
            WithJsonSchema({"type": "string", "example": "0.8"}),
        ]
        | None
    ) = None


class PromisableView(View):
    """`atp` = `available` − `expired` − `safety_stock` + `expected_returns`, never below 0.

    `incoming_returns` are all units that approved returns are still to bring; null: not asked.
    `returns_share` of them is expected to be sold again; null: not asked, or too little is known.
    """

    sku: str
    warehouse: str
    available: int
    reserved: int
    safety_stock: int
    incoming_returns: int | None
    expected_returns: int
    atp: int
    expired: int
    returns_share: str | None

    @classmethod
    def of(cls, one: Promisable) -> Self:
        return cls(
            sku=one.sku,
            warehouse=one.warehouse,
            available=one.available,
            reserved=one.reserved,
            safety_stock=one.safety_stock,
            incoming_returns=one.incoming_returns,
            expected_returns=one.expected_returns,
            atp=one.atp,
            expired=one.expired,
            returns_share=str(one.share) if one.share is not None else None,
        )


class PromiseView(View):
    items: tuple[PromisableView, ...]


class ValuationQuery(PageQuery):
    warehouse: Id


class AccountValueView(View):
    account: Account
    quantity: int
    value: tuple[MoneyOut, ...]


class ValuationPage(View):
    """What a page of balances comes to, by account; the pages together are the warehouse.

    `value` is at the cost of original issue; units whose cost nobody knows add none.
    """

    warehouse: str
    balances: int
    accounts: tuple[AccountValueView, ...]
    next_cursor: str | None

    @classmethod
    def of(cls, warehouse: str, balances: Iterable[Balance], cursor: str | None) -> Self:
        quantity: dict[Account, int] = {}
        value: dict[Account, dict[str, int]] = {}
        count = 0
        for one in balances:
            count += 1
            quantity[one.account] = quantity.get(one.account, 0) + one.quantity
            sums = value.setdefault(one.account, {})
            for currency, minor in one.value_minor.items():
                sums[currency] = sums.get(currency, 0) + minor
        return cls(
            warehouse=warehouse,
            balances=count,
            accounts=tuple(
                AccountValueView(
                    account=account,
                    quantity=quantity[account],
                    value=tuple(Money(minor, c) for c, minor in sorted(value[account].items())),
                )
                for account in sorted(quantity)
            ),
            next_cursor=cursor,
        )
