"""What a carrier told about a parcel, whoever's it is: kept under its number, in any order.

Pure. News come before their shipment is known, twice, late and out of order. Of each status the
latest time is kept, and the present status is the furthest of them: so the same news in any order
make the same record.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from chalicelib.core.clock import rfc3339

EVENT_IDS_MAX = 20
PARCELS_MAX = 20


class CarrierStatus(StrEnum):
    LABEL_CREATED = "label_created"
    PICKED_UP = "picked_up"
    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"
    LOST = "lost"
    DAMAGED = "damaged"
    RETURNED_TO_SENDER = "returned_to_sender"
    REFUSED = "refused"


RANK: dict[CarrierStatus, int] = {
    CarrierStatus.LABEL_CREATED: 0,
    CarrierStatus.PICKED_UP: 1,
    CarrierStatus.IN_TRANSIT: 2,
    CarrierStatus.DAMAGED: 2,
    CarrierStatus.LOST: 2,
    CarrierStatus.REFUSED: 3,
    CarrierStatus.DELIVERED: 4,
    CarrierStatus.RETURNED_TO_SENDER: 4,
}
"""A later status of the same rank replaces an earlier one; a lower rank never does. So a parcel
that was lost may move again, and one that was delivered may yet be sent back, no more."""
SCANNED = frozenset(CarrierStatus) - {CarrierStatus.LABEL_CREATED}
"""Statuses that only a parcel in the carrier's hands can have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierNews:
    """One message of a carrier about one parcel. `event_id` is the carrier's name for it."""

    event_id: str
    carrier: str
    tracking_no: str
    status: CarrierStatus
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierEvent:
    """What became of a message, kept under its id, so that a repeat only reads it.

    `outcome`: `remembered` (its parcel is not known yet), `applied`, or `recorded` (it changed
    nothing: it was late, or its return is over).
    """

    event_id: str
    carrier: str
    tracking_no: str
    status: CarrierStatus
    occurred_at: datetime
    taken_at: datetime
    outcome: str
    return_ids: tuple[str, ...] = ()
    exception_ids: tuple[str, ...] = ()
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedParcel:
    """The shipment of a return that travels under a number."""

    return_id: str
    shipment_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking:
    """All that is known of one tracking number. `parcels` are of one customer.

    `seen` has the latest time of each status, `raised` what was raised for a person because of it,
    so that it is raised once.
    """

    carrier: str
    tracking_no: str
    seen: dict[CarrierStatus, datetime] = field(default_factory=dict)
    scanned_at: datetime | None = None
    event_ids: tuple[str, ...] = ()
    parcels: tuple[TrackedParcel, ...] = ()
    customer_id: str | None = None
    raised: tuple[str, ...] = ()
    version: int = 0

    @property
    def status(self) -> CarrierStatus | None:
        """The furthest status, by rank and then by time; None before the first news."""
        return max(
            self.seen, key=lambda status: (RANK[status], self.seen[status], status), default=None
        )

    @property
    def occurred_at(self) -> datetime | None:
        """When the present status was reached."""
        return None if self.status is None else self.seen[self.status]

    def after(self, news: CarrierNews) -> "Tracking":
        """The record with this message in it; the order of messages makes no difference."""
        latest = max(self.seen.get(news.status, news.occurred_at), news.occurred_at)
        scanned_at = self.scanned_at
        if news.status in SCANNED:
            scanned_at = min(scanned_at or news.occurred_at, news.occurred_at)
        return replace(
            self,
            seen={**self.seen, news.status: latest},
            scanned_at=scanned_at,
            event_ids=_latest((*self.event_ids, _stamped(news))),
        )

    def carrying(self, parcel: TrackedParcel, customer_id: str | None) -> "Tracking":
        """The record with this shipment under its number."""
        parcels = (*(p for p in self.parcels if p.return_id != parcel.return_id), parcel)
        return replace(self, parcels=parcels, customer_id=self.customer_id or customer_id)

    def may_carry(self, return_id: str, customer_id: str | None) -> bool:
        """A number is one box of one sender: several returns share it only if they are theirs."""
        others = [parcel for parcel in self.parcels if parcel.return_id != return_id]
        if not others:
            return True
        is_same_sender = customer_id is not None and customer_id == self.customer_id
        return is_same_sender and len(others) < PARCELS_MAX


def _stamped(news: CarrierNews) -> str:
    """Sorts by time, and says which message it was."""
    return f"{rfc3339(news.occurred_at)} {news.event_id}"


def _latest(stamps: Iterable[str]) -> tuple[str, ...]:
    """The latest messages: of the same ones in any order, the same."""
    return tuple(sorted(set(stamps))[-EVENT_IDS_MAX:])
