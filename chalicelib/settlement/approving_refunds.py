"""The second person's yes to a refund that is above the policy's limit.

One command and one transaction; nothing is sent before it. Saying no is taking the settlement back
(reversing.py).
"""

from dataclasses import replace

from chalicelib.core.commands import Decided
from chalicelib.core.errors import Conflict, NotAllowed
from chalicelib.core.events import Actor, Context, Journal
from chalicelib.returns.facts import money
from chalicelib.returns.four_eyes import NO_PERSONS, require_other_refunder
from chalicelib.returns.loading import found
from chalicelib.returns.model import Return
from chalicelib.settlement.booking import STARTED, booked, heading, noted, payment_task
from chalicelib.settlement.facts import is_sent, leg_facts
from chalicelib.settlement.loading import stored
from chalicelib.settlement.lost_disputes import settled_by_banks
from chalicelib.settlement.model import Leg, LegState, Settlement
from chalicelib.settlement.payments import is_disputed, with_legs
from chalicelib.settlement.planning import state_when_sent
from chalicelib.settlement.refusals import nothing_to, payment_disputed, require_open
from chalicelib.settlement.retrying import PayingReader, credited


def approve_refund(
    reads: PayingReader, settlement_id: str, context: Context, *, credit_days: int | None = None
) -> Decided[Return]:
    """Release every leg that is held. Raises Conflict `same_person` for who started it.

    What somebody agreed to already goes on when they say so again, whatever version they looked at:
    an approval that was cut off before its legs were sent is brought to its end.
    """
    ret, order, settlement = stored(reads, settlement_id)
    if settlement.approved_by == context.actor.id:
        return Decided(result=ret)
    ret = found(ret, ret.return_id, context)
    require_open(ret, settlement)
    held = [leg for leg in settlement.legs if _is_held(leg)]
    if not held:
        raise nothing_to("nothing_held", "approved", settlement)
    _require_second(ret, settlement, context.actor)
    disputed = next((one for one in held if is_disputed(order, one.payment_id)), None)
    if disputed is not None:
        raise payment_disputed(disputed.payment_id)
    legs = tuple(
        replace(leg, state=state_when_sent(leg.provider)) if leg in held else leg
        for leg in settlement.legs
    )
    released = [leg for leg, before in zip(legs, settlement.legs, strict=True) if leg != before]
    order = with_legs(order, settlement.legs, legs)
    settlement = replace(
        settlement, legs=legs, approved_by=context.actor.id, approved_at=context.now
    )
    settlement = noted(ret, settlement, STARTED)
    journal = Journal(ret.subject, ret.chain, context)
    journal.record(
        "refund.approved",
        {
            **heading(ret),
            "settlement_id": settlement.settlement_id,
            "amount": money(settlement.amount),
            "started_by": settlement.created_by,
            "legs": [leg_facts(settlement, leg) for leg in released if is_sent(leg)],
        },
    )
    settlement, credit = credited(reads, ret, settlement, journal, context, days=credit_days)
    order, settlement, _ = settled_by_banks(journal, ret, order, settlement)
    tasks = []
    if any(leg.state is LegState.MANUAL for leg in released):
        tasks.append(payment_task(ret, settlement, context, "approved", "manual"))
    return booked(reads, ret, order, settlement, journal, context, tasks=tasks, also=credit)


def _is_held(leg: Leg) -> bool:
    """A leg that a dispute froze while it was held is held still."""
    return LegState.HELD in (leg.state, leg.was)


def _require_second(ret: Return, settlement: Settlement, actor: Actor) -> None:
    """A machine may start a refund; it is no second look at one."""
    if actor.role in NO_PERSONS:
        raise NotAllowed("person_required", "A person has to agree to this refund.")
    if actor.id == settlement.created_by:
        raise Conflict(
            "same_person",
            "Somebody else has to agree: you started this refund.",
            pair="first_second_refunder",
        )
    require_other_refunder(ret, actor)
