"""Asking to return something: as a draft, or submitted at once; and asking again.

Submitting evaluates the request as a quote does, and reserves the units on the order in the same
write.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from chalicelib.core.clock import rfc3339
from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, DomainError, PolicyRefused
from chalicelib.core.events import Context, Journal, Json
from chalicelib.exchanges.ports import ApprovalReader
from chalicelib.exchanges.promising import promised
from chalicelib.orders.model import Order
from chalicelib.policy.model import Decision, LineDecision, Review
from chalicelib.returns.asked_about import apart, asking, has_question
from chalicelib.returns.blind import create_blind, resubmit_blind, sale_task_id
from chalicelib.returns.conversation import AnswerReader, open_answer
from chalicelib.returns.deadlines import deadline_for, policy_of
from chalicelib.returns.documents import missing, needs_cause_report
from chalicelib.returns.drafting import asked_facts, draft_lines, new_return, papers_of
from chalicelib.returns.facts import header, line_facts, money
from chalicelib.returns.handover import tasks_done, tasks_of_submission
from chalicelib.returns.kit_wishes import wished
from chalicelib.returns.lifecycle import require
from chalicelib.returns.loading import found
from chalicelib.returns.model import (
    AppealAgainst,
    Authorization,
    Return,
    ReturnLine,
    ReturnType,
)
from chalicelib.returns.numbers import NumberClaim
from chalicelib.returns.quoting import Quote, evaluate, order_for, reviewed
from chalicelib.returns.releasing import without_asked
from chalicelib.returns.reserving import reserved, wishes_of
from chalicelib.returns.transitions import Command
from chalicelib.returns.wishes import RequestedLine, RequestReturn, check_lines, check_type
from chalicelib.tasks.model import Task

__all__ = ["RequestReturn", "RequestedLine", "create", "submit"]


def create(reads: ApprovalReader, command: RequestReturn, context: Context) -> Decided[Return]:
    """A new return, as a draft or submitted at once. The command id fixes the return's id."""
    check_type(command)
    check_lines(command)
    if command.order_no is None:
        return create_blind(command, context)
    order = order_for(reads, command)
    lines = wished(order, command.lines)
    ret = new_return(command, order, context)
    ret = replace(ret, lines=draft_lines(order, lines))
    ret = replace(ret, documents=papers_of(ret, order))
    journal = Journal(ret.subject, ret.chain, context)
    journal.record(
        "return.drafted", {**header(ret), "lines": [asked_facts(line) for line in ret.lines]}
    )
    claim = NumberClaim(number=ret.number, return_id=ret.return_id)
    if not command.submit:
        deadline = deadline_for(ret, policy_of(order), context.now)
        ret = replace(ret, deadline=deadline, chain=journal.chain)
        return Decided(
            result=ret, changes=Changes(records=(ret, claim), events=tuple(journal.events))
        )
    ret, changes = _submit(reads, ret, order, None, context, journal)
    return Decided(result=ret, changes=changes + Changes(records=(claim,)))


class SubmitReader(ApprovalReader, AnswerReader, Protocol):
    """What submitting reads: as approving, and whether somebody still looks at an answer."""


def submit(reads: SubmitReader, return_id: str, context: Context) -> Decided[Return]:
    """Submit a draft, an answer or a corrected request: evaluated anew and handed to review."""
    ret, order, task = reads.review_of(return_id)
    ret = found(ret, return_id, context)
    require(ret, Command.SUBMIT)
    require_no_appeal(ret)
    answer = open_answer(reads, return_id) if has_question(ret) else None
    answered = Changes(records=tuple(tasks_done((answer,), context)))
    ret = replace(ret, version=ret.version + 1, updated_at=context.now)
    if ret.is_blind:
        search = reads.task(sale_task_id(return_id))
        again = resubmit_blind(ret, task, search, context)
        return replace(again, changes=again.changes + answered)
    assert order is not None, "a return that names an order has one"
    journal = Journal(ret.subject, ret.chain, context)
    ret, changes = _submit(reads, apart(ret), order, task, context, journal)
    return Decided(result=ret, changes=changes + answered)


def require_no_appeal(ret: Return) -> None:
    """Raises Conflict while somebody still decides whether the rejection stands."""
    if any(appeal.against is AppealAgainst.REJECTION for appeal in ret.open_appeals):
        raise Conflict(
            "appeal_open",
            "There is an appeal against the rejection; withdraw it to ask anew.",
            appeals=[appeal.appeal_id for appeal in ret.open_appeals],
        )


