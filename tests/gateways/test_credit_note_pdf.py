"""A credit note on paper says what its page says, in both languages, however long it is."""

import re
import time
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from chalicelib.core.money import Money
from chalicelib.gateways.credit_note_pdf import note_pdf
from chalicelib.gateways.pdf_words import marked, runs_of
from chalicelib.invoicing.model import (
    CreditNote,
    NoteLine,
    NoteLineKind,
    NoteState,
    NoteTax,
)
from chalicelib.invoicing.presenting import Buyer, Page, presented
from chalicelib.invoicing.seller import LANGUAGES, Identity
from tests.gateways.test_terms_pdf import squeezed, text_of

ACME = Identity(
    names={"en": "Acme Household Trading GmbH", "zh-CN": "艾克米（上海）家居贸易有限公司"},
    addresses={
        "en": ("Musterstraße 12", "10115 Berlin"),
        "zh-CN": ("上海市浦东新区世纪大道100号", "环球金融中心25楼"),
    },
    tax_id="DE123456789",
)
BUYER = Buyer(name="Łukasz Dvořák & Søns <Ltd>", address="ul. Długa 5/7\n31-147 Kraków")
LONG = "A name with every colour, size and country of origin in it, for the catalogue said so"


def goods(number: int, net: int, tax: int, *, name: str = "A thing", currency: str) -> NoteLine:
    return NoteLine(
        kind=NoteLineKind.GOODS,
        code=f"SKU-{number}",
        net=Money(net, currency),
        taxes=(NoteTax(name="VAT", rate="0.19", amount=Money(tax, currency)),),
        line_no=str(number),
        name=name,
        quantity=number,
        unit="each",
    )


def note(count: int = 3, currency: str = "EUR") -> CreditNote:
    """With every kind of line, and some long names."""
    lines = [
        goods(
            number,
            1000 * number,
            190 * number,
            name=f"{LONG} {number}" if number % 3 == 0 else f"Item {number} 中文",
            currency=currency,
        )
        for number in range(1, count + 1)
    ]
    tax = (NoteTax(name="fee", rate="0.19", amount=Money(19, currency)),)
    more = [
        NoteLine(kind=NoteLineKind.SHIPPING, code="shipping", net=Money(490, currency)),
        NoteLine(kind=NoteLineKind.WITHHELD, code="5-for-3", net=Money(100, currency), line_no="1"),
        NoteLine(kind=NoteLineKind.FEE, code="restocking", net=Money(100, currency), taxes=tax),
    ]
    return CreditNote(
        note_id="cno_1",
        invoice_no="INV-2026-00417",
        order_no="SO-2026-10001",
        return_id="ret_1",
        return_number="R26ABCDEFGH1",
        settlement_id="stl_1_a",
        currency=currency,
        lines=(*lines, *more),
        supplied_at=datetime(2026, 11, 16, 9, tzinfo=UTC),
        drafted_at=datetime(2026, 11, 21, 9, tzinfo=UTC),
        unbilled=Money(0, currency),
        invoiced_on=date(2026, 11, 15),
        ordered_at=datetime(2026, 11, 14, tzinfo=UTC),
        state=NoteState.ISSUED,
        number="CN-2026-000123",
        issued_on=date(2026, 11, 21),
        seller=ACME,
    )


def page(language: str = "en", *, count: int = 3, currency: str = "EUR") -> Page:
    return presented(note(count, currency), language, buyer=BUYER)


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


def shown(text: str) -> str:
    """As it is drawn, without spaces."""
    return squeezed("".join(run for run, _ in runs_of(text)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("currency", ["JPY", "EUR", "KWD", "CLF"])
def test_everything_on_the_page_is_on_paper(language: str, currency: str) -> None:
    told = page(language, currency=currency)

    text = text_of(note_pdf(told, is_packed=False))

    parties = (told.issued_by, told.to)
    words = [told.title, told.summary_title, told.total_label, told.total, told.closing]
    words += [line for party in parties for line in (party.label, *party.lines)]
    words += [word for fact in (*told.facts, *told.totals) for word in fact]
    words += [*told.columns, *told.summary_columns]
    words += [
        word
        for row in told.rows
        for word in (row.description, row.quantity, row.unit, row.net, row.rate, row.tax, row.gross)
    ]
    words += [word for row in told.summary for word in (row.rate, row.net, row.tax, row.gross)]
    words.append(told.page_words.format(page=1, pages=1))
    for word in words:
        assert shown(word) in text, word


def test_many_lines_run_over_pages_that_say_which_of_how_many_they_are() -> None:
    told = page(count=90)

    pdf = note_pdf(told, is_packed=False)

    count, text = pages_of(pdf), text_of(pdf)
    assert count > 2
    for number in range(1, count + 1):
        assert f"Page{number}of{count}" in text
    assert text.count("CN-2026-000123") == count + 1, "on every foot, and once among the facts"
    assert text.count("Description") >= count - 1, "the head of the table is on each of its pages"
    assert all(f"SKU-{number}" in text for number in range(1, 91))


def test_a_thousand_lines_are_drawn_soon() -> None:
    told = page(count=1000)
    began = time.process_time()

    pdf = note_pdf(told)

    assert time.process_time() - began < 12
    assert pages_of(pdf) > 20


def test_large_figures_are_never_broken_and_long_words_are() -> None:
    """A figure over two lines is another figure; a name has to stay in its column."""
    currency = "VND"
    line = goods(1, 9 * 10**14, 9 * 10**13, name="W" * 200, currency=currency)
    told = presented(replace(note(0, currency), lines=(line,)), "en")

    drawn = re.findall(rb"\(([0-9,]{8,})\) Tj", note_pdf(told, is_packed=False))

    assert b"900,000,000,000,000" in drawn
    assert b"990,000,000,000,000" in drawn


def test_the_same_page_gives_the_same_bytes() -> None:
    assert note_pdf(page()) == note_pdf(page())


def test_chinese_needs_no_font_in_the_file() -> None:
    pdf = note_pdf(page("zh-CN"))

    assert b"/STSong-Light" in pdf
    assert b"/FontFile" not in pdf
    assert len(pdf) < 12_000


def test_a_draft_says_so_and_has_no_number_on_its_foot() -> None:
    draft = replace(note(), state=NoteState.DRAFT, number=None, issued_on=None, seller=None)

    text = text_of(note_pdf(presented(draft, "en"), is_packed=False))

    assert "Creditnote–draft" in text
    assert "CN-2026" not in text


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("Łódź, Dvořák, Őry, İstanbul", "Lódz, Dvorák, Ory, Istanbul"),
        ("Ελλάδα Москва", "Ελλαδα Москва"),
        ("日本語 かな", "日本語 かな"),
        ("한국 🎉", "?? ?"),
        ("é", "é"),
        ("“Søns” – 5 €", "“Søns” – 5 €"),
    ],
)
def test_what_no_font_has_is_written_as_near_as_may_be(text: str, drawn: str) -> None:
    assert "".join(run for run, _ in runs_of(text)) == drawn


def test_marks_of_the_language_of_paragraphs_are_text() -> None:
    assert marked("<b>&</b>") == "&lt;b&gt;&amp;&lt;/b&gt;"
