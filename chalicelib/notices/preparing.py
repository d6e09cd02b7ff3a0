"""Which notices a return, or a pallet, asks for: made, said anew or called off by what it is now.

It follows the return as it is stored, never an event: so events may come twice, late or in any
order. What was received stays announced; what was cancelled, given up or turned away does not.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Protocol

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided
from chalicelib.core.events import Context, Journal, Json
from chalicelib.notices.model import (
    OVER,
    AdvanceNotice,
    NoticeLine,
    NoticeParcel,
    NoticeReturn,
    NoticeState,
    notice_id_for,
)
from chalicelib.notices.partners import Partner
from chalicelib.returns.model import Authorization, Logistics, Return, ShipmentState, UnitGroup
from chalicelib.returns.parcels import ParcelReader, grouped
from chalicelib.returns.receiving import serials_of
from chalicelib.returns.units import ON_THE_WAY

_ANNOUNCED = ON_THE_WAY | {Logistics.RECEIVED}
_GOING = frozenset({ShipmentState.LABELLED, ShipmentState.IN_TRANSIT, ShipmentState.DELIVERED})


class NoticeReader(ParcelReader, Protocol):
    """What notices are made of."""

    def partner(self, warehouse: str) -> Partner | None: ...

    def notice(self, notice_id: str) -> AdvanceNotice | None: ...


def prepare_for_return(
    reads: NoticeReader, return_id: str, context: Context
) -> Decided[tuple[AdvanceNotice, ...]]:
    """The notice of a return as it should be now; none where its warehouse has no partner."""
    ret = reads.return_(return_id)
    if ret is None or ret.warehouse is None:
        return Decided(result=())
    return _brought_up(
        reads,
        AdvanceNotice(
            notice_id=notice_id_for(ret.warehouse, return_id=return_id),
            warehouse=ret.warehouse,
            returns=_announced([ret]),
            parcels=_parcels([ret]),
            expected_on=_expected_on([ret]),
            prepared_at=context.now,
        ),
        context,
    )


def prepare_for_pallet(
    reads: NoticeReader, pallet_no: str, context: Context
) -> Decided[tuple[AdvanceNotice, ...]]:
    """The notice of a pallet with all returns on it; those of the returns are called off for it."""
    box = grouped(reads, pallet_no)
    if box is None or not box.parcel.is_pallet or box.parcel.warehouse is None:
        return Decided(result=())
    warehouse = box.parcel.warehouse
    decided = _brought_up(
        reads,
        AdvanceNotice(
            notice_id=notice_id_for(warehouse, pallet_no=pallet_no),
            warehouse=warehouse,
            pallet_no=pallet_no,
            returns=_announced(box.returns),
            parcels=_parcels(box.returns),
            expected_on=_expected_on(box.returns),
            prepared_at=context.now,
        ),
        context,
    )
    if not decided.result:
        return decided
    notices, changes = decided.result, decided.changes
    for ret in box.returns:
        own = reads.notice(notice_id_for(warehouse, return_id=ret.return_id))
        if own is not None and own.state not in OVER:
            own, more = _called_off(own, context)
            notices, changes = (*notices, own), changes + more
    return Decided(result=notices, changes=changes)


def facts(notice: AdvanceNotice) -> dict[str, Json]:
    """What events say of a notice."""
    return {
        "notice_id": notice.notice_id,
        "warehouse": notice.warehouse,
        "state": notice.state.value,
        "revision": notice.revision,
        "pallet_no": notice.pallet_no,
        "return_ids": [ret.return_id for ret in notice.returns],
        "units": notice.units,
        "expected_on": notice.expected_on.isoformat() if notice.expected_on else None,
        "tallies": [
            {
                "return_number": one.return_number,
                "sku": one.sku,
                "announced": one.announced,
                "received": one.received,
                "damaged": one.damaged,
            }
            for one in notice.tallies
        ],
    }


def told(notice: AdvanceNotice, event_type: str, context: Context) -> tuple[AdvanceNotice, Changes]:
    """The notice with one more event, and its write."""
    journal = Journal(notice.subject, notice.chain, context)
    journal.record(event_type, facts(notice))
    notice = replace(notice, chain=journal.chain)
    return notice, Changes(records=(notice,), events=tuple(journal.events))


def _brought_up(
    reads: NoticeReader, wanted: AdvanceNotice, context: Context
) -> Decided[tuple[AdvanceNotice, ...]]:
    before = reads.notice(wanted.notice_id)
    if before is None:
        partner = reads.partner(wanted.warehouse)
        if partner is None or not partner.is_on or not wanted.returns:
            return Decided(result=())
        made, changes = told(wanted, "notice.prepared", context)
        return Decided(result=(made,), changes=changes)
    if before.state in OVER or _says(before) == _says(wanted):
        return Decided(result=(before,))
    if not wanted.returns:
        after, changes = _called_off(before, context)
        return Decided(result=(after,), changes=changes)
    after = replace(
        before,
        returns=wanted.returns,
        parcels=wanted.parcels,
        expected_on=wanted.expected_on,
        state=NoticeState.PREPARED,
        revision=before.revision + 1,
        tries=0,
        fault=None,
        version=before.version + 1,
    )
    after, changes = told(after, "notice.replaced", context)
    return Decided(result=(after,), changes=changes)


def _called_off(before: AdvanceNotice, context: Context) -> tuple[AdvanceNotice, Changes]:
    """What was announced stays readable. Who never heard of it is not told that it is over."""
    revision = before.revision + 1
    after = replace(
        before,
        state=NoticeState.CANCELLED,
        cancelled_at=context.now,
        revision=revision,
        sent_revision=before.sent_revision or revision,
        tries=0,
        fault=None,
        version=before.version + 1,
    )
    return told(after, "notice.cancelled", context)


def _says(notice: AdvanceNotice) -> tuple[object, ...]:
    return notice.returns, notice.parcels


def _announced(returns: Sequence[Return]) -> tuple[NoticeReturn, ...]:
    found = []
    for ret in returns:
        lines = tuple(
            NoticeLine(
                line_no=line.line_no,
                sku=line.goods,
                gtin=line.gtin,
                lot=lot,
                quantity=runs.size(units),
                serials=serials_of(line, units),
            )
            for line in ret.lines
            for lot, units in sorted(_by_lot(line.groups).items(), key=lambda one: one[0] or "")
        )
        if lines:
            found.append(
                NoticeReturn(return_id=ret.return_id, return_number=ret.number, lines=lines)
            )
    return tuple(found)


def _by_lot(groups: Sequence[UnitGroup]) -> dict[str | None, runs.Runs]:
    found: dict[str | None, runs.Runs] = {}
    for group in groups:
        if group.authorization is Authorization.APPROVED and group.logistics in _ANNOUNCED:
            found[group.lot] = runs.merged((*found.get(group.lot, ()), *group.units))
    return found


def _parcels(returns: Sequence[Return]) -> tuple[NoticeParcel, ...]:
    found = {
        (one.carrier, one.tracking_no): None
        for ret in returns
        for one in ret.shipments
        if one.tracking_no is not None and one.state in _GOING
    }
    return tuple(NoticeParcel(carrier=carrier, tracking_no=no) for carrier, no in found if no)


def _expected_on(returns: Sequence[Return]) -> date | None:
    """The day of the last pickup that is booked; else by when the last goods have to be sent."""
    pickups = [ret.pickup.day for ret in returns if ret.pickup is not None]
    deadlines = [ret.deadline.due_at.date() for ret in returns if ret.deadline is not None]
    return max(pickups or deadlines, default=None)
