"""What a decision says of shipping, points, coupons, promotions and a second person."""

from typing import Any

import pytest
from hypothesis import given

from chalicelib.core.money import Money
from chalicelib.policy.document import Fees, Review, Window
from chalicelib.policy.evaluation import Applicable, CompiledPolicy, decide, decide_best
from chalicelib.policy.giving import GiveBack, Giving, PromotionRule
from chalicelib.policy.giving_of import (
    LEAST_BY_LAW,
    giving_of,
    second_refunder_above,
    statutory_giving,
)
from chalicelib.policy.verdict import Decision, LineDecision
from chalicelib.withdrawals.model import Law
from tests.policy.documents import ask, document, eur, givings, line, rule

FREE = Giving(shipping=GiveBack.FIRST)
SHARED = Giving(shipping=GiveBack.SHARE, promotions=PromotionRule.CLAW_BACK)


def decided(*lines: LineDecision, **facts: str) -> Decision:
    return Decision(policy_version="p-1", review=Review.PERSON, lines=lines, facts={**facts})


def one(line_no: str, **more: Any) -> LineDecision:
    """`more` are fields of LineDecision, as is."""
    return LineDecision(line_no=line_no, eligible=True, code="eligible", trace=(), **more)


def test_the_first_line_that_states_rules_decides_for_the_whole_return() -> None:
    decision = decided(one("1"), one("2", giving=FREE), one("3", giving=SHARED))

    assert giving_of(decision) == FREE


def test_lines_that_do_not_count_decide_nothing() -> None:
    decision = decided(
        one("1", giving=FREE, second_refunder_above=eur(10)),
        one("2", giving=SHARED, second_refunder_above=eur(30)),
        one("3", giving=FREE, second_refunder_above=eur(20)),
    )

    assert giving_of(decision, ["2", "3"]) == SHARED
    assert giving_of(decision, ["3", "2"]) == FREE
    assert second_refunder_above(decision, ["2", "3"]) == eur(20)
    assert giving_of(decision, []) == Giving()


@pytest.mark.parametrize("decision", [None, decided(), decided(one("1"))])
def test_where_nothing_is_stated_nothing_goes_back_and_one_person_is_enough(
    decision: Decision | None,
) -> None:
    assert giving_of(decision) == Giving()
    assert second_refunder_above(decision) is None


def test_the_lowest_limit_of_the_lines_asks_for_a_second_person() -> None:
    decision = decided(
        one("1", second_refunder_above=eur(50_000)),
        one("2"),
        one("3", second_refunder_above=eur(20_000)),
    )

    assert second_refunder_above(decision) == eur(20_000)


@pytest.mark.parametrize("in_line", [True, False], ids=["told with the line", "with the request"])
def test_a_limit_in_another_currency_asks_for_a_second_person_at_every_refund(
    *, in_line: bool
) -> None:
    limit = one("1", second_refunder_above=eur(50_000))
    own = one("1", second_refunder_above=eur(50_000), facts={"currency": "USD"})

    decision = decided(own) if in_line else decided(limit, currency="USD")

    assert second_refunder_above(decision) == Money(0, "USD")


def test_rules_decide_giving_and_the_second_person_one_by_one() -> None:
    policy = document(
        rule("ours", ask("fault", "is", "us"), giving=FREE),
        rule("all", window=Window(days=30), giving=SHARED, second_refunder_above=eur(9)),
    )

    decision = decide(CompiledPolicy(policy), [line("1"), line("2", fault="us")])

    assert [found.giving for found in decision.lines] == [SHARED, FREE]
    assert [found.second_refunder_above for found in decision.lines] == [eur(9), eur(9)]


def test_a_later_version_that_gives_more_back_is_better() -> None:
    own = document(rule("all", window=Window(days=30), giving=SHARED))
    kinder = document(rule("all", window=Window(days=30), giving=FREE), version_id="p-2")
    policies = Applicable(own=CompiledPolicy(own), later=CompiledPolicy(kinder))

    assert giving_of(decide_best(policies, [line()])) == FREE


def test_a_later_version_with_more_time_that_gives_less_back_is_not_better() -> None:
    own = document(rule("all", window=Window(days=30)))
    longer = document(
        rule("all", window=Window(days=60), giving=Giving(promotions=PromotionRule.BLOCK)),
        version_id="p-2",
    )
    policies = Applicable(own=CompiledPolicy(own), later=CompiledPolicy(longer))

    (found,) = decide_best(policies, [line()]).lines

    assert found.policy_version == "p-1"


