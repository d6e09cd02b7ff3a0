"""Closing a receiving: count beside announcement, and one receipt for each return that got goods.

All of it is one command, however many returns there are. What is missing stays awaited: it is told
as short, and nobody gives it up by counting. Goods of no return go to quarantine, as in a receipt.
"""

from dataclasses import dataclass, replace

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict
from chalicelib.core.events import Context, Journal, Json
from chalicelib.receivings.comparing import differences
from chalicelib.receivings.model import (
    Kind,
    Mode,
    Receiving,
    Round,
    State,
    Tally,
    difference,
)
from chalicelib.receivings.opening import (
    ReceivingReader,
    ended,
    facts,
    going_on,
    require_other_person,
)
from chalicelib.receivings.tallying import tallied
from chalicelib.returns.continuing import continued
from chalicelib.returns.exceptions import ExceptionKind
from chalicelib.returns.facts import header
from chalicelib.returns.model import Return
from chalicelib.returns.parcels import Parcel, shared_out, takes_goods
from chalicelib.returns.receiving import Receive, ReceivedItem, receive_into
from chalicelib.returns.reporting import ReportException, report_on
from chalicelib.returns.strangers import Found, taken_as_strangers
from chalicelib.returns.unpacking import part_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """`is_empty`: there was nothing in it, which a count without items must say."""

    is_empty: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Booked:
    """The write of all receipts, and what it made."""

    changes: Changes
    receipt_ids: tuple[str, ...] = ()
    exception_ids: tuple[str, ...] = ()


def close(
    reads: ReceivingReader, receiving_id: str, command: Close, context: Context
) -> Decided[Receiving]:
    """Book the count; or, where a blind one is too far off, ask somebody else to count again.

    Raises Conflict `nothing_counted`, or `not_empty` for an empty box with something in it.
    """
    receiving = going_on(reads, receiving_id, context)
    require_other_person(receiving, context)
    _require_counted(receiving, command)
    box, returns = _now(reads, receiving)
    goods = receiving.goods()
    tallies = tallied(returns, goods)
    if _is_doubtful(receiving, tallies):
        return _again(receiving, tallies, context)
    if command.is_empty:
        booked = _nothing(returns, receiving, context)
    elif any(map(takes_goods, returns)):
        booked = _received(reads, returns, goods, receiving, context)
    else:
        booked = _strange(returns, goods, receiving, context)
    receiving = replace(
        receiving,
        tallies=tallies,
        return_ids=tuple(ret.return_id for ret in returns),
        receipt_ids=booked.receipt_ids,
        exception_ids=booked.exception_ids,
    )
    over = ended(reads, receiving, State.CLOSED, context)
    changes = over.changes + booked.changes
    if box is not None:
        # Of two who saw the same version of the box, one is told that it is past.
        changes += Changes(records=(replace(box, version=box.version + 1),))
    return Decided(result=over.result, changes=changes)


def _require_counted(receiving: Receiving, command: Close) -> None:
    if command.is_empty and receiving.items:
        raise Conflict("not_empty", "Something was counted in it.")
    if not command.is_empty and not receiving.items:
        raise Conflict("nothing_counted", "Nothing was counted; say so if it is empty.")


def _now(reads: ReceivingReader, receiving: Receiving) -> tuple[Parcel | None, list[Return]]:
    """The box as it is now, with its returns: somebody may have told of it since the opening."""
    if receiving.kind is Kind.RETURN:
        return None, reads.returns_of([receiving.name])
    box = reads.parcel(receiving.name)
    if box is None:
        return None, []
    boxes = reads.parcels_of(box.holds) if box.is_pallet else []
    return_ids = dict.fromkeys(one for part in (box, *boxes) for one in part.return_ids)
    return box, reads.returns_of([*return_ids])


def _is_doubtful(receiving: Receiving, tallies: tuple[Tally, ...]) -> bool:
    return (
        receiving.mode is Mode.BLIND
        and receiving.second_above is not None
        and not receiving.earlier
        and difference(tallies) > receiving.second_above
    )


