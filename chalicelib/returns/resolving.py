"""A person decides what becomes of an exception's units, answers for it, and says why.

All or some of them at a time: into a line of a return, back to the customer, into a claim against
who is liable, written off, or (where nothing is here) closed without goods. One write changes the
exception, its task, the returns, the order and the stock. What is above all that was sold goes into
a line only after a second person said the same.
"""

from dataclasses import replace
from typing import Protocol

from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, FieldError, Invalid, NotFound, Stale
from chalicelib.core.events import Context, Event, Journal, Json
from chalicelib.core.ids import is_return_number
from chalicelib.exchanges.ports import ApprovalReader
from chalicelib.orders.model import Order
from chalicelib.returns import rulings
from chalicelib.returns.closing import closed_if_complete
from chalicelib.returns.exceptions import (
    ExceptionKind,
    ExceptionResolution,
    ExceptionState,
    Proposal,
    ResolutionKind,
    ReturnException,
    facts,
)
from chalicelib.returns.facts import header
from chalicelib.returns.model import Return
from chalicelib.returns.rulings import Case, Resolve, Ruling
from chalicelib.returns.taking_in import taken_in
from chalicelib.returns.units import PENDING
from chalicelib.tasks.model import Task, TaskState, finished

_NEEDS_GOODS = frozenset({ResolutionKind.LINE, ResolutionKind.SHIP_BACK, ResolutionKind.WRITE_OFF})
_SECOND_ROLE = "reviewer"


class ExceptionReader(ApprovalReader, Protocol):
    """Reads an exception with its task, and the returns that it may go into."""

    def exception_and_task(
        self, exception_id: str
    ) -> tuple[ReturnException | None, Task | None]: ...

    def return_by_number(self, number: str) -> Return | None: ...


def resolve(
    reads: ExceptionReader, exception_id: str, command: Resolve, context: Context
) -> Decided[ReturnException]:
    """Resolve units of an exception; or, above what was sold, propose it to a second person.

    Raises Conflict where fewer units are open, or goods are (or are not) here.
    """
    exception, task = reads.exception_and_task(exception_id)
    exception = _found(exception, exception_id, context)
    own, own_order = _own(reads, exception)
    case = Case(
        exception=exception,
        command=command,
        quantity=command.quantity or exception.open_quantity,
        context=context,
        own=own,
        own_order=own_order,
    )
    _check(case)
    if command.resolution is ResolutionKind.LINE:
        return _into_line(reads, case, task)
    return _decided(case, task, _RULINGS[command.resolution](case))


_RULINGS = {
    ResolutionKind.SHIP_BACK: rulings.ship_back,
    ResolutionKind.CLAIM: rulings.claim,
    ResolutionKind.WRITE_OFF: rulings.write_off,
    ResolutionKind.NO_GOODS: rulings.nothing_here,
}


def _found(
    exception: ReturnException | None, exception_id: str, context: Context
) -> ReturnException:
    if exception is None:
        raise NotFound("exception_not_found", f"There is no exception {exception_id}.")
    if context.expected_version is not None and exception.version != context.expected_version:
        raise Stale(
            "stale_version",
            f"The exception is at version {exception.version}, not {context.expected_version}.",
            subject=exception.subject,
            expected=context.expected_version,
            actual=exception.version,
        )
    return exception


def _own(reads: ExceptionReader, exception: ReturnException) -> tuple[Return | None, Order | None]:
    if exception.return_id is None:
        return None, None
    return reads.return_and_order(exception.return_id)


