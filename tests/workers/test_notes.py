"""Notes are numbered when their settlement is heard of, and nightly where nobody heard of it."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, TransientError
from chalicelib.core.events import Actor, Context
from chalicelib.invoicing.model import CreditNote, NoteState
from chalicelib.invoicing.red_letter import BlueUse, RedReason, RedState, RedStep
from chalicelib.invoicing.red_letters import AskFor, TakeStep, ask_for, take
from chalicelib.settlement.model import LegState
from chalicelib.store.execution import Commands
from chalicelib.store.table import Table, connection
from chalicelib.workers.deliveries_queue import deliver_messages
from chalicelib.workers.events_stream import project_events
from chalicelib.workers.notes import number_notes, sweep_notes
from tests.builders import NOW, Shop, item, line, order, passed
from tests.fakes import FakeProvider
from tests.invoicing.settlements import settled_one
from tests.stage import Stage, run_queue_worker, run_stream_worker


@pytest.fixture
def shop(stage: Stage) -> Shop:
    provider = FakeProvider()
    return Shop(wiring.commands(), providers={provider.name: provider})


def listed(stage: Stage) -> None:
    """The stream has been worked on."""
    stage.observe()
    run_stream_worker(project_events, stage.changes)
    stage.changes.clear()


def refunded(shop: Shop, currency: str = "EUR") -> CreditNote:
    """The draft of an order that was billed, sent back and paid back."""
    shop.sells(order(line(invoice_no="INV-1", currency=currency)))
    ret = shop.approves(shop.asks())
    shop.receives(ret, item())
    shop.inspects(ret, passed())
    shop.settles(ret)
    (draft,) = wiring.reads().notes_of_return("O-1", ret.return_id)
    assert draft.state is NoteState.DRAFT
    return draft


def now(note: CreditNote) -> CreditNote:
    stored = wiring.reads().credit_note(note.note_id)
    assert stored is not None, "notes do not vanish"
    return stored


def told(note: CreditNote, **changes: Any) -> str:
    """The event of the settlement as it is delivered."""
    (settled,) = (
        event
        for event in wiring.reads().events(f"return/{note.return_id}")
        if event.type == "settlement.settled"
    )
    return json.dumps({"event": settled.as_cloudevent("tuiku/test") | changes})


def sweep(at: datetime, remaining_s: Callable[[], float] = lambda: 900.0) -> dict[str, int]:
    return sweep_notes(
        commands=wiring.commands(),
        views=wiring.views(),
        clock=lambda: at,
        correlation_id="corr-1",
        remaining_s=remaining_s,
    )


def test_a_note_is_numbered_when_its_settlement_is_heard_of(stage: Stage, shop: Shop) -> None:
    draft = refunded(shop)

    assert run_queue_worker(deliver_messages, told(draft), told(draft)) == []
    assert run_queue_worker(deliver_messages, told(draft)) == []

    note = now(draft)
    assert (note.state, note.ordinal, note.version) == (NoteState.ISSUED, 1, 2)
    (issued,) = (e for e in wiring.reads().events(note.subject) if e.type == "credit_note.issued")
    assert issued.actor == Actor(id="deliver_messages", role="system")
    assert len(stage.objects("events/")) == 1, "the event is archived as before"


@pytest.mark.parametrize("data", [None, {}, {"settlement_id": 7}])
def test_an_event_that_names_no_settlement_numbers_nothing(
    stage: Stage, shop: Shop, data: object
) -> None:
    draft = refunded(shop)

    assert run_queue_worker(deliver_messages, told(draft, data=data)) == []
    assert now(draft).state is NoteState.DRAFT


def test_what_nobody_heard_of_is_numbered_at_night(stage: Stage, shop: Shop) -> None:
    draft = refunded(shop)
    listed(stage)

    first, again = sweep(NOW + timedelta(days=1)), sweep(NOW + timedelta(days=1))
    listed(stage)
    after = sweep(NOW + timedelta(days=2))

    nothing = {"notes_numbered": 0, "notes_failed": 0, "notes_remaining": 0, "forms_lapsed": 0}
    assert first == nothing | {"notes_numbered": 1}
    assert again == after == nothing
    assert now(draft).ordinal == 1
    assert [row for row in stage.rows() if row["pk"]["S"].startswith("NOTES#")] == []


def test_what_is_not_settled_yet_stays_in_the_list(stage: Stage) -> None:
    records = tuple(settled_one(1, state=LegState.PROCESSING))
    written(*records)
    listed(stage)

    assert sweep(NOW + timedelta(days=1))["notes_numbered"] == 0
    assert len(wiring.views().note_drafts(NOW + timedelta(days=1)).items) == 2


def test_what_there_is_no_time_for_is_left_and_told(stage: Stage, shop: Shop) -> None:
    refunded(shop)
    listed(stage)

    assert sweep(NOW + timedelta(days=1), lambda: 1.0)["notes_remaining"] == 1


def test_a_form_that_nobody_confirmed_is_void(stage: Stage, shop: Shop) -> None:
    draft = refunded(shop, "CNY")
    run_queue_worker(deliver_messages, told(draft))
    wanted = AskFor(reason=RedReason.SALES_RETURN, blue_use=BlueUse.USED)
    red = shop.do(lambda reads, context: ask_for(reads, draft.note_id, wanted, context))
    step = TakeStep(step=RedStep.ASK, reference="F-1")
    asked = shop.do(lambda reads, context: take(reads, red.red_id, step, context))
    assert asked.confirm_by is not None
    listed(stage)

    early, due = sweep(asked.confirm_by - timedelta(seconds=1)), sweep(asked.confirm_by)
    again = sweep(asked.confirm_by)
    listed(stage)

    assert (early["forms_lapsed"], due["forms_lapsed"], again["forms_lapsed"]) == (0, 1, 0)
    void = wiring.reads().red_letter(red.red_id)
    assert void is not None
    assert void.state is RedState.VOID
    assert wiring.views().red_letter_forms(asked.confirm_by + timedelta(days=9)).items == ()


def written(*records: Any) -> None:
    context = Context(
        actor=Actor(id="t", role="admin"), now=NOW, command_id="c", correlation_id="c"
    )
    wiring.commands().run(
        lambda _: Decided(result=None, changes=Changes(records=tuple(records))), context=context
    )


class OneAtATime:
    """A connection that many threads share: moto itself is for one."""

    def __init__(self, link: Any, lock: Any) -> None:
        self._link, self._lock = link, lock

    def dispatch(self, operation: str, request: Any) -> Any:
        with self._lock:
            return self._link.dispatch(operation, request)


def test_many_at_once_meet_at_the_counter_and_leave_no_gap(stage: Stage) -> None:
    for number in range(20):
        written(*settled_one(number))
    link: Any = OneAtATime(connection("us-east-1", None), Lock())

    def work(worker: int) -> None:
        commands = Commands(table=Table("core", link))
        for place in range(20):
            number = (place + 5 * worker) % 20
            told = Context(
                actor=Actor(id="deliver_messages", role="system"),
                now=NOW,
                command_id=f"{worker}-{number}",
                correlation_id="c",
            )
            while True:
                try:
                    number_notes(commands, f"stl_{number}_a", told)
                    break
                except (Conflict, TransientError):
                    continue

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(work, worker) for worker in range(4)]:
            done.result()

    reads = wiring.reads()
    counter, beside = reads.number_series("CN", 2026), reads.numbered_notes("CN", 2026)
    assert counter is not None
    assert [one.ordinal for one in beside] == list(range(1, 41))
    assert counter.last == 40
    notes = [note for number in range(20) for note in reads.notes_of_order(f"O-{number}")]
    assert {note.note_id: note.ordinal for note in notes} == {
        one.note_id: one.ordinal for one in beside
    }
    assert counter.last_on == NOW.date()
