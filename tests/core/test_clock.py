"""Moments: aware, cut to milliseconds, written so that text sorts as time."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.clock import from_rfc3339, rfc3339, to_millis

moments = st.integers(0, 4_000_000_000_000_000).map(
    lambda n: datetime.fromtimestamp(0, UTC) + timedelta(microseconds=n)
)


@given(moments)
def test_a_moment_is_read_back_as_it_was_written(moment: datetime) -> None:
    assert from_rfc3339(rfc3339(moment)) == to_millis(moment)


@given(moments, moments)
def test_text_sorts_as_time(one: datetime, other: datetime) -> None:
    assert (rfc3339(one) < rfc3339(other)) == (to_millis(one) < to_millis(other))


def test_other_zones_are_read_as_the_same_moment() -> None:
    there = timezone(timedelta(hours=8))

    assert rfc3339(datetime(2026, 11, 21, 17, 0, tzinfo=there)) == "2026-11-21T09:00:00.000Z"
    assert from_rfc3339("2026-11-21T17:00:00+08:00") == datetime(2026, 11, 21, 9, tzinfo=UTC)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        to_millis(datetime(2026, 11, 21))  # noqa: DTZ001 - that is the point
