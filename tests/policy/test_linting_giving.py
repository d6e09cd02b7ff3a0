"""What is wrong or odd in what rules say about giving back and about a second person."""

from typing import Any

import pytest

from chalicelib.core.money import Money
from chalicelib.policy.conditions import Condition
from chalicelib.policy.document import PolicyDocument, Rule, Window
from chalicelib.policy.giving import GiveBack, Giving, PromotionRule
from chalicelib.policy.linting import faults, oddities
from tests.policy.documents import ask, document, eur, rule

ANY_TIME = rule("any-time", window=Window(days=None))
BLOCK = Giving(promotions=PromotionRule.BLOCK)
KEEP = Giving(promotions=PromotionRule.KEEP)
THEN = "/rules/0/then"
IN_EUROS = ask("currency", "is", "EUR")
IN_YUAN = ask("currency", "is", "CNY")
OURS = ask("fault", "in", ("us", "maker", "carrier"))
QUALITY = ask("type", "in", ("quality", "recall", "stock_error"))


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def found(*rules: Rule) -> list[tuple[str, str]]:
    """Everything that is said about these rules and one for all else."""
    policy: PolicyDocument = document(*rules, ANY_TIME)
    return [(one.pointer, one.code) for one in (*faults(policy), *oddities(policy))]


def limit(name: str, above: Money, when: Condition | None = None) -> Rule:
    return rule(name, when, second_refunder_above=above)


@pytest.mark.parametrize(
    "then",
    [
        {"giving": Giving()},
        {"giving": Giving(shipping=GiveBack.SHARE, standard_shipping=True)},
        {"giving": Giving(coupons=GiveBack.WHOLE_ORDER, points_spent=GiveBack.SHARE)},
        {"second_refunder_above": eur(50_000)},
        {"second_refunder_above": eur(0)},
    ],
    ids=["nothing goes back", "shipping", "points and coupons", "a limit", "every refund"],
)
def test_what_can_be_meant_is_not_found(then: dict[str, Any]) -> None:
    assert found(rule("r", **then)) == []


@pytest.mark.parametrize(
    ("rules", "pointer", "code"),
    [
        ([limit("r", eur(-1))], f"{THEN}/second_refunder_above/amount", "negative_amount"),
        (
            [limit("r", eur(100), ask("currency", "is", "USD"))],
            f"{THEN}/second_refunder_above/currency",
            "currency_never_occurs",
        ),
        (
            [rule("r", OURS, eligible=False, code="x", giving=KEEP)],
            f"{THEN}/giving",
            "needless_in_refusal",
        ),
        (
            [rule("r", OURS, eligible=False, code="x", second_refunder_above=eur(1))],
            f"{THEN}/second_refunder_above",
            "needless_in_refusal",
        ),
        (
            [rule("r", giving=Giving(standard_shipping=True))],
            f"{THEN}/giving/standard_shipping",
            "no_shipping_back",
        ),
        (
            [rule("r", giving=Giving(coupons=GiveBack.SHARE))],
            f"{THEN}/giving/coupons",
            "coupons_are_whole",
        ),
        ([rule("r", giving=BLOCK)], f"{THEN}/giving/promotions", "blocks_what_is_owed"),
        (
            [rule("r", ask("fault", "is", "maker"), giving=BLOCK)],
            f"{THEN}/giving/promotions",
            "blocks_what_is_owed",
        ),
        (
            [rule("r", ask("type", "is", "customer_return"), giving=BLOCK)],
            f"{THEN}/giving/promotions",
            "blocks_what_is_owed",
        ),
        (
            [rule("ours", OURS, giving=KEEP), rule("r", giving=BLOCK)],
            "/rules/1/then/giving/promotions",
            "blocks_what_is_owed",
        ),
    ],
)
def test_what_is_wrong_or_odd_is_pointed_at(rules: list[Rule], pointer: str, code: str) -> None:
    assert found(*rules) == [(pointer, code)]


def test_parts_may_be_blocked_where_other_rules_decide_about_what_is_owed() -> None:
    ours, quality = rule("ours", OURS, giving=KEEP), rule("quality", QUALITY, giving=KEEP)

    assert found(ours, quality, rule("rest", giving=BLOCK)) == []


def test_a_limit_for_each_currency_is_not_odd() -> None:
    assert found(limit("euros", eur(100), IN_EUROS), limit("yuan", cny(800), IN_YUAN)) == []


def test_a_limit_for_the_rest_after_those_of_other_currencies_is_not_odd() -> None:
    assert found(limit("yuan", cny(800), IN_YUAN), limit("all", eur(100))) == []


def test_a_limit_that_decides_about_orders_with_another_limit_is_odd() -> None:
    shoes = ask("category", "is", "shoes")

    odd = found(limit("shoes", eur(100), shoes), limit("yuan", cny(800), IN_YUAN))

    assert odd == [("/rules/0/then/second_refunder_above/currency", "limit_in_other_currency")]


def test_a_limit_that_is_never_reached_is_told_with_both_amounts() -> None:
    policy = document(limit("all", eur(100)), limit("more", eur(200)), ANY_TIME)

    messages = [one.message for one in oddities(policy) if one.code == "contradicting_rules"]

    assert messages == [
        (
            "Rule more: it states second_refunder_above 2.00 EUR, which is never used: rule all, "
            "which always holds and comes first, states 1.00 EUR."
        )
    ]


def test_giving_that_is_never_reached_is_told_in_its_words() -> None:
    policy = document(
        rule("all", giving=Giving(shipping=GiveBack.SHARE)), rule("more", giving=Giving()), ANY_TIME
    )

    (message,) = [one.message for one in oddities(policy) if one.code == "contradicting_rules"]

    assert "promotions keep, shipping share, standard_shipping false" in message
