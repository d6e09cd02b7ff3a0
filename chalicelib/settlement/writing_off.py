"""Giving up what is owed and cannot be paid: a decision of finance, with its reason.

One command and one transaction. What may be on its way to the customer is never given up: first it
has to be known that it is not.
"""

from dataclasses import dataclass, replace

from chalicelib.core.commands import Decided
from chalicelib.core.errors import Invalid, NotFound
from chalicelib.core.events import Context, Journal
from chalicelib.core.money import Money
from chalicelib.returns.facts import money
from chalicelib.returns.model import Return
from chalicelib.settlement.booking import STARTED, booked, heading, noted
from chalicelib.settlement.facts import leg_facts
from chalicelib.settlement.legs import added, cancelled, is_awaited
from chalicelib.settlement.loading import SettlementReader, loaded
from chalicelib.settlement.model import WRITTEN_OFF, Leg, LegState, Settlement
from chalicelib.settlement.payments import with_legs
from chalicelib.settlement.refusals import nothing_to, require_open

_GIVEN_UP = frozenset({LegState.DECLINED, LegState.FROZEN, LegState.MANUAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOff:
    """Which leg, by its payment (None: what no payment can carry), and why, in words."""

    payment_id: str | None
    reason: str


def write_off(
    reads: SettlementReader, settlement_id: str, command: WriteOff, context: Context
) -> Decided[Return]:
    """Nobody pays it any more; the units are settled with what was paid."""
    if not command.reason.strip():
        raise Invalid("reason_required", "Giving up what a customer is owed needs its reason.")
    ret, order, settlement = loaded(reads, settlement_id, context)
    require_open(ret, settlement)
    journal = Journal(ret.subject, ret.chain, context)
    before = settlement
    if command.payment_id is None:
        settlement, amount = _without_shortfall(settlement)
    else:
        chosen = _chosen(settlement, command.payment_id)
        amount = Money.total((leg.amount for leg in chosen), order.currency)
        keys = {leg.key for leg in chosen}
        settlement = replace(
            settlement,
            legs=tuple(
                cancelled(leg, WRITTEN_OFF) if leg.key in keys else leg for leg in settlement.legs
            ),
        )
        tell_cancelled(ret, before, settlement, journal)
    order = with_legs(order, before.legs, settlement.legs)
    journal.record(
        "settlement.written_off",
        {
            **heading(ret),
            "settlement_id": settlement_id,
            "payment_id": command.payment_id,
            "amount": money(amount),
        },
    )
    written_off = amount if before.written_off is None else before.written_off + amount
    settlement = replace(settlement, written_off=written_off, reason=command.reason)
    settlement = noted(ret, settlement, STARTED)
    return booked(reads, ret, order, settlement, journal, context)


def tell_cancelled(ret: Return, before: Settlement, after: Settlement, journal: Journal) -> None:
    """Say of each leg that a person was to pay that nobody pays it any more."""
    waited_for = {leg.key for leg in before.legs if is_awaited(leg)}
    for leg in after.legs:
        if leg.state is LegState.CANCELLED and leg.key in waited_for:
            journal.record("refund.cancelled", {**heading(ret), **leg_facts(after, leg)})


def _without_shortfall(settlement: Settlement) -> tuple[Settlement, Money]:
    """The settlement with its shortfall as a leg that nobody pays, and how much that is."""
    short = settlement.shortfall
    if not short:
        raise nothing_to("nothing_to_write_off", "written off", settlement)
    given_up = cancelled(added(settlement, None, short), WRITTEN_OFF)
    nothing = Money.zero(short.currency)
    return replace(settlement, legs=(*settlement.legs, given_up), shortfall=nothing), short


def _chosen(settlement: Settlement, payment_id: str) -> list[Leg]:
    of_payment = [leg for leg in settlement.legs if leg.payment_id == payment_id]
    if not of_payment:
        raise NotFound("leg_not_found", f"The settlement has no leg for {payment_id}.")
    chosen = [leg for leg in of_payment if leg.state in _GIVEN_UP]
    if not chosen:
        raise nothing_to("nothing_to_write_off", "written off", settlement)
    return chosen
