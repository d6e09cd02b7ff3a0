"""A carrier's scorecard: folded rows of a period, put together as one card a carrier. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chalicelib.analytics.carriers import DAYS, DAYS_MAX, DIMENSION
from chalicelib.analytics.model import Interval, MetricRow, start_of
from chalicelib.analytics.queries import PERIOD_MAX, MetricReader
from chalicelib.core.errors import FieldError, Invalid
from chalicelib.core.money import Money

PROMISED_DAYS = 5
"""How long a parcel may take until it is late, where nothing else was agreed with its carrier."""
_ANY = "*"
_PLAIN = (
    "shipments", "shipped_units", "delivered", "delivered_units", "lost_units", "found_units",
    "damaged_units", "damage_reports", "count_differences", "units_missing", "claims_opened",
    "claims_recovered", "claims_refused",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a carrier came to in a period. `open_claims`: opened in it and not ended in it."""

    carrier: str
    shipments: int = 0
    shipped_units: int = 0
    delivered: int = 0
    delivered_units: int = 0
    lost_units: int = 0
    found_units: int = 0
    damaged_units: int = 0
    damage_reports: int = 0
    count_differences: int = 0
    units_missing: int = 0
    promised_days: int = PROMISED_DAYS
    late: int = 0
    days_median: int | None = None
    days_p90: int | None = None
    late_days_median: int | None = None
    late_days_p90: int | None = None
    claims_opened: int = 0
    claims_recovered: int = 0
    claims_refused: int = 0
    claim_days_average: float | None = None
    claimed: tuple[Money, ...] = ()
    recovered: tuple[Money, ...] = ()
    recovery_percent: dict[str, float] = field(default_factory=dict)

    @property
    def open_claims(self) -> int:
        return max(0, self.claims_opened - self.claims_recovered - self.claims_refused)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """One card a carrier, and until when it is all counted."""

    cards: tuple[Card, ...]
    complete_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Promises:
    """Within how many days each carrier says that it delivers."""

    by_carrier: Mapping[str, int] = field(default_factory=dict)

    def of(self, carrier: str) -> int:
        return self.by_carrier.get(carrier, self.by_carrier.get(_ANY, PROMISED_DAYS))


def promises_of(stated: str) -> Promises:
    """As a setting says it: `dhl=3 ups=7 *=6`. What cannot be read is as if it were not said."""
    pairs = (part.partition("=") for part in stated.split())
    days = {
        name: int(number)
        for name, _, number in pairs
        if number.isascii() and number.isdigit() and 1 <= int(number) < DAYS_MAX
    }
    return Promises(by_carrier=days)


def scorecard(
    reader: MetricReader,
    *,
    since: datetime,
    until: datetime,
    carrier: str | None = None,
    promises: Promises | None = None,
) -> Scorecard:
    """The days that begin in [since, until), `since` moved back to the start of its day."""
    start = start_of(since, Interval.DAY)
    longest: timedelta = PERIOD_MAX[Interval.DAY]
    if until - start > longest:
        message = f"At most {longest.days} days."
        fault = FieldError(pointer="/to", code="period_too_long", message=message)
        raise Invalid("period_too_long", message, errors=[fault])
    rows = reader.rows(DIMENSION, Interval.DAY, start, until)
    by_carrier: dict[str, list[MetricRow]] = {}
    for row in rows:
        if carrier in (None, row.group):
            by_carrier.setdefault(row.group, []).append(row)
    cards = tuple(card_of(name, by_carrier[name], promises) for name in sorted(by_carrier))
    return Scorecard(cards=cards, complete_until=reader.complete_until())


def card_of(carrier: str, rows: Iterable[MetricRow], promises: Promises | None = None) -> Card:
    """All rows of a carrier, at least one, as one card."""
    promised = (promises or Promises()).of(carrier)
    some = list(rows)
    whole = MetricRow(start=some[0].start, dimension=DIMENSION, group=carrier)
    for row in some:
        for name, number in row.counts.items():
            whole.count(name, number)
        for name, by in row.amounts.items():
            for currency, minor in by.items():
                whole.add(name, minor, currency)
    counts, money = whole.counts, whole.money()
    days = _days(counts)
    late = [(day - promised, number) for day, number in days if day > promised]
    ended = counts.get("claims_recovered", 0) + counts.get("claims_refused", 0)
    return Card(
        carrier=carrier,
        **{name: counts.get(name, 0) for name in _PLAIN},
        promised_days=promised,
        late=sum(number for _, number in late),
        days_median=_percentile(days, 50),
        days_p90=_percentile(days, 90),
        late_days_median=_percentile(late, 50),
        late_days_p90=_percentile(late, 90),
        claim_days_average=round(counts.get("claim_days", 0) / ended, 1) if ended else None,
        claimed=tuple(money.get("claimed", ())),
        recovered=tuple(money.get("recovered", ())),
        recovery_percent=_rates(whole.amounts),
    )


def _days(counts: Mapping[str, int]) -> list[tuple[int, int]]:
    """How many parcels took how many days, the fastest first."""
    found = [
        (int(name.removeprefix(DAYS)), number)
        for name, number in counts.items()
        if name.startswith(DAYS)
    ]
    return sorted(found)


def _percentile(days: Sequence[tuple[int, int]], percent: int) -> int | None:
    """The days within which so many percent of the parcels came."""
    whole = sum(number for _, number in days)
    seen = 0
    for day, number in days:
        seen += number
        if seen * 100 >= whole * percent:
            return day
    return None


def _rates(amounts: Mapping[str, Mapping[str, int]]) -> dict[str, float]:
    """What was recovered of what ended, by currency."""
    recovered = amounts.get("recovered", {})
    return {
        currency: round(100 * recovered.get(currency, 0) / minor, 1)
        for currency, minor in sorted(amounts.get("ended", {}).items())
        if minor
    }
