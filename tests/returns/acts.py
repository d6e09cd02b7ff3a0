"""Every command of the table, tried on a return in whatever state it is."""

from collections.abc import Callable
from dataclasses import replace

from chalicelib.core import runs
from chalicelib.returns import losing, shipping, short_closing
from chalicelib.returns.finding import is_lost
from chalicelib.returns.lifecycle import fits, fitting
from chalicelib.returns.model import (
    AppealAgainst,
    Disposition,
    FaultParty,
    Resolution,
    Return,
    Shipment,
    ShipmentState,
    ShippedUnits,
)
from chalicelib.returns.selection import NamedQuantity
from chalicelib.returns.transitions import Command
from chalicelib.returns.units import units_where
from chalicelib.returns.upholding import contested
from chalicelib.settlement.model import LegState, Settlement
from chalicelib.shipping import news
from chalicelib.shipping.tracking import CarrierNews, CarrierStatus, TrackedParcel, Tracking
from chalicelib.store import keys
from tests.builders import Shop, goes, item, passed, wish
from tests.credits.stories import withdrawn
from tests.fakes import FakeStore
from tests.returns.mending import gives_up, repairs
from tests.returns.undoing import (
    appeals,
    closes,
    decides,
    reinspects,
    reopens,
    reverses,
    ships_back,
)
from tests.settlement.refunding import agrees, pays_otherwise, takes_back, writes_off
from tests.shipping.stories import outstanding

CARRIER = "dhl"


def ships(shop: Shop, ret: Return, quantity: int | None = None) -> Return:
    lines = None if quantity is None else (NamedQuantity(line_no="1", quantity=quantity),)
    number = f"T-{next(shop.numbers)}"
    command = shipping.Ship(carrier=CARRIER, tracking_no=number, lines=lines)
    return shop.do(lambda reads, context: shipping.ship(reads, ret.return_id, command, context)).ret


def tells(shop: Shop, ret: Return, status: CarrierStatus) -> Return:
    """The carrier says where the latest parcel is."""
    event_id = f"evt-{next(shop.numbers)}"
    said = CarrierNews(
        event_id=event_id,
        carrier=CARRIER,
        tracking_no=ret.shipments[-1].tracking_no or "",
        status=status,
        occurred_at=shop.now,
    )
    shop.do(lambda reads, context: news.take_news(reads, said, context))
    return shop.now_is(ret)


def arrives(shop: Shop, ret: Return) -> Return:
    """All units of the return are in a parcel that is delivered."""
    store = shop.store
    assert isinstance(store, FakeStore)
    if not ret.shipments:
        units = tuple(
            ShippedUnits(
                line_no=one.line_no,
                units=runs.merged(run for group in one.groups for run in group.units),
            )
            for one in ret.lines
        )
        label = Shipment(
            shipment_id="shp_1",
            carrier=CARRIER,
            tracking_no="T-1",
            state=ShipmentState.LABELLED,
            units=units,
        )
        ret = replace(ret, shipments=(label,))
        store.records[keys.key_of(ret)] = ret
        parcel = TrackedParcel(return_id=ret.return_id, shipment_id="shp_1")
        known = Tracking(carrier=CARRIER, tracking_no="T-1", parcels=(parcel,), version=1)
        store.records[keys.key_of(known)] = known
    return tells(shop, ret, CarrierStatus.DELIVERED)


def loses(shop: Shop, ret: Return, *, is_paid: bool | None = None) -> Return:
    """All that has not come; else what was lost before, with the other credit."""
    if is_paid is None:
        is_paid = not any(group.credit for group in ret.groups() if is_lost(group))
    command = losing.MarkLost(
        reason="STOLEN",
        fault=FaultParty.CARRIER,
        lines=outstanding(ret),
        accept_credit=is_paid,
    )
    return shop.do(lambda reads, context: losing.mark_lost(reads, ret.return_id, command, context))


def short_closes(shop: Shop, ret: Return) -> Return:
    command = short_closing.GiveUp(reason="NOT_SENT")
    return shop.do(
        lambda reads, context: short_closing.short_close(reads, ret.return_id, command, context)
    )


def refuses(shop: Shop, ret: Return) -> Return:
    command = short_closing.GiveUp(reason="NOT_OURS")
    return shop.do(
        lambda reads, context: short_closing.refuse(reads, ret.return_id, command, context)
    )


