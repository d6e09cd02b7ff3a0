"""Money beside the goods of an exchange: how it falls on single units, and what of it is owed now.

A replacement may cost less than the units that it stands for, or was paid for on top. Whatever is
split over units is split by what was paid for each, so that parts always sum to the whole and no
unit is given more than it was paid for. docs/decisions/differences-of-an-exchange.md says why.
"""

from collections.abc import Iterable
from dataclasses import replace

from chalicelib.core import runs
from chalicelib.core.money import Money
from chalicelib.core.runs import Run, Runs
from chalicelib.returns.model import Return, ReturnLine, UnitGroup
from chalicelib.returns.units import units_where
from chalicelib.settlement.model import Difference, SettlementState, standing


def share_of(line: ReturnLine, units: Runs, whole: Money, part: Runs) -> Money:
    """What of an amount for these units falls on `part` of them, by what each was paid for.

    Floors of a running sum: the shares of any parts sum to the whole; where the whole is at most
    (or at least) the value of the units, so is each share for its own.
    """
    value = line.value_of(units).minor
    count = runs.size(units)

    def upto(ordinal: int) -> int:
        if ordinal == 0:
            return 0
        below = runs.common(units, (Run(1, ordinal),))
        if value == 0:
            return whole.minor * runs.size(below) // count
        return whole.minor * line.value_of(below).minor // value

    inside = runs.common(units, part)
    minor = sum(upto(run.last) - upto(run.first - 1) for run in inside)
    return Money(minor, whole.currency)


def of_units(line: ReturnLine, one: Difference, part: Runs) -> Money:
    """What of a difference falls on these of its units."""
    sign = 1 if one.on_top else -1
    price = line.value_of(one.units) + one.amount * sign
    inside = runs.common(one.units, part)
    return (share_of(line, one.units, price, inside) - line.value_of(inside)) * sign


def differences_due(ret: Return) -> tuple[Difference, ...]:
    """What is owed beside goods and in no settlement yet: of units that are accepted by now."""
    found = (_left(ret, one) for one in ret.differences)
    return tuple(one for one in found if one.amount)


def differences_unpaid(ret: Return) -> tuple[Difference, ...]:
    """What is owed beside goods and the customer does not have yet."""
    finished = replace(ret, settlements=tuple(one for one in ret.settlements if one.is_finished))
    found = (_left(finished, one) for one in ret.differences)
    return tuple(one for one in found if one.amount)


def without_units(ret: Return, exchange_id: str, units: Runs) -> tuple[Difference, ...]:
    """The return's differences after these units keep what was sold: what is settled stays."""
    kept: list[Difference] = []
    for one in ret.differences:
        if one.exchange_id != exchange_id or one.on_top or not runs.common(one.units, units):
            kept.append(one)
            continue
        line = ret.line(one.line_no)
        assert line is not None, "lines do not vanish"
        settled = _settled_units(ret, one)
        for part in (settled, runs.minus(runs.minus(one.units, units), settled)):
            if part:
                kept.append(replace(one, units=part, amount=of_units(line, one, part)))
    return tuple(kept)


def with_on_top(
    ret: Return, exchange_id: str, line_no: str, amount: Money, reference: str
) -> Return:
    """The return owing so much in all of what was paid on top, whatever comes back."""
    kept = tuple(
        one
        for one in ret.differences
        if one.exchange_id != exchange_id or not one.on_top or one.units
    )
    owed = Difference(
        exchange_id=exchange_id,
        line_no=line_no,
        units=(),
        amount=amount,
        on_top=True,
        reference=reference,
    )
    return replace(ret, differences=(*kept, owed) if amount else kept)


def given_beside(ret: Return, line_nos: Iterable[str]) -> Money:
    """What was given beside a replacement for units of these lines that came to keep what was sold.

    They are paid back at what was paid for them, less this.
    """
    total = Money.zero(ret.currency)
    for line_no in line_nos:
        line = ret.line(line_no)
        if line is None or line.received_as is None:
            continue
        mine = units_where(line, lambda _: True)
        for one in _settled(ret):
            other = ret.line(one.line_no)
            assert other is not None, "lines do not vanish"
            if not one.on_top and other.order_line_no == line.order_line_no:
                total = total + of_units(line, one, mine)
    return total


def _left(ret: Return, one: Difference) -> Difference:
    """The part of it that is owed now and that no settlement of the return pays."""
    if not one.units:
        paid = Money.total(
            (done.amount for done in _settled(ret) if _is_of(done, one)), ret.currency
        )
        return replace(one, amount=max(one.amount - paid, Money.zero(ret.currency)))
    line = ret.line(one.line_no)
    assert line is not None, "lines do not vanish"
    accepted = units_where(line, lambda group: _is_accepted(group, on_top=one.on_top))
    units = runs.minus(runs.common(one.units, accepted), _settled_units(ret, one))
    return replace(one, units=units, amount=of_units(line, one, units))


def _is_accepted(group: UnitGroup, *, on_top: bool) -> bool:
    """What came back counts; of a replacement that was kept, as long as nothing else was given."""
    is_kept_instead = on_top or group.settlement is not SettlementState.NONE
    return group.credit is True and is_kept_instead


def _settled(ret: Return) -> list[Difference]:
    return [part for one in standing(ret.settlements) for part in one.differences]


def _settled_units(ret: Return, one: Difference) -> Runs:
    return runs.merged(run for done in _settled(ret) if _is_of(done, one) for run in done.units)


def _is_of(done: Difference, one: Difference) -> bool:
    """Whether a settlement's part is of this difference: units of one line are settled once."""
    is_same = (done.exchange_id, done.line_no, done.on_top) == (
        one.exchange_id,
        one.line_no,
        one.on_top,
    )
    return is_same and bool(done.units) == bool(one.units)
