"""Every settlement brings its notes in the same write; a reversed one takes its drafts back."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.money import Money
from chalicelib.invoicing.model import CreditNote, NoteLineKind, NoteReason, NoteState
from chalicelib.invoicing.of_settlement import drafts_for, voided
from chalicelib.orders.model import Order, TaxLine
from chalicelib.returns.model import Return, ReturnType
from chalicelib.tasks.model import Task
from tests.builders import NOW, Shop, eur, item, line, order, passed, wish
from tests.fakes import FakeProvider
from tests.settlement.charged import POLICY, euro, settled, under

FEES = {
    "restocking_percent": "10",
    "flat": euro("2.00"),
    "shipping": euro("1.00"),
    "tax_percent": "19",
}


def billed(**more: Any) -> Order:
    vat = (TaxLine(name="VAT", rate="0.20", amount=eur(200)),)
    return order(
        line("1", price=1200, taxes=vat, invoice_no="INV-1"),
        line("2", price=500, invoice_no="INV-2"),
        line("3", price=300),
        **more,
    )


def returned(shop: Shop, *line_nos: str, **more: Any) -> Return:
    """All of these lines of the order are here again, and nothing is paid yet."""
    ret = shop.approves(shop.asks("O-1", *(wish(line_no=no) for no in line_nos), **more))
    for no, order_line_no in enumerate(line_nos, start=1):
        shop.receives(ret, item(f"SKU-{order_line_no}"))
        shop.inspects(ret, passed(line_no=str(no)))
    return shop.now_is(ret)


def notes(shop: Shop) -> list[CreditNote]:
    return sorted(shop.store.reads().notes_of_order("O-1"), key=lambda note: note.invoice_no)


def test_a_settlement_brings_a_draft_for_each_invoice(shop: Shop) -> None:
    shop.sells(billed())
    ret = returned(shop, "1", "2", "3")

    settlement = settled(shop, ret)

    assert [(note.invoice_no, note.total, note.state) for note in notes(shop)] == [
        ("INV-1", eur(1200), NoteState.DRAFT),
        ("INV-2", eur(500), NoteState.DRAFT),
    ]
    for note in notes(shop):
        assert note.unbilled == eur(300)
        assert (note.return_id, note.return_number) == (ret.return_id, ret.number)
        assert note.settlement_id == settlement.settlement_id
        assert note.supplied_at == NOW - timedelta(days=3), "when it was sent"
        assert note.ordered_at == NOW - timedelta(days=5)
        (drafted,) = shop.store.reads().events(note.subject)
        assert drafted.type == "credit_note.drafted"
        assert drafted.data["total"] == {"amount": note.total.amount, "currency": "EUR"}
        assert note.chain.head == drafted.hash


def test_notes_of_a_return_are_found_by_the_order(shop: Shop) -> None:
    shop.sells(billed())
    first, second = returned(shop, "1"), returned(shop, "2")
    for ret in (first, second):
        settled(shop, ret)

    reads = shop.store.reads()

    assert [note.invoice_no for note in reads.notes_of_return("O-1", first.return_id)] == ["INV-1"]
    assert [note.invoice_no for note in reads.notes_of_return("O-1", second.return_id)] == ["INV-2"]


def test_what_was_never_billed_brings_none(shop: Shop) -> None:
    shop.sells(billed())
    settled(shop, returned(shop, "3"))

    assert notes(shop) == []


def test_a_settlement_that_is_sent_again_brings_them_once(shop: Shop) -> None:
    shop.sells(billed())
    ret = returned(shop, "1")
    context = shop.context()
    for _ in range(2):
        shop.settles(ret, context)

    assert len(notes(shop)) == 1


def test_fees_are_on_the_note_of_their_line_at_the_rate_of_the_policy(shop: Shop) -> None:
    under(shop, fees=FEES)
    shop.sells(billed(policy_version=POLICY))
    # The first line of the return is the second of the order.
    settled(shop, returned(shop, "2"))

    (note,) = notes(shop)

    fees = [one for one in note.lines if one.kind is NoteLineKind.FEE]
    assert [(fee.code, fee.line_no, fee.taxes[0].rate) for fee in fees] == [
        ("restocking", "2", "0.19"),
        ("flat", None, "0.19"),
        ("shipping", None, "0.19"),
    ]
    assert note.total == eur(500 - 50 - 200 - 100)


@pytest.mark.parametrize(
    ("type_", "reason"),
    [
        (ReturnType.CUSTOMER_RETURN, NoteReason.SALES_RETURN),
        (ReturnType.WITHDRAWAL, NoteReason.WITHDRAWAL),
        (ReturnType.RECALL, NoteReason.RECALL),
    ],
)
def test_a_note_says_why(shop: Shop, type_: ReturnType, reason: NoteReason) -> None:
    shop.sells(billed())
    ret = returned(shop, "1")
    settlement = settled(shop, ret)

    changes = drafts_for(
        shop.sold(), settlement, replace(shop.now_is(ret), type=type_), shop.context()
    )

    (note,) = (record for record in changes.records if isinstance(record, CreditNote))
    assert note.reason is reason


def test_goods_that_are_kept_are_an_allowance(shop: Shop) -> None:
    under(shop, keep_item=True)
    shop.sells(billed(policy_version=POLICY))
    settled(shop, shop.approves(shop.asks("O-1", wish())))

    assert [note.reason for note in notes(shop)] == [NoteReason.ALLOWANCE]


def test_a_declined_refund_has_its_draft_too(shop: Shop, provider: FakeProvider) -> None:
    provider.script["card"] = ["declined"]
    shop.sells(billed())
    settled(shop, returned(shop, "1"))

    assert [note.state for note in notes(shop)] == [NoteState.DRAFT]


def written(shop: Shop, changes: Changes) -> None:
    shop.store.run(lambda _: Decided(result=None, changes=changes), context=shop.context())


def test_a_draft_of_a_reversed_settlement_is_void(shop: Shop) -> None:
    shop.sells(billed())
    settled(shop, returned(shop, "1", "2"))

    written(shop, voided(notes(shop), shop.context()))

    for note in notes(shop):
        assert (note.state, note.number, note.version) == (NoteState.VOIDED, None, 2)
        told = [event.type for event in shop.store.reads().events(note.subject)]
        assert told == ["credit_note.drafted", "credit_note.voided"]


def test_what_is_void_already_stays_so(shop: Shop) -> None:
    shop.sells(billed())
    settled(shop, returned(shop, "1"))
    (draft,) = notes(shop)

    changes = voided([replace(draft, state=NoteState.VOIDED)], shop.context())

    assert changes == Changes()


def test_a_numbered_note_stays_and_finance_is_told_to_correct_it(shop: Shop) -> None:
    shop.sells(billed())
    settled(shop, returned(shop, "1"))
    (draft,) = notes(shop)
    issued = replace(draft, state=NoteState.ISSUED, number="CN-2026-000001")

    changes = voided([issued], shop.context())

    (task,) = (record for record in changes.records if isinstance(record, Task))
    (kept,) = (record for record in changes.records if isinstance(record, CreditNote))
    assert (kept.state, kept.number) == (NoteState.ISSUED, "CN-2026-000001")
    assert (task.role, task.subject, task.amount) == ("finance", draft.subject, Money(1200, "EUR"))
    assert task.reasons == ("credit_note_of_reversed_settlement",)
    assert [event.type for event in changes.events] == ["credit_note.correction_required"]
