"""Who signed a request: `t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`.

Pure. Carriers and payment providers sign what they tell us. The signature says who it is, before
anything of the body is read.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

TOLERANCE = timedelta(minutes=5)
"""How far the moment of a signature may be from ours: a later replay is refused."""
SIGNATURES_MAX = 4
_MOMENT = re.compile(r"[0-9]{1,12}")
_WEBHOOK_PREFIX = b"whsec_"
_MAC = re.compile(r"[0-9a-f]{64}")

Secrets = Mapping[str, Sequence[bytes]]
"""By signer: its present secret, and during a rotation also the one before or after it."""


def signers(header: str, body: bytes, secrets: Secrets, now: datetime) -> frozenset[str]:
    """Those whose secret made the signature of exactly these bytes; empty: nobody's did."""
    moment, macs = _parts(header)
    if moment is None or abs(now.timestamp() - int(moment)) > TOLERANCE.total_seconds():
        return frozenset()
    text = f"{moment}.".encode() + body
    # Every secret is tried, whatever was found before: time tells nothing about them.
    found = [
        (signer, hmac.compare_digest(signature(secret, text), mac))
        for signer, known in secrets.items()
        for secret in known
        for mac in macs
    ]
    return frozenset(signer for signer, fits in found if fits)


def webhook_headers(
    secret: bytes, message_id: str, body: bytes, moment: datetime
) -> dict[str, str]:
    """How we sign what we tell others: as Standard Webhooks 1.0 says, over id, time and body.

    A secret that begins with `whsec_` is base64 of the key; another one is the key itself.
    """
    seconds = str(int(moment.timestamp()))
    text = b".".join((message_id.encode(), seconds.encode(), body))
    mac = base64.b64encode(hmac.digest(_webhook_key(secret), text, "sha256")).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{mac}",
    }


def _webhook_key(secret: bytes) -> bytes:
    if not secret.startswith(_WEBHOOK_PREFIX):
        return secret
    try:
        return base64.b64decode(secret.removeprefix(_WEBHOOK_PREFIX), validate=True)
    except binascii.Error:
        return secret


def signature(secret: bytes, text: bytes) -> str:
    """The hex form of the HMAC."""
    return hmac.digest(secret, text, "sha256").hex()


def _parts(header: str) -> tuple[str | None, list[str]]:
    """The moment (given once) and up to four signatures: a sender may rotate its secret, too."""
    pairs = [part.strip().partition("=") for part in header.split(",")]
    moments = [value for name, _, value in pairs if name == "t"]
    macs = [value for name, _, value in pairs if name == "v1" and _MAC.fullmatch(value)]
    if len(moments) != 1 or not _MOMENT.fullmatch(moments[0]):
        return None, []
    return moments[0], macs[:SIGNATURES_MAX]
