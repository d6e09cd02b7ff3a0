"""One receipt of a whole box: what was counted in it, booked into the returns that wait for it.

All of it is one command. Twenty returns with their stock may be more than one transaction holds;
then the store carries the command out in numbered parts that are seen as one, as it does for large
orders. So a box is either booked as it was counted, or not at all.
"""

from dataclasses import dataclass, replace

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict
from chalicelib.core.events import Context
from chalicelib.returns.parcels import (
    GroupedParcel,
    ParcelReader,
    require_parcel,
    shared_out,
    takes_goods,
)
from chalicelib.returns.receiving import Receive, Received, receive_into


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """The box, and the receipt of each return that got something out of it."""

    box: GroupedParcel
    received: tuple[Received, ...]


def unpack(
    reads: ParcelReader, parcel_no: str, command: Receive, context: Context
) -> Decided[Unpacked]:
    """Book a count of the box; raises Conflict where none of its returns expects goods."""
    box = require_parcel(reads, parcel_no, context)
    if not any(takes_goods(ret) for ret in box.returns):
        raise Conflict(
            "parcel_expects_nothing",
            f"No return in the parcel {parcel_no} expects goods.",
            returns=[ret.number for ret in box.returns],
        )
    # The box is written too: of two who saw the same version of it, one is told that it is past.
    parcel = replace(box.parcel, version=box.parcel.version + 1)
    changes = Changes(records=(parcel,))
    received: list[Received] = []
    for place, (ret, items) in enumerate(shared_out(box.returns, command.items)):
        share = replace(command, items=items, parcel=parcel_no)
        decided = receive_into(ret, share, part_of(context, place))
        received.append(decided.result)
        changes += decided.changes
    box = replace(box, parcel=parcel)
    return Decided(result=Unpacked(box=box, received=tuple(received)), changes=changes)


def part_of(context: Context, place: int) -> Context:
    """The context of one of several receipts of a command: their documents need names of their own.

    The first has the command's own, so that a receipt into one return is named as ever.
    """
    if place == 0:
        return replace(context, expected_version=None)
    return replace(context, command_id=f"{context.command_id}.{place}", expected_version=None)
