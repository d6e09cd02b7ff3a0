"""The customer keeps what was sold and sends the replacement back instead.

The units of the order stay held once, by the return: they are expected as the replacement from now
on, and paid back at what was paid for them, less what was given beside the replacement. What was
paid on top goes back once it is accepted. Nothing is counted twice.
"""

from dataclasses import dataclass, replace

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict
from chalicelib.core.events import Context, Journal
from chalicelib.core.runs import Runs
from chalicelib.exchanges.model import Exchange
from chalicelib.exchanges.ports import ExchangeReader
from chalicelib.exchanges.pricing import worth_of
from chalicelib.exchanges.promising import facts
from chalicelib.exchanges.sending import found
from chalicelib.exchanges.stock import Stock
from chalicelib.returns.differences import without_units
from chalicelib.returns.facts import header, line_facts
from chalicelib.returns.falling_due import fallen_due
from chalicelib.returns.model import Authorization, Resolution, Return, ReturnLine, UnitGroup
from chalicelib.returns.units import ON_THE_WAY, joined, units_where
from chalicelib.settlement.model import Difference, SettlementState


@dataclass(frozen=True, slots=True, kw_only=True)
class Unexchange:
    """How many replacements come back; None: one for every unit that is still expected."""

    quantity: int | None = None


def unexchange(
    reads: ExchangeReader, exchange_id: str, command: Unexchange, context: Context
) -> Decided[Exchange]:
    """Expect the replacement. Raises Conflict above the units that are not back yet."""
    exchange, ret = found(reads, exchange_id, "unexchange", context)
    line = ret.line(exchange.line_no)
    assert line is not None, "lines do not vanish"
    expected = _still_replaced(exchange, line)
    wanted = runs.size(expected) if command.quantity is None else command.quantity
    if not 1 <= wanted <= runs.size(expected):
        raise Conflict(
            "not_to_unexchange",
            f"{runs.size(expected)} of the exchanged units are still expected back.",
            exchange_id=exchange.exchange_id,
            expected=runs.size(expected),
        )
    units = runs.highest(expected, wanted)
    ret = replace(ret, differences=without_units(ret, exchange.exchange_id, units))
    ret, changed = _expecting(ret, line, units, exchange)
    ret, line = _with_on_top(ret, changed, units, exchange), changed
    ret = replace(ret, version=ret.version + 1, updated_at=context.now)
    told = Journal(ret.subject, ret.chain, context)
    told.record(
        "return.unexchanged",
        {
            **header(ret),
            "exchange_id": exchange.exchange_id,
            "replacement_sku": exchange.replacement_sku,
            "lines": [line_facts(line, units)],
        },
    )
    ret = fallen_due(ret, context.now, told)
    ret = replace(ret, chain=told.chain)
    after = replace(
        exchange, unexchanged=True, updated_at=context.now, version=exchange.version + 1
    )
    journal = Journal(exchange.subject, exchange.chain, context)
    journal.record("exchange.unexchanged", facts(after, None, returning=runs.as_text(units)))
    after = replace(after, chain=journal.chain)
    return Decided(
        result=after,
        changes=Changes(records=(after, ret), events=(*journal.events, *told.events)),
    )


def _still_replaced(exchange: Exchange, line: ReturnLine) -> Runs:
    """The units that are expected back; none of a line that its replacement is expected for."""
    if line.received_as is not None:
        return ()
    _require_decided(exchange, line)
    return runs.common(exchange.units, units_where(line, _is_expected))


def _is_expected(group: UnitGroup) -> bool:
    """Still with the customer or under way, and replaced."""
    return _is_to_come(group) and group.settlement in _REPLACED


def _is_to_come(group: UnitGroup) -> bool:
    is_approved = group.authorization is Authorization.APPROVED
    return is_approved and group.logistics in ON_THE_WAY


