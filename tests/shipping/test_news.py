"""What carriers tell: in any order and however often, the same messages lead to the same place."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.returns import ending
from chalicelib.returns.exceptions import ExceptionKind, ReturnException
from chalicelib.returns.model import Return, ShipmentState
from chalicelib.returns.reminding import remind
from chalicelib.returns.standing import Status, status_of
from chalicelib.shipping.tracking import RANK, CarrierNews, CarrierStatus, Tracking
from chalicelib.tasks.model import Task, TaskKind
from tests.builders import NOW, Shop, item
from tests.fakes import FakeStore
from tests.shipping.stories import (
    CARRIER,
    NUMBER,
    approved,
    at,
    gives_up,
    loses,
    news,
    sends,
    tells,
    types_of,
    whereabouts,
    with_label,
)

STATUS = CarrierStatus


def exceptions(shop: Shop) -> list[ExceptionKind]:
    store = shop.store
    assert isinstance(store, FakeStore)
    return [one.kind for one in store.records.values() if isinstance(one, ReturnException)]


def investigations(shop: Shop) -> int:
    store = shop.store
    assert isinstance(store, FakeStore)
    tasks = [one for one in store.records.values() if isinstance(one, Task)]
    return sum(task.kind is TaskKind.INVESTIGATION for task in tasks)


def record(shop: Shop) -> Tracking:
    kept = shop.store.reads().tracking(CARRIER, NUMBER)
    assert kept is not None
    return kept


# --- each status by itself ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "place", "state", "asked", "raised"),
    [
        (STATUS.LABEL_CREATED, "AWAITING", ShipmentState.LABELLED, 0, []),
        (STATUS.PICKED_UP, "IN_TRANSIT", ShipmentState.IN_TRANSIT, 0, []),
        (STATUS.IN_TRANSIT, "IN_TRANSIT", ShipmentState.IN_TRANSIT, 0, []),
        (STATUS.DELIVERED, "ARRIVED", ShipmentState.DELIVERED, 0, []),
        (STATUS.LOST, "IN_TRANSIT", ShipmentState.LOST, 1, []),
        (STATUS.REFUSED, "IN_TRANSIT", ShipmentState.IN_TRANSIT, 1, []),
        (
            STATUS.DAMAGED,
            "IN_TRANSIT",
            ShipmentState.IN_TRANSIT,
            0,
            [ExceptionKind.DAMAGED_TRANSIT],
        ),
        (STATUS.RETURNED_TO_SENDER, "AWAITING", ShipmentState.RETURNED, 0, []),
    ],
    ids=lambda value: value.value if isinstance(value, CarrierStatus) else "",
)
def test_each_status_moves_a_labelled_parcel(
    shop: Shop,
    status: CarrierStatus,
    place: str,
    state: ShipmentState,
    asked: int,
    raised: list[ExceptionKind],
) -> None:
    ret = with_label(shop, approved(shop))

    (outcome,) = tells(shop, news(status, 5))

    now = shop.now_is(ret)
    assert whereabouts(now) == [{place: 2}]
    assert now.shipments[0].state is state
    assert (investigations(shop), exceptions(shop)) == (asked, raised)
    assert now.open_exceptions == len(raised)
    assert outcome.outcome == ("recorded" if status is STATUS.LABEL_CREATED else "applied")


def test_a_scan_tells_when_and_makes_taking_back_impossible(shop: Shop) -> None:
    ret = with_label(shop, approved(shop))

    tells(shop, news(STATUS.IN_TRANSIT, 9), news(STATUS.PICKED_UP, 5), news(STATUS.DELIVERED, 20))

    (shipment,) = shop.now_is(ret).shipments
    assert (shipment.scanned_at, shipment.arrived_at) == (at(5), at(20))
    pending = [g for g in shop.now_is(ret).groups() if g.logistics.value == "AWAITING"]
    assert pending == []


def test_goods_that_are_here_do_not_arrive_again(shop: Shop) -> None:
    ret = approved(shop)
    sends(shop, ret)
    shop.receives(ret, item(quantity=2))

    tells(shop, news(STATUS.DELIVERED, 5), news(STATUS.LOST, 6), news(STATUS.DAMAGED, 4))

    assert whereabouts(shop.now_is(ret)) == [{"RECEIVED": 2}]
    assert (investigations(shop), exceptions(shop)) == (0, [])


def test_a_parcel_that_was_lost_and_moves_again_is_not_lost(shop: Shop) -> None:
    ret = approved(shop)
    sends(shop, ret)

    tells(shop, news(STATUS.LOST, 5), news(STATUS.IN_TRANSIT, 7))

    assert shop.now_is(ret).shipments[0].state is ShipmentState.IN_TRANSIT
    assert record(shop).status is STATUS.IN_TRANSIT


# --- twice, and nobody's ------------------------------------------------------------------------


def test_the_same_message_again_only_reads_what_became_of_it(shop: Shop) -> None:
    ret = approved(shop)
    sends(shop, ret)
    (first,) = tells(shop, news(STATUS.DELIVERED, 5))
    version = shop.now_is(ret).version

    # The id decides, whatever else is said under it.
    (again,) = tells(shop, news(STATUS.LOST, 9, event_id=first.event_id))

    assert again == first
    assert shop.now_is(ret).version == version


def test_the_same_message_twice_at_once_is_taken_once(shop: Shop) -> None:
    ret = approved(shop)
    sends(shop, ret)
    store = shop.store
    assert isinstance(store, FakeStore)
    store.meanwhile(lambda: tells(shop, news(STATUS.DAMAGED, 5)))

    tells(shop, news(STATUS.DAMAGED, 5))

    assert exceptions(shop) == [ExceptionKind.DAMAGED_TRANSIT]
    assert shop.now_is(ret).open_exceptions == 1


def test_two_carriers_may_use_the_same_number_and_the_same_ids(shop: Shop) -> None:
    ret = approved(shop)
    sends(shop, ret)

    tells(shop, news(STATUS.DELIVERED, 5, carrier="ups", event_id="1"))
    tells(shop, news(STATUS.PICKED_UP, 5, event_id="1"))

    assert whereabouts(shop.now_is(ret)) == [{"IN_TRANSIT": 2}]


# --- returns that are over ----------------------------------------------------------------------


def test_a_parcel_of_a_return_that_was_called_off_becomes_one_exception(shop: Shop) -> None:
    ret = with_label(shop, approved(shop))
    ended(shop, ret)

    outcomes = tells(shop, news(STATUS.PICKED_UP, 5), news(STATUS.DELIVERED, 9))

    assert exceptions(shop) == [ExceptionKind.NOT_EXPECTED]
    assert [len(one.exception_ids) for one in outcomes] == [1, 0]
    assert shop.now_is(ret).open_exceptions == 1


def ended(shop: Shop, ret: Return) -> None:
    """Everything is cancelled."""
    command = ending.Cancel(reason="KEEPS_IT")
    shop.do(lambda reads, context: ending.cancel(reads, ret.return_id, command, context))


@pytest.mark.parametrize("status", list(STATUS), ids=lambda status: status.value)
def test_news_about_a_completed_return_are_only_kept(shop: Shop, status: CarrierStatus) -> None:
    ret = approved(shop)
    sends(shop, ret)
    gives_up(shop, ret)
    assert status_of(shop.now_is(ret)) is Status.COMPLETED

    (outcome,) = tells(shop, news(status, 5))

    now = shop.now_is(ret)
    assert status_of(now) is Status.COMPLETED
    assert whereabouts(now) == [{"SHORT_CLOSED": 2}]
    assert (investigations(shop), exceptions(shop)) == (0, [])
    assert outcome.outcome in ("applied", "recorded")


def test_a_race_with_the_end_of_the_return_is_decided_anew(shop: Shop) -> None:
    ret = approved(shop)
    sends(shop, ret)
    store = shop.store
    assert isinstance(store, FakeStore)
    store.meanwhile(lambda: loses(shop, ret))

    tells(shop, news(STATUS.DELIVERED, 5))

    assert whereabouts(shop.now_is(ret)) == [{"LOST": 2}]


# --- any order ----------------------------------------------------------------------------------

messages = st.builds(
    lambda status, hours, twin: news(status, hours, event_id=f"{status.value}-{hours}-{twin}"),
    st.sampled_from(list(STATUS)),
    st.integers(0, 6),
    st.booleans(),
)


@st.composite
def tellings(draw: st.DrawFn) -> tuple[list[CarrierNews], list[CarrierNews]]:
    """The same messages twice, in two orders, each of them with repeats of its own."""
    told = draw(st.lists(messages, min_size=1, max_size=6, unique_by=lambda one: one.event_id))
    some = st.lists(st.sampled_from(told), max_size=3)
    return (
        draw(st.permutations([*told, *draw(some)])),
        draw(st.permutations([*told, *draw(some)])),
    )


@given(tellings(), st.booleans(), st.sampled_from([0, 1, 2]))
@settings(max_examples=200, deadline=None)
def test_any_order_and_repetition_of_messages_ends_in_the_same_place(
    told: tuple[list[CarrierNews], list[CarrierNews]], with_a_label: bool, before: int
) -> None:
    ends = [place_after(order_, with_a_label, min(before, len(order_))) for order_ in told]

    assert ends[0] == ends[1]


def test_a_parcel_that_came_back_has_the_same_time_whatever_was_told_first(shop: Shop) -> None:
    """News at the very moment of the approval: the date of sending is later than theirs."""
    told = [news(STATUS.RETURNED_TO_SENDER, 0), news(STATUS.PICKED_UP, 0)]

    ends = [place_after(order_, with_a_label=True, before=0) for order_ in (told, told[::-1])]

    assert ends[0] == ends[1]


def place_after(told: Sequence[CarrierNews], with_a_label: bool, before: int) -> object:
    """Where everything stands when some messages came before the parcel was known."""
    shop = Shop(FakeStore(clock=lambda: NOW))
    ret = approved(shop)
    tells(shop, *told[:before])
    if with_a_label:
        with_label(shop, ret)
    else:
        sends(shop, ret)
    tells(shop, *told[before:])
    now, kept = shop.now_is(ret), record(shop)
    (shipment,) = now.shipments
    return (
        now.lines,
        now.deadline,
        now.open_exceptions,
        (shipment.state, shipment.units, shipment.scanned_at, shipment.arrived_at),
        (kept.status, kept.occurred_at, kept.seen, kept.event_ids, sorted(kept.raised)),
        (investigations(shop), exceptions(shop)),
    )


@given(st.lists(messages, min_size=2, max_size=8))
@settings(max_examples=100)
def test_a_status_never_goes_back(told: list[CarrierNews]) -> None:
    tracking = Tracking(carrier=CARRIER, tracking_no=NUMBER)
    for message in told:
        before = tracking.status
        tracking = tracking.after(message)
        assert tracking.status is not None
        if before is not None:
            assert RANK[tracking.status] >= RANK[before]


def test_only_the_latest_messages_are_named(shop: Shop) -> None:
    ret = approved(shop)
    sends(shop, ret)

    tells(shop, *(news(STATUS.IN_TRANSIT, hours) for hours in range(30)))

    kept = record(shop)
    assert len(kept.event_ids) == 20
    assert kept.event_ids[-1].endswith("in_transit-29-" + NUMBER)
    assert types_of(shop, ret).count("return.shipped") == 1


def test_late_news_of_one_parcel_never_shorten_the_time_there_is_for_another(shop: Shop) -> None:
    ret = approved(shop, 2)
    sends(shop, ret, "A-1", 1)
    sends(shop, ret, "B-1", 1)
    back = STATUS.RETURNED_TO_SENDER
    tells(shop, news(back, 1, number="A-1"), news(back, 50, number="B-1"))
    shop.now = at(50 + 22 * 24)
    ret = shop.do(lambda reads, context: remind(reads, ret.return_id, context))
    assert ret.deadline is not None
    assert ret.deadline.reminded_at == shop.now

    tells(shop, news(STATUS.IN_TRANSIT, 0.5, number="A-1"))

    assert shop.now_is(ret).deadline == ret.deadline
