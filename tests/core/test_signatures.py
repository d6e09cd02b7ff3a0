"""Signatures of carriers: of exactly these bytes, of a secret we know, and of this moment."""

import hashlib
import hmac
from datetime import timedelta

import pytest

from chalicelib.core.signatures import TOLERANCE, signers
from tests.builders import NOW

BODY = b'{"event_id":"1"}'
SECRETS = {"dhl": [b"new secret of dhl", b"old secret of dhl"], "ups": [b"secret of ups"]}
MOMENT = int(NOW.timestamp())


def header(
    secret: bytes, body: bytes = BODY, *, moment: int = MOMENT, claimed: int | None = None
) -> str:
    mac = hmac.new(secret, f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment if claimed is None else claimed},v1={mac}"


@pytest.mark.parametrize(
    ("secret", "carrier"),
    [
        (b"new secret of dhl", "dhl"),
        (b"old secret of dhl", "dhl"),
        (b"secret of ups", "ups"),
    ],
)
def test_both_secrets_of_a_rotation_sign_for_their_carrier(secret: bytes, carrier: str) -> None:
    assert signers(header(secret), BODY, SECRETS, NOW) == {carrier}


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "t=,v1=",
        "v1=" + "0" * 64,
        f"t={MOMENT}",
        f"t={MOMENT},v1=",
        f"t={MOMENT},v1={'0' * 64}",
        f"t={MOMENT},v1={'g' * 64}",
        f"t={MOMENT},v1={'é' * 64}",
        f"t=-{MOMENT},v1={'0' * 64}",
        f"t={'9' * 30},v1={'0' * 64}",
        header(b"a stranger's secret"),
        header(b"secret of ups").replace("v1=", "v2="),
        header(b"secret of ups").upper().replace("T=", "t=").replace("V1=", "v1="),
        header(b"secret of ups", body=BODY + b" "),
        header(b"secret of ups", claimed=MOMENT + 1),
        header(b"secret of ups") + f",t={MOMENT}",
    ],
)
def test_anything_else_is_nobodys(sent: str) -> None:
    assert signers(sent, BODY, SECRETS, NOW) == frozenset()


@pytest.mark.parametrize("late", [TOLERANCE, -TOLERANCE])
def test_a_signature_is_good_for_five_minutes_either_way(late: timedelta) -> None:
    sent = header(b"secret of ups")

    assert signers(sent, BODY, SECRETS, NOW + late) == {"ups"}
    beyond = late + timedelta(seconds=1) * (1 if late > timedelta() else -1)
    assert signers(sent, BODY, SECRETS, NOW + beyond) == frozenset()


def test_a_sender_may_rotate_and_send_two_signatures() -> None:
    other = header(b"their next secret").partition(",")[2]

    assert signers(f"{header(b'secret of ups')},{other}", BODY, SECRETS, NOW) == {"ups"}
    assert signers(
        f"t={MOMENT},{other},{header(b'secret of ups').partition(',')[2]}", BODY, SECRETS, NOW
    ) == {"ups"}


def test_without_secrets_nobody_signs() -> None:
    assert signers(header(b""), BODY, {}, NOW) == frozenset()
    assert signers(header(b""), BODY, {"dhl": []}, NOW) == frozenset()
