"""What stock of a SKU in a warehouse should be, and what is bought of it: told by other systems.

Nothing here moves goods. Alerts (alerting.py) compare it with what lies there; ATP takes the safety
stock off.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, Invalid
from chalicelib.core.events import Chain, Context, Event, Journal, Json
from chalicelib.inventory.checks import require_seen
from chalicelib.inventory.model import Account, Balance

PURCHASES_MAX = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """Goods on order. `available_then`: what could be sold when we were told of it."""

    purchase_id: str
    quantity: int
    due_on: date | None
    told_at: datetime
    available_then: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StockPlan:
    """Level and purchases of one SKU in one warehouse; nothing is stated until somebody does."""

    warehouse: str
    sku: str
    reorder_point: int | None = None
    safety_stock: int = 0
    purchases: tuple[Purchase, ...] = ()
    updated_at: datetime | None = None
    updated_by: str | None = None
    version: int = 0
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        """In the partition of the balances that it is about."""
        return f"stock/{self.warehouse}#{self.sku}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLevel:
    warehouse: str
    sku: str
    reorder_point: int | None
    safety_stock: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TellPurchase:
    """What is still to come of a purchase; 0: nothing more, it arrived or was cancelled."""

    purchase_id: str
    warehouse: str
    sku: str
    quantity: int
    due_on: date | None = None


class PlanReader(Protocol):
    def stock_plan(self, warehouse: str, sku: str) -> StockPlan: ...

    def balances(self, warehouse: str, skus: Sequence[str]) -> list[Balance]: ...


def set_level(reads: PlanReader, command: SetLevel, context: Context) -> Decided[StockPlan]:
    """State the reorder point and the safety stock; as they are already, nothing changes."""
    plan = reads.stock_plan(command.warehouse, command.sku)
    if (plan.reorder_point, plan.safety_stock) == (command.reorder_point, command.safety_stock):
        return Decided(result=plan)
    require_seen(plan, context)
    after = replace(plan, reorder_point=command.reorder_point, safety_stock=command.safety_stock)
    facts: dict[str, Json] = {
        "reorder_point": command.reorder_point,
        "safety_stock": command.safety_stock,
    }
    return _decided(after, "stock.level_set", facts, context)


def tell_purchase(reads: PlanReader, command: TellPurchase, context: Context) -> Decided[StockPlan]:
    """Keep what is on order; told again with less, only the rest is on order."""
    plan = reads.stock_plan(command.warehouse, command.sku)
    known = {one.purchase_id: one for one in plan.purchases}
    before = known.get(command.purchase_id)
    if command.quantity < 0:
        raise Invalid("negative_quantity", "Nobody buys less than nothing.")
    if before is None and command.quantity == 0:
        return Decided(result=plan)
    if before is not None and (before.quantity, before.due_on) == (
        command.quantity,
        command.due_on,
    ):
        return Decided(result=plan)
    if command.quantity == 0:
        del known[command.purchase_id]
    else:
        known[command.purchase_id] = Purchase(
            purchase_id=command.purchase_id,
            quantity=command.quantity,
            due_on=command.due_on,
            told_at=before.told_at if before else context.now,
            available_then=before.available_then
            if before
            else available_in(reads.balances(command.warehouse, [command.sku])),
        )
    if len(known) > PURCHASES_MAX:
        raise Conflict("too_many_purchases", f"At most {PURCHASES_MAX} purchases are kept.")
    facts: dict[str, Json] = {
        "purchase_id": command.purchase_id,
        "quantity": command.quantity,
        "due_on": command.due_on.isoformat() if command.due_on else None,
    }
    after = replace(plan, purchases=tuple(known.values()))
    return _decided(after, "stock.purchase_told", facts, context)


def available_in(balances: Sequence[Balance]) -> int:
    """Units that can be sold, over all lots."""
    return sum(one.quantity for one in balances if one.account is Account.AVAILABLE)


def _decided(
    plan: StockPlan, event_type: str, facts: dict[str, Json], context: Context
) -> Decided[StockPlan]:
    plan = replace(
        plan, updated_at=context.now, updated_by=context.actor.id, version=plan.version + 1
    )
    journal = Journal(plan.subject, plan.chain, context)
    where: dict[str, Json] = {
        "warehouse": plan.warehouse,
        "sku": plan.sku,
        "version": plan.version,
    }
    journal.record(event_type, {**where, **facts})
    plan = replace(plan, chain=journal.chain)
    events: tuple[Event, ...] = tuple(journal.events)
    return Decided(result=plan, changes=Changes(records=(plan,), events=events))
