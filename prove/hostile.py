"""Files that strangers might upload as photos, each with what has to become of it.

Made in code, but for pictures of telephones, which nothing here can write (tests/heic.py).
"""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from PIL import Image, ImageCms

from prove.hostile_boxes import heif_files
from prove.hostile_bytes import (
    app_segment,
    chunk,
    exif_of,
    patched,
    png,
    png_of,
    with_segment,
)

CLEAN = "clean"
NOT_AN_IMAGE, UNSUPPORTED = "not_an_image", "unsupported_format"
TOO_LARGE, CORRUPT = "image_too_large", "corrupt_image"
SECRET = b"SecretOfTheFile"
SIZE = (96, 64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """`verdicts`: one, or two where both are right. `size` of what is served, where that is sure.

    `make` is called where the file is looked at: some are large.
    """

    name: str
    make: Callable[[], bytes]
    verdicts: tuple[str, ...]
    size: tuple[int, int] | None = None


def files() -> list[Hostile]:
    """Every kind, each under a name of its own."""
    made = [
        Hostile(name=name, make=make, verdicts=verdicts, size=size)
        for group in (_bombs, _odd, _hidden, _metadata, _others, _broken, heif_files)
        for name, make, verdicts, size in group()
    ]
    assert len({one.name for one in made}) == len(made), "each has a name"
    return made


Kind = tuple[str, Callable[[], bytes], tuple[str, ...], tuple[int, int] | None]


def _one(name: str, make: Callable[[], bytes], *verdicts: str, size: Any = None) -> Kind:
    """Any: a size, or nothing."""
    return name, make, verdicts, size


def scene() -> Image.Image:
    chance = Random(3)
    small = Image.frombytes("RGB", (12, 8), chance.randbytes(12 * 8 * 3))
    return small.resize(SIZE, Image.Resampling.BICUBIC)


def encoded(image: Image.Image, image_format: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, image_format, **options)
    return out.getvalue()


def jpeg(**options: Any) -> bytes:
    return encoded(scene(), "JPEG", **options)


def _bombs() -> Iterator[Kind]:
    """Small files that want much memory or time."""
    yield _one("png 30000x30000", partial(png, 30_000, 30_000, b"\0" * 1000), TOO_LARGE)
    yield _one("png 20000x5000", partial(png, 20_000, 5000, b"\0" * 300_000), TOO_LARGE)
    yield _one("png of 2^31 pixels a side", partial(png, 2**31 - 1, 2**31 - 1, b""), TOO_LARGE)
    yield _one("png one pixel above", partial(png, 6326, 6326, b"\0"), TOO_LARGE)
    yield _one("png 39 MP of one shade", _flat_png, CLEAN, size=(2048, 2048))
    yield _one("png 39 MP, 16 bits, alpha", _deep_png, CLEAN, size=(2048, 2048))
    yield _one("webp 39 MP, alpha", partial(_flat_webp, 6300), TOO_LARGE)
    yield _one("webp 20 MP, alpha", partial(_flat_webp, 4470), CLEAN, size=(2048, 2048))
    yield _one("jpeg 40 MP, progressive", _large_jpeg, CLEAN, size=(2048, 2042))
    yield _one("png 1x65500", partial(_thin, (1, 65_500), "PNG"), CLEAN, size=(1, 2048))
    yield _one("jpeg 65500x1", partial(_thin, (65_500, 1), "JPEG"), CLEAN, size=(2048, 1))
    yield _one("png text bomb", partial(_zeros, b"zTXt", b"a\0\0"), CORRUPT)
    yield _one("png international text bomb", partial(_zeros, b"iTXt", b"a\0\1\0\0\0"), CORRUPT)
    yield _one("png profile bomb", partial(_zeros, b"iCCP", b"a\0\0"), CORRUPT, CLEAN)
    yield _one("png data bomb", lambda: png(64, 64, b"\0" * 200_000_000), CLEAN, CORRUPT)
    yield _one("png of a million chunks", partial(_chunky, 1_000_000), CORRUPT)
    yield _one("png of 9,000 chunks", partial(_chunky, 9000), CLEAN, size=SIZE)
    yield _one("jpeg header 65000x65000", partial(_jpeg_sized, 65_000, 65_000), TOO_LARGE)
    yield _one("jpeg of 1000 passes", partial(_passes, 1000), CORRUPT)
    yield _one("jpeg of 90 passes", partial(_passes, 80), CLEAN, size=(2048, 2048))
    yield _one("webp header 16383x16383", _webp_bomb, TOO_LARGE)
    yield _one("15 MB and a byte", lambda: jpeg() + b"\0" * (15 * 2**20), TOO_LARGE)


def _odd() -> Iterator[Kind]:
    """Pictures that cameras and programs do make."""
    modes = (("CMYK", "JPEG"), ("L", "JPEG"), ("1", "PNG"), ("P", "PNG"), ("LA", "PNG"))
    for mode, image_format in (*modes, ("RGBA", "WEBP")):
        make = partial(lambda m, f: encoded(scene().convert(m), f), mode, image_format)
        yield _one(f"{image_format} of mode {mode}", make, CLEAN, size=SIZE)
    grey = Image.new("I;16", SIZE, 32_896)
    yield _one("png of 16 bits", lambda: encoded(grey, "PNG"), CLEAN, size=SIZE)
    yield _one("jpeg, progressive", lambda: jpeg(progressive=True), CLEAN, size=SIZE)
    yield _one("webp, lossless", lambda: encoded(scene(), "WEBP", lossless=True), CLEAN, size=SIZE)
    yield _one("mpo of two", _mpo, CLEAN, size=SIZE)
    yield _one("apng of three", partial(_animated, "PNG"), UNSUPPORTED)
    yield _one("webp of three", partial(_animated, "WEBP"), UNSUPPORTED)
    yield _one("gif of three", partial(_animated, "GIF"), UNSUPPORTED)
    yield _one("jpeg, coded arithmetically", lambda: patched(jpeg(), 0xC9), CLEAN, CORRUPT)
    yield _one("jpeg, lossless", lambda: patched(jpeg(), 0xC3), CLEAN, CORRUPT)
    yield _one("jpeg of 12 bits", lambda: patched(jpeg(), 0xC1, precision=12), CORRUPT)
    yield _one("jpeg of 16 bits", lambda: patched(jpeg(), 0xC0, precision=16), CORRUPT)


def _hidden() -> Iterator[Kind]:
    """Two kinds of file at once: what is hidden must not be served."""
    page = b"<html><script>alert('" + SECRET + b"')</script></html>"
    yield _one("jpeg and html behind", lambda: jpeg() + page, CLEAN, size=SIZE)
    yield _one("jpeg and html as a comment", lambda: jpeg(comment=page), CLEAN, size=SIZE)
    yield _one("jpeg and zip behind", lambda: jpeg() + _zip(), CLEAN, size=SIZE)
    yield _one("jpeg and pdf behind", lambda: jpeg() + b"%PDF-1.7 " + SECRET, CLEAN, size=SIZE)
    yield _one("png and html behind", lambda: encoded(scene(), "PNG") + page, CLEAN, size=SIZE)
    yield _one(
        "png and php as text", lambda: png_of(scene(), b"tEXt", b"a\0<?php " + SECRET), CLEAN
    )
    yield _one("gif and jar behind", lambda: encoded(scene(), "GIF") + _zip(), UNSUPPORTED)
    yield _one("jpeg after html", lambda: page + jpeg(), NOT_AN_IMAGE)
    yield _one("jpeg after a pdf's head", lambda: b"%PDF-1.7\n" + jpeg(), UNSUPPORTED)
    yield _one("jpeg after zeros", lambda: b"\0" * 16 + jpeg(), NOT_AN_IMAGE)
    video = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + Random(1).randbytes(2_000_000)
    yield _one("jpeg and a film behind", lambda: jpeg() + video * 4, CLEAN, size=SIZE)


def _metadata() -> Iterator[Kind]:
    """What a camera writes beside the picture, and what it never would."""
    place = exif_of(("SecretOfTheFile", 1), gps=True)
    yield _one("jpeg with its place", lambda: jpeg(exif=place), CLEAN, size=SIZE)
    turned = exif_of(("SecretOfTheFile", 6))
    yield _one("jpeg lying on its side", lambda: jpeg(exif=turned), CLEAN, size=SIZE[::-1])
    yield _one("png lying on its side", lambda: encoded(scene(), "PNG", exif=turned), CLEAN,
               size=SIZE[::-1])  # fmt: skip
    junk = b"Exif\0\0II*\0" + b"\xff" * 60
    yield _one("exif of junk", lambda: jpeg(exif=junk), CLEAN, size=SIZE)
    loop = b"Exif\0\0II*\0\x08\0\0\0\0\0\x08\0\0\0" + SECRET
    yield _one("exif that leads to itself", lambda: jpeg(exif=loop), CLEAN, size=SIZE)
    inner = b"Exif\0\0II*\0\x08\0\0\0\1\0" + struct.pack("<HHII", 0x8769, 4, 1, 8) + b"\x08\0\0\0"
    yield _one("exif within itself", lambda: jpeg(exif=inner), CLEAN, size=SIZE)
    many = b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + struct.pack("<HHII", 0x0112, 3, 2**32 - 1, 8) * 5000
    yield _one("exif of 65535 fields", lambda: jpeg(exif=many), CLEAN, size=SIZE)
    huge = app_segment(1, b"Exif\0\0" + SECRET * 4000) * 200
    yield _one("200 exif segments", lambda: with_segment(jpeg(), huge), CLEAN, size=SIZE)
    laughs = b'<!DOCTYPE x [<!ENTITY a "' + SECRET + b'"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'
    yield _one("xmp of a billion laughs", lambda: jpeg(xmp=laughs), CLEAN, size=SIZE)
    extended = app_segment(1, b"http://ns.adobe.com/xmp/extension/\0" + SECRET * 4000) * 100
    yield _one("extended xmp of 6 MB", lambda: with_segment(jpeg(), extended), CLEAN, size=SIZE)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    yield _one("jpeg with a profile", lambda: jpeg(icc_profile=profile), CLEAN, size=SIZE)
    wrong = SECRET * 1000
    yield _one("jpeg with junk for a profile", lambda: jpeg(icc_profile=wrong), CLEAN, size=SIZE)
    block = b"8BIM\x04\x04\0\0\xff\xff\xff\xff" + SECRET
    resources = app_segment(13, b"Photoshop 3.0\0" + block)
    yield _one(
        "image resources that lie", lambda: with_segment(jpeg(), resources), CLEAN, size=SIZE
    )


def _others() -> Iterator[Kind]:
    """Other formats, under whatever name they come."""
    for image_format in ("GIF", "BMP", "TIFF", "AVIF"):
        yield _one(image_format, partial(encoded, scene(), image_format), UNSUPPORTED)
    yield _one("ICO", lambda: encoded(scene(), "ICO"), NOT_AN_IMAGE)
    yield _one("JPEG 2000", lambda: encoded(scene(), "JPEG2000"), NOT_AN_IMAGE)
    yield _one("JPEG XL", lambda: b"\xff\x0a\xfa\x1f\x40\x00" + b"\0" * 90, UNSUPPORTED)
    yield _one("JPEG XL in boxes", lambda: b"\0\0\0\x0cJXL \r\n\x87\n" + b"\0" * 90, UNSUPPORTED)
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
    yield _one("svg", lambda: svg, UNSUPPORTED)
    yield _one("svg behind a prologue", lambda: b"\xef\xbb\xbf<?xml version='1.0'?>\n" + svg,
               UNSUPPORTED)  # fmt: skip
    yield _one("svgz", lambda: gzip.compress(svg), NOT_AN_IMAGE)
    yield _one("html as .jpg", lambda: b"<!DOCTYPE html><script>alert(1)</script>", NOT_AN_IMAGE)
    yield _one("pdf as .jpg", lambda: b"%PDF-1.7\n1 0 obj\n", UNSUPPORTED)
    yield _one("eps", lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", NOT_AN_IMAGE)
    yield _one("zip", _zip, NOT_AN_IMAGE)
    yield _one("program", lambda: b"MZ\x90\0" + b"\0" * 500, NOT_AN_IMAGE)
    yield _one("photoshop", lambda: b"8BPS\0\1" + b"\0" * 40, NOT_AN_IMAGE)


def _broken() -> Iterator[Kind]:
    """What ends early, or says nothing."""
    yield _one("empty", lambda: b"", NOT_AN_IMAGE)
    yield _one("one byte", lambda: b"\xff", NOT_AN_IMAGE)
    for image_format in ("JPEG", "PNG", "WEBP"):
        make = partial(lambda f: encoded(scene(), f)[:-60], image_format)
        yield _one(f"half a {image_format}", make, CORRUPT)
    yield _one("jpeg of no size", partial(_jpeg_sized, 0, 0), CORRUPT)
    yield _one("png of no size", partial(png, 0, 0, b""), CORRUPT)
    yield _one("png with a wrong sum", _wrong_sum, CORRUPT)
    yield _one("png of no data", partial(png, 64, 64, b""), CORRUPT)
    yield _one("png with two heads", _two_heads, CLEAN, CORRUPT)
    yield _one("jpeg without tables", lambda: jpeg().replace(b"\xff\xdb", b"\xff\xe9"), CORRUPT)
    yield _one("a start of each", lambda: b"\x89PNG\r\n\x1a\n\xff\xd8\xffRIFF", CORRUPT)


def _flat_png() -> bytes:
    return encoded(Image.new("RGBA", (6300, 6300), (0, 99, 99, 128)), "PNG")


def _deep_png() -> bytes:
    rows = zlib.compressobj(1)
    row = b"\0" + b"\x12\x34" * 4 * 6300
    data = b"".join(rows.compress(row) for _ in range(6300)) + rows.flush()
    return png(6300, 6300, None, depth=16, colour=6, packed=data)


def _flat_webp(side: int) -> bytes:
    return encoded(Image.new("RGBA", (side, side), (0, 99, 99, 128)), "WEBP", lossless=True,
                   quality=0, method=0)  # fmt: skip


def _large_jpeg() -> bytes:
    return encoded(Image.new("RGB", (6330, 6312), "teal"), "JPEG", progressive=True)


def _zeros(name: bytes, head: bytes) -> bytes:
    """A chunk of 200 KB that holds 200 MB."""
    return png_of(scene(), name, head + zlib.compress(b"\0" * 200_000_000, 9))


def _thin(size: tuple[int, int], image_format: str) -> bytes:
    return encoded(Image.new("RGB", size, "teal"), image_format)


def _chunky(count: int) -> bytes:
    return png_of(scene(), b"", b"", raw=chunk(b"teSt", b"") * count)


def _jpeg_sized(width: int, height: int) -> bytes:
    data = bytearray(jpeg())
    start = data.index(b"\xff\xc0")
    data[start + 5 : start + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def _passes(count: int) -> bytes:
    data = encoded(Image.new("L", (6300, 6300), 7), "JPEG", progressive=True)
    last = data[data.rindex(b"\xff\xc4", 0, data.rindex(b"\xff\xda")) : -2]
    return data[:-2] + last * count + b"\xff\xd9"


def _webp_bomb() -> bytes:
    side = struct.pack("<I", 16_382)[:3]
    return b"RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + side + side + b"\0" * 40


def _mpo() -> bytes:
    return encoded(scene(), "MPO", save_all=True, append_images=[Image.new("RGB", SIZE)])


def _animated(image_format: str) -> bytes:
    frames = [Image.new("RGB", SIZE, colour) for colour in ("red", "lime", "blue")]
    return encoded(frames[0], image_format, save_all=True, append_images=frames[1:], duration=50)


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("../../etc/passwd", SECRET)
    return out.getvalue()


def _wrong_sum() -> bytes:
    data = bytearray(encoded(scene(), "PNG"))
    data[29] ^= 0xFF
    return bytes(data)


def _two_heads() -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 5000, 5000, 8, 2, 0, 0, 0))
    return png_of(scene(), b"", b"", raw=head)
