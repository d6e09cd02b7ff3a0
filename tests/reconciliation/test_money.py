"""The money ledger against events, legs and credit: each drift is found, and nothing else."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.exchanges.model import ExchangeState
from chalicelib.ledger.model import Account, Entry, Posting
from chalicelib.reconciliation.money import Clearing
from chalicelib.settlement.model import LegState
from chalicelib.store.execution import Commands
from tests.builders import NOW, Shop, line, order, payment
from tests.children import approves, exchange_of, swap
from tests.fakes import FakeProvider
from tests.reconciliation.drifts import Books, Finding
from tests.returns.undoing import suspicions
from tests.stage import Stage


@pytest.fixture
def books(stage: Stage, provider: FakeProvider) -> Books:
    """80.00 owed: card 60.00 is paid, the transfer of 20.00 waits for its proof; 5.00 more of an
    order that carries only 3.00."""
    shop = Shop(Commands(table=wiring.core_table()), providers={provider.name: provider})
    payments = (payment("card", 60_00), payment("bank", 40_00, provider="manual"))
    shop.sells(order(line(quantity=5, price=20_00), payments=payments))
    ret = shop.accepts(shop.asks(quantity=4), 4)
    shop.settles(ret)
    shop.sells(order(line(quantity=1, price=5_00), no="O-2", payments=(payment("x", 3_00),)))
    shop.settles(shop.accepts(shop.asks("O-2"), 1))
    return Books(stage, shop, shop.now_is(ret))


def posting_of(books: Books, event_type: str) -> str:
    """The sort key of the posting of the first event of a type."""
    return next(
        sk
        for sk in books.find(books.return_pk, "POSTING#")
        if books.body(books.return_pk, sk)["event_type"] == event_type
    )


def test_nothing_is_found_while_money_is_owed_and_under_way(books: Books) -> None:
    assert books.found() == []


def posting_gone(books: Books) -> list[Finding]:
    books.delete(books.return_pk, posting_of(books, "refund.paid"))
    return [("posting_missing", books.ret.subject)]


def posting_changed(books: Books) -> list[Finding]:
    def edit(body: Any) -> None:
        for entry in body["entries"]:
            entry["minor"] *= 2

    books.change(books.return_pk, posting_of(books, "refund.paid"), edit)
    return [("posting_differs", books.ret.subject)]


def posting_uneven(books: Books) -> list[Finding]:
    def edit(body: Any) -> None:
        body["entries"][0]["minor"] += 1

    books.change(books.return_pk, posting_of(books, "refund.paid"), edit)
    return [("unreadable_record", books.ret.subject)]


def posting_of_no_event(books: Books) -> list[Finding]:
    sk = posting_of(books, "refund.paid")
    stored = books._item(books.return_pk, sk)
    text = stored["body"]["S"].replace(sk.removeprefix("POSTING#"), "pst_other")
    text = text.replace('"event_id":"evt_', '"event_id":"evt_of_nobody_')
    books.stage.dynamodb.put_item(
        TableName="core", Item={**stored, "sk": {"S": "POSTING#pst_other"}, "body": {"S": text}}
    )
    return [("posting_extra", books.ret.subject)]


def leg_said_to_be_paid(books: Books) -> list[Finding]:
    """Twice: in the ledger, and on the payment of the order, paid and pending."""

    def edit(body: Any) -> None:
        body["settlements"][0]["legs"][1]["state"] = LegState.PAID.value

    books.change(books.return_pk, "RETURN", edit)
    return [
        *[("ledger_legs", books.ret.subject)] * 2,
        ("payment_pending", "order/O-1"),
        ("payment_refunded", "order/O-1"),
    ]


def leg_on_another_payment(books: Books) -> list[Finding]:
    def edit(body: Any) -> None:
        body["settlements"][0]["legs"][0]["payment_id"] = "bank"

    books.change(books.return_pk, "RETURN", edit)
    return [
        *[("ledger_legs", books.ret.subject)] * 2,
        *[("payment_refunded", "order/O-1")] * 2,
    ]


def completed_too_early(books: Books) -> list[Finding]:
    books.change(books.return_pk, "RETURN", lambda body: body.update(closure="COMPLETED"))
    return [("ledger_open", books.ret.subject)]


DRIFTS = (
    posting_gone, posting_changed, posting_uneven, posting_of_no_event, leg_said_to_be_paid,
    leg_on_another_payment, completed_too_early,
)  # fmt: skip


@pytest.mark.parametrize("plant", DRIFTS, ids=lambda plant: plant.__name__)
def test_a_planted_drift_is_found_exactly(
    books: Books, plant: Callable[[Books], list[Finding]]
) -> None:
    expected = plant(books)

    assert books.found() == sorted(expected)


def given(subject: str, minor: int, credit_id: str = "crd_1") -> Posting:
    """A posting about credit between a return and an account; the other side does not matter."""
    return Posting(
        posting_id=f"pst_{subject}_{minor}",
        event_id=f"evt_{subject}_{minor}",
        event_type="settlement.credited",
        subject=subject,
        currency="EUR",
        entries=(
            Entry(account=Account.CREDIT_GIVEN, minor=minor, detail=credit_id),
            Entry(account=Account.CUSTOMER_DUE, minor=-minor),
        ),
        posted_at=NOW,
    )


def test_credit_that_was_given_and_received_is_forgotten() -> None:
    clearing = Clearing()

    clearing.add([given("return/ret_1", -500), given("credit/cra_1", 500)])

    assert clearing.suspicious() == {}


def test_credit_that_only_one_side_knows_is_found_with_whoever_knows_it() -> None:
    clearing = Clearing()

    clearing.add([given("return/ret_1", -500), given("credit/cra_1", 400)])
    clearing.add([given("return/ret_2", -100, "crd_2")])

    assert clearing.suspicious() == {
        "crd_1": {"return/ret_1", "credit/cra_1"},
        "crd_2": {"return/ret_2"},
    }
    assert [finding.kind for finding in clearing.findings()] == ["ledger_credit"] * 2


def test_goods_that_are_promised_until_they_are_paid_for_are_no_finding(shop: Shop) -> None:
    shop.sells(order(line(quantity=3)))
    shop.counts({"BLUE": 5})

    ret = approves(shop, shop.asks("O-1", swap(2, for_="BLUE", price=12_50)))

    assert exchange_of(shop, ret).state is ExchangeState.AWAITING_PAYMENT
    assert suspicions(shop) == []
