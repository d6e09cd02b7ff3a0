"""Credit notes come to exactly what is given back, per invoice and per tax."""

from dataclasses import replace

import pytest
from hypothesis import given

from chalicelib.core.money import Money
from chalicelib.core.runs import Run
from chalicelib.invoicing.drafting import drafts
from chalicelib.invoicing.model import NoteLineKind
from chalicelib.orders.given import GivenUnits
from chalicelib.orders.model import Order, TaxLine
from chalicelib.orders.promotions import BulkTier, Promotion, PromotionKind
from chalicelib.policy.fees import Fee, FeeKind
from chalicelib.policy.giving import GiveBack, Giving, PromotionRule
from chalicelib.settlement.components import Breakdown, give_back
from tests.builders import eur, line, order
from tests.invoicing.notes import OCCASION, at_rate, settled


def vat(minor: int, rate: str = "0.20") -> tuple[TaxLine, ...]:
    return (TaxLine(name="VAT", rate=rate, amount=eur(minor)),)


def units(line_no: str, count: int = 1) -> GivenUnits:
    return GivenUnits(line_no=line_no, units=(Run(1, count),))


@given(settled())
def test_the_notes_come_to_what_is_given_back_and_their_rows_to_the_notes(
    case: tuple[Order, list[Breakdown]],
) -> None:
    sold, found = case
    for breakdown in found:
        notes, unbilled = drafts(sold, breakdown, at_rate("0.20"))

        given_back = sum(note.total.minor for note in notes)
        assert given_back + unbilled.minor == breakdown.total.minor
        assert unbilled.minor >= 0
        for note in notes:
            rows = note.summary()
            assert note.total.minor > 0
            assert sum(row.net.minor for row in rows) == note.net.minor
            assert sum(t.amount.minor for row in rows for t in row.taxes) == note.tax.minor
            assert sum(row.gross.minor for row in rows) == note.total.minor
            assert len({tuple((t.name, t.rate) for t in row.taxes) for row in rows}) == len(rows)


@given(settled())
def test_every_unit_is_on_the_note_of_its_invoice(
    case: tuple[Order, list[Breakdown]],
) -> None:
    sold, found = case
    invoices = {one.line_no: one.invoice_no for one in sold.lines}
    for breakdown in found:
        notes, _ = drafts(sold, breakdown, OCCASION)
        for note in notes:
            for one in note.lines:
                if one.kind is NoteLineKind.GOODS:
                    assert one.line_no is not None
                    assert invoices[one.line_no] == note.invoice_no


def test_two_invoices_are_two_notes() -> None:
    sold = order(
        line("1", price=1200, taxes=vat(200), invoice_no="INV-1"),
        line("2", price=600, taxes=vat(30, "0.05"), invoice_no="INV-2"),
    )

    notes, unbilled = drafts(sold, give_back(sold, [units("1"), units("2")], Giving()), OCCASION)

    assert [(note.invoice_no, note.total) for note in notes] == [
        ("INV-1", eur(1200)),
        ("INV-2", eur(600)),
    ]
    assert (notes[0].net, notes[0].tax, unbilled) == (eur(1000), eur(200), eur(0))
    assert notes[0].note_id != notes[1].note_id


def test_one_rate_is_one_row_and_two_taxes_of_a_line_share_one() -> None:
    both = (
        TaxLine(name="GST", rate="0.05", amount=eur(50)),
        TaxLine(name="PST", rate="0.07", amount=eur(70)),
    )
    sold = order(
        line("1", price=1000, taxes=both, invoice_no="I"),
        line("2", price=500, taxes=vat(100), invoice_no="I"),
        line("3", price=500, taxes=vat(100), invoice_no="I"),
        tax_included=False,
    )

    (note,), _ = drafts(
        sold, give_back(sold, [units("1"), units("2"), units("3")], Giving()), OCCASION
    )

    rows = [
        (row.net.minor, [(t.name, t.amount.minor) for t in row.taxes]) for row in note.summary()
    ]
    assert rows == [(1000, [("GST", 50), ("PST", 70)]), (1000, [("VAT", 200)])]


