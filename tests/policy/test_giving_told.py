"""What goes back beside the prices, as customers and staff read it: in terms and explanations."""

from dataclasses import fields, replace

import pytest

from chalicelib.policy.document import Fees, Window
from chalicelib.policy.evaluation import CompiledPolicy, decide
from chalicelib.policy.explaining import explain
from chalicelib.policy.explaining_told import Explanation
from chalicelib.policy.giving import GiveBack, Giving, PromotionRule
from chalicelib.policy.terms import giving_says, terms_of
from chalicelib.policy.terms_vocabulary import Vocabulary
from chalicelib.policy.terms_words import LANGUAGES
from chalicelib.policy.verdict import RuleTrace
from tests.policy.documents import ask, document, eur, line, rule
from tests.policy.test_explaining import by_id, titled

SHARED = Giving(promotions=PromotionRule.CLAW_BACK, shipping=GiveBack.SHARE, standard_shipping=True)


@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)
def test_every_rule_of_every_part_has_a_sentence(words: Vocabulary) -> None:
    parts = {one.name for one in fields(Giving)} - {"standard_shipping"}

    assert set(words.giving) == parts
    for part, sentences in words.giving.items():
        rules = PromotionRule if part == "promotions" else GiveBack
        assert set(sentences) == {rule.value for rule in rules}


@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)
def test_rules_that_decide_differently_read_differently(words: Vocabulary) -> None:
    for part, sentences in words.giving.items():
        told = {rule: text for rule, text in sentences.items() if (part, rule) != COUPON_SHARE}
        assert len(set(told.values())) == len(told)
    part, rule = COUPON_SHARE
    assert words.giving[part][rule] == words.giving[part]["whole_order"]


COUPON_SHARE = ("coupons", "share")
"""A coupon has no parts."""


def test_the_terms_say_what_becomes_of_shipping_and_promotions() -> None:
    policy = titled(document(rule("all", window=Window(days=30), giving=SHARED)))

    said = {tag: terms_of(policy, tag).clauses[0].says[1:] for tag in LANGUAGES}

    assert said == {
        "en": (
            (
                "If what you keep no longer earns a promotion, its price is worked out again "
                "without it, and the difference is taken off the refund."
            ),
            "What the delivery cost you is refunded in proportion to the price of what you return.",
            (
                "If you chose a dearer delivery than our cheapest, only what that one would have "
                "cost counts."
            ),
        ),
        "zh-CN": (
            "退货后保留的商品不再满足促销条件的，按不享受该促销重新计价，差额从退款中扣除。",
            "已付运费按所退商品金额占比退还。",
            "您选择的配送方式高于最低标准运费的，仅按最低标准运费计算。",
        ),
    }


def test_which_delivery_counts_is_not_said_where_none_is_refunded() -> None:
    said = giving_says(Giving(standard_shipping=True), "en")

    assert said == (
        "What a promotion took off stays off, even if you return only a part.",
        "What the delivery cost you is not refunded.",
    )


def test_a_shop_without_points_and_coupons_does_not_speak_of_them() -> None:
    policy = titled(document(rule("all", window=Window(days=30), giving=SHARED)))

    text = " ".join(terms_of(policy, "en").clauses[0].says)

    assert "oints" not in text
    assert "oupons" not in text


def test_what_a_later_rule_would_give_back_is_said_not_to_be_given() -> None:
    books = rule("books", ask("category", "is", "books"), giving=Giving())
    rest = rule("all", window=Window(days=30), giving=Giving(coupons=GiveBack.FIRST))
    policy = titled(document(books, rest))

    first, last = terms_of(policy, "en").clauses

    assert "Coupons that you used are not valid again." in first.says
    assert "Coupons that you used are valid again once you return the first item." in last.says


def test_who_agrees_to_a_refund_is_no_clause() -> None:
    policy = titled(
        document(rule("large", second_refunder_above=eur(1)), rule("all", eligible=True))
    )

    assert [clause.rule_id for clause in terms_of(policy, "en").clauses] == ["all"]


def test_a_language_that_is_not_spoken_here_reads_english() -> None:
    assert giving_says(SHARED, "fr") == giving_says(SHARED, "en")


POLICY = titled(
    document(
        rule("gold", ask("customer_class", "is", "gold"), giving=Giving(shipping=GiveBack.FIRST)),
        rule(
            "all", window=Window(days=30), fees=Fees(restocking=1000), giving=SHARED,
            second_refunder_above=eur(30_000),
        ),
    )
)  # fmt: skip


def explained(*, for_staff: bool, language: str = "en", customer_class: str = "") -> Explanation:
    policy = CompiledPolicy(POLICY)
    decision = decide(policy, [line(customer_class=customer_class)])
    return explain(decision, {"p-1": policy}, language=language, for_staff=for_staff)


@pytest.mark.parametrize("for_staff", [True, False], ids=["staff", "customer"])
def test_what_goes_back_is_explained_to_everybody(*, for_staff: bool) -> None:
    told = explained(for_staff=for_staff, customer_class="gold", language="zh-CN")

    assert told.giving == Giving(shipping=GiveBack.FIRST)
    assert told.giving_says == (
        "仅退部分商品的，已享受的促销优惠不予收回。",
        "已付运费在首件商品退货时全部退还。",
    )
    assert told.replays is True


def test_the_rule_that_decided_it_says_so() -> None:
    (told,) = explained(for_staff=False).lines

    rules = by_id(told.rules)
    assert rules["all"].decides == ("window", "fees", "giving")
    assert set(giving_says(SHARED, "en")) <= set(rules["all"].says)


def test_only_staff_are_told_from_when_on_a_second_person_agrees() -> None:
    staff, customer = explained(for_staff=True), explained(for_staff=False)

    assert staff.second_refunder_above == eur(30_000)
    assert "second_refunder_above" in by_id(staff.lines[0].rules)["all"].decides
    assert customer.second_refunder_above is None
    assert "second_refunder_above" not in {
        name for told in customer.lines[0].rules for name in (*told.decides, *told.decided_before)
    }


def test_a_recall_is_explained_as_costing_no_promotion() -> None:
    policy = CompiledPolicy(POLICY)
    decision = decide(policy, [line(type="recall")])

    told = explain(decision, {"p-1": policy}, language="en", for_staff=False)

    assert told.giving == replace(SHARED, promotions=PromotionRule.KEEP)


def test_a_part_that_a_promotion_blocks_is_explained_and_replays() -> None:
    policy = CompiledPolicy(POLICY)
    decision = decide(policy, [line()])
    code = "promotion_blocks_partial"
    (verdict,) = decision.lines
    step = RuleTrace(rule="promotion", facts={}, passed=False, code=code)
    verdict = replace(verdict, eligible=False, code=code, trace=(*verdict.trace, step))

    told = explain(
        replace(decision, lines=(verdict,)), {"p-1": policy}, language="en", for_staff=False
    )

    (explained_line,) = told.lines
    assert explained_line.says == (
        "It cannot be returned: what is kept would no longer earn its promotion."
    )
    assert explained_line.steps[-1].title == "May a part of the promotion come back?"
    assert told.replays is True


def test_a_withdrawal_is_explained_by_what_the_law_gives_back() -> None:
    policy = CompiledPolicy(POLICY)
    decision = decide(policy, [line()])
    by_law = replace(
        decision,
        policy_version="EU_14",
        lines=tuple(replace(one, giving=None, policy_version=None) for one in decision.lines),
    )

    told = explain(by_law, {}, language="en", for_staff=False)

    assert told.giving.shipping is GiveBack.WHOLE_ORDER
    assert told.giving.standard_shipping
