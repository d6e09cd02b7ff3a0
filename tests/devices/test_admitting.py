"""Whom a signed header is from: nobody, unless everything about it is right."""

from typing import Any

import pytest

from chalicelib.auth.principal import Kind, Role
from chalicelib.devices import signing
from chalicelib.devices.admitting import Admission, admit
from chalicelib.devices.model import Device
from chalicelib.devices.secrets import device_secret
from chalicelib.devices.signing import BadSignature, SignedRequest
from tests.devices.desk import KEY_ID, Desk

MASTERS = {KEY_ID: b"m" * 64, "key00000": b"o" * 64}


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def device(desk: Desk) -> Device:
    return desk.enrolled("W1")


def header(
    desk: Desk, device: Device, *, credential: int = 1, key_id: str = KEY_ID, skew_s: int = 0,
    device_id: str = "",
) -> str:  # fmt: skip
    known = device_id or device.device_id
    signed = SignedRequest(
        method="POST",
        path="/v1/scans",
        body=signing.body_hash(b""),
        time=int(desk.now.timestamp()) + skew_s,
        sequence=1,
    )
    secret = device_secret(MASTERS[key_id], known, credential)
    return signing.authorized(known, credential, secret, signed)


def admitted(desk: Desk, sent: str, masters: dict[str, bytes] | None = None) -> Admission:
    return admit(
        sent,
        device_of=desk.store.reads().device,
        master_of=(MASTERS if masters is None else masters).get,
        now=desk.now,
    )


def test_a_device_acts_for_its_own_warehouse(desk: Desk, device: Device) -> None:
    admission = admitted(desk, header(desk, device))

    principal = admission.principal
    assert (principal.id, principal.kind) == (device.device_id, Kind.DEVICE)
    assert principal.roles == {Role.DEVICE}
    assert principal.warehouses == frozenset({"W1"})
    assert (admission.signed.method, admission.signed.path) == ("POST", "/v1/scans")
    assert not admission.is_first_use


@pytest.mark.parametrize("skew_s", [-301, 301, -86_400, 10**9])
def test_a_clock_that_is_more_than_five_minutes_off_is_refused(
    desk: Desk, device: Device, skew_s: int
) -> None:
    with pytest.raises(BadSignature, match="time"):
        admitted(desk, header(desk, device, skew_s=skew_s))


@pytest.mark.parametrize("skew_s", [-300, 300])
def test_a_clock_that_is_five_minutes_off_is_not(desk: Desk, device: Device, skew_s: int) -> None:
    assert admitted(desk, header(desk, device, skew_s=skew_s)).principal.id == device.device_id


def test_what_is_too_old_makes_us_read_nothing(desk: Desk, device: Device) -> None:
    def unread(_: str) -> Any:
        raise AssertionError("it was read")

    with pytest.raises(BadSignature, match="time"):
        admit(header(desk, device, skew_s=999), device_of=unread, master_of=unread, now=desk.now)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"device_id": "dev_nobody"}, "unknown_device"),
        ({"credential": 2}, "credential"),
        ({"key_id": "key00000"}, "signature"),
    ],
    ids=str,
)
def test_what_is_not_the_device_s_own_is_refused(
    desk: Desk, device: Device, changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(BadSignature, match=reason):
        admitted(desk, header(desk, device, **changes))


def test_the_signature_of_another_device_is_refused(desk: Desk, device: Device) -> None:
    other = desk.enrolled("W1")
    theirs = header(desk, other).replace(other.device_id, device.device_id)

    with pytest.raises(BadSignature, match="signature"):
        admitted(desk, theirs)


def test_a_revoked_device_is_refused(desk: Desk, device: Device) -> None:
    sent = header(desk, device)
    desk.revoke(device.device_id)

    with pytest.raises(BadSignature, match="revoked"):
        admitted(desk, sent)


def test_a_master_key_that_is_gone_takes_its_devices_along(desk: Desk, device: Device) -> None:
    with pytest.raises(BadSignature, match="key_gone"):
        admitted(desk, header(desk, device), masters={"key00002": b"n" * 64})


def test_both_credentials_are_good_until_the_newer_one_is_used(desk: Desk, device: Device) -> None:
    desk.renewed(device.device_id)

    old = admitted(desk, header(desk, device, credential=1))
    new = admitted(desk, header(desk, device, credential=2))

    assert (old.is_first_use, new.is_first_use) == (False, True)
    desk.use(device.device_id, 2)
    assert not admitted(desk, header(desk, device, credential=2)).is_first_use
    with pytest.raises(BadSignature, match="credential"):
        admitted(desk, header(desk, device, credential=1))


def test_each_credential_is_made_of_the_master_key_of_its_time(desk: Desk) -> None:
    opened = desk.open_()
    enrolled = desk.enrol(opened.code, key_id="key00000")
    assert enrolled is not None
    renewed = desk.renewed(enrolled.device.device_id)

    assert renewed.device.credential.key_id == "key00000"
    assert renewed.credential.key_id == KEY_ID
    for number, key_id in ((1, "key00000"), (2, KEY_ID)):
        sent = header(desk, enrolled.device, credential=number, key_id=key_id)
        assert admitted(desk, sent).credential == number
