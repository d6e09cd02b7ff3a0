"""Approving and rejecting, fully or per line and quantity. What is rejected is free at once.

Where two persons have to say yes, the first approval is kept as a consent and moves nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, DomainError, FieldError, Invalid
from chalicelib.core.events import Context, Journal
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs
from chalicelib.exchanges.ending import released_exchanges, unreplaced
from chalicelib.exchanges.ports import ApprovalReader
from chalicelib.exchanges.pricing import Stated
from chalicelib.exchanges.promising import promised
from chalicelib.orders.model import Order
from chalicelib.reasons.built_in import rejections
from chalicelib.returns import consenting
from chalicelib.returns.approvals import Approval, ApprovedLine, Waiver
from chalicelib.returns.deciding import DecisionReader, Ruling, decide, pending
from chalicelib.returns.delegating import DelegationReader, used
from chalicelib.returns.documents import require_papers
from chalicelib.returns.facts import header
from chalicelib.returns.four_eyes import refusal_of_approver
from chalicelib.returns.handover import for_another
from chalicelib.returns.lifecycle import require
from chalicelib.returns.loading import found
from chalicelib.returns.model import Return, ReturnType
from chalicelib.returns.transitions import Command
from chalicelib.returns.units import units_where
from chalicelib.tasks.model import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedQuantity:
    """How many units of a line are approved; the rest of its pending units is rejected."""

    line_no: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve:
    """`lines` None approves all that is pending; lines that are not named stay pending.

    Lines in `without_replacement` were to be exchanged and are paid back instead. By line,
    `replacement_prices` says what one replacement costs, and `even_replacements` that it is even
    whatever it costs. `on_behalf_of` is who delegated to the caller. `waive_fees` and
    `without_evidence` are a senior's reasons for taking no fee of what is approved, and for not
    insisting on papers that policy asks for.
    """

    lines: tuple[ApprovedQuantity, ...] | None = None
    reject_code: str = "QUANTITY_NOT_ACCEPTED"
    note: str | None = None
    without_replacement: tuple[str, ...] = ()
    replacement_prices: Mapping[str, Money] = field(default_factory=dict)
    even_replacements: tuple[str, ...] = ()
    on_behalf_of: str | None = None
    waive_fees: str | None = None
    without_evidence: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """Refuses all that is pending."""

    code: str
    note: str | None = None


class ReviewReader(ApprovalReader, DecisionReader, DelegationReader, Protocol):
    """Reads what an approval decides about, what is promised already, and who acts for whom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An approval as somebody asks for it: about what, by which right, and which units.

    `right` None: they act for somebody who has not let them. `said` is what is kept of it.
    """

    ret: Return
    order: Order | None
    task: Task | None
    command: Approve
    right: consenting.Right | None
    said: Approval
    yes: dict[str, Runs]
    no: dict[str, Runs]

    @property
    def is_last(self) -> bool:
        """Whether units are approved by it; else it is the consent of a first person."""
        return consenting.is_last(self.ret, self.said)


def approve(
    reads: ReviewReader, return_id: str, command: Approve, context: Context
) -> Decided[Return]:
    """Approve quantities per line, and promise what they are exchanged for.

    Raises what `refusals` names, and Conflict where there is too little to exchange them for. A
    consent is taken only to what could be done now.
    """
    case = case_of(reads, return_id, command, context)
    for refusal in refusals(case, context):
        raise refusal
    done = outcome(reads, case, context)
    return done if case.is_last else _consented(case, context)


def case_of(reads: ReviewReader, return_id: str, command: Approve, context: Context) -> Case:
    """What is to be approved; raises where it cannot be meant: state, codes, quantities."""
    ret, order, task = reads.review_of(return_id)
    ret = found(ret, return_id, context)
    require(ret, Command.APPROVE)
    _check_code(command.reject_code)
    wanted = _wanted(ret, command)
    yes: dict[str, Runs] = {}
    no: dict[str, Runs] = {}
    for line in ret.lines:
        if line.line_no in wanted:
            units = pending(line)
            yes[line.line_no] = runs.lowest(units, wanted[line.line_no])
            no[line.line_no] = runs.minus(units, yes[line.line_no])
    received = []
    if command.on_behalf_of is not None:
        received = reads.delegations_of(context.actor.id, ending_after=context.now)
    right = consenting.right_of(received, command.on_behalf_of, context)
    said = _said(ret, command, right or consenting.own_right(context), yes, no, context)
    return Case(
        ret=ret, order=order, task=task, command=command, right=right, said=said, yes=yes, no=no
    )


def refusals(case: Case, context: Context) -> Iterator[DomainError]:
    """Everything that stands against it, in the order in which it is told."""
    ret, command = case.ret, case.command
    if case.right is None:
        yield consenting.no_delegation(command.on_behalf_of or "")
    right = case.right or consenting.own_right(context)
    is_special = command.waive_fees is not None or command.without_evidence is not None
    found_to_stand = (
        consenting.refusal_of_right(ret, right=right, is_special=is_special),
        refusal_of_approver(ret, right.persons),
        consenting.refusal_of_second(ret, case.said),
        _refusal_of_sale(ret),
        _refusal_of_papers(case),
    )
    yield from (one for one in found_to_stand if one is not None)


def outcome(reads: ReviewReader, case: Case, context: Context) -> Decided[Return]:
    """What comes of it once nobody's yes is missing. Raises Conflict where stock is too little."""
    command, yes = case.command, case.yes
    without = frozenset(command.without_replacement)
    paid_back = {
        line.line_no: units_where(line, lambda _: True)
        for line in case.ret.lines
        if line.line_no in without and yes.get(line.line_no)
    }
    # A line is exchanged or paid back: with these, what was promised for it earlier ends.
    freed = released_exchanges(reads, case.ret, unreplaced(reads, case.ret, paid_back), context)
    stated = Stated(prices=command.replacement_prices, even=command.even_replacements)
    replaced = promised(reads, freed.ret, yes, context, without=without, stated=stated)
    decided = decide(reads, (replaced.ret, case.order, case.task), ruling_of(case), context)
    more = freed.changes + replaced.changes + Changes(records=_delegation_used(case))
    return replace(decided, changes=decided.changes + more)


