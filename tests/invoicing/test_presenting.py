"""A credit note in words: every language says the same, and figures add up as they are shown."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from chalicelib.core.money import Money
from chalicelib.core.runs import Run
from chalicelib.invoicing import presenting
from chalicelib.invoicing.drafting import drafts
from chalicelib.invoicing.model import CreditNote, NoteReason, NoteState
from chalicelib.invoicing.presenting import NOT_STATED, Buyer, presented, shown
from chalicelib.invoicing.seller import LANGUAGES, Identity
from chalicelib.orders.given import GivenUnits
from chalicelib.orders.model import Order, TaxLine
from chalicelib.policy.fees import Fee, FeeKind
from chalicelib.policy.giving import GiveBack, Giving
from chalicelib.settlement.components import Breakdown, give_back
from tests.builders import eur, line, order
from tests.invoicing.notes import OCCASION, at_rate, settled


def note_of_everything() -> CreditNote:
    vat = (TaxLine(name="VAT", rate="0.20", amount=eur(200)),)
    sold = order(
        line("1", quantity=2, price=600, taxes=vat, invoice_no="INV-1"),
        shipping=eur(500),
        exchange_rate="1.10",
    )
    giving = Giving(shipping=GiveBack.FIRST)
    units = [GivenUnits(line_no="1", units=(Run(1, 2),))]
    fee = Fee(kind=FeeKind.RESTOCKING, amount=eur(120), tax=eur(20), line_no="1")
    breakdown = give_back(sold, units, giving).with_fees([fee])
    (note,), _ = drafts(sold, breakdown, at_rate("0.20"))
    return note


def test_an_english_page_says_what_goes_back_and_why() -> None:
    page = presented(note_of_everything(), "en")

    assert page.title == "Credit note – draft"
    assert ("To invoice", "INV-1") in page.facts
    assert ("Exchange rate of the sale", "1.10") in page.facts
    assert [row.description for row in page.rows] == [
        "SKU-1 A thing",
        "Delivery",
        "Fee: Restocking",
    ]
    assert page.rows[2].gross == "-1.20"
    assert [row.rate for row in page.summary] == ["20 %", "Without tax"]
    assert [row.unit for row in page.rows] == ["pcs", "", ""]
    assert page.total == "15.80"


def test_a_chinese_page_has_no_english_label() -> None:
    page = presented(note_of_everything(), "zh-CN")

    labels = [page.title, *page.columns, *page.summary_columns, page.summary_title]
    labels += [page.issued_by.label, page.to.label, page.closing]
    labels += [page.total_label.removesuffix("(EUR)"), page.page_words.format(page=1, pages=2)]
    labels += [label for label, _ in page.facts]
    assert all(not any("a" <= sign.lower() <= "z" for sign in label) for label in labels)
    assert page.rows[1].description == "运费"


def test_an_unknown_language_is_shown_in_english() -> None:
    page = presented(note_of_everything(), "fr")

    assert (page.language, page.title) == ("en", "Credit note – draft")


def test_a_draft_says_that_it_has_no_number() -> None:
    page = presented(note_of_everything(), "en")

    assert ("Number", "Draft, not yet numbered") in page.facts
    assert ("Date of issue", NOT_STATED) in page.facts


def test_a_void_note_says_so() -> None:
    page = presented(replace(note_of_everything(), state=NoteState.VOIDED), "zh-CN")

    assert page.title == "贷项通知单（作废）"
    assert ("编号", "作废：编号前退款已撤销") in page.facts


ACME = Identity(
    names={"en": "Acme Ltd", "zh-CN": "艾克米"},
    addresses={"en": ("1 High Street", "London")},
    tax_id="GB123",
)


def issued() -> CreditNote:
    return replace(
        note_of_everything(),
        state=NoteState.ISSUED,
        number="CN-2027-000007",
        issued_on=date(2027, 1, 1),
        time_zone="Asia/Shanghai",
        supplied_at=datetime(2026, 11, 15, 17, 0, tzinfo=UTC),
        invoiced_on=date(2026, 11, 15),
        seller=ACME,
    )


def test_a_numbered_note_says_its_number_and_days_where_it_was_issued() -> None:
    page = presented(issued(), "en")

    assert (page.title, page.number) == ("Credit note", "CN-2027-000007")
    assert ("Number", "CN-2027-000007") in page.facts
    assert ("Date of issue", "2027-01-01") in page.facts
    assert ("Date of the invoice", "2026-11-15") in page.facts
    assert ("Date of supply", "2026-11-16") in page.facts, "it was night in London still"


def test_who_issued_it_stays_who_they_were() -> None:
    now = Identity(names={"en": "Acme & Daughters"})

    assert presented(issued(), "en", seller=now).issued_by.lines == (
        "Acme Ltd",
        "1 High Street",
        "London",
        "Tax no. GB123",
    )
    assert presented(note_of_everything(), "en", seller=now).issued_by.lines[0] == now.names["en"]
    assert presented(note_of_everything(), "en").issued_by.lines == (NOT_STATED,)


def test_an_address_that_is_stated_in_one_language_is_shown_in_the_other() -> None:
    assert presented(issued(), "zh-CN").issued_by.lines == (
        "艾克米",
        "1 High Street",
        "London",
        "纳税人识别号 GB123",
    )


@pytest.mark.parametrize(
    ("buyer", "lines"),
    [
        (Buyer(name="Ann Ray", address="1 Low Road\n\nParis "), ("Ann Ray", "1 Low Road", "Paris")),
        (Buyer(address="1 Low Road"), ("1 Low Road",)),
        (Buyer(name=" "), (NOT_STATED,)),
        (None, (NOT_STATED,)),
    ],
)
def test_the_buyer_is_who_is_known_still(buyer: Buyer | None, lines: tuple[str, ...]) -> None:
    assert presented(issued(), "en", buyer=buyer).to.lines == lines


@pytest.mark.parametrize("reason", NoteReason)
def test_every_reason_has_words(reason: NoteReason) -> None:
    for language in LANGUAGES:
        said = dict(presented(replace(issued(), reason=reason), language).facts)
        assert said["Reason" if language == "en" else "原因"]


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(-5, "EUR"), "-0.05"),
        (Money(123456789, "JPY"), "123,456,789"),
        (Money(-123456789, "CLF"), "-12,345.6789"),
        (Money(0, "KWD"), "0.000"),
    ],
)
def test_amounts_have_the_digits_of_their_currency(money: Money, text: str) -> None:
    assert shown(money) == text


def test_other_words_are_another_paper() -> None:
    one, other = presented(issued(), "en"), presented(issued(), "en", buyer=Buyer(name="Ann"))

    assert one.digest == presented(issued(), "en").digest
    assert one.digest != other.digest


def test_both_languages_have_the_same_words() -> None:
    path = Path(presenting.__file__).parent / "words.json"
    words: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))

    def shape(tree: Any) -> Any:
        if not isinstance(tree, dict):
            return isinstance(tree, str) and bool(tree)
        return {name: shape(value) for name, value in tree.items()}

    assert tuple(words) == LANGUAGES
    assert shape(words["en"]) == shape(words["zh-CN"])
    assert set(words["en"]["fees"]) == {kind.value for kind in FeeKind}


def figure(shown_: str) -> Decimal:
    return Decimal(shown_.replace(",", ""))


@given(settled())
def test_shown_figures_add_up_to_the_shown_total(case: tuple[Order, list[Breakdown]]) -> None:
    sold, found = case
    for breakdown in found:
        for note in drafts(sold, breakdown, OCCASION)[0]:
            for language in LANGUAGES:
                page = presented(note, language)
                total = figure(page.total)
                assert sum(figure(row.gross) for row in page.rows) == total
                assert sum(figure(row.gross) for row in page.summary) == total
                assert sum(figure(value) for _, value in page.totals) == total
                sums = [(row.net, row.tax, row.gross) for row in page.rows]
                sums += [(row.net, row.tax, row.gross) for row in page.summary]
                for net, tax, gross in sums:
                    assert figure(net) + figure(tax) == figure(gross)


@pytest.mark.parametrize(
    ("rate", "shown"),
    [
        ("0.20", "20 %"),
        ("0.055", "5.5 %"),
        ("0.1", "10 %"),
        ("1", "100 %"),
        ("", "not stated"),
    ],
)
def test_rates_are_shown_as_percent(rate: str, shown: str) -> None:
    taxes = (TaxLine(name="VAT", rate=rate, amount=eur(1)),)
    sold = order(line("1", taxes=taxes, invoice_no="I"))
    units = [GivenUnits(line_no="1", units=(Run(1, 1),))]

    (note,), _ = drafts(sold, give_back(sold, units, Giving()), OCCASION)

    assert presented(note, "en").summary[0].rate == shown
