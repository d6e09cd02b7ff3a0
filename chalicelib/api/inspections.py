"""Inspections and dispositions: how goods look, and where they go."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api import blinding, scopes
from chalicelib.api.answers import created, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.goods import DispositionBody, InspectionBody
from chalicelib.api.schemas.inspections import (
    InspectedReturnView,
    InspectionsView,
    InspectionView,
    ProposalsView,
    ProposedView,
    SecondInspectionBody,
    SecondInspectionView,
)
from chalicelib.api.schemas.return_views import ReturnView
from chalicelib.auth import permissions
from chalicelib.auth.principal import Principal
from chalicelib.core import runs
from chalicelib.core.commands import Answer, Decided
from chalicelib.core.errors import NotFound
from chalicelib.inspection.second import SecondReader, SeenTwice, inspect_again
from chalicelib.inspection.weighing import Proposed, WeighingReader, proposals_for
from chalicelib.returns.disposing import DisposingReader, dispose
from chalicelib.returns.inspecting import InspectingReader, Inspection, inspect
from chalicelib.returns.model import Return
from chalicelib.returns.scrapping import second_above
from chalicelib.settings import settings

bp = Blueprint(__name__)


@bp.route("/returns/{return_id}/inspections", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="returns:inspect",
    body=InspectionBody,
    answer=InspectedReturnView,
    status=201,
    idempotency="required",
    if_match=always,
)
def post_inspection(call: Call, body: InspectionBody, return_id: str) -> Answer:
    """Record how received units look, in groups of like ones, and learn where they might go."""
    context = call.context()
    command = body.to_domain(permissions.seen_warehouses(call.principal, "returns:inspect"))

    def decide(reads: _Reader) -> Decided[_Inspected]:
        decided = inspect(reads, return_id, command, context)
        ret = scopes.in_warehouses(decided, call.principal, "returns:inspect").result
        record = next(r for r in decided.changes.records if isinstance(r, Inspection))
        _require_there(call.principal, ret, [(one.line_no, one.units) for one in record.groups])
        proposed = proposals_for(reads, ret, context.now, inspections=[record])
        done = _Inspected(ret, record.inspection_id, proposed)
        return Decided(result=done, changes=decided.changes)

    return wiring.commands().answer(
        decide,
        context=context,
        render=lambda done: _inspected(done, call.principal),
        idempotency=call.idempotency,
    )


@bp.route("/returns/{return_id}/inspections", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="inspections:read", answer=InspectionsView)
def list_inspections(call: Call, return_id: str) -> Answer:
    """Read every inspection of a return, with what later ones superseded.

    Who may be asked to look a second time is not told what was found the first time.
    """
    ret, reads = _seen(return_id), wiring.reads()
    hidden = {look.inspection_id for look in blinding.hidden_looks(ret, call.principal)}
    items = InspectionView.of_all(
        reads.inspections(return_id),
        reads.second_inspections(return_id),
        still_open={look.inspection_id for look in ret.findings.second_looks},
        hidden=hidden,
    )
    return ok(InspectionsView(items=items))


@bp.route("/returns/{return_id}/disposition-proposals", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="inspections:read", answer=ProposalsView)
def read_proposals(call: Call, return_id: str) -> Answer:
    """Read where inspected units might go, the best way first, with the reasons."""
    ret, reads = _seen(return_id), wiring.reads()
    shown = blinding.as_unseen(ret, blinding.hidden_looks(ret, call.principal))
    proposed = proposals_for(reads, shown, call.received_at)
    version = reads.known_inspection_rules().edition
    return ok(ProposalsView(items=_proposed(ret, proposed), rules_version=version))


@bp.route("/returns/{return_id}/second-inspections", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="returns:inspect",
    body=SecondInspectionBody,
    answer=SecondInspectionView,
    status=201,
    idempotency="accepted",
    if_match=always,
)
def post_second_inspection(call: Call, body: SecondInspectionBody, return_id: str) -> Answer:
    """Record what a second inspector saw of sampled units, who was not told of the first result.

    It changes nothing about the return; where the two disagree, a reviewer is asked.
    """
    context = call.context()

    def decide(reads: SecondReader) -> Decided[SeenTwice]:
        decided = inspect_again(reads, return_id, body.to_domain(), context)
        whole = Decided(result=decided.result.ret, changes=decided.changes)
        scopes.in_warehouses(whole, call.principal, "returns:inspect")
        _require_there(call.principal, decided.result.ret, decided.result.units.items())
        return decided

    return wiring.commands().answer(
        decide,
        context=context,
        render=lambda done: created(SecondInspectionView.of(done.second), version=done.ret.version),
        idempotency=call.idempotency,
    )


@bp.route("/returns/{return_id}/dispositions", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="returns:dispose",
    body=DispositionBody,
    answer=ReturnView,
    status=201,
    idempotency="required",
    if_match=always,
)
def post_disposition(call: Call, body: DispositionBody, return_id: str) -> Answer:
    """Decide where inspected units go, in any split.

    What is scrapped or given away above the limit is on hold until a second person agrees.
    """
    context = call.context()
    limits = second_above(settings.scrap_second_above)

    def decide(reads: DisposingReader) -> Decided[Return]:
        decided = dispose(reads, return_id, body.to_domain(), context, limits)
        return scopes.in_warehouses(decided, call.principal, "returns:dispose")

    return wiring.commands().answer(
        decide,
        context=context,
        render=lambda ret: created(_told(ret, call.principal), version=ret.version),
        idempotency=call.idempotency,
    )


class _Reader(InspectingReader, WeighingReader, Protocol):
    """Reads what an inspection decides about, and what its units are worth."""


@dataclass(frozen=True, slots=True)
class _Inspected:
    """What an inspection is answered with."""

    ret: Return
    inspection_id: str
    proposed: tuple[Proposed, ...]


def _require_there(
    principal: Principal, ret: Return, seen: Iterable[tuple[str, runs.Runs]]
) -> None:
    """Raises NotAllowed for units, by line, that lie where the inspector does not work."""
    places = {
        group.warehouse
        for line_no, units in seen
        for line in ret.lines
        if line.line_no == line_no
        for group in line.groups
        if group.warehouse is not None and runs.common(group.units, units)
    }
    for warehouse in sorted(places):
        permissions.act_in(principal, warehouse, "returns:inspect")


def _inspected(done: _Inspected, principal: Principal) -> Answer:
    view = InspectedReturnView(
        **dict(_told(done.ret, principal)),
        inspection_id=done.inspection_id,
        proposals=_proposed(done.ret, done.proposed),
    )
    return created(view, version=done.ret.version)


def _proposed(ret: Return, proposed: tuple[Proposed, ...]) -> tuple[ProposedView, ...]:
    return tuple(
        ProposedView.of(one, waits=bool(ret.findings.waits_for_second_look(one.line_no, one.units)))
        for one in proposed
    )


def _seen(return_id: str) -> Return:
    ret = wiring.reads().return_(return_id)
    if ret is None:
        raise NotFound("return_not_found", f"There is no return {return_id}.")
    return ret


def _told(ret: Return, principal: Principal) -> ReturnView:
    """The return, without what its next inspector is not to know."""
    return blinding.return_told(ReturnView.of(ret), ret, principal)
