"""What a workshop lost: it is asked to pay the original cost, and somebody looks after that."""

from chalicelib.core.commands import Changes
from chalicelib.core.events import Context
from chalicelib.core.ids import derived_id
from chalicelib.core.money import Money
from chalicelib.liability.claiming import opened
from chalicelib.liability.model import LiabilityClaim, Liable
from chalicelib.tasks.model import TaskKind, open_task
from chalicelib.workorders.model import WorkOrder


def claim_id_of(context: Context, place: int) -> str:
    """The claim of the result at this place of a command."""
    return derived_id("lia", context.command_id, str(place))


def claimed(order: WorkOrder, line_no: str, quantity: int, place: int, context: Context) -> Changes:
    """A claim on the workshop for so many units of a line, with a task.

    A supplier's claim is reminded of as a vendor claim, but a workshop may be no supplier.
    """
    line = order.line(line_no)
    assert line is not None, "checked before"
    cost = line.unit_cost
    claim = LiabilityClaim(
        claim_id=claim_id_of(context, place),
        against=Liable.SUPPLIER,
        party=order.workshop,
        quantity=quantity,
        opened_at=context.now,
        opened_by=context.actor.id,
        amount=Money(cost.minor * quantity, cost.currency) if cost else None,
        reason="LOST_AT_WORK",
        return_id=line.return_id,
        warehouse=order.warehouse,
        sku=line.sku,
        lot=line.lot,
        unit_cost=cost,
    )
    task = open_task(
        TaskKind.LIABILITY,
        claim.subject,
        occasion="opened",
        now=context.now,
        warehouse=order.warehouse,
    )
    return opened(claim, context).changes + Changes(records=(task,))
