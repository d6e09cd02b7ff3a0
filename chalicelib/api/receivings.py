"""Counting at the door: opened, counted by scan or by hand, closed into receipts."""

from collections.abc import Callable

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import created, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.cursors import page_of
from chalicelib.api.schemas.common import NoFields
from chalicelib.api.schemas.receivings import (
    CloseReceivingBody,
    CountBody,
    OpenBody,
    ReceivingRowView,
    ReceivingsPage,
    ReceivingsQuery,
    ReceivingView,
)
from chalicelib.auth import permissions
from chalicelib.core.commands import Answer, Decided
from chalicelib.core.errors import NotFound
from chalicelib.core.events import Context
from chalicelib.receivings import closing, opening
from chalicelib.receivings.model import Receiving
from chalicelib.store.reads import Reads
from chalicelib.store.receiving_lists import receivings

bp = Blueprint(__name__)


@bp.route("/receivings", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="receivings:count",
    body=OpenBody,
    answer=ReceivingView,
    status=201,
    idempotency="accepted",
)
def open_receiving(call: Call, body: OpenBody) -> Answer:
    """Begin to count a parcel, a pallet or the goods of a return.

    `blind`: what is announced is shown to nobody before the close. `announced`: it is listed under
    `expected`. One thing is counted once at a time.
    """
    permissions.act_in(call.principal, body.warehouse, "receivings:count")
    context = call.context()
    return wiring.commands().answer(
        lambda reads: opening.open_receiving(reads, body.to_domain(), context),
        context=context,
        render=lambda one: created(
            ReceivingView.of(one),
            location=f"/v1/receivings/{one.receiving_id}",
            version=one.version,
        ),
        idempotency=call.idempotency,
    )


@bp.route("/receivings", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="receivings:read", query=ReceivingsQuery, answer=ReceivingsPage)
def list_receivings(call: Call, query: ReceivingsQuery) -> Answer:
    """List receivings, newest first."""
    filters = query.to_filters(permissions.seen_warehouses(call.principal, "receivings:read"))
    page = receivings(wiring.views_table(), filters, query.limit, query.cursor)
    items = tuple(ReceivingRowView.of(row) for row in page.items)
    return page_of(call, ReceivingsPage, items, page.next_cursor)


@bp.route("/receivings/{receiving_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="receivings:read", answer=ReceivingView)
def read_receiving(call: Call, receiving_id: str) -> Answer:
    """Read a receiving: who counted what; after its close, announced beside counted."""
    one = wiring.reads().receiving(receiving_id)
    seen = permissions.seen_warehouses(call.principal, "receivings:read")
    if one is None or (seen is not None and one.warehouse not in seen):
        raise NotFound("receiving_not_found", f"There is no receiving {receiving_id}.")
    return _shown(one)


@bp.route("/receivings/{receiving_id}/items", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="receivings:count",
    body=CountBody,
    answer=ReceivingView,
    idempotency="accepted",
)
def count_items(call: Call, body: CountBody, receiving_id: str) -> Answer:
    """Count more, by scan or by hand; an id that was counted before is not counted twice.

    Several may count at once: no version has to be named.
    """
    command = body.to_domain()
    return _done(
        call,
        "receivings:count",
        lambda reads, context: opening.add(reads, receiving_id, command, context),
    )


@bp.route("/receivings/{receiving_id}/close", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="receivings:close",
    body=CloseReceivingBody,
    answer=ReceivingView,
    idempotency="required",
    if_match=always,
)
def close_receiving(call: Call, body: CloseReceivingBody, receiving_id: str) -> Answer:
    """Book the count: one receipt for each return that got goods, exceptions for what fits none.

    A blind count that is too far off becomes `RECOUNT` in place of that: another person counts.
    """
    command = body.to_domain()
    return _done(
        call,
        "receivings:close",
        lambda reads, context: closing.close(reads, receiving_id, command, context),
    )


@bp.route("/receivings/{receiving_id}/cancel", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="receivings:close",
    body=NoFields,
    answer=ReceivingView,
    idempotency="accepted",
    if_match=always,
)
def cancel_receiving(call: Call, receiving_id: str) -> Answer:
    """Give a count up; nothing of it is booked."""
    return _done(
        call,
        "receivings:close",
        lambda reads, context: opening.cancel(reads, receiving_id, context),
    )


def _done(
    call: Call, permission: str, decide: Callable[[Reads, Context], Decided[Receiving]]
) -> Answer:
    context = call.context()

    def decided(reads: Reads) -> Decided[Receiving]:
        done = decide(reads, context)
        permissions.act_in(call.principal, done.result.warehouse, permission)
        return done

    return wiring.commands().answer(
        decided, context=context, render=_shown, idempotency=call.idempotency
    )


def _shown(one: Receiving) -> Answer:
    return ok(ReceivingView.of(one), version=one.version)
