"""Explanations: why a return was accepted, sent to review or refused."""

from dataclasses import replace

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api import scopes
from chalicelib.api.answers import ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.explanations import ExplanationView
from chalicelib.core.commands import Answer
from chalicelib.core.errors import NotFound
from chalicelib.policy.evaluation import CompiledPolicy
from chalicelib.policy.explaining import explain
from chalicelib.policy.verdict import Decision
from chalicelib.store.reads import Reads

bp = Blueprint(__name__)


@bp.route("/returns/{return_id}/decision", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="returns:read", answer=ExplanationView)
def explain_decision(call: Call, return_id: str) -> Answer:
    """Explain a decision: every rule, the facts it asked, what it decided, and by which version.

    A customer reads it without what is said about them and without rules that ask for that.
    """
    reads = wiring.reads()
    ret = scopes.own(reads, call.principal).return_(return_id)
    if ret is None:
        raise NotFound("return_not_found", f"There is no return {return_id}.")
    if ret.decision is None:
        raise NotFound("decision_not_found", f"Nothing was decided about return {ret.number} yet.")
    told = explain(
        ret.decision,
        _versions(reads, ret.decision),
        language=call.language,
        for_staff=not call.principal.is_customer_only,
    )
    answer = ok(ExplanationView.of(told, return_id=ret.return_id, number=ret.number))
    said = {"Content-Language": told.language, "Vary": "Accept-Language"}
    return replace(answer, headers={**answer.headers, **said})


def _versions(reads: Reads, decision: Decision) -> dict[str, CompiledPolicy]:
    """The versions that decided, and the one that was in force beside them."""
    names = [decision.policy_version, *(line.policy_version for line in decision.lines)]
    found = {name: reads.policy(name) for name in dict.fromkeys(names) if name is not None}
    known = {name: policy for name, policy in found.items() if policy is not None}
    if decision.requested_at is not None and decision.policy_version in known:
        later = reads.policies_for(decision.policy_version, decision.requested_at).later
        if later is not None:
            known.setdefault(later.document.version_id, later)
    return known
