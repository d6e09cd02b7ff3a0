"""Promotions of an order, as they are told and as they are shown."""

from typing import Annotated, Self

from pydantic import Field

from chalicelib.contracts.fields import Code, Id, MoneyOut, Price, Quantity, Strict, View
from chalicelib.orders.promotions import (
    PROMOTIONS_MAX,
    TIERS_MAX,
    BulkTier,
    Gift,
    Promotion,
    PromotionKind,
    ThresholdTier,
)


class BulkTierBody(Strict):
    """From so many units on, each costs this. The first tier is the price of one."""

    from_quantity: Quantity
    unit_price: Price

    def to_domain(self) -> BulkTier:
        return BulkTier(from_quantity=self.from_quantity, unit_price=self.unit_price.to_domain())


class ThresholdTierBody(Strict):
    """From so much on, before discounts, this comes off."""

    from_amount: Price
    off: Price

    def to_domain(self) -> ThresholdTier:
        return ThresholdTier(from_amount=self.from_amount.to_domain(), off=self.off.to_domain())


class GiftBody(Strict):
    """A line that was free from so much on; `unit_value` is the price of one without it."""

    line_no: Id
    from_amount: Price
    unit_value: Price

    def to_domain(self) -> Gift:
        return Gift(
            line_no=self.line_no,
            from_amount=self.from_amount.to_domain(),
            unit_value=self.unit_value.to_domain(),
        )


class PromotionBody(Strict):
    """What would have been, had less been bought; the lines contain its effect already.

    `line_nos` count towards it. Of `bulk`, `thresholds` and `gifts` the one of its kind is stated,
    rising, in prices as the order states them.
    """

    promotion_id: Code
    kind: PromotionKind
    line_nos: Annotated[tuple[Id, ...], Field(min_length=1, max_length=1000)]
    bulk: Annotated[tuple[BulkTierBody, ...], Field(max_length=TIERS_MAX)] = ()
    thresholds: Annotated[tuple[ThresholdTierBody, ...], Field(max_length=TIERS_MAX)] = ()
    gifts: Annotated[tuple[GiftBody, ...], Field(max_length=TIERS_MAX)] = ()

    def to_domain(self) -> Promotion:
        return Promotion(
            promotion_id=self.promotion_id,
            kind=self.kind,
            line_nos=self.line_nos,
            bulk=tuple(tier.to_domain() for tier in self.bulk),
            thresholds=tuple(tier.to_domain() for tier in self.thresholds),
            gifts=tuple(gift.to_domain() for gift in self.gifts),
        )


Promotions = Annotated[tuple[PromotionBody, ...], Field(max_length=PROMOTIONS_MAX)]


class BulkTierView(View):
    from_quantity: int
    unit_price: MoneyOut


class ThresholdTierView(View):
    from_amount: MoneyOut
    off: MoneyOut


class GiftView(View):
    line_no: str
    from_amount: MoneyOut
    unit_value: MoneyOut


class PromotionView(View):
    """A promotion that the order was sold under, as it was told."""

    promotion_id: str
    kind: PromotionKind
    line_nos: tuple[str, ...]
    bulk: tuple[BulkTierView, ...]
    thresholds: tuple[ThresholdTierView, ...]
    gifts: tuple[GiftView, ...]

    @classmethod
    def of(cls, promotion: Promotion) -> Self:
        return cls(
            promotion_id=promotion.promotion_id,
            kind=promotion.kind,
            line_nos=promotion.line_nos,
            bulk=tuple(
                BulkTierView(from_quantity=tier.from_quantity, unit_price=tier.unit_price)
                for tier in promotion.bulk
            ),
            thresholds=tuple(
                ThresholdTierView(from_amount=tier.from_amount, off=tier.off)
                for tier in promotion.thresholds
            ),
            gifts=tuple(
                GiftView(
                    line_no=gift.line_no, from_amount=gift.from_amount, unit_value=gift.unit_value
                )
                for gift in promotion.gifts
            ),
        )
