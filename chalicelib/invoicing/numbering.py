"""Numbers of credit notes: without gaps per series and year, given by one counter.

Pure. A settlement does not wait for a number: its notes are drafts, and whoever numbers takes all
drafts of a settlement in one transaction with the counter. Two who number at once are decided one
after the other by its version. A number that was given is on a note, and kept beside the counter,
in the same write: there is no gap, and neither a note nor a number is there twice.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Invalid, NotFound
from chalicelib.core.events import Context, Event, Journal
from chalicelib.invoicing.facts import note_facts
from chalicelib.invoicing.model import CreditNote, NoteState, NumberedNote
from chalicelib.invoicing.seller import Identity, SeriesRule

NOTES_MAX = 30
"""Notes numbered at once: three items each, with the counter within a transaction's hundred."""
_WIDTH = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberSeries:
    """The counter of one series and year: the last number that was given, and on which day."""

    series: str
    year: int
    last: int = 0
    last_on: date | None = None
    version: int = 0

    def number(self, ordinal: int) -> str:
        """`CN-2026-000123`."""
        return f"{self.series}-{self.year}-{ordinal:0{_WIDTH}d}"


class NumberReader(Protocol):
    """Reads drafts and the counter."""

    def credit_notes(self, note_ids: Sequence[str]) -> list[CreditNote]: ...

    def number_series(self, series: str, year: int) -> NumberSeries | None: ...


def number(
    reads: NumberReader,
    note_ids: Sequence[str],
    rule: SeriesRule,
    seller: Identity | None,
    context: Context,
) -> Decided[tuple[CreditNote, ...]]:
    """Number these drafts, in order of their drafting. Numbered and voided notes stay as they are.

    The year is that of today in the series' time zone; no number bears an earlier day than the one
    before it. Raises NotFound for an unknown note, and Invalid for too many at once.
    """
    ids = tuple(dict.fromkeys(note_ids))
    if len(ids) > NOTES_MAX:
        raise Invalid("too_many_notes", f"At most {NOTES_MAX} notes are numbered at once.")
    notes = {note.note_id: note for note in reads.credit_notes(ids)}
    for note_id in ids:
        if note_id not in notes:
            raise NotFound("credit_note_not_found", f"There is no credit note {note_id}.")
    drafts = sorted(
        (note for note in notes.values() if note.state is NoteState.DRAFT),
        key=lambda note: (note.drafted_at, note.note_id),
    )
    if not drafts:
        return Decided(result=tuple(notes[note_id] for note_id in ids))
    today = today_in(rule.time_zone, context.now)
    counter = reads.number_series(rule.series, today.year)
    counter = counter or NumberSeries(series=rule.series, year=today.year)
    day = max(today, counter.last_on or today)
    events: list[Event] = []
    for ordinal, draft in enumerate(drafts, start=counter.last + 1):
        numbered = replace(
            draft,
            state=NoteState.ISSUED,
            series=rule.series,
            year=today.year,
            ordinal=ordinal,
            number=counter.number(ordinal),
            issued_on=day,
            time_zone=rule.time_zone,
            seller=seller,
            version=draft.version + 1,
        )
        journal = Journal(draft.subject, draft.chain, context)
        journal.record("credit_note.issued", note_facts(numbered))
        notes[draft.note_id] = replace(numbered, chain=journal.chain)
        events += journal.events
    counter = replace(
        counter, last=counter.last + len(drafts), last_on=day, version=counter.version + 1
    )
    records: list[Record] = [counter]
    for draft in drafts:
        note = notes[draft.note_id]
        records += [note, numbered_of(note)]
    return Decided(
        result=tuple(notes[note_id] for note_id in ids),
        changes=Changes(records=tuple(records), events=tuple(events)),
    )


def numbered_of(note: CreditNote) -> NumberedNote:
    """What is kept beside the counter of a note that is numbered."""
    assert note.series is not None, "it has a series"
    assert note.year is not None, "and a year"
    assert note.ordinal is not None, "and a place in it"
    assert note.number is not None, "which make its number"
    assert note.issued_on is not None, "given on a day"
    return NumberedNote(
        series=note.series,
        year=note.year,
        ordinal=note.ordinal,
        number=note.number,
        note_id=note.note_id,
        invoice_no=note.invoice_no,
        order_no=note.order_no,
        return_id=note.return_id,
        settlement_id=note.settlement_id,
        issued_on=note.issued_on,
        net=note.net,
        tax=note.tax,
    )


def today_in(time_zone: str, now: datetime) -> date:
    """The day a paper bears."""
    return now.astimezone(ZoneInfo(time_zone)).date()


def gaps(ordinals: Iterable[int], last: int) -> Iterator[int]:
    """The numbers up to `last` that are not among these, which come in their order."""
    expected = 1
    for ordinal in ordinals:
        if ordinal > last:
            break
        yield from range(expected, ordinal)
        expected = ordinal + 1
    yield from range(expected, last + 1)
