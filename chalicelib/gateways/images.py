"""Photos from strangers: decoded within limits and drawn again, so that only pixels get through.

Metadata (EXIF with its place, XMP, profiles, comments) and anything hidden beside the pixels is
gone afterwards. Pillow (pixels.py) is imported at the first use: only one function needs it.
"""

from dataclasses import dataclass

from chalicelib.core.errors import Invalid

BYTES_MAX = 15 * 1024 * 1024
SCANS_MAX = 512
"""Each scan of a progressive JPEG is a pass over all pixels (15 ms at 40 MP) but takes 80 bytes, so
that 15 MB could keep us busy for an hour. Cameras write about 10. Compressed data never holds the
two bytes that are counted; a video behind the photo ("motion photo") holds them by chance about 16
times a megabyte, which stays below."""

_UNSUPPORTED_STARTS = (b"GIF8", b"BM", b"II*\0", b"MM\0*", b"%PDF-", b"\xff\x0a", b"\0\0\0\x0cJXL ")
_UNSUPPORTED_BOXES = (b"ftypheic", b"ftypheix", b"ftyphevc", b"ftypmif1", b"ftypmsf1", b"ftypavif")


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanImage:
    """`dhash` is 16 hex digits; photos of the same thing differ in few of its 64 bits.

    None: the picture shows so little that many others would have the same.
    """

    jpeg: bytes
    width: int
    height: int
    dhash: str | None


def clean_image(data: bytes) -> CleanImage:
    """An upright JPEG of at most 2048 pixels a side, from one JPEG, PNG or WebP picture.

    Raises Invalid: `not_an_image`, `unsupported_format` (another or an animated one),
    `image_too_large` (bytes or pixels), `corrupt_image`.
    """
    if len(data) > BYTES_MAX:
        raise Invalid("image_too_large", f"an image may have {BYTES_MAX} bytes")
    image_format = _format_of(data)
    if image_format == "JPEG" and data.count(b"\xff\xda") > SCANS_MAX:
        raise Invalid("corrupt_image", "the image has more passes than a camera makes")
    from chalicelib.gateways import pixels  # noqa: PLC0415 - see above

    clean = pixels.redraw(data, image_format)
    return CleanImage(
        jpeg=pixels.as_jpeg(clean),
        width=clean.width,
        height=clean.height,
        dhash=pixels.dhash(clean),
    )


def _format_of(data: bytes) -> str:
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    is_known = data.startswith(_UNSUPPORTED_STARTS) or data[4:12] in _UNSUPPORTED_BOXES
    if is_known or b"<svg" in data[:1024].lower():
        raise Invalid("unsupported_format", "images are JPEG, PNG or WebP")
    raise Invalid("not_an_image", "this is not an image")
