"""Store credit: what customers have, giving and spending it, and undoing either."""

from collections.abc import Callable

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import created, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.cursors import page_of
from chalicelib.api.schemas.common import NoFields
from chalicelib.api.schemas.credits import (
    CreditAccountView,
    CreditEntriesPage,
    CreditEntryView,
    CreditRowView,
    CreditsPage,
    CreditsQuery,
    CustomerCreditView,
    EntriesQuery,
    IssueCreditBody,
    SpendCreditBody,
)
from chalicelib.api.schemas.settlements import SettlementView
from chalicelib.auth import permissions
from chalicelib.core.commands import Answer, Decided
from chalicelib.core.events import Context
from chalicelib.credits import changing, withdrawing
from chalicelib.credits.ageing import end_of_validity
from chalicelib.credits.model import CreditEntry, CreditReason, account_id_for
from chalicelib.returns.model import Return
from chalicelib.settings import settings
from chalicelib.settlement.loading import settlement_of
from chalicelib.store.reads import Reads

bp = Blueprint(__name__)


@bp.route("/customers/{customer_id}/credit", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="credits:read", answer=CustomerCreditView)
def read_credit(call: Call, customer_id: str) -> Answer:
    """Read what store credit a customer has: by currency, with what expires when."""
    permissions.own_customer_id(call.principal, customer_id)
    accounts = wiring.reads().credit_accounts(customer_id)
    return ok(
        CustomerCreditView(
            customer_id=customer_id,
            accounts=tuple(CreditAccountView.of(one, call.received_at) for one in accounts),
        )
    )


@bp.route("/customers/{customer_id}/credit/entries", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="credits:read", query=EntriesQuery, answer=CreditEntriesPage)
def list_credit_entries(call: Call, query: EntriesQuery, customer_id: str) -> Answer:
    """List what changed a customer's credit in one currency, the newest first."""
    permissions.own_customer_id(call.principal, customer_id)
    account_id = account_id_for(customer_id, query.currency)
    page = wiring.views().credit_entries(account_id, limit=query.limit, cursor=query.cursor)
    items = tuple(_entry(call, entry) for entry in page.items)
    return page_of(call, CreditEntriesPage, items, page.next_cursor)


@bp.route("/credits", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="credits:list", query=CreditsQuery, answer=CreditsPage)
def list_credits(call: Call, query: CreditsQuery) -> Answer:
    """List the accounts in which store credit is left, those that changed last first."""
    page = wiring.views().credits(query.currency, limit=query.limit, cursor=query.cursor)
    items = tuple(CreditRowView.of(row) for row in page.items)
    return page_of(call, CreditsPage, items, page.next_cursor)


@bp.route("/customers/{customer_id}/credit", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="credits:issue",
    body=IssueCreditBody,
    answer=CreditEntryView,
    status=201,
    idempotency="required",
    if_match=always,
)
def issue_credit(call: Call, body: IssueCreditBody, customer_id: str) -> Answer:
    """Give a customer store credit on top of what their returns gave, and say why."""
    expires_at = body.expires_at or end_of_validity(call.received_at, settings.store_credit_days)
    command = changing.Issue(
        customer_id=customer_id,
        amount=body.amount.to_domain(),
        reason=CreditReason(body.reason),
        expires_at=expires_at,
        return_id=body.return_id,
        order_no=body.order_no,
        reference=body.reference,
    )
    return _changed(call, lambda reads, context: changing.issue(reads, command, context))


@bp.route("/customers/{customer_id}/credit/spend", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="credits:spend",
    body=SpendCreditBody,
    answer=CreditEntryView,
    status=201,
    idempotency="required",
    if_match=always,
)
def spend_credit(call: Call, body: SpendCreditBody, customer_id: str) -> Answer:
    """Pay for an order with store credit; what expires first is spent first.

    State the entry's id as `provider_ref` of the order's payment, whose provider is `store_credit`:
    what comes back of the order is then credit again, valid for as long as this was.
    """
    command = changing.Spend(
        customer_id=customer_id, amount=body.amount.to_domain(), order_no=body.order_no
    )
    return _changed(call, lambda reads, context: changing.spend(reads, command, context))


@bp.route("/credit-entries/{entry_id}/reverse", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="credits:reverse",
    body=NoFields,
    answer=CreditEntryView,
    status=201,
    idempotency="required",
    if_match=always,
)
def reverse_credit_entry(call: Call, entry_id: str) -> Answer:
    """Put back what was spent on an order that did not stand, or take back credit that was given
    by hand and not touched; each once.
    """
    return _changed(call, lambda reads, context: changing.reverse(reads, entry_id, context))


@bp.route("/settlements/{settlement_id}/withdraw-credit", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="settlements:withdraw-credit",
    body=NoFields,
    answer=SettlementView,
    idempotency="required",
    if_match=always,
)
def withdraw_credit(call: Call, settlement_id: str) -> Answer:
    """Take back the store credit that a settlement gave, so that it is paid in money.

    Only while none of it was spent. Its legs are owed then: pay them by a retry.
    """
    context = call.context()
    return wiring.commands().answer(
        lambda reads: withdrawing.withdraw_credit(reads, settlement_id, context),
        context=context,
        render=lambda ret: _settlement(ret, settlement_id),
        idempotency=call.idempotency,
    )


def _changed(call: Call, decide: Callable[[Reads, Context], Decided[CreditEntry]]) -> Answer:
    context = call.context()
    return wiring.commands().answer(
        lambda reads: decide(reads, context),
        context=context,
        render=lambda entry: created(_entry(call, entry)),
        idempotency=call.idempotency,
    )


def _entry(call: Call, entry: CreditEntry) -> CreditEntryView:
    return CreditEntryView.of(entry, for_staff=not call.principal.is_customer_only)


def _settlement(ret: Return, settlement_id: str) -> Answer:
    settlement = settlement_of(ret, settlement_id)
    assert settlement is not None, "its credit was withdrawn in this command"
    return ok(SettlementView.of(settlement, ret.version), version=ret.version)
