"""What a withdrawal brings back: the price of the goods, and what the law says of delivery."""

from typing import Any

import pytest

from chalicelib.core.money import Money
from chalicelib.returns.model import Return
from chalicelib.settlement.starting import plan
from chalicelib.withdrawals.matching import JoinReturn
from tests.bargains import bulk
from tests.builders import eur, item, line, order, passed, wish
from tests.policies import form, publish, rule
from tests.withdrawals.buyers import Counter, line_of, sale

EXPRESS: dict[str, Any] = {"shipping": eur(1290), "standard_shipping": eur(490)}
"""The buyer chose express for 12.90 where the cheapest delivery was 4.90."""


def came(counter: Counter, ret: Return, quantity: int) -> None:
    """Counted and accepted."""
    counter.shop.receives(ret, item(quantity=quantity))
    line_no = counter.shop.now_is(ret).lines[0].line_no
    counter.shop.inspects(ret, passed(quantity, line_no))


def planned(counter: Counter, ret: Return) -> Money:
    """What would be paid back now."""
    return plan(counter.shop.store.reads(), ret.return_id, counter.shop.context()).amount


def paid_in_all(counter: Counter) -> Money:
    return counter.shop.sold().payments[0].refunded_by_us


def test_a_whole_order_brings_its_standard_delivery_back_and_no_more(counter: Counter) -> None:
    counter.shop.sells(sale(**EXPRESS))
    done = counter.takes()
    ret = counter.return_of(done)
    came(counter, ret, 3)

    seen = planned(counter, ret)
    counter.shop.settles(ret)

    assert done.include_shipping
    assert seen == counter.shop.settlement(ret).paid == eur(3000 + 490)


def test_a_part_of_it_brings_the_goods_and_the_rest_the_delivery_once(counter: Counter) -> None:
    counter.shop.sells(sale(**EXPRESS))
    first = counter.return_of(counter.takes(line_of("1", 1)))
    came(counter, first, 1)
    counter.shop.settles(first)
    assert paid_in_all(counter) == eur(1000)

    rest = counter.return_of(counter.takes(line_of("1", 2)))
    came(counter, rest, 2)
    counter.shop.settles(rest)

    assert paid_in_all(counter) == eur(3000 + 490)


def test_a_return_of_the_terms_and_a_withdrawal_bring_it_once(counter: Counter) -> None:
    """One unit came back before, as the terms allow; the law is about the rest."""
    counter.shop.sells(sale(**EXPRESS))
    asked = counter.shop.asks("O-1", wish(1))
    counter.shop.approves(asked)
    came(counter, asked, 1)
    counter.shop.settles(asked)

    rest = counter.return_of(counter.takes(line_of("1", 2)))
    came(counter, rest, 2)
    counter.shop.settles(rest)

    assert paid_in_all(counter) == eur(3000 + 490)


@pytest.mark.parametrize(
    ("more", "shipping"),
    [
        ({"shipping": eur(490)}, 490),
        ({"shipping": eur(0), "standard_shipping": eur(490)}, 0),
        ({"shipping": eur(300), "standard_shipping": eur(490)}, 300),
    ],
    ids=["nothing dearer was chosen", "nothing was paid", "less was paid"],
)
def test_no_more_delivery_goes_back_than_was_paid(
    counter: Counter, more: dict[str, Any], shipping: int
) -> None:
    counter.shop.sells(sale(**more))
    ret = counter.return_of(counter.takes())
    came(counter, ret, 3)

    counter.shop.settles(ret)

    assert counter.shop.settlement(ret).paid == eur(3000 + shipping)


def test_in_china_delivery_is_no_part_of_it(counter: Counter) -> None:
    counter.shop.sells(sale(region="CN", **EXPRESS))
    ret = counter.return_of(counter.takes())
    came(counter, ret, 3)

    counter.shop.settles(ret)

    assert counter.shop.settlement(ret).paid == eur(3000)


def test_a_return_that_a_withdrawal_joined_brings_it_too(counter: Counter) -> None:
    counter.shop.sells(sale(**EXPRESS))
    under_way = counter.shop.approves(counter.shop.asks("O-1", wish(3)))
    counter.matches(counter.takes(), JoinReturn(return_id=under_way.return_id))
    came(counter, under_way, 3)

    counter.shop.settles(under_way)

    assert counter.shop.settlement(under_way).paid == eur(3000 + 490)


def test_who_asks_by_the_terms_alone_gets_what_the_terms_say(counter: Counter) -> None:
    counter.shop.sells(order(line(quantity=3), region="DE", **EXPRESS))
    asked = counter.shop.approves(counter.shop.asks("O-1", wish(3)))
    came(counter, asked, 3)

    counter.shop.settles(asked)

    assert counter.shop.settlement(asked).paid == eur(3000)


def test_the_law_raises_what_the_policy_gives_and_does_not_replace_it(counter: Counter) -> None:
    """Four of five at 3.00, single for 5.00, and a share of the delivery, as the policy says."""
    giving = {"promotions": "claw_back", "shipping": "share"}
    limit = {"amount": "10.00", "currency": "EUR"}
    anything = rule("all", window={"days": None}, giving=giving, second_refunder_above=limit)
    version = publish(counter.shop.store, form("own", anything))
    bought = line(quantity=5, price=300)
    promotion = bulk({1: 5_00, 5: 3_00})
    counter.shop.sells(
        sale(bought, policy_version=version, promotions=(promotion,), shipping=eur(500))
    )
    ret = counter.return_of(counter.takes(line_of("1", 4)))
    came(counter, ret, 4)

    counter.shop.settles(ret)

    held = counter.shop.settlement(ret)
    assert (held.amount, held.second_above) == (eur(1000 + 400), eur(1000))


def test_no_window_of_a_policy_ends_the_right_to_withdraw(counter: Counter) -> None:
    over = rule("all", window={"days": 0}, giving={"shipping": "first"})
    version = publish(counter.shop.store, form("own", over))
    counter.shop.sells(sale(policy_version=version, **EXPRESS))
    ret = counter.return_of(counter.takes(line_of("1")))
    came(counter, ret, 1)

    counter.shop.settles(ret)

    assert counter.shop.settlement(ret).paid == eur(1000 + 1290)
