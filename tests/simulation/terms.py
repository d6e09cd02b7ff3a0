"""What sales are sold under: when refunds fall due, what is kept of them, what is never sent back.

As numbers for the model, and as documents of policies for the real code.
"""

from dataclasses import dataclass
from typing import Any

from tests import policies


@dataclass(frozen=True, slots=True)
class Terms:
    """`restocking` is a part of 10,000; `flat` and `way_back` are cents, once a request.

    A refund of more cents than `second_above` waits for a second person.
    """

    due: str = "inspection"
    keeps: bool = False
    restocking: int = 0
    flat: int = 0
    way_back: int = 0
    second_above: int | None = None


PLAIN = ""
TERMS: dict[str, Terms] = {
    PLAIN: Terms(),
    "charged": Terms(restocking=1234, flat=250, way_back=399),
    "on-approval": Terms(due="approval", way_back=490),
    "on-scan": Terms(due="carrier_scan", restocking=1000, flat=300),
    "on-receipt": Terms(due="receipt", restocking=1500),
    "kept": Terms(keeps=True, flat=200),
    "seconded": Terms(flat=100, second_above=3000),
    "seconded-early": Terms(due="approval", second_above=0),
}
"""By the name that a sale gives."""


def version_of(name: str, *, alone: bool) -> str:
    """The policy that an order of these terms is sold under; `alone`: it needs no person."""
    return f"sold-{name or 'plain'}{'-alone' if alone else ''}"


def document(name: str, *, alone: bool) -> dict[str, Any]:
    """The terms as a policy without a limit of time."""
    terms = TERMS[name]
    then: dict[str, Any] = {
        "window": {"days": None},
        "review": "automatic" if alone else "person",
        "refund_due": terms.due,
    }
    if terms.keeps:
        then["keep_item"] = True
    if terms.second_above is not None:
        then["second_refunder_above"] = _money(terms.second_above)
    fees: dict[str, Any] = {}
    if terms.restocking:
        fees["restocking_percent"] = f"{terms.restocking / 100:.2f}"
    for field, cents in (("flat", terms.flat), ("shipping", terms.way_back)):
        if cents:
            fees[field] = _money(cents)
    if fees:
        then["fees"] = fees
    return policies.form(version_of(name, alone=alone), policies.rule("all", **then))


def _money(cents: int) -> dict[str, str]:
    return {"amount": f"{cents / 100:.2f}", "currency": "EUR"}
