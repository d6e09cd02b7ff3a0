"""A payment is captured in parts: it grows while returns run, and never falls below what left."""

from dataclasses import replace

import pytest

from chalicelib.core.errors import Conflict
from chalicelib.orders.model import Order
from chalicelib.settlement.model import SettlementState
from tests.builders import Shop, eur, line, order, payment
from tests.fakes import FakeProvider, Killed


@pytest.fixture
def shipped(shop: Shop) -> Order:
    """Four at 25.00 each; only the first two were captured so far."""
    return shop.sells(order(line(quantity=4, price=25_00), payments=(payment("card", 50_00),)))


def captured(shop: Shop, minor: int) -> Order:
    """The order as the shop tells it after another capture."""
    known = shop.sold()
    told = (payment("card", minor),)
    return shop.registers(replace(known, payments=told)).order


def test_a_second_capture_is_there_for_the_next_refund(
    shop: Shop, shipped: Order, provider: FakeProvider
) -> None:
    first = shop.asks(quantity=2)
    shop.settles(shop.accepts(first, 2))

    captured(shop, 100_00)
    second = shop.asks(quantity=2)
    shop.settles(shop.accepts(second, 2))

    assert [shop.settlement(ret).paid.minor for ret in (first, second)] == [50_00, 50_00]
    assert provider.paid_out("card") == 100_00
    assert shop.sold().payments[0].refundable == eur(0)


def test_what_was_not_captured_is_not_refunded_and_stays_to_see(
    shop: Shop, shipped: Order, provider: FakeProvider
) -> None:
    ret = shop.asks(quantity=3)

    shop.settles(shop.accepts(ret, 3))

    settlement = shop.settlement(ret)
    assert (settlement.amount, settlement.paid) == (eur(75_00), eur(50_00))
    assert settlement.shortfall == eur(25_00)
    assert settlement.state is SettlementState.PARTIAL
    assert provider.paid_out("card") == 50_00


def test_what_was_short_is_paid_by_a_retry_once_it_was_captured(
    shop: Shop, shipped: Order, provider: FakeProvider
) -> None:
    ret = shop.asks(quantity=3)
    shop.settles(shop.accepts(ret, 3))

    captured(shop, 60_00)
    shop.retries(shop.settlement(ret))
    part = shop.settlement(ret)
    captured(shop, 100_00)
    shop.retries(shop.settlement(ret))

    assert (part.paid, part.shortfall) == (eur(60_00), eur(15_00))
    settlement = shop.settlement(ret)
    assert (settlement.state, settlement.paid) == (SettlementState.SETTLED, eur(75_00))
    assert provider.paid_out("card") == 75_00
    assert shop.sold().payments[0].refundable == eur(25_00)


def test_a_capture_while_a_refund_is_under_way_leaves_it_alone(
    shop: Shop, shipped: Order, provider: FakeProvider
) -> None:
    ret = shop.accepts(shop.asks(quantity=2), 2)
    context = shop.context()
    provider.script["card"] = ["dies after"]
    with pytest.raises(Killed):
        shop.settles(ret, context)

    grown = captured(shop, 80_00)
    shop.settles(ret, context)

    assert (grown.payments[0].pending, grown.payments[0].refundable) == (eur(50_00), eur(30_00))
    card = shop.sold().payments[0]
    assert (card.refunded_by_us, card.pending) == (eur(50_00), eur(0))
    assert provider.paid_out("card") == 50_00


@pytest.mark.parametrize("minor", [49_99, 0], ids=str)
def test_no_less_was_captured_than_went_back(shop: Shop, shipped: Order, minor: int) -> None:
    shop.settles(shop.accepts(shop.asks(quantity=2), 2))

    with pytest.raises(Conflict, match="payment_has_refunds"):
        captured(shop, minor)

    assert shop.sold().payments[0].captured == eur(50_00)


def test_a_capture_that_was_told_too_high_may_fall_to_what_went_back(
    shop: Shop, shipped: Order
) -> None:
    captured(shop, 100_00)
    shop.settles(shop.accepts(shop.asks(quantity=2), 2))

    assert captured(shop, 50_00).payments[0].refundable == eur(0)


def test_what_others_refunded_counts_when_a_capture_falls(shop: Shop, shipped: Order) -> None:
    shop.settles(shop.accepts(shop.asks()))
    told = replace(payment("card", 40_00), refunded=eur(20_00))

    with pytest.raises(Conflict, match="payment_has_refunds"):
        shop.registers(replace(shop.sold(), payments=(told,)))

    assert shop.sold().payments[0].refunded == eur(0)


def test_what_others_refunded_too_much_is_believed(shop: Shop, shipped: Order) -> None:
    shop.settles(shop.accepts(shop.asks()))
    told = replace(payment("card", 50_00), refunded=eur(40_00))

    card = shop.registers(replace(shop.sold(), payments=(told,))).order.payments[0]

    assert (card.refunded, card.refunded_by_us) == (eur(40_00), eur(25_00))
    assert card.refundable == eur(0)
