"""What follows when nothing happens: a reminder once, then the end of the waiting.

Pure. What is due is decided on what is stored now, so a list that lags behind, or a run that comes
twice, changes nothing. Ending itself is ending.py's business.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from chalicelib.core.clock import rfc3339
from chalicelib.core.commands import Changes, Decided
from chalicelib.core.events import Context, Journal
from chalicelib.returns.deadlines import is_asked_for, waits_for
from chalicelib.returns.ending import EndingReader, expire_if_due
from chalicelib.returns.facts import header
from chalicelib.returns.loading import found
from chalicelib.returns.model import Return
from chalicelib.returns.ports import ReturnReader


class Step(StrEnum):
    REMIND = "remind"
    EXPIRE = "expire"


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """What will happen to a return that is let lie, and when."""

    step: Step
    at: datetime


class Outcome(StrEnum):
    """What became of a return that was due.

    OVERDUE: its goods were paid or replaced already, or sent, so a person asks where they are.
    UNCHANGED: it is due no more, or not yet.
    """

    REMINDED = "reminded"
    EXPIRED = "expired"
    OVERDUE = "overdue"
    UNCHANGED = "unchanged"


def next_step(ret: Return) -> NextStep | None:
    """The next thing that happens by itself, or None where nothing is waited for.

    A withdrawal is only reminded of: the law gives its effect to the declaration, and silence does
    not take it back. Of goods that were sent nobody is reminded: when they do not come, a person
    asks where they are.
    """
    deadline = ret.deadline
    if deadline is None or not waits_for(ret, deadline.kind):
        return None
    if deadline.reminded_at is None and is_asked_for(ret, deadline.kind):
        return NextStep(step=Step.REMIND, at=deadline.remind_at)
    if _is_only_reminded_of(ret):
        return None
    return NextStep(step=Step.EXPIRE, at=deadline.due_at)


def remind(reads: ReturnReader, return_id: str, context: Context) -> Decided[Return]:
    """Remind the customer of what is waited for, once; nothing changes where it is not time."""
    ret = found(reads.return_(return_id), return_id, context)
    step, deadline = next_step(ret), ret.deadline
    if deadline is None or step is None or step.step is not Step.REMIND or step.at > context.now:
        return Decided(result=ret)
    ret = replace(
        ret,
        deadline=replace(deadline, reminded_at=context.now),
        version=ret.version + 1,
        updated_at=context.now,
    )
    journal = Journal(ret.subject, ret.chain, context)
    journal.record(
        "return.reminded",
        {
            **header(ret),
            "waiting_for": deadline.kind.value,
            "due_at": rfc3339(deadline.due_at),
            "expires": not _is_declared(ret),
        },
    )
    ret = replace(ret, chain=journal.chain)
    return Decided(result=ret, changes=Changes(records=(ret,), events=tuple(journal.events)))


def chase(reads: EndingReader, return_id: str, context: Context) -> Decided[Outcome]:
    """Do what is due about one return now, if anything is.

    What is past its end is ended at once, even if nobody was reminded: the day was known.
    """
    ret = reads.return_(return_id)
    if ret is None or ret.deadline is None:
        return Decided(result=Outcome.UNCHANGED)
    is_over = ret.deadline.due_at <= context.now and not _is_only_reminded_of(ret)
    done = (expire_if_due if is_over else remind)(reads, return_id, context)
    told = {event.type for event in done.changes.events}
    outcome = next((_OUTCOMES[one] for one in _OUTCOMES if one in told), Outcome.UNCHANGED)
    return Decided(result=outcome, changes=done.changes)


_OUTCOMES = {
    "return.reminded": Outcome.REMINDED,
    "return.expired": Outcome.EXPIRED,
    "return.overdue": Outcome.OVERDUE,
}


def _is_only_reminded_of(ret: Return) -> bool:
    asked = ret.deadline is not None and is_asked_for(ret, ret.deadline.kind)
    return _is_declared(ret) and asked


def _is_declared(ret: Return) -> bool:
    """Whether it stands for a withdrawal, made for it or joined to it."""
    return ret.withdrawal_id is not None
