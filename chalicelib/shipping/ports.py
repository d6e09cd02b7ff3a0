"""What returns ask of a carrier: a label, a pickup, and that either is not needed any more.

Pure. Implementations live in gateways; they answer with an outcome and never raise. Every request
has a key, stored before the call: asked again under it, a carrier says what became of it. So an
answer that was lost never makes a second label.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from chalicelib.core.errors import Conflict, FieldError, Invalid

OWN = "own"
"""The customer ships with whom they like: no label, no pickup; they tell us the number."""


class CarrierAnswer(StrEnum):
    """Only REFUSED is for ever: UNKNOWN keeps the key, under which it is asked again."""

    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRequest:
    """One parcel. `sender` is where it comes from, if that is known: it is passed on, not kept."""

    key: str
    reference: str
    units: int
    expires_at: datetime
    warehouse: str | None = None
    sender: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What is stuck on the parcel, ready to print."""

    carrier: str
    tracking_no: str
    media_type: str
    content: bytes
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelOutcome:
    """`label` is there when it is DONE; `reason`, a stable code, in every other state."""

    answer: CarrierAnswer
    label: Label | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A time at which the carrier could come; `window` is local time such as 09:00-12:00."""

    slot_id: str
    day: date
    window: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotsOutcome:
    answer: CarrierAnswer
    slots: tuple[Slot, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PickupRequest:
    """A parcel that the carrier fetches. The carrier brings its own label for it."""

    key: str
    slot_id: str
    reference: str
    units: int
    warehouse: str | None = None
    sender: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """`reference` is what the carrier calls the pickup, `tracking_no` its parcel."""

    slot: Slot
    reference: str
    tracking_no: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingOutcome:
    answer: CarrierAnswer
    booking: Booking | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidOutcome:
    """DONE: nothing will be made or fetched under the key any more, whatever was before."""

    answer: CarrierAnswer
    reason: str | None = None


class Carrier(Protocol):
    """Calls end within `timeout_s` and a second to connect, and never raise for the outside."""

    @property
    def name(self) -> str:
        """The word that shipments use for this carrier."""

    @property
    def makes_labels(self) -> bool: ...

    @property
    def fetches(self) -> bool: ...

    def create_label(self, request: LabelRequest, *, timeout_s: float) -> LabelOutcome:
        """Make the label of the key; asked again, the same label."""

    def pickup_slots(
        self, *, warehouse: str | None, postcode: str | None, first: date, timeout_s: float
    ) -> SlotsOutcome:
        """When the carrier could come, from that day on."""

    def book_pickup(self, request: PickupRequest, *, timeout_s: float) -> BookingOutcome:
        """Book the slot for the parcel of the key; asked again, the same booking."""

    def void(self, key: str, *, timeout_s: float) -> VoidOutcome:
        """Take back the label or pickup of the key. REFUSED: the parcel is on its way already.

        A key that the carrier has not seen is void from now on, so that a request that is still on
        its way makes nothing.
        """


Carriers = Mapping[str, Carrier]


def named(carriers: Carriers, name: str) -> Carrier:
    """The carrier of this name; raises Invalid `unknown_carrier`."""
    carrier = carriers.get(name)
    if carrier is None:
        message = f"Known: {', '.join(sorted(carriers))}."
        fault = FieldError(pointer="/carrier", code="unknown_carrier", message=message)
        raise Invalid("unknown_carrier", f"There is no carrier {name} here.", errors=[fault])
    return carrier


def first_that_fetches(carriers: Iterable[Carrier]) -> Carrier:
    """The carrier that picks parcels up; raises Conflict `pickup_not_offered` without one."""
    for carrier in carriers:
        if carrier.fetches:
            return carrier
    raise Conflict("pickup_not_offered", "No carrier picks parcels up here.")
