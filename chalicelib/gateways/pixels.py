"""The pixels of a picture, drawn again: Pillow's side of images.py, which imports it when needed.

It trusts nothing of the file but its first bytes, which images.py has looked at.
"""

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

from chalicelib.core.errors import Invalid

PIXELS_MAX = 40_000_000
SIDE_MAX = 2048
JPEG_QUALITY = 85
CONTRAST_MIN = 16
"""Of 255 shades of grey, between the lightest and the darkest cell of a fingerprint."""
FALLS_MIN = 6
"""Cells of 64 that have to be lighter, and as many darker, than their neighbour."""

_ORIENTATION = 0x0112
# What Pillow's decoders raise for broken files: nearly always the three of OSError, SyntaxError and
# ValueError. TypeError and AttributeError are left out, they would be mistakes of ours.
_DECODING_ERRORS = (
    ArithmeticError,
    EOFError,
    LookupError,
    OSError,
    SyntaxError,
    ValueError,
    struct.error,
    zlib.error,
)
_UPRIGHT_BY: dict[object, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def redraw(data: bytes, image_format: str) -> Image.Image:
    """Upright, at most SIDE_MAX a side, nothing but pixels; raises Invalid as images.py says."""
    with _decoding():
        return _redrawn(data, image_format)


def as_jpeg(image: Image.Image) -> bytes:
    encoded = io.BytesIO()
    image.save(encoded, "JPEG", quality=JPEG_QUALITY)
    return encoded.getvalue()


def dhash(image: Image.Image) -> str | None:
    """The difference hash of N. Krawetz: is each of 8x8 cells darker than its right neighbour?

    None for a picture of one shade, or that only gets lighter or darker to one side: a wall, a
    sheet of paper, a lens that was covered.
    """
    grey = image.convert("L").resize((9, 8), Image.Resampling.LANCZOS).tobytes()
    bits = 0
    for row in range(8):
        for column in range(8):
            cell = row * 9 + column
            bits = bits << 1 | (grey[cell] < grey[cell + 1])
    is_flat = max(grey) - min(grey) < CONTRAST_MIN
    is_shaded = not FALLS_MIN <= bits.bit_count() <= 64 - FALLS_MIN
    return None if is_flat or is_shaded else f"{bits:016x}"


@contextmanager
def _decoding() -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            # Sloppy but harmless metadata is common; a bomb is only warned of up to twice a limit.
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as exc:
        raise _too_many_pixels() from exc
    except _DECODING_ERRORS as exc:
        raise Invalid("corrupt_image", "the image cannot be decoded") from exc


def _redrawn(data: bytes, image_format: str) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=(image_format,)) as source:
        # Of a JPEG with several pictures (depth, HDR gain) the first is the photo itself.
        if image_format != "JPEG" and getattr(source, "n_frames", 1) != 1:
            raise Invalid("unsupported_format", "an animated image is not a photo")
        if source.width * source.height > PIXELS_MAX:
            raise _too_many_pixels()
        source.draft(None, (SIDE_MAX, SIDE_MAX))
        orientation = _orientation(source)
        drawn = _in_eight_bits(source)
    drawn.thumbnail((SIDE_MAX, SIDE_MAX), Image.Resampling.LANCZOS)
    clean = Image.new("RGB", drawn.size, "white")
    clean.paste(drawn, mask=drawn.getchannel("A") if drawn.mode == "RGBA" else None)
    return clean if orientation is None else clean.transpose(orientation)


def _orientation(source: Image.Image) -> Image.Transpose | None:
    """How the camera was held. Broken EXIF is no reason to refuse a photo."""
    try:
        return _UPRIGHT_BY.get(source.getexif().get(_ORIENTATION))
    except _DECODING_ERRORS:
        return None


def _in_eight_bits(source: Image.Image) -> Image.Image:
    if source.mode.startswith(("I", "F")):
        # Pillow cuts 16-bit grey off at 255 instead of scaling it.
        return source.point(lambda value: value * (1 / 257)).convert("RGB")
    return source.convert("RGBA" if source.has_transparency_data else "RGB")


def _too_many_pixels() -> Invalid:
    return Invalid("image_too_large", f"an image may have {PIXELS_MAX} pixels")
