"""Reasons: the catalogue of why goods come back, its changes, and what other systems call them."""

from dataclasses import replace

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import created, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.reasons import (
    MappingView,
    ReasonsQuery,
    ReasonsView,
    ReturnReasonBody,
    ReturnReasonView,
    Shown,
    SystemsView,
    SystemView,
)
from chalicelib.core.commands import Answer
from chalicelib.reasons import managing
from chalicelib.reasons.amendments import amended
from chalicelib.reasons.managing import Changed
from chalicelib.reasons.systems import system_of, systems

bp = Blueprint(__name__)


@bp.route("/reasons", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="reasons:read", query=ReasonsQuery, answer=ReasonsView, status=(200, 304))
def list_reasons(call: Call, query: ReasonsQuery) -> Answer:
    """Read why goods may come back, as a tree in the language of Accept-Language.

    Customers see what they may choose; staff see everything, what is not offered any more too.
    """
    catalogue = amended(wiring.reads().reason_amendments())
    shown = Shown(
        language=call.language,
        in_all=query.languages is not None,
        to_customer=call.principal.is_customer_only,
    )
    return _in_language(ok(ReasonsView.of(catalogue, shown), version=catalogue.version), call)


@bp.route("/reasons/{code}", methods=["PUT"], **PRIVATE)
@endpoint(
    bp,
    allow="reasons:write",
    body=ReturnReasonBody,
    answer=ReturnReasonView,
    status=(200, 201),
    idempotency="accepted",
    if_match=always,
)
def put_reason(call: Call, body: ReturnReasonBody, code: str) -> Answer:
    """Add a reason, or change what follows from one; a code never gets another meaning."""
    context = call.context()
    wanted = body.to_domain(code)
    return wiring.commands().answer(
        lambda reads: managing.put(reads, wanted, context),
        context=context,
        render=lambda changed: _changed(changed, call),
        idempotency=call.idempotency,
    )


@bp.route("/reasons/{code}", methods=["DELETE"], **PRIVATE)
@endpoint(
    bp, allow="reasons:write", answer=ReturnReasonView, idempotency="accepted", if_match=always
)
def deactivate_reason(call: Call, code: str) -> Answer:
    """Offer a reason no longer; returns that name it keep it, and it may be offered again."""
    context = call.context()
    return wiring.commands().answer(
        lambda reads: managing.deactivate(reads, code, context),
        context=context,
        render=lambda changed: _changed(changed, call),
        idempotency=call.idempotency,
    )


@bp.route("/reasons/mappings", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="reasons:read", answer=SystemsView)
def list_mappings() -> Answer:
    """List the systems whose codes are known."""
    return ok(SystemsView(items=tuple(SystemView.of(system_of(name)) for name in systems())))


@bp.route("/reasons/mappings/{system}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="reasons:read", answer=MappingView)
def read_mapping(system: str) -> Answer:
    """Read what another system calls our reasons, rejections and responses."""
    catalogue = amended(wiring.reads().reason_amendments())
    return ok(MappingView.of(system_of(system), catalogue))


def _changed(changed: Changed, call: Call) -> Answer:
    """The reason in every language; the version is that of the whole catalogue."""
    catalogue = changed.catalogue
    view = ReturnReasonView.of(
        changed.reason, catalogue, Shown(language=call.language, in_all=True)
    )
    answer = created if changed.is_new else ok
    return _in_language(answer(view, version=catalogue.version), call)


def _in_language(answer: Answer, call: Call) -> Answer:
    headers = {"Content-Language": call.language, "Vary": "Accept-Language"}
    return replace(answer, headers={**answer.headers, **headers})
