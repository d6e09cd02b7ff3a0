"""A provider's name of a payment leads to one order, and to one only."""

from dataclasses import replace

import pytest

from chalicelib.core.errors import Conflict
from chalicelib.orders.model import Order
from chalicelib.orders.payment_lookup import PaymentOf
from tests.builders import Shop, eur, line, order, payment
from tests.fakes import FakeStore


def sold(no: str = "O-1", *refs: str | None, provider: str = "sandbox") -> Order:
    payments = tuple(
        replace(payment(f"card-{place}", 1000, provider=provider), provider_ref=ref)
        for place, ref in enumerate(refs)
    )
    return order(line(), no=no, payments=payments, deliveries=())


def known(shop: Shop, ref: str, provider: str = "sandbox") -> PaymentOf | None:
    found = shop.store.reads().payments_of([(provider, ref)])
    return found[0] if found else None


def claim(ref: str, order_no: str | None, payment_id: str, version: int = 1) -> PaymentOf:
    return PaymentOf(
        provider="sandbox",
        provider_ref=ref,
        order_no=order_no,
        payment_id=payment_id,
        version=version,
    )


def test_each_reference_leads_to_its_payment(shop: Shop) -> None:
    shop.sells(sold("O-1", "pay-a", "pay-b"))

    assert known(shop, "pay-a") == claim("pay-a", "O-1", "card-0")
    assert known(shop, "pay-b") == claim("pay-b", "O-1", "card-1")


def test_a_payment_without_a_reference_leads_nowhere(shop: Shop) -> None:
    assert shop.registers(sold("O-1", None)).created
    assert known(shop, "card-0") is None


@pytest.mark.parametrize("kind", ["manual", "store_credit"])
def test_references_of_people_may_come_again(shop: Shop, kind: str) -> None:
    for no in ("O-1", "O-2"):
        assert shop.registers(sold(no, "till 7", provider=kind)).created

    assert known(shop, "till 7", kind) is None


def test_a_reference_of_another_order_is_refused_and_nothing_of_the_order_is_kept(
    shop: Shop,
) -> None:
    shop.sells(sold("O-1", "pay-a"))

    with pytest.raises(Conflict, match="payment_reference_taken"):
        shop.registers(sold("O-2", "pay-a"))

    assert shop.store.reads().order("O-2") is None
    assert known(shop, "pay-a") == claim("pay-a", "O-1", "card-0")


def test_the_same_reference_twice_in_an_order_is_refused(shop: Shop) -> None:
    with pytest.raises(Conflict, match="payment_reference_taken"):
        shop.registers(sold("O-1", "pay-a", "pay-a"))


def test_two_providers_may_use_the_same_name(shop: Shop) -> None:
    shop.sells(sold("O-1", "pay-a"))

    assert shop.registers(sold("O-2", "pay-a", provider="stripe")).created


def test_the_same_order_again_writes_nothing(shop: Shop) -> None:
    shop.sells(sold("O-1", "pay-a"))
    assert isinstance(shop.store, FakeStore)
    before = shop.store.writes, dict(shop.store.records)

    assert not shop.registers(sold("O-1", "pay-a")).changed

    assert known(shop, "pay-a") == claim("pay-a", "O-1", "card-0")
    assert shop.store.records == before[1]


def test_a_mistaken_reference_is_free_once_its_order_is_corrected(shop: Shop) -> None:
    shop.sells(sold("O-1", "pay-of-2"))

    shop.registers(sold("O-1", "pay-of-1"))
    shop.registers(sold("O-2", "pay-of-2"))

    assert known(shop, "pay-of-1") == claim("pay-of-1", "O-1", "card-0")
    assert known(shop, "pay-of-2") == claim("pay-of-2", "O-2", "card-0", version=3)


def test_an_order_from_before_look_ups_gets_them_when_it_is_sent_again(shop: Shop) -> None:
    shop.sells(sold("O-1", "pay-a"))
    assert isinstance(shop.store, FakeStore)
    shop.store.records = {
        key: record
        for key, record in shop.store.records.items()
        if not isinstance(record, PaymentOf)
    }

    shop.registers(sold("O-1", "pay-a"))

    assert known(shop, "pay-a") == claim("pay-a", "O-1", "card-0")


def test_of_two_orders_at_once_one_gets_the_reference(shop: Shop) -> None:
    assert isinstance(shop.store, FakeStore)
    shop.store.meanwhile(lambda: shop.registers(sold("O-1", "pay-a")))

    with pytest.raises(Conflict, match="payment_reference_taken"):
        shop.registers(sold("O-2", "pay-a"))

    assert known(shop, "pay-a") == claim("pay-a", "O-1", "card-0")


def test_what_the_provider_says_was_refunded_is_not_told_away_by_the_shop(shop: Shop) -> None:
    first = shop.sells(sold("O-1", "pay-a"))
    seen = tuple(replace(one, refunded=eur(300), refunded_seen=eur(300)) for one in first.payments)
    assert isinstance(shop.store, FakeStore)
    for key, record in shop.store.records.items():
        if record == first:
            shop.store.records[key] = replace(first, payments=seen)

    shop.registers(sold("O-1", "pay-a"))
    assert shop.sold().payments[0].refunded == eur(300)

    more = replace(sold("O-1", "pay-a").payments[0], refunded=eur(400))
    shop.registers(replace(sold("O-1", "pay-a"), payments=(more,)))
    (now,) = shop.sold().payments
    assert (now.refunded, now.refunded_seen) == (eur(400), eur(300))
