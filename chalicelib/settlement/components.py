"""What is given back for units, component by component; a quote and its result are this one thing.

Pure. Goods and each tax are by unit ordinals; what belongs to the whole order (shipping, points,
coupons, promotions) is the rule's amount for all that is back by now, less what went back before.
So every order of partial returns comes to the same, and everything back to all that was paid.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from chalicelib.core import runs
from chalicelib.core.money import Money, round_half_even, split_by_weight
from chalicelib.core.runs import Runs
from chalicelib.orders.given import Given, GivenUnits, Withheld
from chalicelib.orders.model import Order, TaxLine
from chalicelib.orders.promotions import Promotion
from chalicelib.orders.value import Paid, with_taxes
from chalicelib.policy.fees import Fee
from chalicelib.policy.giving import GiveBack, Giving, PromotionRule
from chalicelib.settlement.sale import Back, Gone, Sale

Agreed = Mapping[str, Money]
"""By promotion: the most that it withholds of this return, as fixed when it was approved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineAmounts:
    """Units of an order line and what was paid for them, before anything is withheld."""

    line_no: str
    units: Runs
    paid: Paid


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """What is given back for some units now. `withheld` and `released` are what promotions change.

    Coupons and points are no money: `coupons` are to be valid again, `points_back` to be credited,
    `points_taken` to be taken off.
    """

    currency: str
    lines: tuple[LineAmounts, ...]
    shipping: Paid
    withheld: tuple[Withheld, ...] = ()
    released: tuple[Withheld, ...] = ()
    points_back: int = 0
    points_taken: int = 0
    coupons: tuple[str, ...] = ()
    fees: tuple[Fee, ...] = ()

    def refund_of(self, line_no: str) -> Money:
        """What a line's units come to before fees; what was withheld earlier is not in it."""
        paid = (line.paid.total for line in self.lines if line.line_no == line_no)
        return Money.total(paid, self.currency) - self.withheld_of(line_no)

    def withheld_of(self, line_no: str) -> Money:
        """What promotions withhold of a line now."""
        kept = (part.total for part in self.withheld if part.line_no == line_no)
        return Money.total(kept, self.currency)

    def withheld_by(self, parts: Sequence[tuple[str | None, Money]]) -> list[Money]:
        """What is withheld of each part, which is of an order line (None: of none) and worth so
        much: several parts of one line share by what they are worth.
        """
        found = [Money.zero(self.currency)] * len(parts)
        for line_no in dict.fromkeys(line_no for line_no, _ in parts if line_no is not None):
            places = [at for at, (of, _) in enumerate(parts) if of == line_no]
            kept = self.withheld_of(line_no).minor
            shares = split_by_weight(kept, [parts[at][1].minor for at in places]) if kept else ()
            for at, share in zip(places, shares, strict=False):
                found[at] = Money(share, self.currency)
        return found

    @property
    def released_in_all(self) -> Money:
        """What earlier refunds were lowered by, and goes back after all."""
        return total_withheld(self.released, self.currency)

    @property
    def before_fees(self) -> Money:
        """Goods and taxes, shipping, and what promotions add or withhold."""
        paid = Money.total((line.paid.total for line in self.lines), self.currency)
        withheld = total_withheld(self.withheld, self.currency)
        return paid + self.shipping.total - withheld + self.released_in_all

    @property
    def total(self) -> Money:
        """What goes back in the end."""
        return self.before_fees - Money.total((fee.amount for fee in self.fees), self.currency)

    def with_fees(self, fees: Iterable[Fee]) -> "Breakdown":
        """The same less these fees, which are of it."""
        whole = replace(self, fees=tuple(fees))
        assert whole.total.minor >= 0, "fees are taken of the refund"
        return whole


def total_withheld(parts: Iterable[Withheld], currency: str) -> Money:
    """All of it together, taxes included."""
    return Money.total((part.total for part in parts), currency)


def give_back(
    order: Order,
    wanted: Sequence[GivenUnits],
    giving: Giving,
    agreed: Agreed | None = None,
    most: Mapping[str, Money] | None = None,
) -> Breakdown:
    """What is given back for these units of the order's lines, after all that went back before.

    Each line is named once and no unit went back yet. `agreed` None: nothing was fixed. `most` is
    what may be given for lines that something was given for already, as awards are: promotions
    withhold no more of them than is left.
    """
    return given_of(Sale.of(order), wanted, giving, agreed, most)


