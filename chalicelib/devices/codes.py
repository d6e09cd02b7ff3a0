"""One-time codes that people type: a hundred random bits as twenty characters in four groups.

Only the SHA-256 of the whole code is kept, and it is what a code is found by. So a wrong code finds
nothing, which leaves nothing to count and nobody's code to be spoilt by it; and whoever reads the
record, or the event of its opening, can neither use nor guess the code. For a secret that is random
and lives for fifteen minutes, nothing slow to compute is needed.
"""

import secrets
from hashlib import sha256

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: without I, L, O and U."""
GROUP = 5
GROUPS = 4
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": ""})


def draw() -> str:
    """A new code: `7K2QX-9D4TM-…`, as it is shown and typed."""
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))
    return "-".join(groups)


def digest_of(typed: str) -> str:
    """What a code is found by, in whatever case and spacing, O for 0, I and L for 1.

    What is no code has one too: nothing is found by it.
    """
    text = typed.upper().translate(_MISREAD)
    return sha256(f"tuiku enrolment code\n{text}".encode(errors="replace")).hexdigest()
