"""Sending goods: whatever is told in whatever order, each unit is on its way once."""

import pytest

from chalicelib.core.errors import Conflict, Invalid, NotFound, Stale
from chalicelib.returns.model import ShipmentState
from chalicelib.returns.selection import NamedQuantity
from chalicelib.returns.shipping import Ship, ship
from chalicelib.returns.standing import Status, status_of
from chalicelib.shipping.tracking import CarrierStatus
from tests.builders import Shop, line, order
from tests.fakes import FakeStore
from tests.shipping.stories import (
    CARRIER,
    NUMBER,
    approved,
    at,
    gives_up,
    named,
    news,
    sends,
    tells,
    types_of,
    whereabouts,
)


def test_what_is_sent_is_in_transit_and_has_no_date_of_sending(shop: Shop) -> None:
    ret = approved(shop)

    shipment = sends(shop, ret)

    now = shop.now_is(ret)
    assert whereabouts(now) == [{"IN_TRANSIT": 2}]
    assert (shipment.carrier, shipment.tracking_no, shipment.state) == (
        CARRIER,
        NUMBER,
        ShipmentState.IN_TRANSIT,
    )
    assert status_of(now) is Status.IN_TRANSIT
    assert now.deadline is None
    assert types_of(shop, ret)[-1] == "return.shipped"


def test_several_parcels_take_their_own_units(shop: Shop) -> None:
    ret = approved(shop, 3)

    first = sends(shop, ret, "P-1", 2)
    second = sends(shop, ret, "P-2")

    assert [part.units[0].first for part in (*first.units, *second.units)] == [1, 3]
    assert whereabouts(shop.now_is(ret)) == [{"IN_TRANSIT": 3}]


def test_the_same_parcel_told_again_changes_nothing(shop: Shop) -> None:
    ret = approved(shop, 3)
    first = sends(shop, ret, NUMBER, 1)
    version = shop.now_is(ret).version

    again = sends(shop, ret, NUMBER, 1)

    assert again == first
    assert shop.now_is(ret).version == version
    assert whereabouts(shop.now_is(ret)) == [{"IN_TRANSIT": 1, "AWAITING": 2}]


def test_a_parcel_told_with_more_in_it_takes_only_what_was_missing(shop: Shop) -> None:
    ret = approved(shop, 3)
    sends(shop, ret, NUMBER, 1)

    sends(shop, ret, NUMBER, 2)

    now = shop.now_is(ret)
    assert whereabouts(now) == [{"IN_TRANSIT": 2, "AWAITING": 1}]
    assert len(now.shipments) == 1


def test_more_than_waits_cannot_be_sent(shop: Shop) -> None:
    ret = approved(shop, 2)
    sends(shop, ret, "P-1", 1)

    with pytest.raises(Conflict, match="fewer_units_fit") as refused:
        sends(shop, ret, "P-2", 2)

    assert refused.value.details == {"line_no": "1", "possible": 1, "asked": 2}


@pytest.mark.parametrize(
    "lines", [(), named(0, 1), (NamedQuantity(line_no="1", quantity=0),)], ids=["none", "no", "0"]
)
def test_lines_have_to_be_there(shop: Shop, lines: tuple[NamedQuantity, ...]) -> None:
    ret = approved(shop)
    command = Ship(carrier=CARRIER, tracking_no=NUMBER, lines=lines)

    with pytest.raises(Invalid):
        shop.do(lambda reads, context: ship(reads, ret.return_id, command, context))


def test_nothing_is_sent_before_approval_or_when_all_is_sent(shop: Shop) -> None:
    shop.sells(order(line(quantity=2)))
    pending = shop.asks(quantity=1)

    with pytest.raises(Conflict, match="not_allowed_now"):
        sends(shop, pending)

    shop.approves(pending)
    sends(shop, pending, "P-1")
    with pytest.raises(Conflict, match="not_allowed_now"):
        sends(shop, pending, "P-2")


