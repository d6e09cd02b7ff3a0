"""Parcels of a small shop in one line: sent, tracked, labelled; and carriers that misbehave."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from chalicelib.returns import losing, shipping, short_closing
from chalicelib.returns.model import Authorization, FaultParty, Return, Shipment
from chalicelib.returns.selection import NamedQuantity
from chalicelib.returns.units import ON_THE_WAY
from chalicelib.shipping import labelling
from chalicelib.shipping.news import take_news
from chalicelib.shipping.ports import (
    Booking,
    BookingOutcome,
    CarrierAnswer,
    Label,
    LabelOutcome,
    LabelRequest,
    PickupRequest,
    Slot,
    SlotsOutcome,
    VoidOutcome,
)
from chalicelib.shipping.tracking import CarrierEvent, CarrierNews, CarrierStatus
from tests.builders import NOW, Shop, line, order
from tests.fakes import Killed

CARRIER = "dhl"
NUMBER = "JD014600003"


def approved(shop: Shop, quantity: int = 2, *, no: str = "O-1") -> Return:
    """A return of so many units that wait to be sent."""
    shop.sells(order(line(quantity=quantity), no=no))
    return shop.approves(shop.asks(no, quantity=quantity))


def named(*quantities: int) -> tuple[NamedQuantity, ...]:
    """So many units of line 1, 2, ..."""
    return tuple(
        NamedQuantity(line_no=str(place), quantity=quantity)
        for place, quantity in enumerate(quantities, start=1)
        if quantity
    )


def sends(
    shop: Shop,
    ret: Return,
    number: str | None = NUMBER,
    *quantities: int,
    carrier: str = CARRIER,
) -> Shipment:
    """ "I have sent it": all that waits, or so many of line 1, 2, ..."""
    command = shipping.Ship(
        carrier=carrier, tracking_no=number, lines=named(*quantities) if quantities else None
    )
    shipped: shipping.Shipped = shop.do(
        lambda reads, context: shipping.ship(reads, ret.return_id, command, context)
    )
    return shipped.shipment


def news(
    status: CarrierStatus,
    hours: float = 0,
    *,
    number: str = NUMBER,
    event_id: str | None = None,
    carrier: str = CARRIER,
) -> CarrierNews:
    """What a carrier says happened so many hours after NOW."""
    return CarrierNews(
        event_id=event_id or f"{status.value}-{hours}-{number}",
        carrier=carrier,
        tracking_no=number,
        status=status,
        occurred_at=NOW + timedelta(hours=hours),
    )


def tells(shop: Shop, *messages: CarrierNews) -> list[CarrierEvent]:
    """Takes messages in this order."""
    return [_taken(shop, message) for message in messages]


def _taken(shop: Shop, message: CarrierNews) -> CarrierEvent:
    return shop.do(lambda reads, context: take_news(reads, message, context))


def outstanding(ret: Return) -> tuple[NamedQuantity, ...] | None:
    """All of each line that has not come, sent or not; None where nothing has to come."""
    counts = {
        line.line_no: sum(
            group.size
            for group in line.groups
            if group.authorization is Authorization.APPROVED and group.logistics in ON_THE_WAY
        )
        for line in ret.lines
    }
    named_now = [NamedQuantity(line_no=no, quantity=count) for no, count in counts.items() if count]
    return tuple(named_now) or None


def loses(shop: Shop, ret: Return, *quantities: int, **more: Any) -> Return:
    fields: dict[str, Any] = {"reason": "LOST_IN_TRANSIT", "fault": FaultParty.CARRIER} | more
    lines = named(*quantities) if quantities else outstanding(shop.now_is(ret))
    command = losing.MarkLost(lines=lines, **fields)
    return shop.do(lambda reads, context: losing.mark_lost(reads, ret.return_id, command, context))


def gives_up(shop: Shop, ret: Return, *quantities: int, reason: str = "NOT_SENT") -> Return:
    lines = named(*quantities) if quantities else None
    command = short_closing.GiveUp(reason=reason, lines=lines)
    return shop.do(
        lambda reads, context: short_closing.short_close(reads, ret.return_id, command, context)
    )


def turns_away(shop: Shop, ret: Return, *quantities: int, reason: str = "NOT_OURS") -> Return:
    lines = named(*quantities) if quantities else None
    command = short_closing.GiveUp(reason=reason, lines=lines)
    return shop.do(
        lambda reads, context: short_closing.refuse(reads, ret.return_id, command, context)
    )


def with_label(shop: Shop, ret: Return, number: str = NUMBER, carrier: str = CARRIER) -> Return:
    """A label of that number for all that is to be sent."""
    command = labelling.AskLabel(carrier=carrier)
    asked: labelling.Asked = shop.do(
        lambda reads, context: labelling.ask_label(reads, ret.return_id, command, context)
    )
    label = Label(
        carrier=carrier,
        tracking_no=number,
        media_type="application/pdf",
        content=b"%PDF-",
        expires_at=NOW + timedelta(days=28),
    )
    made: shipping.Shipped = shop.do(
        lambda reads, context: labelling.record_label(
            reads, ret.return_id, asked.shipment.shipment_id, label, "files/labels/x.pdf", context
        )
    )
    return made.ret


@dataclass(slots=True)
class FakeCarrier:
    """Makes one parcel a key. `script` says, call by call, what happens.

    `refused`; `lost`: done, but the answer never arrives; `silent`: nothing arrives at the carrier
    either; `dies before` and `dies after`: the calling process ends there.
    """

    name: str = "sandbox"
    makes_labels: bool = True
    fetches: bool = True
    script: list[str] = field(default_factory=list)
    parcels: dict[str, str] = field(default_factory=dict)
    void_keys: set[str] = field(default_factory=set)
    scanned: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    senders: list[str | None] = field(default_factory=list)

    def create_label(self, request: LabelRequest, *, timeout_s: float) -> LabelOutcome:
        self.senders.append(request.sender)
        number, answer, reason = self._do(request.key)
        if number is None:
            return LabelOutcome(answer=answer, reason=reason)
        label = Label(
            carrier=self.name,
            tracking_no=number,
            media_type="application/pdf",
            content=b"%PDF-1.4 " + number.encode(),
            expires_at=request.expires_at,
        )
        return LabelOutcome(answer=answer, label=label)

    def pickup_slots(
        self, *, warehouse: str | None, postcode: str | None, first: date, timeout_s: float
    ) -> SlotsOutcome:
        step = self.script.pop(0) if self.script else ""
        if step == "silent":
            return SlotsOutcome(answer=CarrierAnswer.UNKNOWN, reason="timeout")
        return SlotsOutcome(answer=CarrierAnswer.DONE, slots=(_slot(first, "am"),))

    def book_pickup(self, request: PickupRequest, *, timeout_s: float) -> BookingOutcome:
        number, answer, reason = self._do(request.key)
        if number is None:
            return BookingOutcome(answer=answer, reason=reason)
        day, _, part = request.slot_id.partition(".")
        slot = _slot(date.fromisoformat(day), part)
        booking = Booking(slot=slot, reference=f"PU-{number}", tracking_no=number)
        return BookingOutcome(answer=answer, booking=booking)

    def void(self, key: str, *, timeout_s: float) -> VoidOutcome:
        step = self.script.pop(0) if self.script else ""
        if step == "silent":
            return VoidOutcome(answer=CarrierAnswer.UNKNOWN, reason="timeout")
        if key in self.scanned:
            return VoidOutcome(answer=CarrierAnswer.REFUSED, reason="already_scanned")
        self.void_keys.add(key)
        return VoidOutcome(answer=CarrierAnswer.DONE)

    def _do(self, key: str) -> tuple[str | None, CarrierAnswer, str | None]:
        step = self.script.pop(0) if self.script else ""
        if step == "dies before":
            raise Killed(step)
        self.asked.append(key)
        if step == "silent":
            return None, CarrierAnswer.UNKNOWN, "timeout"
        if step == "refused" or key in self.void_keys:
            return None, CarrierAnswer.REFUSED, "no_route"
        number = self.parcels.setdefault(key, f"FK{len(self.parcels) + 1:08d}")
        if step == "dies after":
            raise Killed(step)
        if step == "lost":
            return None, CarrierAnswer.UNKNOWN, "timeout"
        return number, CarrierAnswer.DONE, None


def _slot(day: date, part: str) -> Slot:
    window = {"am": "09:00-12:00", "pm": "13:00-17:00"}[part]
    return Slot(slot_id=f"{day.isoformat()}.{part}", day=day, window=window)


@dataclass(slots=True)
class KeptFiles:
    """Files in memory."""

    files: dict[str, bytes] = field(default_factory=dict)

    def write(self, key: str, content: bytes, *, content_type: str) -> None:
        self.files[key] = content


def whereabouts(ret: Return) -> list[dict[str, int]]:
    """How many units of each line stand where in logistics."""
    found: list[dict[str, int]] = []
    for one in ret.lines:
        counts: dict[str, int] = {}
        for group in one.groups:
            counts[group.logistics.value] = counts.get(group.logistics.value, 0) + group.size
        found.append(counts)
    return found


def at(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


def types_of(shop: Shop, ret: Return) -> Sequence[str]:
    """The events of a return in order, by type."""
    return [event.type for event in shop.store.reads().events(ret.subject)]
