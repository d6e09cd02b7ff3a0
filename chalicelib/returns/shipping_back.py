"""Goods go back to the customer unpaid: not accepted, not ours, or wanted back; inspected or not.

The customer has the unit again and may ask for it again, so the order is free of it in the same
write; and what was promised in exchange for it is not promised any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.events import Context, Journal, Json
from chalicelib.core.ids import derived_id
from chalicelib.core.runs import Runs
from chalicelib.exchanges.ending import released_exchanges
from chalicelib.exchanges.ports import ReplacingReader
from chalicelib.inventory.model import Account, Transfer
from chalicelib.returns.awards import require_ours
from chalicelib.returns.closing import closed_if_complete
from chalicelib.returns.disposition_records import DisposedItem, DispositionRecord
from chalicelib.returns.facts import header, line_facts
from chalicelib.returns.inspecting import disposition_movement, transfers_between
from chalicelib.returns.lifecycle import fits, require
from chalicelib.returns.loading import found
from chalicelib.returns.losing import check_reason
from chalicelib.returns.model import Disposition, Return, ReturnLine, UnitGroup
from chalicelib.returns.releasing import released
from chalicelib.returns.selection import NamedQuantity, moved, too_few, totals
from chalicelib.returns.transitions import Command
from chalicelib.returns.units import units_where

REASONS = frozenset(
    {"NOT_ACCEPTED", "CUSTOMER_WANTS_IT_BACK", "NOT_OURS", "CANCELLED_TOO_LATE", "OTHER"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipBack:
    """So many units of some lines, why, and by whom they travel."""

    lines: tuple[NamedQuantity, ...]
    reason: str
    note: str | None = None
    carrier: str | None = None
    tracking_no: str | None = None


def ship_back(
    reads: ReplacingReader, return_id: str, command: ShipBack, context: Context
) -> Decided[Return]:
    """Send received units back; raises Conflict for more than are here unpaid and undecided, and
    `awarded_away` for units that the customer has the money for.
    """
    ret, order = reads.return_and_order(return_id)
    ret = before = found(ret, return_id, context)
    check_reason(command.reason, command.note, REASONS)
    require(ret, Command.SHIP_BACK)
    units = _chosen(ret, command.lines)
    transfers = _transfers(ret, units)
    records: list[Record] = []
    if order is not None:
        records.append(released(order, ret, units, context))
    ret = moved(
        ret, units, disposition=Disposition.SHIP_BACK, account=Account.CUSTOMER, credit=False
    )
    ret = replace(ret, version=ret.version + 1, updated_at=context.now)
    promises = released_exchanges(reads, ret, units, context)
    ret = promises.ret
    require_ours(before, ret)
    movement = disposition_movement(ret, transfers, context, "ship-back")
    assert movement is not None, "goods that are here lie with us"
    record = DispositionRecord(
        disposition_id=derived_id("dsp", context.command_id),
        return_id=return_id,
        decided_at=context.now,
        decided_by=context.actor.id,
        items=tuple(
            DisposedItem(
                line_no=line_no,
                quantity=runs.size(part),
                disposition=Disposition.SHIP_BACK,
                note=command.note,
            )
            for line_no, part in units.items()
        ),
        movement_id=movement.movement_id,
        reason=command.reason,
        carrier=command.carrier,
        tracking_no=command.tracking_no,
    )
    journal = Journal(ret.subject, ret.chain, context)
    journal.record("return.dispositioned", _facts(ret, units, record))
    ret = closed_if_complete(ret, journal)
    changes = Changes(records=(ret, record, movement, *records), events=tuple(journal.events))
    return Decided(result=ret, changes=changes + promises.changes)


def _chosen(ret: Return, lines: Sequence[NamedQuantity]) -> dict[str, Runs]:
    """The lowest units of each line; those that were accepted for the refund are the last."""
    units: dict[str, Runs] = {}
    for line_no, quantity in totals(ret, lines).items():
        line = ret.line(line_no)
        assert line is not None, "checked by totals"
        may_go = _that_may_go(line, accepted=False), _that_may_go(line, accepted=True)
        possible = sum(runs.size(part) for part in may_go)
        if possible < quantity:
            raise too_few(line_no, possible=possible, asked=quantity)
        first = runs.lowest(may_go[0], min(quantity, runs.size(may_go[0])))
        rest = runs.lowest(may_go[1], quantity - runs.size(first))
        units[line_no] = runs.merged((*first, *rest))
    return units


def _that_may_go(line: ReturnLine, *, accepted: bool) -> Runs:
    def may_go(group: UnitGroup) -> bool:
        return fits(Command.SHIP_BACK, group) and (group.credit is True) == accepted

    return units_where(line, may_go)


def _transfers(ret: Return, units: dict[str, Runs]) -> list[Transfer]:
    transfers: list[Transfer] = []
    for line in ret.lines:
        if line.line_no in units:
            transfers.extend(transfers_between(line, units[line.line_no], Account.CUSTOMER))
    return transfers


def _facts(ret: Return, units: dict[str, Runs], record: DispositionRecord) -> dict[str, Json]:
    return {
        **header(ret),
        "disposition_id": record.disposition_id,
        "movement_id": record.movement_id,
        "reason": record.reason,
        "carrier": record.carrier,
        "tracking_no": record.tracking_no,
        "lines": [
            line_facts(
                line,
                units[line.line_no],
                disposition=Disposition.SHIP_BACK.value,
                origin=None,
            )
            for line in ret.lines
            if line.line_no in units
        ],
    }
