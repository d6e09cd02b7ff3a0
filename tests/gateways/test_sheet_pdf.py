"""Sheets of the warehouse as they come out of the printer: words, codes, photos, pages."""

import io
from dataclasses import replace

import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp
from PIL import Image

from chalicelib.gateways.sheet_pdf import sheet_pdf
from chalicelib.papers.sheet import Grid, Picture, Section, Sheet

NUMBER = "R26R1K5YYY5T"
ENGLISH = Sheet(
    language="en",
    title="Quality report",
    number=NUMBER,
    code=NUMBER,
    facts=(
        ("Return", NUMBER),
        ("Order", "A-1001"),
        ("Warehouse", "BER"),
        ("Inspector", "ins-7 (user_03)"),
        ("Inspected", "2026-11-21 14:05 UTC"),
    ),
    sections=(
        Section(
            title="Line 1 · MUG-BLUE · 2 of 3 units",
            facts=(("Grade", "C"), ("Fault", "Carrier")),
            grid=Grid(
                columns=("Check", "Answer", "Units"),
                rows=(("Packaging is whole", "No", "2"), ("Cracks or chips", "Rim chipped", "1")),
                widths=(0.5, 0.35, 0.15),
                figures=frozenset({2}),
            ),
            pictures=(
                Picture(key="a", caption="Photo 1: rim"),
                Picture(key="b", caption="Photo 2: box"),
                Picture(key="gone", caption="Photo 3: not kept any more"),
                Picture(key="a", caption="Photo 4"),
            ),
            notes=("Proposed: send back to the supplier (defect under warranty).",),
        ),
    ),
    page_words="Page {page} of {pages}",
    closing=("This report is part of the return.",),
    signatures=("Handed over", "Received"),
)
CHINESE = replace(
    ENGLISH,
    language="zh-CN",
    title="质检报告",
    facts=(("退货单", NUMBER), ("仓库", "柏林")),
    sections=(
        Section(
            title="第 1 行 · 蓝色马克杯 · 3 件中的 2 件",
            grid=Grid(columns=("检查项", "结果"), rows=(("包装完好", "否"),), widths=(0.5, 0.5)),
        ),
    ),
    page_words="第 {page} 页，共 {pages} 页",
    closing=("本报告为退货单的组成部分。",),
    signatures=("交付人", "接收人"),
)


def picture(color: str) -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (400, 300), color).save(drawn, "JPEG")
    return drawn.getvalue()


PICTURES = {"a": picture("navy"), "b": picture("olive")}


def read(pdf: bytes) -> list[str]:
    """The text of each page."""
    return [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf)]


@pytest.mark.parametrize("sheet", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_every_word_is_on_paper(sheet: Sheet) -> None:
    (text,) = read(sheet_pdf(sheet, PICTURES))

    told = "".join(text.split())
    words = [sheet.title, sheet.number, *sheet.closing, *sheet.signatures]
    words += [part for fact in sheet.facts for part in fact]
    for section in sheet.sections:
        words += [section.title, *section.notes, *(one.caption for one in section.pictures)]
        words += [part for fact in section.facts for part in fact]
        if section.grid is not None:
            words += [*section.grid.columns, *(cell for row in section.grid.rows for cell in row)]
    for word in words:
        assert "".join(word.split()) in told, word
    assert "".join(sheet.page_words.format(page=1, pages=1).split()) in told


@pytest.mark.parametrize("sheet", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_both_codes_are_read_back_from_the_printed_page(sheet: Sheet) -> None:
    (page,) = pypdfium2.PdfDocument(sheet_pdf(sheet, PICTURES))
    printed = page.render(scale=203 / 72).to_pil().convert("L")

    read_back = {
        str(one.format).split(".")[-1]: one.text for one in zxingcpp.read_barcodes(printed)
    }

    assert set(read_back.values()) == {NUMBER}
    assert len(read_back) == 2, read_back


def test_photos_are_in_it_and_one_that_is_gone_does_not_lose_the_report() -> None:
    (page,) = pypdfium2.PdfDocument(sheet_pdf(ENGLISH, PICTURES))

    images = [one for one in page.get_objects() if isinstance(one, pypdfium2.PdfImage)]
    assert len(images) == 3


def test_a_long_table_keeps_its_head_on_every_page() -> None:
    (section,) = ENGLISH.sections
    assert section.grid is not None
    rows = tuple((f"Check {number}", "Yes", "1") for number in range(150))
    long = replace(
        ENGLISH, sections=(replace(section, grid=replace(section.grid, rows=rows), pictures=()),)
    )

    pages = read(sheet_pdf(long))

    assert len(pages) > 2
    assert all("Answer" in page for page in pages[:-1])
    assert f"Page {len(pages)} of {len(pages)}" in pages[-1]
    assert all(NUMBER in page for page in pages)


def test_the_same_sheet_gives_the_same_bytes_and_another_one_another_digest() -> None:
    assert sheet_pdf(ENGLISH, PICTURES) == sheet_pdf(ENGLISH, PICTURES)
    assert ENGLISH.digest == replace(ENGLISH).digest
    assert ENGLISH.digest != replace(ENGLISH, number="R00000000000").digest
