"""Each scan to what its step asks for; and scans that cannot be read, or name a step nobody knows.

A refusal is kept under the scan's id, so that the device can ask what is wrong. It is no outcome of
the goods: the same scan, mended and sent again, is booked as if it were the first, and replaces the
refusal.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.events import Context
from chalicelib.inventory.count_sessions import CountSession, OpenCounts
from chalicelib.inventory.counting_scans import STEP as COUNTING
from chalicelib.inventory.counting_scans import CountScanReader, take_count_scan
from chalicelib.inventory.model import Balance
from chalicelib.receivings.model import Receiving, ReceivingOf
from chalicelib.receivings.scanned import ScannedReader, is_over, take_received
from chalicelib.returns.model import Return
from chalicelib.returns.parcels import Parcel
from chalicelib.returns.scanned_boxes import take_box, verify_box, without_goods
from chalicelib.returns.scanning import Scan, ScanOutcome, ScanReader, outcome_of
from chalicelib.returns.verifying import take_verifying

MALFORMED = "malformed"
REFUSED = "refused"
UNKNOWN_STEP = "unknown_step"
NO_OUTCOME = frozenset({MALFORMED, REFUSED})


class StepReader(ScannedReader, CountScanReader, Protocol):
    """What the steps read, all of them together."""


@dataclass(frozen=True, slots=True)
class _Known:
    """Reads of a scan whose outcome is known already, so that it is not read twice."""

    reads: StepReader
    outcome: ScanOutcome | None

    def scan_outcome(self, scan_id: str) -> ScanOutcome | None:
        return self.outcome

    def return_by_number(self, number: str) -> Return | None:
        return self.reads.return_by_number(number)

    def return_(self, return_id: str) -> Return | None:
        return self.reads.return_(return_id)

    def returns_of(self, return_ids: Sequence[str]) -> list[Return]:
        return self.reads.returns_of(return_ids)

    def parcel(self, parcel_no: str) -> Parcel | None:
        return self.reads.parcel(parcel_no)

    def parcels_of(self, parcel_nos: Sequence[str]) -> list[Parcel]:
        return self.reads.parcels_of(parcel_nos)

    def receiving(self, receiving_id: str) -> Receiving | None:
        return self.reads.receiving(receiving_id)

    def receiving_of(self, place: str) -> ReceivingOf | None:
        return self.reads.receiving_of(place)

    def return_and_count(self, number: str) -> tuple[Return | None, ReceivingOf | None]:
        return self.reads.return_and_count(number)

    def open_counts(self, warehouse: str) -> OpenCounts:
        return self.reads.open_counts(warehouse)

    def count_session(self, session_id: str) -> CountSession | None:
        return self.reads.count_session(session_id)

    def balances(self, warehouse: str, skus: Sequence[str]) -> list[Balance]:
        return self.reads.balances(warehouse, skus)


def take(reads: StepReader, scan: Scan, context: Context) -> Decided[ScanOutcome]:
    """Do once what the scan's step asks for; a refusal under its id gives way.

    Not that of a second count that has ended: booked as well, the goods would be there twice.
    """
    earlier = reads.scan_outcome(scan.scan_id)
    if earlier is not None and (earlier.state not in NO_OUTCOME or is_over(reads, earlier)):
        return _once_more(earlier, scan)
    decided = _step_of(scan)(_Known(reads, None), scan, context)
    if earlier is None:
        return decided
    outcome = replace(decided.result, version=earlier.version + 1)
    others = [record for record in decided.changes.records if record is not decided.result]
    changes = replace(decided.changes, records=(outcome, *others))
    return Decided(result=outcome, changes=changes)


def _once_more(earlier: ScanOutcome, scan: Scan) -> Decided[ScanOutcome]:
    """The outcome as it is; one of a count by hand learns whose scan it was, and which.

    Not that of a count in another warehouse: then it is not the same scan, and is not lost for it.
    """
    is_by_hand = earlier.receiving_id is not None and earlier.seq < 1
    is_unmet = is_by_hand and earlier.captured_at == earlier.processed_at
    if not is_unmet or earlier.warehouse != scan.warehouse:
        return Decided(result=earlier)
    told = replace(
        earlier,
        device_id=scan.device_id,
        seq=scan.seq,
        captured_at=scan.captured_at,
        version=earlier.version + 1,
    )
    return Decided(result=told, changes=Changes(records=(told,)))


def refuse(
    reads: ScanReader, scan_id: str, device_id: str, reason: str, context: Context, *, seq: int = 0
) -> Decided[ScanOutcome]:
    """Say under its id that a scan cannot be read; what is known of that id already stays.

    `seq` 0: its number cannot be read either.
    """
    earlier = reads.scan_outcome(scan_id)
    if earlier is not None:
        return Decided(result=earlier)
    outcome = ScanOutcome(
        scan_id=scan_id,
        device_id=device_id,
        seq=seq,
        captured_at=context.now,
        processed_at=context.now,
        state=MALFORMED,
        reason=reason,
    )
    return Decided(result=outcome, changes=Changes(records=(outcome,)))


def _unknown_step(_: ScanReader, scan: Scan, context: Context) -> Decided[ScanOutcome]:
    """A step of newer devices than we are: nothing moves, and the device can ask why."""
    outcome = replace(outcome_of(scan, context), state=REFUSED, reason=UNKNOWN_STEP)
    return Decided(result=outcome, changes=Changes(records=(outcome,)))


Step = Callable[[StepReader, Scan, Context], Decided[ScanOutcome]]
_STEPS: Mapping[str, Step] = {
    "receiving": take_received,
    "verifying": take_verifying,
    COUNTING: take_count_scan,
}
_OF_BOXES: Mapping[str, Step] = {"receiving": take_box, "verifying": verify_box}


def _step_of(scan: Scan) -> Step:
    if scan.names_goods or scan.step not in _STEPS:
        return _STEPS.get(scan.step, _unknown_step)
    return _OF_BOXES.get(scan.step, without_goods)
