"""Goods that wait for work, and orders for it, in one line each."""

from typing import Any

from chalicelib.returns.model import Disposition, Grade, Return
from chalicelib.returns.scrapping import ALWAYS_ALONE, SecondAbove
from chalicelib.workorders import taking_back, working
from chalicelib.workorders.model import WorkKind, WorkOrder, WorkOutcome
from chalicelib.workorders.taking_back import WorkResult
from chalicelib.workorders.working import WantedUnits
from tests.builders import Shop, failed, goes, item, line, order
from tests.returns.undoing import by

KINDS = {
    WorkKind.REPACK: Disposition.REPACK,
    WorkKind.REPAIR: Disposition.REPAIR,
    WorkKind.REFURBISH: Disposition.REFURBISH,
}


def waiting(
    shop: Shop,
    quantity: int = 2,
    no: str = "O-1",
    *,
    kind: WorkKind = WorkKind.REFURBISH,
    sku: str = "SKU-1",
) -> Return:
    """A return of so many failed units that are to be worked on."""
    shop.sells(order(line(quantity=quantity, sku=sku), no=no))
    ret = shop.approves(shop.asks(no, quantity=quantity))
    shop.receives(ret, item(sku, quantity))
    shop.inspects(ret, failed(quantity, grade=Grade.C))
    return shop.disposes(ret, goes(KINDS[kind], quantity))


def wanted(ret: Return, quantity: int | None = None) -> WantedUnits:
    return WantedUnits(return_id=ret.return_id, line_no="1", quantity=quantity)


def opens(
    shop: Shop, *units: WantedUnits, kind: WorkKind = WorkKind.REFURBISH, **more: Any
) -> WorkOrder:
    """`more` are fields of OpenWorkOrder, as is."""
    fields: dict[str, Any] = {"warehouse": "A", "workshop": "ws-1"} | more
    command = working.OpenWorkOrder(kind=kind, units=units, **fields)
    return shop.do(lambda reads, context: working.open_work(reads, command, context))


def sends(shop: Shop, work: WorkOrder, **more: Any) -> WorkOrder:
    command = working.SendOut(**more)
    return shop.do(
        lambda reads, context: working.send_out(reads, work.work_order_id, command, context)
    )


def takes_back(
    shop: Shop,
    work: WorkOrder,
    *results: WorkResult,
    who: str = "ann",
    limits: SecondAbove = ALWAYS_ALONE,
    **more: Any,
) -> WorkOrder:
    command = taking_back.TakeBack(results=results, **more)
    return shop.do(
        lambda reads, context: taking_back.take_back(
            reads, work.work_order_id, command, context, limits
        ),
        by(shop, who),
    )


def cancels(shop: Shop, work: WorkOrder, reason: str = "BY_MISTAKE") -> WorkOrder:
    command = working.CancelWork(reason=reason)
    return shop.do(
        lambda reads, context: working.cancel_work(reads, work.work_order_id, command, context)
    )


def comes(outcome: WorkOutcome, quantity: int = 1, line_no: str = "1", **more: Any) -> WorkResult:
    return WorkResult(line_no=line_no, quantity=quantity, outcome=outcome, **more)


def shelved(quantity: int = 1, line_no: str = "1", **more: Any) -> WorkResult:
    return comes(WorkOutcome.RESTOCK, quantity, line_no, **({"grade": Grade.B} | more))


def at_work(shop: Shop, quantity: int = 2, **more: Any) -> tuple[Return, WorkOrder]:
    """So many units of one return, sent to a workshop."""
    ret = waiting(shop, quantity)
    return ret, sends(shop, opens(shop, wanted(ret), **more))
