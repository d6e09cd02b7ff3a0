"""Windows: until when something may still come back.

The day of the start is not counted; a window runs to the end of its last day in the policy's time
zone, and where the policy says so to the end of the next working day. A missing date of delivery
falls back to shipping plus the usual transit; with neither there is no window, so nothing is within
it.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from chalicelib.policy.document import PolicyDocument, Window, WindowStart
from chalicelib.policy.working_days import Calendar, next_working_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """When a line was ordered, left and arrived; None: not known (or not yet)."""

    ordered_at: datetime
    shipped_at: datetime | None
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The last moment, exclusive; None with `is_unlimited`: there is no limit of time."""

    before: datetime | None
    is_unlimited: bool = False

    def includes(self, moment: datetime) -> bool:
        return self.is_unlimited or (self.before is not None and moment < self.before)


def start_of(window: Window, dates: Dates, transit_days: int) -> datetime | None:
    """The moment that a window counts from, or None where nothing is known to count from."""
    if window.start is WindowStart.ORDER:
        return dates.ordered_at
    if window.start is WindowStart.SHIPMENT or dates.shipped_at is None:
        return dates.shipped_at
    return dates.delivered_at or dates.shipped_at + timedelta(days=transit_days)


def end_of(
    document: PolicyDocument,
    window: Window,
    resolution: str,
    dates: Dates,
    region: object = None,
) -> End:
    """When the window ends for what the customer wants, in the region that it was sold to."""
    days = window.days_for(resolution)
    if days is None:
        return End(before=None, is_unlimited=True)
    start = start_of(window, dates, document.transit_days)
    if start is None:
        return End(before=None)
    zone = ZoneInfo(document.time_zone)
    last_day = start.astimezone(zone).date() + timedelta(days=days)
    if window.to_working_day:
        last_day = next_working_day(last_day, Calendar.of(region, document.public_holidays))
    return End(before=datetime.combine(last_day + timedelta(days=1), time.min, tzinfo=zone))


def age_in_days(start: datetime | None, now: datetime, time_zone: str) -> int | None:
    """Whole days since the day of `start`, that day not counted."""
    if start is None:
        return None
    zone = ZoneInfo(time_zone)
    return (now.astimezone(zone).date() - start.astimezone(zone).date()).days
