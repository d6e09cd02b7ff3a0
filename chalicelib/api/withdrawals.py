"""Statutory withdrawals: stated, confirmed, acknowledged, and matched with their sale."""

from dataclasses import replace

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api import scopes
from chalicelib.api.answers import created, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.common import NoFields
from chalicelib.api.schemas.withdrawals import (
    DeclaredWithdrawalView,
    MatchWithdrawalBody,
    ReceiptTextView,
    WithdrawalBody,
    WithdrawalView,
)
from chalicelib.core.commands import Answer
from chalicelib.core.errors import Conflict, NotFound
from chalicelib.withdrawals import declaring, matching
from chalicelib.withdrawals.model import Declarant, Withdrawal

bp = Blueprint(__name__)


@bp.route("/withdrawals", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="withdrawals:declare",
    body=WithdrawalBody,
    answer=WithdrawalView,
    status=201,
    idempotency="accepted",
)
def declare_withdrawal(call: Call, body: WithdrawalBody) -> Answer:
    """State that a buyer withdraws from a sale; it takes effect when it is confirmed.

    Nothing is looked up: an order that is not known is no reason to refuse it.
    """
    context = call.context()
    command = scopes.declared_by(call.principal, body.to_domain())
    return wiring.commands().answer(
        lambda reads: declaring.declare(scopes.own(reads, call.principal), command, context),
        context=context,
        render=lambda done: created(
            WithdrawalView.of(done),
            location=f"/v1/withdrawals/{done.withdrawal_id}",
            version=done.version,
        ),
        idempotency=call.idempotency,
    )


@bp.route("/withdrawals/{withdrawal_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="withdrawals:read", answer=DeclaredWithdrawalView)
def read_withdrawal(call: Call, withdrawal_id: str) -> Answer:
    """Read a withdrawal, with who declared it."""
    withdrawal, declarant = _seen(call, withdrawal_id)
    view = DeclaredWithdrawalView.of_both(withdrawal, declarant)
    return ok(view, version=withdrawal.version)


@bp.route("/withdrawals/{withdrawal_id}/confirm", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="withdrawals:declare",
    body=NoFields,
    answer=WithdrawalView,
    idempotency="accepted",
    if_match=always,
)
def confirm_withdrawal(call: Call, withdrawal_id: str) -> Answer:
    """Confirm a withdrawal: it is declared and acknowledged at this moment.

    Where its sale is found and the goods can be returned, the return is made at once; else a
    person finds the sale. Confirming again changes nothing.
    """
    context = call.context()
    return wiring.commands().answer(
        lambda reads: declaring.confirm(scopes.own(reads, call.principal), withdrawal_id, context),
        context=context,
        render=_shown,
        idempotency=call.idempotency,
    )


@bp.route("/withdrawals/{withdrawal_id}/receipt", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="withdrawals:read", answer=ReceiptTextView, refuses=(409,))
def read_receipt(call: Call, withdrawal_id: str) -> Answer:
    """Read the acknowledgement to keep, in the language of Accept-Language."""
    withdrawal, declarant = _seen(call, withdrawal_id)
    if withdrawal.receipt is None:
        raise Conflict(
            "withdrawal_not_confirmed", "The withdrawal was stated, but is not confirmed yet."
        )
    if declarant is None:
        raise NotFound("receipt_erased", "The personal data of this withdrawal were erased.")
    view = ReceiptTextView(
        withdrawal_id=withdrawal.withdrawal_id,
        issued_at=withdrawal.receipt.issued_at,
        language=call.language,
        text=declarant.receipts[call.language],
        sha256=withdrawal.receipt.sha256[call.language],
    )
    answer = ok(view)
    told = {"Content-Language": call.language, "Vary": "Accept-Language"}
    return replace(answer, headers={**answer.headers, **told})


@bp.route("/withdrawals/{withdrawal_id}/match", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="withdrawals:match",
    body=MatchWithdrawalBody,
    answer=WithdrawalView,
    idempotency="accepted",
    if_match=always,
)
def match_withdrawal(call: Call, body: MatchWithdrawalBody, withdrawal_id: str) -> Answer:
    """Say which sale a withdrawal is about, which return brings its goods, or that there is none.

    It is measured by the moment when it was declared.
    """
    context = call.context()
    return wiring.commands().answer(
        lambda reads: matching.match(reads, withdrawal_id, body.to_domain(), context),
        context=context,
        render=_shown,
        idempotency=call.idempotency,
    )


def _seen(call: Call, withdrawal_id: str) -> tuple[Withdrawal, Declarant | None]:
    reads = scopes.own(wiring.reads(), call.principal)
    withdrawal, declarant = reads.withdrawal(withdrawal_id)
    if withdrawal is None:
        raise declaring.not_found(withdrawal_id)
    return withdrawal, declarant


def _shown(withdrawal: Withdrawal) -> Answer:
    return ok(WithdrawalView.of(withdrawal), version=withdrawal.version)
