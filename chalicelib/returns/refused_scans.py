"""Scans that cannot be read: kept under their id, so that the device can ask what is wrong.

A refusal is no outcome of the goods: the same scan, mended and sent again, is booked as if it were
the first, and replaces the refusal.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.events import Context
from chalicelib.returns.model import Return
from chalicelib.returns.parcels import Parcel
from chalicelib.returns.scanning import Scan, ScanOutcome, ScanReader, take_scan

MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class _Known:
    """Reads of a scan whose outcome is known already, so that it is not read twice."""

    reads: ScanReader
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


def take(reads: ScanReader, scan: Scan, context: Context) -> Decided[ScanOutcome]:
    """Book a scan once; a refusal under its id gives way."""
    earlier = reads.scan_outcome(scan.scan_id)
    if earlier is None or earlier.state != MALFORMED:
        return take_scan(_Known(reads, earlier), scan, context)
    decided = take_scan(_Known(reads, None), scan, context)
    outcome = replace(decided.result, version=earlier.version + 1)
    others = [record for record in decided.changes.records if record is not decided.result]
    changes = replace(decided.changes, records=(outcome, *others))
    return Decided(result=outcome, changes=changes)


def refuse(
    reads: ScanReader, scan_id: str, device_id: str, reason: str, context: Context
) -> Decided[ScanOutcome]:
    """Say under its id that a scan cannot be read; what is known of that id already stays."""
    earlier = reads.scan_outcome(scan_id)
    if earlier is not None:
        return Decided(result=earlier)
    outcome = ScanOutcome(
        scan_id=scan_id,
        device_id=device_id,
        seq=0,
        captured_at=context.now,
        processed_at=context.now,
        state=MALFORMED,
        reason=reason,
    )
    return Decided(result=outcome, changes=Changes(records=(outcome,)))
