"""Awards and settlements together never give more than was paid."""

from dataclasses import replace

import pytest

from chalicelib.core.errors import Conflict, Invalid
from chalicelib.returns.model import AppealAgainst, Closure, FaultParty
from tests.bargains import threshold
from tests.builders import Shop, eur, failed, item, line, order, passed, restock, wish
from tests.children import approves, exchange_of, ships, swap
from tests.policies import form, publish, rule
from tests.returns.undoing import appeals, decides, ships_back, suspicions

AMOUNT = AppealAgainst.AMOUNT


@pytest.fixture
def shop(shop: Shop) -> Shop:
    shop.sells(order(line("1", quantity=3), line("2", quantity=2)))
    return shop


def test_what_was_awarded_is_not_settled_once_more(shop: Shop) -> None:
    """Of 3 × 10.00, one is settled and 15.00 are awarded: the next settlement pays the award, too,
    and 5.00 are left for the other two."""
    ret = shop.approves(shop.asks(quantity=3))
    shop.receives(ret, item(quantity=3))
    for _ in range(3):
        shop.inspects(ret, passed())
        shop.disposes(ret, restock())
        shop.settles(ret)
        if not shop.now_is(ret).appeals:
            appeals(shop, ret, AMOUNT)
            decides(shop, ret, uphold=True, award=eur(1500))

    done = shop.now_is(ret)
    assert [settlement.amount for settlement in done.settlements] == [eur(1000), eur(2000), eur(0)]
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

    assert [done.amount for done in shop.now_is(ret).settlements] == [eur(1000), eur(2000)]


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


def test_units_that_are_still_to_come_are_not_awarded(shop: Shop) -> None:
    """Who has the money for a unit could take it back, keep it, and ask for it once more."""
    ret = shop.approves(shop.asks(quantity=2))
    shop.receives(ret, item())
    shop.inspects(ret, passed())
    shop.settles(ret)
    appeals(shop, ret, AMOUNT)

    with pytest.raises(Invalid, match="award_too_large"):
        decides(shop, ret, uphold=True, award=eur(1))

    shop.receives(ret, item())
    assert decides(shop, ret, uphold=True, award=eur(1000)).appeals[-1].award == eur(1000)


def test_a_unit_whose_money_was_awarded_is_not_sent_back(shop: Shop) -> None:
    """The customer would have both, and could ask for the money once more."""
    ret = shop.approves(shop.asks(quantity=3))
    shop.receives(ret, item(quantity=3))
    shop.inspects(ret, passed(1), failed(2, fault=FaultParty.CUSTOMER))
    shop.settles(ret)
    appeals(shop, ret, AMOUNT)
    decides(shop, ret, uphold=True, award=eur(1000))

    ships_back(shop, ret)
    with pytest.raises(Conflict, match="awarded_away"):
        ships_back(shop, ret)


def test_a_promotion_withholds_no_more_of_a_unit_than_an_award_left_of_it(shop: Shop) -> None:
    """Five for 26.00 each: the second would bring 2.00 less, but 25.00 of its 26.00 were awarded.
    What was not withheld does not come back with the other three either."""
    giving = {"promotions": "claw_back"}
    publish(shop.store, form("own", rule("all", window={"days": None}, giving=giving)))
    bought = line(quantity=5, price=30_00, discount=eur(20_00))
    promotion = threshold({100_00: 20_00})
    shop.sells(order(bought, no="O-2", policy_version="own", promotions=(promotion,)))
    ret = shop.approves(shop.asks("O-2", wish(2)))
    shop.receives(ret, item(quantity=2))
    shop.inspects(ret, passed())
    shop.settles(ret)
    appeals(shop, ret, AMOUNT)
    decides(shop, ret, uphold=True, award=eur(25_00))
    shop.inspects(ret, passed())
    shop.settles(ret)
    rest = shop.approves(shop.asks("O-2", wish(3)))
    shop.receives(rest, item(quantity=3))
    shop.inspects(rest, passed(3))
    shop.settles(rest)

    amounts = [one.amount for r in (ret, rest) for one in shop.now_is(r).settlements]
    assert amounts == [eur(26_00), eur(25_00), eur(79_00)]
    assert suspicions(shop) == []
