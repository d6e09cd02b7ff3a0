"""Past returns for simulations: decided by a document, and what people made of them."""

from datetime import datetime
from typing import Any

from chalicelib.core.money import Money
from chalicelib.policy.document import PolicyDocument
from chalicelib.policy.evaluation import CompiledPolicy, LineToDecide, decide
from chalicelib.policy.simulating import Comparison, PastLine, PastReturn, tried
from chalicelib.policy.verdict import Decision
from tests.policy.documents import NOW, eur, line

VALUE = eur(10_000)


def past(
    policy: PolicyDocument,
    *lines: LineToDecide,
    kept_units: int = 1,
    asked_units: int = 1,
    value: Money = VALUE,
    decision: Decision | None = None,
    requested_at: datetime = NOW,
    **more: Any,
) -> PastReturn:
    """Each line has one unit (or `asked_units`) of `value`; `more` are fields of PastReturn."""
    asked = lines or (line(),)
    decided = decision or decide(CompiledPolicy(policy), asked)
    fields: dict[str, Any] = {
        "return_id": "ret_1",
        "number": "R1",
        "order_no": "O-1",
        "region": "DE",
        "channel": "web",
        "customer_class": None,
        "type": "customer_return",
    }
    return PastReturn(
        requested_at=requested_at,
        currency=value.currency,
        decision=decided,
        lines=tuple(
            PastLine(
                verdict=verdict,
                category=text(asked[place].facts["category"]),
                reason=text(asked[place].facts["reason"]) or "CHANGED_MIND",
                asked=value * asked_units,
                kept=value * kept_units,
                asked_units=asked_units,
                kept_units=kept_units,
            )
            for place, verdict in enumerate(decided.lines)
        ),
        **(fields | more),
    )


def text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def under(draft: PolicyDocument, then: PastReturn) -> Comparison:
    return tried(CompiledPolicy(draft), then)