def _disposes(shop: Shop, ret: Return) -> Return:
    waiting = [group for group in ret.groups() if fits(Command.DISPOSE, group)]
    origin = waiting[0].disposition if waiting else None
    return shop.disposes(ret, goes(Disposition.SCRAP, origin=origin))


def _retries(shop: Shop, ret: Return) -> object:
    return shop.retries(ret.settlements[-1])


def _confirms(shop: Shop, ret: Return) -> Return:
    manual = ret.settlements[-1].legs[-1].payment_id
    return shop.confirms(ret.settlements[-1], manual)


def _in_another_way(shop: Shop, ret: Return) -> Return:
    """The last leg that is open, or the last one."""
    settlement = ret.settlements[-1]
    return pays_otherwise(shop, settlement, _last_payment(settlement))


def _writes_off(shop: Shop, ret: Return) -> Return:
    settlement = ret.settlements[-1]
    return writes_off(shop, settlement, _last_payment(settlement))


def _last_payment(settlement: Settlement) -> str:
    waiting = [leg for leg in settlement.legs if leg.state is not LegState.PAID]
    return (waiting or settlement.legs)[-1].payment_id


def _appeals(shop: Shop, ret: Return) -> Return:
    """Against what was decided; where nothing was, against a rejection."""
    decided = [against for against in AppealAgainst if contested(ret, against, ())]
    return appeals(shop, ret, decided[-1] if decided else AppealAgainst.REJECTION)


def _decides(shop: Shop, ret: Return) -> Return:
    """Upheld, but for an amount: all that these returns are worth was paid."""
    is_amount = ret.appeals[-1].against is AppealAgainst.AMOUNT
    return decides(shop, ret, uphold=not is_amount)


def _reopens(shop: Shop, ret: Return) -> Return:
    """The units that had ended; none where the return as a whole is opened."""
    named = [
        NamedQuantity(line_no=one.line_no, quantity=count)
        for one in ret.lines
        if (count := runs.size(units_where(one, fitting(Command.REOPEN))))
    ]
    return reopens(shop, ret, *named)


ACTS: dict[Command, Callable[[Shop, Return], object]] = {
    Command.EDIT: lambda shop, ret: shop.edits(ret, wish(1, "1")),
    Command.SUBMIT: lambda shop, ret: shop.submits(ret),
    Command.REQUEST_INFO: lambda shop, ret: shop.asks_customer(ret),
    Command.APPROVE: lambda shop, ret: shop.approves(ret),
    Command.REJECT: lambda shop, ret: shop.rejects(ret),
    Command.CANCEL: lambda shop, ret: shop.cancels(ret),
    Command.EXPIRE: lambda shop, ret: shop.expires(ret),
    Command.SHIP: ships,
    Command.ARRIVE: arrives,
    Command.RECEIVE: lambda shop, ret: shop.receives(ret, item()),
    Command.MARK_LOST: loses,
    Command.SHORT_CLOSE: short_closes,
    Command.REFUSE: refuses,
    Command.INSPECT: lambda shop, ret: shop.inspects(ret, passed()),
    Command.REINSPECT: lambda shop, ret: reinspects(shop, ret, 1),
    Command.DISPOSE: _disposes,
    Command.REVERSE_DISPOSITION: lambda shop, ret: reverses(shop, ret, 1),
    Command.SHIP_BACK: ships_back,
    Command.REPAIR: lambda shop, ret: repairs(shop, ret, 1),
    Command.NOT_REPAIRABLE: lambda shop, ret: gives_up(shop, ret, Resolution.REFUND),
    Command.SETTLE: lambda shop, ret: shop.settles(ret),
    Command.RETRY_SETTLEMENT: _retries,
    Command.CONFIRM_SETTLEMENT: _confirms,
    Command.APPROVE_SETTLEMENT: lambda shop, ret: agrees(shop, ret.settlements[-1]),
    Command.PAY_OTHERWISE: _in_another_way,
    Command.WRITE_OFF: _writes_off,
    Command.REVERSE_SETTLEMENT: lambda shop, ret: takes_back(shop, ret.settlements[-1]),
    Command.WITHDRAW_CREDIT: lambda shop, ret: withdrawn(shop, ret.settlements[-1]),
    Command.APPEAL: _appeals,
    Command.DECIDE_APPEAL: _decides,
    Command.REOPEN: _reopens,
    Command.CLOSE: closes,
}
"""How each command is tried on a return, whatever its state."""
