"""Goods that will not come, or were turned away: free again, and never paid."""

import pytest

from chalicelib.core.errors import Conflict, Invalid
from chalicelib.orders.model import DeliveredItem
from chalicelib.returns.exceptions import ExceptionKind
from chalicelib.returns.model import Return
from chalicelib.returns.standing import Status, status_of
from chalicelib.shipping.tracking import CarrierStatus
from tests.builders import Shop, delivery, item, line, order
from tests.fakes import FakeStore
from tests.shipping.stories import (
    approved,
    gives_up,
    news,
    sends,
    tells,
    turns_away,
    types_of,
    whereabouts,
)


def test_the_rest_of_a_line_is_short_closed_and_free_again(shop: Shop) -> None:
    ret = approved(shop, 3)
    shop.receives(ret, item(quantity=2))

    ret = gives_up(shop, ret)

    assert whereabouts(ret) == [{"RECEIVED": 2, "SHORT_CLOSED": 1}]
    assert shop.returnable() == 1
    assert status_of(ret) is Status.RECEIVED
    assert ret.deadline is None
    assert types_of(shop, ret)[-1] == "return.short_closed"


def test_what_was_not_sent_is_closed_short_before_what_is_under_way(shop: Shop) -> None:
    serials = DeliveredItem(line_no="1", quantity=2, serials=("S1", "S2"))
    shop.sells(order(line(quantity=2), deliveries=(delivery(serials),)))
    ret = shop.approves(shop.asks(quantity=2))
    sends(shop, ret, "P-1", 1)

    ret = gives_up(shop, ret, 1)

    assert whereabouts(ret) == [{"IN_TRANSIT": 1, "SHORT_CLOSED": 1}]
    assert ret.deadline is None, "what is under way need not be sent"
    assert shop.receives(ret, item(serials=("S1",))).exceptions == ()


def test_what_is_at_the_door_is_turned_away_first(shop: Shop) -> None:
    ret = approved(shop, 3)
    sends(shop, ret, "P-1", 1)
    sends(shop, ret, "P-2", 1)
    tells(shop, news(CarrierStatus.DELIVERED, number="P-2"))

    ret = turns_away(shop, ret, 1)
    assert whereabouts(ret) == [{"IN_TRANSIT": 1, "REFUSED": 1, "AWAITING": 1}]
    ret = turns_away(shop, ret, 1)

    assert whereabouts(ret) == [{"REFUSED": 2, "AWAITING": 1}]


def test_goods_turned_away_are_the_customers_again(shop: Shop) -> None:
    ret = approved(shop, 2)
    sends(shop, ret)

    ret = turns_away(shop, ret, 1)

    assert whereabouts(ret) == [{"IN_TRANSIT": 1, "REFUSED": 1}]
    assert shop.returnable() == 1
    assert [g.refusal_code for g in ret.groups()] == ["NOT_OURS", None]


def test_when_nothing_is_left_to_wait_for_the_return_closes(shop: Shop) -> None:
    ret = approved(shop)

    ret = gives_up(shop, ret)

    assert status_of(ret) is Status.COMPLETED


def test_only_what_is_on_its_way_can_be_given_up(shop: Shop) -> None:
    ret = approved(shop, 2)
    shop.receives(ret, item(quantity=2))

    for act in (gives_up, turns_away):
        with pytest.raises(Conflict, match="not_allowed_now"):
            act(shop, ret)


@pytest.mark.parametrize("act", [gives_up, turns_away], ids=["short-close", "refuse"])
def test_the_reason_is_from_the_list_of_its_command(shop: Shop, act: object) -> None:
    ret = approved(shop)
    assert callable(act)

    with pytest.raises(Invalid, match="unknown_reason"):
        act(shop, ret, reason="BECAUSE")


def test_given_up_and_received_at_once_is_counted_once(shop: Shop) -> None:
    ret = approved(shop, 1)
    store = shop.store
    assert isinstance(store, FakeStore)
    store.meanwhile(lambda: shop.receives(ret, item()))

    with pytest.raises(Conflict, match="not_allowed_now"):
        gives_up(shop, ret)

    assert shop.returnable() == 0


def test_a_given_up_unit_that_arrives_after_all_is_a_surplus(shop: Shop) -> None:
    ret: Return = approved(shop, 2)
    gives_up(shop, ret, 1)

    received = shop.receives(ret, item(quantity=2))

    assert [one.kind for one in received.exceptions] == [ExceptionKind.OVER]
    assert shop.returnable() == 1
