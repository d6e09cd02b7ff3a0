"""Why money that is owed cannot be sent, given up or taken back as somebody asks."""

from chalicelib.core.errors import Conflict
from chalicelib.orders.model import Order
from chalicelib.returns.lifecycle import allowed
from chalicelib.returns.model import Return
from chalicelib.settlement.booking import open_reasons
from chalicelib.settlement.model import Leg, Settlement
from chalicelib.settlement.payments import known_payment, refundable

IN_ANOTHER_WAY = ("pay-otherwise", "write-off")
"""What is left to do about a leg that its payment cannot carry."""


def require_open(ret: Return, settlement: Settlement) -> None:
    """Raises Conflict where nothing of the settlement is open any more."""
    if settlement.reversed_at is not None:
        raise Conflict(
            "settlement_reversed",
            "This settlement was taken back before anything of it was paid.",
            allowed=list(allowed(ret)),
        )
    if settlement.is_finished:
        raise Conflict(
            "already_settled",
            "Every leg of this settlement is paid or given up.",
            allowed=list(allowed(ret)),
        )


def payment_disputed(payment_id: str) -> Conflict:
    """Nobody knows yet who keeps the money: what is sent now might be given twice."""
    return Conflict(
        "payment_disputed",
        f"Payment {payment_id} is disputed; wait until the bank has decided.",
        payment_id=payment_id,
    )


def payment_exhausted(order: Order, leg: Leg) -> Conflict:
    """The payment has less left than the leg needs."""
    is_known = known_payment(order, leg.payment_id) is not None
    left = refundable(order, leg.payment_id) if is_known else "nothing"
    return Conflict(
        "payment_exhausted",
        f"Payment {leg.payment_id} has {left} left to refund. Pay it otherwise, or write it off.",
        payment_id=leg.payment_id,
        instead=list(IN_ANOTHER_WAY),
    )


def nothing_to(code: str, what: str, settlement: Settlement) -> Conflict:
    """None of the legs that are open is one that the command acts on."""
    return Conflict(
        code,
        f"Nothing of this settlement is to be {what} now.",
        state=settlement.state.value,
        waits_for=list(open_reasons(settlement)),
    )


def given_as_credit() -> Conflict:
    """What was given as store credit is taken back as such, and never fails."""
    return Conflict("given_as_credit", "It was given as store credit: withdraw the credit instead.")
