"""Hints: what a client is told about a photo that people could do little with."""

from dataclasses import replace

import pytest

from chalicelib.uploads.hints import Hint, Look, hints_of

GOOD = Look(width=1600, height=1200, sharpness=300, mean=130, dark_share=5, bright_share=5)


def test_of_a_good_photo_nothing_is_said() -> None:
    assert hints_of(GOOD) == ()


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        ({"sharpness": 19}, Hint.BLURRED),
        ({"mean": 34}, Hint.TOO_DARK),
        ({"dark_share": 86}, Hint.TOO_DARK),
        ({"mean": 241}, Hint.TOO_BRIGHT),
        ({"bright_share": 86}, Hint.TOO_BRIGHT),
        ({"height": 479}, Hint.TOO_SMALL),
        ({"width": 479}, Hint.TOO_SMALL),
    ],
    ids=str,
)
def test_each_fault_has_its_hint(changes: dict[str, int], hint: Hint) -> None:
    assert hints_of(replace(GOOD, **changes)) == (hint,)


@pytest.mark.parametrize(
    "changes",
    [
        {"sharpness": 20},
        {"mean": 35},
        {"mean": 240},
        {"dark_share": 85},
        {"bright_share": 85},
        {"width": 480, "height": 480},
    ],
    ids=str,
)
def test_at_the_threshold_nothing_is_said(changes: dict[str, int]) -> None:
    assert hints_of(replace(GOOD, **changes)) == ()


@pytest.mark.parametrize("light", [{"mean": 3}, {"mean": 254}], ids=str)
def test_without_light_nothing_is_said_of_sharpness(light: dict[str, int]) -> None:
    assert Hint.BLURRED not in hints_of(replace(GOOD, sharpness=0, **light))
