"""Working days: weekends and the public holidays of the buyer's country are none."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.policy.document import Window
from chalicelib.policy.evaluation import CompiledPolicy, LineToDecide, decide
from chalicelib.policy.public_holidays import (
    COUNTRIES,
    easter,
    orthodox_easter,
    public_holidays,
)
from chalicelib.policy.windows import Dates, end_of
from chalicelib.policy.working_days import Calendar, next_working_day
from chalicelib.withdrawals.law import EEA
from tests.policy.documents import document, facts, rule

YEAR_2026 = {
    "AT": "01-01 01-06 04-06 05-01 05-14 05-25 06-04 10-26 12-08 12-25",
    "BE": "01-01 04-06 05-01 05-14 05-25 07-21 11-11 12-25",
    "BG": "01-01 03-03 04-10 04-13 05-01 05-06 05-25 09-07 09-22 12-24 12-25 12-28",
    "CY": "01-01 01-06 02-23 03-25 04-01 04-10 04-13 05-01 06-01 10-01 10-28 12-25",
    "CZ": "01-01 04-03 04-06 05-01 05-08 07-06 09-28 10-28 11-17 12-24 12-25",
    "DE": "01-01 04-03 04-06 05-01 05-14 05-25 12-25",
    "DK": "01-01 04-02 04-03 04-06 05-14 05-25 12-25",
    "EE": "01-01 02-24 04-03 05-01 06-23 06-24 08-20 12-24 12-25",
    "ES": "01-01 01-06 04-03 05-01 10-12 12-08 12-25",
    "FI": "01-01 01-06 04-03 04-06 05-01 05-14 06-19 12-24 12-25",
    "FR": "01-01 04-06 05-01 05-08 05-14 05-25 07-14 11-11 12-25",
    "GR": "01-01 01-06 02-23 03-25 04-10 04-13 05-01 06-01 10-28 12-25",
    "HR": "01-01 01-06 04-06 05-01 06-04 06-22 08-05 11-18 12-25",
    "HU": "01-01 04-03 04-06 05-01 05-25 08-20 10-23 12-24 12-25",
    "IE": "01-01 02-02 03-17 04-06 05-04 06-01 08-03 10-26 12-25",
    "IS": "01-01 04-02 04-03 04-06 04-23 05-01 05-14 05-25 06-17 08-03 12-25",
    "IT": "01-01 01-06 04-06 05-01 06-02 12-08 12-25",
    "LI": "01-01 01-06 02-02 03-19 04-06 05-01 05-14 05-25 06-04 09-08 12-08 12-25",
    "LT": "01-01 02-16 03-11 04-06 05-01 06-24 07-06 11-02 12-24 12-25",
    "LU": "01-01 04-06 05-01 05-14 05-25 06-23 12-25",
    "LV": "01-01 04-03 04-06 05-01 05-04 06-23 06-24 11-18 12-24 12-25 12-31",
    "MT": "01-01 02-10 03-19 03-31 04-03 05-01 06-29 09-08 09-21 12-08 12-25",
    "NL": "01-01 04-03 04-06 04-27 05-14 05-25 12-25",
    "NO": "01-01 04-02 04-03 04-06 05-01 05-14 05-25 12-25",
    "PL": "01-01 01-06 04-06 05-01 06-04 11-11 12-24 12-25",
    "PT": "01-01 04-03 05-01 06-04 06-10 10-05 12-01 12-08 12-25",
    "RO": "01-01 01-02 01-06 01-07 04-10 04-13 05-01 06-01 11-30 12-01 12-25",
    "SE": "01-01 01-06 04-03 04-06 05-01 05-14 12-25",
    "SI": "01-01 01-02 04-06 04-27 05-01 06-25 12-25",
    "SK": "01-01 01-06 04-03 04-06 05-01 12-24 12-25",
}
"""Holidays of 2026 that are on working days, as the states published them."""


@pytest.mark.parametrize("country", sorted(YEAR_2026))
def test_the_holidays_of_2026_are_those_that_were_published(country: str) -> None:
    found = sorted(day for day in public_holidays(country, 2026) if day.weekday() < 5)

    assert " ".join(f"{day:%m-%d}" for day in found) == YEAR_2026[country]


def test_the_holidays_of_every_state_of_the_european_economic_area_are_known() -> None:
    assert set(EEA) == COUNTRIES == set(YEAR_2026)


@pytest.mark.parametrize(
    ("year", "western", "orthodox"),
    [
        (2024, date(2024, 3, 31), date(2024, 5, 5)),
        (2025, date(2025, 4, 20), date(2025, 4, 20)),
        (2026, date(2026, 4, 5), date(2026, 4, 12)),
        (2027, date(2027, 3, 28), date(2027, 5, 2)),
        (2038, date(2038, 4, 25), date(2038, 4, 25)),
        (2049, date(2049, 4, 18), date(2049, 4, 25)),
        (2076, date(2076, 4, 19), date(2076, 4, 26)),
    ],
)
def test_easter_is_when_the_churches_keep_it(year: int, western: date, orthodox: date) -> None:
    assert (easter(year), orthodox_easter(year)) == (western, orthodox)


def test_a_holiday_begins_and_ends_with_the_law_that_made_it() -> None:
    assert date(2023, 5, 5) in public_holidays("DK", 2023)
    assert date(2024, 4, 26) not in public_holidays("DK", 2024)
    assert date(2024, 12, 24) not in public_holidays("PL", 2024)
    assert date(2025, 12, 24) in public_holidays("PL", 2025)
    assert date(2025, 5, 5) in public_holidays("NL", 2025)
    assert date(2026, 5, 5) not in public_holidays("NL", 2026)


@given(
    st.sampled_from([None, *sorted(COUNTRIES)]),
    st.dates(date(2000, 1, 1), date(2090, 1, 1)),
    st.frozensets(st.dates(date(2025, 1, 1), date(2026, 1, 1)), max_size=5),
)
def test_the_next_working_day_is_the_first_that_is_one(
    country: str | None, day: date, further: frozenset[date]
) -> None:
    calendar = Calendar(country=country, further=further)

    found = next_working_day(day, calendar)

    assert calendar.is_working_day(found)
    between = [day + timedelta(days=ahead) for ahead in range((found - day).days)]
    assert not any(calendar.is_working_day(one) for one in between)
    assert len(between) <= 12


@pytest.mark.parametrize(
    ("region", "country"),
    [("DE", "DE"), (" de ", "DE"), ("DE-BY", "DE"), ("de_BY", "DE"), ("US", None), (None, None)],
)
def test_a_region_is_read_as_orders_write_it(region: str | None, country: str | None) -> None:
    assert Calendar.of(region).country == country


def _delivered(day: date) -> Dates:
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return Dates(ordered_at=at, shipped_at=at, delivered_at=at)


@pytest.mark.parametrize(
    ("region", "further", "last_day"),
    [
        # 14 days after 11 December 2026 is Christmas Day, a Friday.
        ("DE", (), date(2026, 12, 28)),
        ("US", (), date(2026, 12, 25)),
        ("US", (date(2026, 12, 25),), date(2026, 12, 28)),
        ("DE", (date(2026, 12, 28),), date(2026, 12, 29)),
        (None, (), date(2026, 12, 25)),
    ],
)
def test_a_window_goes_on_over_public_holidays_and_those_that_the_policy_lists(
    region: str | None, further: tuple[date, ...], last_day: date
) -> None:
    window = Window(days=14, to_working_day=True)
    policy = document(rule("all", window=window), public_holidays=further)

    end = end_of(policy, window, "refund", _delivered(date(2026, 12, 11)), region).before

    assert end is not None
    assert end.date() == last_day + timedelta(days=1)
    plain = Window(days=14)
    end = end_of(policy, plain, "refund", _delivered(date(2026, 12, 11)), region).before
    assert end is not None
    assert end.date() == date(2026, 12, 26)


@pytest.mark.parametrize(("region", "holidays_of"), [("AT", "AT"), ("US", None)])
def test_the_trace_names_the_country_whose_holidays_counted(
    region: str, holidays_of: str | None
) -> None:
    policy = document(rule("all", window=Window(days=14, to_working_day=True)))
    asked = LineToDecide(
        line_no="1",
        facts=facts(region=region),
        is_goods=True,
        dates=_delivered(date(2026, 12, 11)),
        requested_at=datetime(2026, 12, 24, tzinfo=UTC),
    )

    (decided,) = decide(CompiledPolicy(policy), [asked]).lines

    assert decided.trace[-1].facts["holidays_of"] == holidays_of
