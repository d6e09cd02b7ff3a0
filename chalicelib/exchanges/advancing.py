"""Sending a replacement before its units come: on what conditions, and what follows if they do not.

Money that somebody holds for us backs it, or a person who may waive that. Where the units come in
time the money is free again; where they do not, a person is told, and only what that person then
says was charged counts: nothing is ever charged silently, and never a stored card.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.core import runs
from chalicelib.core.clock import rfc3339
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, FieldError, Invalid
from chalicelib.core.events import Context, Journal, Json
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs
from chalicelib.exchanges.model import (
    Advance,
    AdvanceState,
    Authorisation,
    Exchange,
)
from chalicelib.exchanges.on_top import exchanged_facts
from chalicelib.exchanges.ports import ExchangeReader
from chalicelib.exchanges.promising import facts
from chalicelib.exchanges.sending import Ship, found, loaded, require_version, sent
from chalicelib.returns.closing import closed_if_complete
from chalicelib.returns.deadlines import after
from chalicelib.returns.facts import header, line_facts, money
from chalicelib.returns.model import Disposition, Logistics, Return, ReturnLine, UnitGroup
from chalicelib.returns.units import ON_THE_WAY, move, units_where
from chalicelib.settlement.model import SettlementState
from chalicelib.tasks.model import Grounds, TaskKind, open_task

OVERDUE = "exchange_overdue"
"""Why finance decides about money that is held: the units did not come."""
COMMANDS: dict[AdvanceState, tuple[str, ...]] = {
    AdvanceState.OPEN: ("release",),
    AdvanceState.OVERDUE: ("release", "charge"),
    AdvanceState.RELEASED: (),
    AdvanceState.CHARGED: (),
}
"""The commands on an advance that each of its states admits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossShip:
    """By whom it is carried, what backs it, and by when the units have to be back.

    Without an authorisation `waived_because` says why none is asked for, in words of who may.
    `due_at` None: so long as the terms of the sale give for sending.
    """

    ship: Ship
    authorisation: Authorisation | None = None
    waived_because: str | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What was taken of the money that was held; `reference` proves it."""

    amount: Money
    reference: str


def cross_ship(
    reads: ExchangeReader, exchange_id: str, command: CrossShip, context: Context
) -> Decided[Exchange]:
    """Send the replacement now. Raises Conflict or Invalid for too little that backs it."""
    exchange, ret = found(reads, exchange_id, "cross-ship", context)
    due_at = command.due_at or context.now + timedelta(days=ret.deadline_terms.ship_days)
    _check(exchange, command, due_at, context)
    advance = Advance(
        due_at=due_at,
        authorisation=command.authorisation,
        waived_by=context.actor.id if command.authorisation is None else None,
        waived_because=command.waived_because,
    )
    return sent(reads, exchange, ret, command.ship, context, advance=advance)


def release(reads: ExchangeReader, exchange_id: str, context: Context) -> Decided[Exchange]:
    """Let go of the money that is held; raises Conflict `goods_awaited` while units are to come."""
    exchange, ret, advance = _advanced(reads, exchange_id, "release", context)
    awaited = awaited_of(exchange, ret)
    if awaited:
        raise Conflict(
            "goods_awaited",
            f"{runs.size(awaited)} units are still to come back.",
            exchange_id=exchange_id,
            awaited=runs.size(awaited),
        )
    return _stepped(exchange, replace(advance, state=AdvanceState.RELEASED), context)


def look_after(reads: ExchangeReader, exchange_id: str, context: Context) -> Decided[Exchange]:
    """What is due about an advance by itself: released where the units came, overdue where not.

    Decided on what is stored now; asked twice, it changes nothing.
    """
    exchange, ret = loaded(reads, exchange_id)
    advance = exchange.advance
    if advance is None or advance.state is not AdvanceState.OPEN:
        return Decided(result=exchange)
    awaited = awaited_of(exchange, ret)
    if not awaited:
        return _stepped(exchange, replace(advance, state=AdvanceState.RELEASED), context)
    if advance.due_at > context.now:
        return Decided(result=exchange)
    value = Money.total(
        (line.value_of(runs.common(awaited, _all(line))) for line in _lines(exchange, ret)),
        ret.currency,
    )
    task = open_task(
        TaskKind.PAYMENT,
        exchange.subject,
        occasion="overdue",
        now=context.now,
        warehouse=exchange.warehouse,
        grounds=Grounds(reasons=(OVERDUE,), amount=value),
    )
    return _stepped(exchange, replace(advance, state=AdvanceState.OVERDUE), context, task)


def charge(
    reads: ExchangeReader, exchange_id: str, command: Charge, context: Context
) -> Decided[Exchange]:
    """State what was taken for units that did not come: the customer keeps them, and nothing of
    them is paid back. Raises Conflict above what was authorised, or what the units are worth.
    """
    if not command.reference.strip():
        fault = FieldError(pointer="/reference", code="proof_required", message="Name the charge.")
        raise Invalid("proof_required", "A charge needs its reference.", errors=[fault])
    known, _ = loaded(reads, exchange_id)
    if known.advance is not None and known.advance.charge_reference == command.reference:
        return Decided(result=known)
    exchange, ret, advance = _advanced(reads, exchange_id, "charge", context)
    awaited = awaited_of(exchange, ret)
    most = _most(exchange, ret, advance, awaited)
    if not awaited or command.amount.currency != most.currency or command.amount > most:
        raise Conflict(
            "charge_too_large",
            f"At most {most} may be charged for units that did not come.",
            exchange_id=exchange_id,
            most=money(most),
        )
    ret, booked = _kept(ret, exchange, awaited, command, context)
    charged = replace(
        advance,
        state=AdvanceState.CHARGED,
        charged=command.amount,
        charge_reference=command.reference,
    )
    decided = _stepped(exchange, charged, context)
    return replace(decided, changes=decided.changes + booked + Changes(records=(ret,)))


def awaited_of(exchange: Exchange, ret: Return) -> Runs:
    """The units of an exchange, or what comes back instead of them, that are still to come."""
    return runs.merged(
        run
        for line in _lines(exchange, ret)
        for run in runs.common(exchange.units, units_where(line, _is_awaited))
    )


def allowed_of(exchange: Exchange) -> tuple[str, ...]:
    """The commands on its advance that it admits now."""
    return COMMANDS[exchange.advance.state] if exchange.advance is not None else ()


def _is_awaited(group: UnitGroup) -> bool:
    """To come still, or lost by who was to send it."""
    is_lost_by_customer = group.logistics is Logistics.LOST and group.credit is not True
    return group.logistics in ON_THE_WAY or is_lost_by_customer


def _lines(exchange: Exchange, ret: Return) -> list[ReturnLine]:
    return [line for line in ret.lines if line.order_line_no == exchange.order_line_no]


def _all(line: ReturnLine) -> Runs:
    return units_where(line, lambda _: True)


def _advanced(
    reads: ExchangeReader, exchange_id: str, command: str, context: Context
) -> tuple[Exchange, Return, Advance]:
    exchange, ret = loaded(reads, exchange_id)
    require_version(exchange, context)
    advance = exchange.advance
    if advance is None or command not in COMMANDS[advance.state]:
        state = advance.state.value if advance is not None else exchange.state.value
        raise Conflict(
            "exchange_not_open",
            f"A cross-shipment that is {state} admits no {command}.",
            state=state,
            allowed=list(allowed_of(exchange)),
        )
    return exchange, ret, advance


def _most(exchange: Exchange, ret: Return, advance: Advance, awaited: Runs) -> Money:
    """What the units that did not come were paid for, and no more than is held."""
    value = Money.total(
        (line.value_of(runs.common(awaited, _all(line))) for line in _lines(exchange, ret)),
        ret.currency,
    )
    held = advance.authorisation
    return value if held is None else min(value, held.amount)


def _check(exchange: Exchange, command: CrossShip, due_at: datetime, context: Context) -> None:
    held, value = command.authorisation, exchange.value
    if due_at <= context.now:
        raise _invalid("/due_at", "due_in_past", "The units are due in the future.")
    if held is None:
        if command.waived_because is None:
            message = "Name what backs it, or why nothing has to."
            raise _invalid("/authorisation", "authorisation_required", message)
        return
    if value is not None and (held.amount.currency != value.currency or held.amount < value):
        raise Conflict(
            "authorisation_too_small",
            f"It has to be of at least {value}.",
            needed=money(value),
        )
    if held.expires_at < due_at:
        message = "It has to last until the units are due."
        raise _invalid("/authorisation/expires_at", "authorisation_too_short", message)


def _kept(
    ret: Return, exchange: Exchange, units: Runs, command: Charge, context: Context
) -> tuple[Return, Changes]:
    """The return whose units stay with the customer, sold; nothing more is to come for them."""
    lines: list[Json] = []
    for line in _lines(exchange, ret):
        part = runs.common(units, units_where(line, _is_awaited))
        if part:
            line = move(
                line,
                part,
                logistics=Logistics.NOT_NEEDED,
                disposition=Disposition.KEPT_BY_CUSTOMER,
                credit=False,
                settlement=SettlementState.SETTLED,
            )
            ret = ret.with_line(line)
            lines.append(line_facts(line, part))
    assert lines, "some did not come"
    ret = after(replace(ret, version=ret.version + 1, updated_at=context.now))
    journal = Journal(ret.subject, ret.chain, context)
    nothing = Money.zero(ret.currency)
    sold = exchanged_facts(
        exchange, value=nothing, price=command.amount, charged_to=command.reference
    )
    journal.record("return.kept_and_charged", {**header(ret), **_named(exchange), "lines": lines})
    journal.record("settlement.exchanged", {**header(ret), **sold})
    ret = closed_if_complete(ret, journal)
    return ret, Changes(events=tuple(journal.events))


def _named(exchange: Exchange) -> dict[str, Json]:
    return {"exchange_id": exchange.exchange_id}


_EVENT = {
    AdvanceState.RELEASED: "exchange.authorisation_released",
    AdvanceState.OVERDUE: "exchange.overdue",
    AdvanceState.CHARGED: "exchange.charged",
}


def _stepped(
    exchange: Exchange, advance: Advance, context: Context, *tasks: Record
) -> Decided[Exchange]:
    stepped = replace(
        exchange, advance=advance, updated_at=context.now, version=exchange.version + 1
    )
    journal = Journal(exchange.subject, exchange.chain, context)
    journal.record(_EVENT[advance.state], facts(stepped, None, **advance_facts(advance)))
    stepped = replace(stepped, chain=journal.chain)
    changes = Changes(records=(stepped, *tasks), events=tuple(journal.events))
    return Decided(result=stepped, changes=changes)


def advance_facts(advance: Advance) -> dict[str, Json]:
    """What backs it and by when the units are due; never why somebody asked for nothing."""
    held = advance.authorisation
    return {
        "due_at": rfc3339(advance.due_at),
        "authorisation": held.reference if held is not None else None,
        "authorised": money(held.amount) if held is not None else None,
        "charged": money(advance.charged) if advance.charged is not None else None,
        "charge_reference": advance.charge_reference,
    }


def _invalid(pointer: str, code: str, message: str) -> Invalid:
    return Invalid(code, message, errors=[FieldError(pointer=pointer, code=code, message=message)])
