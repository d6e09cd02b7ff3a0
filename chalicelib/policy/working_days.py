"""Working days, where a law lets a period end on one. Public holidays are not considered."""

from datetime import date, timedelta

_SATURDAY = 5


def next_working_day(day: date) -> date:
    """The day itself, or the Monday after a weekend."""
    while day.weekday() >= _SATURDAY:
        day += timedelta(days=1)
    return day
