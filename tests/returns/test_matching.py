"""Which sale a blind return may be about: what speaks for a line of an order, and how much."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.orders.kits import exploded
from chalicelib.orders.model import DeliveredItem, KitComponent, Order
from chalicelib.policy.evaluation import Applicable
from chalicelib.policy.history import CustomerHistory
from chalicelib.reasons.catalogue import Catalogue
from chalicelib.returns.blind import create_blind
from chalicelib.returns.matching import (
    ORDERS_MAX,
    PROPOSALS_MAX,
    Proposal,
    candidates,
    proposals,
)
from chalicelib.returns.model import Return
from chalicelib.returns.units import move, units_where
from chalicelib.returns.wishes import RequestedLine, RequestReturn
from tests import policies
from tests.builders import NOW, Shop, delivery, line, order
from tests.fake_reads import Reader
from tests.policies import form, rule

DAY = timedelta(days=1)


def asked(sku: str = "MUG", quantity: int = 1, **more: Any) -> RequestedLine:
    return RequestedLine(sku=sku, quantity=quantity, reason="CHANGED_MIND", **more)


def blind(shop: Shop, *lines: RequestedLine, customer_id: str | None = "cus-1") -> Return:
    command = RequestReturn(lines=lines or (asked(),), customer_id=customer_id)
    return shop.do(lambda _, context: create_blind(command, context))


def sold(
    no: str,
    *,
    days_ago: int = 2,
    lot: str | None = None,
    serials: tuple[str, ...] = (),
    **more: Any,
) -> Order:
    """Two mugs, delivered some days ago."""
    sent = delivery(
        DeliveredItem(line_no="1", quantity=2, lot=lot, serials=serials),
        shipped_at=NOW - (days_ago + 1) * DAY,
        delivered_at=NOW - days_ago * DAY,
    )
    return order(line(sku="MUG", quantity=2), no=no, deliveries=(sent,), **more)


def proposed(shop: Shop, ret: Return, orders: Iterable[Order]) -> list[Proposal]:
    return proposals(shop.store.reads(), ret, orders)


def order_nos(found: list[Proposal]) -> list[str]:
    return [one.order_no for one in found]


def test_a_proposal_says_what_is_left_and_until_when(shop: Shop) -> None:
    (found,) = proposed(shop, blind(shop), [sold("O-1")])

    assert (found.line_no, found.order_no, found.order_line_no) == ("1", "O-1", "1")
    assert (found.sku, found.returnable) == ("MUG", 2)
    assert found.delivered_at == NOW - 2 * DAY
    assert found.window_ends is not None
    assert found.window_ends > NOW + 27 * DAY
    assert found.reasons == ("customer", "date")


def test_a_serial_outweighs_a_lot_which_outweighs_the_customer_which_outweighs_dates(
    shop: Shop,
) -> None:
    ret = blind(shop, asked(serials=("SN-1",)))
    known = ret.lines[0]
    known = move(known, units_where(known, lambda _: True), lot="L-1")
    ret = ret.with_line(known)
    orders = [
        sold("NEAR", days_ago=1, customer_id="cus-2"),
        sold("OWN", days_ago=20),
        sold("LOT", days_ago=25, lot="L-1", customer_id="cus-2"),
        sold("SERIAL", days_ago=28, serials=("SN-1", "SN-2"), customer_id="cus-2"),
    ]

    found = proposed(shop, ret, orders)

    assert order_nos(found) == ["SERIAL", "LOT", "OWN", "NEAR"]
    assert [one.reasons[0] for one in found] == ["serials", "lot", "customer", "date"]


def test_of_two_sales_the_nearer_one_comes_first(shop: Shop) -> None:
    found = proposed(shop, blind(shop), [sold("A-OLD", days_ago=20), sold("B-NEW", days_ago=3)])

    assert order_nos(found) == ["B-NEW", "A-OLD"]


def test_some_of_the_serials_count_for_less_than_all(shop: Shop) -> None:
    ret = blind(shop, asked(quantity=2, serials=("SN-1", "SN-2")))
    one, both = sold("ONE", serials=("SN-1", "SN-9")), sold("BOTH", serials=("SN-1", "SN-2"))

    found = proposed(shop, ret, [one, both])

    assert order_nos(found) == ["BOTH", "ONE"]
    assert [entry.reasons[0] for entry in found] == ["serials", "some_serials"]


def test_a_serial_that_came_back_already_speaks_for_nothing(shop: Shop) -> None:
    shop.sells(sold("O-1", serials=("SN-1", "SN-2")))
    shop.asks("O-1", quantity=1)

    (found,) = proposed(shop, blind(shop, asked(serials=("SN-1",))), [shop.sold()])

    assert found.returnable == 1
    assert "serials" not in found.reasons


@pytest.mark.parametrize(
    "other",
    [
        sold("LATE", days_ago=31),
        order(line(sku="CUP"), no="CUPS"),
        order(line(sku="MUG"), no="UNSENT", deliveries=()),
        exploded(order(line(sku="MUG", kit=(KitComponent(sku="CUP", quantity=1, share="1"),)))),
    ],
    ids=["outside of the window", "other goods", "never sent", "a kit"],
)
def test_what_it_cannot_be_is_not_proposed(shop: Shop, other: Order) -> None:
    assert proposed(shop, blind(shop), [other]) == []


def test_where_nothing_is_left_nothing_is_proposed(shop: Shop) -> None:
    shop.sells(sold("O-1"))
    shop.asks("O-1", quantity=2)

    assert proposed(shop, blind(shop), [shop.sold()]) == []


def test_a_sale_without_a_limit_of_time_is_proposed_however_old(shop: Shop) -> None:
    (found,) = proposed(shop, blind(shop), [sold("O-1", days_ago=900, policy_version="no-window")])

    assert found.window_ends is None


def test_each_line_of_the_return_has_its_own_proposals_in_order(shop: Shop) -> None:
    ret = blind(shop, asked("CUP"), asked("MUG"))
    both = order(line("1", sku="MUG"), line("2", sku="CUP"))

    found = proposed(shop, ret, [both, sold("O-2")])

    assert [(one.line_no, one.sku) for one in found] == [("1", "CUP"), ("2", "MUG"), ("2", "MUG")]


def test_an_answer_is_bounded(shop: Shop) -> None:
    many = [sold(f"O-{number}") for number in range(PROPOSALS_MAX + 5)]

    assert len(proposed(shop, blind(shop), many)) == PROPOSALS_MAX


def test_orders_are_looked_for_among_the_customers_own_first(shop: Shop) -> None:
    lists = {("cus-1", "MUG"): ["O-2"], (None, "MUG"): ["O-3", "O-2"], (None, "CUP"): ["O-4"]}
    ret = blind(shop, asked("MUG"), asked("CUP"), asked("MUG", note="chipped", exchange_for="CUP"))

    found = candidates(ret, lambda customer, sku: lists.get((customer, sku), []))

    assert found == ["O-2", "O-3", "O-4"]


def test_without_a_customer_everybodys_orders_are_looked_at_and_not_too_many(shop: Shop) -> None:
    def find(customer: str | None, sku: str) -> list[str]:
        assert customer is None
        return [f"O-{number}" for number in range(ORDERS_MAX + 1)]

    assert len(candidates(blind(shop, customer_id=None), find)) == ORDERS_MAX


def test_the_history_of_a_customer_is_read_once_for_all_their_orders(shop: Shop) -> None:
    listed = rule("listed", {"fact": "customer_lists", "has_any": ["block"]}, review="senior")
    under = policies.publish(
        shop.store, form("own", listed, rule("any-time", window={"days": None}))
    )
    orders = [sold(f"O-{no}", policy_version=under) for no in range(9)]
    reads = Counting(shop.store.reads())

    found = proposals(reads, blind(shop), orders)

    assert len(found) == 9
    assert reads.asked == ["cus-1"]


class Counting:
    """Notes whose history is read."""

    def __init__(self, reads: Reader) -> None:
        self._reads = reads
        self.asked: list[str] = []

    def policies_for(self, version_id: str, at: datetime) -> Applicable:
        return self._reads.policies_for(version_id, at)

    def reason_catalogue(self) -> Catalogue:
        return self._reads.reason_catalogue()

    def customer_history(
        self, customer_id: str, at: datetime, without: str | None = None
    ) -> CustomerHistory:
        self.asked.append(customer_id)
        return self._reads.customer_history(customer_id, at, without)
