"""The way of a promised replacement: it leaves, it arrives, or it is taken back before it left."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, FieldError, Invalid, NotFound, Stale
from chalicelib.core.events import Context, Event, Journal
from chalicelib.core.runs import Runs
from chalicelib.exchanges.model import CANCELLATIONS, Exchange, ExchangeState
from chalicelib.exchanges.ports import ExchangeReader
from chalicelib.exchanges.promising import facts, of_line, settled_without
from chalicelib.exchanges.stock import Stock, movement, split, transfers
from chalicelib.inventory.model import Account, Transfer
from chalicelib.returns.closing import closed_if_complete
from chalicelib.returns.facts import header, line_facts
from chalicelib.returns.model import Return
from chalicelib.returns.units import move, units_where
from chalicelib.settlement.model import SettlementState

ALLOWED: dict[ExchangeState, tuple[str, ...]] = {
    ExchangeState.RESERVED: ("ship", "cancel"),
    ExchangeState.SHIPPED: ("fulfil", "unexchange"),
    ExchangeState.FULFILLED: ("unexchange",),
    ExchangeState.CANCELLED: (),
}
"""The commands that each state admits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ship:
    """By whom it is carried, where that is known."""

    carrier: str | None = None
    tracking_no: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """`reason` is one of CANCELLATIONS; OTHER needs a note."""

    reason: str
    note: str | None = None


def ship(
    reads: ExchangeReader, exchange_id: str, command: Ship, context: Context
) -> Decided[Exchange]:
    """Send the replacement: its units count as settled, so their return waits for goods only.

    Units that were denied, paid or went back meanwhile get none; their stock is free again.
    """
    exchange, ret = found(reads, exchange_id, "ship", context)
    owed = _owed(exchange, ret)
    if not owed:
        raise Conflict(
            "replacement_not_owed",
            "None of the units is accepted any more; cancel the exchange.",
            exchange_id=exchange.exchange_id,
        )
    gone, freed = split(exchange.stock, runs.size(owed))
    shipped = _next(
        replace(
            exchange,
            units=owed,
            stock=gone,
            state=ExchangeState.SHIPPED,
            carrier=command.carrier,
            tracking_no=command.tracking_no,
        ),
        context,
    )
    line = ret.line(exchange.line_no)
    assert line is not None, "lines do not vanish"
    line = move(line, owed, settlement=SettlementState.SETTLED)
    ret = ret.with_line(settled_without(line, _all_of(reads, ret, shipped)))
    moved = [*_out(exchange, gone, Account.CUSTOMER), *_out(exchange, freed, Account.AVAILABLE)]
    posted = movement(moved, exchange.subject, context)
    journal = _journal_of(exchange, context)
    journal.record(
        "exchange.shipped",
        facts(shipped, posted, carrier=shipped.carrier, tracking_no=shipped.tracking_no),
    )
    ret, events = _told(ret, "return.replaced", shipped, owed, context)
    shipped = replace(shipped, chain=journal.chain)
    records = (shipped, ret, posted)
    return Decided(
        result=shipped, changes=Changes(records=records, events=(*journal.events, *events))
    )


def fulfil(reads: ExchangeReader, exchange_id: str, context: Context) -> Decided[Exchange]:
    """The replacement is with the customer."""
    exchange, _ = found(reads, exchange_id, "fulfil", context)
    fulfilled = _next(replace(exchange, state=ExchangeState.FULFILLED), context)
    journal = _journal_of(exchange, context)
    journal.record("exchange.fulfilled", facts(fulfilled, None))
    fulfilled = replace(fulfilled, chain=journal.chain)
    return Decided(
        result=fulfilled, changes=Changes(records=(fulfilled,), events=tuple(journal.events))
    )


