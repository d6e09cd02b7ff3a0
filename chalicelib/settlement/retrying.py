"""Sending again what did not go through, and sending what was short, for exactly the rest.

One command and one transaction. What can be sent is sent, whatever stands in the way of the rest;
it is refused only where nothing at all can be done.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict
from chalicelib.core.events import Context, Journal
from chalicelib.core.money import Money
from chalicelib.credits.ports import CreditReader
from chalicelib.credits.settling import given_as_credit
from chalicelib.orders.model import Order
from chalicelib.returns.four_eyes import require_other_refunder
from chalicelib.returns.loading import found
from chalicelib.returns.model import Return
from chalicelib.settlement.booking import STARTED, UNDECIDED, booked, heading, noted
from chalicelib.settlement.contradictions import refund_contradicted
from chalicelib.settlement.facts import is_sent, leg_facts
from chalicelib.settlement.legs import added, sent_again
from chalicelib.settlement.loading import SettlementReader, stored
from chalicelib.settlement.model import DISPUTED, STORE_CREDIT, Leg, LegState, Settlement
from chalicelib.settlement.payments import (
    is_disputed,
    is_kept,
    known_payment,
    refundable,
    with_legs,
)
from chalicelib.settlement.refusals import (
    nothing_to,
    payment_disputed,
    payment_exhausted,
    require_open,
)


class PayingReader(SettlementReader, CreditReader, Protocol):
    """Reads also the credit of the customer, which may grow."""


def try_again(
    reads: PayingReader, settlement_id: str, context: Context, *, credit_days: int | None = None
) -> Decided[Return]:
    """Give every leg that was declined or came back a new attempt with a new key, and what was
    short new legs over payments that carry it now; undecided legs keep their keys.

    Where only undecided legs are left nothing is decided here, so no version is past: a retry that
    was cut off after its first step goes on when it is sent again. What its provider paid after
    all, by what it tells, waits for a person.
    """
    ret, order, settlement = stored(reads, settlement_id)
    contradicted = {
        leg.key: refusal
        for leg in settlement.legs
        if (refusal := refund_contradicted(reads, ret, settlement, leg)) is not None
    }
    attempt = _attempt(order, settlement, contradicted)
    is_waiting = any(leg.state in UNDECIDED for leg in settlement.legs)
    if attempt.sent or not is_waiting:
        ret = found(ret, ret.return_id, context)
        require_other_refunder(ret, context.actor)
    require_open(ret, settlement)
    if any(leg.state in UNDECIDED and leg.key in contradicted for leg in settlement.legs):
        raise next(iter(contradicted.values()))
    if not attempt.sent:
        if is_waiting:
            return Decided(result=ret)
        raise attempt.refusal or nothing_to("nothing_to_retry", "sent again", settlement)
    journal = Journal(ret.subject, ret.chain, context)
    for leg in attempt.sent:
        if leg.provider != STORE_CREDIT:
            event = "refund.retried" if is_sent(leg) else "refund.held"
            journal.record(event, {**heading(ret), **leg_facts(settlement, leg)})
    settlement = attempt.settlement
    if attempt.is_less_short:
        settlement = noted(ret, settlement, STARTED)
    settlement, credit = credited(reads, ret, settlement, journal, context, days=credit_days)
    return booked(reads, ret, attempt.order, settlement, journal, context, also=credit)


def credited(
    reads: CreditReader,
    ret: Return,
    settlement: Settlement,
    journal: Journal,
    context: Context,
    *,
    days: int | None,
) -> tuple[Settlement, Changes]:
    """The settlement whose legs of store credit are given, and what is written for that."""
    given = given_as_credit(reads, ret, settlement, context, valid_days=days)
    if given.amount:
        journal.record("settlement.credited", {**heading(ret), **given.facts()})
    return given.settlement, Changes(records=given.records, events=given.events)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """What can be sent now, as order and settlement are with it. `refusal`: why not all of it."""

    order: Order
    settlement: Settlement
    sent: tuple[Leg, ...]
    is_less_short: bool
    refusal: Conflict | None


def _attempt(
    order: Order, settlement: Settlement, contradicted: Mapping[str, Conflict]
) -> _Attempt:
    legs: list[Leg] = []
    sent: list[Leg] = []
    refusals: list[Conflict] = []
    for leg in settlement.legs:
        if leg.state not in _SENT_AGAIN:
            legs.append(leg)
            continue
        refusal = contradicted.get(leg.key) or _refusal(order, leg)
        if refusal is not None:
            legs.append(leg)
            refusals.append(refusal)
            continue
        fresh = sent_again(leg, known_payment(order, leg.payment_id))
        order = with_legs(order, (leg,), (fresh,))
        legs.append(fresh)
        sent.append(fresh)
    before = settlement.shortfall
    settlement = replace(settlement, legs=tuple(legs))
    order, settlement, more = _drained(order, settlement)
    return _Attempt(
        order=order,
        settlement=settlement,
        sent=(*sent, *more),
        is_less_short=settlement.shortfall != before,
        refusal=next(iter(refusals), None),
    )


_SENT_AGAIN = frozenset({LegState.DECLINED, LegState.FROZEN})


def _refusal(order: Order, leg: Leg) -> Conflict | None:
    if leg.reason == DISPUTED or is_disputed(order, leg.payment_id):
        return payment_disputed(leg.payment_id)
    if not is_kept(leg) and refundable(order, leg.payment_id) < leg.amount:
        return payment_exhausted(order, leg)
    return None


def _drained(order: Order, settlement: Settlement) -> tuple[Order, Settlement, list[Leg]]:
    """What was short, over the payments in their order, each up to what is refundable there."""
    if settlement.reversed_at is not None:
        return order, settlement, []
    more: list[Leg] = []
    for payment in order.payments:
        part = min(settlement.shortfall, refundable(order, payment.payment_id))
        if part > Money.zero(order.currency):
            leg = added(settlement, payment, part)
            order = with_legs(order, (), (leg,))
            settlement = replace(
                settlement,
                legs=(*settlement.legs, leg),
                shortfall=settlement.shortfall - part,
            )
            more.append(leg)
    return order, settlement, more
