"""What lists say about returns and orders: the rows that most of them hold.

Beside rows.py, which knows every list of every record, because requests read these few.
"""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.core import runs
from chalicelib.core.money import Money
from chalicelib.customers.counting import ReturnCounts, counts_of
from chalicelib.returns.model import DeadlineKind, Method, Return, ReturnLine, ReturnType
from chalicelib.returns.reminding import Step
from chalicelib.returns.standing import Status, status_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRow:
    """A return in a list. `amount` is what was paid for all units that it names.

    `counts` is what it counts for in its customer's history; None: written before that was kept.
    """

    return_id: str
    number: str
    status: Status
    type: ReturnType
    method: Method
    order_no: str | None
    customer_id: str | None
    warehouse: str | None
    channel: str | None
    region: str | None
    requested_at: datetime
    updated_at: datetime
    units: int
    amount: Money
    version: int
    counts: ReturnCounts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """An order in a list. `units` of goods; None: written before they were counted."""

    order_no: str
    customer_id: str
    placed_at: datetime
    currency: str
    channel: str | None
    lines: int
    updated_at: datetime
    version: int
    units: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineRow:
    """A return to which something happens at `next_at` if nobody does anything before."""

    return_id: str
    waiting_for: DeadlineKind
    step: Step
    next_at: datetime
    due_at: datetime
    version: int


def summary_of(ret: Return) -> ReturnRow:
    """What a list says about a return."""
    return ReturnRow(
        return_id=ret.return_id,
        number=ret.number,
        status=status_of(ret),
        type=ret.type,
        method=ret.method,
        order_no=ret.order_no,
        customer_id=ret.customer_id,
        warehouse=ret.warehouse,
        channel=ret.channel,
        region=ret.region,
        requested_at=ret.requested_at,
        updated_at=ret.updated_at,
        units=sum(line.requested for line in ret.lines),
        amount=Money.total((_paid_for(line) for line in ret.lines), ret.currency),
        version=ret.version,
        counts=counts_of(ret),
    )


def _paid_for(line: ReturnLine) -> Money:
    return line.value_of(runs.merged(run for group in line.groups for run in group.units))
