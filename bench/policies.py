"""Policies and requests of the size that evaluation is promised for: 200 rules, 10 lines.

`few` is how rules mostly are: each about one category, so that hardly any holds for a line. `many`
is how they seldom are: fifty hold for each line, most of them too late to decide anything.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.core.money import Money
from chalicelib.policy.conditions import Comparison, Condition, Every, Operator, Value
from chalicelib.policy.document import (
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
from chalicelib.policy.facts import FACTS
from chalicelib.policy.windows import Dates

RULES, LINES, HOLDING = 200, 10, 50
_NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
_REGIONS = ("DE", "FR", "CN", "US")


def few() -> PolicyDocument:
    """Two rules of 200 hold for a line: the one of its category, and the last."""
    rules = [_rule(f"category-{no}", Every(of=(
        _ask("category", "is", f"category-{no}"),
        _ask("region", "in", _REGIONS),
    )), fees=Fees(restocking=1000)) for no in range(RULES - 1)]  # fmt: skip
    return _document(*rules, _rule("all", None, window=Window(days=30), review=Review.PERSON))


def many() -> PolicyDocument:
    """50 rules of 200 hold for every line, and state what others have decided before."""
    rules = []
    for no in range(RULES - 1):
        when: Condition = Every(of=(
            _ask("line_value", "at_least", Money(no if no % 4 == 0 else 10**9, "EUR")),
            _ask("customer_class", "is_not", f"class-{no}"),
        ))  # fmt: skip
        then = (
            {"fees": Fees(restocking=no)},
            {"window": Window(days=30 + no)},
            {"review": Review.AUTOMATIC, "keep_item": False},
        )[no // 4 % 3]
        rules.append(_rule(f"rule-{no}", when, **then))
    return _document(*rules, _rule("all", None, window=Window(days=30), review=Review.PERSON))


def request() -> list[LineToDecide]:
    """Ten lines of a regular customer, each of another category."""
    return [_line(str(no), f"category-{no * 17 + 3}") for no in range(LINES)]


def _line(line_no: str, category: str) -> LineToDecide:
    known: dict[str, Value] = {
        **dict.fromkeys(FACTS),
        "region": "DE", "channel": "web", "currency": "EUR", "category": category,
        "sku": f"SKU-{line_no}", "tags": frozenset({"new", "spring"}), "customer_id": "cus-1",
        "customer_class": "regular", "customer_lists": frozenset(), "customer_returns_12m": 3,
        "customer_return_rate": 12, "reason": "CHANGED_MIND", "fault": "customer",
        "type": "customer_return", "method": "courier", "resolution": "refund", "quantity": 1,
        "unit_price": Money(4_990, "EUR"), "line_value": Money(4_990, "EUR"),
        "request_value": Money(49_900, "EUR"), "age_days": 2, "days_since_order": 5,
        "purchase_month": 11, "request_month": 11, "has_serial": False, "final_sale": False,
    }  # fmt: skip
    dates = Dates(
        ordered_at=_NOW - timedelta(days=5),
        shipped_at=_NOW - timedelta(days=3),
        delivered_at=_NOW - timedelta(days=2),
    )
    return LineToDecide(line_no=line_no, facts=known, is_goods=True, dates=dates, requested_at=_NOW)


def _document(*rules: Rule) -> PolicyDocument:
    return PolicyDocument(
        policy="bench",
        version_id="bench-1",
        title={"en": "Bench", "zh-CN": "基准"},
        time_zone="Europe/Berlin",
        effective_from=_NOW - timedelta(days=400),
        rules=rules,
        signals=(
            Signal(signal_id="often", when=_ask("customer_returns_12m", "above", 10), weight=30),
            Signal(signal_id="rate", when=_ask("customer_return_rate", "above", 60), weight=30),
        ),
        risk_tiers=(RiskTier(score=30, review=Review.SENIOR),),
    )


def _rule(name: str, when: Condition | None, **then: Any) -> Rule:
    """`then` are fields of Outcome."""
    title = {"en": name, "zh-CN": name}
    return Rule(rule_id=name, when=when, then=Outcome(**then), title=title)


def _ask(fact: str, operator: str, value: Any) -> Comparison:
    return Comparison(fact=fact, operator=Operator(operator), value=value)
