"""What carriers tell of parcels: signed, without sign-in, each message taken by itself.

The signature is looked at before anything of the body is read, and says which carrier it is.
"""

import json
from collections.abc import Mapping

from chalice.app import Blueprint
from pydantic import ValidationError

from chalicelib import telemetry, wiring
from chalicelib.api import bodies
from chalicelib.api.answers import ok
from chalicelib.api.authorizer import PUBLIC
from chalicelib.api.boundary import endpoint
from chalicelib.api.call import Call, Refused
from chalicelib.api.schemas.carrier_events import (
    CarrierEvent,
    CarrierEventResultsView,
    CarrierEventResultView,
    CarrierEventsBody,
)
from chalicelib.api.schemas.problem import FieldErrorView
from chalicelib.core.clock import utc_now
from chalicelib.core.commands import Answer
from chalicelib.core.errors import DomainError, FieldError, TransientError
from chalicelib.core.events import Actor, Context
from chalicelib.core.ids import derived_id
from chalicelib.core.signatures import TOLERANCE, signers
from chalicelib.shipping.news import take_news
from chalicelib.shipping.tracking import CarrierNews

HEADER = "x-carrier-signature"
bp = Blueprint(__name__)
log = telemetry.logger(__name__)


def signed(headers: Mapping[str, str], raw: bytes, _: Mapping[str, str]) -> frozenset[str]:
    """The carriers whose secret signed these bytes; raises Refused `signature_invalid`."""
    secrets, now = wiring.carrier_secrets(), utc_now()
    header = headers.get(HEADER, "")
    carriers = signers(header, raw, secrets.known(), now)
    if not carriers and header:
        # A secret may have been replaced since; this is not asked for at every bad signature.
        newer = secrets.again()
        carriers = signers(header, raw, newer, now) if newer is not None else carriers
    if not carriers:
        raise Refused(401, "signature_invalid")
    return carriers


@bp.route("/carrier-events", methods=["POST"], **PUBLIC)
@endpoint(
    bp,
    allow=None,
    body=CarrierEventsBody,
    answer=CarrierEventResultsView,
    seal=signed,
)
def take_carrier_events(call: Call, body: CarrierEventsBody, seal: frozenset[str]) -> Answer:
    """Take what a carrier tells of its parcels, one message or up to a hundred.

    Signed by `X-Carrier-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">` with the
    secret of the carrier, at most five minutes ago. Messages may come twice, late and out of order;
    one that is not accepted spoils no other.
    """
    checked = [_checked(call, index, sent, seal) for index, sent in enumerate(body.sent)]
    if body.events is None and isinstance(checked[0], CarrierEventResultView):
        faults = [
            FieldError(pointer=one.pointer, code=one.code, message=one.message)
            for one in checked[0].errors
        ]
        raise bodies.Misshapen("body_invalid", faults)
    results: list[CarrierEventResultView] = []
    unsaved: list[TransientError] = []
    for index, event in enumerate(checked):
        if isinstance(event, CarrierEventResultView):
            results.append(event)
            continue
        try:
            results.append(_taken(call, index, event))
        except TransientError as error:
            unsaved.append(error)
            results.append(_refused(index, event.event_id, [_fault("", error)]))
    if unsaved and len(unsaved) == len(results):
        raise unsaved[0]
    return ok(CarrierEventResultsView(results=tuple(results)))


def _checked(
    call: Call, index: int, sent: object, seal: frozenset[str]
) -> CarrierNews | CarrierEventResultView:
    """The message, or why it is not accepted."""
    try:
        event = CarrierEvent.model_validate_json(json.dumps(sent))
    except ValidationError as error:
        return _refused(index, _event_id(sent), bodies.field_errors(error))
    if event.carrier not in seal:
        message = "The signature is of another carrier."
        fault = FieldError(pointer="/carrier", code="carrier_not_yours", message=message)
        return _refused(index, event.event_id, [fault])
    if event.occurred_at > call.received_at + TOLERANCE:
        message = "It has not happened yet."
        fault = FieldError(pointer="/occurred_at", code="in_the_future", message=message)
        return _refused(index, event.event_id, [fault])
    return event.to_domain()


def _taken(call: Call, index: int, news: CarrierNews) -> CarrierEventResultView:
    context = Context(
        actor=Actor(id=f"carrier:{news.carrier}", role="carrier"),
        now=call.received_at,
        command_id=derived_id("cmd", "carrier-event", news.carrier, news.event_id),
        correlation_id=call.correlation_id,
    )
    done = wiring.commands().run(lambda reads: take_news(reads, news, context), context=context)
    facts = {"carrier": news.carrier, "event_id": news.event_id, "outcome": done.outcome}
    log.info("carrier event taken", extra={**facts, "return_ids": list(done.return_ids)})
    return CarrierEventResultView(
        index=index, event_id=news.event_id, accepted=True, outcome=done.outcome
    )


def _fault(pointer: str, error: DomainError) -> FieldError:
    return FieldError(pointer=pointer, code=error.code, message="Not taken yet; send it again.")


def _refused(index: int, event_id: str | None, errors: list[FieldError]) -> CarrierEventResultView:
    shown = tuple(FieldErrorView.of(error) for error in errors)
    return CarrierEventResultView(index=index, event_id=event_id, accepted=False, errors=shown)


def _event_id(sent: object) -> str | None:
    """The id of a malformed message, as far as it has one, so that its sender can find it."""
    event_id = sent.get("event_id") if isinstance(sent, dict) else None
    return event_id[:128] if isinstance(event_id, str) else None