def test_a_version_that_is_past_is_refused_but_the_same_parcel_again_is_not(shop: Shop) -> None:
    ret = approved(shop)
    command = Ship(carrier=CARRIER, tracking_no=NUMBER)
    seen = shop.now_is(ret).version
    shop.do(
        lambda reads, context: ship(reads, ret.return_id, command, context),
        shop.context(version=seen),
    )

    again = shop.do(
        lambda reads, context: ship(reads, ret.return_id, command, context),
        shop.context(version=seen),
    )

    assert again.shipment.tracking_no == NUMBER
    other = Ship(carrier=CARRIER, tracking_no="P-9")
    with pytest.raises(Stale):
        shop.do(
            lambda reads, context: ship(reads, ret.return_id, other, context),
            shop.context(version=seen),
        )
    with pytest.raises(NotFound):
        shop.do(lambda reads, context: ship(reads, "ret_nobody", other, context))


def test_a_parcel_without_a_number_is_on_its_way_too(shop: Shop) -> None:
    ret = approved(shop)

    sends(shop, ret, None, carrier="own")

    assert whereabouts(shop.now_is(ret)) == [{"IN_TRANSIT": 2}]


def test_a_number_of_another_customer_is_refused(shop: Shop) -> None:
    sends(shop, approved(shop))
    shop.sells(order(line(), no="O-2", customer_id="cus-2"))
    other = shop.approves(shop.asks("O-2"))

    with pytest.raises(Conflict, match="tracking_no_taken"):
        sends(shop, other)


def test_one_box_of_one_customer_carries_several_returns(shop: Shop) -> None:
    first, second = approved(shop), approved(shop, 1, no="O-2")
    sends(shop, first)
    sends(shop, second)

    tells(shop, news(CarrierStatus.DELIVERED, 5))

    assert whereabouts(shop.now_is(first)) == [{"ARRIVED": 2}]
    assert whereabouts(shop.now_is(second)) == [{"ARRIVED": 1}]


def test_what_a_carrier_told_before_is_applied_when_the_parcel_is_told_of(shop: Shop) -> None:
    ret = approved(shop)
    (outcome,) = tells(shop, news(CarrierStatus.DELIVERED, 5))
    assert outcome.outcome == "remembered"
    store = shop.store
    assert isinstance(store, FakeStore)
    writes = store.writes

    shipment = sends(shop, ret)

    assert store.writes == writes + 1, "in the same write"
    assert whereabouts(shop.now_is(ret)) == [{"ARRIVED": 2}]
    assert (shipment.state, shipment.arrived_at) == (ShipmentState.DELIVERED, at(5))


def test_news_and_the_parcel_told_at_once_lose_nothing(shop: Shop) -> None:
    ret = approved(shop)
    store = shop.store
    assert isinstance(store, FakeStore)
    store.meanwhile(lambda: tells(shop, news(CarrierStatus.DELIVERED, 5)))

    sends(shop, ret)

    assert whereabouts(shop.now_is(ret)) == [{"ARRIVED": 2}]


def test_a_parcel_that_came_back_to_its_sender_is_sent_once_more_in_good_time(shop: Shop) -> None:
    ret = approved(shop)
    sends(shop, ret)
    tells(shop, news(CarrierStatus.RETURNED_TO_SENDER, 72))

    back = shop.now_is(ret)
    assert whereabouts(back) == [{"AWAITING": 2}]
    assert back.shipments[0].state is ShipmentState.RETURNED
    assert back.deadline is not None
    assert (back.deadline.due_at - at(72)).days == 28

    sends(shop, ret, "P-2")
    tells(shop, news(CarrierStatus.IN_TRANSIT, 100), news(CarrierStatus.DELIVERED, 1))

    now = shop.now_is(ret)
    assert whereabouts(now) == [{"IN_TRANSIT": 2}], "late news of the first parcel move nothing"
    assert now.deadline is None


def test_units_that_were_given_up_are_not_sent_with_the_rest(shop: Shop) -> None:
    ret = approved(shop, 3)
    sends(shop, ret, NUMBER, 1)
    gives_up(shop, ret, 1, reason="SENT_FEWER")

    sends(shop, ret, "P-2")

    assert whereabouts(shop.now_is(ret)) == [{"IN_TRANSIT": 2, "SHORT_CLOSED": 1}]


def test_there_is_an_end_to_parcels(shop: Shop) -> None:
    ret = approved(shop, 60)
    for place in range(50):
        sends(shop, ret, f"P-{place:03d}", 1)

    with pytest.raises(Conflict, match="too_many_shipments"):
        sends(shop, ret, "P-999", 1)
