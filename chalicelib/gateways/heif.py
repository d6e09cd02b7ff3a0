"""HEIC and HEIF: the pictures that telephones take, decoded by libheif; imported when one comes.

libheif takes the size that the file states for the limit of what it decodes, so a picture that lies
about its size is refused before memory is taken for it. It turns and mirrors by the file's own
properties; what EXIF says about that is void in HEIF. Only the main picture is looked at.
"""

import io
import struct

import pi_heif  # type: ignore[import-untyped]  # it ships no types
from PIL import Image

# Nobody asks for the small, the deep and the hidden pictures beside the main one.
pi_heif.options.THUMBNAILS = False
pi_heif.options.DEPTH_IMAGES = False
pi_heif.options.AUX_IMAGES = False
pi_heif.options.DECODE_THREADS = 1

# What libheif and its Python side raise for broken files; it says RuntimeError for its own limits.
_BROKEN = (
    ArithmeticError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    ValueError,
    struct.error,
)


class BadHeif(ValueError):
    """libheif cannot read it, or refuses to."""


class Heif:
    """The main picture of a file; raises BadHeif. Nothing is decoded until it is asked for."""

    def __init__(self, data: bytes) -> None:
        try:
            opened = pi_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=True)
            self._image = opened[opened.primary_index]
            self.width, self.height = self._image.size
        except _BROKEN as exc:
            raise BadHeif("the container cannot be read") from exc

    def decoded(self) -> Image.Image:
        """Upright, of eight bits; what is told beside the picture is left behind."""
        try:
            image, pixels = self._image, self._image.data
            made = Image.frombytes(image.mode, image.size, pixels, "raw", image.mode, image.stride)
            assert isinstance(made, Image.Image), "Pillow makes pictures"
        except _BROKEN as exc:
            raise BadHeif("the picture cannot be decoded") from exc
        return made