def _check(case: Case) -> None:
    exception, command = case.exception, case.command
    if exception.state is ExceptionState.RESOLVED:
        raise Conflict("already_resolved", "Every unit of this exception is resolved.")
    if not 1 <= case.quantity <= exception.open_quantity:
        raise Conflict(
            "more_than_open",
            f"{exception.open_quantity} units are open, {case.quantity} were given.",
            open_quantity=exception.open_quantity,
        )
    has_goods = exception.movement_id is not None
    if command.resolution in _NEEDS_GOODS and not has_goods:
        raise Conflict(
            "no_goods_here",
            "No goods of this exception are here: claim it, or close it without goods.",
            allowed=[ResolutionKind.CLAIM.value, ResolutionKind.NO_GOODS.value],
        )
    if command.resolution is ResolutionKind.NO_GOODS and has_goods:
        raise Conflict(
            "goods_are_here",
            "Goods of this exception lie in quarantine: say where they go.",
            allowed=[kind.value for kind in ResolutionKind if kind is not ResolutionKind.NO_GOODS],
        )
    if exception.kind is ExceptionKind.BLIND_RETURN and _is_pending(case.own):
        raise Conflict(
            "return_not_decided",
            "Decide about the return first: its units still wait for that.",
            return_id=exception.return_id,
        )


def _is_pending(ret: Return | None) -> bool:
    return ret is not None and any(group.authorization in PENDING for group in ret.groups())


def _into_line(reads: ExceptionReader, case: Case, task: Task | None) -> Decided[ReturnException]:
    target, order = _target(reads, case)
    ret = replace(target, version=target.version + 1, updated_at=case.context.now)
    taking = taken_in(ret, order, case.goods, case.command.line_no)
    proposal = _seconded(case, target) if taking.above else None
    if taking.above and proposal is None:
        return _proposed(case, task, target)
    by = proposal.proposed_by if proposal is not None else None
    return _decided(case, task, rulings.into_line(reads, case, taking, proposed_by=by))


def _target(reads: ExceptionReader, case: Case) -> tuple[Return, Order | None]:
    """The return that the goods go into: the one that was named, else the exception's own."""
    named = case.command.return_ref
    if named is None and case.exception.return_id is None:
        message = "Say into which return the goods go."
        raise Invalid(
            "return_required",
            message,
            errors=[FieldError(pointer="/return", code="return_required", message=message)],
        )
    if named is not None and is_return_number(named):
        known = reads.return_by_number(named)
        named = known.return_id if known is not None else named
    if named is None or (case.own is not None and named == case.own.return_id):
        ret, order = case.own, case.own_order
    else:
        ret, order = reads.return_and_order(named)
    if ret is None:
        raise NotFound("return_not_found", f"There is no return {named}.")
    return ret, order


def _seconded(case: Case, target: Return) -> Proposal | None:
    """The proposal that this command confirms; raises Conflict `same_person` for who made it."""
    proposal = case.exception.proposal
    if proposal is None or (proposal.quantity, proposal.return_id, proposal.line_no) != (
        case.quantity,
        target.return_id,
        case.command.line_no,
    ):
        return None
    if proposal.proposed_by == case.context.actor.id:
        raise Conflict(
            "same_person",
            "You proposed it yourself: a second person has to confirm it.",
            decided_by=proposal.proposed_by,
        )
    return proposal


def _proposed(case: Case, task: Task | None, target: Return) -> Decided[ReturnException]:
    """More came back than was sold: kept as a proposal, and handed to the reviewers."""
    context, command = case.context, case.command
    exception = replace(
        case.exception,
        version=case.exception.version + 1,
        proposal=Proposal(
            resolution=command.resolution,
            quantity=case.quantity,
            return_id=target.return_id,
            line_no=command.line_no,
            proposed_by=context.actor.id,
            proposed_at=context.now,
            reason=command.reason,
            accountable=command.accountable,
        ),
    )
    journal = Journal(exception.subject, exception.chain, context)
    journal.record(
        "exception.resolution_proposed",
        {
            **facts(exception),
            "resolution": command.resolution.value,
            "proposed_quantity": case.quantity,
            "proposed_return_id": target.return_id,
            "proposed_line_no": command.line_no,
        },
    )
    exception = replace(exception, chain=journal.chain)
    records: list[Record] = [exception]
    if task is not None and task.state is not TaskState.DONE:
        records.append(
            replace(
                task,
                role=_SECOND_ROLE,
                state=TaskState.OPEN,
                assignee=None,
                taken_at=None,
                version=task.version + 1,
            )
        )
    changes = Changes(records=tuple(records), events=tuple(journal.events))
    return Decided(result=exception, changes=changes)


