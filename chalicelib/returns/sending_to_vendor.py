"""Units set aside for their supplier leave for it, and come back where it does not take them.

A disposition RTV puts units in quarantine; the document that sends them to the supplier calls this
for each return that it is about, in its own command. Nothing here is about money.
"""

from dataclasses import replace

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict
from chalicelib.core.events import Context, Journal, Json
from chalicelib.core.runs import Runs
from chalicelib.inventory.model import Account, MovementKind, Transfer
from chalicelib.returns.closing import reopened_by_news
from chalicelib.returns.facts import header, line_facts
from chalicelib.returns.inspecting import disposition_movement, transfers_between
from chalicelib.returns.model import Disposition, Return, ReturnLine, UnitGroup
from chalicelib.returns.selection import UnitsByLine, moved
from chalicelib.returns.units import Where, units_where

RETURNED_BY_VENDOR = "returned_by_vendor"
"""Why a completed return is open again: its goods are back on hold."""


def waits_for_vendor(group: UnitGroup) -> bool:
    """Meant for the supplier, and still with us."""
    return group.disposition is Disposition.RTV and group.account is Account.QUARANTINE


def is_at_vendor(group: UnitGroup) -> bool:
    """Sent to the supplier; by goods that were sent when that was decided, too."""
    return group.disposition is Disposition.RTV and group.account is Account.VENDOR


def sent_to_vendor(
    ret: Return, units: UnitsByLine, context: Context, *, source: str
) -> Decided[Return]:
    """The return with these units at the supplier. `source` is the subject of the document that
    sends them. Raises Conflict `not_waiting_for_vendor` where one is not set aside for it.

    The caller writes the changes with its own, in one command: the return is one version further.
    """
    _require(ret, units, waits_for_vendor, "not_waiting_for_vendor")
    return _posted(ret, units, Account.VENDOR, "return.sent_to_vendor", source, context)


def returned_by_vendor(
    ret: Return, units: UnitsByLine, context: Context, *, source: str
) -> Decided[Return]:
    """The return with these units back with us, on hold: what becomes of them is decided anew.

    A completed return is open again by it. Raises Conflict `not_at_vendor`. As `sent_to_vendor`.
    """
    _require(ret, units, is_at_vendor, "not_at_vendor")
    return _posted(
        ret,
        units,
        Account.QUARANTINE,
        "return.returned_by_vendor",
        source,
        context,
        disposition=Disposition.HOLD,
    )


def _require(ret: Return, units: UnitsByLine, where: Where, code: str) -> None:
    assert any(units.values()), "a document sends something"
    for line_no, wanted in units.items():
        line = ret.line(line_no)
        there = units_where(line, where) if line is not None else ()
        lacking = runs.minus(wanted, there)
        if lacking:
            raise Conflict(
                code,
                f"Line {line_no}: {runs.size(lacking)} of these units are not there.",
                return_id=ret.return_id,
                line_no=line_no,
                possible=runs.size(there),
            )


def _posted(
    ret: Return,
    units: UnitsByLine,
    target: Account,
    event_type: str,
    source: str,
    context: Context,
    **changes: object,
) -> Decided[Return]:
    named = [(line, units[line.line_no]) for line in ret.lines if units.get(line.line_no)]
    movement = disposition_movement(
        ret,
        _transfers(named, target),
        context,
        f"vendor {ret.return_id}",
        MovementKind.VENDOR_RETURN,
    )
    assert movement is not None, "goods go from one account to another"
    facts: list[Json] = [line_facts(line, part) for line, part in named]
    ret = moved(ret, units, account=target, **changes)
    ret = replace(ret, version=ret.version + 1, updated_at=context.now)
    journal = Journal(ret.subject, ret.chain, context)
    journal.record(
        event_type,
        {
            **header(ret),
            "document": source,
            "movement_id": movement.movement_id,
            "lines": facts,
        },
    )
    if changes:
        ret = reopened_by_news(ret, journal, RETURNED_BY_VENDOR)
    ret = replace(ret, chain=journal.chain)
    records: tuple[Record, ...] = (ret, movement)
    return Decided(result=ret, changes=Changes(records=records, events=tuple(journal.events)))


def _transfers(named: list[tuple[ReturnLine, Runs]], target: Account) -> list[Transfer]:
    return [transfer for line, part in named for transfer in transfers_between(line, part, target)]
