"""What a promotion withholds is fixed when units are approved, and never more is withheld."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.core.errors import PolicyRefused
from chalicelib.orders.promotions import (
    BulkTier,
    Promotion,
    PromotionKind,
    ThresholdTier,
)
from chalicelib.returns.model import AppealAgainst, Return, ReturnType
from chalicelib.settlement.agreeing import still_to_withhold
from chalicelib.settlement.model import Settlement
from tests import policies
from tests.builders import Shop, eur, item, line, order, passed, wish
from tests.policies import form, rule
from tests.returns.persons import approved
from tests.returns.undoing import appeals, decides

BULK = Promotion(
    promotion_id="bulk",
    kind=PromotionKind.BULK,
    line_nos=("1",),
    bulk=(
        BulkTier(from_quantity=1, unit_price=eur(500)),
        BulkTier(from_quantity=5, unit_price=eur(300)),
    ),
)
"""Five for 15.00, single for 5.00."""
SPENT = Promotion(
    promotion_id="spent",
    kind=PromotionKind.THRESHOLD,
    line_nos=("1",),
    thresholds=(ThresholdTier(from_amount=eur(10_000), off=eur(2_000)),),
)
"""20.00 off from 100.00 on."""


def sells(shop: Shop, promotion: Promotion, *, rule_is: str, quantity: int, **more: Any) -> None:
    outcome: dict[str, Any] = {"window": {"days": None}, "giving": {"promotions": rule_is}}
    policies.publish(shop.store, form("promoted", rule("all", **outcome)))
    sold = line(quantity=quantity, **more)
    shop.sells(order(sold, policy_version="promoted", promotions=(promotion,)))


def bulk(shop: Shop, rule_is: str) -> None:
    sells(shop, BULK, rule_is=rule_is, quantity=5, price=300)


def spent(shop: Shop) -> None:
    """Five for 30.00 each, less 20.00: each was paid with 26.00."""
    sells(shop, SPENT, rule_is="claw_back", quantity=5, price=3000, discount=eur(2000))


def comes(shop: Shop, ret: Return, quantity: int) -> Settlement:
    shop.receives(ret, item(quantity=quantity))
    shop.inspects(ret, passed(quantity))
    shop.settles(ret)
    return shop.settlement(ret)


@pytest.mark.parametrize(("rule_is", "amount"), [("claw_back", 1000), ("keep", 1200)])
def test_four_of_five_bring_what_the_rule_says(shop: Shop, rule_is: str, amount: int) -> None:
    bulk(shop, rule_is)

    quote = shop.quotes("O-1", wish(4))
    done = comes(shop, shop.approves(shop.asks(quantity=4)), 4)

    assert (quote.refund, done.amount) == (eur(amount), eur(amount))


def test_a_part_that_loses_the_advantage_is_blocked_where_policy_says_so(shop: Shop) -> None:
    bulk(shop, "block")

    assert not shop.quotes("O-1", wish(4)).eligible
    with pytest.raises(PolicyRefused, match="promotion_blocks_partial"):
        shop.asks(quantity=4)
    assert shop.quotes("O-1", wish(5)).refund == eur(1500)


def test_a_person_may_let_a_blocked_part_come_back(shop: Shop) -> None:
    bulk(shop, "block")

    ret = shop.asks(quantity=4, override="A good customer.")

    assert ret.override is not None
    assert ret.override.codes == ("promotion_blocks_partial",)
    assert comes(shop, approved(shop, ret, "sam", "senior_reviewer"), 4).amount == eur(1200)


def test_what_is_called_back_is_neither_blocked_nor_priced_again(shop: Shop) -> None:
    bulk(shop, "block")

    ret = shop.asks(quantity=4, type=ReturnType.RECALL)

    assert {group.size for group in ret.groups()} == {4}


def test_one_at_a_time_brings_the_same_in_the_end(shop: Shop) -> None:
    bulk(shop, "claw_back")

    amounts = [comes(shop, shop.approves(shop.asks()), 1).amount.minor for _ in range(5)]

    assert amounts == [0, 0, 500, 500, 500]


def test_two_requests_at_once_are_told_of_what_they_lose_together(shop: Shop) -> None:
    """120.00 kept would still earn the 20.00; for 90.00 the least that buys them is 80.00."""
    spent(shop)
    alone = shop.quotes("O-1", wish(1)).refund
    first = shop.asks()

    second = shop.quotes("O-1", wish(1)).refund

    assert (alone, second) == (eur(2600), eur(2400))
    assert shop.approves(first).withholdings[0].amount == eur(0)


def test_the_second_of_two_bears_it_and_never_more_than_was_agreed(shop: Shop) -> None:
    spent(shop)
    first, second = shop.asks(), shop.asks()
    first, second = shop.approves(first), shop.approves(second)

    amounts = [comes(shop, ret, 1).amount for ret in (first, second)]

    assert amounts == [eur(2600), eur(2400)]


def test_what_was_approved_without_loss_is_paid_without_loss(shop: Shop) -> None:
    """Its approval said nothing is withheld: what others return later does not change that."""
    spent(shop)
    first = shop.approves(shop.asks())
    later = shop.approves(shop.asks())
    comes(shop, later, 1)

    assert comes(shop, first, 1).amount == eur(2600)


def test_more_units_approved_later_may_lose_more(shop: Shop) -> None:
    spent(shop)
    ret = shop.approves(shop.asks(quantity=2), line_1=1)
    assert still_to_withhold(ret) == {"spent": eur(0)}
    appeals(shop, ret, AppealAgainst.REJECTION)

    assert still_to_withhold(decides(shop, ret, uphold=True)) == {"spent": eur(200)}


def test_what_was_withheld_is_not_withheld_again(shop: Shop) -> None:
    spent(shop)
    ret = shop.approves(shop.asks(quantity=2))

    amounts = [comes(shop, ret, 1).amount for _ in range(2)]

    assert amounts == [eur(2600), eur(2400)]
    assert still_to_withhold(shop.now_is(ret)) == {"spent": eur(0)}


def test_what_was_released_again_may_be_withheld_once_more(shop: Shop) -> None:
    """Six at 3.00. Kept, five cost 18.00, four 16.00, three 12.00 and two 10.00: what is withheld
    is 3.00, 4.00, 3.00 and 4.00."""
    tiers = ((1, 500), (3, 400), (6, 300))
    bulk = replace(
        BULK, bulk=tuple(BulkTier(from_quantity=n, unit_price=eur(price)) for n, price in tiers)
    )
    sells(shop, bulk, rule_is="claw_back", quantity=6, price=300)
    quote = shop.quotes("O-1", wish(4)).refund
    ret = shop.approves(shop.asks(quantity=4))

    amounts = [comes(shop, ret, 1).amount.minor for _ in range(4)]

    assert (quote, amounts) == (eur(800), [0, 200, 400, 200])
