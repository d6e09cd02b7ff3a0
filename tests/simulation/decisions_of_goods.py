"""Each step about goods that other documents move, as the use case that carries it out."""

from collections.abc import Callable
from typing import Any

from chalicelib.core import runs
from chalicelib.core.commands import Decided
from chalicelib.core.events import Context
from chalicelib.core.runs import Runs
from chalicelib.returns import reversing, scrap_proposals, sending_to_vendor
from chalicelib.returns.model import Grade, ReturnLine
from chalicelib.returns.selection import NamedQuantity
from chalicelib.returns.units import units_where
from chalicelib.workorders import taking_back, working
from chalicelib.workorders.model import WorkKind, WorkOutcome
from tests.fake_reads import Reader
from tests.simulation.decisions_of_money import Decide, Ids
from tests.simulation.steps import Step


def _reverse(ids: Ids, step: Step) -> Decide:
    lines = step.given.get("lines")
    named = None
    if lines is not None:
        named = tuple(NamedQuantity(line_no=no, quantity=count) for no, count in lines.items())
    command = reversing.Reverse(reason="BY_MISTAKE", lines=named)
    return lambda reads, context: reversing.reverse_disposition(
        reads, ids[step.target], command, context
    )


def _vendor(ids: Ids, step: Step) -> Decide:
    """A document of another area calls this for the units that it is about."""
    is_sent = step.command == "send-to-vendor"
    where = sending_to_vendor.waits_for_vendor if is_sent else sending_to_vendor.is_at_vendor
    act = sending_to_vendor.sent_to_vendor if is_sent else sending_to_vendor.returned_by_vendor

    def decide(reads: Reader, context: Context) -> Decided[Any]:
        ret = reads.return_(ids[step.target])
        assert ret is not None, "it was asked for"
        line = ret.line(step.given["line"])
        assert line is not None, "lines do not vanish"
        there, count = units_where(line, where), step.given["count"]
        units = runs.lowest(there, count) if runs.size(there) >= count else _any(line)
        return act(ret, {line.line_no: units}, context, source=f"rtv/{step.id}")

    return decide


def _any(line: ReturnLine) -> Runs:
    """More than is there: all, and one that nobody has."""
    every = runs.merged(run for group in line.groups for run in group.units)
    return runs.merged((*every, runs.Run(every[-1].last + 1, 1)))


def _decide_scrap(ids: Ids, step: Step) -> Decide:
    command = scrap_proposals.DecideScrap(is_approved=step.given["yes"])
    return lambda reads, context: scrap_proposals.decide_scrap(
        reads, ids[step.target], command, context
    )


def _open_work(ids: Ids, step: Step) -> Decide:
    command = working.OpenWorkOrder(
        kind=WorkKind(step.given["kind"]),
        warehouse=step.given["warehouse"],
        units=tuple(
            working.WantedUnits(return_id=ids[key], line_no=line_no, quantity=count)
            for key, line_no, count in step.given["units"]
        ),
        workshop="ws-1",
    )
    return lambda reads, context: working.open_work(reads, command, context)


def _send_work(ids: Ids, step: Step) -> Decide:
    command = working.SendOut()
    return lambda reads, context: working.send_out(reads, ids[step.target], command, context)


def _cancel_work(ids: Ids, step: Step) -> Decide:
    command = working.CancelWork(reason="BY_MISTAKE")
    return lambda reads, context: working.cancel_work(reads, ids[step.target], command, context)


def _take_back(ids: Ids, step: Step) -> Decide:
    grade = step.given["grade"]
    result = taking_back.WorkResult(
        line_no=str(step.given["part"] + 1),
        quantity=step.given["count"],
        outcome=WorkOutcome(step.given["outcome"]),
        grade=Grade(grade) if grade is not None else None,
    )
    command = taking_back.TakeBack(results=(result,))
    return lambda reads, context: taking_back.take_back(reads, ids[step.target], command, context)


OF_GOODS: dict[str, Callable[[Ids, Step], Decide]] = {
    "reverse-disposition": _reverse,
    "send-to-vendor": _vendor,
    "come-from-vendor": _vendor,
    "decide-scrap": _decide_scrap,
    "open-work": _open_work,
    "send-work": _send_work,
    "cancel-work": _cancel_work,
    "take-back-work": _take_back,
}
