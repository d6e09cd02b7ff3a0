"""A scan of the step `counting`: so many more units of a SKU in the session that counts it.

Which session that is follows from the warehouse and the SKU, so a device need not know. A scan
counts once, by its id; a serial number counts once, by itself. What nobody counts is refused: the
device is told, and nothing moves.
"""

from dataclasses import replace
from typing import Protocol

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.events import Context
from chalicelib.inventory.count_sessions import (
    LINES_MAX,
    CountLine,
    CountSession,
    SessionReader,
    SessionState,
)
from chalicelib.inventory.model import Account
from chalicelib.returns.scanning import Scan, ScanOutcome, outcome_of

STEP = "counting"
NOT_COUNTED = "not_being_counted"
NO_SKU = "sku_unknown"
SERIAL_COUNTED = "serial_counted_already"
SESSION_FULL = "count_session_full"
_REFUSED = "refused"


class CountScanReader(SessionReader, Protocol):
    def scan_outcome(self, scan_id: str) -> ScanOutcome | None: ...


def take_count_scan(reads: CountScanReader, scan: Scan, context: Context) -> Decided[ScanOutcome]:
    """Add a scan to the count of its SKU, once."""
    done = reads.scan_outcome(scan.scan_id)
    if done is not None:
        return Decided(result=done)
    if scan.sku is None:
        return _refused(scan, NO_SKU, context)
    session_id = reads.open_counts(scan.warehouse).session_of(scan.sku)
    session = reads.count_session(session_id) if session_id is not None else None
    if session is None or session.state is not SessionState.OPEN:
        return _refused(scan, NOT_COUNTED, context)
    line = _line(session, scan.sku, scan.lot)
    if line is None and len(session.lines) >= LINES_MAX:
        return _refused(scan, SESSION_FULL, context)
    outcome = outcome_of(scan, context)
    if line is not None and scan.serial is not None and scan.serial in line.serials:
        outcome = replace(outcome, reason=SERIAL_COUNTED)
        return Decided(result=outcome, changes=Changes(records=(outcome,)))
    session = _counted(session, line, scan, _booked(reads, scan), context)
    return Decided(result=outcome, changes=Changes(records=(outcome, session)))


def _counted(
    session: CountSession, line: CountLine | None, scan: Scan, booked: int, context: Context
) -> CountSession:
    assert scan.sku is not None, "asked before"
    serials = (scan.serial,) if scan.serial is not None else ()
    if line is None:
        after = CountLine(
            sku=scan.sku,
            lot=scan.lot,
            counted=scan.quantity,
            booked_first=booked,
            booked=booked,
            counted_at=context.now,
            serials=serials,
        )
        lines = (*session.lines, after)
    else:
        after = replace(
            line,
            counted=line.counted + scan.quantity,
            booked=booked,
            counted_at=context.now,
            serials=line.serials + serials,
        )
        lines = tuple(after if one is line else one for one in session.lines)
    return replace(session, lines=lines, version=session.version + 1)


def _line(session: CountSession, sku: str, lot: str | None) -> CountLine | None:
    return next((one for one in session.lines if (one.sku, one.lot) == (sku, lot)), None)


def _booked(reads: CountScanReader, scan: Scan) -> int:
    assert scan.sku is not None, "asked before"
    return sum(
        one.quantity
        for one in reads.balances(scan.warehouse, [scan.sku])
        if one.account is Account.AVAILABLE and one.lot == scan.lot
    )


def _refused(scan: Scan, reason: str, context: Context) -> Decided[ScanOutcome]:
    outcome = replace(outcome_of(scan, context), state=_REFUSED, reason=reason)
    return Decided(result=outcome, changes=Changes(records=(outcome,)))
