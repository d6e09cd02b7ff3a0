"""Counts that differ: a second one by somebody else, and what the driver had counted."""

import pytest

from chalicelib.core.errors import NotAllowed
from chalicelib.receivings.model import Mode, State
from chalicelib.returns.handovers import Collect, collect
from chalicelib.returns.model import Return
from tests.builders import Shop, item
from tests.receivings.test_receivings import closes, counts, opens, received
from tests.shipping.stories import approved, named, sends, types_of


def test_a_blind_count_that_is_too_far_off_is_made_again_by_somebody_else(shop: Shop) -> None:
    ret = approved(shop, 5)
    receiving = opens(shop, None, return_ref=ret.return_id, second_above=1)
    counts(shop, receiving, item(quantity=3))

    doubtful = closes(shop, receiving)

    assert (doubtful.state, doubtful.items) == (State.RECOUNT, ())
    assert received(shop, ret) == 0
    with pytest.raises(NotAllowed, match="second_counter_needed"):
        counts(shop, receiving, item(quantity=5))
    with pytest.raises(NotAllowed, match="second_counter_needed"):
        closes(shop, receiving, empty=True)
    counts(shop, receiving, item(quantity=4), name="bob")
    closed = closes(shop, receiving, name="bob")
    assert closed.state is State.CLOSED
    assert received(shop, ret) == 4
    assert [one.item.quantity for one in closed.earlier[0].items] == [3]


@pytest.mark.parametrize(
    ("mode", "limit", "counted"),
    [(Mode.BLIND, 2, 3), (Mode.BLIND, None, 1), (Mode.ANNOUNCED, 0, 1)],
    ids=["within the limit", "no limit", "they saw what is announced"],
)
def test_one_count_is_enough(shop: Shop, mode: Mode, limit: int | None, counted: int) -> None:
    ret = approved(shop, 5)
    receiving = opens(shop, None, return_ref=ret.return_id, second_above=limit, mode=mode)
    counts(shop, receiving, item(quantity=counted))

    assert closes(shop, receiving).state is State.CLOSED


def picked_up(
    shop: Shop, ret: Return, count: int | None, *, units: int | None = None, number: str = "JD1"
) -> None:
    lines = None if units is None else named(units)
    command = Collect(
        carrier="dhl", driver_ref="drv-7", count=count, tracking_no=number, lines=lines
    )
    shop.do(lambda reads, context: collect(reads, ret.return_id, command, context))


def test_a_warehouse_that_finds_another_number_than_the_driver_says_so(shop: Shop) -> None:
    ret = approved(shop, 3)
    picked_up(shop, ret, 3)
    receiving = opens(shop, None, return_ref=ret.return_id)
    counts(shop, receiving, item(quantity=2))

    closes(shop, receiving)

    (told,) = [e for e in shop.store.reads().events(ret.subject) if "differs" in e.type]
    assert told.type == "return.count_differs"
    assert (told.data["collected"], told.data["counted"]) == (3, 2)
    assert (told.data["carrier"], told.data["driver_ref"]) == ("dhl", "drv-7")


def test_the_same_number_is_no_news(shop: Shop) -> None:
    ret = approved(shop, 3)
    picked_up(shop, ret, 3)
    receiving = opens(shop, None, return_ref=ret.return_id)
    counts(shop, receiving, item(quantity=3))

    closes(shop, receiving)

    assert "return.count_differs" not in types_of(shop, ret)


@pytest.mark.parametrize("first_and_second", [(2, 3), (3, 2)])
def test_each_of_two_drivers_answers_for_their_own_parcel(
    shop: Shop, first_and_second: tuple[int, int]
) -> None:
    ret = approved(shop, 5)
    picked_up(shop, ret, 2, units=2)
    picked_up(shop, ret, 3, units=3, number="JD2")

    for quantity in first_and_second:
        receiving = opens(shop, None, return_ref=ret.return_id)
        counts(shop, receiving, item(quantity=quantity))
        closes(shop, receiving)

    assert "return.count_differs" not in types_of(shop, ret)


def test_two_parcels_that_are_counted_at_once_are_not_two_differences(shop: Shop) -> None:
    ret = approved(shop, 5)
    picked_up(shop, ret, 2, units=2)
    picked_up(shop, ret, 3, units=3, number="JD2")
    receiving = opens(shop, None, return_ref=ret.return_id)
    counts(shop, receiving, item(quantity=5))

    closes(shop, receiving)

    assert "return.count_differs" not in types_of(shop, ret)


def test_what_came_by_post_is_no_difference_of_the_driver(shop: Shop) -> None:
    ret = approved(shop, 5)
    picked_up(shop, ret, 2, units=2)
    sends(shop, ret, "JD00000002", 3)
    receiving = opens(shop, None, return_ref=ret.return_id)
    counts(shop, receiving, item(quantity=5))

    closes(shop, receiving)

    assert "return.count_differs" not in types_of(shop, ret)


def test_a_parcel_that_is_short_among_others_is_told_of(shop: Shop) -> None:
    ret = approved(shop, 5)
    picked_up(shop, ret, 2, units=2)
    picked_up(shop, ret, 3, units=3, number="JD2")
    receiving = opens(shop, None, return_ref=ret.return_id)
    counts(shop, receiving, item(quantity=4))

    closes(shop, receiving)

    told = [e.data for e in shop.store.reads().events(ret.subject) if "differs" in e.type]
    assert [(one["collected"], one["counted"]) for one in told] == [(3, 2)]
