"""Which units of a return goods become that fitted none of its lines when they came. Pure.

Units that wait come first, those given up for lost last of them; then units of the same sale that
no document holds; and what is above all that was sold becomes a line that is worth nothing and
holds nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import count

from chalicelib.core import runs
from chalicelib.core.errors import Conflict, FieldError, Invalid
from chalicelib.core.gtins import same_gtin
from chalicelib.core.money import Money
from chalicelib.core.runs import Run, Runs
from chalicelib.inventory.model import Account, Transfer
from chalicelib.inventory.posting import relabelled
from chalicelib.orders import returnable
from chalicelib.orders.model import HolderKind, LineKind, Order, OrderLine
from chalicelib.orders.value import Paid, paid_by_line
from chalicelib.returns.finding import with_credit_open
from chalicelib.returns.holding import held_again, names_units
from chalicelib.returns.lifecycle import is_receivable
from chalicelib.returns.model import (
    Authorization,
    InspectionResult,
    Logistics,
    Resolution,
    Return,
    ReturnLine,
    UnitGroup,
)
from chalicelib.returns.sold_units import line_of_sale
from chalicelib.returns.units import ON_THE_WAY, PENDING, joined, move, units_where
from chalicelib.settlement.model import SettlementState

_UNDECIDED = PENDING | {Authorization.DRAFT}
_GTIN = "gtin:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """Units in hand: what they are, and where they lie. A `sku` may be `gtin:` and the number."""

    sku: str
    quantity: int
    warehouse: str
    gtin: str | None = None
    lot: str | None = None
    serials: tuple[str, ...] = ()
    expires_on: date | None = None

    def are(self, sku: str, gtin: str | None) -> bool:
        """Whether a line of this SKU and GTIN is about such goods."""
        if self.sku.startswith(_GTIN):
            return same_gtin(gtin, self.gtin)
        return sku == self.sku


@dataclass(slots=True)
class TakenIn:
    """The return (and order) with the goods received, and which units they are, by line.

    `before` is the return without them, `again` are units that it had given up, and `above` counts
    the ones that were never sold. `arrivals` take them from the customer to receiving, each unit at
    its own cost. Neither document gets a new version here.
    """

    before: Return
    ret: Return
    order: Order | None
    goods: Goods
    left: int
    units: dict[str, Runs] = field(default_factory=dict)
    again: dict[str, Runs] = field(default_factory=dict)
    above: int = 0
    is_order_changed: bool = False
    arrivals: list[Transfer] = field(default_factory=list)


def taken_in(ret: Return, order: Order | None, goods: Goods, line_no: str | None) -> TakenIn:
    """The goods as units of the return, of the named line only or of any line that is about them.

    Raises Conflict `return_not_decided` while somebody still has to decide about such units, and
    `never_submitted` where it names none.
    """
    if not names_units(ret):
        raise Conflict(
            "never_submitted",
            "It was never submitted as it stands, so nothing of it can come: name another return.",
            return_id=ret.return_id,
        )
    lines = _candidates(ret, goods, line_no)
    undecided = [group for line in lines for group in line.groups if _is_undecided(group)]
    if undecided or all(_is_undecided(group) for group in ret.groups()):
        raise Conflict(
            "return_not_decided",
            "Decide about the return first: its units still wait for that.",
            return_id=ret.return_id,
        )
    taking = TakenIn(before=ret, ret=ret, order=order, goods=goods, left=goods.quantity)
    for states in (ON_THE_WAY, frozenset({Logistics.LOST})):
        for line in lines:
            _take_waiting(taking, line.line_no, states)
    for sold in _sold_lines(order, goods, lines if line_no is not None else None):
        _take_further(taking, sold)
    if taking.left:
        _take_above(taking, lines)
    for taken_no, units in taking.units.items():
        _arrive(taking, _line(taking.ret, taken_no), units)
    return taking


def _arrive(taking: TakenIn, line: ReturnLine, units: Runs) -> None:
    """Under the lot they left in; where the sale does not say which it was, the goods do."""
    goods = taking.goods
    for group in line.groups:
        part = runs.common(group.units, units)
        if not part:
            continue
        lot = goods.lot if group.lot is None else group.lot
        sold = Transfer(
            warehouse=goods.warehouse,
            sku=line.goods,
            lot=group.lot,
            quantity=runs.size(part),
            origin=Account.CUSTOMER,
            target=Account.RECEIVING,
            unit_cost=line.unit_cost,
            serials=_serials_of(line, part),
        )
        read = goods.expires_on if lot == goods.lot else None
        taking.arrivals.extend(relabelled(sold, lot, read))
    unnamed = runs.common(units, units_where(line, lambda group: group.lot is None))
    if unnamed and goods.lot is not None:
        taking.ret = taking.ret.with_line(move(line, unnamed, lot=goods.lot))


def cost_on(order: Order | None, goods: Goods) -> Money | None:
    """What one unit of such goods cost when it was sold on this order, where that is known."""
    for sold in order.lines if order is not None else ():
        if goods.are(sold.sku, sold.gtin) and sold.unit_cost is not None:
            return sold.unit_cost
    return None


def _is_undecided(group: UnitGroup) -> bool:
    return group.authorization in _UNDECIDED


def _candidates(ret: Return, goods: Goods, line_no: str | None) -> list[ReturnLine]:
    if line_no is None:
        return [line for line in ret.lines if goods.are(line.goods, line.gtin)]
    line = ret.line(line_no)
    if line is None:
        message = f"No line {line_no}."
        raise Invalid(
            "unknown_line",
            message,
            errors=[FieldError(pointer="/line_no", code="unknown_line", message=message)],
        )
    # Goods known by a GTIN only may belong to a line that never heard of it: a person says so.
    if not goods.are(line.goods, line.gtin or goods.gtin):
        raise Conflict(
            "goods_differ",
            f"Line {line_no} is about {line.goods}, the goods are {goods.sku}.",
            line_no=line_no,
            sku=line.goods,
            goods=goods.sku,
        )
    return [line]


def _sold_lines(
    order: Order | None, goods: Goods, only: Sequence[ReturnLine] | None
) -> Iterator[OrderLine]:
    """Lines of the order whose units the goods may be: of the named lines, or of the same SKU."""
    if order is None:
        return
    named = None if only is None else {line.order_line_no for line in only}
    for sold in order.lines:
        is_wanted = goods.are(sold.sku, sold.gtin) if named is None else sold.line_no in named
        if is_wanted and sold.kind is LineKind.GOODS:
            yield sold


def _take_waiting(taking: TakenIn, line_no: str, states: frozenset[Logistics]) -> None:
    line = _line(taking.ret, line_no)
    waiting = units_where(line, lambda group: is_receivable(group) and group.logistics in states)
    units = _best(line, waiting, taking)
    moved = move(
        with_credit_open(line, units),
        units,
        logistics=Logistics.RECEIVED,
        warehouse=taking.goods.warehouse,
        account=Account.RECEIVING,
    )
    _keep(taking, moved, units)


def _best(line: ReturnLine, waiting: Runs, taking: TakenIn) -> Runs:
    """As many as are left: those of the goods' serials and lot first."""
    of_serials = runs.of_ordinals(
        sorted(int(no) for no, serial in line.serials.items() if serial in taking.goods.serials)
    )
    of_lot = units_where(line, lambda group: group.lot == taking.goods.lot)
    chosen: Runs = ()
    for wanted in (of_serials, of_lot, waiting):
        pool = runs.minus(runs.common(waiting, wanted), chosen)
        taken = runs.lowest(pool, min(runs.size(pool), taking.left - runs.size(chosen)))
        chosen = runs.merged((*chosen, *taken))
    return chosen


