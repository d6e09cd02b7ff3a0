"""The label is printed, rendered as a label printer does, and read back by a decoder."""

import string
from datetime import UTC, datetime
from io import BytesIO

import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from chalicelib.core.ids import is_return_number, new_return_number
from chalicelib.gateways.label_pdf import label_pdf
from chalicelib.returns.number_labels import LabelSize, NumberLabel
from tests.gateways.test_terms_pdf import text_of

_DPI = 203
_ALPHABET = "".join(sign for sign in string.digits + string.ascii_uppercase if sign not in "ILOU")
BOTH = {"Code 128", "QR Code"}


def label(number: str = "R26FK7WCR3ZV", **changes: object) -> NumberLabel:
    stated = {
        "number": number,
        "language": "en",
        "size": LabelSize.A6,
        "order_no": "536365-AB",
        "warehouse": "WH-LON",
        "to": ("Acme Returns Ltd", "Unit 7, Dock Road", "London E16 2QU"),
        **changes,
    }
    return NumberLabel(**stated)  # type: ignore[arg-type]  # each is of its field's type


def rendered(pdf: bytes, page: int = 0) -> Image.Image:
    document = pypdfium2.PdfDocument(BytesIO(pdf))
    try:
        image: Image.Image = document[page].render(scale=_DPI / 72, grayscale=True).to_pil()
        return image.copy()
    finally:
        document.close()


def decoded(image: Image.Image) -> list[tuple[str, str]]:
    """The numbers that are read. A decoder may see more in so many bars, now and then; what is no
    number of ours by its check character is refused wherever a barcode is read.
    """
    found = ((str(code.format), code.text) for code in zxingcpp.read_barcodes(image))
    return sorted(one for one in found if is_return_number(one[1]))


def numbers() -> st.SearchStrategy[str]:
    """Numbers as they are made: the check character follows from the others."""
    bodies = st.tuples(st.integers(20, 99), st.text(_ALPHABET, min_size=8, max_size=8))
    return bodies.map(
        lambda body: next(
            number
            for sign in _ALPHABET
            if is_return_number(number := f"R{body[0]:02d}{body[1]}{sign}")
        )
    )


@settings(max_examples=200, deadline=None)
@given(numbers())
def test_every_number_is_read_back_from_both_codes(number: str) -> None:
    image = rendered(label_pdf(label(number)))

    assert decoded(image) == [("Code 128", number), ("QR Code", number)]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    numbers(),
    st.sampled_from([LabelSize.A6, LabelSize.INCHES_4X6]),
    st.floats(-3, 3),
    st.floats(0.9, 1.4),
    st.floats(0, 0.6),
)
def test_a_label_that_is_askew_scaled_or_blurred_is_still_read(
    number: str, size: LabelSize, angle: float, scale: float, blur: float
) -> None:
    image = rendered(label_pdf(label(number, size=size)))
    seen = (int(image.width * scale), int(image.height * scale))
    image = image.resize(seen, Image.Resampling.BICUBIC)
    image = image.rotate(angle, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC)
    image = image.filter(ImageFilter.GaussianBlur(blur))

    assert set(decoded(image)) == {("Code 128", number), ("QR Code", number)}


@pytest.mark.parametrize("size", LabelSize)
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_each_size_and_language_has_both_codes_on_each_label(
    size: LabelSize, language: str
) -> None:
    pdf = label_pdf(label(size=size, language=language, parcels=5))

    document = pypdfium2.PdfDocument(BytesIO(pdf))
    pages = len(document)
    document.close()
    a_page = 4 if size is LabelSize.A4 else 1
    assert pages == -(-5 // a_page)
    assert decoded(rendered(pdf)) == sorted([(kind, "R26FK7WCR3ZV") for kind in BOTH] * a_page)
    assert decoded(rendered(pdf, pages - 1)) == sorted((kind, "R26FK7WCR3ZV") for kind in BOTH)


def test_what_people_read_is_on_the_label() -> None:
    text = text_of(label_pdf(label(parcels=2), is_packed=False))

    for word in ("R26FK7WCR3ZV", "Parcel1/2", "Parcel2/2", "536365-AB", "WH-LON", "AcmeReturnsLtd"):
        assert word in text
    chinese = text_of(label_pdf(label(language="zh-CN", to=("上海退货部",)), is_packed=False))
    for word in ("退货", "包裹", "1/1", "仓库", "上海退货部", "请将本标签平整地贴在包裹外面"):
        assert word in chinese


def test_long_and_strange_words_never_reach_into_the_codes() -> None:
    to = ("Ł" * 80, "W" * 300, "退" * 200, "\u202e", "x", "more than there is room for")
    number = new_return_number(datetime(2026, 1, 1, tzinfo=UTC))

    image = rendered(label_pdf(label(number, to=to, order_no="W" * 64, warehouse="M" * 64)))

    assert decoded(image) == [("Code 128", number), ("QR Code", number)]


def test_the_same_label_has_the_same_bytes() -> None:
    assert label_pdf(label()) == label_pdf(label())
