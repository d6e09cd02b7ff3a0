"""A device gets its credential: staff open an enrolment, the device hands in the code, once.

A device that has one already gets a newer one in the same way; the old one is good until the newer
is used first (devices.managing.used), so a device that never got the answer is not locked out.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from chalicelib.auth.principal import Role
from chalicelib.core.clock import rfc3339
from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict
from chalicelib.core.events import Actor, Context, Journal, Json
from chalicelib.core.ids import derived_id
from chalicelib.devices import codes
from chalicelib.devices.managing import existing, no_device
from chalicelib.devices.model import CODE_LIFE, Credential, Device, DeviceState, Enrolment
from chalicelib.devices.ports import DeviceReader


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenEnrolment:
    """For a new device of a warehouse; for one that is there, `device_id` says which."""

    warehouse: str
    name: str
    device_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """`code` is told now and never again."""

    code: str
    enrolment: Enrolment


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """The device, and the credential that it is handed."""

    device: Device
    credential: Credential


def open_enrolment(
    reads: DeviceReader,
    command: OpenEnrolment,
    context: Context,
    draw: Callable[[], str] = codes.draw,
) -> Decided[Opened]:
    """Each call gives another code: a repeated request leaves one that nobody uses and expires."""
    code = draw()
    if command.device_id is not None:
        _check_enrolled(reads, command.device_id, command.warehouse)
    enrolment = Enrolment(
        digest=codes.digest_of(code),
        device_id=command.device_id or derived_id("dev", context.command_id),
        is_new=command.device_id is None,
        name=command.name,
        warehouse=command.warehouse,
        opened_at=context.now,
        opened_by=context.actor.id,
        expires_at=context.now + CODE_LIFE,
    )
    journal = Journal(enrolment.subject, enrolment.chain, context)
    journal.record("device.enrolment_opened", _opened(enrolment))
    enrolment = replace(enrolment, chain=journal.chain)
    changes = Changes(records=(enrolment,), events=tuple(journal.events))
    return Decided(result=Opened(code=code, enrolment=enrolment), changes=changes)


def enrol(
    reads: DeviceReader, digest: str, key_id: str, context: Context
) -> Decided[Enrolled | None]:
    """The credential for the code of this digest; None for every code that is not good, whatever
    the reason.
    """
    enrolment = reads.enrolment(digest)
    if enrolment is None or not enrolment.is_open(context.now):
        return Decided(result=None)
    context = replace(context, actor=Actor(id=enrolment.device_id, role=Role.DEVICE.value))
    device = _with_credential(reads, enrolment, key_id, context)
    if device is None:
        return Decided(result=None)
    credential = device.pending or device.credential
    journal = Journal(device.subject, device.chain, context)
    journal.record("device.enrolled", _facts(device, credential, enrolment))
    device = replace(device, chain=journal.chain)
    used = replace(enrolment, used_at=context.now, version=enrolment.version + 1)
    return Decided(
        result=Enrolled(device=device, credential=credential),
        changes=Changes(records=(used, device), events=tuple(journal.events)),
    )


def _check_enrolled(reads: DeviceReader, device_id: str, warehouse: str) -> None:
    """One of another warehouse is none of theirs: a device moves by being enrolled as a new one."""
    device = existing(reads, device_id)
    if device.warehouse != warehouse:
        raise no_device(device_id)
    if device.state is not DeviceState.ENROLLED:
        raise Conflict("device_revoked", "It is revoked for good: enrol it as a new device.")


def _with_credential(
    reads: DeviceReader, enrolment: Enrolment, key_id: str, context: Context
) -> Device | None:
    """None where the device was revoked after its enrolment was opened."""
    if enrolment.is_new:
        return Device(
            device_id=enrolment.device_id,
            name=enrolment.name,
            warehouse=enrolment.warehouse,
            state=DeviceState.ENROLLED,
            credential=Credential(number=1, key_id=key_id, issued_at=context.now),
            enrolled_at=context.now,
            enrolled_by=enrolment.opened_by,
        )
    device = reads.device(enrolment.device_id)
    if device is None or device.state is not DeviceState.ENROLLED:
        return None
    newer = Credential(number=device.last_number + 1, key_id=key_id, issued_at=context.now)
    return replace(device, name=enrolment.name, pending=newer, version=device.version + 1)


def _opened(enrolment: Enrolment) -> dict[str, Json]:
    return {
        "device_id": enrolment.device_id,
        "warehouse": enrolment.warehouse,
        "is_new": enrolment.is_new,
        "expires_at": rfc3339(enrolment.expires_at),
    }


def _facts(device: Device, credential: Credential, enrolment: Enrolment) -> dict[str, Json]:
    return {
        "device_id": device.device_id,
        "warehouse": device.warehouse,
        "credential": credential.number,
        "opened_by": enrolment.opened_by,
        "version": device.version,
    }