def _submit(
    reads: ApprovalReader,
    ret: Return,
    order: Order,
    earlier: Task | None,
    context: Context,
    journal: Journal,
) -> tuple[Return, Changes]:
    """Evaluate, reserve and hand over; raises PolicyRefused with the whole trace.

    The window is measured at the first submission, unless a machine stated when it was asked: who
    asked in time may correct the request after the window has passed. What a person asked about is
    not refused by policy once it is answered: a person decides.
    """
    if ret.submissions == 0 and not ret.requested_at_stated:
        ret = replace(ret, requested_at=context.now)
    ret = replace(ret, documents=papers_of(ret, order), submissions=ret.submissions + 1)
    order, lines = without_asked(order, ret), asking(ret)
    about = frozenset(line.order_line_no or "" for line in lines) if has_question(ret) else None
    quoted = evaluate(
        order,
        wishes_of(lines),
        ret.requested_at,
        type_=ret.type,
        asked_about=about or frozenset(),
    )
    if not quoted.eligible:
        raise refused(quoted.decision)
    is_declared = ret.type is ReturnType.WITHDRAWAL  # A changed one: the law, not policy, decides.
    is_judged = about is not None and _is_beyond_policy(quoted)
    is_whole = not (missing(ret) or needs_cause_report(ret) or is_declared or is_judged)
    quoted = reviewed(quoted, is_whole=is_whole)
    ret, order, promises = _held(reads, ret, lines, order, quoted, context)
    order = replace(order, version=order.version + 1, updated_at=context.now)
    ret = replace(ret, deadline=deadline_for(ret, policy_of(order), context.now))
    event_type = "return.submitted" if ret.submissions == 1 else "return.resubmitted"
    lines = _in(ret, lines)
    journal.record(event_type, _submitted(ret, lines, quoted))
    if _is_approved(ret):
        tasks = tuple(tasks_done((earlier,), context))
        journal.record(
            "return.approved",
            {**header(ret), "lines": _approved(lines, quoted), "by_rule": True},
        )
    else:
        tasks = tuple(tasks_of_submission(ret, earlier, context))
    ret = replace(ret, chain=journal.chain)
    own = Changes(records=(ret, order, *tasks), events=tuple(journal.events))
    return ret, own + promises


def _held(
    reads: ApprovalReader,
    ret: Return,
    lines: Sequence[ReturnLine],
    order: Order,
    quoted: Quote,
    context: Context,
) -> tuple[Return, Order, Changes]:
    """Both with the units held, approved where policy decides alone, and what that promises.

    A rule promises only what is there: where it is too little, a person decides after all.
    """
    if quoted.decision.review is Review.AUTOMATIC:
        approved, changed = reserved(ret, lines, order, quoted, Authorization.APPROVED)
        units = {line.line_no: entry.units for line, entry in zip(lines, quoted.lines, strict=True)}
        try:
            promises = promised(reads, approved, units, context)
        except Conflict:
            quoted = reviewed(quoted, is_whole=False)
        else:
            return promises.ret, changed, promises.changes
    ret, order = reserved(ret, lines, order, quoted, Authorization.UNDER_REVIEW)
    return ret, order, Changes()


def _in(ret: Return, lines: Sequence[ReturnLine]) -> tuple[ReturnLine, ...]:
    """These lines as the return has them now."""
    wanted = {line.line_no for line in lines}
    return tuple(line for line in ret.lines if line.line_no in wanted)


def _is_beyond_policy(quoted: Quote) -> bool:
    """Whether policy would have refused some of it."""
    return any(not step.passed for line in quoted.decision.lines for step in line.trace)


def _is_approved(ret: Return) -> bool:
    assert ret.decision is not None, "just decided"
    return ret.decision.review is Review.AUTOMATIC


def refused(decision: Decision) -> DomainError:
    """What a request that policy does not allow is told: the rule, and every line's trace."""
    refusals: list[Json] = [
        {"line_no": line.line_no, "code": line.code, "trace": trace_of(line)}
        for line in decision.lines
        if not line.eligible
    ]
    first = next(line for line in decision.lines if not line.eligible)
    return PolicyRefused(
        first.code,
        f"Policy {decision.policy_version} does not allow this return.",
        policy_version=decision.policy_version,
        lines=refusals,
    )


def trace_of(line: LineDecision) -> list[Json]:
    """The rules that were asked about a line, as answers and events write them."""
    return [
        {"rule": s.rule, "facts": dict(s.facts), "passed": s.passed, "code": s.code}
        for s in line.trace
    ]


def _submitted(ret: Return, lines: Sequence[ReturnLine], quoted: Quote) -> dict[str, Json]:
    return {
        **header(ret),
        "submission": ret.submissions,
        "requested_at": rfc3339(ret.requested_at),
        "policy_version": quoted.decision.policy_version,
        "review": (Review.AUTOMATIC if _is_approved(ret) else Review.PERSON).value,
        "missing_documents": list(missing(ret)),
        "quote": money(quoted.total),
        "lines": [
            line_facts(line, entry.units, trace=trace_of(entry.decision))
            for line, entry in zip(lines, quoted.lines, strict=True)
        ],
    }


def _approved(lines: Sequence[ReturnLine], quoted: Quote) -> list[Json]:
    return [line_facts(line, entry.units) for line, entry in zip(lines, quoted.lines, strict=True)]
