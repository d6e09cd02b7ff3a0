"""Which inspections a second inspector repeats without being told what the first one found.

Pure. A share of all by the id and moment of the inspection and a seed, so that anybody can check
the choice and nobody makes it; and the first ones of each new inspector, who are counted no longer
than that.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from chalicelib.core.commands import Record
from chalicelib.core.events import Context
from chalicelib.core.runs import Runs
from chalicelib.inspection.checklist import Checklist
from chalicelib.inspection.findings import SecondLook
from chalicelib.inspection.rules import InspectionRules
from chalicelib.returns.model import Return
from chalicelib.tasks.model import Grounds, Task, TaskKind, open_task


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspector:
    """How many inspections a new inspector has behind them."""

    person: str
    inspections: int = 0
    version: int = 0


class SamplingReader(Protocol):
    """Reads how inspections are sampled, and how new an inspector is."""

    def known_inspection_rules(self) -> InspectionRules: ...

    def inspector(self, person: str) -> Inspector: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """The return with the open second look, its task, and what is counted; often nothing."""

    ret: Return
    task: Task | None = None
    records: tuple[Record, ...] = ()


def sampled(
    reads: SamplingReader,
    ret: Return,
    inspection_id: str,
    line_units: Mapping[str, Runs],
    checklists: Iterable[Checklist],
    context: Context,
) -> Sampled:
    """Whether a second inspector looks at these units; goods on no order are left out, for their
    lines become others once the sale is found.
    """
    own = {
        line.line_no: line_units[line.line_no]
        for line in ret.lines
        if line.order_line_no is not None and line_units.get(line.line_no)
    }
    sampling = reads.known_inspection_rules().sampling
    counted: tuple[Record, ...] = ()
    is_new = False
    if sampling.first_of_new:
        inspector = reads.inspector(context.actor.id)
        is_new = inspector.inspections < sampling.first_of_new
        if is_new:
            more = replace(
                inspector, inspections=inspector.inspections + 1, version=inspector.version + 1
            )
            counted = (more,)
    shares = [
        sampling.share if one.second_share is None else one.second_share for one in checklists
    ]
    is_drawn = sampling.draws(inspection_id, context.now, max(shares, default=0))
    if not own or not (is_new or is_drawn):
        return Sampled(ret=ret, records=counted)
    task = open_task(
        TaskKind.SECOND_INSPECTION,
        ret.subject,
        occasion=inspection_id,
        now=context.now,
        warehouse=_warehouse(ret, own),
        grounds=Grounds(reasons=("new_inspector" if is_new else "sample",)),
    )
    look = SecondLook(
        inspection_id=inspection_id,
        line_units=own,
        first_by=context.actor.id,
        task_id=task.task_id,
        opened_at=context.now,
    )
    findings = replace(ret.findings, second_looks=(*ret.findings.second_looks, look))
    return Sampled(ret=replace(ret, findings=findings), task=task, records=(*counted, task))


def _warehouse(ret: Return, line_units: Mapping[str, Runs]) -> str | None:
    places = (
        group.warehouse
        for line in ret.lines
        if line.line_no in line_units
        for group in line.groups
        if group.warehouse is not None
    )
    return next(places, ret.warehouse)
