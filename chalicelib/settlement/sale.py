"""An order as money was paid for it: values of units, shares of the whole, promotions kept.

Pure. Made once for a computation, because what a line was paid for depends on all lines.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from chalicelib.core import runs
from chalicelib.core.money import Money, span_value, split_by_weight
from chalicelib.core.runs import Run, Runs
from chalicelib.orders import kits
from chalicelib.orders.given import Given
from chalicelib.orders.model import LineKind, Order, OrderLine
from chalicelib.orders.promotions import Kept, Promotion, kept_price
from chalicelib.orders.value import Paid, paid_by_line, value_of_units

Back = Mapping[str, Runs]
"""Units by order line that money goes or went back for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promoted:
    """What was bought under a promotion, and for how much in minor units, taxes included.

    `affected` are the lines whose units come back for it: of a kit, those of its parts.
    """

    affected: tuple[str, ...]
    paid: int
    bought: Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """What is `back` of each line: what was paid for it, and of lines as they were sold how many
    units and their price before discounts. Of a kit it is the part that its parts are worth."""

    back: Back
    paid: Mapping[str, int]
    units: Mapping[str, int | Fraction]
    amount: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """`paid` is of whole lines. Parts of kits are lines of their own; a kit has nothing left."""

    order: Order
    paid: Mapping[str, Paid]
    by_no: Mapping[str, OrderLine]
    promoted: Mapping[str, Promoted]

    @classmethod
    def of(cls, order: Order) -> "Sale":
        by_no = {line.line_no: line for line in order.lines}
        plain = cls(order=order, paid=paid_by_line(order), by_no=by_no, promoted={})
        promoted = {one.promotion_id: plain._promoted(one) for one in order.promotions}
        return replace(plain, promoted=promoted)

    def after(self, given: Given) -> "Sale":
        """The same sale once this went back of it."""
        return replace(self, order=replace(self.order, given=given))

    def value(self, line_no: str, units: Runs) -> Paid:
        """What was paid for these units."""
        return value_of_units(self.paid[line_no], self.by_no[line_no].quantity, units)

    def gone(self, back: Back) -> Gone:
        """All that is back, counted once."""
        back = {line_no: units for line_no, units in back.items() if units}
        lines = [self.by_no[line_no] for line_no in back]
        sold = dict.fromkeys(line.kit_of or line.line_no for line in lines)
        return Gone(
            back=back,
            paid={no: self.value(no, units).total.minor for no, units in back.items()},
            units={line_no: self._units_back(line_no, back) for line_no in sold},
            amount={line_no: self._amount_back(line_no, back) for line_no in sold},
        )

    def totals(self, gone: Gone) -> tuple[int, int]:
        """What of the goods is back and what all of them are, by value; by count if free."""
        goods = [line for line in self.order.lines if line.kind is LineKind.GOODS]
        whole = sum(self.paid[line.line_no].total.minor for line in goods)
        if whole:
            return sum(gone.paid.get(line.line_no, 0) for line in goods), whole
        counted = sum(runs.size(gone.back.get(line.line_no, ())) for line in goods)
        return counted, sum(line.quantity for line in goods)

    def is_all_back(self, gone: Gone) -> bool:
        """Whether every unit of goods that was sold is among these."""
        return all(
            runs.size(gone.back.get(line.line_no, ())) == line.quantity
            for line in self.order.lines
            if line.kind is LineKind.GOODS
        )

    def affected(self, promotion: Promotion) -> tuple[str, ...]:
        """The lines whose units come back for it: of a kit, those of its parts."""
        return self.promoted[promotion.promotion_id].affected

    def withheld_due(self, promotion: Promotion, gone: Gone) -> Money:
        """What a promotion withholds in all once this is back.

        What is kept is priced as if no more had been bought, with the same further discounts and
        taxes. Never negative, and never above what was paid for what is back.
        """
        promoted, nothing = self.promoted[promotion.promotion_id], Money.zero(self.order.currency)
        price = kept_price(promotion, promoted.bought, promoted.bought)
        back = sum(gone.paid.get(line_no, 0) for line_no in promoted.affected)
        if not price or not back:
            return nothing
        kept = kept_price(promotion, _kept(promotion, promoted.bought, gone), promoted.bought)
        due = round(promoted.paid * kept / price) - (promoted.paid - back)
        assert due <= back, "no more is withheld than goes back"
        return Money(max(due, 0), self.order.currency)

    def _promoted(self, promotion: Promotion) -> Promoted:
        counted = [self.by_no[line_no] for line_no in promotion.line_nos]
        affected = [
            part
            for line_no in promotion.affected
            for part, _ in kits.units_of(self.by_no[line_no], 1)
        ]
        return Promoted(
            affected=tuple(dict.fromkeys(affected)),
            paid=sum(self.paid[line_no].total.minor for line_no in dict.fromkeys(affected)),
            bought=Kept(
                quantity=Fraction(sum(line.quantity for line in counted)),
                amount=sum(line.unit_price.minor * line.quantity for line in counted),
                gifts={
                    gift.line_no: Fraction(self.by_no[gift.line_no].quantity)
                    for gift in promotion.gifts
                },
            ),
        )

    def _units_back(self, line_no: str, back: Back) -> int | Fraction:
        """Of a kit, what the parts that are back are worth of it."""
        line = self.by_no[line_no]
        if line.kind is not LineKind.KIT:
            return runs.size(back.get(line_no, ()))
        weights = kits.weights(line.kit)
        weights = weights if any(weights) else [1] * len(weights)
        parts = zip(kits.units_of(line, line.quantity), weights, strict=True)
        return sum(
            Fraction(line.quantity * weight * runs.size(back.get(part, ())), sum(weights) * count)
            for (part, count), weight in parts
        )

    def _amount_back(self, line_no: str, back: Back) -> int:
        """The price before discounts of what is back."""
        line = self.by_no[line_no]
        if line.kind is not LineKind.KIT:
            units = back.get(line_no)
            price = line.unit_price.minor * line.quantity
            return _share(price, line.quantity, units) if units else 0
        price = line.unit_price.minor * line.quantity
        parts = [part for part, _ in kits.units_of(line, 1)]
        prices = split_by_weight(price, kits.weights(line.kit))
        return sum(
            _share(share, self.by_no[part].quantity, back.get(part, ()))
            for part, share in zip(parts, prices, strict=True)
        )


def _kept(promotion: Promotion, bought: Kept, gone: Gone) -> Kept:
    """What was bought without what is back."""
    return Kept(
        quantity=bought.quantity - sum(gone.units.get(no, 0) for no in promotion.line_nos),
        amount=bought.amount - sum(gone.amount.get(no, 0) for no in promotion.line_nos),
        gifts={no: units - gone.units.get(no, 0) for no, units in bought.gifts.items()},
    )


def _share(total: int, quantity: int, units: Iterable[Run]) -> int:
    return sum(span_value(total, quantity, run.first, run.last) for run in units)
