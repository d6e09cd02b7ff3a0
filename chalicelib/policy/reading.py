"""Policy documents from their JSON form, which has been checked before (contracts/policy.py)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from chalicelib.core.clock import from_rfc3339
from chalicelib.core.money import Money
from chalicelib.policy.conditions import Comparison, Condition, Every, Not, Operator, Some
from chalicelib.policy.deductions import GradeDeduction, GradeDeductions
from chalicelib.policy.document import (
    AmountTier,
    Deadlines,
    Fees,
    FourEyes,
    Outcome,
    PolicyDocument,
    RefundDue,
    Review,
    RiskTier,
    Rule,
    Signal,
    Window,
    WindowStart,
)
from chalicelib.policy.fees import PARTS
from chalicelib.policy.giving import GiveBack, Giving, PromotionRule

Form = Mapping[str, Any]
"""A JSON object; Any, because each of its members has a form of its own."""


def document_of(form: Form) -> PolicyDocument:
    """The document that a well-formed JSON object describes."""
    ends = form.get("effective_to")
    return PolicyDocument(
        policy=form["policy"],
        version_id=form["version"],
        title=form["title"],
        time_zone=form["time_zone"],
        effective_from=from_rfc3339(form["effective_from"]),
        effective_to=None if ends is None else from_rfc3339(ends),
        transit_days=form.get("transit_days", 7),
        rules=tuple(_rule(rule) for rule in form["rules"]),
        signals=tuple(
            Signal(
                signal_id=signal["id"],
                title=signal["title"],
                when=condition_of(signal["when"]),
                weight=signal["weight"],
            )
            for signal in form.get("signals", ())
        ),
        risk_tiers=tuple(
            RiskTier(score=tier["score"], review=Review(tier["review"]))
            for tier in form.get("risk_tiers", ())
        ),
        amount_tiers=tuple(
            AmountTier(above=_money(tier["above"]), review=Review(tier["review"]))
            for tier in form.get("amount_tiers", ())
        ),
        four_eyes=tuple(FourEyes(pair) for pair in form.get("four_eyes", ())),
        deadlines=Deadlines(**form.get("deadlines", {})),
        public_holidays=tuple(date.fromisoformat(day) for day in form.get("public_holidays", ())),
    )


def condition_of(form: Form) -> Condition:
    """A condition of any depth."""
    for name, join in (("all", Every), ("any", Some)):
        if form.get(name) is not None:
            return join(of=tuple(condition_of(part) for part in form[name]))
    if form.get("not") is not None:
        return Not(of=condition_of(form["not"]))
    operator = next(one for one in Operator if form.get(one.value) is not None)
    value = form[operator.value]
    if isinstance(value, Mapping):
        value = _money(value)
    elif isinstance(value, list | tuple):
        value = tuple(value)
    return Comparison(fact=form["fact"], operator=operator, value=value)


def _rule(form: Form) -> Rule:
    when = form.get("when")
    return Rule(
        rule_id=form["id"],
        title=form["title"],
        when=None if when is None else condition_of(when),
        then=_outcome(form["then"]),
    )


def _outcome(form: Form) -> Outcome:
    window, fees = form.get("window"), form.get("fees")
    due, review = form.get("refund_due"), form.get("review")
    giving, second = form.get("giving"), form.get("second_refunder_above")
    graded = form.get("grade_deductions")
    return Outcome(
        eligible=form.get("eligible"),
        code=form.get("code"),
        window=None if window is None else _window(window),
        evidence=_words(form.get("evidence")),
        resolutions=_words(form.get("resolutions")),
        fees=None if fees is None else _fees(fees),
        refund_due=None if due is None else RefundDue(due),
        warehouse=form.get("warehouse"),
        review=None if review is None else Review(review),
        keep_item=form.get("keep_item"),
        checklist=form.get("checklist"),
        giving=None if giving is None else _giving(giving),
        second_refunder_above=None if second is None else _money(second),
        grade_deductions=None if graded is None else _graded(graded),
    )


def _window(form: Form) -> Window:
    return Window(
        days=form["days"],
        start=WindowStart(form.get("start", WindowStart.DELIVERY)),
        by_resolution=form.get("by_resolution", {}),
        to_working_day=form.get("to_working_day", False),
    )


def _fees(form: Form) -> Fees:
    flat, shipping = form.get("flat"), form.get("shipping")
    return Fees(
        restocking=parts_of(form.get("restocking_percent", "0")),
        flat=None if flat is None else _money(flat),
        shipping=None if shipping is None else _money(shipping),
        tax_rate=parts_of(form.get("tax_percent", "0")),
    )


def _graded(form: Form) -> GradeDeductions:
    return GradeDeductions(
        by_grade={
            grade: GradeDeduction(
                parts=parts_of(stated.get("percent") or "0"),
                amount=None if stated.get("amount") is None else _money(stated["amount"]),
            )
            for grade, stated in form.items()
            if stated is not None
        }
    )


def _giving(form: Form) -> Giving:
    def when(name: str) -> GiveBack:
        return GiveBack(form.get(name, GiveBack.NEVER))

    return Giving(
        promotions=PromotionRule(form.get("promotions", PromotionRule.KEEP)),
        shipping=when("shipping"),
        standard_shipping=form.get("standard_shipping", False),
        points_spent=when("points_spent"),
        points_earned=when("points_earned"),
        coupons=when("coupons"),
    )


def parts_of(percent: str) -> int:
    """`"12.5"` per cent as parts of 10,000, exactly: 1250."""
    whole, _, rest = percent.partition(".")
    return int(whole) * (PARTS // 100) + int(rest.ljust(2, "0") or "0")


def _words(values: object) -> tuple[str, ...] | None:
    return tuple(str(value) for value in values) if isinstance(values, list | tuple) else None


def _money(form: Form) -> Money:
    return Money.parse(form["amount"], form["currency"])
