"""Scans of what is being counted at the door go into the count: once by their id, in any order."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from chalicelib.core.events import Actor
from chalicelib.inventory.model import Account
from chalicelib.receivings import opening
from chalicelib.receivings.model import Mode, Receiving, State
from chalicelib.returns import refused_scans
from chalicelib.returns.model import Return
from chalicelib.returns.scanning import Scan, ScanOutcome
from tests.builders import NOW, Shop, item
from tests.fakes import FakeStore
from tests.receivings.test_receivings import BOX, boxed, closes, counts, opens, received, who
from tests.shipping.stories import approved

LATER = NOW + timedelta(hours=1)


def scan(scan_id: str = "scan-1", **more: Any) -> Scan:
    fields: dict[str, Any] = {
        "scan_id": scan_id,
        "device_id": "device-1",
        "seq": 1,
        "captured_at": LATER,
        "warehouse": "A",
        "quantity": 1,
        "sku": "SKU-1",
    }
    return Scan(**(fields | more))


def takes(shop: Shop, one: Scan) -> ScanOutcome:
    context = replace(shop.context(), actor=Actor(id=one.device_id, role="device"))
    return shop.do(lambda reads, context: refused_scans.take(reads, one, context), context)


def now(shop: Shop, receiving: Receiving) -> Receiving:
    stored = shop.store.reads().receiving(receiving.receiving_id)
    assert stored is not None, "receivings do not vanish"
    return stored


def counted(shop: Shop, receiving: Receiving) -> list[tuple[str, int]]:
    return [(one.item_id, one.item.quantity) for one in now(shop, receiving).items]


def cancelled(shop: Shop, receiving: Receiving) -> None:
    shop.do(
        lambda reads, context: opening.cancel(reads, receiving.receiving_id, context), who(shop)
    )


def scanned_by_hand(shop: Shop, receiving: Receiving, *ids: str) -> Receiving:
    things = tuple(
        opening.CountedThing(item=item(quantity=1), item_id=one, by_scan=True) for one in ids
    )
    return shop.do(
        lambda reads, context: opening.add(
            reads, receiving.receiving_id, opening.Add(items=things), context
        ),
        who(shop),
    )


@pytest.fixture
def ret(shop: Shop) -> Return:
    return approved(shop, 3)


@pytest.fixture
def receiving(shop: Shop, ret: Return) -> Receiving:
    return opens(shop, None, return_ref=ret.return_id)


# --- what is counted -----------------------------------------------------------------------------


def test_a_scan_of_a_return_that_is_being_counted_is_counted_and_not_booked(
    shop: Shop, ret: Return, receiving: Receiving
) -> None:
    outcome = takes(shop, scan(return_number=ret.number, quantity=2))

    assert (outcome.state, outcome.reason) == ("done", "counted")
    assert (outcome.receiving_id, outcome.receipt_id) == (receiving.receiving_id, None)
    assert counted(shop, receiving) == [("scan-1", 2)]
    assert [(one.by_scan, one.counted_by) for one in now(shop, receiving).items] == [
        (True, "device-1")
    ]
    assert received(shop, ret) == 0
    closes(shop, receiving)
    assert received(shop, ret) == 2


def test_a_scan_out_of_a_box_that_is_being_counted_is_counted(shop: Shop, ret: Return) -> None:
    boxed(shop, ret)
    receiving = opens(shop)

    takes(shop, scan(parcel=BOX))

    assert counted(shop, receiving) == [("scan-1", 1)]


def test_a_scan_that_names_the_count_needs_to_name_nothing_else(
    shop: Shop, ret: Return, receiving: Receiving
) -> None:
    takes(shop, scan(receiving_id=receiving.receiving_id, captured_at=NOW - timedelta(hours=1)))

    assert counted(shop, receiving) == [("scan-1", 1)]


def test_a_box_that_nobody_told_of_is_counted_by_scan_too(shop: Shop) -> None:
    receiving = opens(shop, "STRANGE")

    takes(shop, scan(parcel="STRANGE"))

    assert counted(shop, receiving) == [("scan-1", 1)]


# --- once, in any order --------------------------------------------------------------------------


def test_a_scan_that_comes_twice_is_counted_once(
    shop: Shop, ret: Return, receiving: Receiving
) -> None:
    first = takes(shop, scan(return_number=ret.number))

    assert takes(shop, scan(return_number=ret.number)) == first
    closes(shop, receiving)
    assert takes(shop, scan(return_number=ret.number)) == first
    assert received(shop, ret) == 1
    assert shop.on_hand("SKU-1", Account.RECEIVING) == 1


def test_a_scan_that_was_told_to_the_count_before_it_came_is_counted_once(
    shop: Shop, ret: Return, receiving: Receiving
) -> None:
    scanned_by_hand(shop, receiving, "scan-1")

    outcome = takes(shop, scan(return_number=ret.number, seq=7))

    assert counted(shop, receiving) == [("scan-1", 1)]
    assert (outcome.device_id, outcome.seq, outcome.captured_at) == ("device-1", 7, LATER)
    assert outcome.receiving_id == receiving.receiving_id


def test_one_that_comes_only_after_the_close_is_not_booked_beside_it(
    shop: Shop, ret: Return, receiving: Receiving
) -> None:
    scanned_by_hand(shop, receiving, "scan-1")
    closes(shop, receiving)

    takes(shop, scan(return_number=ret.number))

    assert received(shop, ret) == 1
    assert shop.on_hand("SKU-1", Account.QUARANTINE) == 0


def test_a_scan_id_that_was_used_up_in_another_warehouse_tells_nothing_of_the_scan(
    shop: Shop, ret: Return
) -> None:
    """So the worker sees another scan under its id, and a person looks."""
    elsewhere = opens(shop, None, return_ref=ret.return_id, warehouse="B")
    scanned_by_hand(shop, elsewhere, "scan-1")

    outcome = takes(shop, scan(return_number=ret.number, seq=7))

    assert (outcome.device_id, outcome.seq) == ("ann", 0)
    assert outcome.captured_at != LATER


def test_a_scan_that_was_booked_before_is_not_counted_beside_it(shop: Shop, ret: Return) -> None:
    takes(shop, scan(return_number=ret.number))
    receiving = opens(shop, None, return_ref=ret.return_id)

    scanned_by_hand(shop, receiving, "scan-1", "scan-2")
    closes(shop, receiving)

    assert counted(shop, receiving) == [("scan-2", 1)]
    assert received(shop, ret) == 2


def test_what_a_count_that_was_given_up_had_is_counted_in_the_next_one(
    shop: Shop, ret: Return, receiving: Receiving
) -> None:
    scanned_by_hand(shop, receiving, "scan-1")
    cancelled(shop, receiving)
    second = opens(shop, None, return_ref=ret.return_id)

    scanned_by_hand(shop, second, "scan-1")

    assert counted(shop, second) == [("scan-1", 1)]


def test_the_same_scan_twice_at_once_is_counted_once(
    shop: Shop, ret: Return, receiving: Receiving
) -> None:
    assert isinstance(shop.store, FakeStore)
    shop.store.meanwhile(lambda: takes(shop, scan(return_number=ret.number)))

    takes(shop, scan(return_number=ret.number))

    assert counted(shop, receiving) == [("scan-1", 1)]


def test_a_count_that_is_closed_meanwhile_gets_nothing_any_more(
    shop: Shop, ret: Return, receiving: Receiving
) -> None:
    counts(shop, receiving, item(quantity=1))
    assert isinstance(shop.store, FakeStore)
    shop.store.meanwhile(lambda: closes(shop, receiving))

    outcome = takes(shop, scan(return_number=ret.number))

    assert outcome.receipt_id is not None
    assert received(shop, ret) == 2


# --- what is booked at once, as ever -------------------------------------------------------------


@pytest.mark.parametrize(
    "more",
    [{"warehouse": "B"}, {"captured_at": NOW - timedelta(hours=1)}],
    ids=["in another warehouse", "scanned before anybody counted"],
)
def test_a_scan_of_elsewhere_or_before_is_a_receipt_of_its_own(
    shop: Shop, ret: Return, receiving: Receiving, more: dict[str, Any]
) -> None:
    outcome = takes(shop, scan(return_number=ret.number, **more))

    assert outcome.receipt_id is not None
    assert counted(shop, receiving) == []


def test_the_clock_of_a_device_may_be_some_minutes_behind(
    shop: Shop, ret: Return, receiving: Receiving
) -> None:
    before = receiving.opened_at - timedelta(minutes=4)

    takes(shop, scan(return_number=ret.number, captured_at=before))

    assert counted(shop, receiving) == [("scan-1", 1)]


def test_in_a_count_of_a_box_a_scan_that_names_its_return_is_booked_for_just_that(
    shop: Shop, ret: Return
) -> None:
    """A box shares out by what is waited for: it could give the goods to another customer."""
    other = approved(shop, 3, no="O-2")
    boxed(shop, ret, other)
    receiving = opens(shop)

    takes(shop, scan(parcel=BOX, return_number=other.number))

    assert (received(shop, ret), received(shop, other)) == (0, 1)
    assert counted(shop, receiving) == []


@pytest.mark.parametrize("end", [closes, cancelled])
def test_a_scan_that_names_a_count_that_is_over_is_for_what_that_was_about(
    shop: Shop, ret: Return, receiving: Receiving, end: Any
) -> None:
    counts(shop, receiving, item(quantity=1))
    end(shop, receiving)
    before = received(shop, ret)

    outcome = takes(shop, scan(receiving_id=receiving.receiving_id))

    assert outcome.return_id == ret.return_id
    assert received(shop, ret) == before + 1


def test_a_count_that_nobody_opened_is_as_if_it_were_not_named(shop: Shop, ret: Return) -> None:
    outcome = takes(shop, scan(receiving_id="rcv_x", return_number=ret.number))

    assert outcome.receipt_id is not None
    assert takes(shop, scan("scan-2", receiving_id="rcv_x")).reason == "UNKNOWN"


def test_a_full_count_loses_nothing(shop: Shop, ret: Return, receiving: Receiving) -> None:
    many = [item(sku=f"S-{number}") for number in range(200)]
    counts(shop, receiving, *many)

    outcome = takes(shop, scan(return_number=ret.number))

    assert outcome.receipt_id is not None
    assert len(counted(shop, receiving)) == 200


# --- a second count ------------------------------------------------------------------------------


@pytest.fixture
def doubtful(shop: Shop, ret: Return) -> Receiving:
    receiving = opens(shop, None, return_ref=ret.return_id, mode=Mode.BLIND, second_above=0)
    takes(shop, scan("first", receiving_id=receiving.receiving_id))
    again = closes(shop, receiving)
    assert again.state is State.RECOUNT
    return again


def test_who_counted_first_counts_nothing_in_the_second_count(
    shop: Shop, ret: Return, doubtful: Receiving
) -> None:
    outcome = takes(shop, scan(return_number=ret.number))

    assert (outcome.state, outcome.reason) == ("refused", "second_counter_needed")
    assert received(shop, ret) == 0
    mended = takes(shop, scan(return_number=ret.number, device_id="device-2"))
    assert mended.reason == "counted"


@pytest.mark.parametrize("end", [partial(closes, name="ben"), cancelled])
def test_a_scan_that_a_second_count_refused_is_not_booked_when_it_comes_again_after_that(
    shop: Shop, ret: Return, doubtful: Receiving, end: Any
) -> None:
    """Its goods were counted by somebody else: they would be there twice."""
    refused = takes(shop, scan(return_number=ret.number))
    takes(shop, scan("again", return_number=ret.number, device_id="device-2"))
    end(shop, doubtful)
    before = received(shop, ret)

    assert takes(shop, scan(return_number=ret.number)) == refused
    assert received(shop, ret) == before


def test_a_scan_of_the_first_count_that_comes_late_is_of_neither(
    shop: Shop, ret: Return, doubtful: Receiving
) -> None:
    before = doubtful.earlier[0].closed_at - timedelta(seconds=1)

    outcome = takes(
        shop,
        scan(receiving_id=doubtful.receiving_id, device_id="device-2", captured_at=before),
    )

    assert (outcome.state, outcome.reason) == ("refused", "counted_again")
    assert (counted(shop, doubtful), received(shop, ret)) == ([], 0)
