"""Credit notes: what was taken off which invoice, as data, by number and on paper."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api import scopes
from chalicelib.api.answers import encode, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import endpoint
from chalicelib.api.call import Call
from chalicelib.api.cursors import page_of
from chalicelib.api.schemas.credit_notes import (
    CreditNotesView,
    CreditNoteView,
    NumberedNotesPage,
    NumberedNoteView,
    NumberedQuery,
    PaperQuery,
)
from chalicelib.api.schemas.policies import PaperView
from chalicelib.core.commands import Answer
from chalicelib.core.errors import NotFound
from chalicelib.invoicing.model import CreditNote
from chalicelib.invoicing.presenting import Buyer, presented
from chalicelib.invoicing.red_letter import RedLetter

bp = Blueprint(__name__)


@bp.route("/returns/{return_id}/credit-notes", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="credit-notes:read", answer=CreditNotesView)
def list_credit_notes(call: Call, return_id: str) -> Answer:
    """List the credit notes of a return: one for each invoice that it gave money back of."""
    reads = scopes.own(wiring.reads(), call.principal)
    ret = reads.return_(return_id)
    if ret is None:
        raise NotFound("return_not_found", f"There is no return {return_id}.")
    notes = reads.notes_of_return(ret.order_no, return_id) if ret.order_no is not None else []
    return ok(CreditNotesView(items=tuple(CreditNoteView.of(note) for note in notes)))


@bp.route("/credit-notes", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="credit-notes:list", query=NumberedQuery, answer=NumberedNotesPage)
def list_numbered_notes(call: Call, query: NumberedQuery) -> Answer:
    """List numbered notes of a series and year in order of their numbers, from a number on."""
    year = query.year or call.received_at.year
    page = wiring.note_lists().numbered(
        query.series, year, first=query.first, limit=query.limit, cursor=query.cursor
    )
    return page_of(
        call,
        lambda **rest: NumberedNotesPage(series=query.series, year=year, **rest),
        tuple(NumberedNoteView.of(note) for note in page.items),
        page.next_cursor,
    )


@bp.route("/credit-notes/{note_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="credit-notes:read", answer=CreditNoteView)
def read_credit_note(call: Call, note_id: str) -> Answer:
    """Read a credit note."""
    note, red = _known(call, note_id)
    return ok(CreditNoteView.of(note, red), version=note.version)


@bp.route("/credit-notes/{note_id}/document", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="credit-notes:read", query=PaperQuery, answer=PaperView, status=303)
def read_credit_note_paper(call: Call, query: PaperQuery, note_id: str) -> Answer:
    """Find a credit note as a PDF, with the buyer as far as they are known still.

    The address is valid for five minutes; this one always is.
    """
    note, _ = _known(call, note_id)
    reads = wiring.reads()
    contact = reads.contact(note.contact_ref) if note.contact_ref is not None else None
    page = presented(
        note,
        query.language or call.language,
        seller=reads.seller().identity,
        buyer=Buyer(name=contact.name, address=contact.address) if contact else None,
    )
    paper = wiring.note_papers().paper(note, page, call.received_at)
    view = PaperView(url=paper.url, expires_at=paper.expires_at)
    said = {
        "Location": paper.url,
        "Content-Language": page.language,
        "Vary": "Accept-Language",
    }
    return Answer(status=303, body=encode(view), headers=said)


def _known(call: Call, note_id: str) -> tuple[CreditNote, RedLetter | None]:
    note, red = scopes.own(wiring.reads(), call.principal).note_and_red_letter(note_id)
    if note is None:
        raise NotFound("credit_note_not_found", f"There is no credit note {note_id}.")
    return note, red