def _again(
    receiving: Receiving, tallies: tuple[Tally, ...], context: Context
) -> Decided[Receiving]:
    """Nothing is booked; the first count stays with the record."""
    first = Round(items=receiving.items, closed_by=context.actor.id, closed_at=context.now)
    counted = replace(receiving, tallies=tallies)
    receiving = replace(
        receiving,
        state=State.RECOUNT,
        earlier=(first,),
        items=(),
        version=receiving.version + 1,
    )
    journal = Journal(receiving.subject, receiving.chain, context)
    journal.record("receiving.recount_asked", facts(counted) | {"state": State.RECOUNT.value})
    receiving = replace(receiving, chain=journal.chain)
    changes = Changes(records=(receiving,), events=tuple(journal.events))
    return Decided(result=receiving, changes=changes)


def _received(
    reads: ReceivingReader,
    returns: list[Return],
    goods: tuple[ReceivedItem, ...],
    receiving: Receiving,
    context: Context,
) -> _Booked:
    """Each item to the return that waits for it; what nobody waits for is surplus of the first."""
    changes = Changes()
    receipts: list[str] = []
    exceptions: list[str] = []
    for place, (ret, items) in enumerate(shared_out(returns, goods)):
        command = Receive(
            warehouse=receiving.warehouse,
            items=items,
            parcel=None if receiving.kind is Kind.RETURN else receiving.name,
        )
        own = part_of(context, place)
        decided = receive_into(ret, command, own)
        receipts.append(decided.result.receipt.receipt_id)
        exceptions += decided.result.receipt.exception_ids
        changes += _compared(reads, ret, decided.result.ret, items, decided.changes, own)
    return _Booked(changes=changes, receipt_ids=tuple(receipts), exception_ids=tuple(exceptions))


def _compared(
    reads: ReceivingReader,
    before: Return,
    ret: Return,
    items: tuple[ReceivedItem, ...],
    changes: Changes,
    context: Context,
) -> Changes:
    """Tell where a driver counted another number than was found: the carrier may answer for it."""
    journal = Journal(ret.subject, ret.chain, context)
    counted = sum(item.quantity for item in items)
    for one in differences(reads.handovers(ret.return_id), before, ret, counted):
        told: dict[str, Json] = {
            "handover_id": one.paper.handover_id,
            "shipment_id": one.paper.shipment_id,
            "carrier": one.paper.carrier,
            "driver_ref": one.paper.driver_ref,
            "collected": one.paper.units,
            "counted": one.found,
        }
        journal.record("return.count_differs", {**header(ret), **told})
    return continued(changes, ret, journal) if journal.events else changes


def _strange(
    returns: list[Return],
    goods: tuple[ReceivedItem, ...],
    receiving: Receiving,
    context: Context,
) -> _Booked:
    """Of a box that nobody told of, or of returns that take nothing: all of it to quarantine."""
    ret = returns[0] if returns else None
    found = Found(
        warehouse=receiving.warehouse,
        return_number=ret.number if ret is not None else None,
        parcel=None if receiving.kind is Kind.RETURN else receiving.name,
    )
    taken = taken_as_strangers(goods, found, ret, part_of(context, 0))
    return _Booked(
        changes=taken.changes, exception_ids=tuple(one.exception_id for one in taken.exceptions)
    )


def _nothing(returns: list[Return], receiving: Receiving, context: Context) -> _Booked:
    """An empty box is an exception of each return that waited for goods out of it."""
    changes = Changes()
    exceptions: list[str] = []
    for place, ret in enumerate(returns):
        awaited = sum(tally.announced for tally in tallied([ret], ()))
        if awaited:
            command = ReportException(
                kind=ExceptionKind.EMPTY, quantity=awaited, warehouse=receiving.warehouse
            )
            decided = report_on(ret, command, part_of(context, place))
            exceptions.append(decided.result.exception_id)
            changes += decided.changes
    return _Booked(changes=changes, exception_ids=tuple(exceptions))
