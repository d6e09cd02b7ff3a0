"""Scan to verify: says whether goods fit what is announced, and changes nothing.

Who holds a box may ask before anything is booked. The answer is the outcome's `reason`, one of
`Fit`; only the outcome is stored, so that the same scan is answered the same again.
"""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided
from chalicelib.core.events import Context
from chalicelib.returns.finding import is_lost
from chalicelib.returns.lifecycle import is_receivable
from chalicelib.returns.model import Logistics, Return, ReturnLine
from chalicelib.returns.parcels import takes_goods
from chalicelib.returns.receiving import ReceivedItem, is_same_goods
from chalicelib.returns.scanning import (
    Scan,
    ScanOutcome,
    ScanReader,
    item_of,
    outcome_of,
    returns_named,
)
from chalicelib.returns.units import units_where


class Fit(StrEnum):
    """EXPECTED: receive it. SURPLUS: more than is waited for. WRONG_GOODS: nobody sent such.

    UNKNOWN: no return and no box of this number. NOT_EXPECTED: its return takes no goods.
    SERIAL_MISMATCH: the goods, but not this one. ALREADY_RECEIVED: all of it is here.
    """

    EXPECTED = "expected"
    SURPLUS = "surplus"
    WRONG_GOODS = "wrong_goods"
    UNKNOWN = "unknown"
    NOT_EXPECTED = "not_expected"
    SERIAL_MISMATCH = "serial_mismatch"
    ALREADY_RECEIVED = "already_received"


_BEST_FIRST = (
    Fit.EXPECTED,
    Fit.ALREADY_RECEIVED,
    Fit.SURPLUS,
    Fit.SERIAL_MISMATCH,
    Fit.WRONG_GOODS,
    Fit.NOT_EXPECTED,
)
"""Of several returns in a box, the one that the goods fit best answers."""


def take_verifying(reads: ScanReader, scan: Scan, context: Context) -> Decided[ScanOutcome]:
    """Answer a scan once; the same scan again reads the stored answer."""
    done = reads.scan_outcome(scan.scan_id)
    if done is not None:
        return Decided(result=done)
    fit, ret = verified(returns_named(reads, scan), item_of(scan))
    outcome = replace(
        outcome_of(scan, context),
        return_id=ret.return_id if ret is not None else None,
        reason=fit.value,
    )
    return Decided(result=outcome, changes=Changes(records=(outcome,)))


def verified(returns: Sequence[Return], item: ReceivedItem) -> tuple[Fit, Return | None]:
    """How the goods fit these returns, and the one that they fit best."""
    if not returns:
        return Fit.UNKNOWN, None
    found = [(_fit(ret, item), ret) for ret in returns]
    return min(found, key=lambda one: _BEST_FIRST.index(one[0]))


def fit_of_box(returns: Sequence[Return]) -> Fit:
    """Whether anything in a box is waited for, whatever it is."""
    if not returns:
        return Fit.UNKNOWN
    lines = [line for ret in returns if takes_goods(ret) for line in ret.lines]
    if any(map(_waiting, lines)):
        return Fit.EXPECTED
    return Fit.ALREADY_RECEIVED if any(map(_received, lines)) else Fit.NOT_EXPECTED


def _fit(ret: Return, item: ReceivedItem) -> Fit:
    if not takes_goods(ret):
        return Fit.NOT_EXPECTED
    lines = [line for line in ret.lines if is_same_goods(line, item)]
    if not lines:
        return Fit.WRONG_GOODS
    if item.serials and any(line.serials for line in lines):
        return _fit_of_serial(lines, item.serials[0])
    waiting = sum(runs.size(_waiting(line)) for line in lines)
    if waiting >= item.quantity:
        return Fit.EXPECTED
    return Fit.ALREADY_RECEIVED if not waiting and any(map(_received, lines)) else Fit.SURPLUS


def _fit_of_serial(lines: Sequence[ReturnLine], serial: str) -> Fit:
    for line in lines:
        for ordinal, known in line.serials.items():
            if known == serial:
                units = runs.of_ordinals([int(ordinal)])
                if runs.common(units, _waiting(line)):
                    return Fit.EXPECTED
                return Fit.ALREADY_RECEIVED if runs.common(units, _received(line)) else Fit.SURPLUS
    return Fit.SERIAL_MISMATCH


def _waiting(line: ReturnLine) -> runs.Runs:
    """What is on its way; and what was given up as lost, for it may come after all."""
    return units_where(line, lambda group: is_receivable(group) or is_lost(group))


def _received(line: ReturnLine) -> runs.Runs:
    return units_where(line, lambda group: group.logistics is Logistics.RECEIVED)
