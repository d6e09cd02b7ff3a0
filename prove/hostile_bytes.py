"""Files put together byte by byte, so that they say what no program would write."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GPS_IFD, _MAKE, _ORIENTATION = 0x8825, 0x010F, 0x0112


def chunk(name: bytes, content: bytes) -> bytes:
    """One chunk of a PNG."""
    checksum = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + checksum


def png(
    width: int,
    height: int,
    pixels: bytes | None,
    *,
    depth: int = 8,
    colour: int = 2,
    packed: bytes | None = None,
) -> bytes:
    """A PNG whose header says what it likes, whatever pixels follow."""
    data = packed if packed is not None else zlib.compress(pixels or b"", 9)
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return _SIGNATURE + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def png_of(image: Image.Image, name: bytes, content: bytes, *, raw: bytes | None = None) -> bytes:
    """A good PNG with one chunk more behind its header, or with these bytes there."""
    out = io.BytesIO()
    image.save(out, "PNG")
    data, end = out.getvalue(), len(_SIGNATURE) + 25
    return data[:end] + (raw if raw is not None else chunk(name, content)) + data[end:]


def app_segment(number: int, content: bytes) -> bytes:
    """One segment of a JPEG for what programs write beside the picture."""
    return b"\xff" + bytes([0xE0 + number]) + struct.pack(">H", len(content) + 2) + content


def with_segment(jpeg: bytes, segments: bytes) -> bytes:
    """The same JPEG with these segments at its start."""
    return jpeg[:2] + segments + jpeg[2:]


def patched(jpeg: bytes, marker: int, *, precision: int = 8) -> bytes:
    """The same JPEG, which says that it was coded in another way."""
    data = bytearray(jpeg)
    start = data.index(b"\xff\xc0")
    data[start + 1], data[start + 4] = marker, precision
    return bytes(data)


def exif_of(said: tuple[str, int], *, gps: bool = False) -> bytes:
    """EXIF with a maker and how the camera was held; and where it was, if asked for."""
    exif = Image.Exif()
    exif[_MAKE], exif[_ORIENTATION] = said
    if gps:
        exif.get_ifd(_GPS_IFD).update({1: "N", 2: (48.0, 51.0, 30.0), 3: "E", 4: (2.0, 17.0, 40.0)})
    return exif.tobytes()
