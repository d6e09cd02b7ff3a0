"""Red-letter invoices (红字发票): what became of them in the tax system, and what it is handed."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import created, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.red_letters import (
    HandoverView,
    RedLetterBody,
    RedLetterStepBody,
    RedLetterView,
)
from chalicelib.core.commands import Answer, Decided
from chalicelib.core.errors import NotFound
from chalicelib.core.events import Context
from chalicelib.invoicing import red_letters
from chalicelib.invoicing.handover import handed_over
from chalicelib.invoicing.presenting import Buyer
from chalicelib.invoicing.red_letter import RedLetter
from chalicelib.invoicing.red_letters import TakeStep
from chalicelib.store.reads import Reads

bp = Blueprint(__name__)


@bp.route("/credit-notes/{note_id}/red-letter", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="red-letters:write",
    body=RedLetterBody,
    answer=RedLetterView,
    status=201,
    idempotency="accepted",
    if_match=always,
)
def ask_for_red_letter(call: Call, body: RedLetterBody, note_id: str) -> Answer:
    """Begin a red-letter invoice for a numbered credit note in CNY. Asked again it is the same."""
    context = call.context()
    return wiring.commands().answer(
        lambda reads: red_letters.ask_for(reads, note_id, body.to_domain(), context),
        context=context,
        render=_begun,
        idempotency=call.idempotency,
    )


@bp.route("/red-letters/{red_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="red-letters:read", answer=RedLetterView)
def read_red_letter(red_id: str) -> Answer:
    """Read a red-letter invoice: how far it is, and which steps it takes now."""
    return _shown(_known(wiring.reads(), red_id))


@bp.route("/red-letters/{red_id}/steps", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="red-letters:write",
    body=RedLetterStepBody,
    answer=RedLetterView,
    idempotency="accepted",
    if_match=always,
)
def step_red_letter(call: Call, body: RedLetterStepBody, red_id: str) -> Answer:
    """State what happened in the tax system: a step, or that the buyer used the blue invoice."""
    context = call.context()
    return wiring.commands().answer(
        lambda reads: _stepped(reads, red_id, body, context),
        context=context,
        render=_shown,
        idempotency=call.idempotency,
    )


@bp.route("/red-letters/{red_id}/handover", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="red-letters:hand-over", answer=HandoverView)
def read_handover(red_id: str) -> Answer:
    """Read what the tax system is handed, with names and addresses as they are known now."""
    reads = wiring.reads()
    red = _known(reads, red_id)
    note = reads.credit_note(red.note_id)
    assert note is not None, "notes do not vanish"
    contact = reads.contact(note.contact_ref) if note.contact_ref is not None else None
    buyer = Buyer(name=contact.name, address=contact.address) if contact else Buyer()
    told = handed_over(red, note, seller=reads.seller().identity, buyer=buyer)
    return ok(HandoverView.of(told), version=red.version)


def _stepped(
    reads: Reads, red_id: str, body: RedLetterStepBody, context: Context
) -> Decided[RedLetter]:
    if body.step is not None:
        command = TakeStep(step=body.step, reference=body.reference)
        return red_letters.take(reads, red_id, command, context)
    assert body.blue_use is not None, "one of both is stated"
    return red_letters.restate_use(reads, red_id, body.blue_use, context)


def _known(reads: Reads, red_id: str) -> RedLetter:
    red = reads.red_letter(red_id)
    if red is None:
        raise NotFound("red_letter_not_found", f"There is no red-letter invoice {red_id}.")
    return red


def _begun(red: RedLetter) -> Answer:
    location = f"/v1/red-letters/{red.red_id}"
    return created(RedLetterView.of(red), location=location, version=red.version)


def _shown(red: RedLetter) -> Answer:
    return ok(RedLetterView.of(red), version=red.version)