_REPLACED = frozenset({SettlementState.APPROVED, SettlementState.SETTLED})
"""APPROVED: what the replacement cost less is owed once the unit is accepted."""


def _require_decided(exchange: Exchange, line: ReturnLine) -> None:
    """Raises Conflict while money beside the replacement is under way: it may still be declined."""
    moving = units_where(
        line,
        lambda group: (
            _is_to_come(group) and group.settlement not in _REPLACED | {SettlementState.NONE}
        ),
    )
    if runs.common(exchange.units, moving):
        raise Conflict(
            "difference_under_way",
            "What the replacement cost less is being paid back: see its settlement first.",
            exchange_id=exchange.exchange_id,
            units=runs.as_text(runs.common(exchange.units, moving)),
        )


def _with_on_top(ret: Return, line: ReturnLine, units: Runs, exchange: Exchange) -> Return:
    """The return owing what was paid on top for these units, once their replacement is accepted."""
    more = worth_of(exchange, line, units).more
    if exchange.paid is None or not more:
        return ret
    owed = Difference(
        exchange_id=exchange.exchange_id,
        line_no=line.line_no,
        units=units,
        amount=more,
        on_top=True,
        reference=exchange.paid.reference,
    )
    return replace(ret, differences=(*ret.differences, owed))


def _expecting(
    ret: Return, line: ReturnLine, units: Runs, exchange: Exchange
) -> tuple[Return, ReturnLine]:
    """The return with these units on a line of goods like the replacement.

    Where the line has other units too, theirs stay what they are: the others get a line beside it.
    """
    inside = [_part(group, units) for group in line.groups]
    changed = replace(
        line,
        groups=_as_sent([group for group in inside if group is not None], units, exchange.stock),
        received_as=exchange.replacement_sku,
        resolution=Resolution.REFUND,
        unit_cost=exchange.stock[0].unit_cost,
        gtin=line.gtin if exchange.replacement_sku == line.sku else None,
        serials={},
    )
    others = [_part(group, runs.minus(group.units, units)) for group in line.groups]
    rest = [group for group in others if group is not None]
    if not rest:
        return ret.with_line(changed), changed
    kept = replace(
        line,
        groups=joined(rest),
        serials={
            ordinal: serial
            for ordinal, serial in line.serials.items()
            if not runs.common(units, runs.of_ordinals([int(ordinal)]))
        },
    )
    changed = replace(changed, line_no=_free_number(ret))
    ret = ret.with_line(kept)
    return _decided_alike(replace(ret, lines=(*ret.lines, changed)), line, changed), changed


def _decided_alike(ret: Return, line: ReturnLine, other: ReturnLine) -> Return:
    """What was decided about the line holds for the other one: fees, and when money is due."""
    if ret.decision is None:
        return ret
    copies = [
        replace(one, line_no=other.line_no)
        for one in ret.decision.lines
        if one.line_no == line.line_no
    ]
    decision = replace(ret.decision, lines=(*ret.decision.lines, *copies))
    return replace(ret, decision=decision)


def _part(group: UnitGroup, units: Runs) -> UnitGroup | None:
    inside = runs.common(group.units, units)
    return replace(group, units=inside) if inside else None


def _as_sent(groups: list[UnitGroup], units: Runs, stock: Stock) -> tuple[UnitGroup, ...]:
    """The groups owed their money again, each unit of the lot that its replacement left in."""
    sent: list[UnitGroup] = []
    left = units
    for part in reversed(stock):
        mine = runs.highest(left, min(part.quantity, runs.size(left)))
        left = runs.minus(left, mine)
        for group in groups:
            inside = _part(group, mine)
            if inside is not None:
                sent.append(replace(inside, lot=part.lot, settlement=SettlementState.NONE))
    return joined(sent)


def _free_number(ret: Return) -> str:
    taken = {line.line_no for line in ret.lines}
    return next(str(no) for no in range(1, len(taken) + 2) if str(no) not in taken)
