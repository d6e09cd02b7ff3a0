"""The window to its last moment, in the policy's own zone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.policy.document import PolicyDocument, Window
from chalicelib.policy.windows import Dates, end_of
from tests.policy.documents import document, rule

DELIVERED = datetime(2026, 3, 1, 15, 0, tzinfo=UTC)


def policy(zone: str = "UTC") -> PolicyDocument:
    return document(rule("all", window=Window(days=30)), time_zone=zone)


def dates(*, is_delivered: bool = True, is_shipped: bool = True) -> Dates:
    shipped = DELIVERED - timedelta(days=2)
    return Dates(
        ordered_at=shipped - timedelta(days=1),
        shipped_at=shipped if is_shipped else None,
        delivered_at=DELIVERED if is_delivered else None,
    )


def ends(
    days: int | None = 30, *, zone: str = "UTC", known: Dates | None = None
) -> datetime | None:
    return end_of(policy(zone), Window(days=days), "refund", known or dates()).before


def test_the_day_of_delivery_is_not_counted_and_the_last_day_is_whole() -> None:
    end = end_of(policy(), Window(days=30), "refund", dates())
    last = datetime(2026, 3, 31, 23, 59, 59, 999000, tzinfo=UTC)

    assert end.includes(last)
    assert not end.includes(last + timedelta(milliseconds=1))


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
    assert ends(zone=zone) == end


@given(st.integers(0, 400), st.integers(0, 10**6), st.integers(0, 500))
def test_a_wider_window_never_refuses_what_a_narrower_one_allows(
    days: int, minutes: int, more: int
) -> None:
    asked_at = DELIVERED + timedelta(minutes=minutes)
    narrow = end_of(policy(), Window(days=days), "refund", dates())
    wide = end_of(policy(), Window(days=days + more), "refund", dates())

    assert wide.includes(asked_at) or not narrow.includes(asked_at)


def test_a_missing_delivery_date_falls_back_to_shipping_and_transit() -> None:
    assert ends(known=dates(is_delivered=False)) == datetime(2026, 4, 6, tzinfo=UTC)


def test_a_missing_date_is_never_an_endless_window() -> None:
    nothing = dates(is_delivered=False, is_shipped=False)
    end = end_of(policy(), Window(days=30), "refund", nothing)

    assert not end.includes(DELIVERED)


def test_without_a_window_time_does_not_matter() -> None:
    end = end_of(policy(), Window(days=None), "refund", dates())

    assert end.includes(DELIVERED + timedelta(days=5000))
