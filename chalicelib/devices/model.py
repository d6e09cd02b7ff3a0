"""A device of a warehouse, the credentials it signs with, and the code that it is enrolled by.

Nothing here is secret: what a device signs with follows from a master key (devices.secrets), and of
a code only the digest is kept.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.core.events import Chain

CODE_LIFE = timedelta(minutes=15)


class DeviceState(StrEnum):
    """A revoked device stays so: one that turns up again is enrolled as another."""

    ENROLLED = "ENROLLED"
    REVOKED = "REVOKED"


class RevocationReason(StrEnum):
    LOST = "LOST"
    STOLEN = "STOLEN"
    BROKEN = "BROKEN"
    RETIRED = "RETIRED"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """The how-manieth of its device, and under which version of the master key it was made."""

    number: int
    key_id: str
    issued_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """When, by whom, and what for."""

    at: datetime
    by: str
    reason: RevocationReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Bound to one warehouse for good; `name` is what people call it and is in no event.

    `pending` is a newer credential that was handed out and not used yet: both are good until it is.
    """

    device_id: str
    name: str
    warehouse: str
    state: DeviceState
    credential: Credential
    enrolled_at: datetime
    enrolled_by: str
    pending: Credential | None = None
    revoked: Revocation | None = None
    version: int = 1
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return f"device/{self.device_id}"

    def credential_of(self, number: int) -> Credential | None:
        """The credential of this number, if it may still be used."""
        for known in (self.credential, self.pending):
            if known is not None and known.number == number:
                return known
        return None

    @property
    def last_number(self) -> int:
        """Of the credentials handed out so far."""
        return max(self.credential.number, self.pending.number if self.pending else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What a code is good for: one device of a warehouse, once, for a quarter of an hour.

    `digest` is of the code, and finds it. Its only event is the opening: what a code was used for
    is told by the device.
    """

    digest: str
    device_id: str
    is_new: bool
    name: str
    warehouse: str
    opened_at: datetime
    opened_by: str
    expires_at: datetime
    used_at: datetime | None = None
    version: int = 1
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return f"enrolment/{self.digest}"

    def is_open(self, now: datetime) -> bool:
        """Whether the right code would be taken now."""
        return self.used_at is None and now < self.expires_at
