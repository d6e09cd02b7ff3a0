"""Devices: the code one is enrolled by, what it is handed, and what is known of its scans."""

from typing import Annotated, Self

from pydantic import BeforeValidator, Field, StringConstraints

from chalicelib.api.schemas.common import PageQuery, word_of
from chalicelib.contracts.fields import Id, Label, MomentOut, Strict, View
from chalicelib.core import runs
from chalicelib.core.runs import Runs
from chalicelib.devices.enrolling import Enrolled, Opened, OpenEnrolment
from chalicelib.devices.model import Device, DeviceState, RevocationReason
from chalicelib.devices.sequence import Sequence
from chalicelib.devices.signing import SCHEME

GAPS_MAX = 100


class EnrolmentBody(Strict):
    """For a new device; or, by `device_id`, for a newer credential of one that is enrolled.

    `name` is what people call the device, not who carries it.
    """

    warehouse: Id
    name: Annotated[Label, StringConstraints(max_length=60)] = Field(examples=["Dock 2, left"])
    device_id: Id | None = None

    def to_domain(self) -> OpenEnrolment:
        return OpenEnrolment(warehouse=self.warehouse, name=self.name, device_id=self.device_id)


class EnrolmentView(View):
    """`code` is told now and never again; it is good once, until `expires_at`."""

    code: str
    device_id: str
    warehouse: str
    name: str
    expires_at: MomentOut

    @classmethod
    def of(cls, opened: Opened) -> Self:
        enrolment = opened.enrolment
        return cls(
            code=opened.code,
            device_id=enrolment.device_id,
            warehouse=enrolment.warehouse,
            name=enrolment.name,
            expires_at=enrolment.expires_at,
        )


class EnrolBody(Strict):
    """The code in any case and spacing."""

    code: Annotated[str, StringConstraints(min_length=1, max_length=64)] = Field(
        examples=["7K2QX-9D4TM-0WBPA-H3C8V"]
    )


class EnrolledView(View):
    """`secret` is told now and never again: what the device signs with, as `scheme` says."""

    device_id: str
    credential: int
    secret: str
    scheme: str
    warehouse: str
    name: str

    @classmethod
    def of(cls, enrolled: Enrolled, secret: str) -> Self:
        device = enrolled.device
        return cls(
            device_id=device.device_id,
            credential=enrolled.credential.number,
            secret=secret,
            scheme=SCHEME,
            warehouse=device.warehouse,
            name=device.name,
        )


class RevokeBody(Strict):
    """What for; it is for good."""

    reason: RevocationReason


class DevicesQuery(PageQuery):
    """All, of a warehouse, or in a state."""

    warehouse: Id | None = None
    state: Annotated[DeviceState, BeforeValidator(word_of(DeviceState))] | None = None


class GapView(View):
    """Numbers, the first and last of a row of them."""

    first: int
    last: int

    @classmethod
    def some(cls, found: Runs, most: int) -> tuple[Self, ...]:
        """The last of them."""
        shown = found[-most:] if most else ()
        return tuple(cls(first=run.first, last=run.last) for run in shown)


class SequenceView(View):
    """The numbers that a device gave its scans, as far as they are here.

    `missing` are those below `highest` that are not, in `gaps`, of which the last hundred are
    shown. Below `watched_from` nobody looks any more. `apart` are numbers that are here and too far
    from the others to leave a gap between. `last_captured_at` is by the device's clock.
    """

    highest: int
    missing: int
    gaps: tuple[GapView, ...]
    watched_from: int
    apart: tuple[GapView, ...]
    last_captured_at: MomentOut | None
    last_processed_at: MomentOut | None

    @classmethod
    def of(cls, sequence: Sequence, *, gaps_max: int = GAPS_MAX) -> Self:
        missing = sequence.missing
        return cls(
            highest=sequence.highest,
            missing=runs.size(missing),
            gaps=GapView.some(missing, gaps_max),
            watched_from=sequence.watched_from,
            apart=GapView.some(sequence.apart, gaps_max),
            last_captured_at=sequence.captured_at,
            last_processed_at=sequence.processed_at,
        )


class DeviceView(View):
    """`pending_credential` was handed out and not used yet; until it is, both are good.

    `is_key_old`: its credential is of the master key before the present one; enrol it again.
    """

    id: str
    name: str
    warehouse: str
    state: DeviceState
    credential: int
    pending_credential: int | None
    is_key_old: bool
    enrolled_at: MomentOut
    enrolled_by: str
    revoked_at: MomentOut | None
    revoked_by: str | None
    revoked_for: RevocationReason | None
    sequence: SequenceView
    version: int

    @classmethod
    def of(cls, device: Device, sequence: SequenceView, *, key_id: str) -> Self:
        revoked = device.revoked
        newest = device.pending or device.credential
        return cls(
            id=device.device_id,
            name=device.name,
            warehouse=device.warehouse,
            state=device.state,
            credential=device.credential.number,
            pending_credential=device.pending.number if device.pending else None,
            is_key_old=newest.key_id != key_id,
            enrolled_at=device.enrolled_at,
            enrolled_by=device.enrolled_by,
            revoked_at=revoked.at if revoked else None,
            revoked_by=revoked.by if revoked else None,
            revoked_for=revoked.reason if revoked else None,
            sequence=sequence,
            version=device.version,
        )


class DevicesPage(View):
    """In a list the gaps are counted and not shown."""

    items: tuple[DeviceView, ...]
    next_cursor: str | None
