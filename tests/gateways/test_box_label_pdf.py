"""The label of a box is printed, rendered as a label printer does, and read back as GS1-128."""

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.contracts.barcodes import read
from chalicelib.gateways.box_label_pdf import box_label_pdf
from chalicelib.returns.box_labels import BoxLabel
from chalicelib.returns.number_labels import LabelSize
from tests.contracts.test_barcodes import SSCC, with_check
from tests.gateways.test_label_pdf import rendered
from tests.gateways.test_terms_pdf import text_of


def label(sscc: str = SSCC, **changes: object) -> BoxLabel:
    stated = {
        "sscc": sscc,
        "is_pallet": True,
        "language": "en",
        "size": LabelSize.A6,
        "parcels": 12,
        "returns": 34,
        "warehouse": "WH-LON",
        "to": ("Acme Returns Ltd", "Unit 7, Dock Road"),
        **changes,
    }
    return BoxLabel(**stated)  # type: ignore[arg-type]  # each is of its field's type


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**17 - 1), st.sampled_from([LabelSize.A6, LabelSize.INCHES_4X6]))
def test_every_sscc_is_read_back_as_a_gs1_message(payload: int, size: LabelSize) -> None:
    sscc = with_check(f"{payload:017d}")

    codes = zxingcpp.read_barcodes(rendered(box_label_pdf(label(sscc, size=size))))

    read_back = {f"{code.symbology_identifier}{code.bytes.decode()}" for code in codes}
    assert f"]C100{sscc}" in read_back
    assert read(f"]C100{sscc}").sscc == sscc


@pytest.mark.parametrize(("size", "pages"), [(LabelSize.A6, 4), (LabelSize.A4, 1)])
def test_as_many_labels_as_were_asked_for(size: LabelSize, pages: int) -> None:
    pdf = box_label_pdf(label(size=size, copies=4), is_packed=False)

    assert pdf.count(b"/Type /Page\n") == pages


def test_what_people_read_is_on_the_label() -> None:
    text = text_of(box_label_pdf(label(), is_packed=False))

    for word in ("PALLET", f"(00){SSCC}", "SSCC", "12", "34", "WH-LON", "AcmeReturnsLtd"):
        assert word in text
    box = text_of(
        box_label_pdf(label(is_pallet=False, parcels=0, language="zh-CN"), is_packed=False)
    )
    assert "包裹" in box
    assert "托盘" not in box


def test_long_words_never_reach_into_the_code() -> None:
    strange = label(to=("Ł" * 80, "W" * 300, "退" * 200, "x", "y", "z"), warehouse="M" * 64)

    texts = {code.text for code in zxingcpp.read_barcodes(rendered(box_label_pdf(strange)))}

    assert f"(00){SSCC}" in texts


def test_the_same_label_has_the_same_bytes() -> None:
    assert box_label_pdf(label()) == box_label_pdf(label())