def given_of(
    sale: Sale,
    wanted: Sequence[GivenUnits],
    giving: Giving,
    agreed: Agreed | None = None,
    most: Mapping[str, Money] | None = None,
) -> Breakdown:
    """The same, of a sale that was looked at before."""
    order = sale.order
    gone = sale.gone(_back(order.given, wanted))
    lines = tuple(
        LineAmounts(
            line_no=units.line_no, units=units.units, paid=sale.value(units.line_no, units.units)
        )
        for units in wanted
        if units.units
    )
    left = {line.line_no: _at_most(line.paid, (most or {}).get(line.line_no)) for line in lines}
    withheld, released = _promotions(sale, gone, left, giving, agreed or {})
    points_back = _due(sale, gone, giving.points_spent, order.points_spent)
    points_taken = _due(sale, gone, giving.points_earned, order.points_earned)
    return Breakdown(
        currency=order.currency,
        lines=lines,
        shipping=_shipping(sale, gone, giving),
        withheld=withheld,
        released=released,
        points_back=max(points_back - order.given.points_back, 0),
        points_taken=max(points_taken - order.given.points_taken, 0),
        coupons=_coupons(sale, gone, giving.coupons),
    )


def withheld_of(order: Order, wanted: Sequence[GivenUnits]) -> dict[str, Money]:
    """What each promotion would withhold of these units: what is fixed at approval, and what
    blocks a partial return where the policy says so. Promotions that lose nothing are left out.

    The order's `given` should contain the units of other approved returns, too.
    """
    return losses_of(Sale.of(order), wanted)


def losses_of(sale: Sale, wanted: Sequence[GivenUnits]) -> dict[str, Money]:
    """The same, of a sale that was looked at before."""
    found: dict[str, Money] = {}
    giving = Giving(promotions=PromotionRule.CLAW_BACK)
    for part in given_of(sale, wanted, giving).withheld:
        nothing = Money.zero(sale.order.currency)
        found[part.promotion_id] = found.get(part.promotion_id, nothing) + part.total
    return found


def _back(given: Given, wanted: Sequence[GivenUnits]) -> Back:
    back = {one.line_no: one.units for one in given.units}
    for units in wanted:
        before = back.get(units.line_no, ())
        assert not runs.common(before, units.units), "money goes back for a unit once"
        back[units.line_no] = runs.merged((*before, *units.units))
    return back


def _due(sale: Sale, gone: Gone, rule: GiveBack, whole: int) -> int:
    """How much of something of the whole order is given back once these units are."""
    if not whole or not gone.back:
        return 0
    match rule:
        case GiveBack.NEVER:
            return 0
        case GiveBack.FIRST:
            return whole
        case GiveBack.WHOLE_ORDER:
            return whole if sale.is_all_back(gone) else 0
        case GiveBack.SHARE:
            part, all_of_it = sale.totals(gone)
            return round_half_even(whole * part, all_of_it) if all_of_it else 0


def _shipping(sale: Sale, gone: Gone, giving: Giving) -> Paid:
    """Net and tax, each once in all and never negative."""
    order = sale.order
    net, tax = _of_delivery(order, giving)
    nothing = Money.zero(order.currency)
    before_net = (order.given.shipping_net or nothing).minor
    before_tax = (order.given.shipping_tax or nothing).minor
    now_net = max(_due(sale, gone, giving.shipping, net) - before_net, 0)
    now_tax = max(_due(sale, gone, giving.shipping, tax) - before_tax, 0)
    if not now_tax:
        return Paid(net=Money(now_net, order.currency), tax=nothing)
    stated = TaxLine(
        name="shipping",
        rate=order.shipping_tax_rate or "",
        amount=Money(now_tax, order.currency),
    )
    return with_taxes(Money(now_net, order.currency), (stated,))


