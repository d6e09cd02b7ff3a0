"""A customer objects to a decision, and somebody who did not make it decides again.

Against a rejection, a grade or an amount. What people write is kept in the record and never told by
events. A completed return stays so while an appeal is open, and is open again when it is upheld.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, FieldError, Invalid, NotAllowed, NotFound
from chalicelib.core.events import Context, Event, Journal, Json
from chalicelib.core.ids import derived_id
from chalicelib.core.money import Money
from chalicelib.exchanges.pricing import Stated
from chalicelib.orders.model import Order
from chalicelib.policy.document import Review
from chalicelib.returns import upholding
from chalicelib.returns.closing import closed_if_complete, reopened
from chalicelib.returns.consenting import own_right, refusal_of_right, tier_of
from chalicelib.returns.facts import header, money
from chalicelib.returns.falling_due import fallen_due
from chalicelib.returns.four_eyes import refusal_of_approver
from chalicelib.returns.handover import tasks_done
from chalicelib.returns.lifecycle import require
from chalicelib.returns.loading import found
from chalicelib.returns.model import Appeal, AppealAgainst, AppealState, Return
from chalicelib.returns.ports import ReturnReader
from chalicelib.returns.transitions import Command
from chalicelib.returns.upholding import UpholdingReader, contested
from chalicelib.tasks.model import Task, TaskKind, open_task

APPEALS_MAX = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAppeal:
    """What is objected to, and why. `line_nos` empty: every line that was decided so."""

    against: AppealAgainst
    grounds: str
    line_nos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideAppeal:
    """`award` is what is paid on top, for an amount that was too small; `stated` is what
    replacements cost, where rejected units are exchanged after all."""

    is_upheld: bool
    answer: str
    award: Money | None = None
    stated: Stated = field(default_factory=Stated)


class AppealReader(ReturnReader, Protocol):
    """Reads a return with its order and the task of one of its appeals."""

    def appeal_of(
        self, return_id: str, appeal_id: str
    ) -> tuple[Return | None, Order | None, Task | None]: ...


class DecidingReader(AppealReader, UpholdingReader, Protocol):
    """Reads also what hangs on a grade that is judged again."""


def appeal(
    reads: AppealReader, return_id: str, command: OpenAppeal, context: Context
) -> Decided[Return]:
    """Object to a decision; raises Conflict where none was made, or it is objected to already."""
    ret = found(reads.return_(return_id), return_id, context)
    _check_lines(ret, command.line_nos)
    require(ret, Command.APPEAL)
    _require_contested(ret, command.against, command.line_nos)
    _require_new(ret, command)
    made = Appeal(
        appeal_id=derived_id("apl", context.command_id),
        against=command.against,
        line_nos=command.line_nos,
        grounds=command.grounds,
        opened_at=context.now,
        opened_by=context.actor.id,
    )
    ret = replace(
        ret,
        appeals=(*ret.appeals, made),
        version=ret.version + 1,
        updated_at=context.now,
    )
    journal = Journal(ret.subject, ret.chain, context)
    journal.record("return.appealed", _facts(ret, made))
    ret = replace(ret, chain=journal.chain)
    task = open_task(
        TaskKind.APPEAL,
        ret.subject,
        occasion=made.appeal_id,
        now=context.now,
        warehouse=ret.warehouse,
    )
    return Decided(result=ret, changes=Changes(records=(ret, task), events=tuple(journal.events)))


def decide(
    reads: DecidingReader, return_id: str, appeal_id: str, command: DecideAppeal, context: Context
) -> Decided[Return]:
    """Uphold or dismiss an appeal; raises Conflict `same_person` for who decided before."""
    ret, order, task = reads.appeal_of(return_id, appeal_id)
    ret = found(ret, return_id, context)
    asked = _open(ret, appeal_id)
    require(ret, Command.DECIDE_APPEAL)
    _require_another(ret, asked, context)
    if command.is_upheld and asked.against is AppealAgainst.REJECTION:
        _require_right(ret, context)
    if (command.award is not None) != (command.is_upheld and asked.against is AppealAgainst.AMOUNT):
        message = "An award belongs to an upheld appeal against an amount, and to no other."
        raise _invalid("/award", "award_misplaced", message)
    state = AppealState.UPHELD if command.is_upheld else AppealState.DISMISSED
    decided = replace(
        asked,
        state=state,
        decided_at=context.now,
        decided_by=context.actor.id,
        answer=command.answer,
        award=command.award,
    )
    return _ended(reads, ret, order, task, decided, context, stated=command.stated)


def withdraw(
    reads: AppealReader, return_id: str, appeal_id: str, context: Context
) -> Decided[Return]:
    """Take an appeal back; only whoever made it may."""
    ret, order, task = reads.appeal_of(return_id, appeal_id)
    ret = found(ret, return_id, context)
    asked = _open(ret, appeal_id)
    if asked.opened_by != context.actor.id:
        raise NotAllowed("not_your_appeal", "Only who made the appeal may withdraw it.")
    withdrawn = replace(asked, state=AppealState.WITHDRAWN, decided_at=context.now)
    return _ended(None, ret, order, task, withdrawn, context)


def appeal_in(ret: Return, appeal_id: str) -> Appeal:
    """An appeal of the return; raises NotFound."""
    for one in ret.appeals:
        if one.appeal_id == appeal_id:
            return one
    raise NotFound("appeal_not_found", f"There is no appeal {appeal_id}.")


def appeal_id_for(context: Context) -> str:
    """Of the appeal that this command makes."""
    return derived_id("apl", context.command_id)


def _check_lines(ret: Return, line_nos: Sequence[str]) -> None:
    for place, line_no in enumerate(line_nos):
        if ret.line(line_no) is None:
            raise _invalid(f"/lines/{place}", "unknown_line", f"No line {line_no}.")


def _require_contested(ret: Return, against: AppealAgainst, line_nos: Sequence[str]) -> None:
    """Each named line has units that were decided so; some line has, where none is named."""
    units = contested(ret, against, line_nos)
    if not units or any(not units.get(line_no) for line_no in line_nos):
        raise Conflict(
            "nothing_to_appeal",
            f"There is no {against.value} to appeal against.",
            against=against.value,
            line_nos=[line_no for line_no in units if units[line_no]],
        )


def _require_new(ret: Return, command: OpenAppeal) -> None:
    if len(ret.appeals) >= APPEALS_MAX:
        raise Conflict(
            "too_many_appeals",
            f"A return has at most {APPEALS_MAX} appeals.",
            maximum=APPEALS_MAX,
        )
    for other in ret.open_appeals:
        is_about_all = not other.line_nos or not command.line_nos
        if other.against is command.against and (
            is_about_all or set(other.line_nos) & set(command.line_nos)
        ):
            raise Conflict(
                "already_appealed",
                "There is an open appeal against the same.",
                appeal_id=other.appeal_id,
            )


def _open(ret: Return, appeal_id: str) -> Appeal:
    asked = appeal_in(ret, appeal_id)
    if asked.state is not AppealState.OPEN:
        raise Conflict(
            "appeal_ended", f"The appeal is {asked.state.value}.", state=asked.state.value
        )
    return asked


def _require_another(ret: Return, asked: Appeal, context: Context) -> None:
    """Nobody judges what they decided, or asked for, themselves; were they one of several."""
    reviewers = {ret.reviewed_by, *ret.reviewers}
    inspectors = {ret.inspected_by, *ret.inspectors}
    before = {
        AppealAgainst.REJECTION: reviewers,
        AppealAgainst.GRADE: inspectors,
        AppealAgainst.AMOUNT: reviewers | inspectors,
    }[asked.against]
    if context.actor.id in before | {asked.opened_by}:
        raise Conflict(
            "same_person",
            "Somebody else has to decide: you made the decision, or the appeal.",
            decided_by=context.actor.id,
        )


def _require_right(ret: Return, context: Context) -> None:
    """Upholding approves after all: what was beyond a reviewer, and whom, is so here too."""
    right = own_right(context)
    is_beyond = tier_of(ret) is not Review.PERSON
    for refusal in (
        refusal_of_right(ret, right=right, is_special=is_beyond),
        refusal_of_approver(ret, right.persons),
    ):
        if refusal is not None:
            raise refusal


def _ended(
    reads: UpholdingReader | None,
    ret: Return,
    order: Order | None,
    task: Task | None,
    ended: Appeal,
    context: Context,
    *,
    stated: Stated | None = None,
) -> Decided[Return]:
    """The return with the appeal at its end, and what follows from that. One that is withdrawn is
    not upheld, so nothing more is read.
    """
    appeals = tuple(ended if one.appeal_id == ended.appeal_id else one for one in ret.appeals)
    ret = replace(ret, appeals=appeals, version=ret.version + 1, updated_at=context.now)
    journal = Journal(ret.subject, ret.chain, context)
    records: list[Record] = list(tasks_done((task,), context))
    events: list[Event] = []
    if ended.state is AppealState.UPHELD:
        stated = stated or Stated()
        assert reads is not None, "only a decision upholds"
        upheld = upholding.upheld(reads, ret, order, ended, context, stated=stated)
        ret = upheld.ret
        records.extend(upheld.records)
        events.extend(upheld.events)
        facts = {"movement_id": upheld.movement_id, "lines": upheld.lines}
        journal.record("return.appeal_upheld", {**_facts(ret, ended), **facts})
        if ended.award is not None:
            journal.record("compensation.awarded", _facts(ret, ended))
        if ended.against is AppealAgainst.REJECTION:
            approved = {**header(ret), "appeal_id": ended.appeal_id, "lines": upheld.lines}
            journal.record("return.approved", approved)
        ret = fallen_due(ret, context.now, journal)
        ret = reopened(ret, journal, "appeal_upheld", by_rule=True)
    else:
        journal.record(f"return.appeal_{ended.state.value.lower()}", _facts(ret, ended))
        ret = closed_if_complete(ret, journal)
    ret = replace(ret, chain=journal.chain)
    changes = Changes(records=(ret, *records), events=(*journal.events, *events))
    return Decided(result=ret, changes=changes)


def _facts(ret: Return, one: Appeal) -> dict[str, Json]:
    return {
        **header(ret),
        "appeal_id": one.appeal_id,
        "against": one.against.value,
        "line_nos": list(one.line_nos),
        "award": money(one.award) if one.award is not None else None,
    }


def _invalid(pointer: str, code: str, message: str) -> Invalid:
    return Invalid(code, message, errors=[FieldError(pointer=pointer, code=code, message=message)])
