"""Photos from strangers: decoded within limits and drawn again, so that only pixels get through.

Metadata (EXIF with its place, XMP, profiles, comments) and anything hidden beside the pixels is
gone afterwards. Pillow (pixels.py) is imported at the first use: only one function needs it.
"""

import re
from dataclasses import dataclass

from chalicelib.core.errors import Invalid
from chalicelib.uploads.hints import Look

BYTES_MAX = 15 * 1024 * 1024
SCANS_MAX = 100
"""Each scan of a progressive JPEG is a pass over all pixels (15 ms at 40 MP) but takes 80 bytes, so
that 15 MB could keep us busy for an hour. Cameras write about 10."""
CHUNKS_MAX = 10_000
"""Of a PNG, whose parts may be empty: 15 MB in the smallest that programs write are 4,000."""
_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
"""Within a scan, a byte FF is followed by 00 or by the number of a restart."""
_ALONE = frozenset({b"\xff\x01", b"\xff\xd8"})
_END, _SCAN = b"\xff\xd9", b"\xff\xda"

_UNSUPPORTED_STARTS = (b"GIF8", b"BM", b"II*\0", b"MM\0*", b"%PDF-", b"\xff\x0a", b"\0\0\0\x0cJXL ")
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1"})
"""Of still pictures that are coded as H.265. `mif1` only says "some picture": of what coding, the
brands that it is compatible with tell."""
_OTHER_BRANDS = frozenset({b"avif", b"avis", b"hevc", b"hevx", b"msf1"})
"""AV1, which telephones do not take photos in, and films."""
_COMPATIBLE_MAX = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanImage:
    """`dhash` is 16 hex digits; photos of the same thing differ in few of its 64 bits.

    None: the picture shows so little that many others would have the same. `look` is what was
    measured of the picture that came.
    """

    jpeg: bytes
    thumbnail: bytes
    width: int
    height: int
    dhash: str | None
    look: Look


def clean_image(data: bytes) -> CleanImage:
    """An upright JPEG of at most 2048 pixels a side, from one JPEG, PNG, WebP or HEIF picture,
    with a small one beside it.

    Raises Invalid: `not_an_image`, `unsupported_format` (another or an animated one),
    `image_too_large` (bytes or pixels), `corrupt_image`.
    """
    if len(data) > BYTES_MAX:
        raise Invalid("image_too_large", f"an image may have {BYTES_MAX} bytes")
    image_format = _format_of(data)
    if image_format == "JPEG" and _scans(data) > SCANS_MAX:
        raise Invalid("corrupt_image", "the image has more passes than a camera makes")
    if image_format == "PNG" and _chunks(data) > CHUNKS_MAX:
        raise Invalid("corrupt_image", "the image is in more parts than a program makes")
    from chalicelib.gateways import looks, pixels  # noqa: PLC0415 - see above

    drawn = pixels.redraw(data, image_format)
    clean = drawn.image
    return CleanImage(
        jpeg=pixels.as_jpeg(clean),
        thumbnail=pixels.thumbnail(clean),
        width=clean.width,
        height=clean.height,
        dhash=pixels.dhash(clean),
        look=looks.measured(clean, width=drawn.width, height=drawn.height),
    )


def _format_of(data: bytes) -> str:
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp" and _is_heif(data):
        return "HEIF"
    is_known = data.startswith(_UNSUPPORTED_STARTS) or data[4:8] == b"ftyp"
    if is_known or b"<svg" in data[:1024].lower():
        raise Invalid("unsupported_format", "images are JPEG, PNG, WebP or HEIC")
    raise Invalid("not_an_image", "this is not an image")


def _scans(data: bytes) -> int:
    """As many as a decoder would come upon before the end of the picture; what lies behind that (a
    film, another picture) it never reads.
    """
    found, place = 0, 0
    while (marker := _MARKER.search(data, place)) and marker[0] != _END and found <= SCANS_MAX:
        place = marker.end()
        found += marker[0] == _SCAN
        if marker[0] not in _ALONE:
            place += int.from_bytes(data[place : place + 2], "big")
    return found


def _chunks(data: bytes) -> int:
    """As many as follow each other, each with its length, its name and its sum."""
    found, place = 0, 8
    while place < len(data) and found <= CHUNKS_MAX:
        place += 12 + int.from_bytes(data[place : place + 4], "big")
        found += 1
    return found


def _is_heif(data: bytes) -> bool:
    end = min(int.from_bytes(data[:4], "big"), 16 + 4 * _COMPATIBLE_MAX)
    compatible = {data[at : at + 4] for at in range(16, end, 4)}
    brand = data[8:12]
    return brand in _HEIF_BRANDS and not (brand == b"mif1" and compatible & _OTHER_BRANDS)
