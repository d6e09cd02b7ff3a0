"""Policies: drafting, checking and publishing them; the terms they make are in api/terms.py."""

from typing import Any

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api import conditions
from chalicelib.api.answers import created, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.cursors import page_of
from chalicelib.api.schemas.common import NoFields
from chalicelib.api.schemas.policies import (
    CheckView,
    EndBody,
    PoliciesPage,
    PoliciesQuery,
    PolicyRowView,
    PolicyView,
)
from chalicelib.contracts.policy import PolicyBody
from chalicelib.core.clock import rfc3339
from chalicelib.core.commands import Answer, Decided
from chalicelib.core.errors import FieldError, Invalid
from chalicelib.policy import publishing, versions
from chalicelib.policy.catalogue import starters
from chalicelib.policy.publishing import Placed
from chalicelib.policy.reading import document_of
from chalicelib.policy.versions import Drafted, PolicyReader, version_known
from chalicelib.store.policy_rows import PolicyRow, policy_row

bp = Blueprint(__name__)
DOCUMENT_BYTES_MAX = 4 * 1024 * 1024
"""Long documents are told that they have too many rules, not that they are long."""


@bp.route("/policies", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="policies:read", query=PoliciesQuery, answer=PoliciesPage)
def list_policies(call: Call, query: PoliciesQuery) -> Answer:
    """List all versions of all policies: a page of the merchant's own, and what is built in."""
    page = wiring.views().policies(query.policy, limit=query.limit, cursor=query.cursor)
    built_in = [policy_row(one) for name in starters() if (one := versions.built_in(name))]
    chosen = [row for row in built_in if query.policy in (None, row.policy)]
    shown = {row.version_id: row for row in _shown_rows(call, [*page.items, *chosen])}
    return page_of(
        call,
        lambda **rest: PoliciesPage(
            built_in=tuple(shown[row.version_id] for row in sorted(chosen, key=_place)), **rest
        ),
        tuple(shown[row.version_id] for row in page.items),
        page.next_cursor,
    )


@bp.route("/policies/check", methods=["POST"], **PRIVATE)
@endpoint(
    bp, allow="policies:draft", body=PolicyBody, answer=CheckView, body_max=DOCUMENT_BYTES_MAX
)
def check_policy(call: Call, body: PolicyBody) -> Answer:
    """Say what is wrong with a document, and what is odd; nothing is kept."""
    form = form_of(body)
    shelf = wiring.reads().policy_shelf(form["policy"])
    return ok(CheckView.of(publishing.findings_of(document_of(form), shelf, call.received_at)))


@bp.route("/policies/{version_id}", methods=["PUT"], **PRIVATE)
@endpoint(
    bp,
    allow="policies:draft",
    body=PolicyBody,
    answer=PolicyView,
    status=(200, 201),
    idempotency="accepted",
    body_max=DOCUMENT_BYTES_MAX,
)
def put_policy(call: Call, body: PolicyBody, version_id: str) -> Answer:
    """Keep a policy document as a draft, or change a draft.

    A person who changes a draft that is there already says by If-Match which version they looked
    at. What is published, discarded or built in cannot be changed: draft under another id.
    """
    form, context = form_of(body), call.context()
    if form["version"] != version_id:
        message = f"The document says {form['version']}, the address {version_id}."
        fault = FieldError(pointer="/version", code="other_version", message=message)
        raise Invalid("other_version", message, errors=[fault])

    def decide(reads: PolicyReader) -> Decided[tuple[Drafted, Placed]]:
        decided = versions.draft(reads, form, context)
        drafted = decided.result
        if drafted.changed and not drafted.created:
            conditions.must_name_version(call)
        shelf = reads.policy_shelf(drafted.version.policy)
        placed = Placed(version=drafted.version, shelf=shelf)
        return Decided(result=(drafted, placed), changes=decided.changes)

    def render(done: tuple[Drafted, Placed]) -> Answer:
        drafted, placed = done
        if not drafted.created:
            return _shown(call, placed)
        location = f"/v1/policies/{version_id}"
        return created(_view(call, placed), location=location, version=drafted.version.version)

    return wiring.commands().answer(
        decide, context=context, render=render, idempotency=call.idempotency
    )


@bp.route("/policies/{version_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="policies:read", answer=PolicyView)
def read_policy(call: Call, version_id: str) -> Answer:
    """Read a version as it was written, when it is in force, and what is odd about it.

    A version that is built in can be copied: draft its document under an id of your own.
    """
    reads = wiring.reads()
    known = version_known(reads, version_id)
    return _shown(call, Placed(version=known, shelf=reads.policy_shelf(known.policy)))


@bp.route("/policies/{version_id}", methods=["DELETE"], **PRIVATE)
@endpoint(bp, allow="policies:draft", answer=PolicyView, idempotency="accepted", if_match=always)
def discard_policy(call: Call, version_id: str) -> Answer:
    """Give a draft up. Its id stays taken, so that it never means another document."""
    context = call.context()

    def decide(reads: PolicyReader) -> Decided[Placed]:
        decided = versions.discard(reads, version_id, context)
        gone = decided.result
        placed = Placed(version=gone, shelf=reads.policy_shelf(gone.policy))
        return Decided(result=placed, changes=decided.changes)

    return wiring.commands().answer(
        decide,
        context=context,
        render=lambda placed: _shown(call, placed),
        idempotency=call.idempotency,
    )


@bp.route("/policies/{version_id}/publish", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="policies:publish",
    body=NoFields,
    answer=PolicyView,
    idempotency="accepted",
    if_match=always,
)
def publish_policy(call: Call, version_id: str) -> Answer:
    """Put a draft in force from its date on; every fault is named where it cannot be."""
    context = call.context()
    return wiring.commands().answer(
        lambda reads: publishing.publish(reads, version_id, context),
        context=context,
        render=lambda placed: _shown(call, placed),
        idempotency=call.idempotency,
    )


@bp.route("/policies/{version_id}/end", methods=["POST"], **PRIVATE)
@endpoint(bp, allow="policies:publish", body=EndBody, answer=PolicyView, idempotency="accepted")
def end_policy(call: Call, body: EndBody, version_id: str) -> Answer:
    """Let a published version end; what was sold under it keeps its terms.

    A version that has not begun is taken back by an end at its beginning.
    """
    context = call.context()
    return wiring.commands().answer(
        lambda reads: publishing.end(reads, version_id, body.at, context),
        context=context,
        render=lambda placed: _shown(call, placed),
        idempotency=call.idempotency,
    )


def form_of(body: PolicyBody) -> dict[str, Any]:  # Any: the JSON form of a policy
    """The document as it is kept: what was not said is not written, moments are in UTC."""
    form: dict[str, Any] = body.model_dump(mode="json", by_alias=True, exclude_unset=True)
    for name in ("effective_from", "effective_to"):
        moment = getattr(body, name)
        if moment is not None:
            form[name] = rfc3339(moment)
    return form


def _shown(call: Call, placed: Placed) -> Answer:
    return ok(_view(call, placed), version=placed.version.version)


def _view(call: Call, placed: Placed) -> PolicyView:
    found = publishing.findings(placed.version, placed.shelf, call.received_at)
    return PolicyView.of(placed, found)


def _shown_rows(call: Call, rows: list[PolicyRow]) -> list[PolicyRowView]:
    reads = wiring.reads()
    shelves = {policy: reads.known_shelf(policy) for policy in sorted({row.policy for row in rows})}
    return [PolicyRowView.of(row, shelves[row.policy], call.received_at) for row in rows]


def _place(row: PolicyRow) -> tuple[str, str]:
    return row.policy, row.version_id
