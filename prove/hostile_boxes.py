"""HEIC and what pretends to be: lying sizes, broken boxes, films, and a container of nothing."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from functools import partial

from tests import heic

_CLEAN, _CORRUPT, _TOO_LARGE = "clean", "corrupt_image", "image_too_large"
_UNSUPPORTED = "unsupported_format"
_HEAD = 24
"""Bytes of the box that says what the file is."""
Kind = tuple[str, Callable[[], bytes], tuple[str, ...], tuple[int, int] | None]


def heif_files() -> Iterator[Kind]:
    """Each as hostile.py lists its own."""
    yield "heic", lambda: heic.PLAIN, (_CLEAN,), (96, 64)
    yield "heic lying on its side", lambda: heic.TURNED, (_CLEAN,), (64, 96)
    yield "heic of several", lambda: heic.SEVERAL, (_CLEAN,), (96, 64)
    yield "heic of ten bits", lambda: heic.TEN_BIT, (_CLEAN,), (96, 64)
    yield "heic with nothing to be seen", lambda: heic.TRANSPARENT, (_CLEAN,), (96, 64)
    yield "heic of 39 MP", lambda: heic.LARGE, (_CLEAN,), (2048, 1536)
    yield "heic of 49 MP", lambda: heic.TOO_LARGE, (_TOO_LARGE,), None
    for name, data in (("heic", heic.PLAIN), ("heic of 49 MP", heic.TOO_LARGE)):
        yield f"{name} that says 48x32", partial(heic.with_size, data, 48, 32), (_CORRUPT,), None
        yield f"{name} that says 1x1", partial(heic.with_size, data, 1, 1), (_CORRUPT,), None
    yield (
        "heic that says 6000x6000",
        partial(heic.with_size, heic.PLAIN, 6000, 6000),
        (_CORRUPT,),
        None,
    )
    yield (
        "heic that says 30000x30000",
        partial(heic.with_size, heic.PLAIN, 30_000, 30_000),
        (
            _TOO_LARGE,
            _CORRUPT,
        ),
        None,
    )
    yield (
        "heic that says 2^32 a side",
        partial(heic.with_size, heic.PLAIN, 2**32 - 1, 2**32 - 1),
        (
            _TOO_LARGE,
            _CORRUPT,
        ),
        None,
    )
    yield "half a heic", lambda: heic.PLAIN[: len(heic.PLAIN) // 2], (_CORRUPT,), None
    yield "heic of nothing but its head", lambda: heic.PLAIN[:_HEAD], (_CORRUPT,), None
    yield "heic with a box of no end", partial(_meta_of, 2**32 - 1), (_CORRUPT,), None
    yield "heic with a box of no size", partial(_meta_of, 1), (_CORRUPT,), None
    yield "heic of only metadata", _only_exif, (_CORRUPT,), None
    yield "heic with junk for pixels", _junk, (_CORRUPT, _CLEAN), (96, 64)
    yield "heic of boxes in boxes", _nested, (_CORRUPT,), None
    for brand in (b"hevc", b"msf1", b"avif", b"mp42"):
        yield f"heic that says {brand.decode()}", partial(_branded, brand), (_UNSUPPORTED,), None


def _branded(brand: bytes) -> bytes:
    return heic.PLAIN[:8] + brand + heic.PLAIN[12:]


def _meta_of(size: int) -> bytes:
    """The box of what the file is about, with another size."""
    place = heic.PLAIN.index(b"meta") - 4
    return heic.PLAIN[:place] + struct.pack(">I", size) + heic.PLAIN[place + 4 :]


def _only_exif() -> bytes:
    """The picture is said to be metadata."""
    return heic.PLAIN.replace(b"hvc1", b"Exif")


def _junk() -> bytes:
    place = heic.PLAIN.rindex(b"mdat") + 4
    return heic.PLAIN[:place] + bytes(byte ^ 0x5A for byte in heic.PLAIN[place:])


def _nested() -> bytes:
    inner = b""
    for _ in range(2000):
        inner = struct.pack(">I", len(inner) + 8) + b"meta" + inner
    return heic.PLAIN[:_HEAD] + inner
