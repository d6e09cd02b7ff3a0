"""Checklists and the rules of inspection: what inspectors go by, as data with versions."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import created, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.checklists import (
    ChecklistBody,
    ChecklistsView,
    ChecklistView,
    VersionQuery,
)
from chalicelib.api.schemas.inspection_rules import InspectionRulesBody, InspectionRulesView
from chalicelib.api.schemas.inspections import AccuraciesView, AccuracyQuery
from chalicelib.core.commands import Answer
from chalicelib.core.errors import NotFound
from chalicelib.inspection import publishing, rules
from chalicelib.inspection.accuracy import accuracies

bp = Blueprint(__name__)


@bp.route("/checklists", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="checklists:read", answer=ChecklistsView)
def list_checklists(call: Call) -> Answer:
    """List the checklists in force, with those that come with the product."""
    found = publishing.listed(wiring.reads(), call.received_at)
    return ok(ChecklistsView(items=tuple(ChecklistView.of(one) for one in found)))


@bp.route("/checklists/{category}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="checklists:read", query=VersionQuery, answer=ChecklistView)
def read_checklist(call: Call, query: VersionQuery, category: str) -> Answer:
    """Read a checklist: the version in force, or any that ever was."""
    found = publishing.read(wiring.reads(), category, query.version, call.received_at)
    return ok(ChecklistView.of(found), version=found.number)


@bp.route("/checklists/{category}", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="checklists:write",
    body=ChecklistBody,
    answer=ChecklistView,
    status=201,
    idempotency="accepted",
    if_match=always,
)
def publish_checklist(call: Call, body: ChecklistBody, category: str) -> Answer:
    """Publish another version of a checklist; those before stay readable."""
    context = call.context()
    wanted = body.to_domain(category, context.now)
    return wiring.commands().answer(
        lambda reads: publishing.publish(reads, wanted, context),
        context=context,
        render=lambda made: created(ChecklistView.of(made), version=made.number),
        idempotency=call.idempotency,
    )


@bp.route("/inspection-rules", methods=["GET"], **PRIVATE)
@endpoint(
    bp,
    allow="checklists:read",
    query=VersionQuery,
    answer=InspectionRulesView,
    status=(200, 304),
    refuses=(404,),
)
def read_inspection_rules(query: VersionQuery) -> Answer:
    """Read which inspections are repeated and by which figures dispositions are proposed."""
    reads = wiring.reads()
    if query.version is None:
        found = reads.inspection_rules()
    elif query.version == rules.InspectionRules().edition:
        found = rules.InspectionRules()
    else:
        past = reads.past_rules(query.version)
        if past is None:
            raise NotFound("rules_not_found", f"There is no version {query.version}.")
        found = past.rules
    return ok(InspectionRulesView.of(found), version=found.edition)


@bp.route("/inspection-rules", methods=["PUT"], **PRIVATE)
@endpoint(
    bp,
    allow="checklists:write",
    body=InspectionRulesBody,
    answer=InspectionRulesView,
    idempotency="accepted",
    if_match=always,
)
def put_inspection_rules(call: Call, body: InspectionRulesBody) -> Answer:
    """Change the rules of inspection; each change is a version that stays readable."""
    context = call.context()
    sampling, thresholds = body.sampling(), body.proposals.to_domain()
    return wiring.commands().answer(
        lambda reads: rules.change_rules(reads, sampling, thresholds, context),
        context=context,
        render=lambda made: ok(InspectionRulesView.of(made), version=made.edition),
        idempotency=call.idempotency,
    )


@bp.route("/inspectors/accuracy", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="inspectors:read", query=AccuracyQuery, answer=AccuraciesView, refuses=(422,))
def read_accuracy(query: AccuracyQuery) -> Answer:
    """Read how far second inspections agreed with each inspector, and how long they took."""
    found = accuracies(wiring.metric_rows(), since=query.since, until=query.until)
    return ok(AccuraciesView.of(found))
