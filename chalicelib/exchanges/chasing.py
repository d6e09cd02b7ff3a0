"""What follows when nothing happens about an exchange: a reminder, an end, or a task for a person.

Pure. What is due is decided on what is stored now, so a list that lags behind, or a run that comes
twice, changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.core.commands import Decided
from chalicelib.core.events import Context
from chalicelib.exchanges.advancing import look_after
from chalicelib.exchanges.model import NOT_PAID, AdvanceState, Exchange, ExchangeState
from chalicelib.exchanges.paying import remind
from chalicelib.exchanges.ports import ExchangeReader
from chalicelib.exchanges.sending import Cancel, loaded, taken_back


class Step(StrEnum):
    """What happens next by itself."""

    REMIND = "remind"
    TAKE_BACK = "take_back"
    LOOK_AFTER = "look_after"


class Outcome(StrEnum):
    """What became of an exchange that was due. UNCHANGED: it is due no more, or not yet."""

    REMINDED = "payment_reminded"
    TAKEN_BACK = "exchange_taken_back"
    RELEASED = "authorisation_released"
    OVERDUE = "exchange_overdue"
    UNCHANGED = "exchange_unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """What will happen to an exchange that is let lie, and when."""

    step: Step
    at: datetime


def next_step(exchange: Exchange) -> NextStep | None:
    """The next thing that happens by itself, or None where nothing is waited for."""
    advance = exchange.advance
    if advance is not None and advance.state is AdvanceState.OPEN:
        return NextStep(step=Step.LOOK_AFTER, at=advance.due_at)
    if exchange.state is not ExchangeState.AWAITING_PAYMENT or exchange.payment_due_at is None:
        return None
    if exchange.reminded_at is None and exchange.remind_at is not None:
        return NextStep(step=Step.REMIND, at=exchange.remind_at)
    return NextStep(step=Step.TAKE_BACK, at=exchange.payment_due_at)


def chase(reads: ExchangeReader, exchange_id: str, context: Context) -> Decided[Outcome]:
    """Do what is due about one exchange now, if anything is.

    One that was never paid is taken back, even if nobody was reminded: the day was known.
    """
    exchange, ret = loaded(reads, exchange_id)
    step = next_step(exchange)
    if step is None:
        return Decided(result=Outcome.UNCHANGED)
    if step.step is Step.LOOK_AFTER:
        done = look_after(reads, exchange_id, context)
    elif exchange.payment_due_at is not None and exchange.payment_due_at <= context.now:
        done = taken_back(reads, exchange, ret, Cancel(reason=NOT_PAID), context)
    else:
        done = remind(reads, exchange_id, context)
    told = {event.type for event in done.changes.events}
    outcome = next((_OUTCOMES[one] for one in _OUTCOMES if one in told), Outcome.UNCHANGED)
    return Decided(result=outcome, changes=done.changes)


_OUTCOMES = {
    "exchange.payment_reminded": Outcome.REMINDED,
    "exchange.cancelled": Outcome.TAKEN_BACK,
    "exchange.authorisation_released": Outcome.RELEASED,
    "exchange.overdue": Outcome.OVERDUE,
}
