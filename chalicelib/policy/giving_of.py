"""What a decision says about the money of the whole return, beside the prices of its units.

Pure. Lines are decided one by one, but shipping, points, coupons and promotions are of the order:
one return has one rule for each of them. What the law asks for in a withdrawal is added here, too;
why it is so much and no more: docs/decisions/what-a-withdrawal-gives-back.md.
"""

from collections.abc import Iterable
from dataclasses import replace

from chalicelib.core.events import Json
from chalicelib.core.money import Money
from chalicelib.policy.giving import GiveBack, Giving, PromotionRule
from chalicelib.policy.verdict import Decision, LineDecision

LEAST_BY_LAW: dict[str, Giving] = {
    # Directive 2011/83/EU, article 13(1) and (2): all payments, with the delivery's standard costs.
    "EU_14": Giving(
        shipping=GiveBack.WHOLE_ORDER, standard_shipping=True, points_spent=GiveBack.SHARE
    ),
    # 网络购买商品七日无理由退货暂行办法, articles 15 and 17: the price, and points and coupons in
    # kind; what delivery cost is no part of it.
    "CN_7": Giving(points_spent=GiveBack.SHARE, coupons=GiveBack.WHOLE_ORDER),
}
"""The least that goes back in a withdrawal, by the name of the law (withdrawals/law.py)."""


def giving_of(decision: Decision | None, ordered: Iterable[str] | None = None) -> Giving:
    """The rules of a return: those of its first line that states any, else nothing goes back.

    `ordered` are the numbers of the lines that count, the first one first; None: all of them.
    """
    return next(
        (line.giving for line in _lines(decision, ordered) if line.giving is not None), Giving()
    )


def second_refunder_above(
    decision: Decision | None, ordered: Iterable[str] | None = None
) -> Money | None:
    """From when on a second person agrees to the refund: the lowest of what its lines state.

    Zero: to every refund, as where the order is in a currency that its lines state no limit in and
    nothing can be compared. None: one person is enough.
    """
    stated = [
        _in_currency(line.second_refunder_above, _currency_of(decision, line))
        for line in _lines(decision, ordered)
        if line.second_refunder_above is not None
    ]
    return min(stated, key=lambda above: above.minor, default=None)


def statutory_giving(base: Giving, law: str = "EU_14") -> Giving:
    """The rules of a withdrawal: as the policy says, but never less than the law asks for.

    No law lets a shop refuse a part because of a promotion: what would be blocked is priced again.
    """
    least = LEAST_BY_LAW.get(law)
    if least is None:
        return base
    is_blocked = base.promotions is PromotionRule.BLOCK
    shipping = _at_least(base.shipping, least.shipping)
    return replace(
        base,
        promotions=PromotionRule.CLAW_BACK if is_blocked else base.promotions,
        shipping=shipping,
        # What the policy gives of its own will it gives as it says; the law asks for less.
        standard_shipping=base.standard_shipping
        if shipping is base.shipping
        else least.standard_shipping,
        points_spent=_at_least(base.points_spent, least.points_spent),
        coupons=_at_least(base.coupons, least.coupons),
    )


def _lines(decision: Decision | None, ordered: Iterable[str] | None) -> Iterable[LineDecision]:
    if decision is None:
        return ()
    if ordered is None:
        return decision.lines
    by_number: dict[str, list[LineDecision]] = {}
    for line in decision.lines:
        by_number.setdefault(line.line_no, []).append(line)
    return [line for number in dict.fromkeys(ordered) for line in by_number.get(number, ())]


def _at_least(stated: GiveBack, least: GiveBack) -> GiveBack:
    return stated if stated.rank >= least.rank else least


def _currency_of(decision: Decision | None, line: LineDecision) -> Json:
    """The order's, as it was known when the line was decided."""
    return line.facts.get("currency") or (decision.facts.get("currency") if decision else None)


def _in_currency(limit: Money, currency: Json) -> Money:
    return limit if currency in (None, limit.currency) else Money.zero(str(currency))
