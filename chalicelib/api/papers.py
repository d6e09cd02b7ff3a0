"""The papers of a return: documents that are linked to it, and the report of its cause."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api import scopes
from chalicelib.api.answers import ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.return_parts import CauseReportView
from chalicelib.api.schemas.return_views import ReturnView
from chalicelib.api.schemas.returns import CauseReportBody, DocumentBody
from chalicelib.core.commands import Answer
from chalicelib.core.errors import NotFound
from chalicelib.returns import documents, investigating
from chalicelib.returns.model import Return

bp = Blueprint(__name__)


@bp.route("/returns/{return_id}/documents", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="returns:link-document",
    body=DocumentBody,
    answer=ReturnView,
    idempotency="accepted",
    if_match=always,
)
def link_document(call: Call, body: DocumentBody, return_id: str) -> Answer:
    """Link a paper that is kept elsewhere; linked twice, it is there once."""
    context = call.context()
    return wiring.commands().answer(
        lambda reads: documents.link(
            scopes.own(reads, call.principal),
            return_id,
            scopes.linked_by(call.principal, body.to_domain()),
            context,
        ),
        context=context,
        render=_shown,
        idempotency=call.idempotency,
    )


@bp.route("/returns/{return_id}/cause-report", methods=["PUT"], **PRIVATE)
@endpoint(
    bp,
    allow="returns:investigate",
    body=CauseReportBody,
    answer=ReturnView,
    idempotency="accepted",
    if_match=always,
)
def put_cause_report(call: Call, body: CauseReportBody, return_id: str) -> Answer:
    """Write down why the goods come back, in place of an earlier report."""
    context = call.context()
    return wiring.commands().answer(
        lambda reads: investigating.report_cause(reads, return_id, body.to_domain(), context),
        context=context,
        render=_shown,
        idempotency=call.idempotency,
    )


@bp.route("/returns/{return_id}/cause-report", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="returns:read-cause", answer=CauseReportView)
def read_cause_report(return_id: str) -> Answer:
    """Read why the goods come back."""
    ret = wiring.reads().return_(return_id)
    if ret is None:
        raise NotFound("return_not_found", f"There is no return {return_id}.")
    if ret.cause_report is None:
        raise NotFound("cause_report_not_found", f"Nobody reported on return {return_id} yet.")
    return ok(CauseReportView.of(ret.cause_report), version=ret.version)


def _shown(ret: Return) -> Answer:
    return ok(ReturnView.of(ret), version=ret.version)
