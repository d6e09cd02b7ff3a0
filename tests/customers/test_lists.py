"""Lists of customers: put on, changed, taken off, over by themselves; reasons stay private."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from chalicelib.core.errors import Conflict, Invalid, Stale
from chalicelib.core.events import chain_fault
from chalicelib.customers import lists
from chalicelib.customers.model import CustomerStanding
from tests.builders import NOW, Shop
from tests.fakes import FakeStore

SOON = NOW + timedelta(days=10)


def put(
    shop: Shop,
    list_name: str,
    reason: str = "Sent bricks.",
    until: datetime | None = None,
    version: int | None = None,
) -> CustomerStanding:
    command = lists.PutOnList(list_name=list_name, reason=reason, until=until)
    return shop.do(
        lambda reads, context: lists.put_on_list(reads, "cus-1", command, context),
        shop.context(version=version),
    )


def take_off(shop: Shop, list_name: str, version: int | None = None) -> CustomerStanding:
    return shop.do(
        lambda reads, context: lists.take_off_list(reads, "cus-1", list_name, context),
        shop.context(version=version),
    )


def told(shop: Shop) -> list[str]:
    events = shop.store.reads().events("customer/cus-1")
    assert chain_fault(events) is None
    return [event.type for event in events]


def test_nobody_is_on_a_list_before_somebody_put_them_there(shop: Shop) -> None:
    standing = shop.store.reads().customer_standing("cus-1")

    assert (standing.lists_at(NOW), standing.version) == (frozenset(), 0)


def test_a_listed_customer_is_on_the_list_with_who_when_and_why(shop: Shop) -> None:
    standing = put(shop, "block", until=SOON)

    (one,) = standing.memberships
    assert (one.list_name, one.reason, one.by, one.until) == (
        "block",
        "Sent bricks.",
        "someone",
        SOON,
    )
    assert one.at == shop.now
    assert standing == shop.store.reads().customer_standing("cus-1")
    assert standing.version == 1


def test_the_reason_is_in_no_event(shop: Shop) -> None:
    put(shop, "block", "Mrs Smith shouted.")
    put(shop, "block", "Mr Smith shouted.")
    take_off(shop, "block")

    events = shop.store.reads().events("customer/cus-1")
    assert told(shop) == ["customer.listed", "customer.listed", "customer.unlisted"]
    assert "Smith" not in json.dumps([event.data for event in events])
    assert [event.data["was_listed"] for event in events] == [False, True, True]


def test_a_membership_ends_by_itself(shop: Shop) -> None:
    standing = put(shop, "watched", until=SOON)

    assert standing.lists_at(SOON - timedelta(milliseconds=1)) == {"watched"}
    assert standing.lists_at(SOON) == frozenset()


def test_who_was_taken_off_is_on_the_other_lists_still(shop: Shop) -> None:
    put(shop, "vip")
    put(shop, "allow")

    standing = take_off(shop, "vip")

    assert standing.lists_at(NOW) == {"allow"}
    assert standing.version == 3


@pytest.mark.parametrize(
    "again",
    [lambda shop: put(shop, "block"), lambda shop: take_off(shop, "allow")],
    ids=["put on", "taken off"],
)
def test_the_same_again_changes_nothing(
    shop: Shop, again: Callable[[Shop], CustomerStanding]
) -> None:
    before = put(shop, "block")

    assert again(shop) == before
    assert told(shop) == ["customer.listed"]


@pytest.mark.parametrize(("first", "second"), [("allow", "block"), ("block", "allow")])
def test_nobody_is_allowed_and_blocked_at_once(shop: Shop, first: str, second: str) -> None:
    put(shop, first, until=SOON)

    with pytest.raises(Conflict) as refused:
        put(shop, second)

    assert refused.value.code == "on_opposite_list"
    shop.now = SOON
    assert put(shop, second).lists_at(shop.now) == {second}


def test_a_change_names_the_version_that_was_looked_at(shop: Shop) -> None:
    put(shop, "vip")

    with pytest.raises(Stale):
        put(shop, "watched", version=2)
    with pytest.raises(Stale):
        take_off(shop, "vip", version=2)
    assert take_off(shop, "vip", version=1).version == 2


def test_two_who_list_a_customer_at_once_both_do(shop: Shop) -> None:
    assert isinstance(shop.store, FakeStore)
    shop.store.meanwhile(lambda: put(shop, "vip"))

    put(shop, "watched")

    standing = shop.store.reads().customer_standing("cus-1")
    assert standing.lists_at(NOW) == {"vip", "watched"}
    assert standing.version == 2
    assert told(shop) == ["customer.listed", "customer.listed"]


@pytest.mark.parametrize("name", ["", "Block", "9lives", "a b", "x" * 41, "block\n", "é"])
def test_a_list_has_a_plain_name(shop: Shop, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        put(shop, name)

    assert refused.value.code == "bad_list_name"


def test_nobody_is_listed_until_yesterday(shop: Shop) -> None:
    with pytest.raises(Invalid) as refused:
        put(shop, "block", until=NOW)

    assert refused.value.code == "already_over"


def test_a_customer_is_on_a_bounded_number_of_lists(shop: Shop) -> None:
    for number in range(lists.LISTS_MAX):
        put(shop, f"list-{number}")

    assert put(shop, "list-0", "Another reason.").version == lists.LISTS_MAX + 1
    with pytest.raises(Conflict) as refused:
        put(shop, "one-more")
    assert refused.value.code == "too_many_lists"
