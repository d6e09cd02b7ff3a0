"""Exchanges that wait: for a payment, or for units whose replacement was sent ahead.

The daily run takes what is due; why it may repeat: sweeping.py. Whether something was paid is asked
of the provider first, so nobody's payment of the last minute is answered with an end. When goods of
a return are received, what was held for its replacements is let go of at once.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import partial

from chalicelib import telemetry
from chalicelib.core.clock import Clock
from chalicelib.core.commands import Decided
from chalicelib.core.events import Actor, Context
from chalicelib.exchanges.advancing import look_after
from chalicelib.exchanges.chasing import Outcome, chase
from chalicelib.exchanges.desk import PaymentDesk
from chalicelib.exchanges.model import AdvanceState, Exchange
from chalicelib.exchanges.promising import of_line
from chalicelib.store.exchange_rows import ExchangeDueRow
from chalicelib.store.execution import Commands
from chalicelib.store.pages import Page
from chalicelib.store.reads import Reads
from chalicelib.store.views import Views
from chalicelib.workers.sweeping import Sweep

AFTER = "return.received"
"""The event after which money may be let go of."""
WORKER = Actor(id="chase_exchanges", role="machine")


@dataclass(slots=True, kw_only=True)
class ChasingExchanges(Sweep[ExchangeDueRow]):
    """One run over the exchanges that are due."""

    desk: PaymentDesk

    @property
    def worker(self) -> Actor:
        return WORKER

    def page(self, until: datetime, cursor: str | None) -> Page[ExchangeDueRow]:
        return self.views.exchanges_due(until, cursor)

    def facts(self, row: ExchangeDueRow) -> dict[str, str]:
        return {"exchange_id": row.exchange_id, "step": row.step.value}

    def take(self, row: ExchangeDueRow, context: Context) -> StrEnum:
        self.desk.check(row.exchange_id, context)
        return self.commands.run(
            lambda reads: chase(reads, row.exchange_id, context), context=context
        )


def sweep_exchanges(
    *,
    commands: Commands,
    views: Views,
    desk: PaymentDesk,
    clock: Clock,
    correlation_id: str,
    remaining_s: Callable[[], float],
) -> dict[str, int]:
    """What became of those that were due, what failed, and what there was no time for."""
    run = ChasingExchanges(
        commands=commands,
        views=views,
        desk=desk,
        clock=clock,
        correlation_id=correlation_id,
        remaining_s=remaining_s,
    )
    run.work()
    told = {outcome.value: run.done[outcome] for outcome in Outcome}
    told |= {"exchanges_failed": run.failed, "exchanges_remaining": run.remaining}
    for name, count in told.items():
        telemetry.count(name, count)
    return told


def look_after_advances(commands: Commands, return_id: str, context: Context) -> int:
    """Let go of what is held for replacements whose units are all here; of how many."""
    reads = commands.reads()
    ret = reads.return_(return_id)
    sent_ahead = {
        exchange.exchange_id
        for line in (ret.lines if ret is not None else ())
        for exchange in of_line(reads, line)
        if exchange.advance is not None and exchange.advance.state is AdvanceState.OPEN
    }
    released = 0
    for place, exchange_id in enumerate(sorted(sent_ahead)):
        own = replace(context, command_id=f"{context.command_id}.{place}")
        after = commands.run(partial(_looked_after, exchange_id, own), context=own)
        is_over = after.advance is not None and after.advance.state is AdvanceState.RELEASED
        released += is_over
    return released


def _looked_after(exchange_id: str, context: Context, reads: Reads) -> Decided[Exchange]:
    return look_after(reads, exchange_id, context)
