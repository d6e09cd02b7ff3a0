"""Barcodes: every form says the same of the same goods, and nonsense is a coded fault, soon."""

import string
import time
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.contracts.barcodes import FNC1, LENGTH_MAX, Barcode, BarcodeFault, read

GTIN = "4006381333931"
NUMBER = "R26FK7WCR3ZV"
"""Always the same: workers that run tests together must have the same ones."""
SERIALS = st.text(string.ascii_letters + string.digits + "-./_", min_size=1, max_size=20)


def with_check(payload: str) -> str:
    """The digits and their check digit, by the GS1 General Specifications 7.9.1."""
    total = sum(int(one) * (3, 1)[place % 2] for place, one in enumerate(reversed(payload)))
    return f"{payload}{-total % 10}"


SSCC = with_check("34012345000000011")


def fault(text: str) -> str:
    with pytest.raises(BarcodeFault) as raised:
        read(text)
    assert raised.value.message
    return raised.value.code


def facts(barcode: Barcode) -> tuple[object, ...]:
    return barcode.gtin, barcode.lot, barcode.serial, barcode.expiry


@pytest.mark.parametrize(
    "text",
    [
        f"010{GTIN}1727013010A-1{FNC1}21S/7",
        f"{FNC1}010{GTIN}1727013010A-1{FNC1}21S/7",
        f"]C1010{GTIN}1727013010A-1{FNC1}21S/7{FNC1}",
        f"]d2010{GTIN}21S/7{FNC1}10A-1{FNC1}17270130",
        f"]Q3010{GTIN}10A-1{FNC1}21S/7{FNC1}17270130\r\n",
        f"(01)0{GTIN}(17)270130(10)A-1(21)S/7",
        f" (01) 0{GTIN} (10) A-1 (21) S/7 (17) 270130",
        f"https://id.gs1.org/01/0{GTIN}/10/A-1/21/S%2F7?17=270130",
        f"HTTPS://SHOP.EXAMPLE/a/b/01/0{GTIN}/10/A-1/21/S%2F7?17=270130&utm=x",
        f"]Q1https://shop.example/01/{GTIN}/10/A-1/21/S%2F7?17=270130",
    ],
)
def test_all_ways_of_writing_a_gs1_message_say_the_same(text: str) -> None:
    assert facts(read(text)) == (GTIN, "A-1", "S/7", date(2027, 1, 30))


@pytest.mark.parametrize(
    ("text", "gtin"),
    [
        (GTIN, GTIN),
        (f"]E0{GTIN}", GTIN),
        (f"]E3{GTIN}12", GTIN),
        (f"0{GTIN}", GTIN),
        (f"]I10{GTIN}", GTIN),
        (f"]C0{GTIN}", GTIN),
        ("036000291452", "036000291452"),
        ("0036000291452", "036000291452"),
        ("]E00036000291452", "036000291452"),
        ("96385074", "96385074"),
        ("]E496385074", "96385074"),
        ("04252614", "042100005264"),
        (with_check("1400638133393"), with_check("1400638133393")),
        ("(01)00000096385074", "96385074"),
    ],
)
def test_trade_item_numbers_have_no_more_digits_than_they_need(text: str, gtin: str) -> None:
    assert read(text).gtin == gtin


def test_eight_digits_that_fit_two_readings_are_not_guessed() -> None:
    both = [f"0{n:06d}{d}" for n in range(0, 400_000, 997) for d in range(10)]

    codes = {text: code for text in both if (code := _code_of(text)) == "barcode_ambiguous"}

    assert codes
    assert read(f"]E4{next(iter(codes))}").gtin == next(iter(codes))


def _code_of(text: str) -> str | None:
    try:
        read(text)
    except BarcodeFault as fault_:
        return fault_.code
    return None


def test_a_box_and_a_return_are_known_by_their_own_numbers() -> None:
    assert read(SSCC).sscc == read(f"]C100{SSCC}").sscc == read(f"(00){SSCC}").sscc == SSCC
    assert read(f"https://id.gs1.org/00/{SSCC}").sscc == SSCC
    for text in (NUMBER, NUMBER.lower(), f"]C0{NUMBER}", f"]Q1{NUMBER}\n"):
        assert read(text).return_number == NUMBER


@pytest.mark.parametrize(
    "text",
    [
        f"020{GTIN}3724{FNC1}00{SSCC}10A-1",
        f"]C100{SSCC}020{GTIN}10A-1{FNC1}3724",
        f"(00){SSCC}(02)0{GTIN}(37)24(10)A-1",
        f"https://id.gs1.org/00/{SSCC}?02=0{GTIN}&37=024&10=A-1",
    ],
)
def test_a_label_of_a_box_says_how_many_of_which_goods_are_in_it(text: str) -> None:
    said = read(text)

    assert (said.sscc, said.gtin, said.quantity, said.lot) == (SSCC, GTIN, 24, "A-1")


def test_contents_and_their_count_may_stand_in_a_symbol_of_their_own() -> None:
    assert read(f"(02)0{GTIN}(37)7").quantity == 7
    assert read(f"(01)0{GTIN}").quantity is None


