"""A provider that paid what it had declined: nobody sends it again before a person looked at it.

Such news move no money (hearing.py); they are a task, and while it is open the leg waits.
"""

from chalicelib.core.errors import Conflict
from chalicelib.returns.model import Return
from chalicelib.settlement.booking import UNDECIDED, occasion_of, task_id_of
from chalicelib.settlement.model import Leg, LegState, Settlement
from chalicelib.tasks.model import TaskState
from chalicelib.tasks.working import TaskReader

PAID_AFTER_ALL = "paid_after_all"
EARLIER_ATTEMPT_PAID = "earlier_attempt_paid"
"""The provider paid the attempt that we took for declined, or one before it."""
_SENT = UNDECIDED | {LegState.DECLINED, LegState.FROZEN}
"""Legs that a retry would send."""


def contradiction_of(difference: str, leg: Leg) -> str:
    """The occasion of the task about it: one for each difference of each attempt."""
    return occasion_of(f"contradicted-{difference}", leg)


def refund_contradicted(
    reads: TaskReader, ret: Return, settlement: Settlement, leg: Leg
) -> Conflict | None:
    """Why a leg that would be sent now may have been paid already; None where nothing says so."""
    if leg.state not in _SENT:
        return None
    kinds = [EARLIER_ATTEMPT_PAID] if leg.attempt > 1 else []
    for kind in (*kinds, *([] if leg.state in UNDECIDED else [PAID_AFTER_ALL])):
        task = reads.task(task_id_of(ret, settlement, contradiction_of(kind, leg)))
        if task is not None and task.state is not TaskState.DONE:
            return Conflict(
                "refund_contradicted",
                f"The provider says that the leg of {leg.payment_id} was paid after all: look at "
                "it, state what was paid (pay it otherwise and confirm), or finish the task.",
                payment_id=leg.payment_id,
                task_id=task.task_id,
            )
    return None
