"""Numbering credit notes: of a settlement that is said to be settled, and nightly what was missed.

It may be said twice, late, out of order or never: whether notes get numbers is decided on what is
stored, and those that have one keep it. The nightly run takes the drafts that the lists know, and
makes void what nobody confirmed in time; why it may repeat: sweeping.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib import telemetry
from chalicelib.core.clock import Clock
from chalicelib.core.events import Actor, Context
from chalicelib.invoicing.issuing import issue
from chalicelib.invoicing.numbering import NOTES_MAX
from chalicelib.invoicing.red_letters import lapse
from chalicelib.store.execution import Commands
from chalicelib.store.note_rows import DraftRow, FormRow
from chalicelib.store.pages import Page
from chalicelib.store.views import Views
from chalicelib.workers.sweeping import Sweep

AFTER = "settlement.settled"
"""The event after which notes may have to be numbered."""
ROUNDS_MAX = 100
WORKER = Actor(id="number_notes", role="machine")


class Numbered(StrEnum):
    """WAITING: its settlement is not settled, or somebody else was faster."""

    NUMBERED = "numbered"
    WAITING = "waiting"


class Lapsed(StrEnum):
    LAPSED = "lapsed"
    UNCHANGED = "unchanged"


def number_notes(commands: Commands, settlement_id: str, context: Context) -> int:
    """Number all drafts of a settlement; how many there were."""
    numbered = 0
    for _ in range(ROUNDS_MAX):
        some = commands.run(lambda reads: issue(reads, settlement_id, context), context=context)
        numbered += len(some)
        if len(some) < NOTES_MAX:
            break
    return numbered


@dataclass(slots=True, kw_only=True)
class Numbering(Sweep[DraftRow]):
    """One run over the drafts."""

    @property
    def worker(self) -> Actor:
        return WORKER

    def page(self, until: datetime, cursor: str | None) -> Page[DraftRow]:
        return self.views.note_drafts(until, cursor)

    def facts(self, row: DraftRow) -> dict[str, str]:
        return {"note_id": row.note_id, "settlement_id": row.settlement_id}

    def take(self, row: DraftRow, context: Context) -> StrEnum:
        is_any = number_notes(self.commands, row.settlement_id, context)
        return Numbered.NUMBERED if is_any else Numbered.WAITING


@dataclass(slots=True, kw_only=True)
class Lapsing(Sweep[FormRow]):
    """One run over the forms that nobody confirmed in time."""

    @property
    def worker(self) -> Actor:
        return WORKER

    def page(self, until: datetime, cursor: str | None) -> Page[FormRow]:
        return self.views.red_letter_forms(until, cursor)

    def facts(self, row: FormRow) -> dict[str, str]:
        return {"red_id": row.red_id, "note_id": row.note_id}

    def take(self, row: FormRow, context: Context) -> StrEnum:
        is_void = self.commands.run(
            lambda reads: lapse(reads, row.red_id, context), context=context
        )
        return Lapsed.LAPSED if is_void else Lapsed.UNCHANGED


def sweep_notes(
    *,
    commands: Commands,
    views: Views,
    clock: Clock,
    correlation_id: str,
    remaining_s: Callable[[], float],
) -> dict[str, int]:
    """What was numbered and made void, what failed, and what there was no time for."""
    lapsing = Lapsing(
        commands=commands,
        views=views,
        clock=clock,
        correlation_id=correlation_id,
        remaining_s=remaining_s,
    )
    lapsing.work()
    numbering = Numbering(
        commands=commands,
        views=views,
        clock=clock,
        correlation_id=correlation_id,
        remaining_s=remaining_s,
    )
    numbering.work()
    told = {
        "notes_numbered": numbering.done[Numbered.NUMBERED],
        "notes_failed": numbering.failed + lapsing.failed,
        "notes_remaining": numbering.remaining + lapsing.remaining,
        "forms_lapsed": lapsing.done[Lapsed.LAPSED],
    }
    for name, count in told.items():
        telemetry.count(name, count)
    return told
