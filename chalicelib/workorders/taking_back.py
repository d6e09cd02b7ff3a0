"""Units come back from the work, some or all, each with what came of it and what it cost.

Sellable ones go on the shelf, others are on hold or scrapped; a customer's own go back to them.
What the work cost is no part of what the goods are worth: finance is told of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, FieldError, Invalid
from chalicelib.core.events import Context, Json
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs
from chalicelib.inventory.shelf_life import ShelfReader
from chalicelib.orders.model import Order
from chalicelib.returns.awards import require_ours
from chalicelib.returns.disposing import require_keeps
from chalicelib.returns.facts import money
from chalicelib.returns.model import Grade, Return
from chalicelib.returns.releasing import released
from chalicelib.returns.scrapping import (
    ALWAYS_ALONE,
    SecondAbove,
    WriteOffDay,
    WriteOffReader,
    day_of,
    sums_of,
    takes_two,
    worth_of,
)
from chalicelib.workorders.losses import claim_id_of, claimed
from chalicelib.workorders.model import (
    AT_WORK,
    WRITTEN_OFF,
    UsedPart,
    WorkDone,
    WorkLine,
    WorkOrder,
    WorkOutcome,
    WorkState,
)
from chalicelib.workorders.on_returns import SELLABLE, Back, back_from_work, is_customers
from chalicelib.workorders.parts import PartsReader, part_facts, used_up
from chalicelib.workorders.working import WorkReader, found, not_now, told, too_many, with_task_done

RESULTS_MAX = 100
RETURNS_MAX = 15
"""All of them change in one write, some with their orders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkResult:
    """So many units of a line of the order. `cost` is of all of them; `work` says what was done.

    `serials` name the units, where they have any; `claim`: who lost them is asked to pay. `parts`
    are ours and used up.
    """

    line_no: str
    quantity: int
    outcome: WorkOutcome
    grade: Grade | None = None
    cost: Money | None = None
    work: str | None = None
    serials: tuple[str, ...] = ()
    parts: tuple[UsedPart, ...] = ()
    claim: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack:
    """`cost` is of the order as a whole, beside its lines. Repaired goods travel by `carrier`."""

    results: tuple[WorkResult, ...]
    cost: Money | None = None
    carrier: str | None = None
    tracking_no: str | None = None


class BackReader(WorkReader, WriteOffReader, PartsReader, ShelfReader, Protocol):
    """Reads also the orders of returns, what its caller wrote off today, where parts lie, and when
    goods expire.
    """

    def return_and_order(self, return_id: str) -> tuple[Return | None, Order | None]: ...


@dataclass(slots=True)
class _Ledger:
    """What several returns of one command share: the day's write-offs, and orders."""

    day: WriteOffDay
    written_off: list[Money] = field(default_factory=list)
    before: dict[str, Order] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)

    def of(self, order: Order) -> Order:
        """The order as this command has changed it so far."""
        self.before.setdefault(order.order_no, order)
        return self.orders.get(order.order_no, order)

    def records(self) -> list[Record]:
        """Each order once, one version further; and the day, where something counts for it."""
        records: list[Record] = [
            replace(order, version=self.before[order_no].version + 1)
            for order_no, order in self.orders.items()
        ]
        if self.written_off:
            records.append(self.day.with_more(sums_of(self.written_off)))
        return records


def take_back(
    reads: BackReader,
    work_order_id: str,
    command: TakeBack,
    context: Context,
    limits: SecondAbove = ALWAYS_ALONE,
) -> Decided[WorkOrder]:
    """Book what came back; raises Conflict for more than is at work, and `goods_of_the_customer`
    where somebody would keep or scrap what is repaired for the customer.
    """
    order, task = found(reads, work_order_id, context)
    if order.state not in AT_WORK:
        raise not_now(order, "back")
    _check(order, command)
    used, taken = used_up(reads, order, [result.parts for result in command.results], context)
    changes = Changes(records=(taken,) if taken is not None else ())
    before = order
    order, backs_of = _matched(order, command, used, context)
    ledger = _Ledger(reads.write_off_day(context.actor.id, day_of(context.now)))
    proposals: dict[str, str] = {}
    for return_id, backs in backs_of.items():
        ret, sold = reads.return_and_order(return_id)
        assert ret is not None, "returns do not vanish"
        own, proposal_id = _returned(
            reads, order, ret, sold, backs, command, ledger, limits, context
        )
        changes += own
        if proposal_id is not None:
            proposals[return_id] = proposal_id
    order = _with_proposals(order, before, proposals)
    for place, result in enumerate(command.results):
        if result.claim:
            changes += claimed(order, result.line_no, result.quantity, place, context)
    changes += Changes(records=tuple(ledger.records()))
    order = _paid_for(order, command)
    state = WorkState.PARTLY_BACK if order.waiting else WorkState.DONE
    order = replace(order, state=state, version=order.version + 1)
    if state is WorkState.DONE:
        order = replace(order, ended_at=context.now)
        changes += Changes(records=with_task_done(task, context))
    movement_id = taken.movement_id if taken is not None else None
    back = _back_facts(order, before)
    return told(order, "work_order.back", context, changes, movement_id=movement_id, back=back)


