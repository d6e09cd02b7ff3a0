"""Promise: whatever was sold and however it comes back, the parts sum to what was paid.

Orders by chance, with discounts, taxes, shipping, kits and promotions in currencies of 0 to 4
digits; all their units back in returns by chance. The expectation is a sum over the order as told:
it knows nothing of units, shares or promotions.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from chalicelib.core import runs
from chalicelib.core.money import Money
from chalicelib.orders.given import GivenUnits
from chalicelib.orders.kits import exploded
from chalicelib.orders.model import KitComponent, LineKind, Order, OrderLine, TaxLine
from chalicelib.orders.promotions import (
    BulkTier,
    Gift,
    Promotion,
    PromotionKind,
    ThresholdTier,
)
from chalicelib.policy.giving import GiveBack, Giving, PromotionRule
from chalicelib.settlement.components import Breakdown, give_back
from chalicelib.settlement.giving import with_given
from prove.results import Asked, Trial

CURRENCIES = ("JPY", "EUR", "KWD", "CLF")
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
KIT = (
    KitComponent(sku="A", quantity=2, share="0.3"),
    KitComponent(sku="B", quantity=1, share="0.7"),
)


@dataclass(slots=True)
class Tally:
    """What went wrong, with the seed of the first example of each kind."""

    orders: int = 0
    returns: int = 0
    wrong: dict[str, int] = field(default_factory=dict)

    def check(self, holds: bool, what: str, seed: int) -> None:
        if not holds:
            self.wrong.setdefault(what, seed)


def attempt(asked: Asked, trial: Trial) -> None:
    """As many orders as asked, each with a seed of its own."""
    tally = Tally()
    for number in range(asked.size(small=2_000, full=200_000)):
        one(asked.seed * 1_000_000 + number, tally)
    trial.check(not tally.wrong, f"{tally.orders} orders in {tally.returns} returns")
    for what, seed in tally.wrong.items():
        trial.check(False, f"{what} (seed {seed})")


def one(seed: int, tally: Tally) -> None:
    """One order, and everything of it back in parts."""
    chance = random.Random(seed)
    sold = _order(chance)
    giving = Giving(
        promotions=chance.choice(list(PromotionRule)),
        shipping=chance.choice(list(GiveBack)),
        points_spent=chance.choice(list(GiveBack)),
    )
    goods = _goods(sold)
    shipping = sold.shipping.minor + (0 if sold.tax_included else sold.shipping_tax.minor)
    given, points, shipped = 0, 0, 0
    tally.orders += 1
    for batch in _batches(chance, sold):
        breakdown = give_back(sold, batch, giving)
        sold = replace(sold, given=with_given(sold.given, breakdown))
        tally.returns += 1
        given += breakdown.total.minor
        shipped += breakdown.shipping.total.minor
        points += breakdown.points_back
        tally.check(_is_sound(breakdown), "a component is negative", seed)
        tally.check(given - shipped <= goods, "more than the goods cost", seed)
        tally.check(shipped <= shipping, "more than shipping cost", seed)
    expected = 0 if giving.shipping is GiveBack.NEVER else shipping
    tally.check(given - shipped == goods, "everything back is not what was paid", seed)
    tally.check(shipped == expected, "shipping is not given back once", seed)
    all_points = 0 if giving.points_spent is GiveBack.NEVER else sold.points_spent
    tally.check(points == all_points, "points are not given back once", seed)
    tally.check(not sold.given.withheld, "something stays withheld", seed)


def _goods(sold: Order) -> int:
    """What all lines together were paid, as told."""
    told = [line for line in sold.lines if line.kit_of is None]
    price = sum(line.unit_price.minor * line.quantity - line.discount.minor for line in told)
    taxes = sum(tax.amount.minor for line in told for tax in line.taxes)
    return price - sold.discount.minor + (0 if sold.tax_included else taxes)


def _is_sound(breakdown: Breakdown) -> bool:
    amounts = [breakdown.total, breakdown.shipping.net, breakdown.shipping.tax]
    for part in (*breakdown.withheld, *breakdown.released):
        amounts += [part.net, *part.taxes]
    amounts += [breakdown.refund_of(line.line_no) for line in breakdown.lines]
    return all(amount.minor >= 0 for amount in amounts)


def _order(chance: random.Random) -> Order:
    currency = chance.choice(CURRENCIES)
    lines = tuple(_line(chance, str(number), currency) for number in range(chance.randint(1, 4)))
    goods = sum(line.unit_price.minor * line.quantity - line.discount.minor for line in lines)
    shipping = chance.randint(0, 2000)
    nothing = Money.zero(currency)
    numbers = [line.line_no for line in lines]
    return exploded(
        Order(
            order_no="O-1",
            customer_id="cus-1",
            currency=currency,
            placed_at=NOW,
            policy_version="standard",
            lines=lines,
            payments=(),
            discount=Money(chance.randint(0, goods), currency) if goods else nothing,
            shipping=Money(shipping, currency),
            shipping_tax=Money(chance.randint(0, shipping), currency),
            tax_included=chance.random() < 0.5,
            points_spent=chance.randint(0, 500),
            promotions=tuple(
                _promotion(chance, f"P{place}", numbers, currency)
                for place in range(chance.randint(0, 3))
            ),
            created_at=NOW,
            updated_at=NOW,
        )
    )


def _line(chance: random.Random, line_no: str, currency: str) -> OrderLine:
    quantity, price = chance.randint(1, 6), chance.choice((0, 1, chance.randint(2, 9000)))
    whole = quantity * price
    taxes = tuple(
        TaxLine(name=name, rate=rate, amount=Money(chance.randint(0, whole // 2), currency))
        for name, rate in (("GST", "0.05"), ("PST", "0.07"))[: chance.randint(0, 2)]
    )
    is_kit = chance.random() < 0.2
    return OrderLine(
        line_no=line_no,
        sku=f"SKU-{line_no}",
        name="A thing",
        quantity=quantity,
        unit_price=Money(price, currency),
        discount=Money(chance.choice((0, chance.randint(0, whole))), currency),
        taxes=taxes,
        kind=LineKind.KIT if is_kit else LineKind.GOODS,
        kit=KIT if is_kit else (),
    )


def _promotion(chance: random.Random, name: str, line_nos: list[str], currency: str) -> Promotion:
    counting = tuple(chance.sample(line_nos, chance.randint(1, len(line_nos))))
    kind = chance.choice(list(PromotionKind))
    if kind is PromotionKind.BULK:
        single = chance.randint(0, 2000)
        bulk = (
            BulkTier(from_quantity=1, unit_price=Money(single, currency)),
            BulkTier(
                from_quantity=chance.randint(2, 8),
                unit_price=Money(chance.randint(0, single), currency),
            ),
        )
        return Promotion(promotion_id=name, kind=kind, line_nos=counting, bulk=bulk)
    amount = chance.randint(1, 20_000)
    if kind is PromotionKind.THRESHOLD:
        off = Money(chance.randint(0, amount), currency)
        tier = ThresholdTier(from_amount=Money(amount, currency), off=off)
        return Promotion(promotion_id=name, kind=kind, line_nos=counting, thresholds=(tier,))
    gift = Gift(
        line_no=chance.choice(line_nos),
        from_amount=Money(amount, currency),
        unit_value=Money(chance.randint(0, 3000), currency),
    )
    return Promotion(promotion_id=name, kind=kind, line_nos=counting, gifts=(gift,))


def _batches(chance: random.Random, sold: Order) -> list[list[GivenUnits]]:
    units = [
        (line.line_no, ordinal)
        for line in sold.lines
        if line.kind is LineKind.GOODS
        for ordinal in range(1, line.quantity + 1)
    ]
    chance.shuffle(units)
    batches: list[list[GivenUnits]] = []
    while units:
        count = chance.randint(1, len(units))
        by_line: dict[str, list[int]] = {}
        for line_no, ordinal in units[:count]:
            by_line.setdefault(line_no, []).append(ordinal)
        batches.append(
            [
                GivenUnits(line_no=line_no, units=runs.of_ordinals(ordinals))
                for line_no, ordinals in by_line.items()
            ]
        )
        units = units[count:]
    return batches
