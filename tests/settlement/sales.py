"""Orders of every kind that adds up, and ways to send all of it back in parts."""

from dataclasses import replace

from hypothesis import strategies as st

from chalicelib.core import runs
from chalicelib.core.money import Money
from chalicelib.core.runs import Run
from chalicelib.orders.given import GivenUnits
from chalicelib.orders.kits import exploded
from chalicelib.orders.model import Coupon, KitComponent, LineKind, Order, OrderLine, TaxLine
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
from tests.builders import line, order

currencies = st.sampled_from(["JPY", "EUR", "KWD", "CLF"])
"""With 0, 2, 3 and 4 digits."""
rules = st.sampled_from(GiveBack)
givings = st.builds(
    Giving,
    promotions=st.sampled_from(PromotionRule),
    shipping=rules,
    standard_shipping=st.booleans(),
    points_spent=rules,
    points_earned=rules,
    coupons=rules,
)


@st.composite
def lines(draw: st.DrawFn, number: int, currency: str) -> OrderLine:
    quantity, price = draw(st.integers(1, 6)), draw(st.integers(0, 3000))
    shares = draw(st.lists(st.integers(0, quantity * price // 2), max_size=2))
    taxes = tuple(
        TaxLine(name=f"T{place}", rate=f"0.{place + 1}0", amount=Money(share, currency))
        for place, share in enumerate(shares)
    )
    discount = Money(draw(st.integers(0, quantity * price)), currency)
    more: dict[str, object] = {"discount": discount, "taxes": taxes, "currency": currency}
    if draw(st.integers(0, 4)) == 0:
        more["kind"] = LineKind.KIT
        more["kit"] = (
            KitComponent(sku="A", quantity=2, share="0.3"),
            KitComponent(sku="B", quantity=1, share="0.7"),
        )
    return line(str(number), quantity=quantity, price=price, **more)


@st.composite
def promotions(draw: st.DrawFn, number: int, line_nos: list[str], currency: str) -> Promotion:
    kind = draw(st.sampled_from(PromotionKind))
    counting = draw(st.lists(st.sampled_from(line_nos), min_size=1, unique=True))
    promotion = Promotion(promotion_id=f"P{number}", kind=kind, line_nos=tuple(counting))
    if kind is PromotionKind.BULK:
        starts = [1, *sorted(draw(st.sets(st.integers(2, 20), max_size=3)))]
        prices = st.lists(st.integers(0, 2000), min_size=len(starts), max_size=len(starts))
        falling = sorted(draw(prices), reverse=True)
        tiers = tuple(
            BulkTier(from_quantity=start, unit_price=Money(price, currency))
            for start, price in zip(starts, falling, strict=True)
        )
        return Promotion(promotion_id=f"P{number}", kind=kind, line_nos=tuple(counting), bulk=tiers)
    if kind is PromotionKind.THRESHOLD:
        sums = sorted(draw(st.sets(st.integers(1, 20000), min_size=1, max_size=3)))
        off, thresholds = 0, []
        for amount in sums:
            off = draw(st.integers(off, max(off, amount)))
            thresholds.append(
                ThresholdTier(
                    from_amount=Money(amount, currency), off=Money(min(off, amount), currency)
                )
            )
        return Promotion(
            promotion_id=promotion.promotion_id,
            kind=kind,
            line_nos=tuple(counting),
            thresholds=tuple(thresholds),
        )
    gift = Gift(
        line_no=draw(st.sampled_from(line_nos)),
        from_amount=Money(draw(st.integers(1, 10000)), currency),
        unit_value=Money(draw(st.integers(0, 3000)), currency),
    )
    return Promotion(
        promotion_id=promotion.promotion_id, kind=kind, line_nos=tuple(counting), gifts=(gift,)
    )


@st.composite
def sales(draw: st.DrawFn, promotions_max: int = 2, *, explode: bool = True) -> Order:
    """An order with all that may be on one; `given` is empty. `explode`: kits stand as parts."""
    currency = draw(currencies)
    sold = [draw(lines(number, currency)) for number in range(draw(st.integers(1, 4)))]
    goods = sum(x.unit_price.minor * x.quantity - x.discount.minor for x in sold)
    shipping = draw(st.integers(0, 2000))
    numbers = [one.line_no for one in sold]
    told = order(
        *sold,
        discount=draw(st.integers(0, goods)),
        tax_included=draw(st.booleans()),
        shipping=Money(shipping, currency),
        shipping_tax=Money(draw(st.integers(0, shipping)), currency),
        standard_shipping=draw(
            st.none() | st.integers(0, 3000).map(lambda minor: Money(minor, currency))
        ),
        points_spent=draw(st.integers(0, 1000)),
        points_earned=draw(st.integers(0, 1000)),
        coupons=(Coupon(code="WELCOME", amount=Money(1, currency)),),
        promotions=tuple(
            draw(promotions(number, numbers, currency))
            for number in range(draw(st.integers(0, promotions_max)))
        ),
    )
    return exploded(told) if explode else told


@st.composite
def parts(draw: st.DrawFn, sold: Order) -> list[list[GivenUnits]]:
    """Everything that was sold as goods, in any number of returns, unit by unit."""
    units = [
        (one.line_no, ordinal)
        for one in sold.lines
        if one.kind is LineKind.GOODS
        for ordinal in range(1, one.quantity + 1)
    ]
    mixed = draw(st.permutations(units))
    batches: list[list[GivenUnits]] = []
    while mixed:
        count = draw(st.integers(1, len(mixed)))
        batches.append(together(mixed[:count]))
        mixed = mixed[count:]
    return batches


def together(units: list[tuple[str, int]]) -> list[GivenUnits]:
    """These units, line by line."""
    by_line: dict[str, list[int]] = {}
    for line_no, ordinal in units:
        by_line.setdefault(line_no, []).append(ordinal)
    return [
        GivenUnits(line_no=line_no, units=runs.of_ordinals(ordinals))
        for line_no, ordinals in by_line.items()
    ]


def units(line_no: str, first: int, count: int = 1) -> GivenUnits:
    return GivenUnits(line_no=line_no, units=(Run(first, count),))


def all_given(
    sold: Order, batches: list[list[GivenUnits]], giving: Giving
) -> tuple[list[Breakdown], Order]:
    """Every batch given back after the other, and the order as it is then."""
    found = []
    for batch in batches:
        breakdown = give_back(sold, batch, giving)
        sold = replace(sold, given=with_given(sold.given, breakdown))
        found.append(breakdown)
    return found, sold