def cancel(
    reads: ExchangeReader, exchange_id: str, command: Cancel, context: Context
) -> Decided[Exchange]:
    """Take the promise back: its stock is free, and what comes back is paid back."""
    _check(command)
    exchange, ret = found(reads, exchange_id, "cancel", context)
    cancelled = _next(
        replace(
            exchange,
            state=ExchangeState.CANCELLED,
            stock=(),
            reason=command.reason,
            note=command.note,
        ),
        context,
    )
    line = ret.line(exchange.line_no)
    assert line is not None, "lines do not vanish"
    ret = ret.with_line(settled_without(line, _all_of(reads, ret, cancelled)))
    posted = movement(_out(exchange, exchange.stock, Account.AVAILABLE), exchange.subject, context)
    journal = _journal_of(exchange, context)
    journal.record("exchange.cancelled", facts(cancelled, posted, reason=command.reason))
    ret, events = _told(ret, "return.exchange_cancelled", cancelled, exchange.units, context)
    cancelled = replace(cancelled, chain=journal.chain)
    records = (cancelled, ret, posted)
    return Decided(
        result=cancelled, changes=Changes(records=records, events=(*journal.events, *events))
    )


def found(
    reads: ExchangeReader, exchange_id: str, command: str, context: Context
) -> tuple[Exchange, Return]:
    """The exchange that a command is about, at its caller's version, in a state that admits it."""
    exchange, ret = reads.exchange_and_return(exchange_id)
    if exchange is None or ret is None:
        raise NotFound("exchange_not_found", f"There is no exchange {exchange_id}.")
    if context.expected_version is not None and exchange.version != context.expected_version:
        raise Stale(
            "stale_version",
            f"The exchange is at version {exchange.version}, not {context.expected_version}.",
            subject=exchange.subject,
            expected=context.expected_version,
            actual=exchange.version,
        )
    if command not in ALLOWED[exchange.state]:
        raise Conflict(
            "exchange_not_open",
            f"An exchange that is {exchange.state.value} admits no {command}.",
            state=exchange.state.value,
            allowed=list(ALLOWED[exchange.state]),
        )
    return exchange, ret


def _owed(exchange: Exchange, ret: Return) -> Runs:
    line = ret.line(exchange.line_no)
    assert line is not None, "lines do not vanish"
    not_owed = units_where(
        line,
        lambda group: group.credit is False or group.settlement is not SettlementState.NONE,
    )
    return runs.minus(exchange.units, not_owed)


def _all_of(reads: ExchangeReader, ret: Return, changed: Exchange) -> list[Exchange]:
    """The exchanges of a line, one of them as it is from now on."""
    line = ret.line(changed.line_no)
    assert line is not None, "lines do not vanish"
    if line.exchange_id == changed.exchange_id and changed.previous_id is None:
        return [changed]
    return [
        changed if exchange.exchange_id == changed.exchange_id else exchange
        for exchange in of_line(reads, line)
    ]


def _next(exchange: Exchange, context: Context) -> Exchange:
    return replace(exchange, updated_at=context.now, version=exchange.version + 1)


def _journal_of(exchange: Exchange, context: Context) -> Journal:
    return Journal(exchange.subject, exchange.chain, context)


def _out(exchange: Exchange, stock: Stock, target: Account) -> Sequence[Transfer]:
    return transfers(
        stock,
        warehouse=exchange.warehouse,
        sku=exchange.replacement_sku,
        origin=Account.RESERVED,
        target=target,
    )


def _told(
    ret: Return, event_type: str, exchange: Exchange, units: Runs, context: Context
) -> tuple[Return, tuple[Event, ...]]:
    """The return at its next version, with what happened to it on its own timeline."""
    ret = replace(ret, version=ret.version + 1, updated_at=context.now)
    line = ret.line(exchange.line_no)
    assert line is not None, "lines do not vanish"
    journal = Journal(ret.subject, ret.chain, context)
    journal.record(
        event_type,
        {
            **header(ret),
            "exchange_id": exchange.exchange_id,
            "replacement_sku": exchange.replacement_sku,
            "lines": [line_facts(line, units)],
        },
    )
    ret = closed_if_complete(ret, journal)
    return ret, tuple(journal.events)


def _check(command: Cancel) -> None:
    if command.reason not in CANCELLATIONS:
        message = f"Known: {', '.join(sorted(CANCELLATIONS))}."
        fault = FieldError(pointer="/reason", code="unknown_reason", message=message)
        raise Invalid("unknown_reason", f"{command.reason} is no reason.", errors=[fault])
    if command.reason == "OTHER" and not command.note:
        fault = FieldError(pointer="/note", code="note_required", message="OTHER needs a note.")
        raise Invalid("note_required", "OTHER needs a note.", errors=[fault])
