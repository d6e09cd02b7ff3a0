"""What happens to an enrolled device: a newer credential takes over, or it is revoked."""

from dataclasses import replace

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import NotFound, Stale
from chalicelib.core.events import Context, Journal, Json
from chalicelib.devices.model import Device, DeviceState, Revocation, RevocationReason
from chalicelib.devices.ports import DeviceReader


def used(reads: DeviceReader, device_id: str, number: int, context: Context) -> Decided[Device]:
    """The newer credential was used: from now on it is the only one. Again, it changes nothing."""
    device = existing(reads, device_id)
    newer = device.pending
    if newer is None or newer.number != number or device.state is not DeviceState.ENROLLED:
        return Decided(result=device)
    facts: dict[str, Json] = {
        "device_id": device.device_id,
        "credential": newer.number,
        "replaced": device.credential.number,
    }
    device = replace(device, credential=newer, pending=None)
    return _told(device, "device.rotated", facts, context)


def revoke(
    reads: DeviceReader, device_id: str, reason: RevocationReason, context: Context
) -> Decided[Device]:
    """For good, with every credential. Revoked twice, it is once: by whom and why stays."""
    device = existing(reads, device_id)
    if device.state is DeviceState.REVOKED:
        return Decided(result=device)
    if context.expected_version not in (None, device.version):
        raise Stale(
            "stale_version",
            f"The device is at version {device.version}, not {context.expected_version}.",
            subject=device.subject,
            expected=context.expected_version,
            actual=device.version,
        )
    revoked = Revocation(at=context.now, by=context.actor.id, reason=reason)
    device = replace(device, state=DeviceState.REVOKED, revoked=revoked)
    facts: dict[str, Json] = {
        "device_id": device.device_id,
        "warehouse": device.warehouse,
        "reason": reason.value,
    }
    return _told(device, "device.revoked", facts, context)


def existing(reads: DeviceReader, device_id: str) -> Device:
    """Raises NotFound."""
    device = reads.device(device_id)
    if device is None:
        raise no_device(device_id)
    return device


def no_device(device_id: str) -> NotFound:
    return NotFound("device_not_found", f"There is no device {device_id}.", device_id=device_id)


def _told(
    device: Device, event_type: str, facts: dict[str, Json], context: Context
) -> Decided[Device]:
    device = replace(device, version=device.version + 1)
    journal = Journal(device.subject, device.chain, context)
    journal.record(event_type, {**facts, "version": device.version})
    device = replace(device, chain=journal.chain)
    return Decided(result=device, changes=Changes(records=(device,), events=tuple(journal.events)))
