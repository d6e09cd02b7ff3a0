"""How the store in memory answers what is asked about credit notes."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TypeVar

from chalicelib.invoicing.model import CreditNote, NumberedNote
from chalicelib.invoicing.numbering import NumberSeries
from chalicelib.invoicing.red_letter import RedLetter, red_id_of
from chalicelib.invoicing.seller import Seller
from chalicelib.store import money_keys
from chalicelib.store.key import Key

T = TypeVar("T")


class FakeNoteReads(ABC):
    """A part of FakeReads."""

    __slots__ = ()

    @abstractmethod
    def _one(self, key: Key, kind: type[T]) -> T | None: ...

    @abstractmethod
    def _all(self, kind: type[T]) -> list[T]: ...

    def credit_note(self, note_id: str) -> CreditNote | None:
        return self._one(money_keys.credit_note(note_id), CreditNote)

    def credit_notes(self, note_ids: Sequence[str]) -> list[CreditNote]:
        return [note for one in note_ids if (note := self.credit_note(one)) is not None]

    def notes_of_order(self, order_no: str) -> list[CreditNote]:
        notes = [note for note in self._all(CreditNote) if note.order_no == order_no]
        return sorted(notes, key=lambda note: (note.drafted_at, note.note_id))

    def notes_of_return(self, order_no: str, return_id: str) -> list[CreditNote]:
        return [note for note in self.notes_of_order(order_no) if note.return_id == return_id]

    def notes_of_settlement(
        self, order_no: str, return_id: str, settlement_id: str
    ) -> list[CreditNote]:
        notes = self.notes_of_return(order_no, return_id)
        return [note for note in notes if note.settlement_id == settlement_id]

    def number_series(self, series: str, year: int) -> NumberSeries | None:
        return self._one(money_keys.number_series(series, year), NumberSeries)

    def numbered_notes(
        self, series: str, year: int, *, after: int = 0, limit: int | None = None
    ) -> list[NumberedNote]:
        found = [
            one
            for one in self._all(NumberedNote)
            if (one.series, one.year) == (series, year) and one.ordinal > after
        ]
        return sorted(found, key=lambda one: one.ordinal)[:limit]

    def seller(self) -> Seller:
        return self._one(money_keys.seller(), Seller) or Seller()

    def red_letter(self, red_id: str) -> RedLetter | None:
        return self._one(money_keys.red_letter(red_id), RedLetter)

    def note_and_red_letter(self, note_id: str) -> tuple[CreditNote | None, RedLetter | None]:
        return self.credit_note(note_id), self.red_letter(red_id_of(note_id))
