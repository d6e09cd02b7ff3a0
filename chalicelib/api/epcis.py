"""EPCIS 2.0: documents of partners are captured, our own events are queried; and reading a barcode.

Events become scans and go the way of all scans. A captured document has no key of ours: its events
have names of their own, so capturing it again is harmless.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from chalice.app import Blueprint
from pydantic import ValidationError

from chalicelib import telemetry, wiring
from chalicelib.api import bodies, cursors
from chalicelib.api.answers import accepted, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import BODY_BYTES_MAX, endpoint
from chalicelib.api.call import Call, Refused
from chalicelib.api.schemas.epcis import (
    BarcodeBody,
    BarcodeView,
    CaptureJobView,
    EpcisLimitsView,
    EpcisQuery,
    EpcisQueryView,
)
from chalicelib.auth import permissions
from chalicelib.auth.principal import Kind
from chalicelib.contracts.epcis import (
    EVENT_TYPES,
    EVENTS_MAX,
    EpcisCapture,
    EpcisEvent,
    canonical,
    fingerprint,
    unused,
)
from chalicelib.contracts.scan import ScanMessage
from chalicelib.core.commands import Answer
from chalicelib.core.errors import NotFound, TransientError
from chalicelib.epcis import names, querying
from chalicelib.epcis.capturing import capture, to_queue
from chalicelib.epcis.intake import Plan, plan_of
from chalicelib.epcis.model import Behaviour, Fault, JobEvent, Verdict, capture_id_of
from chalicelib.epcis.places import BadPlaces, Places
from chalicelib.epcis.querying import Asked, Place, word_or_itself
from chalicelib.gateways.queues import QueueMessage
from chalicelib.returns.scanning import Scan
from chalicelib.settings import settings

bp = Blueprint(__name__)
log = telemetry.logger(__name__)
SCANS_MAX = 500
_DEVICE = "epcis"
_FAULTS_MAX = 3
"""Kept of one event, so that the job of a whole document of nonsense is one record."""
_VERSIONS = ("2.0.0", "2.0")
_LIMITS = {
    "GS1-EPCIS-Version": "2.0.0",
    "GS1-CBV-Version": "2.0.0",
    "GS1-EPCIS-Capture-Limit": str(EVENTS_MAX),
    "GS1-EPCIS-Capture-File-Size-Limit": str(BODY_BYTES_MAX),
}
_HOUR_FORM = "%Y%m%d%H"


@bp.route("/epcis", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="epcis:read", answer=EpcisLimitsView)
def read_epcis() -> Answer:
    """Read which versions, events and query parameters of EPCIS are understood, and the limits."""
    view = EpcisLimitsView(
        epcis_versions=_VERSIONS,
        cbv_versions=_VERSIONS,
        formats=("application/json", "application/ld+json"),
        capture_limit=EVENTS_MAX,
        capture_file_size_limit=BODY_BYTES_MAX,
        event_types=EVENT_TYPES,
        query_parameters=tuple(one.alias or name for name, one in EpcisQuery.model_fields.items()),
    )
    return _with(ok(view), _LIMITS)


@bp.route("/epcis/capture", methods=["POST"], **PRIVATE)
@endpoint(bp, allow="epcis:capture", body=EpcisCapture, answer=CaptureJobView, status=202)
def capture_events(call: Call, body: EpcisCapture) -> Answer:
    """Capture an EPCIS document, or one event: what it says of goods becomes scans.

    What became of each event is read at the capture job. With GS1-Capture-Error-Behaviour
    `rollback` (as when nothing is said) one refused event stops all others; with `proceed` not.
    """
    behaviour = _behaviour(call)
    sent = body.events()
    places = _places()
    read = [_read(call, one, places) for one in sent]
    plans = [plan for _, plan in read]
    if sum(len(plan.scans) for plan in plans) > SCANS_MAX:
        raise Refused(413, "capture_too_large", limit=SCANS_MAX)
    capture_id = capture_id_of(call.principal.id, behaviour, tuple(key for key, _ in read))
    context = call.context()
    job = wiring.commands().run(
        lambda reads: capture(reads, capture_id, behaviour, plans, context), context=context
    )
    _queue(to_queue(job, plans), call.correlation_id)
    answer = accepted(CaptureJobView.of(job, {}), location=f"/v1/epcis/capture/{job.capture_id}")
    return _with(answer, {**_LIMITS, "GS1-Capture-Error-Behaviour": behaviour.value})


@bp.route("/epcis/capture/{capture_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="epcis:read", answer=CaptureJobView)
def read_capture(call: Call, capture_id: str) -> Answer:
    """Read what became of a captured document, event by event."""
    reads = wiring.reads()
    job = reads.capture_job(capture_id)
    if job is None or not _may_see(call, job.captured_by):
        raise NotFound("capture_not_found", f"There is no capture {capture_id}.")
    scan_ids = [scan_id for one in job.events for scan_id in one.scan_ids]
    view = CaptureJobView.of(job, reads.scan_outcomes(scan_ids) if scan_ids else {})
    return _with(ok(view), {**_LIMITS, "GS1-Capture-Error-Behaviour": job.behaviour.value})


@bp.route("/epcis/events", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="epcis-events:read", query=EpcisQuery, answer=EpcisQueryView, refuses=(422,))
def query_events(call: Call, query: EpcisQuery) -> Answer:
    """Query our own events as events of EPCIS, the first recorded first.

    Without a lower bound of time, those of the last day. A page may be empty and yet have a next
    one: so much is read at once and no more.
    """
    start = _place(cursors.opened(call, query.token)) if query.token is not None else None
    places = _places()
    page = querying.page(
        _asked(call, query, places),
        wiring.stored_events(),
        wiring.reads(),
        start=start,
        per_page=query.per_page,
        now=call.received_at,
    )
    view = EpcisQueryView.of(tuple(told.as_json(places) for told in page.items), call.received_at)
    headers = {name: _LIMITS[name] for name in ("GS1-EPCIS-Version", "GS1-CBV-Version")}
    if page.next_place is not None:
        token = cursors.sealed(call, _token(page.next_place))
        more = urlencode({**call.query, "nextPageToken": token})
        headers["Link"] = f'<?{more}>; rel="next"'
        headers["GS1-Next-Page-Token-Expires"] = (
            f"{call.received_at + cursors.LIFE:%Y-%m-%dT%H:%M:%SZ}"
        )
    return _with(ok(view), headers)


@bp.route("/barcodes/read", methods=["POST"], **PRIVATE)
@endpoint(bp, allow="barcodes:read", body=BarcodeBody, answer=BarcodeView)
def read_barcode(body: BarcodeBody) -> Answer:
    """Read what a scanned text says: GS1 codes, Digital Links, EAN, UPC, and our return numbers."""
    return ok(BarcodeView.of(body.read()))


def _behaviour(call: Call) -> Behaviour:
    version = call.headers.get("gs1-epcis-version", _VERSIONS[0])
    if version not in _VERSIONS or call.headers.get("gs1-cbv-version", version) not in _VERSIONS:
        raise Refused(400, "epcis_version_unsupported", versions=list(_VERSIONS))
    try:
        return Behaviour(call.headers.get("gs1-capture-error-behaviour", Behaviour.ROLLBACK))
    except ValueError:
        raise Refused(
            400, "capture_behaviour_unknown", known=[one.value for one in Behaviour]
        ) from None


def _read(
    call: Call,
    sent: Any,  # Any: an event as it was sent
    places: Places,
) -> tuple[str, Plan]:
    """The key of an event, and what it would do; a shape that cannot be read is a refusal too."""
    try:
        event = EpcisEvent.model_validate_json(json.dumps(sent)).to_domain(sent, places)
    except ValidationError as error:
        faults = tuple(
            Fault(pointer=one.pointer, code=one.code, message=one.message)
            for one in bodies.field_errors(error)[:_FAULTS_MAX]
        )
        key = fingerprint(sent if isinstance(sent, dict) else {"sent": sent})
        reason = unused(sent)
        if reason is not None:
            return key, Plan(told=JobEvent(verdict=Verdict.NOT_USED, reason=reason))
        return key, Plan(told=JobEvent(verdict=Verdict.REFUSED, faults=faults))
    device = call.principal.id if call.principal.kind is Kind.DEVICE else _DEVICE
    return _declared_key(event.key, event.corrected_by), _permitted(call, plan_of(event, device))


def _declared_key(key: str, corrected_by: Sequence[str] | None) -> str:
    """An event and what says that it was wrong have one name; they are two captures."""
    return key if corrected_by is None else f"{key} declared erroneous"


def _permitted(call: Call, plan: Plan) -> Plan:
    for scan in plan.scans:
        if not permissions.may_act_in(call.principal, scan.warehouse, "epcis:capture"):
            fault = Fault(
                pointer="/bizLocation", code="warehouse_not_yours", message="Not your warehouse."
            )
            return Plan(told=plan.told.refused(fault))
    if plan.numbers and not permissions.may(call.principal, "parcels:write"):
        fault = Fault(
            pointer="/parentID", code="boxes_not_yours", message="You may not say what is in a box."
        )
        return Plan(told=plan.told.refused(fault))
    return plan


def _queue(scans: Sequence[Scan], correlation_id: str) -> None:
    """Into the queue of all scans. Raises TransientError unless it took every one: asked again, the
    same scans are queued, and each is booked once.
    """
    messages = [
        QueueMessage(
            body=_message(scan, correlation_id).model_dump_json(exclude_none=True),
            group=scan.warehouse,
        )
        for scan in scans
    ]
    sent = wiring.queues().send_many(settings.scans_queue_url, messages) if messages else []
    refusals = sorted({one.code or "" for one in sent if not one.is_accepted})
    if refusals:
        log.warning("scans not queued", extra={"codes": refusals})
        raise TransientError("queue_unavailable", "The queue did not take all of the scans.")


def _message(scan: Scan, correlation_id: str) -> ScanMessage:
    return ScanMessage(
        scan_id=scan.scan_id,
        device_id=scan.device_id,
        seq=scan.seq,
        captured_at=scan.captured_at,
        warehouse=scan.warehouse,
        return_number=scan.return_number,
        parcel=scan.parcel,
        gtin=scan.gtin,
        lot=scan.lot,
        serial=scan.serial,
        quantity=scan.quantity,
        step=scan.step,
        correlation_id=correlation_id,
    )


def _may_see(call: Call, captured_by: str) -> bool:
    """A device sees what it captured itself; so do people who are bound to warehouses."""
    within = permissions.seen_warehouses(call.principal, "epcis:read")
    return within is None or captured_by == call.principal.id


def _asked(call: Call, query: EpcisQuery, places: Places) -> Asked:
    def warehouse(uri: str) -> str:
        return places.at(uri).warehouse or uri

    return Asked(
        event_from=query.event_from,
        event_before=query.event_before,
        recorded_from=query.recorded_from,
        recorded_before=query.recorded_before,
        event_types=_set(query.event_types),
        actions=_set(query.actions),
        biz_steps=_set(query.biz_steps, word_or_itself),
        dispositions=_set(query.dispositions, word_or_itself),
        read_points=_set(query.read_points, warehouse),
        biz_locations=_set(query.biz_locations, warehouse),
        rmas=_set(query.rmas, _last),
        epcs=_set(query.epcs, canonical),
        any_epcs=_set(query.any_epcs, canonical),
        epc_classes=_set(query.epc_classes, canonical),
        event_ids=_set(query.event_ids),
        within=permissions.seen_warehouses(call.principal, "epcis-events:read"),
    )


def _set(values: Sequence[str] | None, form: Any = str) -> frozenset[str] | None:
    """Any: a function of one text."""
    return None if values is None else frozenset(form(value) for value in values)


def _places() -> Places:
    """Of this stage; that its list cannot be read is no fault of the caller, who may ask again."""
    try:
        return Places.of(settings.warehouse_glns)
    except BadPlaces as error:
        log.error("places unreadable", extra={"setting": str(error)})
        raise TransientError(
            "places_unreadable", "The list of GLNs cannot be read.", retry_after_s=60
        ) from error


def _last(uri: str) -> str:
    return names.last_part(uri) or uri


def _token(place: Place) -> str:
    text = f"{place.hour:{_HOUR_FORM}}|{place.skip}|{place.after}"
    return base64.urlsafe_b64encode(text.encode()).decode()


def _place(token: str) -> Place:
    """Only tokens of ours come here: their signature was checked."""
    try:
        hour, skip, after = base64.urlsafe_b64decode(token).decode().split("|", 2)
    except (binascii.Error, ValueError) as error:
        raise AssertionError("a signed token is ours") from error
    when = datetime.strptime(f"{hour}+0000", f"{_HOUR_FORM}%z")
    return Place(hour=when, after=after, skip=int(skip))


def _with(answer: Answer, headers: dict[str, str]) -> Answer:
    return replace(answer, headers={**answer.headers, **headers})
