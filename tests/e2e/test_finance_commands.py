"""Money as an operator reads it: settlements, ledger, credit, credit notes, journal, comparison."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.e2e.merchant import Merchant, eventually
from tests.e2e.operator import Operator
from tools.demo.sale import Sale
from tools.generator import rfc3339
from tools.stack.client import Stack

INVOICE = {"invoice_no": "INV-OPS-1", "invoice_date": "2026-11-18"}


@pytest.fixture
def operator(stack: Stack) -> Operator:
    return Operator(stack)


def test_what_was_paid_is_read_in_every_book(operator: Operator, merchant: Merchant) -> None:
    case = merchant.ready_to_settle(Sale(name="ops-books", price="96.67", line=INVOICE), 1)
    settled = case.settle()

    (told,) = operator.types("finance", "settlements", case.number)
    ledger = operator.types("finance", "ledger", case.number)
    of_order = operator.types("finance", "ledger", "--order", f"{merchant.run}-ops-books")

    assert (told["settlement_id"], told["state"]) == (settled["settlement_id"], "SETTLED")
    (refunded,) = (one for one in ledger["balances"] if one["account"] == "refunded")
    assert refunded["credit"] == {"amount": "96.67", "currency": "EUR"}
    assert (ledger["balanced"], of_order["balanced"]) == (True, True)
    (note,) = eventually(
        lambda: operator.types("finance", "credit-notes", "--return", case.id)["items"],
        lambda notes: bool(notes[0]["number"]),
    )
    numbered = operator.types(
        "finance", "credit-notes", "--series", note["series"], "--year", str(note["year"])
    )
    assert note["number"] in [one["number"] for one in numbered["items"]]
    assert numbered["missing"] == []


def test_store_credit_is_read_by_customer_and_in_the_list_of_all(
    operator: Operator, merchant: Merchant
) -> None:
    sale = Sale(name="ops-credit", price="40.00", own_customer=True)
    case = merchant.asked(sale, 1, resolution="store_credit")
    case.approve()
    case.receive()
    case.restock_and_settle()
    customer = sale.customer(merchant.run)

    (account,) = operator.types("finance", "credit", customer)["accounts"]
    (entry,) = eventually(lambda: operator.types("finance", "credit", customer, "--entries", "EUR"))
    listed = operator.types("finance", "credits", "--currency", "EUR")

    assert account["balance"] == {"amount": "40.00", "currency": "EUR"}
    assert (entry["kind"], entry["return_id"]) == ("issue", case.id)
    assert customer in [one["customer_id"] for one in listed]


def test_a_journal_is_a_file_for_the_books(operator: Operator, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    out = tmp_path / "journal.csv"
    since, until = (rfc3339(now - timedelta(minutes=ago)) for ago in (24 * 60, 6))

    told = operator.types(
        "finance", "journal", "--since", since, "--until", until, "--out", str(out), codes=(0, 1)
    )

    with out.open(encoding="utf-8-sig", newline="") as opened:
        lines = list(csv.DictReader(opened))
    assert told["lines"] == len(lines)


def test_payments_are_compared_with_the_providers_list(operator: Operator) -> None:
    report = operator.types("reconcile", "--of", "payments", codes=(0, 1))

    assert report["providers"] == ["sandbox"]
    assert report["findings"] == []
