"""What is read of credit notes: the same from the real store and from the fake."""

from dataclasses import replace

import pytest

from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict
from chalicelib.core.events import Actor, Context
from chalicelib.invoicing.issuing import issue
from chalicelib.invoicing.model import NoteState
from chalicelib.invoicing.of_settlement import link_of
from chalicelib.invoicing.seller import Identity, Seller
from chalicelib.store.execution import Commands
from tests.builders import NOW
from tests.fakes import FakeStore, Store
from tests.invoicing.settlements import draft, settled_one
from tests.store.watched import WatchedTable

CONTEXT = Context(
    actor=Actor(id="number_notes", role="machine"), now=NOW, command_id="c-1", correlation_id="c"
)


@pytest.fixture(params=["real", "fake"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "fake":
        return FakeStore(clock=lambda: NOW)
    table: WatchedTable = request.getfixturevalue("core")
    return Commands(table=table, clock=lambda: NOW, sleep=lambda _: None, chance=lambda: 0.0)


def put(store: Store, *records: Record) -> None:
    changes = Changes(records=records)
    store.run(lambda _: Decided(result=None, changes=changes), context=CONTEXT)


def numbers(store: Store, number: int) -> None:
    told = replace(CONTEXT, command_id=f"c-{number}")
    store.run(lambda reads: issue(reads, f"stl_{number}_a", told), context=told)


def test_notes_are_found_by_what_they_belong_to(store: Store) -> None:
    other = replace(draft(1, 3), return_id="ret_9", settlement_id="stl_9_a", note_id="cno_other")
    put(store, *settled_one(1), other, link_of(other))
    reads = store.reads()

    assert [one.note_id for one in reads.notes_of_order("O-1")] == [
        "cno_1_1",
        "cno_1_2",
        "cno_other",
    ]
    assert [one.note_id for one in reads.notes_of_return("O-1", "ret_9")] == ["cno_other"]
    assert len(reads.notes_of_settlement("O-1", "ret_1", "stl_1_a")) == 2
    assert reads.notes_of_settlement("O-1", "ret_1", "stl_9_a") == []
    assert reads.notes_of_order("O-2") == []
    assert [one.note_id for one in reads.credit_notes(["cno_1_2", "nobody", "cno_1_1"])] == [
        "cno_1_2",
        "cno_1_1",
    ]
    assert reads.credit_note("nobody") is None


def test_more_notes_than_one_call_takes_are_read(store: Store) -> None:
    notes = [draft(1, place) for place in range(130)]
    for start in range(0, 130, 40):
        put(store, *notes[start : start + 40])

    assert len(store.reads().credit_notes([note.note_id for note in notes])) == 130


def test_what_is_numbered_stands_beside_its_counter(store: Store) -> None:
    put(store, *settled_one(1), *settled_one(2))
    for number in (1, 2):
        numbers(store, number)
    reads = store.reads()

    counter = reads.number_series("CN", 2026)
    assert counter is not None
    assert (counter.last, counter.version) == (4, 2)
    assert [one.ordinal for one in reads.numbered_notes("CN", 2026)] == [1, 2, 3, 4]
    assert [one.ordinal for one in reads.numbered_notes("CN", 2026, after=1, limit=2)] == [2, 3]
    assert reads.numbered_notes("CN", 2027) == []
    assert all(one.state is NoteState.ISSUED for one in reads.notes_of_order("O-1"))


def test_a_number_is_never_given_twice_even_where_the_counter_was_set_back(store: Store) -> None:
    put(store, *settled_one(1, invoices=1), *settled_one(2, invoices=1))
    numbers(store, 1)
    counter = store.reads().number_series("CN", 2026)
    assert counter is not None
    put(store, replace(counter, last=0, version=2))

    with pytest.raises(Conflict, match="concurrent_change"):
        numbers(store, 2)


def test_who_the_merchant_is_is_known_once_it_was_said(store: Store) -> None:
    assert store.reads().seller() == Seller()

    stated = Seller(identity=Identity(names={"en": "Acme"}), version=1)
    put(store, stated)

    assert store.reads().seller() == stated
    assert store.reads().note_and_red_letter("nobody") == (None, None)
    assert store.reads().red_letter("nobody") is None
