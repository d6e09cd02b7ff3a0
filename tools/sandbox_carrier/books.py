"""What the pretended carrier remembers: parcels by key, and what shall go wrong next.

In memory only. Tracking numbers follow from the key, so even a carrier that was started anew tells
the same number for the same key; only what was voided or scanned is forgotten.
"""

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

WINDOWS = {"am": "09:00-12:00", "pm": "13:00-17:00"}
PER_SLOT = 2
SLOT_DAYS = 5


class Fault(StrEnum):
    """What goes wrong with one request. LATE, ERROR_AFTER and MALFORMED do what was asked."""

    NONE = "none"
    REFUSE = "refuse"
    LATE = "late"
    LOST = "lost"
    ERROR = "error"
    ERROR_AFTER = "error-after"
    MALFORMED = "malformed"


class Refused(Exception):
    """A definite no, with the carrier's code for it."""


class KeyReused(Exception):
    """The key stands for a parcel that was asked for in other words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One key: `kind` is label or pickup. Void ones stay, so that the key makes nothing again."""

    key: str
    kind: str
    tracking_no: str
    asked: Mapping[str, object]
    slot_id: str | None = None
    reference: str | None = None
    is_void: bool = False
    is_scanned: bool = False

    def told(self) -> dict[str, object]:
        return asdict(self)


@dataclass(slots=True)
class Books:
    """Safe to share between threads."""

    parcels: dict[str, Parcel] = field(default_factory=dict)
    script: list[tuple[str, str, Fault]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def next_fault(self, operation: str, reference: str) -> Fault:
        """The first scripted fault for the operation (and, if it names one, this reference)."""
        with self._lock:
            for place, (wanted, about, fault) in enumerate(self.script):
                if wanted == operation and about in ("", reference):
                    del self.script[place]
                    return fault
        return Fault.NONE

    def expect(self, operation: str, about: str, faults: list[Fault]) -> None:
        """Script the next requests of an operation, in order."""
        with self._lock:
            self.script.extend((operation, about, fault) for fault in faults)

    def label(self, key: str, asked: Mapping[str, object]) -> tuple[Parcel, bool]:
        """The parcel of the key, and whether it was there before."""
        with self._lock:
            known = self._known(key, "label", asked)
            if known is not None:
                return known, True
            parcel = Parcel(key=key, kind="label", tracking_no=tracking_no(key), asked=dict(asked))
            self.parcels[key] = parcel
            return parcel, False

    def pickup(self, key: str, slot_id: str, asked: Mapping[str, object]) -> tuple[Parcel, bool]:
        """As `label`, for a slot; raises Refused `slot_taken` or `no_such_slot`."""
        with self._lock:
            known = self._known(key, "pickup", asked)
            if known is not None:
                return known, True
            if slot_of(slot_id) is None:
                raise Refused("no_such_slot")
            if self._taken(slot_id) >= PER_SLOT:
                raise Refused("slot_taken")
            parcel = Parcel(
                key=key,
                kind="pickup",
                tracking_no=tracking_no(key),
                asked=dict(asked),
                slot_id=slot_id,
                reference=f"PU-{tracking_no(key)[-6:]}",
            )
            self.parcels[key] = parcel
            return parcel, False

    def void(self, key: str) -> Parcel:
        """Raises Refused `already_scanned`. A key never seen is void from now on."""
        with self._lock:
            nothing = Parcel(key=key, kind="none", tracking_no=tracking_no(key), asked={})
            parcel = self.parcels.get(key, nothing)
            if parcel.is_scanned:
                raise Refused("already_scanned")
            parcel = replace(parcel, is_void=True)
            self.parcels[key] = parcel
            return parcel

    def scanned(self, number: str) -> None:
        """A driver saw the parcel: from now on it cannot be void."""
        with self._lock:
            for key, parcel in self.parcels.items():
                if parcel.tracking_no == number:
                    self.parcels[key] = replace(parcel, is_scanned=True)

    def slots(self, first: date) -> list[tuple[str, date, str]]:
        """Free slots of the five days after `first`, without Sundays."""
        with self._lock:
            days = [first + timedelta(days=place) for place in range(1, SLOT_DAYS + 1)]
            named = [
                (f"{day.isoformat()}.{part}", day, window)
                for day in days
                if day.isoweekday() != 7
                for part, window in WINDOWS.items()
            ]
            return [slot for slot in named if self._taken(slot[0]) < PER_SLOT]

    def all(self) -> list[Parcel]:
        with self._lock:
            return list(self.parcels.values())

    def reset(self) -> None:
        with self._lock:
            self.parcels.clear()
            self.script.clear()

    def _known(self, key: str, kind: str, asked: Mapping[str, object]) -> Parcel | None:
        parcel = self.parcels.get(key)
        if parcel is None:
            return None
        if parcel.is_void:
            raise Refused("voided")
        if parcel.kind != kind or _intent(parcel.asked) != _intent(asked):
            raise KeyReused(key)
        return parcel

    def _taken(self, slot_id: str) -> int:
        return sum(p.slot_id == slot_id and not p.is_void for p in self.parcels.values())


def _intent(asked: Mapping[str, object]) -> dict[str, object]:
    """What makes two requests the same: people move, and the first address stands."""
    return {name: value for name, value in asked.items() if name != "sender"}


def slot_of(slot_id: str) -> tuple[date, str] | None:
    """The day and window that a slot's id stands for."""
    day, _, part = slot_id.partition(".")
    try:
        return date.fromisoformat(day), WINDOWS[part]
    except (ValueError, KeyError):
        return None


def tracking_no(key: str) -> str:
    """`SBX` and ten digits, the same for the same key."""
    return f"SBX{int(hashlib.sha256(key.encode()).hexdigest(), 16) % 10**10:010d}"
