"""What a policy says about giving back what is not the price of a unit.

Pure data: outbound shipping, points, coupons, and promotions that what is kept no longer earns.
"""

from dataclasses import dataclass, fields
from enum import StrEnum


class PromotionRule(StrEnum):
    """KEEP: the customer keeps the advantage; CLAW_BACK: what is kept is priced again; BLOCK: a
    part that loses the advantage is not taken back."""

    KEEP = "keep"
    CLAW_BACK = "claw_back"
    BLOCK = "block"

    @property
    def rank(self) -> int:
        """The more it leaves to the customer, the higher."""
        return -[*PromotionRule].index(self)


class GiveBack(StrEnum):
    """When something of the whole order goes back: never, all with the first units, by the value of
    what comes back, or all once everything is back."""

    NEVER = "never"
    FIRST = "first"
    SHARE = "share"
    WHOLE_ORDER = "whole_order"

    @property
    def rank(self) -> int:
        """The more goes back and the sooner, the higher."""
        return _RANKS[self]


_RANKS = {GiveBack.NEVER: 0, GiveBack.WHOLE_ORDER: 1, GiveBack.SHARE: 2, GiveBack.FIRST: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Giving:
    """The rules of one return. `standard_shipping`: no more than the cheapest delivery offered.

    `points_earned` is when the points earned by the sale are taken again. Coupons are given back
    whole: for them SHARE is as WHOLE_ORDER.
    """

    promotions: PromotionRule = PromotionRule.KEEP
    shipping: GiveBack = GiveBack.NEVER
    standard_shipping: bool = False
    points_spent: GiveBack = GiveBack.NEVER
    points_earned: GiveBack = GiveBack.NEVER
    coupons: GiveBack = GiveBack.NEVER

    def stated(self) -> dict[str, object]:
        """Each rule by its name, whatever it says."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @property
    def favour(self) -> tuple[int, ...]:
        """To compare two by what the customer has of them, what weighs most first."""
        gives_all = self.shipping is not GiveBack.NEVER and not self.standard_shipping
        return (
            self.promotions.rank,
            self.shipping.rank,
            gives_all,
            self.points_spent.rank,
            self.coupons.rank,
            -self.points_earned.rank,
        )
