"""A captured document as one decision: its job, boxes, and what was declared erroneous.

Scans are not booked here: they are queued when the job is stored, and the job is read with their
outcomes. The same document captured again is the same job and makes the same scans, so whoever got
no answer asks again.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Invalid
from chalicelib.core.events import Context, Event
from chalicelib.core.ids import derived_id
from chalicelib.epcis.intake import Plan
from chalicelib.epcis.model import Behaviour, CaptureJob, Fault, JobEvent, Verdict
from chalicelib.epcis.recognising import ContentReader, recognised
from chalicelib.returns.exceptions import (
    ExceptionKind,
    ReturnException,
    opened_event,
    opened_on,
)
from chalicelib.returns.parcels import ParcelReader, group
from chalicelib.returns.receiving import exception_tasks
from chalicelib.returns.refused_scans import NO_OUTCOME
from chalicelib.returns.scanned_boxes import ARRIVED
from chalicelib.returns.scanning import Scan, ScanOutcome

RETRACTED = "retracted"
DECLARED_ERRONEOUS = "declared_erroneous"
ARRIVAL_STAYS = "arrival_stays"
"""Nothing of a box that came in was counted: what did not come is found missing then."""
_RETURNS_AT_ONCE = 90


class CaptureReader(ParcelReader, ContentReader, Protocol):
    """What capturing reads."""

    def capture_job(self, capture_id: str) -> CaptureJob | None: ...

    def scan_outcomes(self, scan_ids: Sequence[str]) -> dict[str, ScanOutcome]: ...

    def exception(self, exception_id: str) -> ReturnException | None: ...


def capture(
    reads: CaptureReader,
    capture_id: str,
    behaviour: Behaviour,
    plans: Sequence[Plan],
    context: Context,
) -> Decided[CaptureJob]:
    """Refused events are told in the job; with `rollback` they stop all the others."""
    before = reads.capture_job(capture_id)
    if before is not None and not before.has_refusals:
        return Decided(result=before)
    boxes, faults = _boxed(reads, plans, context)
    plans = [plan.refused(faults.get(plan.told.parcel or "")) for plan in plans]
    told = [plan.told for plan in plans]
    changes = boxes
    if behaviour is Behaviour.ROLLBACK and any(one.verdict is Verdict.REFUSED for one in told):
        told, changes = [_rolled_back(one) for one in told], Changes()
    else:
        plans, contents = recognised(reads, plans)
        told, undone = _retracted(reads, plans, context)
        changes += undone + Changes(records=contents)
    job = CaptureJob(
        capture_id=capture_id,
        captured_at=context.now,
        captured_by=context.actor.id,
        behaviour=behaviour,
        events=tuple(told),
        version=1 if before is None else before.version + 1,
    )
    return Decided(result=job, changes=changes + Changes(records=(job,)))


def to_queue(job: CaptureJob, plans: Sequence[Plan]) -> list[Scan]:
    """The scans of the events that were not held back, under the ids that the job tells.

    Of an event that says more than it did when its job was made, no more is booked than that.
    """
    pairs = zip(job.events, plans, strict=True)
    return [
        replace(scan, scan_id=scan_id)
        for one, plan in pairs
        if one.verdict is Verdict.SCANNED
        for scan, scan_id in zip(plan.scans, one.scan_ids, strict=False)
    ]


def _boxed(
    reads: CaptureReader, plans: Sequence[Plan], context: Context
) -> tuple[Changes, dict[str, Fault]]:
    """Returns into their boxes, beside those that are there; and which boxes cannot be."""
    wanted: dict[str, list[str]] = {}
    for plan in plans:
        if plan.told.parcel is not None:
            wanted.setdefault(plan.told.parcel, []).extend(plan.numbers)
    changes, faults = Changes(), {}
    for parcel, numbers in wanted.items():
        before = reads.parcel(parcel)
        if before is not None and before.is_pallet:
            message = "It is a pallet: what is on it is said of its boxes."
            faults[parcel] = Fault(pointer="/parentID", code="box_is_pallet", message=message)
            continue
        held = before.return_ids if before is not None else ()
        known = {ret.number for ret in reads.returns_of(held)} if held else set()
        names = [*held, *(one for one in dict.fromkeys(numbers) if one not in known)]
        try:
            changes += group(reads, parcel, names, context).changes
        except Invalid as error:
            faults[parcel] = Fault(
                pointer="/bizTransactionList", code=error.code, message=error.message
            )
    return changes, faults


def _rolled_back(told: JobEvent) -> JobEvent:
    if told.verdict is Verdict.REFUSED:
        return told
    return replace(told, verdict=Verdict.ROLLED_BACK, scan_ids=(), parcel=None)


def _retracted(
    reads: CaptureReader, plans: Sequence[Plan], context: Context
) -> tuple[list[JobEvent], Changes]:
    """Nothing is taken back by a message: what was booked waits for a person, what was not, stays
    unbooked.
    """
    scans = [scan for plan in plans if plan.is_retraction for scan in plan.scans]
    outcomes = reads.scan_outcomes([scan.scan_id for scan in scans]) if scans else {}
    opened: dict[str, ReturnException] = {}
    records: list[Record] = []
    events: list[Event] = []
    for scan in {scan.scan_id: scan for scan in scans}.values():
        outcome = outcomes.get(scan.scan_id)
        if outcome is None or outcome.state in NO_OUTCOME:
            records.append(_never(scan, outcome, context))
        elif outcome.receipt_id or outcome.exception_ids or outcome.receiving_id:
            exception = _exception(scan, outcome, context)
            if reads.exception(exception.exception_id) is None:
                chain, event = opened_event(exception, context)
                opened[scan.scan_id] = replace(exception, chain=chain)
                events.append(event)
    changes = Changes(records=tuple(records), events=tuple(events))
    return (
        [_with_exceptions(plan.told, opened, outcomes) for plan in plans],
        changes + _counted(reads, tuple(opened.values()), context),
    )


def _never(scan: Scan, refused: ScanOutcome | None, context: Context) -> ScanOutcome:
    """A scan that comes late, or once more after a refusal, finds that it was taken back before."""
    return ScanOutcome(
        scan_id=scan.scan_id,
        device_id=scan.device_id,
        seq=scan.seq,
        captured_at=scan.captured_at,
        processed_at=context.now,
        state=RETRACTED,
        reason=DECLARED_ERRONEOUS,
        warehouse=scan.warehouse,
        version=1 if refused is None else refused.version + 1,
    )


def _exception(scan: Scan, outcome: ScanOutcome, context: Context) -> ReturnException:
    """No goods move by it: they lie where the scan put them, until somebody has looked."""
    return ReturnException(
        exception_id=derived_id("exc", scan.scan_id, RETRACTED),
        kind=ExceptionKind.RETRACTED,
        quantity=scan.quantity,
        opened_at=context.now,
        opened_by=context.actor.id,
        warehouse=scan.warehouse,
        sku=f"gtin:{scan.gtin}",
        gtin=scan.gtin,
        lot=scan.lot,
        serials=(scan.serial,) if scan.serial is not None else (),
        return_id=outcome.return_id,
        return_number=scan.return_number,
        parcel=scan.parcel,
        receipt_id=outcome.receipt_id,
        scan_id=scan.scan_id,
    )


def _with_exceptions(
    told: JobEvent, opened: dict[str, ReturnException], outcomes: dict[str, ScanOutcome]
) -> JobEvent:
    if told.verdict is not Verdict.DECLARED_ERRONEOUS:
        return told
    found = tuple(opened[one].exception_id for one in told.scan_ids if one in opened)
    arrivals = [one for one in told.scan_ids if one in outcomes and outcomes[one].reason == ARRIVED]
    reason = told.reason or (ARRIVAL_STAYS if arrivals else None)
    return replace(told, reason=reason, exception_ids=found)


def _counted(
    reads: CaptureReader, exceptions: Sequence[ReturnException], context: Context
) -> Changes:
    """The exceptions and their tasks; each counts on the return that it names."""
    records: list[Record] = [*exceptions, *exception_tasks(exceptions, context)]
    events: list[Event] = []
    named = dict.fromkeys(one.return_id for one in exceptions if one.return_id is not None)
    return_ids = tuple(named)
    for ret in (
        ret
        for start in range(0, len(return_ids), _RETURNS_AT_ONCE)
        for ret in reads.returns_of(return_ids[start : start + _RETURNS_AT_ONCE])
    ):
        own = [one for one in exceptions if one.return_id == ret.return_id]
        changed, more = opened_on(ret, own, context)
        records.append(changed)
        events += more
    return Changes(records=tuple(records), events=tuple(events))