def _of_delivery(order: Order, giving: Giving) -> tuple[int, int]:
    """What of the delivery may go back in all, net and tax: what was paid, or what the cheapest one
    would have cost, with its part of the tax.
    """
    whole = paid = order.shipping.minor
    tax = min(order.shipping_tax.minor, paid) if order.tax_included else order.shipping_tax.minor
    if giving.standard_shipping and order.standard_shipping is not None and paid:
        whole = min(order.standard_shipping.minor, paid)
        tax = round_half_even(tax * whole, paid)
    return whole - tax if order.tax_included else whole, tax


def _coupons(sale: Sale, gone: Gone, rule: GiveBack) -> tuple[str, ...]:
    as_whole = GiveBack.WHOLE_ORDER if rule is GiveBack.SHARE else rule
    if not _due(sale, gone, as_whole, 1):
        return ()
    given = sale.order.given.coupons
    return tuple(c.code for c in sale.order.coupons if c.code not in given)


Changed = tuple[tuple[Withheld, ...], tuple[Withheld, ...]]


def _promotions(
    sale: Sale, gone: Gone, left: dict[str, Paid], giving: Giving, agreed: Agreed
) -> Changed:
    """What promotions withhold of what is left of these lines, and what they release of earlier
    ones.

    What only a part that is back too would have earned is released, whatever the rule is now.
    """
    withheld: list[Withheld] = []
    released: list[Withheld] = []
    for promotion in sale.order.promotions:
        before = [
            part
            for part in sale.order.given.withheld
            if part.promotion_id == promotion.promotion_id
        ]
        taken = sum(part.total.minor for part in before)
        change = sale.withheld_due(promotion, gone).minor - taken
        if change < 0:
            released += _parts_of(before, -change)
        elif giving.promotions is PromotionRule.CLAW_BACK:
            most = agreed.get(promotion.promotion_id)
            change = change if most is None else min(change, max(most.minor, 0))
            parts = _withheld(sale, promotion, left, change)
            for part in parts:
                left[part.line_no] = _less(left[part.line_no], part)
            withheld += parts
    return tuple(withheld), tuple(released)


def _withheld(
    sale: Sale, promotion: Promotion, left: Mapping[str, Paid], amount: int
) -> list[Withheld]:
    """The amount over the lines it is about, by what is left of each, and over net and taxes."""
    lines = [no for no in sale.affected(promotion) if no in left]
    weights = [left[line_no].total.minor for line_no in lines]
    amount = min(amount, sum(weights))
    if amount <= 0:
        return []
    parts = zip(lines, split_by_weight(amount, weights), strict=True)
    return [
        _part(promotion.promotion_id, line_no, minor, _components(left[line_no]))
        for line_no, minor in parts
        if minor
    ]


def _parts_of(before: Sequence[Withheld], amount: int) -> list[Withheld]:
    """So much of what was withheld before; all of it comes to exactly its components."""
    shares = split_by_weight(amount, [part.total.minor for part in before])
    return [
        _part(part.promotion_id, part.line_no, share, (part.net, *part.taxes))
        for part, share in zip(before, shares, strict=True)
        if share
    ]


def _part(promotion_id: str, line_no: str, minor: int, components: Sequence[Money]) -> Withheld:
    currency = components[0].currency
    parts = split_by_weight(minor, [component.minor for component in components])
    net, *taxes = (Money(part, currency) for part in parts)
    return Withheld(promotion_id=promotion_id, line_no=line_no, net=net, taxes=tuple(taxes))


def _components(paid: Paid) -> tuple[Money, ...]:
    return (paid.net, *(tax.amount for tax in paid.taxes))


def _at_most(paid: Paid, most: Money | None) -> Paid:
    if most is None or paid.total <= most:
        return paid
    parts = split_by_weight(most.minor, [component.minor for component in _components(paid)])
    net, *taxes = (Money(part, most.currency) for part in parts)
    stated = zip(paid.taxes, taxes, strict=True)
    return with_taxes(net, (replace(tax, amount=amount) for tax, amount in stated))


def _less(paid: Paid, part: Withheld) -> Paid:
    taxes = (
        replace(tax, amount=tax.amount - amount)
        for tax, amount in zip(paid.taxes, part.taxes, strict=True)
    )
    return with_taxes(paid.net - part.net, taxes)
