"""What a device signs with: HKDF-SHA256 (RFC 5869) of the master key, its id and its credential.

Pure. So no secret of a device is stored anywhere but on the device; whoever has the table alone can
sign nothing.
"""

import hmac
from hashlib import sha256

_SALT = b"tuiku device secret"


def device_secret(master: bytes, device_id: str, credential: int) -> str:
    """64 hexadecimal digits, handed out once; the same for the same three, for ever."""
    return _hkdf(master, f"{device_id}\n{credential}".encode()).hex()


def _hkdf(master: bytes, info: bytes) -> bytes:
    """Extract, then one block of expand, which is as long as the digest."""
    extracted = hmac.digest(_SALT, master, sha256)
    return hmac.digest(extracted, info + b"\x01", sha256)
