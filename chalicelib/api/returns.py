"""Returns: asking for one, reading it, deciding about it."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api import blinding, problems, scopes
from chalicelib.api.answers import created, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint, problem_of
from chalicelib.api.call import Call, filled
from chalicelib.api.cursors import page_of
from chalicelib.api.schemas.approvals import ObstacleView, PreviewView
from chalicelib.api.schemas.quotes import QuoteView
from chalicelib.api.schemas.return_views import (
    ReturnRowView,
    ReturnsPage,
    ReturnView,
    TimelineEntryView,
    TimelineView,
)
from chalicelib.api.schemas.returns import (
    ApproveBody,
    CancelBody,
    EditBody,
    ExpireBody,
    QuestionBody,
    RejectBody,
    ReturnBody,
    ReturnsQuery,
    Sort,
    SubmitBody,
)
from chalicelib.auth import permissions
from chalicelib.core.commands import Answer
from chalicelib.core.errors import NotFound
from chalicelib.returns import (
    asking,
    editing,
    ending,
    previewing,
    quoting,
    requesting,
    review,
)
from chalicelib.returns.model import Return
from chalicelib.settings import settings
from chalicelib.store.summaries import summary_of
from chalicelib.store.views import ReturnFilters

bp = Blueprint(__name__)


@bp.route("/returns", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="returns:create",
    body=ReturnBody,
    answer=ReturnView,
    status=201,
    idempotency="accepted",
)
def create_return(call: Call, body: ReturnBody) -> Answer:
    """Ask to return items of an order.

    With `submit` false it is kept as a draft and reserves nothing.
    """
    context = call.context()
    request = scopes.asked_by(call.principal, body.to_domain(settings.base_currency))
    return wiring.commands().answer(
        lambda reads: requesting.create(scopes.own(reads, call.principal), request, context),
        context=context,
        render=lambda ret: created(
            ReturnView.of(ret), location=f"/v1/returns/{ret.return_id}", version=ret.version
        ),
        idempotency=call.idempotency,
    )


@bp.route("/returns", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="returns:list", query=ReturnsQuery, answer=ReturnsPage, refuses=(404,))
def list_returns(call: Call, query: ReturnsQuery) -> Answer:
    """List returns, the newest first unless asked otherwise; a customer's list holds their own.

    A number is looked up at its return itself; lists may lag a little.
    """
    filters = ReturnFilters(
        status=query.status,
        warehouse=query.warehouse,
        customer_id=permissions.own_customer_id(call.principal, query.customer_id),
        order_no=query.order_no,
        sku=query.sku,
        within=permissions.seen_warehouses(call.principal, "returns:list"),
    )
    if query.number is not None:
        reads = scopes.own(wiring.reads(), call.principal)
        ret = reads.return_by_number(query.number.upper())
        one = (ReturnRowView.of(summary_of(ret)),) if ret and filters.fit_return(ret) else ()
        return page_of(call, ReturnsPage, one, None)
    page = wiring.views().returns(
        filters,
        limit=query.limit,
        cursor=query.cursor,
        oldest_first=query.sort is Sort.OLDEST,
    )
    items = tuple(ReturnRowView.of(row) for row in page.items)
    return page_of(call, ReturnsPage, items, page.next_cursor)


@bp.route("/returns/quote", methods=["POST"], **PRIVATE)
@endpoint(bp, allow="returns:quote", body=ReturnBody, answer=QuoteView)
def quote_return(call: Call, body: ReturnBody) -> Answer:
    """See what a request would bring, without making it."""
    request = scopes.asked_by(call.principal, body.to_domain(settings.base_currency))
    reads = scopes.own(wiring.reads(), call.principal)
    quoted = quoting.quote(reads, request, call.context())
    return ok(QuoteView.of(quoted, for_staff=not call.principal.is_customer_only))


@bp.route("/returns/{return_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="returns:read", answer=ReturnView)
def read_return(call: Call, return_id: str) -> Answer:
    """Read a return."""
    ret = _seen(call, return_id)
    is_staff = not call.principal.is_customer_only
    view = ReturnView.of(ret, with_words=True, for_staff=is_staff)
    return ok(blinding.return_told(view, ret, call.principal), version=ret.version)


@bp.route("/returns/{return_id}", methods=["PATCH"], **PRIVATE)
@endpoint(
    bp,
    allow="returns:edit",
    body=EditBody,
    answer=ReturnView,
    idempotency="accepted",
    if_match=always,
)
def edit_return(call: Call, body: EditBody, return_id: str) -> Answer:
    """Change a draft, a request with an open question, or a rejected one.

    What was rejected becomes a draft; while a question is open the units stay reserved.
    """
    context = call.context()
    command = scopes.edited_by(call.principal, body.to_domain())
    return wiring.commands().answer(
        lambda reads: editing.edit(scopes.own(reads, call.principal), return_id, command, context),
        context=context,
        render=_shown,
        idempotency=call.idempotency,
    )


@bp.route("/returns/{return_id}/submit", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="returns:submit",
    body=SubmitBody,
    answer=ReturnView,
    idempotency="accepted",
    if_match=always,
)
def submit_return(call: Call, body: SubmitBody, return_id: str) -> Answer:
    """Submit a draft, an answer or a corrected request.

    It is decided by policy and its units are reserved.
    """
    context = call.context()
    why = scopes.override_by(call.principal, body.override.reason if body.override else None)
    return wiring.commands().answer(
        lambda reads: requesting.submit(
            scopes.own(reads, call.principal), return_id, context, override=why
        ),
        context=context,
        render=_shown,
        idempotency=call.idempotency,
    )


@bp.route("/returns/{return_id}/approve", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="returns:approve",
    body=ApproveBody,
    answer=ReturnView,
    idempotency="accepted",
    if_match=always,
)
def approve_return(call: Call, body: ApproveBody, return_id: str) -> Answer:
    """Approve pending units, all of them or some per line.

    Where two persons have to, the first one's yes is kept, and nothing moves before the second.
    """
    context = call.context()
    return wiring.commands().answer(
        lambda reads: review.approve(reads, return_id, body.to_domain(), context),
        context=context,
        render=_shown_to_staff,
        idempotency=call.idempotency,
    )


@bp.route("/returns/{return_id}/approve/preview", methods=["POST"], **PRIVATE)
@endpoint(bp, allow="returns:approve", body=ApproveBody, answer=PreviewView)
def preview_approval(call: Call, body: ApproveBody, return_id: str) -> Answer:
    """See what approving would bring, and what stands against it, without doing it."""
    context = call.context()
    seen = previewing.preview(wiring.reads(), return_id, body.to_domain(), context)
    obstacles = tuple(
        ObstacleView.of(
            problems.document(
                problem_of(error),
                language=call.language,
                instance=filled(call.route, call.path),
                trace_id=call.correlation_id,
            )
        )
        for error in seen.obstacles
    )
    return ok(PreviewView.of(seen, obstacles))


@bp.route("/returns/{return_id}/reject", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="returns:reject",
    body=RejectBody,
    answer=ReturnView,
    idempotency="accepted",
    if_match=always,
)
def reject_return(call: Call, body: RejectBody, return_id: str) -> Answer:
    """Reject all pending units with a reason; they may be asked for again."""
    context = call.context()
    return wiring.commands().answer(
        lambda reads: review.reject(reads, return_id, body.to_domain(), context),
        context=context,
        render=_shown_to_staff,
        idempotency=call.idempotency,
    )


@bp.route("/returns/{return_id}/request-info", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="returns:request-info",
    body=QuestionBody,
    answer=ReturnView,
    idempotency="accepted",
    if_match=always,
)
def request_info(call: Call, body: QuestionBody, return_id: str) -> Answer:
    """Ask the customer a question before deciding; the units stay reserved until it expires."""
    context = call.context()
    command = asking.RequestInfo(question=body.question)
    return wiring.commands().answer(
        lambda reads: asking.request_info(reads, return_id, command, context),
        context=context,
        render=_shown,
        idempotency=call.idempotency,
    )


@bp.route("/returns/{return_id}/cancel", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="returns:cancel",
    body=CancelBody,
    answer=ReturnView,
    idempotency="accepted",
    if_match=always,
)
def cancel_return(call: Call, body: CancelBody, return_id: str) -> Answer:
    """Take units back before they are sent, all of them or some per line."""
    context = call.context()
    return wiring.commands().answer(
        lambda reads: ending.cancel(
            scopes.own(reads, call.principal), return_id, body.to_domain(), context
        ),
        context=context,
        render=_shown,
        idempotency=call.idempotency,
    )


@bp.route("/returns/{return_id}/expire", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="returns:expire",
    body=ExpireBody,
    answer=ReturnView,
    idempotency="accepted",
    if_match=always,
)
def expire_return(call: Call, body: ExpireBody, return_id: str) -> Answer:
    """End what was waited for in vain, before its deadline does."""
    context = call.context()
    return wiring.commands().answer(
        lambda reads: ending.expire(reads, return_id, body.waited_for, context),
        context=context,
        render=_shown,
        idempotency=call.idempotency,
    )


@bp.route("/returns/{return_id}/timeline", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="returns:read", answer=TimelineView)
def read_timeline(call: Call, return_id: str) -> Answer:
    """Read every event of a return: what happened, when, and who did it."""
    ret = _seen(call, return_id)
    events = scopes.told(wiring.reads().events(ret.subject), call.principal)
    events = blinding.events_told(events, ret, call.principal)
    return ok(TimelineView(items=tuple(TimelineEntryView.of(event) for event in events)))


def _seen(call: Call, return_id: str) -> Return:
    ret = scopes.own(wiring.reads(), call.principal).return_(return_id)
    if ret is None:
        raise NotFound("return_not_found", f"There is no return {return_id}.")
    return ret


def _shown(ret: Return) -> Answer:
    return ok(ReturnView.of(ret), version=ret.version)


def _shown_to_staff(ret: Return) -> Answer:
    return ok(ReturnView.of(ret, for_staff=True), version=ret.version)
