"""A scan that names a box and no goods: what is in the box, or on the pallet, came in at the door.

Nothing is counted by it: units on their way are ARRIVED, as they are when people say so. A box that
nobody told of is refused, so that the same scan is worked on once somebody has.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.events import Context
from chalicelib.returns.arriving import Arrive, arrive
from chalicelib.returns.model import Return
from chalicelib.returns.parcels import grouped
from chalicelib.returns.scanning import Scan, ScanOutcome, ScanReader, outcome_of, returns_named
from chalicelib.returns.verifying import fit_of_box

ARRIVED = "arrived"
ALREADY_ARRIVED = "already_arrived"
UNKNOWN_BOX = "unknown_box"
GOODS_REQUIRED = "goods_required"
_REFUSED = "refused"


def take_box(reads: ScanReader, scan: Scan, context: Context) -> Decided[ScanOutcome]:
    """The arrival of a box or a pallet, once; the same scan again reads its outcome."""
    done = reads.scan_outcome(scan.scan_id)
    if done is not None:
        return Decided(result=done)
    assert scan.parcel is not None, "a scan names goods or a box"
    box = grouped(reads, scan.parcel)
    if box is None:
        return _refused(scan, UNKNOWN_BOX, context)
    at = _arrived_at(scan, box.returns, context)
    # By whoever scans it: at which version of the box they looked, no scanner knows.
    arrived = arrive(
        reads,
        scan.parcel,
        Arrive(warehouse=scan.warehouse, arrived_at=at),
        replace(context, expected_version=None),
    )
    reason = ARRIVED if arrived.changes.records else ALREADY_ARRIVED
    outcome = replace(outcome_of(scan, context), return_id=_only(box.returns), reason=reason)
    return Decided(result=outcome, changes=Changes(records=(outcome,)) + arrived.changes)


def verify_box(reads: ScanReader, scan: Scan, context: Context) -> Decided[ScanOutcome]:
    """Say whether anything in the box is waited for; nothing moves."""
    done = reads.scan_outcome(scan.scan_id)
    if done is not None:
        return Decided(result=done)
    returns = returns_named(reads, scan)
    outcome = replace(
        outcome_of(scan, context), return_id=_only(returns), reason=fit_of_box(returns).value
    )
    return Decided(result=outcome, changes=Changes(records=(outcome,)))


def without_goods(_: ScanReader, scan: Scan, context: Context) -> Decided[ScanOutcome]:
    """The step is about goods, and the scan names none."""
    return _refused(scan, GOODS_REQUIRED, context)


def _refused(scan: Scan, reason: str, context: Context) -> Decided[ScanOutcome]:
    outcome = replace(outcome_of(scan, context), state=_REFUSED, reason=reason)
    return Decided(result=outcome, changes=Changes(records=(outcome,)))


def _arrived_at(scan: Scan, returns: Sequence[Return], context: Context) -> datetime:
    """By the device's clock, as far as that can be: days by which money is due hang on it."""
    asked = [ret.requested_at for ret in returns]
    return min(max([scan.captured_at, *asked]), context.now)


def _only(returns: Sequence[Return]) -> str | None:
    """The return in a box with one; a box with several is read by its number."""
    return returns[0].return_id if len(returns) == 1 else None
