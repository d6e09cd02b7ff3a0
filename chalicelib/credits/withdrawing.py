"""Taking back the store credit that a settlement gave, because the customer wants the money.

One transaction over the return, its order and the credit account, and only while nothing of the
credit was spent. The settlement stands: what it pays for, its fees and its papers stay as they are.
Its legs are owed again, to be paid as any declined leg is: by a retry, or in another way.
"""

from dataclasses import replace
from typing import Protocol

from chalicelib.core.commands import Decided
from chalicelib.core.errors import Conflict
from chalicelib.core.events import Context, Journal
from chalicelib.core.money import Money
from chalicelib.credits.booking import Changed, money
from chalicelib.credits.changing import cancelled
from chalicelib.credits.model import entry_id_of, reversal_id_for
from chalicelib.credits.ports import CreditReader
from chalicelib.orders.model import Order
from chalicelib.returns.closing import reopened
from chalicelib.returns.facts import header
from chalicelib.returns.four_eyes import require_other_refunder
from chalicelib.returns.loading import found
from chalicelib.returns.model import Resolution, Return
from chalicelib.settlement.booking import booked, payment_task
from chalicelib.settlement.loading import SettlementReader, stored
from chalicelib.settlement.model import STORE_CREDIT, Leg, LegState, Settlement
from chalicelib.settlement.payments import payment_of, with_legs

WITHDRAWN = "credit_withdrawn"
"""The `reason` of a leg whose credit was taken back; its reference is the entry that did so."""


class WithdrawingReader(SettlementReader, CreditReader, Protocol):
    """Reads the return with its order, and the credit."""


def withdraw_credit(
    reads: WithdrawingReader, settlement_id: str, context: Context
) -> Decided[Return]:
    """Take the credit back and owe its money again. Raises Conflict `not_given_as_credit`, or
    `credit_already_spent`.

    What the order itself was paid with credit stays credit: there is no money to give back.
    """
    ret, order, settlement = stored(reads, settlement_id)
    if _was_done(reads, settlement, context):
        return Decided(result=ret)
    ret = found(ret, ret.return_id, context)
    require_other_refunder(ret, context.actor)
    legs = [leg for leg in settlement.legs if _is_money_given_as_credit(leg, order)]
    # What came back as credit later, of a payment by credit, is a credit of its own.
    credit_id = next((leg.reference for leg in legs), None)
    if credit_id is None:
        raise Conflict(
            "not_given_as_credit", "Nothing of this settlement was given as credit for money."
        )
    legs = [leg for leg in legs if leg.reference == credit_id]
    taken = _taken_back(reads, credit_id, legs, context)
    owed = {leg.key: _owed_leg(leg, order, taken) for leg in legs}
    order = with_legs(order, legs, owed.values())
    left = tuple(owed.get(leg.key, leg) for leg in settlement.legs)
    is_all = not any(_is_given_as_credit(leg) for leg in left)
    still_given = None if is_all else settlement.credit_id
    settlement = replace(settlement, legs=left, credit_id=still_given)
    journal = Journal(ret.subject, ret.chain, context)
    journal.record(
        "settlement.credit_withdrawn",
        {
            **header(ret),
            "settlement_id": settlement.settlement_id,
            "amount": money(taken.entry.amount),
            "credit_id": credit_id,
        },
    )
    ret = reopened(_paid_in_money(ret, settlement), journal, WITHDRAWN, by_rule=True)
    task = payment_task(ret, settlement, context, WITHDRAWN, WITHDRAWN, amount=taken.entry.amount)
    also = taken.as_changes()
    return booked(reads, ret, order, settlement, journal, context, tasks=[task], also=also)


def _was_done(reads: CreditReader, settlement: Settlement, context: Context) -> bool:
    """Whether it was this very command that took the credit back."""
    entries = {leg.reference for leg in settlement.legs if leg.reason == WITHDRAWN}
    found = (reads.credit_entry(entry_id) for entry_id in entries if entry_id is not None)
    return any(entry is not None and entry.command_id == context.command_id for entry in found)


def _is_given_as_credit(leg: Leg) -> bool:
    return leg.provider == STORE_CREDIT and leg.state is LegState.PAID


def _is_money_given_as_credit(leg: Leg, order: Order) -> bool:
    return _is_given_as_credit(leg) and payment_of(order, leg.payment_id).provider != STORE_CREDIT


def _taken_back(reads: CreditReader, credit_id: str, legs: list[Leg], context: Context) -> Changed:
    given = reads.credit_entry(entry_id_of(credit_id))
    assert given is not None, "a settlement refers to a credit that was given"
    account, _ = reads.credit(given.account_id, reversal_id_for(given.entry_id))
    assert account is not None, "an entry has its account"
    amount = Money.total((leg.amount for leg in legs), account.currency)
    return cancelled(account, given, amount, context)


def _owed_leg(leg: Leg, order: Order, taken: Changed) -> Leg:
    """The leg as if its payment's provider had declined it: nobody has asked it yet."""
    payment = payment_of(order, leg.payment_id)
    return replace(
        leg,
        provider=payment.provider,
        provider_ref=payment.provider_ref,
        state=LegState.DECLINED,
        reference=taken.entry.entry_id,
        reason=WITHDRAWN,
    )


def _paid_in_money(ret: Return, settlement: Settlement) -> Return:
    """What the lines of the settlement bring next is money, too."""
    settled = {part.line_no for part in settlement.lines}
    lines = tuple(
        replace(line, resolution=Resolution.REFUND)
        if line.line_no in settled and line.resolution is Resolution.STORE_CREDIT
        else line
        for line in ret.lines
    )
    return replace(ret, lines=lines)
