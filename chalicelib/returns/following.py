"""A shipment follows its tracking record: its units move, and a person is told of trouble.

Pure. It is the record that is followed, never a single message: whatever order the messages came
in, the same record leads to the same units. Units that are received, given up or taken back stay
where they are, so news about a return that is over are only kept.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.core import runs
from chalicelib.core.clock import rfc3339
from chalicelib.core.commands import Record
from chalicelib.core.events import Context, Event, Journal, Json
from chalicelib.core.ids import derived_id
from chalicelib.core.runs import Runs
from chalicelib.returns import deadlines
from chalicelib.returns.exceptions import (
    ExceptionKind,
    ReturnException,
    counted,
    noted,
    opened_event,
)
from chalicelib.returns.falling_due import fallen_due
from chalicelib.returns.lifecycle import fitting
from chalicelib.returns.model import (
    Authorization,
    Deadline,
    DeadlineKind,
    Logistics,
    Return,
    Shipment,
    ShipmentState,
    UnitGroup,
)
from chalicelib.returns.selection import UnitsByLine, moved
from chalicelib.returns.shipments import (
    own_units,
    shipment_facts,
    shipment_of,
    size_of,
    units_in,
    with_shipment,
)
from chalicelib.returns.transitions import Command
from chalicelib.returns.units import ON_THE_WAY, Where, units_where
from chalicelib.shipping.tracking import CarrierStatus, Tracking
from chalicelib.tasks.model import TaskKind, open_task

_STATE: dict[CarrierStatus, ShipmentState] = {
    CarrierStatus.PICKED_UP: ShipmentState.IN_TRANSIT,
    CarrierStatus.IN_TRANSIT: ShipmentState.IN_TRANSIT,
    CarrierStatus.DAMAGED: ShipmentState.IN_TRANSIT,
    CarrierStatus.REFUSED: ShipmentState.IN_TRANSIT,
    CarrierStatus.LOST: ShipmentState.LOST,
    CarrierStatus.DELIVERED: ShipmentState.DELIVERED,
    CarrierStatus.RETURNED_TO_SENDER: ShipmentState.RETURNED,
}
_TO_INVESTIGATE = (CarrierStatus.LOST, CarrierStatus.REFUSED)
_ENDED = frozenset({Authorization.CANCELLED, Authorization.EXPIRED})
SENT_AGAIN_WITHIN = timedelta(days=28)
"""How long a parcel that came back to its sender may take to be sent once more."""
REMINDED_BEFORE = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """The return, and what else is to be written. `raised` is what a person was told now."""

    ret: Return
    records: tuple[Record, ...] = ()
    events: tuple[Event, ...] = ()
    raised: tuple[str, ...] = ()
    exception_ids: tuple[str, ...] = ()


def follow(
    ret: Return, shipment_id: str, tracking: Tracking, journal: Journal, context: Context
) -> Followed:
    """Bring the shipment to where its tracking record says it is."""
    before = shipment_of(ret, shipment_id)
    status = tracking.status
    if status is None or status is CarrierStatus.LABEL_CREATED:
        return Followed(ret=ret)
    assert tracking.occurred_at is not None, "a status was reached at some time"
    shipment = replace(
        before,
        state=_STATE[status],
        scanned_at=tracking.scanned_at,
        arrived_at=tracking.seen.get(CarrierStatus.DELIVERED),
    )
    ret = with_shipment(ret, shipment)
    if shipment != before:
        facts = shipment_facts(ret, shipment, {})
        told = {"status": status.value, "occurred_at": rfc3339(tracking.occurred_at)}
        journal.record("shipment.tracked", {**facts, **told})
    ret = _moved(ret, shipment, status, tracking.occurred_at, journal)
    ret = fallen_due(ret, tracking.occurred_at, journal)
    return _raised(ret, shipment, tracking, journal, context)


def sent(ret: Return, shipment: Shipment, units: UnitsByLine, journal: Journal) -> Return:
    """Units AWAITING → IN_TRANSIT, with the event and without a date of sending."""
    if not any(units.values()):
        return ret
    ret = deadlines.after(moved(ret, units, logistics=Logistics.IN_TRANSIT))
    journal.record("return.shipped", shipment_facts(ret, shipment, units))
    return ret


def _moved(
    ret: Return, shipment: Shipment, status: CarrierStatus, since: datetime, journal: Journal
) -> Return:
    units = own_units(ret, shipment)
    if status is CarrierStatus.RETURNED_TO_SENDER:
        return _sent_back(ret, shipment, units, since, journal)
    if status is CarrierStatus.DELIVERED:
        arriving = _of(ret, units, fitting(Command.ARRIVE))
        if not arriving:
            return ret
        ret = deadlines.after(moved(ret, arriving, logistics=Logistics.ARRIVED))
        journal.record("return.arrived", shipment_facts(ret, shipment, arriving) | _times(shipment))
        return ret
    return sent(ret, shipment, _of(ret, units, fitting(Command.SHIP)), journal)


def _times(shipment: Shipment) -> dict[str, Json]:
    """How long it took: when the carrier first saw it, and when it was here."""
    moments = {"scanned_at": shipment.scanned_at, "arrived_at": shipment.arrived_at}
    return {name: rfc3339(at) if at is not None else None for name, at in moments.items()}


def _sent_back(
    ret: Return, shipment: Shipment, units: UnitsByLine, since: datetime, journal: Journal
) -> Return:
    """The customer has the parcel again: it may be sent once more, in good time from then on."""
    returning = _of(ret, units, _is_with_carrier)
    if returning:
        ret = moved(ret, returning, logistics=Logistics.AWAITING)
        journal.record("return.returned_to_sender", shipment_facts(ret, shipment, returning))
    if not _of(ret, units, fitting(Command.SHIP)):
        return ret
    due_at = since + SENT_AGAIN_WITHIN
    running = ret.deadline
    # While a question is open goods need not be sent: its deadline stays the one that counts.
    if running and (running.kind is DeadlineKind.ANSWER or running.due_at == due_at):
        return ret
    # Nor does late news of one parcel shorten the time that there is for other goods. For its own
    # there is the same time, whether it was known before that they had been sent or not.
    if running and running.due_at > due_at and _is_other_waiting(ret, units):
        return ret
    remind_at = due_at - REMINDED_BEFORE
    deadline = Deadline(kind=DeadlineKind.SHIP, due_at=due_at, remind_at=remind_at)
    return replace(ret, deadline=deadline)


def _is_other_waiting(ret: Return, units: UnitsByLine) -> bool:
    """Whether goods that are not in this parcel are to be sent, too."""
    return any(
        runs.minus(units_where(line, fitting(Command.SHIP)), units.get(line.line_no, ()))
        for line in ret.lines
    )


def _raised(
    ret: Return, shipment: Shipment, tracking: Tracking, journal: Journal, context: Context
) -> Followed:
    """What a person has to look at, once for each parcel and kind of trouble."""
    records: list[Record] = []
    raised: list[str] = []
    for status in _TO_INVESTIGATE:
        name = f"{status.value}:{ret.return_id}"
        if status in tracking.seen and name not in tracking.raised and _is_awaited(ret, shipment):
            occasion = f"{status.value}-{tracking.carrier}-{tracking.tracking_no}"
            records.append(
                open_task(
                    TaskKind.INVESTIGATION,
                    ret.subject,
                    occasion=occasion,
                    now=context.now,
                    warehouse=ret.warehouse,
                )
            )
            raised.append(name)
    events: tuple[Event, ...] = ()
    exception_ids: tuple[str, ...] = ()
    kind = _exception_kind(ret, shipment, tracking)
    if kind is not None and f"{kind.value}:{ret.return_id}" not in tracking.raised:
        exception, event = _exception(ret, shipment, kind, context)
        task = open_task(
            TaskKind.EXCEPTION,
            exception.subject,
            occasion="opened",
            now=context.now,
            warehouse=exception.warehouse,
        )
        records += [exception, task]
        raised.append(f"{kind.value}:{ret.return_id}")
        events, exception_ids = (event,), (exception.exception_id,)
        noted(ret, [exception], journal)
        ret = counted(ret, [exception], journal)
    return Followed(
        ret=replace(ret, chain=journal.chain),
        records=tuple(records),
        events=events,
        raised=tuple(raised),
        exception_ids=exception_ids,
    )


def _exception_kind(ret: Return, shipment: Shipment, tracking: Tracking) -> ExceptionKind | None:
    """Damage of what is still to come; or a parcel on its way that was called off before."""
    if CarrierStatus.DAMAGED in tracking.seen and _is_awaited(ret, shipment):
        return ExceptionKind.DAMAGED_TRANSIT
    groups = list(_groups_in(ret, shipment))
    if groups and all(group.authorization in _ENDED for group in groups):
        return ExceptionKind.NOT_EXPECTED
    return None


def _exception(
    ret: Return, shipment: Shipment, kind: ExceptionKind, context: Context
) -> tuple[ReturnException, Event]:
    """Without goods: they are not here yet, so nothing of them moves in the ledger."""
    skus = {line.goods for line in ret.lines if line.line_no in units_in(shipment)}
    exception = ReturnException(
        exception_id=derived_id(
            "exc", shipment.carrier, shipment.tracking_no or "", kind.value, ret.return_id
        ),
        kind=kind,
        quantity=size_of(shipment),
        opened_at=context.now,
        opened_by=context.actor.id,
        warehouse=ret.warehouse,
        sku=skus.pop() if len(skus) == 1 else None,
        return_id=ret.return_id,
        return_number=ret.number,
        parcel=shipment.tracking_no,
        customer_id=ret.customer_id,
    )
    chain, event = opened_event(exception, context)
    return replace(exception, chain=chain), event


def _is_awaited(ret: Return, shipment: Shipment) -> bool:
    """Some of its units are neither here nor given up."""
    return any(
        group.authorization is Authorization.APPROVED and group.logistics in ON_THE_WAY
        for group in _groups_in(ret, shipment)
    )


def _groups_in(ret: Return, shipment: Shipment) -> Iterable[UnitGroup]:
    units = units_in(shipment)
    for line in ret.lines:
        for group in line.groups:
            if runs.common(group.units, units.get(line.line_no, ())):
                yield group


def _is_with_carrier(group: UnitGroup) -> bool:
    is_moving = group.logistics in (Logistics.IN_TRANSIT, Logistics.ARRIVED)
    return group.authorization is Authorization.APPROVED and is_moving


def _of(ret: Return, units: UnitsByLine, where: Where) -> dict[str, Runs]:
    """Those of the units that stand where `where` says."""
    found = {
        line.line_no: runs.common(units_where(line, where), units.get(line.line_no, ()))
        for line in ret.lines
    }
    return {line_no: part for line_no, part in found.items() if part}
