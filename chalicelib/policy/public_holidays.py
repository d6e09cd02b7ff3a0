"""The nationwide public holidays of the European Economic Area, as rules that hold for any year.

Not here: what is off in a part of a country only, or moved by a government for one year (such as
Greek May Days in Holy Week); a policy lists those itself. Beside these the rules agree, from 2020
to 2035, with the tables of the open `holidays` project.
"""

import re
from dataclasses import dataclass
from datetime import MAXYEAR, date, timedelta
from functools import cache
from typing import Self

_WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr")
_SATURDAY = 5
_RULES: dict[str, str] = {
    "AT": "01-01 01-06 E+1 05-01 E+39 E+50 E+60 08-15 10-26 11-01 12-08 12-25 12-26",
    "BE": "01-01 E+1 05-01 E+39 E+50 07-21 08-15 11-01 11-11 12-25",
    "BG": "01-01* 03-03* O-2 O+1 05-01* 05-06* 05-24* 09-06* 09-22* 12-24* 12-25* 12-26*",
    "CY": "01-01 01-06 O-48 03-25 04-01 O-2 O+1 05-01 O+50 08-15 10-01 10-28 12-25 12-26",
    "CZ": "01-01 E-2 E+1 05-01 05-08 07-05 07-06 09-28 10-28 11-17 12-24 12-25 12-26",
    "DE": "01-01 E-2 E+1 05-01 E+39 E+50 10-03 12-25 12-26",
    "DK": "01-01 E-3 E-2 E+1 E+26<2024 E+39 E+50 12-25 12-26",
    "EE": "01-01 02-24 E-2 05-01 06-23 06-24 08-20 12-24 12-25 12-26",
    "ES": "01-01 01-06 E-2 05-01 08-15 10-12 11-01 12-06 12-08 12-25",
    "FI": "01-01 01-06 E-2 E+1 05-01 E+39 Fr>=06-19 12-06 12-24 12-25 12-26",
    "FR": "01-01 E+1 05-01 05-08 E+39 E+50 07-14 08-15 11-01 11-11 12-25",
    "GR": "01-01 01-06 O-48 03-25 O-2 O+1 05-01 O+50 08-15 10-28 12-25 12-26",
    "HR": "01-01 01-06 E+1 05-01 05-30 E+60 06-22 08-05 08-15 11-01 11-18 12-25 12-26",
    "HU": "01-01 03-15 E-2 E+1 05-01 E+50 08-20 10-23 11-01 12-24 12-25 12-26",
    "IE": "01-01 Mo>=02-01@2023!2030 02-01@2030<2031 03-17 E+1 Mo>=05-01 Mo>=06-01 Mo>=08-01"
    " Mo>=10-25 12-25 12-26",
    "IS": "01-01 E-3 E-2 E+1 Th>=04-19 05-01 E+39 E+50 06-17 Mo>=08-01 12-25 12-26",
    "IT": "01-01 01-06 E+1 04-25 05-01 06-02 08-15 10-04@2026 11-01 12-08 12-25 12-26",
    "LI": "01-01 01-06 02-02 03-19 E+1 05-01 E+39 E+50 E+60 08-15 09-08 11-01 12-08 12-25 12-26",
    "LT": "01-01 02-16 03-11 E+1 05-01 06-24 07-06 08-15 11-01 11-02 12-24 12-25 12-26",
    "LU": "01-01 E+1 05-01 05-09 E+39 E+50 06-23 08-15 11-01 12-25 12-26",
    "LV": "01-01 E-2 E+1 05-01 05-04* 06-23 06-24 11-18* 12-24 12-25 12-26 12-31",
    "MT": "01-01 02-10 03-19 03-31 E-2 05-01 06-07 06-29 08-15 09-08 09-21 12-08 12-13 12-25",
    "NL": "01-01 E-2 E+1 04-27 05-05/5 E+39 E+50 12-25 12-26",
    "NO": "01-01 E-3 E-2 E+1 05-01 05-17 E+39 E+50 12-25 12-26",
    "PL": "01-01 01-06 E+1 05-01 05-03 E+60 08-15 11-01 11-11 12-24@2025 12-25 12-26",
    "PT": "01-01 E-2 04-25 05-01 E+60 06-10 08-15 10-05 11-01 12-01 12-08 12-25",
    "RO": "01-01 01-02 01-06@2024 01-07@2024 01-24 O-2 O+1 05-01 06-01 O+50 08-15 11-30 12-01"
    " 12-25 12-26",
    "SE": "01-01 01-06 E-2 E+1 05-01 E+39 06-06 12-25 12-26",
    "SI": "01-01 01-02 02-08 E+1 04-27 05-01 05-02 06-25 08-15 10-31 11-01 12-25 12-26",
    "SK": "01-01 01-06 E-2 E+1 05-01 05-08!2026 07-05 08-29 09-01<2024 09-15!2026 11-01"
    " 11-17<2025 12-24 12-25 12-26",
}  # fmt: skip
"""By ISO 3166-1 alpha-2. `05-01` is a date, `E+1` counts from Easter Sunday, `O+1` from the
Orthodox one, `Mo>=05-01` is the first Monday from then on. `*`: on a weekend, the next working day
is off; `@2026` from that year on, `<2024` before it, `!2026` not in it, `/5` every five years."""

