"""What the use cases of credit notes and red-letter invoices read."""

from collections.abc import Sequence
from typing import Protocol

from chalicelib.invoicing.model import CreditNote, NumberedNote
from chalicelib.invoicing.numbering import NumberSeries
from chalicelib.invoicing.red_letter import RedLetter
from chalicelib.invoicing.seller import Seller


class SellerReader(Protocol):
    """Reads who the merchant is; version 0 where nobody said so."""

    def seller(self) -> Seller: ...


class NoteReader(SellerReader, Protocol):
    """Reads notes by id, by what they belong to, and by number; those of one thing oldest first."""

    def credit_note(self, note_id: str) -> CreditNote | None: ...

    def credit_notes(self, note_ids: Sequence[str]) -> list[CreditNote]: ...

    def notes_of_order(self, order_no: str) -> list[CreditNote]: ...

    def notes_of_return(self, order_no: str, return_id: str) -> list[CreditNote]: ...

    def notes_of_settlement(
        self, order_no: str, return_id: str, settlement_id: str
    ) -> list[CreditNote]: ...

    def number_series(self, series: str, year: int) -> NumberSeries | None: ...

    def numbered_notes(
        self, series: str, year: int, *, after: int = 0, limit: int | None = None
    ) -> list[NumberedNote]: ...


class RedLetterReader(NoteReader, Protocol):
    """Reads red-letter invoices, with the note that asked for one."""

    def red_letter(self, red_id: str) -> RedLetter | None: ...

    def note_and_red_letter(self, note_id: str) -> tuple[CreditNote | None, RedLetter | None]: ...
