"""The terms that a customer reads say what the document decides, in both languages."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given

from chalicelib.policy import starters
from chalicelib.policy.conditions import Every, Some
from chalicelib.policy.document import Fees, PolicyDocument, Review, Window
from chalicelib.policy.evaluation import CompiledPolicy, decide
from chalicelib.policy.facts import FACTS
from chalicelib.policy.reading import document_of
from chalicelib.policy.terms import terms_of
from chalicelib.policy.terms_vocabulary import Vocabulary
from chalicelib.policy.terms_words import LANGUAGES
from chalicelib.reasons.built_in import built_in
from tests.policy.documents import ask, document, documents, eur, line, rule

WORDS = {"en": "x", "zh-CN": "x"}
STARTERS = sorted(Path(starters.__path__[0]).glob("*.json"))


def titled(policy: PolicyDocument) -> PolicyDocument:
    """With titles for its rules, which those of the strategies lack."""
    return replace(policy, rules=tuple(replace(rule, title=WORDS) for rule in policy.rules))


def starter(name: str) -> PolicyDocument:
    path = next(path for path in STARTERS if path.stem == name)
    return document_of(json.loads(path.read_text()))


def test_terms_of_the_electronics_policy_in_english() -> None:
    terms = terms_of(starter("electronics-serial"), "en")

    clauses = {clause.rule_id: clause for clause in terms.clauses}

    assert clauses["opened"].applies == (
        "the condition is one of: opened, used; and responsibility is one of: the customer, nobody"
    )
    assert clauses["opened"].says == ("15 % of the price is kept.",)
    assert clauses["fifteen-days"].says[:2] == (
        "You have 15 days from the day after delivery.",
        "For this you have 30 days: exchange.",
    )
    assert terms.in_force == "Applies to purchases from 2020-01-01 on."


def test_terms_of_the_chinese_policy_in_chinese() -> None:
    terms = terms_of(starter("cn-no-reason-7d"), "zh-CN")

    assert terms.title == "七日无理由退货"
    assert terms.clauses[1].applies == ("商品性质包括定制商品、鲜活易腐商品、数字化商品、报刊之一")
    assert terms.clauses[-1].says == (
        "自签收次日起7天内可申请退货。",
        "收到商品后退款。",
        "退货后保留的商品不再满足促销条件的，按不享受该促销重新计价，差额从退款中扣除。",
        "已付运费不予退还。",
        "支付时使用的积分按所退商品金额占比退还。",
        "因购买获得的积分按所退商品金额占比扣回。",
        "整单全部退货后退还已使用的优惠券。",
        "申请即时通过。",
    )


@pytest.mark.parametrize("path", STARTERS, ids=lambda path: path.stem)
@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_clause_of_the_starter_set_has_words_in_every_language(
    path: Path, language: str
) -> None:
    terms = terms_of(starter(path.stem), language)

    text = json.dumps([[c.applies, c.title, *c.says] for c in terms.clauses], ensure_ascii=False)

    assert "_" not in text, "a code stands where a word should be"
    assert all(clause.says for clause in terms.clauses)


def test_a_language_that_is_not_spoken_here_gets_english() -> None:
    assert terms_of(starter("standard-30d"), "fr").language == "en"


@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)
def test_every_fact_has_words(words: Vocabulary) -> None:
    assert set(words.facts) == set(FACTS)


@given(documents())
def test_any_document_has_terms(policy: PolicyDocument) -> None:
    for language in LANGUAGES:
        told = [clause.rule_id for clause in terms_of(titled(policy), language).clauses]
        assert told == [
            rule.rule_id
            for rule in policy.rules
            if rule.then.stated().keys() - {"review", "second_refunder_above"}
        ]


def test_what_is_no_business_of_customers_is_no_clause() -> None:
    blocked = rule("blocked", ask("customer_lists", "has_any", ("block",)), review=Review.SENIOR)
    routed = rule("routed", None, warehouse="W2", checklist="c", second_refunder_above=eur(9))
    window = rule("window", None, window=Window(days=30), review=Review.AUTOMATIC)

    terms = terms_of(titled(document(blocked, routed, window)), "en")

    assert [clause.rule_id for clause in terms.clauses] == ["window"]


def test_what_belongs_together_is_in_brackets() -> None:
    either = Some(of=(ask("region", "is", "DE"), ask("region", "is", "AT")))
    both = Every(of=(ask("quantity", "above", 2), either))
    policy = titled(document(rule("r", both, eligible=True)))

    said = {language: terms_of(policy, language).clauses[0].applies for language in LANGUAGES}

    assert said == {
        "en": "the quantity is more than 2; and "
        "(the country of the order is DE or the country of the order is AT)",
        "zh-CN": "数量超过2，且（订单所在国家或地区为DE，或订单所在国家或地区为AT）",
    }


def test_the_time_is_told_where_a_version_begins_within_a_day() -> None:
    begins = datetime(2026, 12, 1, 13, 30, tzinfo=UTC)
    policy = titled(document(rule("r", None, eligible=True), effective_from=begins))

    assert terms_of(policy, "en").in_force == "Applies to purchases from 2026-12-01 13:30 on."


def test_an_end_that_was_said_later_is_told() -> None:
    policy = titled(document(rule("r", None, eligible=True)))

    terms = terms_of(policy, "en", ends=datetime(2026, 12, 1, tzinfo=UTC))

    assert terms.in_force == "Applies to purchases from 2025-10-17 09:00 until before 2026-12-01."


def test_reasons_are_told_by_their_labels() -> None:
    when = ask("reason", "in", ("CHANGED_MIND", "OF_THEIR_OWN"))
    policy = titled(document(rule("r", when, eligible=True)))

    said = [terms_of(policy, language).clauses[0].applies for language in ("en", "zh-CN")]

    label = built_in().reasons["CHANGED_MIND"].words
    assert said == [
        f"the reason is one of: {label['en']}, OF_THEIR_OWN",
        f"退货原因为{label['zh-CN']}、OF_THEIR_OWN之一",
    ]


def test_the_tax_in_fees_is_told() -> None:
    kept = Fees(flat=eur(500), tax_rate=1900)
    policy = titled(document(rule("r", None, fees=kept)))

    assert terms_of(policy, "en").clauses[0].says == (
        "5.00 EUR is kept once for the whole return.",
        "Fees contain 19 % tax.",
    )


def test_what_takes_back_a_later_clause_is_told() -> None:
    books = ask("category", "is", "books")
    policy = titled(
        document(
            rule("books", books, keep_item=False, evidence=()),
            rule("all", window=Window(days=30), keep_item=True, evidence=("photo",)),
        )
    )

    said = {tag: terms_of(policy, tag).clauses[0].says for tag in LANGUAGES}

    assert said == {
        "en": ("Nothing has to be provided.", "It has to be sent back."),
        "zh-CN": ("无需提供材料。", "需寄回商品。"),
    }


def test_a_version_that_was_taken_back_is_told_as_never_in_force() -> None:
    policy = titled(document(rule("r", None, eligible=True)))

    said = {tag: terms_of(policy, tag, ends=policy.effective_from).in_force for tag in LANGUAGES}

    assert said == {
        "en": "This version was taken back before it began: it applies to no purchase.",
        "zh-CN": "该版本在生效前已撤回，不适用于任何购买。",
    }


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "A condition that compares something which is not known is not met."),
        ("zh-CN", "条件所比较的信息不明的，视为不符合该条件。"),
    ],
)
def test_what_is_not_known_is_told_to_meet_no_condition(language: str, sentence: str) -> None:
    """As it is decided: goods without a category are not told that they are no soap."""
    window = rule("r", ask("category", "is_not", "soap"), window=Window(days=30))
    policy = titled(document(window))

    (decided,) = decide(CompiledPolicy(policy), [line(category=None)]).lines

    assert decided.code == "no_rule_applies"
    assert sentence in terms_of(policy, language).closing


def test_who_the_customers_are_is_not_told_to_everybody() -> None:
    asked = ask("customer_id", "in", ("cus-1001", "cus-1002"))
    policy = titled(document(rule("r", asked, eligible=True)))

    said = {tag: terms_of(policy, tag).clauses[0].applies for tag in LANGUAGES}

    assert said == {"en": "we decide so in the individual case", "zh-CN": "经个案审核认定"}


def test_texts_are_told_apart_by_their_digest() -> None:
    policy = titled(document(rule("r", None, eligible=True)))
    digests = {
        terms_of(policy, "en").digest,
        terms_of(policy, "zh-CN").digest,
        terms_of(replace(policy, transit_days=3), "en").digest,
    }

    assert len(digests) == 3
    assert terms_of(policy, "en").digest in digests