def ruling_of(case: Case) -> Ruling:
    """The decision that it comes to."""
    command = case.command
    return Ruling(
        yes=case.yes,
        no=case.no,
        code=command.reject_code,
        note=command.note,
        approval=case.said,
    )


def _consented(case: Case, context: Context) -> Decided[Return]:
    """The first of two persons said yes: it is kept, and the work goes on to somebody else."""
    ret = consenting.with_consent(case.ret, case.said)
    ret = replace(
        ret,
        review_note=case.command.note or ret.review_note,
        version=ret.version + 1,
        updated_at=context.now,
    )
    consent = consenting.open_consent(ret)
    assert consent is not None, "just given"
    journal = Journal(ret.subject, ret.chain, context)
    journal.record(
        "return.consented",
        {
            **header(ret),
            "approvals_missing": consenting.approvals_missing(ret),
            "on_behalf_of": consent.on_behalf_of,
            "replaces": consent.replaces,
            "lines": [
                {"line_no": one.line_no, "approved": one.approved, "rejected": one.rejected}
                for one in consent.lines
            ],
        },
    )
    ret = replace(ret, chain=journal.chain)
    records = (ret, *for_another(case.task), *_delegation_used(case))
    return Decided(result=ret, changes=Changes(records=records, events=tuple(journal.events)))


def _delegation_used(case: Case) -> tuple[Record, ...]:
    delegation = case.right.delegation if case.right is not None else None
    return (used(delegation),) if delegation is not None else ()


def _said(
    ret: Return,
    command: Approve,
    right: consenting.Right,
    yes: dict[str, Runs],
    no: dict[str, Runs],
    context: Context,
) -> Approval:
    named = tuple(line_no for line_no, units in yes.items() if units)
    delegation = right.delegation
    return Approval(
        by=right.by,
        role=right.role,
        at=context.now,
        lines=tuple(
            ApprovedLine(
                line_no=line_no, approved=runs.size(units), rejected=runs.size(no[line_no])
            )
            for line_no, units in yes.items()
            if units or no[line_no]
        ),
        on_behalf_of=delegation.delegator if delegation is not None else None,
        delegation_id=delegation.delegation_id if delegation is not None else None,
        without_replacement=tuple(sorted(command.without_replacement)),
        replacement_prices=dict(command.replacement_prices),
        even_replacements=tuple(sorted(command.even_replacements)),
        fees_waived=_waiver(command.waive_fees, _with_fees(ret, named)),
        evidence_waived=_waiver(command.without_evidence, _with_evidence(ret, named)),
    )


