"""Partners that run warehouses: how they are told, what they were told, and what they tell back."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import created, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.cursors import page_of
from chalicelib.api.schemas.notices import (
    ConfirmationBody,
    ConfirmationView,
    NoticeRowView,
    NoticesPage,
    NoticesQuery,
    NoticeView,
    PartnerBody,
    PartnerView,
)
from chalicelib.auth import permissions
from chalicelib.core.commands import Answer, Decided
from chalicelib.core.errors import NotFound
from chalicelib.notices.confirming import confirm
from chalicelib.notices.model import AdvanceNotice, Confirmation
from chalicelib.notices.partners import Partner, set_up
from chalicelib.settings import settings
from chalicelib.store.notice_lists import notices
from chalicelib.store.reads import Reads

bp = Blueprint(__name__)


@bp.route("/partners/{warehouse}", methods=["PUT"], **PRIVATE)
@endpoint(
    bp,
    allow="partners:write",
    body=PartnerBody,
    answer=PartnerView,
    idempotency="accepted",
    if_match=always,
)
def put_partner(call: Call, body: PartnerBody, warehouse: str) -> Answer:
    """Say which partner runs a warehouse, and where it is told what comes."""
    context = call.context()
    return wiring.commands().answer(
        lambda reads: set_up(
            reads, warehouse, body.to_domain(), context, sandbox=settings.partner_sandbox_url
        ),
        context=context,
        render=_partner,
        idempotency=call.idempotency,
    )


@bp.route("/partners/{warehouse}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="partners:read", answer=PartnerView)
def read_partner(call: Call, warehouse: str) -> Answer:
    """Read which partner runs a warehouse."""
    partner = wiring.reads().partner(warehouse)
    seen = permissions.seen_warehouses(call.principal, "partners:read")
    if partner is None or (seen is not None and warehouse not in seen):
        raise NotFound("partner_not_found", f"The warehouse {warehouse} has no partner.")
    return _partner(partner)


@bp.route("/notices", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="notices:read", query=NoticesQuery, answer=NoticesPage)
def list_notices(call: Call, query: NoticesQuery) -> Answer:
    """List advance notices, newest first: for partners that ask rather than are told."""
    filters = query.to_filters(permissions.seen_warehouses(call.principal, "notices:read"))
    page = notices(wiring.views_table(), filters, query.limit, query.cursor)
    items = tuple(NoticeRowView.of(row) for row in page.items)
    return page_of(call, NoticesPage, items, page.next_cursor)


@bp.route("/notices/{notice_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="notices:read", answer=NoticeView)
def read_notice(call: Call, notice_id: str) -> Answer:
    """Read what comes, and what was confirmed of it."""
    notice = wiring.reads().notice(notice_id)
    seen = permissions.seen_warehouses(call.principal, "notices:read")
    if notice is None or (seen is not None and notice.warehouse not in seen):
        raise NotFound("notice_not_found", f"There is no notice {notice_id}.")
    return ok(NoticeView.of(notice), version=notice.version)


@bp.route("/notices/{notice_id}/confirmations", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="notices:confirm",
    body=ConfirmationBody,
    answer=ConfirmationView,
    status=201,
    idempotency="accepted",
)
def confirm_notice(call: Call, body: ConfirmationBody, notice_id: str) -> Answer:
    """Tell what came of a notice; it is booked as receipts, and compared with what was announced.

    It is booked once for each `confirmation_id`. Units that are announced and did not come are
    `short`, and still waited for.
    """
    context = call.context()

    def decide(reads: Reads) -> Decided[Confirmation]:
        _require_own(call, reads.notice(notice_id))
        return confirm(reads, notice_id, body.to_domain(), context)

    return wiring.commands().answer(
        decide,
        context=context,
        render=lambda done: created(ConfirmationView.of(done)),
        idempotency=call.idempotency,
    )


def _require_own(call: Call, notice: AdvanceNotice | None) -> None:
    if notice is not None:
        permissions.act_in(call.principal, notice.warehouse, "notices:confirm")


def _partner(partner: Partner) -> Answer:
    return ok(PartnerView.of(partner), version=partner.version)