def test_what_was_sold_without_an_invoice_has_no_note() -> None:
    sold = order(line("1", price=1000))

    notes, unbilled = drafts(sold, give_back(sold, [units("1")], Giving()), OCCASION)

    assert (notes, unbilled) == ((), eur(1000))


def test_shipping_is_on_the_first_invoice_at_its_own_rate() -> None:
    sold = order(
        line("1", price=1200, taxes=vat(200), invoice_no="INV-1"),
        line("2", price=600, invoice_no="INV-2"),
        shipping=eur(600),
        shipping_tax=eur(100),
        shipping_tax_rate="0.20",
    )

    breakdown = give_back(sold, [units("2")], Giving(shipping=GiveBack.FIRST))
    notes, _ = drafts(sold, breakdown, OCCASION)

    assert [(note.invoice_no, note.total.minor) for note in notes] == [
        ("INV-1", 600),
        ("INV-2", 600),
    ]
    assert notes[0].summary()[0].taxes[0].rate == "0.20"


def test_a_fee_of_the_return_is_taken_where_there_is_room() -> None:
    sold = order(line("1", price=100, invoice_no="INV-1"), line("2", price=900, invoice_no="INV-2"))
    fee = Fee(kind=FeeKind.FLAT, amount=eur(300), tax=eur(50))

    breakdown = give_back(sold, [units("1"), units("2")], Giving()).with_fees([fee])
    notes, _ = drafts(sold, breakdown, at_rate("0.20"))

    assert [(note.invoice_no, note.total) for note in notes] == [("INV-2", eur(700))]
    (taken,) = [one for one in notes[0].lines if one.kind is NoteLineKind.FEE]
    assert (taken.net + taken.tax, taken.taxes[0].rate) == (eur(200), "0.20")


def test_what_a_promotion_withholds_is_a_line_of_its_own_at_the_lines_rate() -> None:
    bulk = Promotion(
        promotion_id="5-for-3",
        kind=PromotionKind.BULK,
        line_nos=("1",),
        bulk=(
            BulkTier(from_quantity=1, unit_price=eur(500)),
            BulkTier(from_quantity=5, unit_price=eur(300)),
        ),
    )
    bought = line("1", quantity=5, price=300, taxes=vat(300), invoice_no="I")
    sold = order(bought, promotions=(bulk,), tax_included=False)

    claw_back = Giving(promotions=PromotionRule.CLAW_BACK)
    (note,), _ = drafts(sold, give_back(sold, [units("1", 4)], claw_back), OCCASION)

    (row,) = note.summary()
    assert (row.net, row.taxes[0].amount) == (eur(1000), eur(200))
    assert [one.kind.value for one in note.lines] == ["goods", "withheld"]


def test_the_same_settlement_has_the_same_notes() -> None:
    sold = order(line("1", price=1000, invoice_no="I"))
    breakdown = give_back(sold, [units("1")], Giving())

    assert drafts(sold, breakdown, OCCASION) == drafts(sold, breakdown, OCCASION)
    other = replace(OCCASION, settlement_id="stl_1_b")
    assert (
        drafts(sold, breakdown, other)[0][0].note_id
        != drafts(sold, breakdown, OCCASION)[0][0].note_id
    )


@pytest.mark.parametrize("currency", ["JPY", "KWD", "CLF"])
def test_currencies_of_other_digits_are_as_exact(currency: str) -> None:
    sold = order(line("1", quantity=3, price=1000, currency=currency, invoice_no="I"), discount=1)

    totals = [
        drafts(
            sold,
            give_back(sold, [GivenUnits(line_no="1", units=(Run(place, 1),))], Giving()),
            OCCASION,
        )[0][0].total
        for place in (1, 2, 3)
    ]

    assert Money.total(totals, currency) == Money(2999, currency)
