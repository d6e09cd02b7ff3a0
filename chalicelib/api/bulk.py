"""Many returns in one request, each a transaction of its own: one that is refused stops no other.

The whole request is answered once: what it was told is kept under its key. Where it was cut short,
or something has to be tried again, the places that were done before are told again by keys of
their own and the rest is done.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api import problems, scopes
from chalicelib.api.answers import encode, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import endpoint, problem_of
from chalicelib.api.call import Call, filled
from chalicelib.api.schemas.bulk import (
    BulkApproval,
    BulkApproveBody,
    BulkBody,
    BulkResult,
    BulkView,
    ReturnRef,
)
from chalicelib.api.schemas.problem import ProblemView
from chalicelib.api.schemas.returns import ReturnBody
from chalicelib.core.commands import Answer, Decided, IdempotencyKey
from chalicelib.core.errors import DomainError, TransientError
from chalicelib.core.events import Context
from chalicelib.core.ids import derived_id
from chalicelib.returns import requesting, review
from chalicelib.returns.model import Return
from chalicelib.settings import settings
from chalicelib.store.reads import Reads

T = TypeVar("T")
TIME_S = 18.0
"""No place begins later: the last one may take six seconds and more, the gateway waits for 29."""

bp = Blueprint(__name__)


class Keeper(Protocol):
    """What remembers answers by their keys."""

    def answered(self, idempotency: IdempotencyKey) -> Answer | None: ...

    def answer(
        self,
        decide: Callable[[Any], Decided[BulkView]],  # Any: nothing is read for it
        *,
        context: Context,
        render: Callable[[BulkView], Answer],
        idempotency: IdempotencyKey | None,
    ) -> Answer: ...


@bp.route("/returns/bulk", methods=["POST"], **PRIVATE)
@endpoint(bp, allow="returns:create", body=BulkBody, answer=BulkView, idempotency="required")
def create_returns(call: Call, body: BulkBody) -> Answer:
    """Ask for many returns; each is accepted or refused for itself."""

    def one(asked: ReturnBody, context: Context, key: IdempotencyKey) -> Answer:
        request = scopes.asked_by(call.principal, asked.to_domain(settings.base_currency))
        return _run(
            lambda reads: requesting.create(scopes.own(reads, call.principal), request, context),
            context,
            key,
            status=201,
        )

    return one_by_one(call, body.returns, one, commands=wiring.commands())


@bp.route("/returns/bulk-approve", methods=["POST"], **PRIVATE)
@endpoint(
    bp, allow="returns:approve", body=BulkApproveBody, answer=BulkView, idempotency="required"
)
def approve_returns(call: Call, body: BulkApproveBody) -> Answer:
    """Approve many returns, each with all that is pending of it.

    Of what two persons have to approve the first one's yes is kept, as it is one by one.
    """

    def one(named: BulkApproval, context: Context, key: IdempotencyKey) -> Answer:
        context = replace(context, expected_version=named.version)
        command = review.Approve(note=body.note)
        return _run(
            lambda reads: review.approve(reads, named.id, command, context),
            context,
            key,
            status=200,
        )

    return one_by_one(call, body.returns, one, commands=wiring.commands())


def _run(
    decide: Callable[[Reads], Decided[Return]],
    context: Context,
    key: IdempotencyKey,
    *,
    status: int,
) -> Answer:
    def render(ret: Return) -> Answer:
        return replace(ok(ReturnRef(id=ret.return_id)), status=status)

    return wiring.commands().answer(decide, context=context, render=render, idempotency=key)


def one_by_one(
    call: Call,
    asked: Sequence[T],
    act: Callable[[T, Context, IdempotencyKey], Answer],
    *,
    commands: Keeper,
    monotonic: Callable[[], float] = time.monotonic,
) -> Answer:
    """One result a place, in order; the whole is remembered unless some place may yet succeed."""
    whole = call.idempotency
    assert whole is not None, "the route requires a key"
    told = commands.answered(whole)
    if told is not None:
        return told
    started, results, is_final = monotonic(), [], True
    for index, one in enumerate(asked):
        # No key of a caller holds a control character: places never meet another request's key.
        key = replace(whole, key=f"{whole.key}\x1f{index}")
        context = replace(call.context(), command_id=derived_id("cmd", key.scope, key.key))
        try:
            if monotonic() - started > TIME_S:
                raise TransientError("not_started", "The time was up; send the request again.")
            done = act(one, context, key)
        except DomainError as error:
            is_final = is_final and not isinstance(error, TransientError)
            results.append(_refused(call, index, error))
        else:
            ref = ReturnRef.model_validate_json(done.body)
            results.append(BulkResult(index=index, status=done.status, id=ref.id, problem=None))
    view = BulkView(results=tuple(results))
    if not is_final:
        return ok(view)
    return commands.answer(
        lambda _: Decided(result=view), context=call.context(), render=ok, idempotency=whole
    )


def _refused(call: Call, index: int, error: DomainError) -> BulkResult:
    problem = problem_of(error)
    document = problems.document(
        problem,
        language=call.language,
        instance=f"{filled(call.route, call.path)}#{index}",
        trace_id=call.correlation_id,
    )
    shown = ProblemView.model_validate_json(encode(document))
    return BulkResult(index=index, status=problem.status, id=None, problem=shown)
