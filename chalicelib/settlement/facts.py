"""What events say of a settlement: references, amounts, states and codes."""

from collections.abc import Iterable

from chalicelib.core.events import Json
from chalicelib.policy.fees import Fee
from chalicelib.returns.facts import line_facts, money
from chalicelib.returns.model import Return
from chalicelib.settlement.model import Leg, Settlement


def settlement_facts(ret: Return, settlement: Settlement) -> dict[str, Json]:
    """The settlement as it was planned, with every leg."""
    return {
        "settlement_id": settlement.settlement_id,
        "amount": money(settlement.amount),
        "fees": fees_facts(settlement.fees),
        "shortfall": money(settlement.shortfall),
        "legs": [leg_facts(settlement, leg) for leg in settlement.legs],
        "lines": settled_lines(ret, settlement),
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
        "amount": money(leg.amount),
        "key": leg.key,
        "attempt": leg.attempt,
        "reference": leg.reference,
        "reason": leg.reason,
    }
