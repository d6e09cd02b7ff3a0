"""One scan of a warehouse device becomes a receipt, or an exception: never an error.

A scan may come twice, late, or out of order. Its outcome is stored under its `scan_id` in the same
write, so that a second arrival only reads it. A scan that names only a box is for the return in it
that waits for the goods.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.events import Context
from chalicelib.returns.model import Return
from chalicelib.returns.parcels import Parcel, grouped, shared_out, takes_goods
from chalicelib.returns.receiving import Receive, ReceivedItem, receive_into
from chalicelib.returns.strangers import Found, taken_as_strangers
from chalicelib.returns.unpacking import part_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What a device saw. `return_number` is the printed number, where there was one to read.

    `receiving_id` names the count at the door that it belongs to, where the device knows of it.

    Without a SKU and a GTIN it is a scan of the box, or of the pallet, `parcel`.
    """

    scan_id: str
    device_id: str
    seq: int
    captured_at: datetime
    warehouse: str
    quantity: int
    sku: str | None = None
    gtin: str | None = None
    lot: str | None = None
    serial: str | None = None
    return_number: str | None = None
    parcel: str | None = None
    step: str = "receiving"
    expires_on: date | None = None
    receiving_id: str | None = None

    @property
    def names_goods(self) -> bool:
        return self.sku is not None or self.gtin is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanOutcome:
    """What became of a scan: the return it was booked into, the exception it became, or the count.

    What is counted in `receiving_id` is booked when that is closed.
    """

    scan_id: str
    device_id: str
    seq: int
    captured_at: datetime
    processed_at: datetime
    state: str
    return_id: str | None = None
    receipt_id: str | None = None
    exception_ids: tuple[str, ...] = ()
    reason: str | None = None
    expires_on: date | None = None
    warehouse: str | None = None
    parcel: str | None = None
    receiving_id: str | None = None
    version: int = 1


class ScanReader(Protocol):
    """Reads what a scan needs in one round trip where the return is known by number."""

    def scan_outcome(self, scan_id: str) -> ScanOutcome | None: ...

    def return_by_number(self, number: str) -> Return | None: ...

    def return_(self, return_id: str) -> Return | None: ...

    def returns_of(self, return_ids: Sequence[str]) -> list[Return]: ...

    def parcel(self, parcel_no: str) -> Parcel | None: ...

    def parcels_of(self, parcel_nos: Sequence[str]) -> list[Parcel]: ...


def take_scan(reads: ScanReader, scan: Scan, context: Context) -> Decided[ScanOutcome]:
    """Book a scan once; the same scan again answers with the stored outcome."""
    done = reads.scan_outcome(scan.scan_id)
    if done is not None:
        return Decided(result=done)
    return booked(returns_named(reads, scan), scan, context)


def booked(returns: Sequence[Return], scan: Scan, context: Context) -> Decided[ScanOutcome]:
    """A scan into the one of these returns that waits for its goods; else an exception."""
    if not returns:
        return _stranger(scan, context, None)
    if not any(takes_goods(ret) for ret in returns):
        return _stranger(scan, context, returns[0])
    outcome = outcome_of(scan, context)
    changes = Changes()
    for place, (ret, items) in enumerate(shared_out(returns, [item_of(scan)])):
        command = Receive(
            warehouse=scan.warehouse,
            items=items,
            received_at=_received_at(scan, ret, context),
            parcel=scan.parcel,
            scan_id=scan.scan_id,
        )
        decided = receive_into(ret, command, part_of(context, place))
        receipt = decided.result.receipt
        changes += decided.changes
        outcome = replace(
            outcome,
            return_id=outcome.return_id or ret.return_id,
            receipt_id=outcome.receipt_id or receipt.receipt_id,
            exception_ids=(*outcome.exception_ids, *receipt.exception_ids),
        )
    return Decided(result=outcome, changes=changes + Changes(records=(outcome,)))


def _received_at(scan: Scan, ret: Return, context: Context) -> datetime:
    """By the device's clock, as far as that can be: days by which money is due hang on it."""
    return min(max(scan.captured_at, ret.requested_at), context.now)


def returns_named(reads: ScanReader, scan: Scan) -> tuple[Return, ...]:
    """The return of the number, or those in the box where there was no number to read."""
    if scan.return_number is not None:
        ret = reads.return_by_number(scan.return_number)
        return () if ret is None else (ret,)
    box = None if scan.parcel is None else grouped(reads, scan.parcel)
    return () if box is None else box.returns


def item_of(scan: Scan) -> ReceivedItem:
    return ReceivedItem(
        sku=scan.sku,
        gtin=scan.gtin,
        lot=scan.lot,
        serials=(scan.serial,) if scan.serial else (),
        quantity=scan.quantity,
        expires_on=scan.expires_on,
    )


def outcome_of(scan: Scan, context: Context) -> ScanOutcome:
    return ScanOutcome(
        scan_id=scan.scan_id,
        device_id=scan.device_id,
        seq=scan.seq,
        captured_at=scan.captured_at,
        processed_at=context.now,
        state="done",
        expires_on=scan.expires_on,
        warehouse=scan.warehouse,
        parcel=scan.parcel,
    )


def _stranger(scan: Scan, context: Context, ret: Return | None) -> Decided[ScanOutcome]:
    """Goods that no return waits for."""
    found = Found(
        warehouse=scan.warehouse,
        return_number=scan.return_number,
        parcel=scan.parcel,
        scan_id=scan.scan_id,
    )
    taken = taken_as_strangers([item_of(scan)], found, ret, context)
    (exception,) = taken.exceptions
    outcome = replace(
        outcome_of(scan, context),
        return_id=exception.return_id,
        exception_ids=(exception.exception_id,),
        reason=exception.kind.value,
    )
    return Decided(result=outcome, changes=Changes(records=(outcome,)) + taken.changes)