def _take_further(taking: TakenIn, sold: OrderLine) -> None:
    """Units that no document holds: those that this return gave up, others, those it was refused.

    What the return gave up is most likely what turned up now; what a reviewer rejected comes last.
    """
    assert taking.order is not None, "sold lines are of an order"
    free, goods = returnable.free(taking.order, sold), taking.goods
    given_up = _united(part for _, part in _named(taking, sold, rejected=False))
    refused = _united(part for _, part in _named(taking, sold, rejected=True))
    # A replacement may come for units that were replaced, and for no others.
    others = free if goods.are(sold.sku, sold.gtin or goods.gtin) else ()
    of_serials = _of_serials(taking.order, sold, goods)
    pools = (
        (runs.common(free, given_up), _take_again),
        (runs.minus(runs.minus(others, given_up), refused), _take_new),
        (runs.common(free, runs.minus(refused, given_up)), _take_again),
    )
    for pool, take in pools:
        for wanted in (runs.common(pool, of_serials), runs.minus(pool, of_serials)):
            units = runs.lowest(wanted, min(runs.size(wanted), taking.left))
            if units:
                take(taking, sold, units)


def _named(taking: TakenIn, sold: OrderLine, *, rejected: bool) -> list[tuple[str, Runs]]:
    """The units of a sold line that each line of the return names, rejected ones or the others.

    Only lines that are about the goods which came: for some units others may be expected.
    """
    goods = taking.goods
    return [
        (
            line.line_no,
            units_where(
                line, lambda group: (group.authorization is Authorization.REJECTED) is rejected
            ),
        )
        for line in taking.ret.lines
        if line.order_line_no == sold.line_no
        and goods.are(line.goods, line.gtin if line.received_as else line.gtin or goods.gtin)
    ]


def _united(parts: Iterable[Runs]) -> Runs:
    """All units of the parts, which may overlap."""
    found: Runs = ()
    for part in parts:
        found = runs.merged((*found, *runs.minus(part, found)))
    return found


