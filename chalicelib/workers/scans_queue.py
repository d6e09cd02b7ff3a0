"""Scans of warehouse devices, each booked once.

A scan may come twice, late, or out of order: its command and its outcome are named after its
`scan_id`, and what it finds when it arrives decides what it becomes. One that cannot be read is
refused under its id, where it has one, so that its device can ask what is wrong. Another scan under
an id that was used before is no repeat: it goes to the dead letters, so that its goods are seen.
"""

from typing import Any

from chalice.app import Blueprint
from pydantic import ConfigDict, RootModel, TypeAdapter, ValidationError

from chalicelib import telemetry, wiring
from chalicelib.contracts.fields import Id
from chalicelib.contracts.scan import SEQ_MAX, ScanMessage
from chalicelib.core.errors import Invalid
from chalicelib.core.events import Actor, Context
from chalicelib.core.ids import derived_id
from chalicelib.returns import refused_scans
from chalicelib.returns.scanning import ScanOutcome
from chalicelib.settings import settings
from chalicelib.workers.boundary import REASON_MAX, Attempt, batch

bp = Blueprint(__name__)
log = telemetry.logger(__name__)
_AN_ID: TypeAdapter[str] = TypeAdapter(Id, config=ConfigDict(strict=True))
_NOBODY = "unknown"


class AnyScan(RootModel[dict[str, Any]]):
    """What a device sent. Any: only once it is refused or read is it known what it holds."""

    model_config = ConfigDict(hide_input_in_errors=True)


@bp.on_sqs_message(queue=settings.queue_name("scans"), batch_size=10)
@batch(AnyScan, dead_letter=lambda: settings.scans_dlq_url)
def ingest_scans(message: AnyScan, attempt: Attempt) -> None:
    """The same scan again only reads its outcome."""
    try:
        scan = ScanMessage.model_validate(message.root)
    except ValidationError as error:
        reason = _faults(error)
        _refuse(message.root, reason, attempt)
        raise Invalid("malformed", reason) from error
    correlation_id = scan.correlation_id or attempt.correlation_id
    context = _context(scan.scan_id, scan.device_id, correlation_id, attempt)
    with telemetry.bound(correlation_id=correlation_id):
        try:
            outcome = wiring.commands().run(
                lambda reads: refused_scans.take(reads, scan.to_domain(), context), context=context
            )
        except Invalid as error:
            _refuse(message.root, error.code, attempt)
            raise
        if not _is_of(outcome, scan):
            raise Invalid("scan_id_used_before", "Another scan has this scan_id: give it a new one")
        log.info(
            "scan taken",
            extra={
                "scan_id": outcome.scan_id,
                "return_id": outcome.return_id,
                "exceptions": len(outcome.exception_ids),
            },
        )


def _is_of(outcome: ScanOutcome, scan: ScanMessage) -> bool:
    """Whether it is this scan's, and not that of another one under its id.

    Numbers of devices that do not count (0) say nothing: an event of EPCIS may come by several.
    """
    if outcome.captured_at != scan.captured_at:
        return False
    is_counted = outcome.seq >= 1 and scan.seq >= 1
    return not is_counted or (outcome.device_id, outcome.seq) == (scan.device_id, scan.seq)


def _refuse(sent: dict[str, Any], reason: str, attempt: Attempt) -> None:
    """Keep the reason under the scan's id; without an id that can be read there is no place."""
    scan_id = _id(sent.get("scan_id"))
    if scan_id is None:
        return
    device_id, seq = _id(sent.get("device_id")) or _NOBODY, _seq(sent.get("seq"))
    context = _context(scan_id, device_id, attempt.correlation_id, attempt)
    wiring.commands().run(
        lambda reads: refused_scans.refuse(reads, scan_id, device_id, reason, context, seq=seq),
        context=context,
    )


def _context(scan_id: str, device_id: str, correlation_id: str, attempt: Attempt) -> Context:
    return Context(
        actor=Actor(id=device_id, role="device"),
        now=attempt.started_at,
        command_id=derived_id("cmd", "scan", scan_id),
        correlation_id=correlation_id,
    )


def _id(value: object) -> str | None:
    try:
        return _AN_ID.validate_python(value)
    except ValidationError:
        return None


def _seq(value: object) -> int:
    """The number, by which the scan counts as here; 0 where there is none to read."""
    if not isinstance(value, int) or isinstance(value, bool):
        return 0
    return value if 1 <= value <= SEQ_MAX else 0


def _faults(error: ValidationError) -> str:
    """Where and what, never the content: a body may hold anything."""
    faults = "; ".join(
        f"{'/'.join(str(step) for step in fault['loc'])}: {fault['type']}"
        for fault in error.errors(include_url=False, include_input=False)
    )
    return faults[:REASON_MAX]