def test_the_day_that_a_batch_ends_is_read_as_gs1_means_it() -> None:
    year = datetime.now(tz=UTC).year
    soon, long_ago = year + 49, year - 49

    assert read("(17)280200").expiry == date(2028, 2, 29)
    assert read("(15)280131").expiry == date(2028, 1, 31)
    assert read("(15)280131(17)280229").expiry == date(2028, 2, 29)
    assert read(f"(17){soon % 100:02d}0101").expiry == date(soon, 1, 1)
    assert read(f"(17){long_ago % 100:02d}0101").expiry == date(long_ago, 1, 1)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "barcode_empty"),
        (" \r\n", "barcode_empty"),
        ("4006381333932", "barcode_check_digit"),
        ("]E04006381333932", "barcode_check_digit"),
        ("96385075", "barcode_check_digit"),
        ("036000291453", "barcode_check_digit"),
        (SSCC[:-1] + str((int(SSCC[-1]) + 1) % 10), "barcode_check_digit"),
        ("(01)04006381333932", "barcode_check_digit"),
        ("https://id.gs1.org/01/04006381333932", "barcode_check_digit"),
        (f"(00){SSCC[:-1]}{(int(SSCC[-1]) + 1) % 10}", "barcode_check_digit"),
        (NUMBER[:-1] + ("A" if NUMBER[-1] != "A" else "B"), "barcode_check_digit"),
        (f"010{GTIN}8812", "barcode_unknown_ai"),
        ("(05)123", "barcode_unknown_ai"),
        (f"https://id.gs1.org/01/0{GTIN}?05=1", "barcode_unknown_ai"),
        (f"010{GTIN}10{'X' * 21}", "barcode_value"),
        (f"(10){'X' * 21}", "barcode_value"),
        (f"https://id.gs1.org/01/0{GTIN}/10/{'X' * 21}", "barcode_value"),
        (f"010{GTIN}10{FNC1}21A", "barcode_value"),
        ("(17)271301", "barcode_value"),
        ("(17)270230", "barcode_value"),
        ("(01)123", "barcode_value"),
        ("]E0123", "barcode_value"),
        ("(21)A(21)B", "barcode_contradicts"),
        (f"21A{FNC1}21B", "barcode_contradicts"),
        (f"(01)0{GTIN}(02)0{GTIN}(37)2", "barcode_contradicts"),
        (f"(02)0{GTIN}", "barcode_contents"),
        (f"(00){SSCC}(37)12", "barcode_contents"),
        (f"(01)0{GTIN}(37)12", "barcode_contents"),
        (f"(02)0{GTIN}(37)0", "barcode_value"),
        (f"(02)0{GTIN}(37)10000000", "barcode_value"),
        ("(02)04006381333932(37)2", "barcode_check_digit"),
        (f"https://id.gs1.org/01/0{GTIN}?17=270130&17=270131", "barcode_contradicts"),
        (f"https://id.gs1.org/01/0{GTIN}/21/A?21=B", "barcode_contradicts"),
        ("https://id.gs1.org/DBHKVAdpQgqrCgIQ", "barcode_compressed"),
        (f"https://id.gs1.org/01/0{GTIN}/ARHKVAdpQgo", "barcode_compressed"),
        ("https://shop.example/", "barcode_not_gs1"),
        ("http://[::1", "barcode_not_gs1"),
        (f"https://id.gs1.org/01/0{GTIN}/99/x", "barcode_not_gs1"),
        ("SKU-85123A", "barcode_not_gs1"),
        ("(abc)", "barcode_not_gs1"),
        ("]", "barcode_symbology"),
        ("]E112", "barcode_symbology"),
        ("]e1123", "barcode_symbology"),
        ("(11)270101", "barcode_says_nothing"),
        ("退货", "barcode_characters"),
        ("٤٠٠٦٣٨١٣٣٣٩٣١", "barcode_characters"),
        (f"01\x000{GTIN}", "barcode_characters"),
        ("1" * (LENGTH_MAX + 1), "barcode_too_long"),
    ],
)
def test_what_cannot_be_gone_by_is_refused_with_its_reason(text: str, code: str) -> None:
    assert fault(text) == code


@given(SERIALS, SERIALS)
def test_what_was_encoded_is_read_back(lot: str, serial: str) -> None:
    for text in (f"010{GTIN}10{lot}{FNC1}21{serial}", f"(01)0{GTIN}(10){lot}(21){serial}"):
        assert facts(read(text)) == (GTIN, lot, serial, None)


@given(st.integers(0, 10**12 - 1), st.integers(0, 12), st.integers(1, 9))
def test_no_single_wrong_digit_passes(payload: int, place: int, more: int) -> None:
    right = with_check(f"{payload:012d}")
    wrong = right[:place] + str((int(right[place]) + more) % 10) + right[place + 1 :]

    assert read(right).gtin is not None
    assert fault(wrong) == "barcode_check_digit"


_PIECES = st.sampled_from(
    ["]C1", "]d2", "]E0", "]", "01", "0" + GTIN, "10", "21", "17", "8008", "7007", "3932", "(", ")",
     FNC1, "http://", "https://x/", "/", "?", "&", "=", "%", "%00", "01=", "[", "00", SSCC, NUMBER,
     "\x00", "\n", "é", "\ud800", "999999", "(01)", "(17)", "@", ":", "#"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(
    st.one_of(
        st.text(max_size=3000),
        st.lists(_PIECES, max_size=200).map("".join),
        st.text(string.digits + FNC1, max_size=LENGTH_MAX),
    )
)
def test_any_text_is_read_or_refused_soon(text: str) -> None:
    started = time.perf_counter()

    code = _code_of(text)

    assert code is None or code.startswith("barcode_")
    assert time.perf_counter() - started < 0.5
