"""What becomes of a promise when the units that it stood for do not come back after all.

For the commands that release units of a return (cancel, expire, short-close, refuse, ship-back) and
for units that are denied: called in their write, with the return as they leave it.
"""

from collections.abc import Mapping
from dataclasses import replace

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Record
from chalicelib.core.errors import Conflict
from chalicelib.core.events import Context, Event, Journal
from chalicelib.core.runs import Runs
from chalicelib.exchanges.model import SENT, UNITS_ENDED, Exchange, ExchangeState
from chalicelib.exchanges.on_top import owed_on_top
from chalicelib.exchanges.ports import PromiseReader
from chalicelib.exchanges.pricing import state_of_promise, with_units
from chalicelib.exchanges.promising import Promised, facts, of_line, settled_without
from chalicelib.exchanges.stock import movement, split, transfers
from chalicelib.inventory.model import Account
from chalicelib.returns.model import Return, ReturnLine
from chalicelib.returns.units import units_where


def released_exchanges(
    reads: PromiseReader, ret: Return, ended: Mapping[str, Runs], context: Context
) -> Promised:
    """Free the stock that was promised for these units (by line number of the return).

    An exchange that stands for nothing any more is cancelled. Raises Conflict
    `replacement_shipped` for units whose replacement left: they cannot be taken back as if nothing
    had been given for them. `unreplaced` says beforehand which others there are.
    """
    records: list[Record] = []
    events: list[Event] = []
    for line in ret.lines:
        units = ended.get(line.line_no, ())
        if not units or line.exchange_id is None:
            continue
        after: list[Exchange] = []
        for exchange in of_line(reads, line):
            hit = runs.common(exchange.units, units)
            if not hit or exchange.state is ExchangeState.CANCELLED:
                after.append(exchange)
                continue
            if exchange.state in SENT:
                raise _shipped(line, exchange, hit)
            smaller, event, posted = _without(exchange, line, hit, context)
            ret, tasks = owed_on_top(ret, smaller, context)
            records += [smaller, posted, *tasks]
            events.append(event)
            after.append(smaller)
        ret = ret.with_line(settled_without(line, after))
    return Promised(ret=ret, changes=Changes(records=tuple(records), events=tuple(events)))


def replaced_units(reads: PromiseReader, line: ReturnLine) -> Runs:
    """The units of a line whose replacement has left: they come back, or are lost."""
    sent = [
        run for exchange in of_line(reads, line) if exchange.state in SENT for run in exchange.units
    ]
    return runs.common(units_where(line, lambda _: True), sent)


def unreplaced(reads: PromiseReader, ret: Return, units: Mapping[str, Runs]) -> dict[str, Runs]:
    """Those of the units (by line number) whose replacement has not left; lines without any go."""
    left = {
        line.line_no: runs.minus(units[line.line_no], replaced_units(reads, line))
        for line in ret.lines
        if units.get(line.line_no)
    }
    return {line_no: part for line_no, part in left.items() if part}


def _without(
    exchange: Exchange, line: ReturnLine, hit: Runs, context: Context
) -> tuple[Exchange, Event, Record]:
    """The exchange without these units, and their stock back on the shelf."""
    left = runs.minus(exchange.units, hit)
    kept, freed = split(exchange.stock, runs.size(left))
    # One that is cancelled still says what it was for.
    smaller = with_units(exchange, line, left) if left else exchange
    smaller = replace(
        smaller,
        stock=kept,
        state=state_of_promise(smaller) if left else ExchangeState.CANCELLED,
        reason=None if left else UNITS_ENDED,
        updated_at=context.now,
        version=exchange.version + 1,
    )
    moved = transfers(
        freed,
        warehouse=exchange.warehouse,
        sku=exchange.replacement_sku,
        origin=Account.RESERVED,
        target=Account.AVAILABLE,
    )
    posted = movement(moved, exchange.subject, context)
    journal = Journal(exchange.subject, exchange.chain, context)
    if left:
        journal.record("exchange.reduced", facts(smaller, posted, released=runs.as_text(hit)))
    else:
        journal.record("exchange.cancelled", facts(smaller, posted, reason=UNITS_ENDED))
    return replace(smaller, chain=journal.chain), journal.events[0], posted


def _shipped(line: ReturnLine, exchange: Exchange, units: Runs) -> Conflict:
    return Conflict(
        "replacement_shipped",
        f"The replacement of units {runs.as_text(units)} of line {line.line_no} has left.",
        line_no=line.line_no,
        exchange_id=exchange.exchange_id,
        units=runs.as_text(units),
    )
