"""The window to its last moment, in the policy's own zone; every rule leaves its trace."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.policy.decision import LineFacts, decide, window_end
from chalicelib.policy.model import PolicyVersion, Review

DELIVERED = datetime(2026, 3, 1, 15, 0, tzinfo=UTC)


def policy(days: int | None = 30, zone: str = "UTC") -> PolicyVersion:
    return PolicyVersion(
        version="p", title="P", window_days=days, time_zone=zone, review=Review.PERSON
    )


def facts(**more: Any) -> LineFacts:
    fields: dict[str, Any] = {
        "line_no": "1",
        "is_goods": True,
        "is_final_sale": False,
        "shipped_at": DELIVERED - timedelta(days=2),
        "delivered_at": DELIVERED,
        "requested_at": DELIVERED + timedelta(days=1),
    }
    return LineFacts(**(fields | more))


def verdict(rules: PolicyVersion, about: LineFacts) -> str:
    return decide(rules, [about]).lines[0].code


def test_the_day_of_delivery_is_not_counted_and_the_last_day_is_whole() -> None:
    last = datetime(2026, 3, 31, 23, 59, 59, 999000, tzinfo=UTC)

    assert verdict(policy(), facts(requested_at=last)) == "eligible"
    after = last + timedelta(milliseconds=1)
    assert verdict(policy(), facts(requested_at=after)) == "outside_window"


@pytest.mark.parametrize(
    ("zone", "end"),
    [
        ("UTC", datetime(2026, 4, 1, tzinfo=UTC)),
        ("Asia/Shanghai", datetime(2026, 3, 31, 16, tzinfo=UTC)),
        ("Europe/Paris", datetime(2026, 3, 31, 22, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 4, 1, 4, tzinfo=UTC)),
    ],
)
def test_the_window_ends_at_midnight_of_the_policys_own_zone(zone: str, end: datetime) -> None:
    assert window_end(policy(zone=zone), facts()) == end


@given(st.integers(0, 400), st.integers(0, 10**6), st.integers(0, 500))
def test_a_wider_window_never_refuses_what_a_narrower_one_allows(
    days: int, minutes: int, more: int
) -> None:
    about = facts(requested_at=DELIVERED + timedelta(minutes=minutes))

    if verdict(policy(days), about) == "eligible":
        assert verdict(policy(days + more), about) == "eligible"


def test_a_missing_delivery_date_falls_back_to_shipping_and_transit() -> None:
    shipped = facts(delivered_at=None)

    assert window_end(policy(), shipped) == datetime(2026, 4, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("about", "code"),
    [
        (facts(shipped_at=None, delivered_at=None), "not_shipped"),
        (facts(is_goods=False), "service_not_returnable"),
        (facts(is_final_sale=True), "final_sale"),
        (facts(requested_at=DELIVERED + timedelta(days=90)), "outside_window"),
        (facts(), "eligible"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_first_refusal_is_the_verdict_and_all_rules_are_in_the_trace(
    about: LineFacts, code: str
) -> None:
    decision = decide(policy(), [about])

    (one,) = decision.lines
    assert (one.code, one.eligible) == (code, code == "eligible")
    assert [step.rule for step in one.trace] == ["shipped", "goods", "final_sale", "window"]
    assert decision.eligible == one.eligible


def test_a_missing_date_is_never_an_endless_window() -> None:
    decision = decide(policy(), [facts(shipped_at=None, delivered_at=None)])

    assert not decision.lines[0].trace[3].passed


def test_without_a_window_time_does_not_matter() -> None:
    late = facts(requested_at=DELIVERED + timedelta(days=5000))

    assert verdict(policy(days=None), late) == "eligible"
