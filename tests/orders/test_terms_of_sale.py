"""An order records the version of the policy that the customer was shown when they bought."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.core.errors import Conflict, Invalid
from chalicelib.orders.registration import Registered, RegisterOrder, register
from chalicelib.orders.terms_of_sale import UNDECIDED, TermsOfSale
from tests.builders import NOW, Shop, line, order
from tests.policy.desk import ends, form, published


def sells(
    shop: Shop,
    *,
    version: str | None = None,
    policy: str | None = None,
    placed_at: datetime = NOW - timedelta(days=5),
    no: str = "O-1",
) -> Registered:
    """An order that says of its terms what is given, and nothing else."""
    told = order(line(), no=no, deliveries=(), placed_at=placed_at, policy_version=UNDECIDED)
    command = RegisterOrder(order=told, terms=TermsOfSale(version=version, policy=policy))
    return shop.do(lambda reads, context: register(reads, command, context))


def recorded(shop: Shop, no: str = "O-1") -> str:
    stored = shop.store.reads().order(no)
    assert stored is not None
    return stored.policy_version


def test_an_order_that_says_nothing_is_sold_under_the_built_in_standard(shop: Shop) -> None:
    sells(shop)

    assert recorded(shop) == "standard-30d"


def test_a_newer_standard_applies_by_itself_from_its_beginning_on(shop: Shop) -> None:
    published(shop, form("standard-2", 10, policy="standard"))

    sells(shop, no="before", placed_at=NOW + timedelta(days=9))
    sells(shop, no="after", placed_at=NOW + timedelta(days=10))

    assert (recorded(shop, "before"), recorded(shop, "after")) == ("standard-30d", "standard-2")


def test_an_order_older_than_all_policies_has_the_terms_that_they_began_with(shop: Shop) -> None:
    sells(shop, placed_at=datetime.fromisoformat("2011-03-01T09:00:00Z"))

    assert recorded(shop) == "standard-30d"


def test_of_a_named_policy_the_version_in_force_at_purchase_is_recorded(shop: Shop) -> None:
    published(shop, form("p-1", -100))
    published(shop, form("p-2", 10))

    sells(shop, no="now", policy="p")
    sells(shop, no="later", policy="p", placed_at=NOW + timedelta(days=20))

    assert (recorded(shop, "now"), recorded(shop, "later")) == ("p-1", "p-2")


@pytest.mark.parametrize("policy", ["p", "never-heard-of"])
def test_without_a_version_in_force_the_order_is_refused(shop: Shop, policy: str) -> None:
    published(shop, form("p-1", 10))

    with pytest.raises(Invalid) as caught:
        sells(shop, policy=policy)

    assert caught.value.code == "no_version_in_force"
    assert [error.pointer for error in caught.value.errors] == ["/policy"]


def test_a_standard_that_was_ended_applies_to_nobody(shop: Shop) -> None:
    published(shop, form("standard-2", 10, policy="standard"))
    ends(shop, "standard-2", NOW + timedelta(days=20))

    with pytest.raises(Invalid) as caught:
        sells(shop, placed_at=NOW + timedelta(days=25))

    assert caught.value.code == "no_version_in_force"


def test_a_named_version_is_recorded_whether_or_not_it_is_in_force(shop: Shop) -> None:
    published(shop, form("p-1", 10))

    sells(shop, version="p-1")

    assert recorded(shop) == "p-1"


def test_a_version_that_is_only_a_draft_sells_nothing(shop: Shop) -> None:
    with pytest.raises(Invalid) as caught:
        sells(shop, version="p-1")

    assert caught.value.code == "unknown_policy_version"


@pytest.mark.parametrize("again", [{}, {"policy": "p"}, {"version": "p-1"}])
def test_the_order_again_keeps_what_is_recorded(shop: Shop, again: Any) -> None:
    published(shop, form("p-1", -100))
    sells(shop, policy="p")
    published(shop, form("p-2", 1))

    done = sells(shop, **again)

    assert not done.changed
    assert recorded(shop) == "p-1"


@pytest.mark.parametrize("other", [{"policy": "unlimited"}, {"version": "no-window"}])
def test_what_is_recorded_is_not_changed(shop: Shop, other: Any) -> None:
    sells(shop)

    with pytest.raises(Conflict) as caught:
        sells(shop, **other)

    assert caught.value.code == "policy_version_fixed"


def test_a_command_without_terms_means_the_version_that_its_order_names(shop: Shop) -> None:
    shop.registers(replace(order(line(), deliveries=()), policy_version="no-window"))

    assert recorded(shop) == "no-window"
