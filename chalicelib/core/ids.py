"""Ids: prefixed, sortable by time of making, safe in URLs; and the number printed on a label.

Ids are not secrets. Uniqueness comes from 74 random bits of a UUIDv7 (RFC 9562 section 5.7).
"""

import hashlib
import secrets
from datetime import datetime
from typing import NewType

OrderNo = NewType("OrderNo", str)
ReturnId = NewType("ReturnId", str)

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_NUMBER_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_id(prefix: str, now: datetime) -> str:
    """`ret_` + 26 base32 characters; later ids sort after earlier ones (to the millisecond)."""
    return f"{prefix}_{_base32(_uuid7(now, secrets.randbits(74)))}"


def derived_id(prefix: str, *parts: str) -> str:
    """The same id for the same parts, for effects that must happen once per cause."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return f"{prefix}_{_base32(int.from_bytes(digest[:16], 'big'))}"


def _uuid7(now: datetime, random: int) -> int:
    millis = int(now.timestamp() * 1000) & ((1 << 48) - 1)
    value = millis << 80 | 0x7 << 76 | (random >> 62 & 0xFFF) << 64
    return value | 0b10 << 62 | random & ((1 << 62) - 1)


def _base32(value: int) -> str:
    characters = []
    for _ in range(26):
        characters.append(_CROCKFORD[value & 31])
        value >>= 5
    return "".join(reversed(characters))


def new_return_number(now: datetime) -> str:
    """`R` + two digits of the year + eight random base32 characters + a check character.

    Short enough to read aloud and to print as Code 128; the store keeps numbers unique.
    """
    body = f"{now.year % 100:02d}" + "".join(secrets.choice(_NUMBER_ALPHABET) for _ in range(8))
    return f"R{body}{_check_character(body)}"


def is_return_number(text: str) -> bool:
    """Whether the check character fits: catches every single wrong character."""
    if len(text) != 12 or text[0] != "R" or any(c not in _NUMBER_ALPHABET for c in text[1:]):
        return False
    return _check_character(text[1:-1]) == text[-1]


def new_vendor_number(now: datetime) -> str:
    """As `new_return_number`, with `V`: the number of goods that go back to their supplier."""
    return f"V{new_return_number(now)[1:]}"


def is_vendor_number(text: str) -> bool:
    """Whether the check character of a supplier document's number fits."""
    return text[:1] == "V" and is_return_number(f"R{text[1:]}")


def _check_character(body: str) -> str:
    """A weighted sum modulo 32, the size of the alphabet.

    The weights are odd, so units modulo 32: a single wrong character always changes the sum.
    """
    total = sum(_NUMBER_ALPHABET.index(sign) * (2 * place + 1) for place, sign in enumerate(body))
    return _NUMBER_ALPHABET[total % 32]
