"""What a return would bring before it is settled, while other returns of its order are open, too.

Pure. What a promotion withholds depends on all that comes back of an order. Beforehand the worse of
two is told: as if nothing but this came back, and as if all that others hold did. So a purchase
that comes back in several requests at once is told no better than in one, and no result is worse.
"""

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.core import runs
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs
from chalicelib.orders.given import Given, GivenUnits
from chalicelib.orders.model import Order
from chalicelib.policy.giving import Giving
from chalicelib.settlement.components import Breakdown, given_of, losses_of
from chalicelib.settlement.sale import Sale


def foreseen(
    order: Order, wanted: Sequence[GivenUnits], giving: Giving, *, own: str | None
) -> Breakdown:
    """What these units bring; `own` is the holder that they are (or would be) held by."""
    wanted, sale = not_given(order, wanted), Sale.of(order)
    alone = given_of(sale, wanted, giving)
    if not order.promotions:
        return alone
    together = given_of(_as_if_all_came(sale, wanted, own), wanted, giving)
    if _change(together) <= _change(alone):
        return alone
    return replace(alone, withheld=together.withheld, released=together.released)


def most_withheld(
    order: Order, wanted: Sequence[GivenUnits], *, own: str | None
) -> dict[str, Money]:
    """By promotion of the order, the most that it may withhold of these units."""
    wanted, sale = not_given(order, wanted), Sale.of(order)
    alone = losses_of(sale, wanted)
    together = losses_of(_as_if_all_came(sale, wanted, own), wanted)
    nothing = Money.zero(order.currency)
    return {
        one.promotion_id: max(
            alone.get(one.promotion_id, nothing), together.get(one.promotion_id, nothing)
        )
        for one in order.promotions
    }


def not_given(order: Order, wanted: Sequence[GivenUnits]) -> tuple[GivenUnits, ...]:
    """Those units that no money went back for yet."""
    left = (
        replace(one, units=runs.minus(one.units, order.given.units_of(one.line_no)))
        for one in wanted
    )
    return tuple(one for one in left if one.units)


def _change(breakdown: Breakdown) -> int:
    withheld = sum(part.total.minor for part in breakdown.withheld)
    return withheld - breakdown.released_in_all.minor


def _as_if_all_came(sale: Sale, wanted: Sequence[GivenUnits], own: str | None) -> Sale:
    """The sale once all units that others hold are back."""
    order = sale.order
    asked = {one.line_no: one.units for one in wanted}
    back: list[GivenUnits] = []
    for line in order.lines:
        held = [
            run
            for reservation in line.reservations
            if reservation.holder_id != own
            for run in reservation.units
        ]
        units = runs.minus(_all(order.given, line.line_no, held), asked.get(line.line_no, ()))
        if units:
            back.append(GivenUnits(line_no=line.line_no, units=units))
    return sale.after(replace(order.given, units=tuple(back)))


def _all(given: Given, line_no: str, held: list[runs.Run]) -> Runs:
    known = given.units_of(line_no)
    return runs.merged((*known, *runs.minus(runs.merged(held), known)))
