"""HEIC: the main picture, upright, in plain colours, and nothing of what lies beside it."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from chalicelib.core.errors import Invalid
from chalicelib.gateways.images import CleanImage, clean_image
from tests import heic

RED, LIME, BLUE, YELLOW = (254, 0, 0), (0, 254, 0), (0, 0, 254), (254, 254, 0)
WHITE = (255, 255, 255)
REFUSALS = {"not_an_image", "image_too_large", "unsupported_format", "corrupt_image"}


def quarters(clean: CleanImage) -> list[tuple[int, ...]]:
    """The colour in the middle of each quarter: upper left, upper right, lower left, lower right"""
    image = Image.open(io.BytesIO(clean.jpeg))
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (clean.width, clean.height))
    width, height = image.size
    places = [(x, y) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
    return [tuple(image.crop((x, y, x + 1, y + 1)).tobytes()) for x, y in places]


def alike(found: list[tuple[int, ...]], wanted: list[tuple[int, ...]]) -> bool:
    pairs = zip(found, wanted, strict=True)
    return all(abs(a - b) <= 8 for one, other in pairs for a, b in zip(one, other, strict=True))


def refusal(data: bytes) -> str:
    with pytest.raises(Invalid) as caught:
        clean_image(data)
    return caught.value.code


@pytest.mark.parametrize(
    ("data", "size", "colours"),
    [
        (heic.PLAIN, (96, 64), [RED, LIME, BLUE, YELLOW]),
        (heic.TURNED, (64, 96), [BLUE, RED, YELLOW, LIME]),
        (heic.SEVERAL, (96, 64), [RED, LIME, BLUE, YELLOW]),
        (heic.TRANSPARENT, (96, 64), [WHITE] * 4),
        (
            heic.TEN_BIT,
            (96, 64),
            [(64, 64, 128), (193, 64, 128), (64, 195, 128), (193, 195, 128)],
        ),
        (heic.GREY, (96, 64), [(76,) * 3, (150,) * 3, (29,) * 3, (226,) * 3]),
        (heic.GREY_TEN_BIT, (96, 64), [(64,) * 3, (193,) * 3, (64,) * 3, (193,) * 3]),
    ],
    ids=["plain", "turned", "several", "transparent", "ten bits", "grey", "grey of ten bits"],
)
def test_a_photo_of_a_telephone_becomes_a_jpeg(
    data: bytes, size: tuple[int, int], colours: list[tuple[int, ...]]
) -> None:
    clean = clean_image(data)

    assert (clean.width, clean.height) == size
    assert alike(quarters(clean), colours)


def test_place_and_camera_of_a_telephone_are_gone() -> None:
    assert b"SecretCamera" in heic.PLAIN

    clean = clean_image(heic.PLAIN)

    for jpeg in (clean.jpeg, clean.thumbnail):
        assert b"Secret" not in jpeg
        assert b"Exif" not in jpeg
        assert not dict(Image.open(io.BytesIO(jpeg)).getexif())


def test_a_large_one_is_made_smaller_and_a_huge_one_refused() -> None:
    clean = clean_image(heic.LARGE)

    assert (clean.width, clean.height) == (2048, 1536)
    assert (clean.look.width, clean.look.height) == (7200, 5400)
    assert refusal(heic.TOO_LARGE) == "image_too_large"


@pytest.mark.parametrize(
    ("size", "code"),
    [
        ((48, 32), "corrupt_image"),
        ((1, 1), "corrupt_image"),
        ((0, 0), "corrupt_image"),
        ((6000, 6000), "corrupt_image"),
        ((30_000, 30_000), "image_too_large"),
        ((2**32 - 1, 2**32 - 1), "image_too_large"),
    ],
    ids=str,
)
def test_one_that_lies_about_its_size_is_refused(size: tuple[int, int], code: str) -> None:
    for data in (heic.PLAIN, heic.TOO_LARGE):
        assert refusal(heic.with_size(data, *size)) in {code, "corrupt_image"}
    assert refusal(heic.with_size(heic.PLAIN, *size)) in {code, "corrupt_image"}


@pytest.mark.parametrize(
    "start",
    [
        b"\0\0\0\x18ftypavif\0\0\0\0avifmif1",
        b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif",
        b"\0\0\0\x18ftyphevc\0\0\0\0hevcmsf1",
        b"\0\0\0\x18ftypmsf1\0\0\0\0msf1hevc",
        b"\0\0\0\x18ftypisom\0\0\0\0isommp42",
        b"\0\0\0\x18ftypqt  \0\0\0\0qt  qt  ",
    ],
    ids=["avif", "avif as mif1", "film", "sequence", "mp4", "mov"],
)
def test_other_pictures_and_films_in_the_same_boxes_are_not_supported(start: bytes) -> None:
    assert refusal(start + heic.PLAIN[24:]) == "unsupported_format"


@pytest.mark.parametrize("part", [0.05, 0.1, 0.5, 0.9, 0.99])
def test_half_a_file_is_corrupt(part: float) -> None:
    for data in (heic.PLAIN, heic.SEVERAL, heic.TEN_BIT):
        assert refusal(data[: int(len(data) * part)]) == "corrupt_image"


@settings(max_examples=300, deadline=None)
@given(
    data=st.sampled_from([heic.PLAIN, heic.TURNED, heic.SEVERAL, heic.TEN_BIT, heic.TRANSPARENT]),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=8),
)
def test_damaged_boxes_are_cleaned_or_refused_and_nothing_else(
    data: bytes, changes: list[tuple[float, int]]
) -> None:
    damaged = bytearray(data)
    for place, value in changes:
        damaged[int(place * len(damaged))] = value

    try:
        clean = clean_image(bytes(damaged))
    except Invalid as refused:
        said = refused.code
    else:
        said = "clean" if max(clean.width, clean.height) <= 2048 else "too large"

    assert said in {"clean", *REFUSALS}
