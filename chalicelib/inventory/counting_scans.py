"""A scan of the step `counting`: so many more units of a SKU in the session that counts it.

Which session that is follows from the warehouse and the SKU, so a device need not know. A scan
counts once, by its id; a serial number counts once, by itself. What nobody counts is refused, and
so is what was scanned before the count began (a device may have been offline): the device is told,
and nothing moves.
"""

from dataclasses import replace
from datetime import timedelta
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
SCANNED_BEFORE = "scanned_before_count"
SERIALS_MAX = 4000
"""Serial numbers of a session, which is one record."""
CLOCKS_DIFFER = timedelta(minutes=5)
"""As far as the clock of a device may be wrong (auth of devices asks for no more)."""
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
    if session is None or session.state is not SessionState.OPEN or scan.sku in session.not_here:
        return _refused(scan, NOT_COUNTED, context)
    if scan.captured_at < session.counts_since(scan.sku) - CLOCKS_DIFFER:
        return _refused(scan, SCANNED_BEFORE, context)
    line = _line(session, scan.sku, scan.lot)
    is_counted = _is_counted(session, scan)
    if not is_counted and _is_full(session, line, scan):
        return _refused(scan, SESSION_FULL, context)
    outcome = outcome_of(scan, context)
    if is_counted:
        outcome = replace(outcome, reason=SERIAL_COUNTED)
        return Decided(result=outcome, changes=Changes(records=(outcome,)))
    session = _counted(session, line, scan, _booked(reads, scan), context)
    return Decided(result=outcome, changes=Changes(records=(outcome, session)))


def _is_counted(session: CountSession, scan: Scan) -> bool:
    """Whether the unit itself was counted, under whatever lot it was read then."""
    return scan.serial is not None and any(
        scan.serial in line.serials for line in session.lines if line.sku == scan.sku
    )


def _is_full(session: CountSession, line: CountLine | None, scan: Scan) -> bool:
    serials = sum(len(one.serials) for one in session.lines)
    return (line is None and len(session.lines) >= LINES_MAX) or (
        scan.serial is not None and serials >= SERIALS_MAX
    )


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
