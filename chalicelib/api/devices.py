"""Devices: enrolled by a code, listed with the gaps in what they sent, revoked at once.

The two answers that hold something secret are remembered nowhere: neither takes an idempotency key.
"""

from chalice.app import Blueprint

from chalicelib import telemetry, wiring
from chalicelib.api.answers import created, ok
from chalicelib.api.authorizer import PRIVATE, PUBLIC
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.cursors import page_of
from chalicelib.api.schemas.devices import (
    DevicesPage,
    DevicesQuery,
    DeviceView,
    EnrolBody,
    EnrolledView,
    EnrolmentBody,
    EnrolmentView,
    RevokeBody,
    SequenceView,
)
from chalicelib.auth import permissions
from chalicelib.auth.principal import Kind
from chalicelib.core.commands import Answer, Decided
from chalicelib.core.errors import NotAllowed
from chalicelib.devices import codes, enrolling, managing
from chalicelib.devices.model import Device
from chalicelib.devices.secrets import device_secret
from chalicelib.store.device_lists import DeviceLists
from chalicelib.store.reads import Reads

bp = Blueprint(__name__)
log = telemetry.logger(__name__)


@bp.route("/devices/enrolments", methods=["POST"], **PRIVATE)
@endpoint(bp, allow="devices:enrol", body=EnrolmentBody, answer=EnrolmentView, status=201)
def open_enrolment(call: Call, body: EnrolmentBody) -> Answer:
    """Get a code that enrols one device, once, within 15 minutes.

    With `device_id`, it hands an enrolled device a newer credential; the present one stays good
    until the newer one is used.
    """
    permissions.act_in(call.principal, body.warehouse, "devices:enrol")
    context = call.context()
    opened = wiring.commands().run(
        lambda reads: enrolling.open_enrolment(reads, body.to_domain(), context), context=context
    )
    return created(EnrolmentView.of(opened))


@bp.route("/devices/enrol", methods=["POST"], **PUBLIC)
@endpoint(bp, allow=None, body=EnrolBody, answer=EnrolledView, status=201, refuses=(403,))
def enrol_device(call: Call, body: EnrolBody) -> Answer:
    """Hand in the code, on the device: the answer is its id and secret, told this once.

    A code that is wrong, used or expired is refused in the same words.
    """
    key, code, context = wiring.device_key().present(), codes.digest_of(body.code), call.context()
    enrolled = wiring.commands().run(
        lambda reads: enrolling.enrol(reads, code, key.id, context), context=context
    )
    if enrolled is None:
        telemetry.count("enrolments_refused")
        raise NotAllowed("enrolment_refused", "It is wrong, used or expired. Ask for another one.")
    device, number = enrolled.device, enrolled.credential.number
    log.info("device enrolled", extra={"device_id": device.device_id, "credential": number})
    secret = device_secret(key.secret, device.device_id, number)
    return created(
        EnrolledView.of(enrolled, secret),
        location=f"/v1/devices/{device.device_id}",
        version=device.version,
    )


@bp.route("/devices", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="devices:list", query=DevicesQuery, answer=DevicesPage)
def list_devices(call: Call, query: DevicesQuery) -> Answer:
    """List devices, those enrolled last first, each with how many of its scans are missing."""
    lists, key = DeviceLists(wiring.views_table()), wiring.device_key().present()
    page = lists.page(
        query.warehouse,
        permissions.seen_warehouses(call.principal, "devices:list"),
        query.state,
        limit=query.limit,
        cursor=query.cursor,
    )
    sequences = lists.sequences([device.device_id for device in page.items])
    items = tuple(
        DeviceView.of(
            device, SequenceView.of(sequences[device.device_id], gaps_max=0), key_id=key.id
        )
        for device in page.items
    )
    return page_of(call, DevicesPage, items, page.next_cursor)


@bp.route("/devices/{device_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="devices:read", answer=DeviceView)
def read_device(call: Call, device_id: str) -> Answer:
    """Read a device, and which of its scans are missing; that may lag a little."""
    device = _seen(call, wiring.reads().device(device_id), device_id, "devices:read")
    return ok(_view(device), version=device.version)


@bp.route("/devices/{device_id}/revoke", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="devices:revoke",
    body=RevokeBody,
    answer=DeviceView,
    idempotency="accepted",
    if_match=always,
)
def revoke_device(call: Call, body: RevokeBody, device_id: str) -> Answer:
    """Revoke a device for good; what it signs from now on is refused.

    Scans that are still on it may be handed in by staff.
    """
    context = call.context()

    def decide(reads: Reads) -> Decided[Device]:
        _seen(call, reads.device(device_id), device_id, "devices:revoke")
        return managing.revoke(reads, device_id, body.reason, context)

    return wiring.commands().answer(
        decide,
        context=context,
        render=lambda device: ok(_view(device), version=device.version),
        idempotency=call.idempotency,
    )


def _view(device: Device) -> DeviceView:
    lists = DeviceLists(wiring.views_table())
    sequence = lists.sequences([device.device_id])[device.device_id]
    return DeviceView.of(device, SequenceView.of(sequence), key_id=wiring.device_key().present().id)


def _seen(call: Call, device: Device | None, device_id: str, permission: str) -> Device:
    """Raises NotFound for one of another warehouse, too; a device sees itself alone."""
    within = permissions.seen_warehouses(call.principal, permission)
    is_own = call.principal.kind is not Kind.DEVICE or call.principal.id == device_id
    if device is None or not is_own or (within is not None and device.warehouse not in within):
        raise managing.no_device(device_id)
    return device
