"""Awards and settlements together never give more than was paid."""

from dataclasses import replace

import pytest

from chalicelib.core.errors import Invalid
from chalicelib.returns.model import AppealAgainst, Closure
from tests.builders import Shop, eur, failed, item, line, order, passed, restock, wish
from tests.children import approves, exchange_of, ships, swap
from tests.returns.undoing import appeals, decides, suspicions

AMOUNT = AppealAgainst.AMOUNT


@pytest.fixture
def shop(shop: Shop) -> Shop:
    shop.sells(order(line("1", quantity=3), line("2", quantity=2)))
    return shop


def test_what_was_awarded_is_not_settled_once_more(shop: Shop) -> None:
    """Of 3 × 10.00, one is settled and 15.00 are awarded: 5.00 are left for the other two."""
    ret = shop.approves(shop.asks(quantity=3))
    for _ in range(3):
        shop.receives(ret, item())
        shop.inspects(ret, passed())
        shop.disposes(ret, restock())
        shop.settles(ret)
        if not shop.now_is(ret).appeals:
            appeals(shop, ret, AMOUNT)
            decides(shop, ret, uphold=True, award=eur(1500))

    done = shop.now_is(ret)
    assert [settlement.amount for settlement in done.settlements] == [eur(1000), eur(500), eur(0)]
    assert done.closure is Closure.COMPLETED
    assert suspicions(shop) == []


def test_an_award_for_one_line_is_not_taken_from_another(shop: Shop) -> None:
    ret = shop.approves(shop.asks("O-1", wish(2, "1"), wish(1, "2")))
    shop.receives(ret, item(quantity=2), item("SKU-2"))
    shop.inspects(ret, passed(1), failed(1))
    shop.disposes(ret, restock(1))
    shop.settles(ret)
    appeals(shop, ret, AMOUNT, "1")
    decides(shop, ret, uphold=True, award=eur(1000))
    shop.inspects(ret, passed(1, "2"))

    shop.settles(ret)

    assert [done.amount for done in shop.now_is(ret).settlements] == [eur(1000), eur(1000)]


def test_a_unit_that_was_exchanged_is_paid_for_by_its_replacement(shop: Shop) -> None:
    shop.counts({"BLUE": 1})
    ret = approves(shop, shop.asks("O-1", swap(for_="BLUE")))
    ships(shop, exchange_of(shop, ret))
    appeals(shop, ret, AMOUNT)

    with pytest.raises(Invalid, match="award_too_large"):
        decides(shop, ret, uphold=True, award=eur(1))


def test_no_more_is_awarded_than_the_payments_of_the_order_carry(shop: Shop) -> None:
    """40.00 of the 50.00 went back elsewhere, and 5.00 of the rest are awarded already."""
    sold = shop.sold()
    (paid,) = sold.payments
    ret = shop.approves(shop.asks(quantity=2))
    shop.receives(ret, item(quantity=2))
    shop.inspects(ret, passed(1), failed(1))
    shop.registers(replace(sold, payments=(replace(paid, refunded=eur(3000)),)))
    shop.settles(ret)
    shop.registers(replace(sold, payments=(replace(paid, refunded=eur(3200)),)))
    appeals(shop, ret, AMOUNT)
    decides(shop, ret, uphold=True, award=eur(500))
    appeals(shop, ret, AMOUNT)

    with pytest.raises(Invalid, match="award_too_large"):
        decides(shop, ret, uphold=True, award=eur(301))

    assert decides(shop, ret, uphold=True, award=eur(300)).appeals[-1].award == eur(300)