def _of_serials(order: Order, sold: OrderLine, goods: Goods) -> Runs:
    known = returnable.serials_by_ordinal(order, sold.line_no)
    return runs.of_ordinals(no for no, serial in known.items() if serial in goods.serials)


def _take_again(taking: TakenIn, sold: OrderLine, units: Runs) -> None:
    """Units that the return named before: whatever became of them then, they are here now."""
    assert taking.order is not None, "sold lines are of an order"
    places = [
        place for rejected in (False, True) for place in _named(taking, sold, rejected=rejected)
    ]
    for line_no, named in places:
        part = runs.common(units, named)
        if not part:
            continue
        units = runs.minus(units, part)
        taking.order, taking.ret, part = held_again(
            taking.order,
            taking.ret,
            line_no,
            part,
            authorization=Authorization.APPROVED,
            logistics=Logistics.RECEIVED,
            inspection=InspectionResult.PENDING,
            disposition=None,
            grade=None,
            fault=None,
            credit=None,
            settlement=SettlementState.NONE,
            refusal_code=None,
            warehouse=taking.goods.warehouse,
            account=Account.RECEIVING,
            ended_after_approval=False,
        )
        taking.is_order_changed = True
        taking.again[line_no] = runs.merged((*taking.again.get(line_no, ()), *part))
        _keep(taking, _line(taking.ret, line_no), part)


def _take_new(taking: TakenIn, sold: OrderLine, units: Runs) -> None:
    """Units that the return did not name: more of one of its lines, or a line of their own."""
    order, ret = taking.order, taking.ret
    assert order is not None, "sold lines are of an order"
    lines = [one for one in ret.lines if one.order_line_no == sold.line_no]
    # Nobody asked for these units, so nothing was promised or given in exchange for them.
    plain = (one for one in lines if one.resolution is not Resolution.EXCHANGE)
    line = next((one for one in plain if one.received_as is None), None)
    no, reason = (line.line_no, line.reason) if line else (_next_line_no(ret), ret.lines[0].reason)
    place, paid = _received(units, None, taking.goods), paid_by_line(order)[sold.line_no]
    more = line_of_sale(order, sold, no, reason, units, place, paid)
    if line is None:
        line = more
        taking.ret = replace(ret, lines=(*ret.lines, line))
    else:
        serials = {**line.serials, **more.serials}
        line = replace(line, groups=joined([*line.groups, *more.groups]), serials=serials)
    taking.order = returnable.reserve(
        order, sold.line_no, holder_id=ret.return_id, kind=HolderKind.RETURN, units=units
    )
    taking.is_order_changed = True
    _keep(taking, line, units)


def _take_above(taking: TakenIn, lines: Sequence[ReturnLine]) -> None:
    """Units that were never sold: worth nothing, so nothing can be paid for them by mistake."""
    goods, nothing = taking.goods, Money.zero(taking.ret.currency)
    like = next(iter(lines), None)
    known = like.unit_cost if like is not None else None
    units = (Run(1, taking.left),)
    line = ReturnLine(
        line_no=_next_line_no(taking.ret),
        sku=like.goods if like is not None else goods.sku,
        name=like.name if like is not None else goods.sku,
        gtin=goods.gtin,
        category=like.category if like is not None else None,
        supplier_id=like.supplier_id if like is not None else None,
        reason=like.reason if like is not None else "OTHER",
        unit_cost=known or cost_on(taking.order, goods),
        paid=Paid(net=nothing, tax=nothing),
        sold=taking.left,
        serials={str(no): serial for no, serial in enumerate(goods.serials[: taking.left], 1)},
        groups=(_received(units, goods.lot, goods),),
    )
    taking.ret = replace(taking.ret, lines=(*taking.ret.lines, line))
    taking.above = taking.left
    _keep(taking, line, units)


def _next_line_no(ret: Return) -> str:
    return next(str(no) for no in count(len(ret.lines) + 1) if ret.line(str(no)) is None)


def _received(units: Runs, lot: str | None, goods: Goods) -> UnitGroup:
    return UnitGroup(
        units=units,
        lot=lot,
        authorization=Authorization.APPROVED,
        logistics=Logistics.RECEIVED,
        warehouse=goods.warehouse,
        account=Account.RECEIVING,
    )


def _keep(taking: TakenIn, line: ReturnLine, units: Runs) -> None:
    """Note the units of a line that are received now."""
    if not units:
        return
    taking.ret = taking.ret.with_line(line)
    before = taking.units.get(line.line_no, ())
    taking.units[line.line_no] = runs.merged((*before, *units))
    taking.left -= runs.size(units)


def _line(ret: Return, line_no: str) -> ReturnLine:
    line = ret.line(line_no)
    assert line is not None, "lines do not vanish"
    return line


def _serials_of(line: ReturnLine, units: Runs) -> tuple[str, ...]:
    return tuple(
        serial for ordinal, serial in line.serials.items() if runs.holds(units, int(ordinal))
    )
