"""Each step about money as the use case that carries it out, but for what calls a provider."""

from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.core.commands import Decided
from chalicelib.core.events import Context
from chalicelib.core.money import Money
from chalicelib.credits import changing, withdrawing
from chalicelib.settlement import booking, disputes, paying_otherwise, reversing, writing_off
from tests.fake_reads import Reader
from tests.simulation.steps import Step

Decide = Callable[[Reader, Context], Decided[Any]]
"""Any: each use case has a result of its own."""
Ids = Mapping[str, str]
CUSTOMER = "customer of {}"
"""Whoever bought: each sale has a customer of its own."""
_STATED = {"OPEN": disputes.opened, "WON": disputes.won, "LOST": disputes.lost}


def _payment(ids: Ids, step: Step) -> str:
    """What is paid by hand for an exchange is called like it; nothing: what is short."""
    payment: str = step.given["payment"]
    return ids.get(payment, payment)


def _confirm(ids: Ids, step: Step) -> Decide:
    payment_id, proof = _payment(ids, step), f"proof of {step.id}"
    return lambda reads, context: booking.confirm(
        reads, ids[step.target], payment_id, proof, context
    )


def _pay_otherwise(ids: Ids, step: Step) -> Decide:
    command = paying_otherwise.PayOtherwise(payment_id=_payment(ids, step))
    return lambda reads, context: paying_otherwise.pay_otherwise(
        reads, ids[step.target], command, context
    )


def _write_off(ids: Ids, step: Step) -> Decide:
    command = writing_off.WriteOff(payment_id=_payment(ids, step), reason="Nobody answers.")
    return lambda reads, context: writing_off.write_off(reads, ids[step.target], command, context)


def _reverse(ids: Ids, step: Step) -> Decide:
    command = reversing.Reverse(reason="It was a mistake.")
    return lambda reads, context: reversing.reverse(reads, ids[step.target], command, context)


def _withdraw_credit(ids: Ids, step: Step) -> Decide:
    return lambda reads, context: withdrawing.withdraw_credit(reads, ids[step.target], context)


def _dispute(ids: Ids, step: Step) -> Decide:
    given, amount = step.given, Money(step.given["amount"], "EUR")
    state = _STATED[given["state"]]
    return lambda reads, context: state(
        reads, step.target, given["payment"], given["dispute"], amount, context
    )


def _spend(ids: Ids, step: Step) -> Decide:
    command = changing.Spend(
        customer_id=CUSTOMER.format(step.target),
        amount=Money(step.given["amount"], "EUR"),
        order_no=f"order of {step.id}",
    )
    return lambda reads, context: changing.spend(reads, command, context)


OF_MONEY: dict[str, Callable[[Ids, Step], Decide]] = {
    "confirm": _confirm,
    "pay-otherwise": _pay_otherwise,
    "write-off": _write_off,
    "reverse": _reverse,
    "withdraw-credit": _withdraw_credit,
    "dispute": _dispute,
    "spend": _spend,
}
"""By the command of a step."""
