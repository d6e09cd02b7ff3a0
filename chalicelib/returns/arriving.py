"""A box or a pallet came in at the door: its returns have arrived, and nobody counted them yet.

Units that are on their way are ARRIVED; those that are here, given up or taken back stay where they
are, so saying it again changes nothing. A full pallet is more than one transaction holds: the store
carries it out in numbered parts, which are seen as one.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.events import Context, Journal
from chalicelib.core.runs import Runs
from chalicelib.returns import deadlines
from chalicelib.returns.facts import header
from chalicelib.returns.falling_due import fallen_due
from chalicelib.returns.lifecycle import fitting
from chalicelib.returns.model import Logistics, Return
from chalicelib.returns.parcels import GroupedParcel, ParcelReader, require_parcel
from chalicelib.returns.selection import facts_of, moved
from chalicelib.returns.transitions import Command
from chalicelib.returns.units import units_where
from chalicelib.returns.unpacking import part_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrive:
    """Where and when; without a time it is now."""

    warehouse: str
    arrived_at: datetime | None = None


def arrive(
    reads: ParcelReader, parcel_no: str, command: Arrive, context: Context
) -> Decided[GroupedParcel]:
    """Mark what is in the box, or on the pallet, as arrived."""
    box = require_parcel(reads, parcel_no, context)
    # Days by which money is due hang on it, so nothing arrived later than now.
    at = min(command.arrived_at or context.now, context.now)
    if box.parcel.arrived_at is not None and not any(map(_arriving, box.returns)):
        return Decided(result=box)
    parcel = replace(
        box.parcel,
        arrived_at=box.parcel.arrived_at or at,
        warehouse=command.warehouse,
        version=box.parcel.version + 1,
    )
    changes = Changes(records=(parcel,))
    returns: list[Return] = []
    for place, ret in enumerate(box.returns):
        after, told = _arrived(ret, parcel_no, at, part_of(context, place))
        returns.append(after)
        changes += told
    return Decided(result=replace(box, parcel=parcel, returns=tuple(returns)), changes=changes)


def _arriving(ret: Return) -> dict[str, Runs]:
    """By line, the units that are on their way."""
    found = {line.line_no: units_where(line, fitting(Command.ARRIVE)) for line in ret.lines}
    return {line_no: units for line_no, units in found.items() if units}


def _arrived(ret: Return, parcel_no: str, at: datetime, context: Context) -> tuple[Return, Changes]:
    units = _arriving(ret)
    if not units:
        return ret, Changes()
    journal = Journal(ret.subject, ret.chain, context)
    after = replace(ret, version=ret.version + 1, updated_at=context.now)
    after = deadlines.after(moved(after, units, logistics=Logistics.ARRIVED))
    facts = {**header(after), "parcel": parcel_no, "lines": facts_of(after, units)}
    journal.record("return.arrived", facts)
    after = fallen_due(after, at, journal)
    after = replace(after, chain=journal.chain)
    return after, Changes(records=(after,), events=tuple(journal.events))
