"""Pickups: the same slot is one booking, and the one before stays until there is another."""

from datetime import timedelta

import pytest

from chalicelib.core.commands import Answer
from chalicelib.core.errors import Conflict, NotFound, Stale, TransientError
from chalicelib.returns.model import ShipmentState
from chalicelib.shipping.labelling import AskLabel
from chalicelib.shipping.tracking import CarrierStatus
from tests.builders import NOW, Shop
from tests.shipping.counter import Desk, cancels, said
from tests.shipping.stories import (
    approved,
    news,
    tells,
    types_of,
    whereabouts,
)

DAY = (NOW + timedelta(days=2)).date()
AM, PM = f"{DAY}.am", f"{DAY}.pm"


def test_a_slot_is_booked_and_shown_on_the_return(shop: Shop, desk: Desk) -> None:
    ret = approved(shop)

    desk.books(ret, AM)

    now = shop.now_is(ret)
    assert now.pickup is not None
    assert (now.pickup.slot_id, now.pickup.window, now.pickup.reference) == (
        AM,
        "09:00-12:00",
        "PU-FK00000001",
    )
    assert desk.states(ret) == [ShipmentState.LABELLED]
    tells(shop, news(CarrierStatus.PICKED_UP, 5, number="FK00000001", carrier="sandbox"))
    assert whereabouts(shop.now_is(ret)) == [{"IN_TRANSIT": 2}]


def test_the_same_slot_asked_again_by_whomever_is_the_same_booking(shop: Shop, desk: Desk) -> None:
    ret = approved(shop)
    desk.carrier.script = ["lost", "lost"]
    with pytest.raises(TransientError):
        desk.books(ret, AM, "k")

    desk.books(ret, AM, "another")
    desk.books(ret, AM, "a third")

    assert desk.states(ret) == [ShipmentState.LABELLED]
    assert len(desk.carrier.parcels) == 1
    assert len(desk.carrier.asked) == 3


def test_another_slot_takes_the_place_of_the_first_once_it_is_booked(
    shop: Shop, desk: Desk
) -> None:
    ret = approved(shop)
    desk.books(ret, AM)
    desk.carrier.script = ["refused"]
    desk.books(ret, PM)
    assert desk.tidies(ret) == 0
    before = shop.now_is(ret).pickup
    assert before is not None
    assert before.slot_id == AM, "the first stays while the second is not booked"

    desk.books(ret, PM)
    assert desk.tidies(ret) == 1

    now = shop.now_is(ret).pickup
    assert now is not None
    assert now.slot_id == PM
    assert desk.states(ret) == [
        ShipmentState.VOIDED,
        ShipmentState.REFUSED,
        ShipmentState.LABELLED,
    ]


def test_a_booking_is_given_back_and_may_be_made_again(shop: Shop, desk: Desk) -> None:
    ret = approved(shop)
    desk.books(ret, AM)

    first = desk.unbooks(ret, "k")

    assert shop.now_is(ret).pickup is None
    assert desk.states(ret) == [ShipmentState.VOIDED]
    assert types_of(shop, ret)[-1] == "pickup.cancelled"
    assert desk.unbooks(ret, "k").body == first.body
    with pytest.raises(Conflict, match="no_pickup"):
        desk.unbooks(ret)
    desk.books(ret, AM)
    assert desk.states(ret) == [ShipmentState.VOIDED, ShipmentState.LABELLED]


def test_a_carrier_that_is_on_its_way_is_not_sent_back(shop: Shop, desk: Desk) -> None:
    ret = approved(shop)
    desk.books(ret, AM)
    desk.carrier.scanned = {desk.shipments(ret)[0].shipment_id}

    with pytest.raises(Conflict, match="pickup_under_way"):
        desk.unbooks(ret)

    assert shop.now_is(ret).pickup is not None


def test_a_pickup_of_a_cancelled_return_is_given_back(shop: Shop, desk: Desk) -> None:
    ret = approved(shop)
    desk.books(ret, AM)
    cancels(shop, ret)

    assert desk.tidies(ret) == 1

    assert shop.now_is(ret).pickup is None


def test_slots_are_those_of_the_carrier_that_fetches(shop: Shop, desk: Desk) -> None:
    ret = approved(shop)
    work = desk.at_work()

    carrier, slots = work.slots(ret.return_id, DAY, sees=lambda _: True)

    assert (carrier.name, [slot.slot_id for slot in slots]) == ("sandbox", [AM])
    desk.carrier.script = ["silent"]
    with pytest.raises(TransientError, match="carrier_silent"):
        work.slots(ret.return_id, DAY, sees=lambda _: True)
    with pytest.raises(NotFound):
        work.slots("ret_nobody", DAY, sees=lambda _: True)
    desk.carrier.fetches = False
    with pytest.raises(Conflict, match="pickup_not_offered"):
        work.slots(ret.return_id, DAY, sees=lambda _: True)
    with pytest.raises(Conflict, match="pickup_not_offered"):
        desk.books(ret, AM)


def test_what_the_caller_may_not_know_of_is_not_there(shop: Shop, desk: Desk) -> None:
    ret = approved(shop)
    work, context = desk.at_work(), shop.context()

    with pytest.raises(NotFound):
        work.slots(ret.return_id, DAY, sees=lambda _: False)
    with pytest.raises(NotFound):
        work.cancel_pickup(
            ret.return_id,
            context,
            sees=lambda _: False,
            render=lambda _: Answer(status=200, body=b""),
            idempotency=None,
        )
    with pytest.raises(NotFound):
        work.label(
            ret.return_id,
            AskLabel(carrier="sandbox"),
            context,
            sees=lambda _: False,
            render=said,
            idempotency=None,
        )
    with pytest.raises(NotFound):
        work.book(
            ret.return_id,
            AM,
            context,
            sees=lambda _: False,
            render=said,
            idempotency=None,
        )
    assert desk.carrier.asked == []


def test_a_slot_is_booked_at_the_version_that_was_seen(shop: Shop, desk: Desk) -> None:
    ret = approved(shop)

    with pytest.raises(Stale):
        desk.books(ret, AM, version=99)
    desk.books(ret, AM, version=ret.version)
