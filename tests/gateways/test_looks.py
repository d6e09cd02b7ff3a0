"""What is measured of a picture, on pictures of known blur, brightness and size; and what its
fingerprint stands.

The figures of docs/photos.md come from here.
"""

import io
import random
from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from chalicelib.gateways.images import CleanImage, clean_image
from chalicelib.uploads.hints import Hint, hints_of
from chalicelib.uploads.likeness import LIKE_MAX, distance

WIDTH, HEIGHT = 2048, 1536
Draw = Callable[[int], Image.Image]


def jpeg(image: Image.Image, quality: int = 85) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def things(seed: int) -> Image.Image:
    chance = random.Random(seed)
    image = Image.new("RGB", (WIDTH, HEIGHT), (chance.randrange(60, 200), 90, 120))
    draw = ImageDraw.Draw(image)
    for _ in range(40):
        corner = (chance.randrange(WIDTH), chance.randrange(HEIGHT))
        size = chance.randrange(50, 500)
        shade = (chance.randrange(256), chance.randrange(256), chance.randrange(256))
        draw.ellipse((*corner, corner[0] + size, corner[1] + size), fill=shade)
    return image


def label(seed: int) -> Image.Image:
    chance = random.Random(seed)
    image = Image.new("RGB", (WIDTH, HEIGHT), (225, 222, 215))
    draw = ImageDraw.Draw(image)
    draw.rectangle((512, 384, 1536, 1152), fill=(170, 130, 90))
    for row in range(12):
        left, top = 682, 512 + row * 38
        while left < 1365:
            width = chance.randrange(11, 36)
            draw.rectangle((left, top, left + width, top + 17), fill=(30, 30, 30))
            left += width + 18
    return image


def box(seed: int) -> Image.Image:
    image = Image.new("RGB", (WIDTH, HEIGHT), (200, 198, 190))
    draw = ImageDraw.Draw(image)
    draw.rectangle((512, 384, 1536, 1152), fill=(150, 110, 70))
    draw.line((700, 500, 1000 + seed, 800), fill=(60, 40, 30), width=5)
    return image


def cloth(seed: int) -> Image.Image:
    base = Image.frombytes("L", (512, 384), random.Random(seed).randbytes(512 * 384))
    base = base.point(lambda value: 90 + value * 60 // 255)
    return base.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC).convert("RGB")


SCENES: dict[str, Draw] = {"things": things, "label": label, "box": box, "cloth": cloth}


def hinted(image: Image.Image) -> tuple[Hint, ...]:
    return hints_of(clean_image(jpeg(image)).look)


@pytest.mark.parametrize("name", SCENES)
def test_a_sharp_picture_is_not_said_to_be_blurred(name: str) -> None:
    for seed in range(3):
        look = clean_image(jpeg(SCENES[name](seed))).look

        assert look.sharpness >= 100
        assert hints_of(look) == ()


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("radius", [4, 8, 16, 40])
def test_a_blurred_one_is(name: str, radius: int) -> None:
    """A radius of 4 is 2 in 1,000 of the longer side."""
    blurred = SCENES[name](1).filter(ImageFilter.GaussianBlur(radius))

    look = clean_image(jpeg(blurred)).look

    assert look.sharpness <= 15
    assert hints_of(look) == (Hint.BLURRED,)


def test_sharpness_is_the_same_for_a_camera_of_more_pixels() -> None:
    image = things(1)

    small, large = (
        clean_image(jpeg(image.resize(size, Image.Resampling.LANCZOS))).look.sharpness
        for size in ((2048, 1536), (4096, 3072))
    )

    assert 0.4 < small / large < 2.5


@pytest.mark.parametrize("name", ["things", "label", "box"])
@pytest.mark.parametrize(("factor", "hint"), [(0.1, Hint.TOO_DARK), (4.0, Hint.TOO_BRIGHT)])
def test_too_little_and_too_much_light_is_said(name: str, factor: float, hint: Hint) -> None:
    image = ImageEnhance.Brightness(SCENES[name](1)).enhance(factor)

    if name == "things" and hint is Hint.TOO_BRIGHT:
        image = ImageEnhance.Brightness(image).enhance(10)

    assert hint in hinted(image)


@pytest.mark.parametrize("factor", [0.4, 0.7, 1.0, 1.2])
def test_some_more_or_less_light_is_not(factor: float) -> None:
    for draw in (things, label, box):
        assert hinted(ImageEnhance.Brightness(draw(1)).enhance(factor)) == ()


def test_a_thing_on_white_is_not_too_bright() -> None:
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    image.paste(things(1).resize((900, 700)), (500, 400))

    assert hinted(image) == ()


def test_a_small_picture_is_said_to_be_small_by_what_was_uploaded() -> None:
    assert hinted(things(1).resize((640, 470), Image.Resampling.LANCZOS)) == (Hint.TOO_SMALL,)
    assert hinted(things(1).resize((640, 480), Image.Resampling.LANCZOS)) == ()


def test_a_picture_of_a_few_pixels_has_a_look_all_the_same() -> None:
    look = clean_image(jpeg(Image.new("RGB", (3, 2), "teal"))).look

    assert (look.width, look.height, look.sharpness) == (3, 2, 0)


# --- fingerprints --------------------------------------------------------------------------------

CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "saved again at 40": lambda image: Image.open(io.BytesIO(jpeg(image, 40))),
    "half the size": lambda image: image.resize((WIDTH // 2, HEIGHT // 2)),
    "a quarter of the size": lambda image: image.resize((WIDTH // 4, HEIGHT // 4)),
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.15),
    "darker": lambda image: ImageEnhance.Brightness(image).enhance(0.8),
    "more contrast": lambda image: ImageEnhance.Contrast(image).enhance(1.2),
    "less colour": lambda image: ImageEnhance.Color(image).enhance(0.5),
    "sharpened": lambda image: image.filter(ImageFilter.SHARPEN),
    "blurred": lambda image: image.filter(ImageFilter.GaussianBlur(3)),
    "8 pixels off each side": lambda image: image.crop((8, 8, WIDTH - 8, HEIGHT - 8)),
    "20 pixels off one side": lambda image: image.crop((20, 0, WIDTH, HEIGHT)),
}
SEEDS = range(20)


def print_of(image: Image.Image) -> str:
    clean: CleanImage = clean_image(jpeg(image))
    assert clean.dhash is not None, "a scene has a fingerprint"
    return clean.dhash


@pytest.fixture(scope="module")
def prints() -> list[str]:
    return [print_of(things(seed)) for seed in SEEDS]


@pytest.mark.parametrize("name", CHANGES)
def test_a_picture_that_was_changed_a_little_is_found(name: str, prints: list[str]) -> None:
    changed = [print_of(CHANGES[name](things(seed))) for seed in SEEDS]

    distances = [distance(one, other) for one, other in zip(prints, changed, strict=True)]
    found = sum(one <= LIKE_MAX for one in distances)
    assert found >= 19, f"{found} of 20 within {LIKE_MAX} bits: {distances}"


def test_two_pictures_of_other_things_are_not_found(prints: list[str]) -> None:
    pairs = [(one, other) for at, one in enumerate(prints) for other in prints[at + 1 :]]

    assert len(pairs) == 190
    assert min(distance(one, other) for one, other in pairs) > LIKE_MAX
