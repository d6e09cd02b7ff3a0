"""Credit notes against their numbers, and against what their settlements gave back.

Pure but for what it is given to read. A survey keeps only what has no other side yet: a numbered
note and its number cancel each other out. What is left is looked at again, with consistent reads.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Protocol

from chalicelib.core.errors import NotFound
from chalicelib.core.events import Json
from chalicelib.core.money import Money
from chalicelib.invoicing.model import CreditNote, NoteState, NumberedNote
from chalicelib.invoicing.numbering import NumberSeries, gaps
from chalicelib.reconciliation.model import Finding
from chalicelib.returns.model import Return
from chalicelib.settlement.loading import return_id_of, settlement_of
from chalicelib.settlement.model import Settlement, SettlementState

NUMBERED_WITHIN = timedelta(hours=1)
"""How long a note may wait for its number after its return was changed last."""
GAPS_TOLD = 20
_PAGE = 500
Series = tuple[str, int]
Number = tuple[str, int, int]


class NoteBooks(Protocol):
    """Consistent reads of notes, their numbers, and the returns they are of."""

    def return_(self, return_id: str) -> Return | None: ...

    def credit_note(self, note_id: str) -> CreditNote | None: ...

    def notes_of_settlement(
        self, order_no: str, return_id: str, settlement_id: str
    ) -> list[CreditNote]: ...

    def number_series(self, series: str, year: int) -> NumberSeries | None: ...

    def numbered_notes(
        self, series: str, year: int, *, after: int = 0, limit: int | None = None
    ) -> list[NumberedNote]: ...


@dataclass(slots=True)
class _Sum:
    """What the notes of one settlement come to, and what its return says."""

    order_no: str = ""
    noted: int = 0
    unbilled: int = 0
    drafts: int = 0
    given: int | None = None
    is_settled: bool = False

    @property
    def is_suspicious(self) -> bool:
        """Settlements without notes gave back nothing that was billed."""
        if not self.order_no:
            return False
        return self.noted + self.unbilled != self.given or (self.is_settled and self.drafts > 0)


@dataclass(slots=True)
class Notes:
    """Takes notes, numbers, counters and returns; afterwards says what is suspicious."""

    sums: dict[str, _Sum] = field(default_factory=dict)
    alone: dict[Number, tuple[str, str]] = field(default_factory=dict)
    differing: set[Number] = field(default_factory=set)
    counters: dict[Series, int] = field(default_factory=dict)
    given: Counter[Series] = field(default_factory=Counter)

    def take(self, record: CreditNote | NumberedNote | NumberSeries | Return) -> None:
        match record:
            case CreditNote():
                self._note(record)
            case NumberedNote():
                self.given[record.series, record.year] += 1
                self._side(record, record.note_id, record.total)
            case NumberSeries():
                self.counters[record.series, record.year] = record.last
            case Return():
                for settlement in record.settlements:
                    self._settlement(settlement)

    def series(self) -> set[Series]:
        """Those whose numbers are not as many as the counter gave."""
        known = {*self.counters, *self.given}
        return {one for one in known if self.counters.get(one, 0) != self.given[one]}

    def numbers(self) -> set[Number]:
        """Those that no note bears, or another than they were given to, or one that differs."""
        return {*self.alone, *self.differing}

    def settlements(self) -> dict[str, str]:
        """With the order of each."""
        return {one: found.order_no for one, found in self.sums.items() if found.is_suspicious}

    def _note(self, note: CreditNote) -> None:
        if note.state is not NoteState.VOIDED:
            found = self.sums.setdefault(note.settlement_id, _Sum())
            found.order_no = note.order_no
            found.noted += note.total.minor
            found.unbilled = note.unbilled.minor
            found.drafts += note.state is NoteState.DRAFT
        if note.state is NoteState.ISSUED:
            self._side(note, note.note_id, note.total)

    def _side(self, record: CreditNote | NumberedNote, note_id: str, total: Money) -> None:
        """The same twice is nothing; otherwise they are looked at."""
        place = (record.series or "", record.year or 0, record.ordinal or 0)
        other = self.alone.pop(place, None)
        if other is None:
            self.alone[place] = (note_id, str(total))
        elif other != (note_id, str(total)):
            self.differing.add(place)

    def _settlement(self, settlement: Settlement) -> None:
        if settlement.breakdown is None:
            return
        found = self.sums.setdefault(settlement.settlement_id, _Sum())
        found.given = settlement.breakdown.total.minor
        found.is_settled = settlement.state in _OVER


_OVER = frozenset({SettlementState.SETTLED, SettlementState.REVERSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteCheck:
    """Looks again at what a survey found suspicious. `tick` is called between steps."""

    reads: NoteBooks
    now: datetime
    tick: Callable[[], None]

    def findings(self, notes: Notes) -> Iterator[Finding]:
        for series, year in sorted(notes.series()):
            self.tick()
            yield from self._gaps(series, year)
        for number in sorted(notes.numbers()):
            self.tick()
            yield from self._number(*number)
        for settlement_id, order_no in sorted(notes.settlements().items()):
            self.tick()
            yield from self._settlement(settlement_id, order_no)

    def _gaps(self, series: str, year: int) -> Iterator[Finding]:
        """Numbers are written with their counter: all up to what it said before are there, and none
        beyond what it says afterwards."""
        subject, last = f"series/{series}#{year}", self._last(series, year)
        missing: list[Json] = [*islice(gaps(self._ordinals(series, year), last), GAPS_TOLD)]
        if missing:
            yield Finding(
                kind="credit_note_gap",
                subject=subject,
                expected=f"every number up to {last}",
                found={"missing": missing},
                cause="A number was given, and what bore it is gone.",
                proposed_repair="Find the note by its event credit_note.issued; never reuse it.",
            )
        beyond = self.reads.numbered_notes(series, year, after=last, limit=1)
        if beyond and beyond[0].ordinal > self._last(series, year):
            yield Finding(
                kind="credit_note_beyond",
                subject=subject,
                expected=f"no number above {last}",
                found=beyond[0].ordinal,
                cause="The counter was set back: the next note would get a number that is taken.",
                proposed_repair="Set the counter to the highest number that was given.",
            )

    def _last(self, series: str, year: int) -> int:
        counter = self.reads.number_series(series, year)
        return counter.last if counter is not None else 0

    def _ordinals(self, series: str, year: int) -> Iterator[int]:
        """The numbers that were given, in their order, page by page."""
        after = 0
        while page := self.reads.numbered_notes(series, year, after=after, limit=_PAGE):
            self.tick()
            yield from (one.ordinal for one in page)
            after = page[-1].ordinal

    def _number(self, series: str, year: int, ordinal: int) -> Iterator[Finding]:
        """A number and the note that bears it are written together, and never again."""
        found = self.reads.numbered_notes(series, year, after=ordinal - 1, limit=1)
        numbered = found[0] if found and found[0].ordinal == ordinal else None
        note = self.reads.credit_note(numbered.note_id) if numbered is not None else None
        is_same = (
            numbered is not None
            and note is not None
            and (note.number, note.total) == (numbered.number, numbered.total)
        )
        if not is_same:
            yield Finding(
                kind="credit_note_number",
                subject=f"series/{series}#{year}",
                expected=f"number {ordinal} on one note",
                found={
                    "numbered": numbered.note_id if numbered is not None else None,
                    "borne": note.number if note is not None else None,
                },
                cause="A note, or what says which note bears the number, was changed alone.",
                proposed_repair="Compare with the event credit_note.issued of that number.",
            )

    def _settlement(self, settlement_id: str, order_no: str) -> Iterator[Finding]:
        try:
            return_id = return_id_of(settlement_id)
        except NotFound:
            return_id = ""
        ret = self.reads.return_(return_id) if return_id else None
        notes = self.reads.notes_of_settlement(order_no, return_id, settlement_id)
        standing = [note for note in notes if note.state is not NoteState.VOIDED]
        settlement = settlement_of(ret, settlement_id) if ret is not None else None
        if ret is None or settlement is None or settlement.breakdown is None:
            if standing:
                yield _finding(settlement_id, "credit_note_orphan", None, len(standing), _ORPHAN)
            return
        yield from self._of(ret, settlement, standing)

    def _of(
        self, ret: Return, settlement: Settlement, notes: list[CreditNote]
    ) -> Iterator[Finding]:
        name = settlement.settlement_id
        drafts: list[Json] = [note.note_id for note in notes if note.state is NoteState.DRAFT]
        if settlement.state is SettlementState.REVERSED:
            if drafts:
                yield _finding(name, "credit_note_not_void", [], drafts, _NOT_VOID)
            return
        assert settlement.breakdown is not None, "it was asked before"
        noted = Money.total((note.total for note in notes), ret.currency)
        unbilled = notes[0].unbilled if notes else Money.zero(ret.currency)
        given = settlement.breakdown.total
        if notes and noted + unbilled != given:
            yield _finding(
                name, "credit_note_total", (given - unbilled).amount, noted.amount, _TOTAL
            )
        is_late = self.now - ret.updated_at > NUMBERED_WITHIN
        if drafts and is_late and settlement.state is SettlementState.SETTLED:
            yield _finding(name, "credit_note_unnumbered", [], drafts, _UNNUMBERED)


_ORPHAN = ("No settlement gave back what these notes say.", "Void the drafts; correct the others.")
_NOT_VOID = ("The settlement was reversed without its drafts.", "Void the drafts.")
_TOTAL = (
    "A note or its settlement was changed alone.",
    "Compare with the events credit_note.drafted; a numbered note is corrected by another paper.",
)
_UNNUMBERED = (
    "The settlement is settled, and nobody numbered its notes.",
    "Look for its event in the dead letters of deliveries; the next nightly run numbers them.",
)


def _finding(
    settlement_id: str, kind: str, expected: Json, found: Json, why: tuple[str, str]
) -> Finding:
    return Finding(
        kind=kind,
        subject=f"settlement/{settlement_id}",
        expected=expected,
        found=found,
        cause=why[0],
        proposed_repair=why[1],
    )
