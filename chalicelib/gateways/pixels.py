"""The pixels of a picture, drawn again: Pillow's side of images.py, which imports it when needed.

It trusts nothing of the file but its first bytes, which images.py has looked at.
"""

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import Image

from chalicelib.core.errors import Invalid

PIXELS_MAX = 40_000_000
WEBP_PIXELS_MAX = 20_000_000
"""libwebp holds a picture four times; no camera makes one that large."""
SIDE_MAX = 2048
THUMBNAIL_SIDE_MAX = 320
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
_ON_ITS_SIDE = frozenset(_UPRIGHT_BY[stated] for stated in (5, 6, 7, 8))


@dataclass(frozen=True, slots=True, kw_only=True)
class Redrawn:
    """The picture drawn again; `width` and `height` are those of the file, turned upright."""

    image: Image.Image
    width: int
    height: int


def redraw(data: bytes, image_format: str) -> Redrawn:
    """Upright, at most SIDE_MAX a side, nothing but pixels; raises Invalid as images.py says."""
    with _decoding():
        return _from_heif(data) if image_format == "HEIF" else _redrawn(data, image_format)


def thumbnail(image: Image.Image) -> bytes:
    """A small JPEG of a picture that was drawn again."""
    small = image.copy()
    small.thumbnail((THUMBNAIL_SIDE_MAX, THUMBNAIL_SIDE_MAX), Image.Resampling.LANCZOS)
    return as_jpeg(small)


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


def _redrawn(data: bytes, image_format: str) -> Redrawn:
    with Image.open(io.BytesIO(data), formats=(image_format,)) as source:
        # Of a JPEG with several pictures (depth, HDR gain) the first is the photo itself.
        if image_format != "JPEG" and getattr(source, "n_frames", 1) != 1:
            raise Invalid("unsupported_format", "an animated image is not a photo")
        width, height = source.size
        _check_size(width, height, WEBP_PIXELS_MAX if image_format == "WEBP" else PIXELS_MAX)
        source.draft(None, (SIDE_MAX, SIDE_MAX))
        orientation = _orientation(source)
        clean = _clean(_in_eight_bits(source))
    if orientation is None:
        return Redrawn(image=clean, width=width, height=height)
    if orientation in _ON_ITS_SIDE:
        width, height = height, width
    return Redrawn(image=clean.transpose(orientation), width=width, height=height)


def _from_heif(data: bytes) -> Redrawn:
    from chalicelib.gateways.heif import Heif  # noqa: PLC0415 - libheif is large, few photos need it

    source = Heif(data)
    _check_size(source.width, source.height)
    clean = _clean(_in_eight_bits(source.decoded()))
    return Redrawn(image=clean, width=source.width, height=source.height)


def _check_size(width: int, height: int, pixels_max: int = PIXELS_MAX) -> None:
    if width * height > pixels_max:
        raise _too_many_pixels(pixels_max)


def _clean(drawn: Image.Image) -> Image.Image:
    drawn.thumbnail((SIDE_MAX, SIDE_MAX), Image.Resampling.LANCZOS)
    clean = Image.new("RGB", drawn.size, "white")
    clean.paste(drawn, mask=drawn.getchannel("A") if drawn.mode == "RGBA" else None)
    return clean


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
    wanted = "RGBA" if source.has_transparency_data else "RGB"
    # Converting to what it is already would hold all pixels twice.
    return source if source.mode == wanted else source.convert(wanted)


def _too_many_pixels(pixels_max: int = PIXELS_MAX) -> Invalid:
    return Invalid("image_too_large", f"an image may have {pixels_max} pixels")
