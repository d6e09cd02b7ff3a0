"""Policy documents and requests in one line, and Hypothesis strategies for any of them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

from hypothesis import strategies as st

from chalicelib.core.money import Money
from chalicelib.policy.conditions import Comparison, Condition, Every, Not, Operator, Some, Value
from chalicelib.policy.document import (
    AmountTier,
    Fees,
    Outcome,
    PolicyDocument,
    Review,
    RiskTier,
    Rule,
    Signal,
    Window,
)
from chalicelib.policy.evaluation import LineToDecide
from chalicelib.policy.facts import FACTS, OF_REQUEST, OPERATORS, FactKind
from chalicelib.policy.giving import GiveBack, Giving, PromotionRule
from chalicelib.policy.vocabulary import CLOSED, OFFERED, RANGES, Range
from chalicelib.policy.windows import Dates

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
WORDS = ("a", "b", "c", "d")


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def document(*rules: Rule, **more: Any) -> PolicyDocument:
    """`more` are fields of PolicyDocument, as is."""
    fields: dict[str, Any] = {
        "policy": "p",
        "version_id": "p-1",
        "title": {"en": "P", "zh-CN": "P"},
        "time_zone": "UTC",
        "effective_from": NOW - timedelta(days=400),
    }
    return PolicyDocument(rules=rules, **(fields | more))


def rule(name: str, when: Condition | None = None, **then: Any) -> Rule:
    """`then` are fields of Outcome."""
    return Rule(rule_id=name, when=when, then=Outcome(**then))


def ask(fact: str, operator: str, value: Any) -> Comparison:
    return Comparison(fact=fact, operator=Operator(operator), value=value)


def facts(**known: Value) -> dict[str, Value]:
    """Everything unknown, but for what is said; a refund is wanted."""
    return {**dict.fromkeys(FACTS), "resolution": "refund", **known}


def line(
    no: str = "1",
    *,
    delivered_days_ago: float | None = 2,
    shipped_days_ago: float | None = 3,
    is_goods: bool = True,
    **known: Value,
) -> LineToDecide:
    def ago(days: float | None) -> datetime | None:
        return None if days is None else NOW - timedelta(days=days)

    return LineToDecide(
        line_no=no,
        facts=facts(**known),
        is_goods=is_goods,
        dates=Dates(
            ordered_at=NOW - timedelta(days=5),
            shipped_at=ago(shipped_days_ago),
            delivered_at=ago(delivered_days_ago),
        ),
        requested_at=NOW,
    )


_SETS = tuple(
    frozenset(word for word, there in zip(WORDS, bits, strict=True) if there)
    for bits in product((True, False), repeat=len(WORDS))
)
_FEW: dict[str, tuple[str, ...]] = {"currency": ("EUR", "USD"), "region": ("DE", "FR", "CN")}
amounts = st.integers(0, 500).map(eur)
"""Amounts as one order has them: in one currency."""
any_amounts = st.builds(Money, st.integers(0, 500), st.sampled_from(("EUR", "USD")))


def words_of(fact: str) -> tuple[str, ...]:
    """Some words that the fact can be."""
    return _FEW.get(fact) or OFFERED.get(fact, WORDS)


@st.composite
def comparisons(draw: st.DrawFn, among: Sequence[str] | None = None) -> Comparison:
    """A comparison that the linter has nothing against, of any fact or `among` these."""
    names = list(FACTS) if among is None else among
    fact = draw(st.sampled_from([name for name in names if name != "risk_score"]))
    texts = st.sampled_from(words_of(fact))
    several = st.lists(texts, min_size=1, max_size=3).map(tuple)
    kind = FACTS[fact].kind
    operator = draw(st.sampled_from(sorted(OPERATORS[kind])))
    match operator:
        case Operator.KNOWN:
            value: Any = draw(st.booleans())
        case (
            Operator.IN | Operator.NOT_IN | Operator.HAS_ANY | Operator.HAS_ALL | Operator.HAS_NONE
        ):
            value = draw(several)
        case Operator.STARTS_WITH:
            value = draw(texts)[: draw(st.integers(1, 2))]
        case _:
            value = draw(_VALUES[kind]) if kind in _VALUES else draw(texts)
    return Comparison(fact=fact, operator=operator, value=value)


_VALUES: dict[FactKind, st.SearchStrategy[Any]] = {
    FactKind.NUMBER: st.integers(-2, 14),
    FactKind.MONEY: any_amounts,
    FactKind.YES_NO: st.booleans(),
}


def _joined(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    parts = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        parts.map(lambda of: Every(of=of)),
        parts.map(lambda of: Some(of=of)),
        inner.map(lambda of: Not(of=of)),
    )


conditions: st.SearchStrategy[Condition] = st.recursive(comparisons(), _joined, max_leaves=6)


def conditions_on(*among: str) -> st.SearchStrategy[Condition]:
    """Conditions on a few facts, which so exclude and imply each other often."""
    return st.recursive(comparisons(among), _joined, max_leaves=8)


fees = st.builds(
    Fees,
    restocking=st.integers(0, 10_000),
    flat=st.none() | amounts,
    shipping=st.none() | amounts,
    tax_rate=st.integers(0, 3_000),
)
windows = st.builds(
    Window,
    days=st.none() | st.integers(0, 60),
    by_resolution=st.dictionaries(st.sampled_from(["refund", "exchange"]), st.integers(0, 90)),
    to_working_day=st.booleans(),
)


givings = st.builds(
    Giving,
    promotions=st.sampled_from(PromotionRule),
    shipping=st.sampled_from(GiveBack),
    standard_shipping=st.booleans(),
    points_spent=st.sampled_from(GiveBack),
    points_earned=st.sampled_from(GiveBack),
    coupons=st.sampled_from(GiveBack),
)


@st.composite
def outcomes(draw: st.DrawFn) -> Outcome:
    eligible = draw(st.sampled_from([None, True, False]))
    return Outcome(
        eligible=eligible,
        code="refused" if eligible is False else None,
        window=draw(st.none() | windows),
        fees=None if eligible is False else draw(st.none() | fees),
        review=draw(st.none() | st.sampled_from(Review)),
        evidence=draw(st.none() | st.just(("photo",))),
        giving=draw(st.none() | givings),
        second_refunder_above=draw(st.none() | any_amounts),
    )


@st.composite
def documents(
    draw: st.DrawFn, asking: st.SearchStrategy[Condition] = conditions, rules_max: int = 8
) -> PolicyDocument:
    """Rules with conditions of `asking`."""
    count = draw(st.integers(1, rules_max))
    rules = [
        Rule(rule_id=f"r{no}", when=draw(st.none() | asking), then=draw(outcomes()))
        for no in range(count)
    ]
    return document(*rules)


@st.composite
def whole_documents(
    draw: st.DrawFn, asking: st.SearchStrategy[Condition] = conditions
) -> PolicyDocument:
    """Rules with signals and tiers, some of which ask for the score."""
    signals = [
        Signal(signal_id=f"s{no}", when=draw(asking), weight=draw(st.integers(-20, 40)))
        for no in range(draw(st.integers(0, 3)))
    ]
    score = Comparison(
        fact="risk_score", operator=Operator.AT_LEAST, value=draw(st.integers(-10, 40))
    )
    rules = draw(documents(asking)).rules
    reviews = st.sampled_from(Review)
    tiers = draw(
        st.lists(st.builds(RiskTier, score=st.integers(1, 60), review=reviews), max_size=2)
    )
    amounts_above = st.builds(AmountTier, above=any_amounts, review=reviews)
    return document(
        *rules,
        Rule(rule_id="risky", when=score, then=draw(outcomes())),
        signals=tuple(signals),
        risk_tiers=tuple(tiers),
        amount_tiers=tuple(draw(st.lists(amounts_above, max_size=2))),
        public_holidays=tuple(draw(st.lists(st.dates(date(2026, 11, 1), date(2026, 12, 31))))),
    )


@st.composite
def requests(draw: st.DrawFn, lines_max: int = 3) -> list[LineToDecide]:
    """Lines that share what is of the request; some left or arrived at an unknown time."""
    shared = {k: v for k, v in draw(known_facts()).items() if k in OF_REQUEST}
    days = st.none() | st.integers(0, 60)
    return [
        line(
            str(no + 1),
            delivered_days_ago=draw(days),
            shipped_days_ago=draw(days),
            is_goods=draw(st.sampled_from([True, True, True, False])),
            **{**draw(known_facts()), **shared},
        )
        for no in range(draw(st.integers(1, lines_max)))
    ]


def known_facts(among: Sequence[str] = tuple(FACTS)) -> st.SearchStrategy[dict[str, Value]]:
    """What may be known of `among`; a refund or an exchange is wanted."""
    wanted = st.sampled_from(["refund", "exchange"])
    return st.fixed_dictionaries(
        {**{name: _values_of(name) for name in among}, "resolution": wanted}
    )


def _values_of(name: str) -> st.SearchStrategy[Value]:
    match FACTS[name].kind:
        case FactKind.TEXT:
            words = words_of(name)
            is_open = name not in CLOSED
            others = (f"{words[0]}x", "other") if is_open else ()
            return st.sampled_from((None, *words, *others))
        case FactKind.NUMBER:
            limits = RANGES.get(name, Range(lowest=-3))
            highest = 15 if limits.highest is None else limits.highest
            return st.none() | st.integers(limits.lowest, highest)
        case FactKind.MONEY:
            return st.none() | any_amounts
        case FactKind.YES_NO:
            return st.sampled_from((None, True, False))
        case FactKind.SET:
            return st.sampled_from((None, *_SETS))
