"""Reads of credit notes: by id, of an order and of what it gave back, and how they are numbered.

A part of `Reads`, which knows how items are fetched.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import TypeVar

from chalicelib.invoicing.model import CreditNote, NoteOfOrder, NumberedNote
from chalicelib.invoicing.numbering import NumberSeries
from chalicelib.invoicing.red_letter import RedLetter, red_id_of
from chalicelib.invoicing.seller import Seller
from chalicelib.store import money_keys
from chalicelib.store.codec import body_of, decode
from chalicelib.store.key import Key
from chalicelib.store.table import Item, Table

T = TypeVar("T")
_AT_ONCE = 25
"""Notes of one moment; each is guarded by its own version, so many need not be of the same."""


class NoteReads(ABC):
    @abstractmethod
    def _items(self, *wanted: Key) -> list[Item | None]: ...

    @property
    @abstractmethod
    def _core(self) -> Table: ...

    def credit_note(self, note_id: str) -> CreditNote | None:
        (item,) = self._items(money_keys.credit_note(note_id))
        return _read(item, CreditNote)

    def credit_notes(self, note_ids: Sequence[str]) -> list[CreditNote]:
        """Those of these notes that are there, in their order."""
        found: list[CreditNote] = []
        for start in range(0, len(note_ids), _AT_ONCE):
            some = note_ids[start : start + _AT_ONCE]
            found += _all(self._items(*map(money_keys.credit_note, some)), CreditNote)
        return found

    def notes_of_order(self, order_no: str) -> list[CreditNote]:
        """Every note of an order, the oldest first."""
        return self._linked(money_keys.notes_of(order_no))

    def notes_of_return(self, order_no: str, return_id: str) -> list[CreditNote]:
        """Every note of a return of the order, the oldest first."""
        return self._linked(money_keys.notes_of(order_no, return_id))

    def notes_of_settlement(
        self, order_no: str, return_id: str, settlement_id: str
    ) -> list[CreditNote]:
        """Every note of a settlement of a return of the order."""
        return self._linked(money_keys.notes_of(order_no, return_id), settlement_id)

    def number_series(self, series: str, year: int) -> NumberSeries | None:
        (item,) = self._items(money_keys.number_series(series, year))
        return _read(item, NumberSeries)

    def numbered_notes(
        self, series: str, year: int, *, after: int = 0, limit: int | None = None
    ) -> list[NumberedNote]:
        """What bears the numbers of a series and year, in their order, those after this one."""
        items = self._core.query(
            money_keys.number_series(series, year).pk,
            prefix="NUMBER#",
            after=money_keys.numbered_note(series, year, after).sk if after else None,
            limit=limit,
        )
        return _all(items, NumberedNote)

    def seller(self) -> Seller:
        """Who the merchant is; version 0 where nobody said so."""
        (item,) = self._items(money_keys.seller())
        return _read(item, Seller) or Seller()

    def red_letter(self, red_id: str) -> RedLetter | None:
        (item,) = self._items(money_keys.red_letter(red_id))
        return _read(item, RedLetter)

    def note_and_red_letter(self, note_id: str) -> tuple[CreditNote | None, RedLetter | None]:
        """A note, and the red-letter invoice that it asked for."""
        note, red = self._items(
            money_keys.credit_note(note_id), money_keys.red_letter(red_id_of(note_id))
        )
        return _read(note, CreditNote), _read(red, RedLetter)

    def _linked(self, place: tuple[str, str], settlement_id: str | None = None) -> list[CreditNote]:
        partition, prefix = place
        links = _all(self._core.query(partition, prefix=prefix), NoteOfOrder)
        wanted = [one.note_id for one in links if settlement_id in (None, one.settlement_id)]
        notes = self.credit_notes(wanted)
        return sorted(notes, key=lambda note: (note.drafted_at, note.note_id))


def _read(item: Item | None, kind: type[T]) -> T | None:
    body = None if item is None else body_of(item)
    return None if body is None else decode(body, kind)


def _all(items: Iterable[Item | None], kind: type[T]) -> list[T]:
    return [record for item in items if (record := _read(item, kind)) is not None]
