"""Promotions that what is kept no longer earns: kept, clawed back, or a reason to refuse."""

from dataclasses import replace

import pytest

from chalicelib.core.money import Money
from chalicelib.orders.model import TaxLine
from chalicelib.orders.promotions import (
    BulkTier,
    Gift,
    Promotion,
    PromotionKind,
    ThresholdTier,
)
from chalicelib.policy.giving import Giving, PromotionRule
from chalicelib.settlement.components import give_back, withheld_of
from tests.builders import eur, line, order
from tests.settlement.sales import all_given, units

CLAW_BACK = Giving(promotions=PromotionRule.CLAW_BACK)


BULK = Promotion(
    promotion_id="5-for-3",
    kind=PromotionKind.BULK,
    line_nos=("1",),
    bulk=(
        BulkTier(from_quantity=1, unit_price=eur(500)),
        BulkTier(from_quantity=5, unit_price=eur(300)),
    ),
)


@pytest.mark.parametrize(
    ("rule", "refund"),
    [(PromotionRule.CLAW_BACK, 1000), (PromotionRule.KEEP, 1200)],
    ids=["claw back", "keep"],
)
def test_five_at_the_bulk_price_and_four_come_back(rule: PromotionRule, refund: int) -> None:
    sold = order(line("1", quantity=5, price=300), promotions=(BULK,))

    breakdown = give_back(sold, [units("1", 1, 4)], Giving(promotions=rule))

    assert breakdown.total == eur(refund)


def test_a_part_that_loses_the_bulk_price_is_what_a_policy_may_block() -> None:
    sold = order(line("1", quantity=5, price=300), promotions=(BULK,))

    assert withheld_of(sold, [units("1", 1, 4)]) == {"5-for-3": eur(200)}
    assert withheld_of(sold, [units("1", 1, 5)]) == {}


def test_who_returns_the_rest_gets_back_what_was_withheld() -> None:
    sold = order(line("1", quantity=5, price=300), promotions=(BULK,))

    found, _ = all_given(sold, [[units("1", 1)], [units("1", 2, 4)]], CLAW_BACK)

    # Four kept would have cost more than five did: nothing goes back for one alone.
    assert [breakdown.total for breakdown in found] == [eur(0), eur(1500)]
    assert found[1].released_in_all == eur(300)


def test_what_was_fixed_at_approval_is_the_most_that_is_withheld() -> None:
    sold = order(line("1", quantity=5, price=300), promotions=(BULK,))
    agreed = withheld_of(sold, [units("1", 1, 4)])

    fewer_accepted = give_back(sold, [units("1", 1, 3)], CLAW_BACK, agreed)

    assert fewer_accepted.total == eur(900 - 200)


def test_a_line_discounted_to_the_bulk_price_is_the_same_as_one_sold_at_it() -> None:
    sold = order(line("1", quantity=5, price=500, discount=eur(1000)), promotions=(BULK,))

    assert give_back(sold, [units("1", 1, 4)], CLAW_BACK).total == eur(1000)


def test_a_claw_back_takes_its_share_of_the_tax() -> None:
    taxes = (TaxLine(name="VAT", rate="0.20", amount=eur(300)),)
    bought = line("1", quantity=5, price=300, taxes=taxes)
    sold = order(bought, promotions=(BULK,), tax_included=False)

    breakdown = give_back(sold, [units("1", 1, 4)], CLAW_BACK)

    (part,) = breakdown.withheld
    assert (part.net, part.taxes) == (eur(200), (eur(40),))
    assert breakdown.total == eur(1440 - 240)


def test_below_the_threshold_what_is_kept_costs_its_full_price() -> None:
    off = Promotion(
        promotion_id="10-off-100",
        kind=PromotionKind.THRESHOLD,
        line_nos=("1", "2"),
        thresholds=(ThresholdTier(from_amount=eur(10000), off=eur(1000)),),
    )
    sold = order(line("1", price=6000), line("2", price=6000), discount=1000, promotions=(off,))

    breakdown = give_back(sold, [units("2", 1)], CLAW_BACK)

    assert give_back(sold, [units("2", 1)], Giving()).total == eur(5500)
    assert breakdown.total == eur(11000 - 6000)


def test_above_the_threshold_nothing_is_withheld() -> None:
    off = Promotion(
        promotion_id="10-off-100",
        kind=PromotionKind.THRESHOLD,
        line_nos=("1",),
        thresholds=(ThresholdTier(from_amount=eur(10000), off=eur(1000)),),
    )
    sold = order(line("1", quantity=3, price=6000), discount=1000, promotions=(off,))

    assert give_back(sold, [units("1", 1)], CLAW_BACK).withheld == ()


def test_a_gift_that_is_kept_without_its_reason_is_paid_for() -> None:
    gift = Promotion(
        promotion_id="free-cup",
        kind=PromotionKind.GIFT,
        line_nos=("1",),
        gifts=(Gift(line_no="2", from_amount=eur(5000), unit_value=eur(800)),),
    )
    sold = order(line("1", price=6000), line("2", price=0), promotions=(gift,))

    assert give_back(sold, [units("1", 1)], CLAW_BACK).total == eur(5200)
    both = give_back(sold, [units("1", 1), units("2", 1)], CLAW_BACK)
    assert both.total == eur(6000)
    assert give_back(sold, [units("2", 1)], CLAW_BACK).total == eur(0)


def test_a_line_withholds_only_its_own() -> None:
    sold = order(line("1", quantity=5, price=300), line("2"), promotions=(BULK,))

    breakdown = give_back(sold, [units("1", 1, 4), units("2", 1)], CLAW_BACK)

    assert breakdown.refund_of("1") == eur(1000)
    assert breakdown.refund_of("2") == eur(1000)
    assert Money.total((part.total for part in breakdown.withheld), "EUR") == eur(200)


def test_two_promotions_of_one_line_withhold_no_more_than_it_is_worth() -> None:
    dear = (
        BulkTier(from_quantity=1, unit_price=eur(2000)),
        BulkTier(from_quantity=5, unit_price=eur(300)),
    )
    both = tuple(replace(BULK, promotion_id=name, bulk=dear) for name in ("a", "b"))
    sold = order(line("1", quantity=5, price=300), promotions=both)

    found, after = all_given(sold, [[units("1", 1, 4)], [units("1", 5)]], CLAW_BACK)

    assert [(part.promotion_id, part.total) for part in found[0].withheld] == [("a", eur(1200))]
    assert [breakdown.total for breakdown in found] == [eur(0), eur(1500)]
    assert after.given.withheld == ()