def _check(order: WorkOrder, command: TakeBack) -> None:
    if not command.results or len(command.results) > RESULTS_MAX:
        raise Invalid("result_count", f"1 to {RESULTS_MAX} results are allowed.")
    for place, result in enumerate(command.results):
        at = f"/results/{place}"
        if order.line(result.line_no) is None:
            raise _invalid(f"{at}/line_no", "unknown_line", f"No line {result.line_no}.")
        if result.quantity < 1:
            raise _invalid(f"{at}/quantity", "not_positive", "A quantity is at least 1.")
        if len(set(result.serials)) not in (0, result.quantity):
            raise _invalid(f"{at}/serials", "serial_count", "Name each unit, or none.")
        if result.outcome is WorkOutcome.RESTOCK and result.grade not in SELLABLE:
            raise _invalid(f"{at}/grade", "not_sellable", "Only grades A and B are sold again.")
        if result.claim and (result.outcome is not WorkOutcome.LOST or order.workshop is None):
            message = "Only a workshop that lost goods is asked to pay for them."
            raise _invalid(f"{at}/claim", "nobody_to_claim_from", message)


def _matched(
    order: WorkOrder,
    command: TakeBack,
    used: Sequence[tuple[UsedPart, ...]],
    context: Context,
) -> tuple[WorkOrder, dict[str, list[Back]]]:
    """The order with these units back, and by return what came back of it."""
    parts: dict[str, list[Back]] = {}
    for place, result in enumerate(command.results):
        line = order.line(result.line_no)
        assert line is not None, "checked before"
        done = WorkDone(
            units=_units(line, result),
            outcome=result.outcome,
            back_at=context.now,
            back_by=context.actor.id,
            grade=result.grade,
            cost=result.cost,
            work=result.work,
            parts=used[place],
            claim_id=claim_id_of(context, place) if result.claim else None,
        )
        parts.setdefault(line.return_id, []).append(Back(line_no=line.return_line_no, done=done))
        order = _with_line(order, replace(line, back=(*line.back, done)))
    if len(parts) > RETURNS_MAX:
        raise too_many(RETURNS_MAX, len(parts), "take the others back by another call")
    return order, parts


def _units(line: WorkLine, result: WorkResult) -> Runs:
    if runs.size(line.waiting) < result.quantity:
        raise Conflict(
            "not_at_work",
            f"Line {line.line_no}: {runs.size(line.waiting)} units are at work, "
            f"{result.quantity} were named.",
            line_no=line.line_no,
            possible=runs.size(line.waiting),
        )
    if not result.serials:
        return runs.lowest(line.waiting, result.quantity)
    by_serial = dict(zip(line.serials, line.serial_ordinals, strict=True))
    ordinals = sorted(by_serial[one] for one in set(result.serials) if one in by_serial)
    named = runs.common(runs.of_ordinals(ordinals), line.waiting)
    if runs.size(named) != result.quantity:
        raise Conflict(
            "serial_not_at_work",
            f"A serial number is not at work on line {line.line_no}.",
            line_no=line.line_no,
            serials=list(result.serials),
        )
    return named


