"""How a device signs a request, and how what it signed is read again.

Pure. The text that is signed is five lines; none of its parts can hold a line break, so no two
requests share it. The header repeats all of them, because whoever verifies the signature
(API Gateway's authorizer) is shown the header alone.
"""

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import quote

SCHEME = "TUIKU-HMAC-SHA256"
TOLERANCE = timedelta(minutes=5)
"""How far a device's clock may be from ours, either way."""
HEADER_LENGTH_MAX = 2048
_HEADER = re.compile(
    rf"{SCHEME} +"
    r"device=(?P<device_id>[A-Za-z0-9][A-Za-z0-9._~-]{0,63}) *, *"
    r"credential=(?P<credential>[1-9][0-9]{0,8}) *, *"
    r"time=(?P<time>0|[1-9][0-9]{0,11}) *, *"
    r"sequence=(?P<sequence>0|[1-9][0-9]{0,17}) *, *"
    r"method=(?P<method>[A-Z]{1,16}) *, *"
    r'path="(?P<path>/[\x21\x23-\x7e]{0,1023})" *, *'
    r"body=(?P<body>[0-9a-f]{64}) *, *"
    r"signature=(?P<signature>[0-9a-f]{64})",
    re.ASCII,
)


class BadSignature(Exception):
    """Nobody's, too old, or unreadable. `reason` is for the log, never for the caller."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """What was signed. `path` is with its query; `body` is the SHA-256 of the body, in hex.

    `sequence` tells apart what a device sends within one second.
    """

    method: str
    path: str
    body: str
    time: int
    sequence: int

    @property
    def text(self) -> bytes:
        """The string to sign."""
        parts = (self.method, self.path, self.body, str(self.time), str(self.sequence))
        assert not any("\n" in part for part in parts), "a part of it is one line"
        return "\n".join(parts).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """A header that could be read: who says to have signed what, and the proof."""

    device_id: str
    credential: int
    signed: SignedRequest
    signature: str

    @property
    def header(self) -> str:
        signed = self.signed
        return (
            f"{SCHEME} device={self.device_id}, credential={self.credential}, "
            f"time={signed.time}, sequence={signed.sequence}, method={signed.method}, "
            f'path="{signed.path}", body={signed.body}, signature={self.signature}'
        )


def is_signed(header: str) -> bool:
    """Whether the header is of this scheme, well formed or not."""
    return header.lstrip()[: len(SCHEME)].upper() == SCHEME


def signature(secret: str, signed: SignedRequest) -> str:
    """The hex HMAC-SHA256; the key is the secret as it is written, all 64 characters of it."""
    return hmac.digest(secret.encode(), signed.text, sha256).hex()


def authorized(device_id: str, credential: int, secret: str, signed: SignedRequest) -> str:
    """The value of the Authorization header."""
    proof = signature(secret, signed)
    return Authorization(
        device_id=device_id, credential=credential, signed=signed, signature=proof
    ).header


def read(header: str) -> Authorization:
    """What the header says, its parts in the order of the scheme; raises BadSignature."""
    found = None if len(header) > HEADER_LENGTH_MAX else _HEADER.fullmatch(header.strip(" "))
    if found is None:
        raise BadSignature("malformed")
    return Authorization(
        device_id=found["device_id"],
        credential=int(found["credential"]),
        signed=SignedRequest(
            method=found["method"],
            path=found["path"],
            body=found["body"],
            time=int(found["time"]),
            sequence=int(found["sequence"]),
        ),
        signature=found["signature"],
    )


def is_timely(signed: SignedRequest, now: datetime) -> bool:
    """Whether it was signed within five minutes of now."""
    return abs(now.timestamp() - signed.time) <= TOLERANCE.total_seconds()


def is_genuine(authorization: Authorization, secret: str) -> bool:
    """Whether this secret made the signature; compared in constant time."""
    return hmac.compare_digest(signature(secret, authorization.signed), authorization.signature)


def body_hash(body: bytes) -> str:
    return sha256(body).hexdigest()


def signed_path(path: str, query: Iterable[tuple[str, str]] = ()) -> str:
    """The path with its query as both sides write it: pairs sorted, percent-encoded by RFC 3986.

    A gateway hands a query over decoded and in no order, so neither may matter.
    """
    pairs = sorted((_encoded(name), _encoded(value)) for name, value in query)
    if not pairs:
        return path
    return f"{path}?{'&'.join(f'{name}={value}' for name, value in pairs)}"


def _encoded(text: str) -> str:
    return quote(text.encode(errors="surrogatepass"), safe="-._~")
