"""What went back of an order so far, by component, over all of its returns.

Pure data, kept with the order: its one version guards what may go back once only. Money that went
back to payments is on the payments; this says what it was for.
"""

from dataclasses import dataclass

from chalicelib.core.money import Money
from chalicelib.core.runs import Runs


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUnits:
    """The units of one order line that money was given back for."""

    line_no: str
    units: Runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """What a promotion keeps of a line's refund, because what is kept no longer earns it.

    `taxes` are in the order of the line's taxes.
    """

    promotion_id: str
    line_no: str
    net: Money
    taxes: tuple[Money, ...] = ()

    @property
    def total(self) -> Money:
        return Money.total((self.net, *self.taxes), self.net.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """`withheld` is what is withheld at present: what was released again is not in it.

    Shipping is None until any of it went back.
    """

    units: tuple[GivenUnits, ...] = ()
    shipping_net: Money | None = None
    shipping_tax: Money | None = None
    points_back: int = 0
    points_taken: int = 0
    coupons: tuple[str, ...] = ()
    withheld: tuple[Withheld, ...] = ()

    def units_of(self, line_no: str) -> Runs:
        """The units of a line that money was given back for."""
        return next((given.units for given in self.units if given.line_no == line_no), ())
