"""Whatever a policy says: what a quote tells is what submitting then decides."""

from datetime import UTC, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.errors import PolicyRefused
from chalicelib.returns import quoting, requesting
from chalicelib.returns.model import Resolution
from chalicelib.returns.wishes import RequestReturn
from tests import policies
from tests.builders import NOW, Shop, line, order, wish
from tests.fakes import FakeStore
from tests.policies import form, rule

CONDITIONS: list[dict[str, Any] | None] = [
    None,
    {"fact": "quantity", "above": 1},
    {"fact": "category", "is": "games"},
    {"fact": "resolution", "is": "exchange"},
    {"fact": "line_value", "above": {"amount": "15.00", "currency": "EUR"}},
    {"fact": "age_days", "at_most": 10},
    {"not": {"fact": "customer_class", "is": "gold"}},
    {"all": [{"fact": "final_sale", "is": False}, {"fact": "reason", "in": ["CHANGED_MIND"]}]},
    {"any": [{"fact": "photo_reused", "known": True}, {"fact": "days_since_order", "above": 3}]},
]
OUTCOMES: list[dict[str, Any]] = [
    {"eligible": False, "code": "not_this"},
    {"eligible": True},
    {"window": {"days": 5}},
    {"window": {"days": None}},
    {"window": {"days": 30, "by_resolution": {"exchange": 2}}, "review": "automatic"},
    {"review": "senior"},
    {"review": "automatic"},
    {"fees": {"restocking_percent": "12.5", "flat": {"amount": "4.00", "currency": "EUR"}}},
    {"evidence": ["photo"]},
    {"resolutions": ["refund"]},
    {"refund_due": "receipt", "warehouse": "W-9"},
]
RULES = st.lists(st.tuples(st.sampled_from(CONDITIONS), st.sampled_from(OUTCOMES)), max_size=8)


@settings(max_examples=300)
@given(
    RULES,
    RULES,
    st.integers(1, 3),
    st.integers(0, 40),
    st.sampled_from([Resolution.REFUND, Resolution.STORE_CREDIT]),
)
def test_a_quote_is_what_submitting_then_decides(
    then: list[tuple[dict[str, Any] | None, dict[str, Any]]],
    now: list[tuple[dict[str, Any] | None, dict[str, Any]]],
    quantity: int,
    days: int,
    resolution: Resolution,
) -> None:
    shop = Shop(FakeStore(clock=lambda: NOW.astimezone(UTC)))
    for name, rules in (("then", then), ("now", now)):
        written = [rule(f"r-{n}", when, **said) for n, (when, said) in enumerate(rules)]
        last = [rule("last", window={"days": 30})] if not written else []
        policies.publish(shop.store, form(name, *written, *last, policy="p"))
    policies.shelve(shop.store, "p", ("then", NOW - timedelta(days=99)), ("now", NOW))
    shop.sells(order(line(quantity=3, category="games"), policy_version="then"))
    command = RequestReturn(
        order_no="O-1",
        lines=(wish(quantity, resolution=resolution),),
        requested_at=NOW + timedelta(days=days),
    )

    quoted = quoting.quote(shop.store.reads(), command, shop.context())
    refusal = next((one.code for one in quoted.decision.lines if not one.eligible), None)
    if refusal is not None:
        with pytest.raises(PolicyRefused) as refused:
            shop.do(lambda reads, context: requesting.create(reads, command, context))
        assert refused.value.code == refusal
        return
    ret = shop.do(lambda reads, context: requesting.create(reads, command, context))
    assert ret.decision == quoted.decision
