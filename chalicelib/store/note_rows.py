"""Which lists credit notes and red-letter invoices stand in while something has to happen to them.

Notes that are numbered are in no list of ours: they stand beside their counter, in core.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.clock import rfc3339
from chalicelib.invoicing.model import CreditNote, NoteState
from chalicelib.invoicing.red_letter import RedLetter, RedState
from chalicelib.store.codec import record_in
from chalicelib.store.row import Row, list_name
from chalicelib.store.table import Item

DRAFTS = list_name("NOTES", state=NoteState.DRAFT.value)
FORMS = list_name("REDLETTERS", state=RedState.AWAITING.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRow:
    """A note without a number, and the settlement that it waits for."""

    note_id: str
    settlement_id: str
    order_no: str
    drafted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FormRow:
    """A form that somebody has to confirm before `confirm_by`."""

    red_id: str
    note_id: str
    confirm_by: datetime


def note_rows(item: Item) -> Iterator[Row]:
    """Where it is found by whoever numbers what was missed, the oldest first."""
    note = record_in(item, CreditNote)
    if note.state is not NoteState.DRAFT:
        return
    yield Row(
        list_name=DRAFTS,
        bucket=f"{note.drafted_at:%Y-%m}",
        sort=f"{rfc3339(note.drafted_at)}#{note.note_id}",
        body=DraftRow(
            note_id=note.note_id,
            settlement_id=note.settlement_id,
            order_no=note.order_no,
            drafted_at=note.drafted_at,
        ),
    )


def red_letter_rows(item: Item) -> Iterator[Row]:
    """Where it is found once its form was not confirmed in time."""
    red = record_in(item, RedLetter)
    if red.state is not RedState.AWAITING or red.confirm_by is None:
        return
    yield Row(
        list_name=FORMS,
        bucket=f"{red.confirm_by:%Y-%m}",
        sort=f"{rfc3339(red.confirm_by)}#{red.red_id}",
        body=FormRow(red_id=red.red_id, note_id=red.note_id, confirm_by=red.confirm_by),
    )