def _returned(
    reads: BackReader,
    order: WorkOrder,
    ret: Return,
    sold: Order | None,
    backs: Sequence[Back],
    command: TakeBack,
    ledger: _Ledger,
    limits: SecondAbove,
    context: Context,
) -> tuple[Changes, str | None]:
    """One return after its units came back, with its order where the customer has some again."""
    _refuse_keeping(ret, backs)
    for back in backs:
        line = ret.line(back.line_no)
        if back.done.outcome is WorkOutcome.RESTOCK and line is not None:
            require_keeps(reads, line, back.done.units, context)
    waits = _waits(ret, backs, ledger, limits)
    done = back_from_work(
        ret,
        backs,
        context,
        source=order.subject,
        origin=order.kind.disposition,
        takes_two=waits,
        shipped=(command.carrier, command.tracking_no),
    )
    require_ours(ret, done.ret)
    if sold is not None and done.to_customer:
        now = ledger.of(sold)
        ledger.orders[sold.order_no] = released(now, done.ret, done.to_customer, context)
    return done.changes, done.proposal_id


def _refuse_keeping(ret: Return, backs: Sequence[Back]) -> None:
    for back in backs:
        is_theirs = is_customers(ret, back.line_no, back.done.units)
        if is_theirs and back.done.outcome in (WorkOutcome.RESTOCK, WorkOutcome.SCRAP):
            raise Conflict(
                "goods_of_the_customer",
                f"Line {back.line_no} is repaired for the customer: give the repair up first.",
                return_id=ret.return_id,
                line_no=back.line_no,
            )
        if not is_theirs and back.done.outcome is WorkOutcome.CUSTOMER:
            raise Conflict(
                "not_to_repair",
                f"Line {back.line_no} is not repaired for the customer.",
                return_id=ret.return_id,
                line_no=back.line_no,
            )


def _waits(ret: Return, backs: Sequence[Back], ledger: _Ledger, limits: SecondAbove) -> bool:
    """Whether a second person has to agree to what is scrapped, or said to be lost, of this return;
    else it is counted.
    """
    amounts = [
        worth_of(line, back.done.units)
        for back in backs
        if back.done.outcome in WRITTEN_OFF and (line := ret.line(back.line_no))
    ]
    if not amounts or not limits.limits:
        return False
    if takes_two(limits, ret, amounts, ledger.day, ledger.written_off):
        return True
    ledger.written_off.extend(amounts)
    return False


def _with_proposals(order: WorkOrder, before: WorkOrder, proposals: Mapping[str, str]) -> WorkOrder:
    """The order whose units that wait for a second person name what has to be agreed to."""
    for line in order.lines:
        proposal_id = proposals.get(line.return_id)
        new = _new_results(line, before)
        if proposal_id is None or not new:
            continue
        named = tuple(
            replace(done, proposal_id=proposal_id) if done.outcome in WRITTEN_OFF else done
            for done in new
        )
        known = line.back[: len(line.back) - len(new)]
        order = _with_line(order, replace(line, back=(*known, *named)))
    return order


def _new_results(line: WorkLine, before: WorkOrder) -> tuple[WorkDone, ...]:
    """What this command booked of a line."""
    known = before.line(line.line_no)
    assert known is not None, "lines do not vanish"
    return line.back[len(known.back) :]


def _paid_for(order: WorkOrder, command: TakeBack) -> WorkOrder:
    if command.cost is None:
        return order
    if order.cost is not None and order.cost.currency != command.cost.currency:
        message = f"The order was charged in {order.cost.currency} before."
        raise _invalid("/cost", "currency_differs", message)
    cost = command.cost if order.cost is None else order.cost + command.cost
    return replace(order, cost=cost)


def _with_line(order: WorkOrder, changed: WorkLine) -> WorkOrder:
    lines = tuple(changed if old.line_no == changed.line_no else old for old in order.lines)
    return replace(order, lines=lines)


def _back_facts(order: WorkOrder, before: WorkOrder) -> list[Json]:
    """What came back by this command, line by line."""
    return [
        {
            "line_no": line.line_no,
            "return_id": line.return_id,
            "sku": line.sku,
            "quantity": runs.size(done.units),
            "units": runs.as_text(done.units),
            "outcome": done.outcome.value,
            "grade": done.grade.value if done.grade is not None else None,
            "cost": money(done.cost) if done.cost is not None else None,
            "work": done.work,
            "parts": [part_facts(part) for part in done.parts],
            "proposal_id": done.proposal_id,
            "claim_id": done.claim_id,
        }
        for line in order.lines
        for done in _new_results(line, before)
    ]


def _invalid(pointer: str, code: str, message: str) -> Invalid:
    return Invalid(code, message, errors=[FieldError(pointer=pointer, code=code, message=message)])