def test_money_of_the_goods_comes_before_all_else_that_goes_back() -> None:
    own = document(rule("all", window=Window(days=30), giving=FREE, fees=Fees(restocking=1_000)))
    cheaper = document(rule("all", window=Window(days=30), giving=SHARED), version_id="p-2")
    policies = Applicable(own=CompiledPolicy(own), later=CompiledPolicy(cheaper))

    (found,) = decide_best(policies, [line(line_value=eur(5_000))]).lines

    assert found.policy_version == "p-2"


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        ({"promotions": PromotionRule.BLOCK}, {"promotions": PromotionRule.CLAW_BACK}),
        ({"promotions": PromotionRule.CLAW_BACK}, {"promotions": PromotionRule.KEEP}),
        ({"shipping": GiveBack.NEVER}, {"shipping": GiveBack.WHOLE_ORDER}),
        ({"shipping": GiveBack.WHOLE_ORDER}, {"shipping": GiveBack.SHARE}),
        ({"shipping": GiveBack.SHARE}, {"shipping": GiveBack.FIRST}),
        (
            {"shipping": GiveBack.SHARE, "standard_shipping": True},
            {"shipping": GiveBack.SHARE, "standard_shipping": False},
        ),
        ({"points_spent": GiveBack.NEVER}, {"points_spent": GiveBack.SHARE}),
        ({"coupons": GiveBack.NEVER}, {"coupons": GiveBack.WHOLE_ORDER}),
        ({"points_earned": GiveBack.SHARE}, {"points_earned": GiveBack.NEVER}),
    ],
)
def test_what_leaves_the_customer_more_is_the_better(
    worse: dict[str, Any], better: dict[str, Any]
) -> None:
    assert Giving(**worse).favour < Giving(**better).favour


def test_which_shipping_makes_no_difference_where_none_goes_back() -> None:
    assert Giving(standard_shipping=True).favour == Giving().favour


def test_each_law_of_withdrawal_says_what_goes_back() -> None:
    assert {law.value for law in Law} == set(LEAST_BY_LAW)


@pytest.mark.parametrize("law", sorted(LEAST_BY_LAW))
@given(base=givings)
def test_a_withdrawal_never_gives_less_than_policy_or_law(law: str, base: Giving) -> None:
    found, least = statutory_giving(base, law), LEAST_BY_LAW[law]

    for asked in (base, least):
        assert found.shipping.rank >= asked.shipping.rank
        assert found.points_spent.rank >= asked.points_spent.rank
        assert found.coupons.rank >= asked.coupons.rank
    assert found.points_earned is base.points_earned
    assert statutory_giving(found, law) == found


@pytest.mark.parametrize("law", sorted(LEAST_BY_LAW))
@pytest.mark.parametrize("rule", PromotionRule)
def test_a_withdrawal_is_never_blocked_by_a_promotion(rule: PromotionRule, law: str) -> None:
    found = statutory_giving(Giving(promotions=rule), law).promotions

    is_blocked = rule is PromotionRule.BLOCK
    assert found is (PromotionRule.CLAW_BACK if is_blocked else rule)


def test_a_withdrawal_in_europe_brings_standard_shipping_back_with_the_whole_order() -> None:
    found = statutory_giving(Giving())

    assert (found.shipping, found.standard_shipping) == (GiveBack.WHOLE_ORDER, True)
    assert found.points_spent is GiveBack.SHARE


@pytest.mark.parametrize("shipping", [GiveBack.FIRST, GiveBack.SHARE, GiveBack.WHOLE_ORDER])
@pytest.mark.parametrize("standard", [True, False])
def test_shipping_that_a_policy_gives_anyway_goes_back_as_it_says(
    shipping: GiveBack, *, standard: bool
) -> None:
    base = Giving(shipping=shipping, standard_shipping=standard)

    found = statutory_giving(base, "EU_14")

    assert (found.shipping, found.standard_shipping) == (shipping, standard)


def test_a_withdrawal_in_china_brings_points_and_coupons_back_but_no_shipping() -> None:
    found = statutory_giving(Giving(), "CN_7")

    assert found == Giving(points_spent=GiveBack.SHARE, coupons=GiveBack.WHOLE_ORDER)


def test_where_no_law_is_known_the_policy_alone_decides() -> None:
    assert statutory_giving(SHARED, "none") == SHARED
