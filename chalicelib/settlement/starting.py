"""Starting a settlement: what is owed now is stored with its keys, before anybody is called.

A leg is counted on the payment as pending before anything is sent, so that two returns cannot spend
the same money.
"""

from dataclasses import replace
from typing import Protocol

from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict
from chalicelib.core.events import Context, Journal
from chalicelib.credits.ports import CreditReader
from chalicelib.credits.settling import given_as_credit
from chalicelib.invoicing.of_settlement import drafts_for
from chalicelib.orders.model import Order
from chalicelib.returns.facts import header
from chalicelib.returns.four_eyes import require_other_refunder
from chalicelib.returns.lifecycle import allowed
from chalicelib.returns.loading import found
from chalicelib.returns.model import Return
from chalicelib.returns.standing import status_of
from chalicelib.settlement.booking import finished, payment_task, with_units
from chalicelib.settlement.facts import settlement_facts
from chalicelib.settlement.giving import with_given
from chalicelib.settlement.legs import awaits_second
from chalicelib.settlement.loading import (
    SettlementReader,
    settlement_id_for,
    settlement_of,
    with_settlement,
)
from chalicelib.settlement.lost_disputes import settled_by_banks
from chalicelib.settlement.model import LegState, Settlement
from chalicelib.settlement.payments import with_pending
from chalicelib.settlement.planning import owed_now, planned


class StartReader(SettlementReader, CreditReader, Protocol):
    """Reads also the credit of the customer, which may grow."""


def plan(reads: SettlementReader, return_id: str, context: Context) -> Settlement:
    """What would be paid now, leg by leg; the same function decides when it is executed."""
    ret, order = reads.return_and_order(return_id)
    ret = found(ret, return_id, context)
    _require_owed(ret, order)
    settlement_id = settlement_id_for(ret, context)
    settlement = planned(ret, order, settlement_id, by=context.actor.id, now=context.now)
    _, settlement = _by_banks(Journal(ret.subject, ret.chain, context), ret, order, settlement)
    return settlement


def _by_banks(
    journal: Journal, ret: Return, order: Order | None, settlement: Settlement
) -> tuple[Order | None, Settlement]:
    """With what banks gave already of what is short; nothing before a second person agrees."""
    if order is None or awaits_second(settlement):
        return order, settlement
    order, settlement, _ = settled_by_banks(journal, ret, order, settlement)
    return order, settlement


def _require_owed(ret: Return, order: Order | None) -> None:
    """Without an order there is no payment that money could go back to, only goods worth nothing.

    Accepted units that are owed nothing are settled all the same: then nothing is open any more.
    """
    owed = owed_now(ret, order)
    if owed.is_nothing or (order is None and owed.amount):
        raise Conflict(
            "nothing_to_settle",
            "No accepted unit waits for its money.",
            status=status_of(ret).value,
            allowed=list(allowed(ret)),
        )


def start(
    reads: StartReader, return_id: str, context: Context, *, credit_days: int | None = None
) -> Decided[Return]:
    """Store the settlement and its keys. The same command again finds what it stored before.

    Store credit is given in this very write; it is valid for `credit_days`, None: without end.
    """
    ret, order = reads.return_and_order(return_id)
    if ret is not None and settlement_of(ret, settlement_id_for(ret, context)) is not None:
        return Decided(result=ret)
    ret = found(ret, return_id, context)
    require_other_refunder(ret, context.actor)
    _require_owed(ret, order)
    settlement_id = settlement_id_for(ret, context)
    settlement = planned(ret, order, settlement_id, by=context.actor.id, now=context.now)
    given = given_as_credit(reads, ret, settlement, context, valid_days=credit_days)
    settlement = given.settlement
    before, journal = ret, Journal(ret.subject, ret.chain, context)
    ret = replace(
        ret,
        settlements=(*ret.settlements, settlement),
        version=ret.version + 1,
        updated_at=context.now,
    )
    ret = with_units(ret, settlement)
    journal.record("settlement.started", {**header(ret), **settlement_facts(ret, settlement)})
    if given.amount:
        journal.record("settlement.credited", {**header(ret), **given.facts()})
    order, settlement = _by_banks(journal, before, order, settlement)
    ret = with_units(with_settlement(ret, settlement), settlement)
    ret = finished(ret, settlement, journal)
    records: list[Record] = [ret, *given.records]
    if order is not None:
        records.append(_given(order, settlement, context))
    if settlement.shortfall or any(leg.state in _FOR_PEOPLE for leg in settlement.legs):
        records.append(payment_task(ret, settlement, context, "started"))
    changes = Changes(records=tuple(records), events=(*journal.events, *given.events))
    if order is not None:
        changes = changes + drafts_for(order, settlement, ret, context)
    return Decided(result=ret, changes=changes)


_FOR_PEOPLE = frozenset({LegState.HELD, LegState.MANUAL})


def _given(order: Order, settlement: Settlement, context: Context) -> Order:
    """The order with the legs on its payments, and with what goes back remembered."""
    order = with_pending(order, settlement.legs)
    if settlement.breakdown is not None:
        order = replace(order, given=with_given(order.given, settlement.breakdown))
    return replace(order, version=order.version + 1, updated_at=context.now)
