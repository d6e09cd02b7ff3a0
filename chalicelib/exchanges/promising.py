"""A promise of other goods, made in the write that approves the units which they stand for.

The units stay held by the return, so an exchange never takes a second one of the order.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Record
from chalicelib.core.errors import Conflict, FieldError, Invalid
from chalicelib.core.events import Chain, Context, Event, Journal, Json
from chalicelib.core.ids import derived_id
from chalicelib.core.runs import Runs
from chalicelib.exchanges.model import PROMISED, Exchange
from chalicelib.exchanges.ports import PromiseReader, PromisingReader
from chalicelib.exchanges.pricing import (
    Stated,
    Worth,
    awaiting_payment,
    check_stated,
    replacement_of,
    worth_when_promised,
)
from chalicelib.exchanges.stock import Available, movement, transfers
from chalicelib.inventory.model import Account, Movement
from chalicelib.returns.facts import money
from chalicelib.returns.model import Authorization, Resolution, Return, ReturnLine
from chalicelib.returns.units import PENDING
from chalicelib.settlement.model import SettlementState


@dataclass(frozen=True, slots=True, kw_only=True)
class Promised:
    """The return with its lines linked, and what else is written."""

    ret: Return
    changes: Changes


def promised(
    reads: PromisingReader,
    ret: Return,
    approved: Mapping[str, Runs],
    context: Context,
    *,
    without: frozenset[str] = frozenset(),
    stated: Stated | None = None,
) -> Promised:
    """Reserve the replacement of every unit that is approved now and is to be exchanged.

    Lines in `without` are paid back instead, as are goods that nobody bought and all of a
    withdrawal. Raises Conflict `replacement_out_of_stock` and `replacement_price_required`. `ret`
    is the return as it will be written by whoever approves.
    """
    _check(ret, without)
    stated = stated or Stated()
    check_stated(ret, stated)
    wanted = [
        line
        for line in ret.lines
        if line.resolution is Resolution.EXCHANGE and approved.get(line.line_no)
    ]
    records: list[Record] = []
    events: list[Event] = []
    available = None
    for line in wanted:
        is_paid_back = line.line_no in without or ret.withdrawal_id is not None
        if is_paid_back or line.order_line_no is None:
            ret = ret.with_line(replace(line, resolution=Resolution.REFUND))
            continue
        available = available or Available(reads, _warehouse(ret), ret.currency)
        units = approved[line.line_no]
        worth = worth_when_promised(reads, line, units, stated)
        exchange, event, posted = _reserved(available, ret, line, units, worth, context)
        records += [exchange, posted]
        events.append(event)
        ret = ret.with_line(replace(line, exchange_id=exchange.exchange_id))
    return Promised(ret=ret, changes=Changes(records=tuple(records), events=tuple(events)))


def _reserved(
    available: Available,
    ret: Return,
    line: ReturnLine,
    units: Runs,
    worth: Worth,
    context: Context,
) -> tuple[Exchange, Event, Record]:
    assert line.order_line_no is not None, "left aside before"
    assert ret.order_no is not None, "what is exchanged was bought on an order"
    sku = replacement_of(line)
    stock = available.take(
        sku,
        runs.size(units),
        unit_cost=line.unit_cost if sku == line.sku else None,
        line_no=line.line_no,
    )
    exchange = Exchange(
        exchange_id=exchange_id_for(ret, line.line_no, context),
        return_id=ret.return_id,
        return_number=ret.number,
        order_no=ret.order_no,
        customer_id=ret.customer_id,
        line_no=line.line_no,
        order_line_no=line.order_line_no,
        original_sku=line.sku,
        replacement_sku=sku,
        units=units,
        warehouse=available.warehouse,
        stock=stock,
        value=worth.value,
        price=worth.price,
        unit_price=worth.each,
        opened_at=context.now,
        updated_at=context.now,
        previous_id=line.exchange_id,
    )
    exchange = awaiting_payment(exchange, ret.deadline_terms, context.now)
    moved = transfers(
        stock,
        warehouse=available.warehouse,
        sku=sku,
        origin=Account.AVAILABLE,
        target=Account.RESERVED,
    )
    posted = movement(moved, exchange.subject, context)
    journal = Journal(exchange.subject, Chain(), context)
    journal.record("exchange.reserved", facts(exchange, posted))
    return replace(exchange, chain=journal.chain), journal.events[0], posted


def why_not_promised(code: str) -> str:
    """Why a person decides about a request that a rule could not promise anything for."""
    is_unpriced = code == "replacement_price_required"
    return "replacement_price_missing" if is_unpriced else "too_little_stock"


def exchange_id_for(ret: Return, line_no: str, context: Context) -> str:
    """`exg_<the return's own part>_<line and command>`: leads to its return without a look-up."""
    own = ret.return_id.removeprefix("ret_")
    return f"exg_{own}_{derived_id('x', context.command_id, line_no)[2:14]}"


def return_id_of(exchange_id: str) -> str | None:
    """The return that an exchange id belongs to, or None for another form."""
    parts = exchange_id.split("_")
    return f"ret_{parts[1]}" if len(parts) == 3 and parts[0] == "exg" else None


def of_line(reads: PromiseReader, line: ReturnLine) -> Iterator[Exchange]:
    """The exchanges of a line, the latest first."""
    exchange_id = line.exchange_id
    while exchange_id is not None:
        exchange = reads.exchange(exchange_id)
        assert exchange is not None, "a line names its exchange"
        yield exchange
        exchange_id = exchange.previous_id


def settled_without(line: ReturnLine, exchanges: list[Exchange]) -> ReturnLine:
    """The line after one of its promises ended; `exchanges` are all of it as they are now.

    Where nothing is promised any more, units that got no replacement are paid back.
    """
    if line.resolution is not Resolution.EXCHANGE:
        return line
    if any(exchange.state in PROMISED for exchange in exchanges):
        return line
    states = {group.authorization for group in line.groups}
    has_unreplaced = any(
        group.settlement is SettlementState.NONE
        and group.authorization is not Authorization.REJECTED
        for group in line.groups
    )
    if states & PENDING or not has_unreplaced:
        return line
    return replace(line, resolution=Resolution.REFUND)


def facts(exchange: Exchange, posted: Movement | None, **more: Json) -> dict[str, Json]:
    """What events say of an exchange: references, quantities, states and what was moved."""
    return {
        "exchange_id": exchange.exchange_id,
        "return_id": exchange.return_id,
        "return_number": exchange.return_number,
        "order_no": exchange.order_no,
        "customer_id": exchange.customer_id,
        "line_no": exchange.line_no,
        "order_line_no": exchange.order_line_no,
        "original_sku": exchange.original_sku,
        "replacement_sku": exchange.replacement_sku,
        "quantity": exchange.quantity,
        "units": runs.as_text(exchange.units),
        "warehouse": exchange.warehouse,
        "value": money(exchange.value) if exchange.value is not None else None,
        "price": money(exchange.price) if exchange.price is not None else None,
        "state": exchange.state.value,
        "movement_id": posted.movement_id if posted else None,
        "version": exchange.version,
        **more,
    }


def _warehouse(ret: Return) -> str:
    if ret.warehouse is None:
        raise Conflict(
            "warehouse_required", "Say to which warehouse the return goes: its stock is promised."
        )
    return ret.warehouse


def _check(ret: Return, without: frozenset[str]) -> None:
    unknown = sorted(
        line_no
        for line_no in without
        if (line := ret.line(line_no)) is None or line.resolution is not Resolution.EXCHANGE
    )
    if unknown:
        message = f"Line {unknown[0]} is not to be exchanged."
        fault = FieldError(pointer="/without_replacement", code="not_exchanged", message=message)
        raise Invalid("not_exchanged", message, errors=[fault])
