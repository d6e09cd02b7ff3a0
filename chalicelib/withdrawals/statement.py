"""Which units of an order a declaration means.

Pure. A buyer names the whole order, lines, or goods; what may be taken without asking anybody is
what was shipped and is held by no document. All else is for a person, with the reason.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from chalicelib.core import runs
from chalicelib.core.runs import Runs
from chalicelib.orders import kits, returnable
from chalicelib.orders.model import HolderKind, LineKind, Order, OrderLine
from chalicelib.returns.model import Return
from chalicelib.withdrawals.model import StatedLine, Unmatched

UnitsOfOrder = Mapping[str, Runs]
"""By line number of the order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """These units, all of them free."""

    units: UnitsOfOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """It says what the withdrawal `first` said before.

    `is_certain` False: as many units are still free, and it may mean them.
    """

    first: str
    is_certain: bool


Understood = Meant | Again | Unmatched


def understood(order: Order, stated: Sequence[StatedLine], holders: Sequence[Return]) -> Understood:
    """What the declaration means now; `holders` are the returns that hold units of the order."""
    wanted = wanted_of(order, stated)
    if isinstance(wanted, Unmatched):
        return wanted
    held = _Held.of(order, holders)
    if not stated:
        return _whole(order, wanted, held)
    first = held.same_as(wanted)
    lines = [(_line(order, line_no), quantity) for line_no, quantity in wanted.items()]
    is_free = all(returnable.returnable_quantity(order, line) >= q for line, q in lines)
    if first is not None:
        return Again(first=first, is_certain=not is_free)
    if is_free:
        return Meant(units={line.line_no: returnable.choose(order, line, q) for line, q in lines})
    if all(held.is_all_withdrawn(order, line) for line, _ in lines):
        return Again(first=held.first_of(wanted), is_certain=True)
    return Unmatched.UNITS_HELD


def wanted_of(order: Order, stated: Sequence[StatedLine]) -> dict[str, int] | Unmatched:
    """How many units of which lines are named; the parts of a kit where a kit is."""
    if not stated:
        wanted = {
            line.line_no: line.quantity for line in order.lines if line.kind is LineKind.GOODS
        }
    else:
        wanted = {}
        for one in stated:
            found = _of_line(order, one) if one.order_line_no else _of_goods(order, one, wanted)
            if found is None:
                return Unmatched.LINES_UNKNOWN
            for line_no, quantity in found:
                wanted[line_no] = wanted.get(line_no, 0) + quantity
    if not wanted or any(q > _line(order, no).quantity for no, q in wanted.items()):
        return Unmatched.LINES_UNKNOWN
    if any(q > order.shipped(no) for no, q in wanted.items()):
        return Unmatched.NOT_SHIPPED
    return wanted


def covers_order(order: Order, units: UnitsOfOrder) -> bool:
    """Whether these are all goods of the order."""
    return all(
        runs.size(units.get(line.line_no, ())) == line.quantity
        for line in order.lines
        if line.kind is LineKind.GOODS
    )


def _whole(order: Order, wanted: Mapping[str, int], held: "_Held") -> Understood:
    """All that is left: what earlier withdrawals took is withdrawn from already."""
    lines = [_line(order, line_no) for line_no in wanted]
    free = {line.line_no: units for line in lines if (units := returnable.free(order, line))}
    if any(not held.is_rest_withdrawn(line) for line in lines):
        return Unmatched.UNITS_HELD
    if not free:
        return Again(first=held.first_of(wanted), is_certain=True)
    return Meant(units=free)


@dataclass(slots=True)
class _Held:
    """Who holds units of the order: withdrawals, the earliest first, and others, by line."""

    by_withdrawal: dict[str, dict[str, int]] = field(default_factory=dict)
    by_others: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, order: Order, holders: Sequence[Return]) -> "_Held":
        withdrawn = [ret for ret in holders if ret.withdrawal_id is not None]
        withdrawn.sort(key=lambda ret: (ret.requested_at, ret.return_id))
        name_of = {ret.return_id: str(ret.withdrawal_id) for ret in withdrawn}
        made = cls(by_withdrawal={name: {} for name in name_of.values()})
        for line in order.lines:
            for one in line.reservations:
                is_ours = one.kind is HolderKind.RETURN and one.holder_id in name_of
                held = made.by_withdrawal[name_of[one.holder_id]] if is_ours else made.by_others
                held[line.line_no] = held.get(line.line_no, 0) + runs.size(one.units)
        return made

    def same_as(self, wanted: Mapping[str, int]) -> str | None:
        """The first withdrawal that took exactly this."""
        return next((name for name, held in self.by_withdrawal.items() if held == wanted), None)

    def is_rest_withdrawn(self, line: OrderLine) -> bool:
        """What is not free of the line is held by withdrawals alone."""
        return line.line_no not in self.by_others

    def is_all_withdrawn(self, order: Order, line: OrderLine) -> bool:
        return self.is_rest_withdrawn(line) and not returnable.free(order, line)

    def first_of(self, line_nos: Collection[str]) -> str:
        """The first withdrawal that holds any of these lines; there must be one."""
        return next(
            name
            for name, held in self.by_withdrawal.items()
            if not held.keys().isdisjoint(line_nos)
        )


def _of_line(order: Order, one: StatedLine) -> list[tuple[str, int]] | None:
    line = order.line(one.order_line_no or "")
    return None if line is None else [*kits.units_of(line, one.quantity)]


def _of_goods(
    order: Order, one: StatedLine, wanted: Mapping[str, int]
) -> list[tuple[str, int]] | None:
    """Units of the lines with this SKU: the free ones first, then others that were shipped."""
    lines = [line for line in order.lines if line.sku == one.sku]
    whole = [line for line in lines if line.kind is LineKind.KIT]
    if whole:
        # Which of several kits is meant, and whether kit or part, only a person can tell.
        is_clear = len(lines) == 1 and one.quantity <= whole[0].quantity
        return [*kits.units_of(whole[0], one.quantity)] if is_clear else None
    found: dict[str, int] = {}
    left = one.quantity
    for limit_of in (returnable.returnable_quantity, _shipped, _sold):
        for line in lines:
            taken = wanted.get(line.line_no, 0) + found.get(line.line_no, 0)
            count = min(left, max(0, limit_of(order, line) - taken))
            found[line.line_no] = found.get(line.line_no, 0) + count
            left -= count
    return None if left else [(line_no, count) for line_no, count in found.items() if count]


def _shipped(order: Order, line: OrderLine) -> int:
    return order.shipped(line.line_no)


def _sold(_: Order, line: OrderLine) -> int:
    return line.quantity


def _line(order: Order, line_no: str) -> OrderLine:
    line = order.line(line_no)
    assert line is not None, "found before"
    return line
