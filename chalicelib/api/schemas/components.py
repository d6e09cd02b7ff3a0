"""What goes back, component by component: a quote and the settlement that follows it share this."""

from collections.abc import Iterable
from typing import Self

from chalicelib.contracts.fields import MoneyOut, View
from chalicelib.core import runs
from chalicelib.orders.given import Withheld
from chalicelib.orders.value import Paid
from chalicelib.settlement.components import Breakdown, LineAmounts


class TaxPartView(View):
    """A tax as it was charged: `rate` is a decimal such as 0.19."""

    name: str
    rate: str
    amount: MoneyOut


class PaidView(View):
    """What was paid, without tax and each tax; `taxes` is empty where only their sum is known."""

    net: MoneyOut
    tax: MoneyOut
    taxes: tuple[TaxPartView, ...]
    total: MoneyOut

    @classmethod
    def of(cls, paid: Paid) -> Self:
        return cls(
            net=paid.net,
            tax=paid.tax,
            taxes=tuple(
                TaxPartView(name=tax.name, rate=tax.rate, amount=tax.amount) for tax in paid.taxes
            ),
            total=paid.total,
        )


class ComponentLineView(View):
    """Units of a line of the order, and what was paid for them before anything is withheld."""

    order_line_no: str
    units: str
    paid: PaidView

    @classmethod
    def of(cls, line: LineAmounts) -> Self:
        return cls(
            order_line_no=line.line_no,
            units=runs.as_text(line.units),
            paid=PaidView.of(line.paid),
        )


class WithheldView(View):
    """What a promotion keeps of a line, because what is kept does not earn it; or releases."""

    promotion_id: str
    order_line_no: str
    amount: MoneyOut

    @classmethod
    def of_all(cls, parts: Iterable[Withheld]) -> tuple[Self, ...]:
        return tuple(
            cls(promotion_id=part.promotion_id, order_line_no=part.line_no, amount=part.total)
            for part in parts
        )


class ComponentsView(View):
    """`total` is what the order gives back: lines and shipping, less what is withheld, with what is
    released of earlier refunds, less fees.

    Coupons and points are no money: `coupons` are valid again, `points_back` are credited,
    `points_taken` are taken off.
    """

    lines: tuple[ComponentLineView, ...]
    shipping: PaidView
    withheld: tuple[WithheldView, ...]
    released: tuple[WithheldView, ...]
    coupons: tuple[str, ...]
    points_back: int
    points_taken: int
    total: MoneyOut

    @classmethod
    def of(cls, breakdown: Breakdown | None) -> Self | None:
        if breakdown is None:
            return None
        return cls(
            lines=tuple(ComponentLineView.of(line) for line in breakdown.lines),
            shipping=PaidView.of(breakdown.shipping),
            withheld=WithheldView.of_all(breakdown.withheld),
            released=WithheldView.of_all(breakdown.released),
            coupons=breakdown.coupons,
            points_back=breakdown.points_back,
            points_taken=breakdown.points_taken,
            total=breakdown.total,
        )
