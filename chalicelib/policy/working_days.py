"""Working days, where a law or a policy lets a period end on one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from chalicelib.policy.public_holidays import COUNTRIES, public_holidays

_SATURDAY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The days off of a place: weekends, nationwide holidays and what is listed `further`.

    `country` None: its public holidays are not known, only weekends and `further` are.
    """

    country: str | None = None
    further: frozenset[date] = frozenset()

    @classmethod
    def of(cls, region: object, further: Iterable[date] = ()) -> Self:
        """For a region as orders name it: `DE`, `de`, `DE-BY`."""
        country = country_of(region)
        return cls(country=country if country in COUNTRIES else None, further=frozenset(further))

    def is_working_day(self, day: date) -> bool:
        if day.weekday() >= _SATURDAY or day in self.further:
            return False
        return self.country is None or day not in public_holidays(self.country, day.year)


def country_of(region: object) -> str:
    """The country of a region, by ISO 3166-1 alpha-2; empty where none is given."""
    text = region if isinstance(region, str) else ""
    return text.strip().upper().replace("_", "-").partition("-")[0]


def next_working_day(day: date, calendar: Calendar) -> date:
    """The day itself, or the first working day after it."""
    while not calendar.is_working_day(day):
        day += timedelta(days=1)
    return day
