"""Scans of goods that somebody counts at the door: into the count, and booked with its close.

A scan belongs to the count that it names; else to the one that goes on in its warehouse of the
return, or of the box, that it names, if it was made since the opening. It counts once by its id,
over the queue and by hand alike. One that names its return is never put into the count of a box:
a box is shared out by what is waited for, and could give the goods to another customer. All that
belongs to no count is booked at once.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.events import Context
from chalicelib.receivings.model import (
    COUNTED,
    GOING_ON,
    ITEMS_MAX,
    KINDS_MAX,
    Counted,
    Kind,
    Receiving,
    ReceivingOf,
    place_of,
    together,
)
from chalicelib.returns.model import Return
from chalicelib.returns.scanning import (
    Scan,
    ScanOutcome,
    ScanReader,
    booked,
    item_of,
    outcome_of,
    returns_named,
)

COUNTED_AGAIN = "counted_again"
SECOND_COUNTER = "second_counter_needed"
CLOCKS_DIFFER = timedelta(minutes=5)
"""By how much a device's clock may be behind ours, as in counts of stock."""
_REFUSED = "refused"


class ScannedReader(ScanReader, Protocol):
    """What scans read of counts."""

    def receiving(self, receiving_id: str) -> Receiving | None: ...

    def receiving_of(self, place: str) -> ReceivingOf | None: ...

    def return_and_count(self, number: str) -> tuple[Return | None, ReceivingOf | None]: ...


def take_received(reads: ScannedReader, scan: Scan, context: Context) -> Decided[ScanOutcome]:
    """Count a scan, or book it, once; the same scan again answers with the stored outcome."""
    done = reads.scan_outcome(scan.scan_id)
    if done is not None:
        return Decided(result=done)
    ret, going_on = _said(reads, scan)
    stated = reads.receiving(scan.receiving_id) if scan.receiving_id is not None else None
    if stated is not None and _fits(stated, scan, ret):
        counted = _counted(stated, scan, context)
        if counted is not None:
            return counted
    elif going_on is not None and going_on != scan.receiving_id:
        receiving = reads.receiving(going_on)
        if receiving is not None and _is_since(receiving, scan) and _fits(receiving, scan, ret):
            counted = _counted(receiving, scan, context)
            if counted is not None:
                return counted
    if ret is not None:
        return booked((ret,), scan, context)
    if stated is not None and scan.return_number is None and scan.parcel is None:
        scan, returns = _about(reads, stated, scan)
        return booked(returns, scan, context)
    return booked(returns_named(reads, scan), scan, context)


def _is_since(receiving: Receiving, scan: Scan) -> bool:
    """Whether it was scanned after the opening, for all that clocks differ."""
    return scan.captured_at >= receiving.opened_at - CLOCKS_DIFFER


def is_over(reads: ScannedReader, refused: ScanOutcome) -> bool:
    """Whether the second count that refused the scan has ended: it found these goods itself."""
    if refused.receiving_id is None:
        return False
    receiving = reads.receiving(refused.receiving_id)
    return receiving is None or receiving.state not in GOING_ON


def _said(reads: ScannedReader, scan: Scan) -> tuple[Return | None, str | None]:
    """The return that the scan names, and the count that goes on of it or of its box."""
    if scan.return_number is not None:
        ret, lock = reads.return_and_count(scan.return_number)
    else:
        ret = None
        place = None if scan.parcel is None else place_of(Kind.PARCEL, scan.parcel)
        lock = None if place is None else reads.receiving_of(place)
    return ret, None if lock is None else lock.receiving_id


def _fits(receiving: Receiving, scan: Scan, ret: Return | None) -> bool:
    if receiving.state not in GOING_ON or receiving.warehouse != scan.warehouse:
        return False
    if scan.return_number is None:
        return True
    is_of_return = receiving.kind is Kind.RETURN and ret is not None
    return is_of_return and ret is not None and receiving.name == ret.return_id


def _about(reads: ScannedReader, receiving: Receiving, scan: Scan) -> tuple[Scan, Sequence[Return]]:
    """What a count that is over was about, as if the scan had named that."""
    if receiving.kind is Kind.RETURN:
        return scan, reads.returns_of([receiving.name])
    scan = replace(scan, parcel=receiving.name)
    return scan, returns_named(reads, scan)


def _counted(receiving: Receiving, scan: Scan, context: Context) -> Decided[ScanOutcome] | None:
    """The scan in the count; None where the count is full, and its goods are booked at once."""
    outcome = replace(
        outcome_of(scan, context), reason=COUNTED, receiving_id=receiving.receiving_id
    )
    if receiving.earlier:
        # The goods are counted again by somebody else: booked as well, they would be there twice.
        is_late = scan.captured_at < receiving.earlier[-1].closed_at
        if is_late or context.actor.id in receiving.earlier_counters:
            reason = COUNTED_AGAIN if is_late else SECOND_COUNTER
            outcome = replace(outcome, state=_REFUSED, reason=reason)
            return Decided(result=outcome, changes=Changes(records=(outcome,)))
    if any(one.item_id == scan.scan_id for one in receiving.items):
        return Decided(result=outcome, changes=Changes(records=(outcome,)))
    one = Counted(
        item_id=scan.scan_id,
        item=item_of(scan),
        counted_by=context.actor.id,
        counted_at=context.now,
        by_scan=True,
    )
    items = (*receiving.items, one)
    if len(items) > ITEMS_MAX or len(together(each.item for each in items)) > KINDS_MAX:
        return None
    receiving = replace(receiving, items=items, version=receiving.version + 1)
    return Decided(result=outcome, changes=Changes(records=(outcome, receiving)))
