"""Ids sort by time; derived ones repeat; a printed number shows every single wrong character."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.ids import (
    derived_id,
    is_return_number,
    is_vendor_number,
    new_id,
    new_return_number,
    new_vendor_number,
)

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
bodies = st.text(SIGNS, min_size=8, max_size=8)


def numbers() -> st.SearchStrategy[str]:
    return st.builds(
        lambda days: new_return_number(NOW + timedelta(days=days)), st.integers(0, 9999)
    )


@given(numbers())
def test_a_return_number_is_one(number: str) -> None:
    assert is_return_number(number)
    assert len(number) == 12


@given(numbers(), st.integers(0, 11), st.characters(codec="ascii"))
def test_every_single_wrong_character_is_seen(number: str, place: int, sign: str) -> None:
    wrong = number[:place] + sign + number[place + 1 :]

    assert is_return_number(wrong) == (wrong == number)


def test_every_substitution_in_one_number_is_seen() -> None:
    number = new_return_number(NOW)

    accepted = [
        (place, sign)
        for place in range(1, 12)
        for sign in SIGNS
        if sign != number[place] and is_return_number(number[:place] + sign + number[place + 1 :])
    ]

    assert accepted == []


@given(st.text(max_size=14))
def test_other_text_is_no_return_number_or_has_its_check_character(text: str) -> None:
    assert not is_return_number(text) or (len(text) == 12 and text[0] == "R")


@given(st.integers(0, 11), st.characters(codec="ascii"))
def test_a_number_of_goods_for_a_supplier_is_checked_alike(place: int, sign: str) -> None:
    number = new_vendor_number(NOW)
    wrong = number[:place] + sign + number[place + 1 :]

    assert is_vendor_number(wrong) == (wrong == number)
    assert not is_return_number(number)


@given(st.integers(0, 10**10), st.integers(1, 10**10))
def test_a_later_id_sorts_after_an_earlier_one(at_ms: int, later_ms: int) -> None:
    first = new_id("ret", NOW + timedelta(milliseconds=at_ms))
    second = new_id("ret", NOW + timedelta(milliseconds=at_ms + later_ms))

    assert first < second
    assert len(first) == len("ret_") + 26


def test_ids_of_one_moment_differ() -> None:
    assert len({new_id("ret", NOW) for _ in range(500)}) == 500


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x1f")), max_size=4))
def test_a_derived_id_is_the_same_for_the_same_parts_only(parts: list[str]) -> None:
    assert derived_id("x", *parts) == derived_id("x", *parts)
    assert derived_id("x", *parts) != derived_id("x", *parts, "more")
    assert derived_id("x", *parts).startswith("x_")
