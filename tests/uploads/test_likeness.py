"""Fingerprints that are nearly the same: every one within six bits is found by 68 keys."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.returns.model import Return
from chalicelib.uploads import likeness
from chalicelib.uploads.likeness import LIKE_MAX, PRINTS_MAX, distance, nearest, own_places
from chalicelib.uploads.model import PhotoBand, PhotoPrint
from tests.builders import NOW, Shop, line, order
from tests.uploads.test_photo_prints import DENT, SCRATCH, photographs, reused, told


def flipped(fingerprint: str, bits: Sequence[int]) -> str:
    number = int(fingerprint, 16)
    for bit in bits:
        number ^= 1 << bit
    return f"{number:016x}"


def a_print(fingerprint: str, return_id: str = "ret_1", minutes: int = 0) -> PhotoPrint:
    return PhotoPrint(
        fingerprint=fingerprint,
        return_id=return_id,
        photo_id="pho_1",
        first_used_at=NOW + timedelta(minutes=minutes),
    )


@given(
    number=st.integers(0, 2**64 - 1),
    bits=st.lists(st.integers(0, 63), max_size=LIKE_MAX, unique=True),
)
def test_what_differs_in_six_bits_has_a_place_in_common(number: int, bits: list[int]) -> None:
    one = f"{number:016x}"

    looked_in = set(likeness.places_alike(one))

    assert looked_in & set(own_places(flipped(one, bits)))
    assert len(looked_in) == 68, "as many keys as one call reads, whatever there is"


def test_the_most_alike_is_found_and_of_several_the_first() -> None:
    near, later = flipped(SCRATCH, [1]), flipped(SCRATCH, [2])
    known = [
        a_print(flipped(SCRATCH, [1, 2, 3]), "ret_far"),
        a_print(later, "ret_later", minutes=5),
        a_print(near, "ret_near"),
    ]

    found = nearest(SCRATCH, known, "ret_new")

    assert found is not None
    assert found.return_id == "ret_near"


def test_seven_bits_are_another_picture() -> None:
    six, seven = flipped(SCRATCH, range(6)), flipped(SCRATCH, range(7))

    assert nearest(SCRATCH, [a_print(six)], "ret_new") is not None
    assert nearest(SCRATCH, [a_print(seven)], "ret_new") is None


def test_a_return_is_not_like_itself() -> None:
    assert nearest(SCRATCH, [a_print(SCRATCH, "ret_1")], "ret_1") is None


def test_a_common_quarter_keeps_the_newest() -> None:
    bands: list[PhotoBand] = []
    for number in range(PRINTS_MAX + 5):
        # The first quarter is the same in all.
        bands = [
            *bands[:0],
            *likeness.kept_in(a_print(f"abcd{number:012x}"), bands),
        ]

    first = next(band for band in bands if band.band == 0)
    assert len(first.prints) == PRINTS_MAX
    assert first.prints[-1].fingerprint == f"abcd{PRINTS_MAX + 4:012x}"
    assert first.version == PRINTS_MAX + 5


@pytest.fixture
def returns(shop: Shop) -> list[Return]:
    shop.sells(order(line(quantity=9), policy_version="electronics-serial"))
    return [shop.asks(submit=False) for _ in range(3)]


@pytest.mark.parametrize("bits", [[0], [0, 20, 40, 60], [1, 2, 17, 33, 50, 63]], ids=str)
def test_a_picture_nearly_the_same_marks_the_later_return(
    shop: Shop, returns: list[Return], bits: list[int]
) -> None:
    first, second, _ = returns

    photographs(shop, first, SCRATCH)
    photographs(shop, second, flipped(SCRATCH, bits))

    assert (reused(shop, first), reused(shop, second)) == ((), (first.return_id,))
    assert told(shop, second) == [first.return_id]
    (mark,) = [
        event
        for event in shop.store.reads().events(second.subject)
        if event.type == "return.photo_reused"
    ]
    assert mark.data["distance"] == len(bits)


def test_one_that_is_nearly_like_two_is_like_the_nearest(shop: Shop, returns: list[Return]) -> None:
    first, second, third = returns
    photographs(shop, first, SCRATCH)
    photographs(shop, second, flipped(SCRATCH, range(0, 40, 5)))

    photographs(shop, third, flipped(SCRATCH, range(0, 35, 5)))

    assert reused(shop, third) == (second.return_id,)


def test_other_pictures_are_not_alike(shop: Shop, returns: list[Return]) -> None:
    chance = Random(7)
    photographs(shop, returns[0], SCRATCH)
    for _ in range(20):
        photographs(shop, returns[1], f"{chance.getrandbits(64):016x}")
    photographs(shop, returns[2], DENT)

    assert reused(shop, returns[1]) == reused(shop, returns[2]) == ()


def test_how_many_photos_there_are_changes_nothing_about_what_is_read() -> None:
    assert distance("0" * 16, "f" * 16) == 64
    assert len(likeness.places_alike("0" * 16)) == len(likeness.places_alike(SCRATCH)) == 68
