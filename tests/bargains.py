"""Promotions and coupons of orders, in one line each; amounts in minor units."""

from collections.abc import Mapping

from chalicelib.core.money import Money
from chalicelib.orders.model import Coupon
from chalicelib.orders.promotions import (
    BulkTier,
    Gift,
    Promotion,
    PromotionKind,
    ThresholdTier,
)


def bulk(
    prices: Mapping[int, int], *line_nos: str, promotion_id: str = "BULK", currency: str = "EUR"
) -> Promotion:
    """From so many units on, each costs so much."""
    return Promotion(
        promotion_id=promotion_id,
        kind=PromotionKind.BULK,
        line_nos=line_nos or ("1",),
        bulk=tuple(
            BulkTier(from_quantity=quantity, unit_price=Money(price, currency))
            for quantity, price in prices.items()
        ),
    )


def threshold(
    offs: Mapping[int, int], *line_nos: str, promotion_id: str = "OFF", currency: str = "EUR"
) -> Promotion:
    """From such an amount on, so much comes off."""
    return Promotion(
        promotion_id=promotion_id,
        kind=PromotionKind.THRESHOLD,
        line_nos=line_nos or ("1",),
        thresholds=tuple(
            ThresholdTier(from_amount=Money(start, currency), off=Money(off, currency))
            for start, off in offs.items()
        ),
    )


def gift(
    line_no: str,
    *line_nos: str,
    above: int,
    value: int,
    promotion_id: str = "GIFT",
    currency: str = "EUR",
) -> Promotion:
    """Line `line_no` is free where `line_nos` come to so much."""
    return Promotion(
        promotion_id=promotion_id,
        kind=PromotionKind.GIFT,
        line_nos=line_nos or ("1",),
        gifts=(
            Gift(
                line_no=line_no,
                from_amount=Money(above, currency),
                unit_value=Money(value, currency),
            ),
        ),
    )


def coupon(code: str = "WELCOME", amount: int = 500, currency: str = "EUR") -> Coupon:
    return Coupon(code=code, amount=Money(amount, currency))
