"""Scans over HTTP: each is checked alone, and queued for the same worker that devices feed."""

import json
from collections.abc import Sequence

from chalice.app import Blueprint
from pydantic import ValidationError

from chalicelib import telemetry, wiring
from chalicelib.api import bodies
from chalicelib.api.answers import accepted, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.problem import FieldErrorView
from chalicelib.api.schemas.scans import (
    ScanOutcomeView,
    ScanResultsView,
    ScanResultView,
    ScansBody,
    ScanView,
)
from chalicelib.auth import permissions
from chalicelib.auth.principal import Kind
from chalicelib.contracts.scan import Scan, ScanMessage
from chalicelib.core.commands import Answer
from chalicelib.core.errors import FieldError, TransientError
from chalicelib.gateways.queues import QueueMessage
from chalicelib.returns.scanning import ScanOutcome
from chalicelib.settings import settings

bp = Blueprint(__name__)
log = telemetry.logger(__name__)


@bp.route("/scans", methods=["POST"], **PRIVATE)
@endpoint(bp, allow="scans:post", body=ScansBody, answer=ScanResultsView, status=202)
def post_scans(call: Call, body: ScansBody) -> Answer:
    """Hand in scans of a device, at most 500 at once.

    An accepted scan is worked on soon; one sent again under its `scan_id` has no second effect.
    Staff may hand in what is left on a device, a revoked one too, but only for its own warehouse.
    """
    checked = _bound(call, [_checked(call, index, sent) for index, sent in enumerate(body.scans)])
    good = [(index, scan) for index, scan in enumerate(checked) if isinstance(scan, ScanMessage)]
    queued = _queued([scan for _, scan in good])
    results = [scan for scan in checked if isinstance(scan, ScanResultView)]
    results += [_result(i, scan, done) for (i, scan), done in zip(good, queued, strict=True)]
    results.sort(key=lambda result: result.index)
    return accepted(ScanResultsView(results=tuple(results)))


@bp.route("/scans/{scan_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="scans:read", answer=ScanView)
def read_scan(call: Call, scan_id: str) -> Answer:
    """Read what became of a scan; `unknown` is also the state of one that still waits.

    So is one of another device or warehouse, to those who are bound to theirs.
    """
    outcome = wiring.reads().scan_outcome(scan_id)
    if outcome is None or not _may_see(call, outcome):
        return ok(ScanView(scan_id=scan_id, state="unknown", outcome=None))
    view = ScanOutcomeView.of(outcome)
    return ok(ScanView(scan_id=scan_id, state=outcome.state, outcome=view))


def _checked(call: Call, index: int, sent: object) -> ScanMessage | ScanResultView:
    """The scan to queue, or why it is not accepted."""
    try:
        scan = Scan.model_validate_json(json.dumps(sent))
    except ValidationError as error:
        return _refused(index, _scan_id(sent), bodies.field_errors(error))
    if call.principal.kind is Kind.DEVICE and scan.device_id != call.principal.id:
        fault = FieldError(
            pointer="/device_id", code="device_not_yours", message="This is another device."
        )
        return _refused(index, scan.scan_id, [fault])
    if not permissions.may_act_in(call.principal, scan.warehouse, "scans:post"):
        fault = FieldError(
            pointer="/warehouse", code="warehouse_not_yours", message="Not your warehouse."
        )
        return _refused(index, scan.scan_id, [fault])
    return ScanMessage(**dict(scan), correlation_id=call.correlation_id)


def _bound(
    call: Call, checked: Sequence[ScanMessage | ScanResultView]
) -> list[ScanMessage | ScanResultView]:
    """Those that others hand in for a device that we know: it stands in one warehouse for good.

    Not asked again by the worker: only the API may put scans into its queue.
    """
    if call.principal.kind is Kind.DEVICE:
        return list(checked)
    named = {scan.device_id for scan in checked if isinstance(scan, ScanMessage)}
    known = wiring.reads().devices(sorted(named))
    fault = FieldError(
        pointer="/warehouse",
        code="device_of_other_warehouse",
        message="The device stands in another warehouse.",
    )
    return [
        _refused(index, scan.scan_id, [fault])
        if isinstance(scan, ScanMessage)
        and (device := known.get(scan.device_id)) is not None
        and device.warehouse != scan.warehouse
        else scan
        for index, scan in enumerate(checked)
    ]


def _may_see(call: Call, outcome: ScanOutcome) -> bool:
    if call.principal.kind is Kind.DEVICE:
        return outcome.device_id == call.principal.id
    within = permissions.seen_warehouses(call.principal, "scans:read")
    return within is None or outcome.warehouse is None or outcome.warehouse in within


def _queued(scans: Sequence[ScanMessage]) -> list[bool]:
    """For each scan whether the queue took it; raises TransientError when it took none."""
    if not scans:
        return []
    messages = [
        QueueMessage(body=scan.model_dump_json(exclude_none=True), group=scan.warehouse)
        for scan in scans
    ]
    sent = wiring.queues().send_many(settings.scans_queue_url, messages)
    refusals = sorted({one.code or "" for one in sent if not one.is_accepted})
    if refusals:
        log.warning("scans not queued", extra={"codes": refusals})
    if not any(one.is_accepted for one in sent):
        raise TransientError("queue_unavailable", "The queue took none of the scans.")
    return [one.is_accepted for one in sent]


def _result(index: int, scan: ScanMessage, is_queued: bool) -> ScanResultView:
    if is_queued:
        return ScanResultView(index=index, scan_id=scan.scan_id, accepted=True)
    message = "The queue did not take it; send it again."
    fault = FieldError(pointer="", code="queue_unavailable", message=message)
    return _refused(index, scan.scan_id, [fault])


def _scan_id(sent: object) -> str | None:
    """The id of a malformed scan, as far as it has one, so that its device can find it."""
    scan_id = sent.get("scan_id") if isinstance(sent, dict) else None
    return scan_id[:64] if isinstance(scan_id, str) else None


def _refused(index: int, scan_id: str | None, errors: Sequence[FieldError]) -> ScanResultView:
    shown = tuple(FieldErrorView.of(error) for error in errors)
    return ScanResultView(index=index, scan_id=scan_id, accepted=False, errors=shown)