def _waiver(reason: str | None, line_nos: tuple[str, ...]) -> Waiver | None:
    return Waiver(line_nos=line_nos, reason=reason) if reason is not None else None


def _with_fees(ret: Return, line_nos: tuple[str, ...]) -> tuple[str, ...]:
    verdicts = ret.decision.lines if ret.decision is not None else ()
    return tuple(one.line_no for one in verdicts if one.fees and one.line_no in line_nos)


def _with_evidence(ret: Return, line_nos: tuple[str, ...]) -> tuple[str, ...]:
    verdicts = ret.decision.lines if ret.decision is not None else ()
    asked = [one for one in verdicts if one.evidence or one.reason_evidence]
    return tuple(one.line_no for one in asked if one.line_no in line_nos)


def _refusal_of_sale(ret: Return) -> Conflict | None:
    # What we sent by error was never sold: there is no sale to find.
    if not ret.is_blind or ret.type is ReturnType.STOCK_ERROR:
        return None
    return Conflict(
        "sale_not_found_yet",
        "A return without an order is approved once its sale is found.",
    )


def _refusal_of_papers(case: Case) -> Conflict | None:
    """Papers that a type needs are always insisted on; those that policy asks for may be waived.

    What the first of two persons waived counts for the second one's yes to the same.
    """
    first = consenting.open_consent(case.ret)
    said = [case.said]
    if first is not None and first.says_the_same(case.said):
        said.append(first)
    is_waived = any(one.evidence_waived is not None for one in said)
    try:
        require_papers(case.ret, with_evidence=not is_waived)
    except Conflict as missing:
        return missing
    return None


def reject(
    reads: DecisionReader, return_id: str, command: Reject, context: Context
) -> Decided[Return]:
    """Reject all that is pending and free its units."""
    ret, order, task = reads.review_of(return_id)
    ret = found(ret, return_id, context)
    require(ret, Command.REJECT)
    _check_code(command.code)
    if command.code == "OTHER" and not command.note:
        raise Invalid("note_required", "OTHER needs a note.")
    no = {line.line_no: pending(line) for line in ret.lines}
    ruling = Ruling(no=no, code=command.code, note=command.note)
    return decide(reads, (ret, order, task), ruling, context)


def _check_code(code: str) -> None:
    if code not in rejections():
        message = f"Known: {', '.join(sorted(rejections()))}."
        raise Invalid(
            "unknown_rejection",
            f"{code} is not a reason to reject.",
            errors=[FieldError(pointer="/code", code="unknown_rejection", message=message)],
        )


def _wanted(ret: Return, command: Approve) -> dict[str, int]:
    if command.lines is None:
        return {line.line_no: runs.size(pending(line)) for line in ret.lines}
    if not command.lines:
        raise Invalid("no_lines", "Name at least one line, or none to approve all that is pending.")
    wanted: dict[str, int] = {}
    for place, entry in enumerate(command.lines):
        line = ret.line(entry.line_no)
        left = runs.size(pending(line)) if line else 0
        if line is None or entry.line_no in wanted or not 0 <= entry.quantity <= left:
            message = f"Line {entry.line_no} has {left} pending."
            raise Invalid(
                "quantity_not_pending",
                message,
                errors=[
                    FieldError(
                        pointer=f"/lines/{place}", code="quantity_not_pending", message=message
                    )
                ],
            )
        wanted[entry.line_no] = entry.quantity
    if not any(pending(line) for line in ret.lines if line.line_no in wanted):
        message = "None of these lines has pending units."
        fault = FieldError(pointer="/lines", code="quantity_not_pending", message=message)
        raise Invalid("quantity_not_pending", message, errors=[fault])
    return wanted
