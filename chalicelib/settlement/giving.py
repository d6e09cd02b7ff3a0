"""Remembering on the order what went back of it, and forgetting what did not go back after all.

Pure. Done in the transaction that starts a settlement, or that reverses one.
"""

from collections.abc import Iterable, Iterator

from chalicelib.core import runs
from chalicelib.core.errors import Conflict
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs
from chalicelib.orders.given import Given, GivenUnits, Withheld
from chalicelib.settlement.components import Breakdown


def with_given(given: Given, breakdown: Breakdown) -> Given:
    """What went back once this did, too."""
    return _changed(given, breakdown, sign=1)


def without_given(given: Given, breakdown: Breakdown) -> Given:
    """What went back without this, which was part of it.

    Raises Conflict `released_since` where a later refund gave back what this one withheld: without
    this one it would have been given for nothing.
    """
    known = {(part.promotion_id, part.line_no): part for part in given.withheld}
    for part in breakdown.withheld:
        now = known.get((part.promotion_id, part.line_no))
        if now is None or any(left < gone for left, gone in _components(now, part)):
            raise Conflict(
                "released_since",
                "A later refund gave back what this one withheld: take that one back first.",
                promotion_id=part.promotion_id,
            )
    return _changed(given, breakdown, sign=-1)


def _components(one: Withheld, other: Withheld) -> Iterator[tuple[Money, Money]]:
    yield one.net, other.net
    yield from zip(one.taxes, other.taxes, strict=True)


def _changed(given: Given, breakdown: Breakdown, *, sign: int) -> Given:
    nothing = Money.zero(breakdown.currency)
    net = (given.shipping_net or nothing) + breakdown.shipping.net * sign
    tax = (given.shipping_tax or nothing) + breakdown.shipping.tax * sign
    coupons = (
        (*given.coupons, *breakdown.coupons)
        if sign > 0
        else tuple(code for code in given.coupons if code not in breakdown.coupons)
    )
    after = Given(
        units=_units(given, breakdown, sign),
        shipping_net=net or None,
        shipping_tax=tax or None,
        points_back=given.points_back + sign * breakdown.points_back,
        points_taken=given.points_taken + sign * breakdown.points_taken,
        coupons=coupons,
        withheld=_withheld(given.withheld, breakdown, sign),
    )
    assert net.minor >= 0, "shipping went back before it is taken out"
    assert tax.minor >= 0, "its tax, too"
    assert after.points_back >= 0, "points went back before they are taken out"
    assert after.points_taken >= 0, "points were taken before they are given back"
    return after


def _units(given: Given, breakdown: Breakdown, sign: int) -> tuple[GivenUnits, ...]:
    by_line: dict[str, Runs] = {one.line_no: one.units for one in given.units}
    for line in breakdown.lines:
        before = by_line.get(line.line_no, ())
        by_line[line.line_no] = (
            runs.merged((*before, *line.units)) if sign > 0 else runs.minus(before, line.units)
        )
    return tuple(
        GivenUnits(line_no=line_no, units=units) for line_no, units in by_line.items() if units
    )


def _withheld(before: Iterable[Withheld], breakdown: Breakdown, sign: int) -> tuple[Withheld, ...]:
    more, less = breakdown.withheld, breakdown.released
    if sign < 0:
        more, less = less, more
    by_place = {(part.promotion_id, part.line_no): part for part in before}
    for part in more:
        _add(by_place, part, 1)
    for part in less:
        _add(by_place, part, -1)
    return tuple(part for part in by_place.values() if part.total)


def _add(by_place: dict[tuple[str, str], Withheld], part: Withheld, sign: int) -> None:
    place = (part.promotion_id, part.line_no)
    known = by_place.get(place)
    nothing = Money.zero(part.net.currency)
    net = known.net if known else nothing
    taxes = known.taxes if known else tuple(nothing for _ in part.taxes)
    by_place[place] = Withheld(
        promotion_id=part.promotion_id,
        line_no=part.line_no,
        net=net + part.net * sign,
        taxes=tuple(tax + change * sign for tax, change in zip(taxes, part.taxes, strict=True)),
    )
