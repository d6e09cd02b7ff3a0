"""Who signed a request, if anybody may be believed to have: the decision of the authorizer.

Pure. It is made from the header alone; that the request is the one that was signed is compared
where the request is (api.signed).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.auth.principal import Kind, Principal, Role
from chalicelib.devices.model import Device, DeviceState
from chalicelib.devices.secrets import device_secret
from chalicelib.devices.signing import BadSignature, SignedRequest, is_genuine, is_timely, read


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """`is_first_use`: of a newer credential, after which the one before it is good no more."""

    principal: Principal
    signed: SignedRequest
    credential: int
    is_first_use: bool


def admit(
    header: str,
    *,
    device_of: Callable[[str], Device | None],
    master_of: Callable[[str], bytes | None],
    now: datetime,
) -> Admission:
    """Whom the header is from; raises BadSignature.

    What costs nothing is looked at first: whoever knows no device's id makes us read nothing.
    """
    sent = read(header)
    if not is_timely(sent.signed, now):
        raise BadSignature("time")
    device = device_of(sent.device_id)
    if device is None:
        raise BadSignature("unknown_device")
    credential = device.credential_of(sent.credential)
    if credential is None:
        raise BadSignature("credential")
    master = master_of(credential.key_id)
    if master is None:
        raise BadSignature("key_gone")
    if not is_genuine(sent, device_secret(master, device.device_id, credential.number)):
        raise BadSignature("signature")
    if device.state is not DeviceState.ENROLLED:
        raise BadSignature("revoked")
    return Admission(
        principal=principal_of(device),
        signed=sent.signed,
        credential=credential.number,
        is_first_use=credential == device.pending,
    )


def principal_of(device: Device) -> Principal:
    """The device acts for the one warehouse that it stands in."""
    return Principal(
        id=device.device_id,
        kind=Kind.DEVICE,
        roles=frozenset({Role.DEVICE}),
        warehouses=frozenset({device.warehouse}),
    )
