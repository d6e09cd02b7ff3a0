"""What a decision of a person does: units move, what was held or promised for them follows.

Called by approving and rejecting alike, once it is certain that it is theirs to decide.
"""

from dataclasses import dataclass, field, replace
from typing import Protocol

from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.events import Context, Journal, Json
from chalicelib.core.runs import Runs
from chalicelib.exchanges.ending import released_exchanges
from chalicelib.exchanges.ports import ReplacingReader
from chalicelib.orders.model import Order
from chalicelib.returns.approvals import Approval
from chalicelib.returns.asked_about import has_question
from chalicelib.returns.blind import sale_task_id
from chalicelib.returns.closing import closed_if_complete
from chalicelib.returns.consenting import open_consent, with_decision, without_consents
from chalicelib.returns.conversation import AnswerReader, open_answer
from chalicelib.returns.deadlines import continued, deadline_for
from chalicelib.returns.facts import header, line_facts
from chalicelib.returns.falling_due import fallen_due
from chalicelib.returns.handover import tasks_done
from chalicelib.returns.lifecycle import fitting
from chalicelib.returns.model import Authorization, Logistics, Return, ReturnLine
from chalicelib.returns.releasing import released
from chalicelib.returns.transitions import Command
from chalicelib.returns.units import move, units_where
from chalicelib.settlement.agreeing import with_agreed
from chalicelib.tasks.model import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """The units that are approved and those that are rejected, by line, and who said yes."""

    no: dict[str, Runs]
    code: str
    note: str | None
    yes: dict[str, Runs] = field(default_factory=dict)
    approval: Approval | None = None


class DecisionReader(ReplacingReader, AnswerReader, Protocol):
    """Reads what is decided about, what is promised for it, and the tasks that end with it."""


def pending(line: ReturnLine) -> Runs:
    """The units of the line that nobody decided about yet."""
    return units_where(line, fitting(Command.APPROVE))


def decide(
    reads: DecisionReader,
    about: tuple[Return, Order | None, Task | None],
    ruling: Ruling,
    context: Context,
) -> Decided[Return]:
    """The return, its order and its tasks after the ruling."""
    ret, order, task = about
    was_asked = has_question(ret)
    ret = _ruled(ret, ruling, context)
    # Where the last unit that could still be promised something is refused, the others are paid.
    refused = {
        line_no: units for line_no, units in ruling.no.items() if not ruling.yes.get(line_no)
    }
    freed = released_exchanges(reads, ret, refused, context)
    ret = _waiting(freed.ret, context, is_approval=any(ruling.yes.values()))
    journal = Journal(ret.subject, ret.chain, context)
    ret = _told(ret, ruling, journal)
    ret = fallen_due(ret, context.now, journal)
    if any(ruling.yes.values()):
        ret = with_agreed(ret, order)
    records: list[Record] = []
    if order is not None and any(ruling.no.values()):
        records.append(released(order, ret, ruling.no, context))
    if not any(pending(line) for line in ret.lines):
        search = reads.task(sale_task_id(ret.return_id)) if ret.is_blind else None
        records.extend(tasks_done((task, search), context))
    if was_asked and not has_question(ret):
        records.extend(tasks_done((open_answer(reads, ret.return_id),), context))
    ret = closed_if_complete(ret, journal)
    changes = Changes(records=(ret, *records), events=tuple(journal.events))
    return Decided(result=ret, changes=changes + freed.changes)


def _ruled(ret: Return, ruling: Ruling, context: Context) -> Return:
    """The return with its units moved, and with whoever decided about them."""
    approval = ruling.approval
    persons: tuple[str, ...] = (context.actor.id,)
    if approval is None:
        ret = without_consents(ret)
    else:
        first = open_consent(ret)
        said = [approval, *((first,) if first is not None else ())]
        persons = (*sorted(person for one in said for person in one.persons), context.actor.id)
        ret = with_decision(ret, approval)
    return replace(
        ret,
        lines=tuple(_decided_line(line, ruling) for line in ret.lines),
        review_note=ruling.note or ret.review_note,
        reviewed_by=context.actor.id,
        reviewers=tuple(dict.fromkeys((*ret.reviewers, *persons))),
        version=ret.version + 1,
        updated_at=context.now,
    )


def _told(ret: Return, ruling: Ruling, journal: Journal) -> Return:
    """The return without the fees that were waived; the journal says that, and what was decided."""
    waived = _fees_waived(ret, ruling)
    if waived:
        ret = _without_fees(ret, waived)
        journal.record("return.fees_waived", {**header(ret), "lines": [*sorted(waived)]})
    for event_type, units in (("return.approved", ruling.yes), ("return.rejected", ruling.no)):
        if any(units.values()):
            journal.record(event_type, _facts(ret, units, ruling))
    return ret


def _waiting(ret: Return, context: Context, *, is_approval: bool) -> Return:
    """The return with its deadline: who was just approved has the whole time to send the goods."""
    if is_approval:
        return replace(ret, deadline=deadline_for(ret, context.now))
    return continued(ret, context.now)


def _decided_line(line: ReturnLine, ruling: Ruling) -> ReturnLine:
    yes, no = ruling.yes.get(line.line_no, ()), ruling.no.get(line.line_no, ())
    if yes:
        line = move(line, yes, authorization=Authorization.APPROVED, logistics=Logistics.AWAITING)
    if no:
        line = move(line, no, authorization=Authorization.REJECTED, refusal_code=ruling.code)
    return line


def _fees_waived(ret: Return, ruling: Ruling) -> frozenset[str]:
    """Lines that this decision takes the fees from; of two persons' either may have said so."""
    if ruling.approval is None:
        return frozenset()
    said = [one for one in ret.approvals if one.says_the_same(ruling.approval)]
    return frozenset(
        line_no
        for one in said
        if one.fees_waived is not None
        for line_no in one.fees_waived.line_nos
        if ruling.yes.get(line_no)
    )


def _without_fees(ret: Return, line_nos: frozenset[str]) -> Return:
    assert ret.decision is not None, "it states the fees"
    verdicts = tuple(
        replace(one, fees=None) if one.line_no in line_nos else one for one in ret.decision.lines
    )
    return replace(ret, decision=replace(ret.decision, lines=verdicts))


def _facts(ret: Return, units: dict[str, Runs], ruling: Ruling) -> dict[str, Json]:
    is_refusal = units is ruling.no
    approval = ruling.approval
    facts: dict[str, Json] = {
        **header(ret),
        "code": ruling.code if is_refusal else None,
        "lines": [
            line_facts(line, units[line.line_no]) for line in ret.lines if units.get(line.line_no)
        ],
    }
    if approval is not None and approval.on_behalf_of is not None:
        facts["on_behalf_of"] = approval.on_behalf_of
    if approval is not None and approval.evidence_waived is not None:
        facts["evidence_waived"] = [*approval.evidence_waived.line_nos]
    return facts
