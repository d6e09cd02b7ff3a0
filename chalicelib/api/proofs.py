"""Proofs of payments by hand: a form to upload one with, and links for those who keep the books.

A proof cannot be drawn anew as photos are, so it is served to few, as a file and never as a page.
"""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import created, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.proofs import ProofBody, ProofsView, ProofUploadView, ProofView
from chalicelib.core.commands import Answer, Decided
from chalicelib.core.errors import NotFound
from chalicelib.settlement import proofs
from chalicelib.settlement.loading import SettlementReader, stored
from chalicelib.settlement.proofs import Proof

bp = Blueprint(__name__)


@bp.route("/settlements/{settlement_id}/proofs", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="settlements:confirm",
    body=ProofBody,
    answer=ProofUploadView,
    status=201,
    idempotency="accepted",
)
def request_proof(call: Call, body: ProofBody, settlement_id: str) -> Answer:
    """Ask for a form to upload a proof with, for five minutes; `confirm` then names the proof."""
    context = call.context()

    def decide(reads: SettlementReader) -> Decided[str]:
        stored(reads, settlement_id)
        return Decided(
            result=proofs.proof_key(settlement_id, context.command_id, body.content_type)
        )

    def form(key: str) -> Answer:
        made = wiring.files().upload_form(key, content_type=body.content_type, size_max=body.size)
        view = ProofUploadView(
            proof=key, url=made.url, fields=dict(made.fields), expires_at=made.expires_at
        )
        return created(view, location=f"/v1/settlements/{settlement_id}/proofs")

    return wiring.commands().answer(
        decide, context=context, render=form, idempotency=call.idempotency
    )


@bp.route("/settlements/{settlement_id}/proofs", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="proofs:read", answer=ProofsView)
def list_proofs(settlement_id: str) -> Answer:
    """List the files by which legs of a settlement were confirmed, with short-lived addresses."""
    _, _, settlement = stored(wiring.reads(), settlement_id)
    return ok(ProofsView(items=tuple(map(_shown, proofs.proofs_of(settlement)))))


def required(settlement_id: str, proof: str) -> str:
    """The proof as it is told to `confirm`; raises Invalid `proof_not_found` for a file that is
    not there, or not of a kind that was asked for."""
    if not proofs.is_file(proof):
        return proof
    proofs.require_own(settlement_id, proof)
    try:
        found = wiring.files().head(proof)
    except NotFound:
        raise proofs.proof_not_found() from None
    if found.content_type not in proofs.ENDINGS or found.size > proofs.PROOF_BYTES_MAX:
        raise proofs.proof_not_found()
    return proof


def _shown(proof: Proof) -> ProofView:
    url = wiring.files().download_url(proof.key, file_name=proof.file_name)
    return ProofView(proof=proof.key, payment_id=proof.payment_id, amount=proof.amount, url=url)
