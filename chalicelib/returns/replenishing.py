"""Goods that are gone for good are proposed to be bought again: a task for the warehouse that lost
them, and an event for whoever plans the stock. Nothing is ordered here."""

from collections.abc import Mapping

from chalicelib.core.events import Context, Json
from chalicelib.tasks.model import Task, TaskKind, open_task

PROPOSED = "replenishment.proposed"
"""The type of the event, to be recorded in the journal of the document that lost the goods."""


def proposed(
    subject: str, missing: Mapping[str, int], warehouse: str | None, context: Context
) -> tuple[Task, dict[str, Json]]:
    """One task for all that is missing (how many of each SKU), and the data of the one event.

    `subject` is the document's, as in return/ret_… The same command proposes the same goods once,
    however often it is decided, and however many SKUs are gone it fits into one write.
    """
    task = open_task(
        TaskKind.REPLENISHMENT,
        subject,
        occasion=f"{context.command_id}/{warehouse or ''}",
        now=context.now,
        warehouse=warehouse,
    )
    return task, {
        "warehouse": warehouse,
        "task_id": task.task_id,
        "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in missing.items()],
    }
