"""Photos from strangers: good ones come out upright and bare, hostile ones are refused."""

import io
import random
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageOps

from chalicelib.core.errors import Invalid
from chalicelib.gateways.images import BYTES_MAX, CleanImage, clean_image
from chalicelib.gateways.pixels import SIDE_MAX

GPS_IFD, MAKE, ORIENTATION = 0x8825, 0x010F, 0x0112


def scene(width: int = 640, height: int = 480, *, seed: int = 1) -> Image.Image:
    """A picture with enough in it to be told from another one."""
    chance = random.Random(seed)
    image = Image.new("RGB", (width, height), (chance.randrange(256), 90, 120))
    draw = ImageDraw.Draw(image)
    for _ in range(30):
        corner = (chance.randrange(width), chance.randrange(height))
        size = chance.randrange(20, 200)
        colour = (chance.randrange(256), chance.randrange(256), chance.randrange(256))
        draw.ellipse((*corner, corner[0] + size, corner[1] + size), fill=colour)
    return image


def encoded(image: Image.Image, image_format: str = "JPEG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, image_format, **options)
    return out.getvalue()


def opened(clean: CleanImage) -> Image.Image:
    image = Image.open(io.BytesIO(clean.jpeg))
    image.load()
    return image


def refusal(data: bytes) -> str:
    with pytest.raises(Invalid) as caught:
        clean_image(data)
    return caught.value.code


def png_of(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG made by hand: its header says what we want, whatever follows."""
    header = (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    parts = [b"\x89PNG\r\n\x1a\n"]
    for name, content in (header, *chunks, (b"IEND", b"")):
        checksum = struct.pack(">I", zlib.crc32(name + content))
        parts.append(struct.pack(">I", len(content)) + name + content + checksum)
    return b"".join(parts)


def distance(one: str | None, other: str | None) -> int:
    assert one is not None, "a scene has a hash"
    assert other is not None, "a scene has a hash"
    return (int(one, 16) ^ int(other, 16)).bit_count()


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
def test_a_photo_comes_out_as_a_jpeg_of_the_same_size(image_format: str) -> None:
    clean = clean_image(encoded(scene(), image_format))

    image = opened(clean)
    assert image.format == "JPEG"
    assert (clean.width, clean.height) == image.size == (640, 480)
    assert len(clean.dhash or "") == 16


@pytest.mark.parametrize(
    ("size", "expected"),
    [((4000, 3000), (2048, 1536)), ((1000, 5000), (410, 2048)), ((20_000, 2), (2048, 1))],
    ids=str,
)
@pytest.mark.parametrize("image_format", ["JPEG", "PNG"])
def test_the_longest_side_is_limited(
    size: tuple[int, int], expected: tuple[int, int], image_format: str
) -> None:
    clean = clean_image(encoded(Image.new("RGB", size, "teal"), image_format))

    assert (clean.width, clean.height) == expected
    assert max(opened(clean).size) <= SIDE_MAX


def test_place_and_camera_are_gone() -> None:
    exif = Image.Exif()
    exif[MAKE] = "SecretCamera"
    exif.get_ifd(GPS_IFD).update({1: "N", 2: (48.0, 51.0, 30.0)})
    data = encoded(scene(), exif=exif, comment=b"SecretComment", xmp=b"<x>SecretXmp</x>")
    assert b"Secret" in data
    assert dict(Image.open(io.BytesIO(data)).getexif().get_ifd(GPS_IFD))

    clean = clean_image(data)

    assert not dict(opened(clean).getexif())
    assert b"Secret" not in clean.jpeg
    assert b"Exif" not in clean.jpeg


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_turned_upright(orientation: int, image_format: str) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    data = encoded(scene(), image_format, exif=exif)

    clean = clean_image(data)

    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    assert (clean.width, clean.height) == upright.size
    assert distance(clean.dhash, clean_image(encoded(upright.convert("RGB"))).dhash) <= 2


def test_broken_exif_does_not_lose_the_photo() -> None:
    data = encoded(scene(), exif=b"Exif\0\0II*\0" + b"\xff" * 40)

    assert clean_image(data).width == 640


def test_a_jpeg_with_a_second_picture_is_the_first_one() -> None:
    out = io.BytesIO()
    scene(seed=1).save(out, "MPO", save_all=True, append_images=[scene(seed=2)])

    clean = clean_image(out.getvalue())

    assert distance(clean.dhash, clean_image(encoded(scene(seed=1))).dhash) <= 2


@pytest.mark.parametrize(
    ("name", "image_format"),
    [("L", "JPEG"), ("CMYK", "JPEG"), ("1", "PNG"), ("P", "PNG"), ("LA", "PNG"), ("RGBA", "WEBP")],
)
def test_every_kind_of_pixel_becomes_plain_colour(name: str, image_format: str) -> None:
    clean = clean_image(encoded(scene().convert(name), image_format))

    assert opened(clean).mode == "RGB"


def test_cmyk_keeps_its_colours() -> None:
    clean = clean_image(encoded(Image.new("CMYK", (50, 50), (0, 255, 255, 0)), "JPEG"))

    red, green, blue = _pixel(clean)
    assert red > 200
    assert max(green, blue) < 60


def test_sixteen_bits_are_scaled_and_not_cut_off() -> None:
    grey = Image.new("I;16", (50, 50), 32_896)

    assert _pixel(clean_image(encoded(grey, "PNG"))) == (128, 128, 128)


def test_what_is_transparent_becomes_white() -> None:
    clean = clean_image(encoded(Image.new("RGBA", (50, 50), (255, 0, 0, 0)), "PNG"))

    assert _pixel(clean) == (255, 255, 255)


def _pixel(clean: CleanImage) -> tuple[int, int, int]:
    red, green, blue = opened(clean).crop((25, 25, 26, 26)).tobytes()
    return red, green, blue


@pytest.mark.parametrize(
    "hidden",
    [b"<script>alert(1)</script>", b"PK\x03\x04 a zip archive behind it", b"%PDF-1.7"],
    ids=["script", "zip", "pdf"],
)
def test_what_is_hidden_in_or_behind_a_photo_is_gone(hidden: bytes) -> None:
    data = encoded(scene(), comment=hidden) + hidden

    assert hidden not in clean_image(data).jpeg


@pytest.mark.parametrize(
    "data",
    [b"", b"hello, I am photo.jpg", b"\0" * 1000, b"<html><img></html>", b"MZ\x90\0", b"\xff\xd8"],
    ids=["empty", "text", "zeros", "html", "exe", "two bytes"],
)
def test_what_is_no_image_is_said_so(data: bytes) -> None:
    assert refusal(data) == "not_an_image"


@pytest.mark.parametrize(
    "data",
    [
        encoded(scene(8, 8), "GIF"),
        encoded(scene(8, 8), "BMP"),
        encoded(scene(8, 8), "TIFF"),
        encoded(scene(8, 8), "AVIF"),
        b"%PDF-1.7\n",
        b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>',
    ],
    ids=["gif", "bmp", "tiff", "avif", "pdf", "svg"],
)
def test_other_formats_are_not_supported(data: bytes) -> None:
    assert refusal(data) == "unsupported_format"


@pytest.mark.parametrize("image_format", ["PNG", "WEBP"])
def test_an_animated_image_is_not_supported(image_format: str) -> None:
    frames = [scene(64, 64, seed=seed) for seed in range(3)]

    data = encoded(frames[0], image_format, save_all=True, append_images=frames[1:], duration=50)

    assert refusal(data) == "unsupported_format"


def test_too_many_bytes_are_refused_unread() -> None:
    assert refusal(b"\xff\xd8\xff" + b"\0" * BYTES_MAX) == "image_too_large"


@pytest.mark.parametrize(
    ("width", "height"), [(6326, 6326), (20_000, 5000), (30_000, 30_000), (2**31 - 1, 2**31 - 1)]
)
def test_a_bomb_is_refused_by_its_header(width: int, height: int) -> None:
    data = png_of(width, height, (b"IDAT", zlib.compress(b"\0" * 1000)))

    assert refusal(data) == "image_too_large"


def test_a_jpeg_and_a_webp_bomb_are_refused_by_their_headers() -> None:
    jpeg = bytearray(encoded(scene(64, 64)))
    start = jpeg.index(b"\xff\xc0")
    jpeg[start + 5 : start + 9] = struct.pack(">HH", 65_000, 65_000)
    size = struct.pack("<I", 16_382)[:3]
    webp = b"RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + size + size + b"\0" * 40

    assert refusal(bytes(jpeg)) == "image_too_large"
    assert refusal(webp) == "image_too_large"


def test_a_jpeg_of_endless_passes_is_refused() -> None:
    data = encoded(Image.new("L", (64, 64), 7), progressive=True)
    last_pass = data[data.rindex(b"\xff\xc4", 0, data.rindex(b"\xff\xda")) : -2]

    assert refusal(data[:-2] + last_pass * 1000 + b"\xff\xd9") == "corrupt_image"


def test_a_video_behind_a_photo_is_not_taken_for_passes() -> None:
    video = random.Random(1).randbytes(10_000_000)

    assert clean_image(encoded(scene()) + video).width == 640


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_truncated_photo_is_corrupt(image_format: str, part: float) -> None:
    data = encoded(scene(), image_format)

    assert refusal(data[: int(len(data) * part)]) == "corrupt_image"


def test_a_small_start_of_a_known_format_is_corrupt() -> None:
    for start in (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP"):
        assert refusal(start) == "corrupt_image"


_SMALL = {
    "JPEG": encoded(scene(48, 40)),
    "progressive": encoded(scene(48, 40), progressive=True),
    "PNG": encoded(scene(48, 40), "PNG"),
    "palette": encoded(scene(48, 40).convert("P"), "PNG", transparency=3),
    "WEBP": encoded(scene(48, 40), "WEBP"),
    "lossless": encoded(scene(48, 40), "WEBP", lossless=True),
}


@settings(max_examples=300, deadline=None)
@given(
    name=st.sampled_from(sorted(_SMALL)),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=8),
    cut=st.floats(0.05, 1),
)
def test_a_damaged_photo_is_cleaned_or_refused_and_nothing_else(
    name: str, changes: list[tuple[float, int]], cut: float
) -> None:
    data = bytearray(_SMALL[name])
    for place, value in changes:
        data[int(place * len(data))] = value

    try:
        clean = clean_image(bytes(data[: int(len(data) * cut)]))
    except Invalid as refused:
        code = refused.code
    else:
        code = "clean"
        assert opened(clean).size == (clean.width, clean.height)

    assert code in {
        "clean",
        "not_an_image",
        "image_too_large",
        "unsupported_format",
        "corrupt_image",
    }


def test_the_same_photo_scaled_and_saved_again_has_nearly_the_same_hash() -> None:
    first = clean_image(encoded(scene(1200, 900))).dhash

    again = clean_image(encoded(scene(1200, 900).resize((400, 300)), "WEBP", quality=40)).dhash
    other = clean_image(encoded(scene(1200, 900, seed=2))).dhash

    assert distance(first, again) <= 3
    assert distance(first, other) >= 12


def test_a_hash_says_where_it_gets_brighter() -> None:
    ramp = Image.linear_gradient("L").rotate(90)
    halves = Image.new("L", (256, 512))
    halves.paste(ramp, (0, 0))
    halves.paste(ramp.transpose(Image.Transpose.FLIP_LEFT_RIGHT), (0, 256))

    assert clean_image(encoded(halves)).dhash in {"0" * 8 + "f" * 8, "f" * 8 + "0" * 8}


@pytest.mark.parametrize(
    "picture",
    [
        Image.new("RGB", (64, 48), "white"),
        Image.linear_gradient("L").rotate(90),
        Image.effect_noise((640, 480), 8),
    ],
    ids=["one shade", "lighter to one side", "a wall"],
)
def test_a_picture_of_nearly_nothing_has_no_hash(picture: Image.Image) -> None:
    assert clean_image(encoded(picture)).dhash is None