def _decided(case: Case, task: Task | None, ruling: Ruling) -> Decided[ReturnException]:
    """The exception with its resolutions, and everything that follows, as one write."""
    context = case.context
    exception = _resolved(case, ruling.resolutions)
    journal = Journal(exception.subject, exception.chain, context)
    for event_type, data in ruling.told:
        journal.record(event_type, data)
    is_done = exception.state is ExceptionState.RESOLVED
    event_type = "exception.resolved" if is_done else "exception.partly_resolved"
    journal.record(event_type, _said(exception, ruling.resolutions))
    exception = replace(exception, chain=journal.chain)
    records: list[Record] = [exception, *ruling.records]
    events = [*journal.events, *ruling.events]
    if is_done and task is not None and task.state is not TaskState.DONE:
        records.append(finished(task, by=context.actor.id, now=context.now))
    for ret, told in _returns(case, ruling, exception):
        records.append(ret)
        events.extend(told)
    return Decided(result=exception, changes=Changes(records=tuple(records), events=tuple(events)))


def _resolved(case: Case, resolutions: list[ExceptionResolution]) -> ReturnException:
    exception = replace(
        case.exception,
        version=case.exception.version + 1,
        resolutions=(*case.exception.resolutions, *resolutions),
        proposal=None,
    )
    if exception.open_quantity:
        return exception
    return replace(
        exception,
        state=ExceptionState.RESOLVED,
        resolution=case.command.resolution.value,
        resolved_at=case.context.now,
        resolved_by=case.context.actor.id,
    )


def _returns(
    case: Case, ruling: Ruling, exception: ReturnException
) -> list[tuple[Return, list[Event]]]:
    """The return that took goods in, and the exception's own one where it counts one less."""
    changed: list[tuple[Return, Journal]] = []
    if ruling.ret is not None:
        assert ruling.journal is not None, "whoever changes a return tells of it"
        changed.append((ruling.ret, ruling.journal))
    if case.own is not None and exception.state is ExceptionState.RESOLVED:
        if ruling.ret is not None and ruling.ret.return_id == case.own.return_id:
            (own, journal) = changed.pop()
        else:
            own = replace(case.own, version=case.own.version + 1, updated_at=case.context.now)
            journal = Journal(own.subject, own.chain, case.context)
        # Exceptions of unexpected goods did not count in the first version.
        own = replace(own, open_exceptions=max(0, own.open_exceptions - 1))
        journal.record(
            "return.exception_resolved",
            {
                **header(own),
                "exception_id": exception.exception_id,
                "kind": exception.kind.value,
                "quantity": exception.quantity,
                "open_exceptions": own.open_exceptions,
            },
        )
        changed.append((own, journal))
    closed = [(closed_if_complete(ret, journal), journal) for ret, journal in changed]
    return [(ret, journal.events) for ret, journal in closed]


def _said(exception: ReturnException, resolutions: list[ExceptionResolution]) -> dict[str, Json]:
    return {
        **facts(exception),
        "open_quantity": exception.open_quantity,
        "resolutions": [
            {
                "resolution": done.resolution.value,
                "quantity": done.quantity,
                "return_id": done.return_id,
                "line_no": done.line_no,
                "claim_id": done.claim_id,
                "movement_id": done.movement_id,
                "account": done.account.value if done.account else None,
                "accountable": done.accountable,
                "proposed_by": done.proposed_by,
                "carrier": done.carrier,
                "tracking_no": done.tracking_no,
            }
            for done in resolutions
        ],
    }
