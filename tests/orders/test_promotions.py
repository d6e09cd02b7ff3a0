"""Promotions of an order: what less of it would have cost, and which are badly told."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import Invalid
from chalicelib.core.money import Money
from chalicelib.core.runs import Run
from chalicelib.orders.kits import exploded
from chalicelib.orders.model import KitComponent, LineKind
from chalicelib.orders.promotions import (
    BulkTier,
    Gift,
    Kept,
    Promotion,
    PromotionKind,
    ThresholdTier,
    kept_price,
    promotion_faults,
)
from chalicelib.settlement.sale import Sale
from tests.builders import Shop, eur, line, order
from tests.settlement.sales import promotions

BULK = Promotion(
    promotion_id="P",
    kind=PromotionKind.BULK,
    line_nos=("1",),
    bulk=(
        BulkTier(from_quantity=1, unit_price=eur(500)),
        BulkTier(from_quantity=5, unit_price=eur(300)),
    ),
)
THRESHOLD = Promotion(
    promotion_id="P",
    kind=PromotionKind.THRESHOLD,
    line_nos=("1",),
    thresholds=(
        ThresholdTier(from_amount=eur(1000), off=eur(100)),
        ThresholdTier(from_amount=eur(2000), off=eur(400)),
    ),
)
TOO_MANY = tuple(BulkTier(from_quantity=n, unit_price=eur(1)) for n in range(1, 30))
GIFT = Promotion(
    promotion_id="P",
    kind=PromotionKind.GIFT,
    line_nos=("1",),
    gifts=(Gift(line_no="2", from_amount=eur(1000), unit_value=eur(300)),),
)


def kept(quantity: int = 0, amount: int = 0, gifts: int = 0) -> Kept:
    return Kept(quantity=Fraction(quantity), amount=amount, gifts={"2": Fraction(gifts)})


@pytest.mark.parametrize(
    ("quantity", "price"), [(0, 0), (1, 500), (2, 1000), (3, 1500), (4, 1500), (5, 1500)]
)
def test_less_of_a_bulk_price_never_costs_more_than_all_of_it(quantity: int, price: int) -> None:
    assert kept_price(BULK, kept(quantity), kept(5)) == price


@pytest.mark.parametrize(
    ("amount", "price"), [(0, 0), (500, 500), (950, 900), (1500, 1400), (1900, 1600), (2500, 2100)]
)
def test_below_a_threshold_its_discount_is_lost_but_no_more(amount: int, price: int) -> None:
    assert kept_price(THRESHOLD, kept(amount=amount), kept(amount=2500)) == price


@pytest.mark.parametrize(
    ("amount", "gifts", "price"),
    [(0, 0, 0), (0, 1, 300), (600, 1, 900), (900, 1, 1000), (1500, 1, 1500), (600, 0, 600)],
)
def test_a_gift_costs_its_value_where_it_is_not_earned(amount: int, gifts: int, price: int) -> None:
    assert kept_price(GIFT, kept(amount=amount, gifts=gifts), kept(amount=1500)) == price


@given(st.data())
def test_keeping_less_never_costs_more(data: st.DataObject) -> None:
    promotion = data.draw(promotions(0, ["1", "2"], "EUR"))
    bought = kept(*(data.draw(st.integers(0, 30000)) for _ in range(3)))

    def less(than: Kept) -> Kept:
        return kept(
            data.draw(st.integers(0, int(than.quantity))),
            data.draw(st.integers(0, than.amount)),
            data.draw(st.integers(0, int(than.gifts["2"]))),
        )

    some = less(bought)
    fewer = less(some)

    whole = kept_price(promotion, bought, bought)
    assert 0 <= kept_price(promotion, fewer, bought) <= kept_price(promotion, some, bought)
    if not bought.gifts["2"]:
        assert kept_price(promotion, some, bought) <= whole
    assert kept_price(promotion, kept(), bought) == 0


@given(promotions(0, ["1", "2"], "EUR"))
def test_a_promotion_that_adds_up_has_no_fault(promotion: Promotion) -> None:
    assert promotion_faults([promotion], ["1", "2"], "EUR") == []


@pytest.mark.parametrize(
    ("promotion", "pointer", "code"),
    [
        (replace(BULK, line_nos=()), "/promotions/0/line_nos", "no_lines"),
        (replace(BULK, line_nos=("1", "9")), "/promotions/0/line_nos/1", "unknown_line"),
        (replace(BULK, line_nos=("1", "1")), "/promotions/0/line_nos/1", "duplicate_line"),
        (
            replace(GIFT, gifts=(replace(GIFT.gifts[0], line_no="9"),)),
            "/promotions/0/gifts/0/line_no",
            "unknown_line",
        ),
        (
            replace(GIFT, gifts=GIFT.gifts * 2),
            "/promotions/0/gifts/1/line_no",
            "duplicate_line",
        ),
        (
            replace(BULK, bulk=BULK.bulk[1:]),
            "/promotions/0/bulk/0/from_quantity",
            "no_single_price",
        ),
        (replace(BULK, bulk=()), "/promotions/0/bulk", "wrong_tiers"),
        (replace(BULK, gifts=GIFT.gifts), "/promotions/0/gifts", "wrong_tiers"),
        (
            replace(BULK, bulk=(*BULK.bulk, BULK.bulk[1])),
            "/promotions/0/bulk/2/from_quantity",
            "not_rising",
        ),
        (
            replace(BULK, bulk=(BULK.bulk[0], BulkTier(from_quantity=2, unit_price=eur(501)))),
            "/promotions/0/bulk/1/unit_price",
            "dearer_tier",
        ),
        (
            replace(BULK, bulk=TOO_MANY),
            "/promotions/0/bulk",
            "too_many_tiers",
        ),
        (
            replace(THRESHOLD, thresholds=THRESHOLD.thresholds[::-1]),
            "/promotions/0/thresholds/1/from_amount",
            "not_rising",
        ),
        (
            replace(THRESHOLD, thresholds=THRESHOLD.thresholds[::-1]),
            "/promotions/0/thresholds/1/off",
            "less_off",
        ),
        (
            replace(THRESHOLD, thresholds=(ThresholdTier(from_amount=eur(1), off=eur(2)),)),
            "/promotions/0/thresholds/0/off",
            "off_above_amount",
        ),
        (
            replace(GIFT, gifts=(replace(GIFT.gifts[0], unit_value=Money(1, "JPY")),)),
            "/promotions/0/gifts/0/unit_value",
            "wrong_currency",
        ),
        (
            replace(GIFT, gifts=(replace(GIFT.gifts[0], from_amount=eur(-1)),)),
            "/promotions/0/gifts/0/from_amount",
            "negative_amount",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and "/" not in value else "",
)
def test_a_badly_told_promotion_is_named(promotion: Promotion, pointer: str, code: str) -> None:
    faults = promotion_faults([promotion], ["1", "2"], "EUR")

    assert (pointer, code) in [(fault.pointer, fault.code) for fault in faults]


def test_promotions_have_names_of_their_own_and_are_not_too_many() -> None:
    twice = promotion_faults([BULK, BULK], ["1"], "EUR")
    many = [replace(BULK, promotion_id=str(number)) for number in range(60)]

    assert [fault.code for fault in twice] == ["duplicate_promotion"]
    assert [fault.code for fault in promotion_faults(many, ["1"], "EUR")] == ["too_many_promotions"]


def test_parts_of_kits_count_towards_a_bulk_price_by_their_share_of_it() -> None:
    parts = (
        KitComponent(sku="A", quantity=2, share="0.5"),
        KitComponent(sku="B", quantity=1, share="0.5"),
    )
    kit = line("1", quantity=5, price=300, kind=LineKind.KIT, kit=parts)
    sale = Sale.of(exploded(order(kit, promotions=(BULK,))))
    four_kits = {"1.1": (Run(1, 8),), "1.2": (Run(1, 4),)}
    eight_of_ten = {"1.1": (Run(1, 8),)}

    assert sale.withheld_due(BULK, sale.gone(four_kits)) == eur(200)
    # Three kits' worth is kept, and costs as much as all five did.
    assert sale.withheld_due(BULK, sale.gone(eight_of_ten)) == eur(600)


def test_a_promotion_names_a_kit_as_it_was_sold_and_not_its_parts(shop: Shop) -> None:
    part = KitComponent(sku="A", quantity=2, share="1")
    kit = line("1", quantity=5, price=300, kind=LineKind.KIT, kit=(part,))
    of_parts = replace(BULK, line_nos=("1.1",))

    with pytest.raises(Invalid) as refused:
        shop.registers(order(kit, promotions=(of_parts,)))
    sold = shop.sells(order(kit, promotions=(BULK,)))

    assert [(e.pointer, e.code) for e in refused.value.errors] == [
        ("/promotions/0/line_nos/0", "unknown_line")
    ]
    assert not shop.registers(order(kit, promotions=(BULK,))).changed
    assert sold.promotions == (BULK,)


def test_keeping_what_was_dearer_than_the_promotion_withholds_nothing() -> None:
    flat = (BulkTier(from_quantity=1, unit_price=eur(300)),)
    promotion = replace(BULK, line_nos=("1", "2"), bulk=flat)
    sale = Sale.of(order(line("1", price=100), line("2", price=500), promotions=(promotion,)))

    assert sale.withheld_due(promotion, sale.gone({"1": (Run(1, 1),)})) == eur(0)
