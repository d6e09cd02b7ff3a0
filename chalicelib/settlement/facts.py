"""What events say of a settlement: references, amounts, states and codes."""

from collections.abc import Iterable

from chalicelib.core.events import Json
from chalicelib.core.money import Money
from chalicelib.policy.fees import Fee
from chalicelib.returns.facts import line_facts, money
from chalicelib.returns.model import Return
from chalicelib.settlement.beside import differences_facts
from chalicelib.settlement.components import Breakdown
from chalicelib.settlement.model import STORE_CREDIT, Leg, LegState, Settlement


def settlement_facts(ret: Return, settlement: Settlement) -> dict[str, Json]:
    """The settlement as it was planned, with every leg."""
    return {
        "settlement_id": settlement.settlement_id,
        "amount": money(settlement.amount),
        "fees": fees_facts(settlement.fees),
        "awards": [
            {"appeal_id": award.appeal_id, "amount": money(award.amount)}
            for award in settlement.awards
        ],
        "differences": differences_facts(settlement.differences),
        "shortfall": money(settlement.shortfall),
        "legs": [leg_facts(settlement, leg) for leg in settlement.legs if is_sent(leg)],
        "held": [
            leg_facts(settlement, leg) for leg in settlement.legs if leg.state is LegState.HELD
        ],
        "lines": settled_lines(ret, settlement),
        **_breakdown_facts(settlement.breakdown),
    }


def is_sent(leg: Leg) -> bool:
    """Whether it is on its way to a payment: neither held nor given as credit."""
    return leg.state is not LegState.HELD and leg.provider != STORE_CREDIT


def _breakdown_facts(breakdown: Breakdown | None) -> dict[str, Json]:
    """What goes back beside the price of units; the shop's loyalty system reads the last three."""
    if breakdown is None:
        return {}
    withheld = Money.total((part.total for part in breakdown.withheld), breakdown.currency)
    return {
        "shipping": money(breakdown.shipping.total),
        "withheld": money(withheld),
        "released": money(breakdown.released_in_all),
        "coupons": list(breakdown.coupons),
        "points_back": breakdown.points_back,
        "points_taken": breakdown.points_taken,
    }


def settled_lines(ret: Return, settlement: Settlement) -> list[Json]:
    """The units that the settlement is about, with what was paid for them."""
    return [
        line_facts(line, part.units)
        for part in settlement.lines
        for line in ret.lines
        if line.line_no == part.line_no
    ]


def fees_facts(fees: Iterable[Fee]) -> list[Json]:
    """What was kept of a refund; `line_no` None: once of the whole return."""
    return [
        {
            "kind": fee.kind.value,
            "line_no": fee.line_no,
            "amount": money(fee.amount),
            "tax": money(fee.tax),
        }
        for fee in fees
    ]


def leg_facts(settlement: Settlement, leg: Leg) -> dict[str, Json]:
    """One leg as it stands."""
    return {
        "settlement_id": settlement.settlement_id,
        "payment_id": leg.payment_id,
        "provider": leg.provider,
        "provider_ref": leg.provider_ref,
        "amount": money(leg.amount),
        "key": leg.key,
        "attempt": leg.attempt,
        "reference": leg.reference,
        "reason": leg.reason,
    }
