"""Numbers without gaps: whoever numbers, however often, in whatever order."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.commands import Decided
from chalicelib.core.errors import Invalid, NotFound
from chalicelib.core.events import Actor, Context
from chalicelib.core.money import Money
from chalicelib.invoicing.model import (
    CreditNote,
    NoteLine,
    NoteLineKind,
    NoteState,
    NumberedNote,
)
from chalicelib.invoicing.numbering import NOTES_MAX, NumberSeries, gaps, number
from chalicelib.invoicing.seller import Identity, SeriesRule
from tests.builders import NOW, eur

ACME = Identity(names={"en": "Acme"})


def draft(name: str, *, at: datetime = NOW) -> CreditNote:
    line = NoteLine(kind=NoteLineKind.GOODS, code="SKU-1", net=eur(100))
    return CreditNote(
        note_id=name,
        invoice_no="INV-1",
        order_no="O-1",
        return_id="ret_1",
        return_number="R26ABCDEFGH1",
        settlement_id=f"stl_{name}",
        currency="EUR",
        lines=(line,),
        supplied_at=NOW,
        drafted_at=at,
        unbilled=eur(0),
    )


@dataclass
class Cabinet:
    """Notes and counters; a write is refused where another came between, as the store does."""

    now: datetime = NOW
    notes: dict[str, CreditNote] = field(default_factory=dict)
    counters: dict[tuple[str, int], NumberSeries] = field(default_factory=dict)
    given: dict[tuple[str, int, int], NumberedNote] = field(default_factory=dict)
    commands: int = 0

    def credit_notes(self, note_ids: Sequence[str]) -> list[CreditNote]:
        return [self.notes[note_id] for note_id in note_ids if note_id in self.notes]

    def number_series(self, series: str, year: int) -> NumberSeries | None:
        return self.counters.get((series, year))

    def put(self, *notes: CreditNote) -> None:
        self.notes |= {note.note_id: note for note in notes}

    def decide(
        self, ids: Sequence[str], *, series: str = "CN", zone: str = "UTC"
    ) -> Decided[tuple[CreditNote, ...]]:
        self.commands += 1
        context = Context(
            actor=Actor(id="m", role="machine"),
            now=self.now,
            command_id=f"cmd-{self.commands}",
            correlation_id="story",
        )
        return number(self, ids, SeriesRule(series=series, time_zone=zone), ACME, context)

    def write(self, decided: Decided[tuple[CreditNote, ...]]) -> bool:
        """All or nothing; False where a version was taken meanwhile."""
        for record in decided.changes.records:
            if record.version != self._version(record) + 1:
                return False
        for record in decided.changes.records:
            if isinstance(record, NumberSeries):
                self.counters[record.series, record.year] = record
            elif isinstance(record, NumberedNote):
                self.given[record.series, record.year, record.ordinal] = record
            else:
                assert isinstance(record, CreditNote)
                self.notes[record.note_id] = record
        return True

    def _version(self, record: object) -> int:
        known: NumberSeries | NumberedNote | CreditNote | None
        if isinstance(record, NumberSeries):
            known = self.counters.get((record.series, record.year))
        elif isinstance(record, NumberedNote):
            known = self.given.get((record.series, record.year, record.ordinal))
        else:
            assert isinstance(record, CreditNote)
            known = self.notes[record.note_id]
        return known.version if known else 0

    def numbered(self) -> list[str]:
        return [note.number for note in self.notes.values() if note.number]


def test_drafts_are_numbered_in_the_order_they_were_made() -> None:
    cabinet = Cabinet()
    cabinet.put(draft("late", at=NOW + timedelta(minutes=1)), draft("early"))

    decided = cabinet.decide(["late", "early"])

    assert [note.number for note in decided.result] == ["CN-2026-000002", "CN-2026-000001"]
    assert all(note.state is NoteState.ISSUED for note in decided.result)
    assert all(note.issued_on == NOW.date() for note in decided.result)
    assert [event.type for event in decided.changes.events] == ["credit_note.issued"] * 2


def test_a_numbered_note_keeps_its_number() -> None:
    cabinet = Cabinet()
    cabinet.put(draft("a"))
    cabinet.write(cabinet.decide(["a"]))
    again = cabinet.decide(["a"])

    assert again.changes.records == ()
    assert again.result[0].number == "CN-2026-000001"


def test_each_series_and_year_counts_for_itself_in_its_own_time_zone() -> None:
    cabinet = Cabinet(now=datetime(2026, 12, 31, 16, 30, tzinfo=UTC))
    cabinet.put(draft("a"), draft("b"), draft("c"))
    cabinet.write(cabinet.decide(["a"]))
    cabinet.write(cabinet.decide(["b"], series="红", zone="Asia/Shanghai"))
    cabinet.write(cabinet.decide(["c"], zone="Asia/Shanghai"))

    assert cabinet.numbered() == ["CN-2026-000001", "红-2027-000001", "CN-2027-000001"]


def test_what_is_not_there_or_too_much_is_refused() -> None:
    cabinet = Cabinet()

    with pytest.raises(NotFound, match="credit_note_not_found"):
        cabinet.decide(["nobody"])
    with pytest.raises(Invalid, match="too_many_notes"):
        cabinet.decide([str(place) for place in range(NOTES_MAX + 1)])


def test_the_same_note_twice_in_one_call_gets_one_number() -> None:
    cabinet = Cabinet()
    cabinet.put(draft("a"))

    decided = cabinet.decide(["a", "a"])

    assert cabinet.write(decided)
    assert len(decided.result) == 1
    assert cabinet.numbered() == ["CN-2026-000001"]


@given(st.data())
def test_racing_numberers_leave_no_gap_and_give_no_number_twice(data: st.DataObject) -> None:
    cabinet, names = Cabinet(), [f"n{place}" for place in range(data.draw(st.integers(1, 12)))]
    cabinet.put(*(draft(name) for name in names))
    waiting: list[Decided[tuple[CreditNote, ...]]] = []
    for _ in range(data.draw(st.integers(1, 12))):
        is_writing = data.draw(st.booleans())
        if waiting and is_writing:
            # Decided on what was there then; written now, or decided again by who lost the race.
            cabinet.write(waiting.pop(data.draw(st.integers(0, len(waiting) - 1))))
        else:
            some = data.draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
            waiting.append(cabinet.decide(some))

    counter = cabinet.number_series("CN", NOW.year) or NumberSeries(series="CN", year=NOW.year)
    borne = sorted(note.ordinal for note in cabinet.notes.values() if note.ordinal)
    assert list(gaps(borne, counter.last)) == []
    assert len(cabinet.numbered()) == counter.last
    assert {one.note_id: one.number for one in cabinet.given.values()} == {
        note.note_id: note.number for note in cabinet.notes.values() if note.number
    }


@pytest.mark.parametrize(
    ("borne", "last", "missing"),
    [
        ([], 0, []),
        ([], 2, [1, 2]),
        ([1, 2, 3], 3, []),
        ([2, 5], 7, [1, 3, 4, 6, 7]),
        ([1, 2, 9], 3, [3]),
    ],
)
def test_gaps_are_found(borne: list[int], last: int, missing: list[int]) -> None:
    assert list(gaps(borne, last)) == missing


def test_a_voided_note_gets_no_number_and_uses_none_up() -> None:
    cabinet = Cabinet()
    cabinet.put(replace(draft("a"), state=NoteState.VOIDED), draft("b"))

    decided = cabinet.decide(["a", "b"])

    assert [note.number for note in decided.result] == [None, "CN-2026-000001"]
    assert {type(record) for record in decided.changes.records} == {
        NumberSeries,
        CreditNote,
        NumberedNote,
    }


def test_a_note_keeps_who_issued_it_and_where_its_days_are() -> None:
    cabinet = Cabinet(now=datetime(2026, 12, 31, 16, 30, tzinfo=UTC))
    cabinet.put(draft("a"))

    (note,) = cabinet.decide(["a"], zone="Asia/Shanghai").result

    assert (note.seller, note.time_zone) == (ACME, "Asia/Shanghai")
    assert (note.series, note.year, note.ordinal) == ("CN", 2027, 1)


def test_no_number_bears_an_earlier_day_than_the_one_before_it() -> None:
    cabinet = Cabinet(now=datetime(2026, 11, 22, 0, 0, 1, tzinfo=UTC))
    cabinet.put(draft("a"), draft("b"))
    cabinet.write(cabinet.decide(["a"]))
    # The clock of the next machine is a little behind.
    cabinet.now = datetime(2026, 11, 21, 23, 59, 59, tzinfo=UTC)
    cabinet.write(cabinet.decide(["b"]))

    assert {note.issued_on for note in cabinet.notes.values()} == {date(2026, 11, 22)}


def test_all_of_a_settlement_fits_one_transaction() -> None:
    cabinet = Cabinet()
    names = [f"n{place}" for place in range(NOTES_MAX)]
    cabinet.put(*(draft(name) for name in names))

    changes = cabinet.decide(names).changes

    assert len(changes.records) + len(changes.events) <= 100


def test_a_note_of_nothing_is_worth_nothing() -> None:
    assert replace(draft("a"), lines=()).total == Money.zero("EUR")