COUNTRIES = frozenset(_RULES)
_FORM = re.compile(
    r"(?:(?P<easter>[EO])(?P<offset>[+-]\d+)|(?:(?P<weekday>[A-Z][a-z])>=)?(?P<date>\d\d-\d\d))"
    r"(?P<moves>\*)?(?:@(?P<since>\d+))?(?:<(?P<before>\d+))?(?:!(?P<but>\d+))?(?:/(?P<every>\d))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """One holiday; `moves`: off a weekend, to the next working day."""

    easter: str | None
    offset: int
    weekday: str | None
    month_day: str | None
    moves: bool
    since: int
    before: int
    but: int
    every: int

    @classmethod
    def of(cls, text: str) -> Self:
        found = _FORM.fullmatch(text)
        assert found is not None, f"{text} is no rule"
        return cls(
            easter=found["easter"],
            offset=int(found["offset"] or 0),
            weekday=found["weekday"],
            month_day=found["date"],
            moves=found["moves"] is not None,
            since=int(found["since"] or 0),
            before=int(found["before"] or MAXYEAR),
            but=int(found["but"] or 0),
            every=int(found["every"] or 1),
        )

    def day_in(self, year: int) -> date | None:
        """The day, where the rule holds in this year."""
        if not self.since <= year < self.before or year == self.but or year % self.every:
            return None
        if self.easter is not None:
            begin = easter(year) if self.easter == "E" else orthodox_easter(year)
            return begin + timedelta(days=self.offset)
        first = date.fromisoformat(f"{year}-{self.month_day}")
        if self.weekday is None:
            return first
        return first + timedelta(days=(_WEEKDAYS.index(self.weekday) - first.weekday()) % 7)


@cache
def public_holidays(country: str, year: int) -> frozenset[date]:
    """The nationwide public holidays of a year; none where the country is not known."""
    rules = [_Rule.of(text) for text in _RULES.get(country, "").split()]
    days = {day for rule in rules if (day := rule.day_in(year)) is not None}
    moved = [day for rule in rules if rule.moves and (day := rule.day_in(year)) is not None]
    for day in sorted(moved):
        if day.weekday() < _SATURDAY:
            continue
        while day.weekday() >= _SATURDAY or day in days:
            day += timedelta(days=1)
        days.add(day)
    return frozenset(days)


def easter(year: int) -> date:
    """Easter Sunday of the western churches (Gauss's rule as completed by Lichtenberg)."""
    century = year // 100
    moon_shift = 15 + (3 * century + 3) // 4 - (8 * century + 13) // 25
    sun_shift = 2 - (3 * century + 3) // 4
    cycle = year % 19
    seed = (19 * cycle + moon_shift) % 30
    correction = (seed + cycle // 11) // 29
    limit = 21 + seed - correction
    sunday = 7 - (year + year // 4 + sun_shift) % 7
    return date(year, 3, 1) + timedelta(days=limit + (7 - (limit - sunday) % 7) - 1)


def orthodox_easter(year: int) -> date:
    """Easter Sunday of the eastern churches (Meeus), in the calendar of everybody, 1900 to 2099."""
    moon = (19 * (year % 19) + 15) % 30
    weekday = (2 * (year % 4) + 4 * (year % 7) - moon + 34) % 7
    month, day = divmod(moon + weekday + 114, 31)
    return date(year, month, day + 1) + timedelta(days=13)
