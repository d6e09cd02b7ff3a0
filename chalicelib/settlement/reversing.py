"""Taking back a settlement that nothing was paid of: also a second person's no.

One command and one transaction. What was owed by it is owed again, by its units: they are in no
settlement, what went back beside money is forgotten on the order, and its credit notes are void.
"""

from dataclasses import dataclass, replace
from typing import Protocol

from chalicelib.core.commands import Decided
from chalicelib.core.errors import Conflict, Invalid
from chalicelib.core.events import Context, Journal, Json
from chalicelib.invoicing.model import CreditNote
from chalicelib.invoicing.of_settlement import voided
from chalicelib.returns.model import Return
from chalicelib.settlement.booking import STARTED, booked, heading, noted
from chalicelib.settlement.contradictions import refund_contradicted
from chalicelib.settlement.facts import leg_facts, settlement_facts
from chalicelib.settlement.giving import without_given
from chalicelib.settlement.legs import cancelled, is_awaited
from chalicelib.settlement.loading import SettlementReader, loaded
from chalicelib.settlement.model import (
    STORE_CREDIT,
    TAKEN_BACK,
    Leg,
    LegState,
    Settlement,
)
from chalicelib.settlement.payments import with_legs
from chalicelib.settlement.refusals import given_as_credit, require_open

_MOVED = frozenset(
    {LegState.PAID, LegState.PROCESSING, LegState.UNKNOWN, LegState.CANCELLED},
)
"""Legs whose money went somewhere, may have, or was given up: they are not undone."""


class ReversingReader(SettlementReader, Protocol):
    """Reads also the credit notes of a settlement."""

    def notes_of_settlement(
        self, order_no: str, return_id: str, settlement_id: str
    ) -> list[CreditNote]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reverse:
    """Why, in words."""

    reason: str


def reverse(
    reads: ReversingReader, settlement_id: str, command: Reverse, context: Context
) -> Decided[Return]:
    """Undo the settlement as if it had not been started. Raises Conflict `money_moved`."""
    if not command.reason.strip():
        raise Invalid("reason_required", "Taking a settlement back needs its reason.")
    ret, order, settlement = loaded(reads, settlement_id, context)
    if any(_is_credit(leg) for leg in settlement.legs):
        raise given_as_credit()
    require_open(ret, settlement)
    _require_unmoved(settlement)
    for leg in settlement.legs:
        refusal = refund_contradicted(reads, ret, settlement, leg)
        if refusal is not None:
            raise refusal
    before = settlement
    settlement = replace(
        settlement,
        legs=tuple(cancelled(leg, TAKEN_BACK) for leg in settlement.legs),
        reversed_by=context.actor.id,
        reversed_at=context.now,
        reason=command.reason,
    )
    journal = Journal(ret.subject, ret.chain, context)
    # Of the legs those that a person was to pay: nothing else is under way any more.
    waited_for: list[Json] = [leg_facts(before, leg) for leg in before.legs if is_awaited(leg)]
    facts = {**heading(ret), **settlement_facts(ret, before), "legs": waited_for}
    journal.record("settlement.reversed", facts)
    order = with_legs(order, before.legs, settlement.legs)
    if before.breakdown is not None:
        order = replace(order, given=without_given(order.given, before.breakdown))
    notes = reads.notes_of_settlement(order.order_no, ret.return_id, settlement_id)
    settlement = noted(ret, settlement, STARTED)
    also = voided(notes, context)
    return booked(reads, ret, order, settlement, journal, context, also=also)


def _is_credit(leg: Leg) -> bool:
    return leg.provider == STORE_CREDIT and leg.state is LegState.PAID


def _require_unmoved(settlement: Settlement) -> None:
    moved = [leg for leg in settlement.legs if leg.state in _MOVED or leg.came_back]
    if moved:
        raise Conflict(
            "money_moved",
            "Money of this settlement moved, or may have; what is left is paid or written off.",
            states=sorted({leg.state.value for leg in moved}),
        )
