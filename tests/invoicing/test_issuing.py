"""Notes get their numbers when their settlement is settled: once, without gaps, whoever numbers."""

import random
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any

import pytest

from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, NotFound
from chalicelib.core.events import Actor, Context
from chalicelib.invoicing.issuing import issue
from chalicelib.invoicing.model import CreditNote, NoteState
from chalicelib.invoicing.numbering import NOTES_MAX, gaps
from chalicelib.invoicing.of_settlement import voided
from chalicelib.invoicing.seller import Identity, Seller, SeriesRule
from chalicelib.settlement.model import LegState
from chalicelib.store import keys
from tests.builders import NOW
from tests.fake_reads import FakeReads
from tests.fakes import FakeStore, Killed
from tests.invoicing.settlements import settled_one


def context(cause: str = "once") -> Context:
    return Context(
        actor=Actor(id="deliver_messages", role="system"),
        now=NOW,
        command_id=f"cmd-{cause}",
        correlation_id="story",
    )


def holding(store: FakeStore, *records: Record) -> FakeStore:
    store.records |= {keys.key_of(record): record for record in records}
    return store


@pytest.fixture
def store() -> FakeStore:
    return FakeStore(clock=lambda: NOW)


def numbers(store: FakeStore) -> list[str]:
    borne = [note.number for note in all_notes(store) if note.number]
    return sorted(borne)


def all_notes(store: FakeStore) -> list[CreditNote]:
    return [record for record in store.records.values() if isinstance(record, CreditNote)]


def issues(store: FakeStore, settlement_id: str, cause: str = "once") -> tuple[CreditNote, ...]:
    told = context(cause)
    return store.run(lambda reads: issue(reads, settlement_id, told), context=told)


def test_the_notes_of_a_settled_settlement_get_their_numbers(store: FakeStore) -> None:
    holding(store, *settled_one(1), *settled_one(2))

    issues(store, "stl_1_a")
    issues(store, "stl_2_a")

    assert numbers(store) == [f"CN-2026-00000{ordinal}" for ordinal in (1, 2, 3, 4)]
    assert [one.number for one in store.reads().numbered_notes("CN", 2026)] == numbers(store)
    (event,) = store.reads().events("note/cno_1_1")
    assert (event.type, event.data["number"]) == ("credit_note.issued", "CN-2026-000001")


def test_hearing_of_it_again_changes_nothing(store: FakeStore) -> None:
    holding(store, *settled_one(1))
    issues(store, "stl_1_a")
    before = dict(store.records)

    assert issues(store, "stl_1_a", "again") == ()
    assert store.records == before


@pytest.mark.parametrize(
    "state", [one for one in LegState if one not in (LegState.PAID, LegState.CANCELLED)]
)
def test_what_is_not_settled_waits(store: FakeStore, state: LegState) -> None:
    holding(store, *settled_one(1, state=state))

    assert issues(store, "stl_1_a") == ()
    assert numbers(store) == []


def test_a_settlement_that_nobody_knows_has_nothing_to_number(store: FakeStore) -> None:
    assert issues(store, "stl_1_a") == ()
    with pytest.raises(NotFound, match="settlement_not_found"):
        issues(store, "nonsense")


def test_the_series_is_that_of_the_order_and_the_seller_is_kept(store: FakeStore) -> None:
    acme = Identity(names={"en": "Acme"})
    rules = (
        SeriesRule(series="GZ", time_zone="Asia/Shanghai", region="CN"),
        SeriesRule(series="CN"),
    )
    seller = Seller(identity=acme, rules=rules, version=1)
    holding(store, seller, *settled_one(1, invoices=1, region="CN"), *settled_one(2, invoices=1))

    (chinese,), (other,) = issues(store, "stl_1_a"), issues(store, "stl_2_a")

    assert (chinese.number, chinese.time_zone) == ("GZ-2026-000001", "Asia/Shanghai")
    assert (other.number, other.seller) == ("CN-2026-000001", acme)


def test_a_settlement_of_very_many_invoices_is_numbered_in_parts(store: FakeStore) -> None:
    holding(store, *settled_one(1, invoices=NOTES_MAX + 3))

    found = [len(issues(store, "stl_1_a", str(part))) for part in range(3)]

    assert found == [NOTES_MAX, 3, 0]
    assert len(set(numbers(store))) == NOTES_MAX + 3


def test_what_was_reversed_meanwhile_is_void_or_numbered_never_both(store: FakeStore) -> None:
    holding(store, *settled_one(1))
    told = context("reverse")

    def reverse() -> None:
        reads = store.reads()
        notes = reads.notes_of_settlement("O-1", "ret_1", "stl_1_a")
        ret = reads.return_("ret_1")
        assert ret is not None
        undone = replace(ret.settlements[0], reversed_at=NOW)
        gone = replace(ret, settlements=(undone,), version=2)
        changes = voided(notes, told) + Changes(records=(gone,))
        store.run(lambda _: Decided(result=None, changes=changes), context=told)

    store.meanwhile(reverse)

    assert issues(store, "stl_1_a") == ()
    assert {note.state for note in all_notes(store)} == {NoteState.VOIDED}
    assert store.reads().number_series("CN", 2026) is None, "no number is used up"


@dataclass(slots=True)
class SharedStore(FakeStore):
    """For many threads at once: a read is of one moment, a write whole. Processes may die."""

    lock: Any = field(default_factory=Lock)
    chance: Callable[[], float] = random.random
    deaths: float = 0.0
    lost: int = 0

    def reads(self) -> FakeReads:
        with self.lock:
            return FakeReads(replace(self, records=dict(self.records)))

    def run(self, decide: Any, *, context: Context) -> Any:
        """Any: as FakeStore.run, which is generic."""
        if self.chance() < self.deaths / 2:
            raise Killed("before it wrote")
        result = FakeStore.run(self, decide, context=context)
        if self.chance() < self.deaths / 2:
            raise Killed("before it said that it is done")
        return result

    def _write(self, changes: Changes, idempotency: Any = None) -> None:
        with self.lock:
            try:
                FakeStore._write(self, changes, idempotency)
            except Exception:  # counted, and raised on
                self.lost += 1
                raise


@pytest.fixture
def often_switching() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("often_switching")
def test_eight_workers_number_a_thousand_notes_without_a_gap() -> None:
    """Messages come twice and in any order; where a worker died, its message comes again."""
    chance = random.Random(20261121)
    store = SharedStore(clock=lambda: NOW, chance=chance.random, deaths=0.1)
    for number in range(500):
        holding(store, *settled_one(number))
    messages = [f"stl_{number}_a" for number in range(500)] * 2
    chance.shuffle(messages)
    queue: SimpleQueue[str] = SimpleQueue()
    for message in messages:
        queue.put(message)

    def work() -> None:
        while True:
            try:
                settlement_id = queue.get_nowait()
            except Empty:
                return
            try:
                issues(store, settlement_id, cause=f"{settlement_id}-{random.random()}")
            except (Killed, Conflict):
                queue.put(settlement_id)

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(work) for _ in range(8)]:
            done.result()

    counter = store.reads().number_series("CN", 2026)
    assert counter is not None
    assert store.lost, "nobody was in anybody's way: this run proves nothing"
    assert counter.last == 1000
    assert numbers(store) == [counter.number(ordinal) for ordinal in range(1, 1001)]
    assert list(gaps((one.ordinal for one in store.reads().numbered_notes("CN", 2026)), 1000)) == []
    beside = {one.note_id: one.number for one in store.reads().numbered_notes("CN", 2026)}
    assert beside == {note.note_id: note.number for note in all_notes(store)}
