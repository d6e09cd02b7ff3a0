"""Numbering the notes of a settlement that is settled: whoever hears of it, however often.

The settlement itself is not written, so numbering holds no refund up. What was heard is only a
reason to look: whether it is settled is asked of the return as it stands. Notes of a settlement
that is reversed meanwhile are written by both, and the store lets only one of them win.
"""

from collections.abc import Sequence
from typing import Protocol

from chalicelib.core.commands import Decided
from chalicelib.core.events import Context
from chalicelib.invoicing.model import CreditNote, NoteState
from chalicelib.invoicing.numbering import NOTES_MAX, NumberReader, number
from chalicelib.invoicing.seller import Seller
from chalicelib.settlement.loading import SettlementReader, return_id_of, settlement_of
from chalicelib.settlement.model import SettlementState


class NoteReader(NumberReader, SettlementReader, Protocol):
    """Reads a settlement with its notes, and how they are numbered."""

    def seller(self) -> Seller: ...

    def notes_of_settlement(
        self, order_no: str, return_id: str, settlement_id: str
    ) -> list[CreditNote]: ...


def issue(
    reads: NoteReader, settlement_id: str, context: Context
) -> Decided[tuple[CreditNote, ...]]:
    """Number up to NOTES_MAX drafts of a settlement; nothing unless it is settled.

    The result are those that were numbered: who gets as many as may be asks again.
    """
    return_id = return_id_of(settlement_id)
    ret, order = reads.return_and_order(return_id)
    settlement = settlement_of(ret, settlement_id) if ret is not None else None
    if order is None or settlement is None or settlement.state is not SettlementState.SETTLED:
        return Decided(result=())
    drafts = _drafts(reads.notes_of_settlement(order.order_no, return_id, settlement_id))
    if not drafts:
        return Decided(result=())
    seller = reads.seller()
    rule = seller.rule_for(channel=order.channel, region=order.region)
    ids = [note.note_id for note in drafts]
    return number(reads, ids, rule, seller.identity, context)


def _drafts(notes: Sequence[CreditNote]) -> list[CreditNote]:
    return [note for note in notes if note.state is NoteState.DRAFT][:NOTES_MAX]
