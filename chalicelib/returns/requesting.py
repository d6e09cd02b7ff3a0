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
from chalicelib.exchanges.promising import promised, why_not_promised
from chalicelib.orders.model import Order
from chalicelib.policy.discretion import discreet
from chalicelib.policy.document import Review
from chalicelib.policy.verdict import Decision, LineDecision
from chalicelib.reasons.answering import asker_of, owes_evidence
from chalicelib.returns.asked_about import apart, asking, has_question
from chalicelib.returns.blind import create_blind, resubmit_blind, sale_task_id
from chalicelib.returns.conversation import AnswerReader, open_answer
from chalicelib.returns.deadlines import deadline_for
from chalicelib.returns.destination import destination
from chalicelib.returns.documents import missing, needs_cause_report
from chalicelib.returns.drafting import asked_facts, draft_lines, new_return, papers_of
from chalicelib.returns.facts import header, line_facts, money
from chalicelib.returns.falling_due import fallen_due
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
from chalicelib.returns.overriding import check_override, filed, nothing_to_override
from chalicelib.returns.quote import Quote, by_person
from chalicelib.returns.quoting import checked, evaluate, order_for
from chalicelib.returns.releasing import without_asked
from chalicelib.returns.reserving import asked_of, reserved, wishes_of
from chalicelib.returns.transitions import Command
from chalicelib.returns.wishes import RequestedLine, RequestReturn, check_lines, check_type
from chalicelib.settlement.agreeing import with_agreed
from chalicelib.tasks.model import Task

__all__ = ["RequestReturn", "RequestedLine", "create", "submit"]


def create(reads: ApprovalReader, command: RequestReturn, context: Context) -> Decided[Return]:
    """A new return, as a draft or submitted at once. The command id fixes the return's id."""
    check_type(command)
    asker = asker_of(context, answers_due=command.answers_due)
    check_lines(command, reads.reason_catalogue(), asker)
    check_override(command)
    if command.order_no is None:
        return create_blind(command, context)
    order = order_for(reads, command)
    lines = wished(order, command.lines)
    policies = reads.policies_for(order.policy_version, context.now)
    ret = new_return(command, order, context, terms=policies.own.document.deadlines)
    ret = replace(ret, lines=draft_lines(order, lines))
    ret = replace(ret, documents=papers_of(ret, order))
    journal = Journal(ret.subject, ret.chain, context)
    journal.record(
        "return.drafted", {**header(ret), "lines": [asked_facts(line) for line in ret.lines]}
    )
    claim = NumberClaim(number=ret.number, return_id=ret.return_id)
    if not command.submit:
        deadline = deadline_for(ret, context.now)
        ret = replace(ret, deadline=deadline, chain=journal.chain)
        return Decided(
            result=ret, changes=Changes(records=(ret, claim), events=tuple(journal.events))
        )
    ret, changes = _submit(reads, ret, order, None, context, journal, command.override)
    return Decided(result=ret, changes=changes + Changes(records=(claim,)))


class SubmitReader(ApprovalReader, AnswerReader, Protocol):
    """What submitting reads: as approving, and whether somebody still looks at an answer."""


def submit(
    reads: SubmitReader, return_id: str, context: Context, override: str | None = None
) -> Decided[Return]:
    """Submit a draft, an answer or a corrected request: evaluated anew and handed to review.

    `override` is why refusals of policy do not count this time.
    """
    ret, order, task = reads.review_of(return_id)
    ret = found(ret, return_id, context)
    require(ret, Command.SUBMIT)
    require_no_appeal(ret)
    answer = open_answer(reads, return_id) if has_question(ret) else None
    answered = Changes(records=tuple(tasks_done((answer,), context)))
    ret = replace(ret, version=ret.version + 1, updated_at=context.now)
    if ret.is_blind:
        if override is not None:
            raise nothing_to_override()
        search = reads.task(sale_task_id(return_id))
        again = resubmit_blind(ret, task, search, context)
        return replace(again, changes=again.changes + answered)
    assert order is not None, "a return that names an order has one"
    journal = Journal(ret.subject, ret.chain, context)
    ret, changes = _submit(reads, apart(ret), order, task, context, journal, override)
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
    override: str | None,
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
    asked = asked_of(ret, about or frozenset(), evidence_due=owes_evidence(context))
    asked = replace(asked, overridden=override is not None)
    quoted = evaluate(reads, order, wishes_of(lines), asked)
    if not quoted.eligible:
        raise refused(quoted.decision, context)
    quoted = checked(quoted, ret.type, ret.documents, has_report=not needs_cause_report(ret))
    if ret.type is ReturnType.WITHDRAWAL:  # A changed one: the law, not policy, decides.
        quoted = by_person(quoted, "statutory")
    if about is not None and _is_beyond_policy(quoted):
        quoted = by_person(quoted, "asked_about")
    ret = filed(ret, quoted.decision, override, context, is_answer=about is not None)
    ret = replace(ret, warehouse=destination(ret.warehouse, order, quoted.decision.lines))
    ret, order, promises = _held(reads, ret, lines, order, quoted, context)
    order = replace(order, version=order.version + 1, updated_at=context.now)
    ret = replace(ret, deadline=deadline_for(ret, context.now))
    event_type = "return.submitted" if ret.submissions == 1 else "return.resubmitted"
    lines = _in(ret, lines)
    journal.record(event_type, _submitted(ret, lines, quoted))
    if _is_approved(ret):
        tasks = tuple(tasks_done((earlier,), context))
        journal.record(
            "return.approved",
            {**header(ret), "lines": _approved(lines, quoted), "by_rule": True},
        )
        ret = fallen_due(ret, context.now, journal)
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

    A rule promises only what is there, at a price that it knows: else a person decides after all.
    """
    if quoted.decision.review is Review.AUTOMATIC:
        approved, changed = reserved(ret, lines, order, quoted, Authorization.APPROVED)
        units = {line.line_no: entry.units for line, entry in zip(lines, quoted.lines, strict=True)}
        try:
            promises = promised(reads, approved, units, context)
        except Conflict as refusal:
            quoted = by_person(quoted, why_not_promised(refusal.code))
        else:
            return with_agreed(promises.ret, changed), changed, promises.changes
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


def refused(decision: Decision, context: Context) -> DomainError:
    """What a request that policy does not allow is told: the rule, and every line's trace.

    What is said about a customer is for staff.
    """
    is_customer = context.actor.role == "customer"
    told = [discreet(line) if is_customer else line for line in decision.lines if not line.eligible]
    refusals: list[Json] = [
        {"line_no": line.line_no, "code": line.code, "trace": trace_of(line)} for line in told
    ]
    first = told[0]
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
    assert ret.decision is not None, "just decided"
    return {
        **header(ret),
        "submission": ret.submissions,
        "requested_at": rfc3339(ret.requested_at),
        "policy_version": quoted.decision.policy_version,
        "review": ret.decision.review.value,
        "reasons": list(ret.decision.reasons),
        "missing_documents": list(missing(ret)),
        "quote": money(quoted.total),
        "lines": [
            line_facts(line, entry.units, trace=trace_of(entry.decision))
            for line, entry in zip(lines, quoted.lines, strict=True)
        ],
    }


def _approved(lines: Sequence[ReturnLine], quoted: Quote) -> list[Json]:
    return [line_facts(line, entry.units) for line, entry in zip(lines, quoted.lines, strict=True)]
