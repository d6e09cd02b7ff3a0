"""Each step about an exchange or a claim as the use case that carries it out."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from chalicelib.claims import deciding, opening
from chalicelib.claims.model import ClaimReason, Denial, Remedy
from chalicelib.core.commands import Decided
from chalicelib.core.events import Context
from chalicelib.exchanges import advancing, paying, sending, unexchanging
from tests.builders import eur
from tests.fake_reads import Reader
from tests.simulation.decisions_of_money import Decide, Ids
from tests.simulation.exchanging import proof_of
from tests.simulation.steps import Step


def _swap(ids: Ids, step: Step) -> Decide:
    def decide(reads: Reader, context: Context) -> Decided[Any]:
        exchange_id = ids[step.target]
        match step.command:
            case "ship-swap":
                return sending.ship(reads, exchange_id, sending.Ship(), context)
            case "cross-ship-swap":
                now = sending.Ship()
                soon = context.now + timedelta(seconds=1)
                early = advancing.CrossShip(ship=now, waived_because="Known.", due_at=soon)
                return advancing.cross_ship(reads, exchange_id, early, context)
            case "release-swap":
                return advancing.release(reads, exchange_id, context)
            case "look-after-swap":
                return advancing.look_after(reads, exchange_id, context)
            case "charge-swap":
                taken = advancing.Charge(amount=eur(step.given["amount"]), reference=proof_of(step))
                return advancing.charge(reads, exchange_id, taken, context)
            case "pay-swap":
                paid = paying.Paid(amount=eur(step.given["amount"]), reference=proof_of(step))
                return paying.state_paid(reads, exchange_id, paid, context)
            case "fulfil-swap":
                return sending.fulfil(reads, exchange_id, context)
            case "cancel-swap":
                command = sending.Cancel(reason="CUSTOMER_WISH")
                return sending.cancel(reads, exchange_id, command, context)
            case _:
                back = unexchanging.Unexchange(quantity=step.given.get("quantity"))
                return unexchanging.unexchange(reads, exchange_id, back, context)

    return decide


def _claim(ids: Ids, step: Step) -> Decide:
    command = opening.OpenClaim(
        order_no=step.given["order"],
        order_line_no=step.given["line"],
        quantity=step.given["quantity"],
        reason=ClaimReason.DEFECTIVE,
        wanted=Remedy.REFUND,
    )
    return lambda reads, context: opening.open_claim(reads, command, context)


def _decide_claim(ids: Ids, step: Step) -> Decide:
    def decide(reads: Reader, context: Context) -> Decided[Any]:
        claim_id = ids[step.target]
        match step.command:
            case "approve-claim":
                return deciding.approve(reads, claim_id, context)
            case "deny-claim":
                command = deciding.Deny(code=Denial.NO_EVIDENCE)
                return deciding.deny(reads, claim_id, command, context)
            case "resolve-claim":
                return deciding.resolve(reads, claim_id, Remedy.REPLACEMENT, context)
            case _:
                return deciding.cancel(reads, claim_id, context)

    return decide


OF_SWAPS: dict[str, Callable[[Ids, Step], Decide]] = {
    "ship-swap": _swap,
    "cross-ship-swap": _swap,
    "release-swap": _swap,
    "look-after-swap": _swap,
    "charge-swap": _swap,
    "pay-swap": _swap,
    "fulfil-swap": _swap,
    "cancel-swap": _swap,
    "unexchange": _swap,
    "claim": _claim,
    "approve-claim": _decide_claim,
    "deny-claim": _decide_claim,
    "resolve-claim": _decide_claim,
    "cancel-claim": _decide_claim,
}
"""By the command of a step."""
