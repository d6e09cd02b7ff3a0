"""The way of a promised replacement: it leaves, it arrives, or it is taken back before it left."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, FieldError, Invalid, NotFound, Stale
from chalicelib.core.events import Context, Event, Journal, Json
from chalicelib.core.runs import Runs
from chalicelib.exchanges.model import CANCELLATIONS, Advance, Exchange, ExchangeState
from chalicelib.exchanges.on_top import exchanged_facts, owed_on_top
from chalicelib.exchanges.ports import ExchangeReader
from chalicelib.exchanges.pricing import Worth, with_units, worth_of
from chalicelib.exchanges.promising import facts, of_line, settled_without
from chalicelib.exchanges.stock import Stock, movement, split, transfers
from chalicelib.inventory.model import Account, Transfer
from chalicelib.returns.closing import closed_if_complete
from chalicelib.returns.facts import header, line_facts
from chalicelib.returns.model import Return
from chalicelib.returns.units import move, units_where
from chalicelib.settlement.model import Difference, SettlementState

ALLOWED: dict[ExchangeState, tuple[str, ...]] = {
    ExchangeState.AWAITING_PAYMENT: ("payment-link", "paid", "cancel"),
    ExchangeState.RESERVED: ("ship", "cross-ship", "cancel"),
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

    What it costs less is owed once the units are accepted. Units that were denied, paid or went
    back meanwhile get none; their stock is free again.
    """
    exchange, ret = found(reads, exchange_id, "ship", context)
    return sent(reads, exchange, ret, command, context)


def sent(
    reads: ExchangeReader,
    exchange: Exchange,
    ret: Return,
    command: Ship,
    context: Context,
    *,
    advance: Advance | None = None,
) -> Decided[Exchange]:
    """As `ship`, once it is certain that it may be sent; `advance`: before its units came."""
    owed = _owed(exchange, ret)
    if not owed:
        raise Conflict(
            "replacement_not_owed",
            "None of the units is accepted any more; cancel the exchange.",
            exchange_id=exchange.exchange_id,
        )
    gone, freed = split(exchange.stock, runs.size(owed))
    line = ret.line(exchange.line_no)
    assert line is not None, "lines do not vanish"
    shipped = _next(
        replace(
            with_units(exchange, line, owed),
            stock=gone,
            state=ExchangeState.SHIPPED,
            carrier=command.carrier,
            tracking_no=command.tracking_no,
            advance=advance,
        ),
        context,
    )
    worth = worth_of(shipped, line, owed)
    ret = _with_difference(ret, shipped, worth)
    ret, tasks = owed_on_top(ret, shipped, context)
    state = SettlementState.APPROVED if worth.less else SettlementState.SETTLED
    line = move(line, owed, settlement=state)
    ret = ret.with_line(settled_without(line, _all_of(reads, ret, shipped)))
    moved = [*_out(exchange, gone, Account.CUSTOMER), *_out(exchange, freed, Account.AVAILABLE)]
    posted = movement(moved, exchange.subject, context)
    journal = _journal_of(exchange, context)
    journal.record(
        "exchange.shipped",
        facts(shipped, posted, carrier=shipped.carrier, tracking_no=shipped.tracking_no),
    )
    booked = exchanged_facts(shipped, value=worth.alike, price=worth.alike)
    ret, events = _told(ret, "return.replaced", shipped, owed, context, booked=booked)
    shipped = replace(shipped, chain=journal.chain)
    records: tuple[Record, ...] = (shipped, ret, posted, *tasks)
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
    """Take the promise back: its stock is free, and what comes back is paid back.

    So is what was paid on top.
    """
    _check(command)
    exchange, ret = found(reads, exchange_id, "cancel", context)
    return taken_back(reads, exchange, ret, command, context)


def taken_back(
    reads: ExchangeReader, exchange: Exchange, ret: Return, command: Cancel, context: Context
) -> Decided[Exchange]:
    """As `cancel`, once it is certain that it may be."""
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
    ret, tasks = owed_on_top(ret, cancelled, context)
    posted = movement(_out(exchange, exchange.stock, Account.AVAILABLE), exchange.subject, context)
    journal = _journal_of(exchange, context)
    journal.record("exchange.cancelled", facts(cancelled, posted, reason=command.reason))
    ret, events = _told(ret, "return.exchange_cancelled", cancelled, exchange.units, context)
    cancelled = replace(cancelled, chain=journal.chain)
    records: tuple[Record, ...] = (cancelled, ret, posted, *tasks)
    return Decided(
        result=cancelled, changes=Changes(records=records, events=(*journal.events, *events))
    )


def loaded(reads: ExchangeReader, exchange_id: str) -> tuple[Exchange, Return]:
    """The exchange and its return; raises NotFound."""
    exchange, ret = reads.exchange_and_return(exchange_id)
    if exchange is None or ret is None:
        raise NotFound("exchange_not_found", f"There is no exchange {exchange_id}.")
    return exchange, ret


def require_version(exchange: Exchange, context: Context) -> None:
    """Raises Stale where the caller looked at another version."""
    if context.expected_version is not None and exchange.version != context.expected_version:
        raise Stale(
            "stale_version",
            f"The exchange is at version {exchange.version}, not {context.expected_version}.",
            subject=exchange.subject,
            expected=context.expected_version,
            actual=exchange.version,
        )


def found(
    reads: ExchangeReader, exchange_id: str, command: str, context: Context
) -> tuple[Exchange, Return]:
    """The exchange that a command is about, at its caller's version, in a state that admits it."""
    exchange, ret = loaded(reads, exchange_id)
    require_version(exchange, context)
    is_unpaid = exchange.state is ExchangeState.AWAITING_PAYMENT
    if is_unpaid and command in ALLOWED[ExchangeState.RESERVED] and command != "cancel":
        raise Conflict(
            "payment_awaited",
            f"It is sent once the difference of {exchange.costs_more} is paid.",
            state=exchange.state.value,
            allowed=list(ALLOWED[exchange.state]),
        )
    if command not in ALLOWED[exchange.state]:
        raise Conflict(
            "exchange_not_open",
            f"An exchange that is {exchange.state.value} admits no {command}.",
            state=exchange.state.value,
            allowed=list(ALLOWED[exchange.state]),
        )
    return exchange, ret


def _with_difference(ret: Return, exchange: Exchange, worth: Worth) -> Return:
    """The return owing what the replacement cost less."""
    if not worth.less:
        return ret
    owed = Difference(
        exchange_id=exchange.exchange_id,
        line_no=exchange.line_no,
        units=exchange.units,
        amount=worth.less,
    )
    return replace(ret, differences=(*ret.differences, owed))


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
    ret: Return,
    event_type: str,
    exchange: Exchange,
    units: Runs,
    context: Context,
    *,
    booked: dict[str, Json] | None = None,
) -> tuple[Return, tuple[Event, ...]]:
    """The return at its next version, with what happened to it on its own timeline.

    `booked` is what it means in money.
    """
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
    if booked is not None:
        journal.record("settlement.exchanged", {**header(ret), **booked})
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
