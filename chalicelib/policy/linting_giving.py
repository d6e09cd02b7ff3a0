"""What is odd in what rules say about shipping, coupons, promotions and a second person.

What cannot have an effect; and what one rule decides for lack of an earlier one: parts that are
refused although they are owed, and limits for orders in another currency.
"""

from collections.abc import Iterator, Sequence

from chalicelib.core.errors import FieldError
from chalicelib.policy.conditions import Comparison, Condition, Every, Operator, Some
from chalicelib.policy.document import Rule
from chalicelib.policy.giving import GiveBack, PromotionRule
from chalicelib.policy.linting_logic import Logic, TooHard
from chalicelib.policy.linting_places import At, listed

_ALWAYS = Every(of=())
_OWED = Some(
    of=(
        Comparison(fact="fault", operator=Operator.IN, value=("us", "maker", "carrier")),
        Comparison(fact="type", operator=Operator.IN, value=("quality", "recall", "stock_error")),
    )
)
"""What is taken back because it is owed, not as a favour: no promotion is a reason against it."""


def giving_oddities(rule: Rule, at: At) -> Iterator[FieldError]:
    """Of one rule, what has no effect."""
    giving, place = rule.then.giving, at / "then" / "giving"
    if giving is None:
        return
    if giving.standard_shipping and giving.shipping is GiveBack.NEVER:
        message = "No shipping goes back here, so it makes no difference which."
        yield (place / "standard_shipping").finding("no_shipping_back", message)
    if giving.coupons is GiveBack.SHARE:
        message = "A coupon is valid again or not: share is as whole_order."
        yield (place / "coupons").finding("coupons_are_whole", message)


def giving_relations(
    rules: Sequence[tuple[int, Rule]], root: At, logic: Logic
) -> Iterator[FieldError]:
    """Of rules beside each other, what they decide because no earlier one does."""
    yield from _blocked(rules, root, logic)
    yield from _limits(rules, root, logic)


def _blocked(rules: Sequence[tuple[int, Rule]], root: At, logic: Logic) -> Iterator[FieldError]:
    before: list[Condition] = []
    for place, rule in rules:
        giving = rule.then.giving
        if giving is None:
            continue
        when = _when(rule)
        if giving.promotions is PromotionRule.BLOCK and _decides([when, _OWED], before, logic):
            message = (
                "It also decides about what is faulty, wrong or called back, of which a part is "
                "then refused. Let an earlier rule say for those: keep or claw_back."
            )
            at = _place(root, place, rule) / "giving" / "promotions"
            yield at.finding("blocks_what_is_owed", message)
        before.append(when)


def _limits(rules: Sequence[tuple[int, Rule]], root: At, logic: Logic) -> Iterator[FieldError]:
    """Limits that decide about orders in a currency for which the policy has another limit."""
    limits = [
        (place, rule, rule.then.second_refunder_above)
        for place, rule in rules
        if rule.then.second_refunder_above is not None
    ]
    currencies = sorted({limit.currency for _, _, limit in limits})
    before: list[Condition] = []
    for place, rule, limit in limits:
        when = _when(rule)
        wrong = [
            currency
            for currency in currencies
            if currency != limit.currency and _decides([when, _sold_in(currency)], before, logic)
        ]
        if wrong:
            message = (
                f"It also decides about orders in {listed(wrong)}: every refund of those needs a "
                f"second person. Let it hold only where currency is {limit.currency}."
            )
            at = _place(root, place, rule) / "second_refunder_above" / "currency"
            yield at.finding("limit_in_other_currency", message)
        before.append(when)


def _when(rule: Rule) -> Condition:
    return _ALWAYS if rule.when is None else rule.when


def _place(root: At, place: int, rule: Rule) -> At:
    return (root / "rules" / place).of(f"Rule {rule.rule_id}") / "then"


def _sold_in(currency: str) -> Comparison:
    return Comparison(fact="currency", operator=Operator.IS, value=currency)


def _decides(holding: Sequence[Condition], before: Sequence[Condition], logic: Logic) -> bool:
    """Whether all of these hold for something that none of `before` holds for."""
    try:
        return logic.example(holding, before) is not None
    except TooHard:
        return False
