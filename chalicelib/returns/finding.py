"""Lost units that turn up after all, in any receipt. Pure.

One that was paid stays paid, and a person looks into it: nothing is taken back from a customer by a
rule. One that was only promised to be paid is a received unit like any other: what it is worth is
for the inspection to say.
"""

from collections.abc import Mapping

from chalicelib.core import runs
from chalicelib.core.commands import Record
from chalicelib.core.events import Context, Journal, Json
from chalicelib.core.runs import Runs
from chalicelib.returns.carriers import carrier_facts
from chalicelib.returns.facts import header, line_facts
from chalicelib.returns.model import Logistics, Return, ReturnLine, UnitGroup
from chalicelib.returns.units import move, units_where
from chalicelib.settlement.model import SettlementState
from chalicelib.tasks.model import TaskKind, open_task


def is_lost(group: UnitGroup) -> bool:
    return group.logistics is Logistics.LOST


def is_lost_and_paid(group: UnitGroup) -> bool:
    """Money has at least started to move for it."""
    return is_lost(group) and group.settlement is not SettlementState.NONE


def with_credit_open(line: ReturnLine, units: Runs) -> ReturnLine:
    """The line with the credit and fault of its lost, unpaid units undecided again."""
    unpaid = units_where(line, lambda group: is_lost(group) and not is_lost_and_paid(group))
    found = runs.common(unpaid, units)
    return move(line, found, credit=None, fault=None) if found else line


def found_again(
    before: Return,
    after: Return,
    received: Mapping[str, Runs],
    receipt_id: str,
    journal: Journal,
    context: Context,
) -> tuple[Record, ...]:
    """Tell of received units that were lost; a task where some of them were paid."""
    lines = []
    all_found: dict[str, Runs] = {}
    has_paid = False
    for line in before.lines:
        units = received.get(line.line_no, ())
        found = runs.common(units_where(line, is_lost), units)
        paid = runs.common(units_where(line, is_lost_and_paid), units)
        if found:
            all_found[line.line_no] = found
            lines.append(line_facts(line, found, paid_quantity=runs.size(paid)))
            has_paid = has_paid or bool(paid)
    if not lines:
        return ()
    facts: dict[str, Json] = {"carriers": carrier_facts(after, all_found), "lines": [*lines]}
    journal.record("return.found", {**header(after), "receipt_id": receipt_id, **facts})
    if not has_paid:
        return ()
    task = open_task(
        TaskKind.INVESTIGATION,
        after.subject,
        occasion=f"found-{receipt_id}",
        now=context.now,
        warehouse=after.warehouse,
    )
    return (task,)
