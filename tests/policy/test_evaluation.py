"""What a policy decides: the first rule that states something decides it, and says why."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.money import Money
from chalicelib.policy.conditions import Comparison, Condition, Every, Not, Some, compiled
from chalicelib.policy.document import (
    OUTCOME_FIELDS,
    AmountTier,
    Fees,
    PolicyDocument,
    Review,
    RiskTier,
    Signal,
    Window,
    WindowStart,
)
from chalicelib.policy.evaluation import (
    CompiledPolicy,
    better,
    decide,
    facts_as_json,
    facts_from_json,
)
from chalicelib.policy.replaying import replayed
from chalicelib.policy.verdict import LineDecision
from tests.policy.documents import (
    ask,
    document,
    documents,
    eur,
    facts,
    known_facts,
    line,
    rule,
)

ANY_TIME = rule("any-time", window=Window(days=None))


def only(policy: PolicyDocument, **known: object) -> LineDecision:
    """The decision on a request of one line."""
    (decided,) = decide(CompiledPolicy(policy), [line(**known)]).lines  # type: ignore[arg-type]
    return decided


def test_the_first_rule_that_states_something_decides_it() -> None:
    policy = document(
        rule("tagged", ask("tags", "has_any", ("sale",)), fees=Fees(restocking=2000)),
        rule("all", window=Window(days=30), fees=Fees(restocking=500)),
    )

    tagged, plain = only(policy, tags=frozenset({"sale"})), only(policy, tags=frozenset())

    assert tagged.fees == Fees(restocking=2000)
    assert plain.fees == Fees(restocking=500)
    assert tagged.window_ends == plain.window_ends


def test_a_rule_that_allows_stands_before_one_that_refuses() -> None:
    policy = document(
        rule("friend", ask("customer_class", "is", "gold"), eligible=True),
        rule("final", ask("final_sale", "is", True), eligible=False, code="final_sale"),
        ANY_TIME,
    )

    assert only(policy, customer_class="gold", final_sale=True).eligible
    assert only(policy, customer_class="new", final_sale=True).code == "final_sale"


def test_what_no_rule_allows_is_refused() -> None:
    policy = document(rule("fee", fees=Fees(restocking=100)))

    assert only(policy).code == "no_rule_applies"


def test_goods_that_never_left_and_services_are_refused_whatever_rules_say() -> None:
    policy = document(rule("all", eligible=True, window=Window(days=None)))

    assert only(policy, shipped_days_ago=None, delivered_days_ago=None).code == "not_shipped"
    assert only(policy, is_goods=False).code == "service_not_returnable"


def test_a_window_may_be_longer_for_another_resolution() -> None:
    policy = document(rule("all", window=Window(days=10, by_resolution={"exchange": 20})))

    asked = {"delivered_days_ago": 15, "shipped_days_ago": 16}

    assert only(policy, **asked).code == "outside_window"
    assert only(policy, **asked, resolution="exchange").eligible


def test_a_resolution_that_is_not_offered_is_refused() -> None:
    policy = document(rule("all", window=Window(days=None), resolutions=("store_credit",)))

    assert only(policy).code == "resolution_not_allowed"
    assert only(policy, resolution="store_credit").eligible


@pytest.mark.parametrize(
    ("delivered", "last_day"),
    [
        (datetime(2026, 11, 6, 23, 0, tzinfo=UTC), 23),  # In Berlin the 7th: 14 days end on a Sat.
        (datetime(2026, 11, 6, 12, 0, tzinfo=UTC), 20),
        (datetime(2026, 11, 8, 12, 0, tzinfo=UTC), 23),
    ],
)
def test_a_window_of_14_days_that_ends_on_a_weekend_ends_on_monday(
    delivered: datetime, last_day: int
) -> None:
    window = Window(days=14, to_working_day=True)
    policy = document(rule("all", window=window), time_zone="Europe/Berlin")
    asked = line()
    asked = replace(asked, dates=replace(asked.dates, delivered_at=delivered))

    (decided,) = decide(CompiledPolicy(policy), [asked]).lines

    ends = decided.window_ends
    assert ends is not None
    assert (ends.day, ends.hour, ends.weekday()) == (last_day + 1, 0, (last_day + 1 - 16) % 7)


def test_a_missing_date_of_delivery_falls_back_to_shipping_plus_transit_never_to_no_limit() -> None:
    policy = document(rule("all", window=Window(days=10)), transit_days=7)

    near = only(policy, delivered_days_ago=None, shipped_days_ago=16)
    far = only(policy, delivered_days_ago=None, shipped_days_ago=19)

    assert near.eligible
    assert far.code == "outside_window"


def test_a_window_from_shipment_does_not_wait_for_the_delivery() -> None:
    policy = document(rule("all", window=Window(days=10, start=WindowStart.SHIPMENT)))

    assert not only(policy, delivered_days_ago=1, shipped_days_ago=12).eligible


def test_the_strictest_line_says_who_reviews_the_request() -> None:
    policy = document(
        rule("dear", ask("line_value", "above", eur(100)), review=Review.SENIOR),
        rule("all", window=Window(days=None), review=Review.AUTOMATIC),
    )

    lines = [line("1", line_value=eur(50)), line("2", line_value=eur(150))]

    assert decide(CompiledPolicy(policy), lines[:1]).review is Review.AUTOMATIC
    assert decide(CompiledPolicy(policy), lines).review is Review.SENIOR


def test_above_the_limit_two_persons_decide() -> None:
    policy = document(
        rule("all", window=Window(days=None), review=Review.AUTOMATIC),
        amount_tiers=(AmountTier(above=eur(100), review=Review.TWO_PERSONS),),
    )

    at_limit, above = line(request_value=eur(100)), line(request_value=eur(101))

    assert decide(CompiledPolicy(policy), [at_limit]).review is Review.AUTOMATIC
    assert decide(CompiledPolicy(policy), [above]).review is Review.TWO_PERSONS


def test_signals_add_up_to_a_score_that_raises_the_review_and_that_rules_may_ask_for() -> None:
    policy = document(
        rule("risky", ask("risk_score", "at_least", 50), evidence=("photo",)),
        rule("all", window=Window(days=None), review=Review.AUTOMATIC),
        signals=(
            Signal(signal_id="many", when=ask("customer_returns_12m", "above", 5), weight=30),
            Signal(signal_id="empty", when=ask("empty_boxes_12m", "at_least", 1), weight=25),
        ),
        risk_tiers=(
            RiskTier(score=30, review=Review.PERSON),
            RiskTier(score=55, review=Review.SENIOR),
        ),
    )

    calm = decide(CompiledPolicy(policy), [line(customer_returns_12m=2, empty_boxes_12m=0)])
    risky = decide(CompiledPolicy(policy), [line(customer_returns_12m=9, empty_boxes_12m=1)])

    assert (calm.risk.score, calm.review) == (0, Review.AUTOMATIC)
    assert (risky.risk.signals, risky.review) == ({"many": 30, "empty": 25}, Review.SENIOR)
    assert risky.lines[0].evidence == ("photo",)


def test_amounts_of_another_currency_are_not_compared() -> None:
    dollars = replace(eur(1), currency="USD")
    policy = document(
        rule("cheap", ask("line_value", "at_most", eur(500)), keep_item=True), ANY_TIME
    )

    assert only(policy, line_value=eur(1)).keep_item
    assert not only(policy, line_value=dollars).keep_item


def test_the_trace_names_each_rule_that_held_with_the_facts_it_asked() -> None:
    policy = document(
        rule("tagged", ask("category", "is", "shoes"), evidence=("photo",)),
        rule("other", ask("category", "is", "books"), evidence=("invoice",)),
        ANY_TIME,
    )

    steps = {step.rule: step.facts for step in only(policy, category="shoes").trace}

    assert steps["tagged"] == {"category": "shoes", "decides": ["evidence"]}
    assert "other" not in steps


def test_of_two_versions_the_later_one_counts_only_where_it_is_better() -> None:
    sold_under = document(rule("all", window=Window(days=30)), version_id="then")
    kinder = document(rule("all", window=Window(days=60)), version_id="kinder")
    harder = document(rule("all", window=Window(days=14)), version_id="harder")
    asked = {"delivered_days_ago": 40, "shipped_days_ago": 41}

    def chosen(later: PolicyDocument) -> str | None:
        first, other = only(sold_under, **asked), only(later, **asked)
        return better(first, other, eur(10_000)).policy_version

    assert chosen(kinder) == "kinder"
    assert chosen(harder) == "then"
    assert chosen(replace(sold_under, version_id="same")) == "then"


@given(documents(), known_facts())
def test_a_trace_replayed_gives_the_same_verdict(
    policy: PolicyDocument, known: dict[str, object]
) -> None:
    compiled_policy = CompiledPolicy(policy)
    decided = decide(compiled_policy, [line(**known)])  # type: ignore[arg-type]

    assert replayed(compiled_policy, decided) == decided


@given(documents(), known_facts(), st.randoms())
def test_the_order_of_independent_rules_never_changes_the_verdict(
    policy: PolicyDocument, known: dict[str, object], chance: object
) -> None:
    """Each rule is cut down to one field of its own, so that no two state the same."""
    fields = [name for name in OUTCOME_FIELDS if name not in ("code", "eligible")]
    independent = [
        replace(one, then=replace(type(one.then)(), **{name: getattr(one.then, name)}))
        for one, name in zip(policy.rules, fields, strict=False)
        if getattr(one.then, name) is not None
    ]
    shuffled = [*independent]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    first = only(replace(policy, rules=tuple(independent)), **known)
    second = only(replace(policy, rules=tuple(shuffled)), **known)

    def verdict(decided: LineDecision) -> LineDecision:
        return replace(decided, trace=())

    assert verdict(first) == verdict(second)
    assert {step.rule for step in first.trace} == {step.rule for step in second.trace}


@given(known_facts())
def test_facts_survive_their_json(known: dict[str, object]) -> None:
    assert facts_from_json(facts_as_json(facts(**known))) == {**facts(), **known}  # type: ignore[arg-type]


@given(documents(), known_facts())
def test_a_condition_means_what_its_words_say(
    policy: PolicyDocument, known: dict[str, object]
) -> None:
    """The compiled form against a plain reading of the same words."""
    for one in policy.rules:
        if one.when is not None:
            assert compiled(one.when)(facts(**known)) == _reads(one.when, facts(**known))  # type: ignore[arg-type]


def _reads(condition: Condition, known: dict[str, object]) -> bool:
    match condition:
        case Every():
            return all(_reads(part, known) for part in condition.of)
        case Some():
            return any(_reads(part, known) for part in condition.of)
        case Not():
            return not _reads(condition.of, known)
        case Comparison():
            return _compares(condition, known[condition.fact])
    raise AssertionError(condition)


# Any: each operator compares what its facts are.
_MEANS: dict[str, Callable[[Any, Any], bool]] = {
    "is": lambda value, other: value == other,
    "is_not": lambda value, other: value != other,
    "in": lambda value, others: value in others,
    "not_in": lambda value, others: value not in others,
    "starts_with": lambda value, other: value[: len(other)] == other,
    "has_any": lambda value, others: any(one in value for one in others),
    "has_all": lambda value, others: all(one in value for one in others),
    "has_none": lambda value, others: not any(one in value for one in others),
    "at_least": lambda value, other: value > other or value == other,
    "at_most": lambda value, other: value < other or value == other,
    "above": lambda value, other: value > other,
    "below": lambda value, other: value < other,
}


def _compares(asked: Comparison, value: object) -> bool:
    if asked.operator == "known":
        return (value is not None) == asked.value
    if isinstance(value, Money) and value.currency != asked.value.currency:  # type: ignore[union-attr]
        return False
    return value is not None and _MEANS[asked.operator](value, asked.value)
