"""What time does to credit: reminded of once, gone once, and only when it is due."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.credits.ageing import Aged, age, end_of_validity
from chalicelib.credits.changing import Issue, Spend, issue, reverse, spend
from chalicelib.credits.model import REMINDED_BEFORE, CreditEntry, account_id_for
from chalicelib.ledger.posting import postings_for
from tests.builders import NOW, eur
from tests.credits.books import Books

ACCOUNT = account_id_for("cus-1", "EUR")


def give(books: Books, minor: int, days: int | None) -> CreditEntry:
    expires_at = None if days is None else books.now + timedelta(days=days)
    told = Issue(customer_id="cus-1", amount=eur(minor), expires_at=expires_at)
    return books.do(lambda reads, context: issue(reads, told, context))


def passes(books: Books) -> Aged:
    return books.do(lambda reads, context: age(reads, ACCOUNT, context))


def reminders(books: Books) -> list[dict[str, Any]]:
    """What each reminder said. Any: JSON."""
    return [event.data for event in books.events if event.type == "credit.expiring"]


def test_a_customer_is_reminded_once_two_weeks_before() -> None:
    books = Books()
    give(books, 100, days=60)
    books.later(days=45)
    early = passes(books)
    books.later(days=1)

    told, again = passes(books), passes(books)

    assert (early.reminded, told.reminded, again.reminded) == (0, 1, 0)
    assert [one["amount"]["amount"] for one in reminders(books)] == ["1.00"]


def test_a_reminder_says_what_expires_first_and_moves_no_money() -> None:
    books = Books()
    first = give(books, 100, days=60)
    soon = give(books, 50, days=59)
    books.later(days=46)

    passes(books)

    (said,) = reminders(books)
    assert said["expires_at"] == "2027-01-19T09:00:00.000Z"
    told = {lot["credit_id"]: lot["amount"]["amount"] for lot in said["lots"]}
    assert told == {first.lots[0].credit_id: "1.00", soon.lots[0].credit_id: "0.50"}
    assert postings_for(books.events[-1:]) == ()
    assert len(books.entries) == 2


@pytest.mark.parametrize("days", [None, REMINDED_BEFORE.days])
def test_of_what_stays_or_was_given_for_two_weeks_nobody_is_reminded(days: int | None) -> None:
    books = Books()
    give(books, 100, days=days)
    books.later(days=13)

    assert passes(books).reminded == 0


def test_of_what_was_spent_nobody_is_reminded() -> None:
    books = Books()
    give(books, 100, days=60)
    told = Spend(customer_id="cus-1", amount=eur(100), order_no="O-2")
    books.do(lambda reads, context: spend(reads, told, context))
    books.later(days=50)

    assert passes(books) == Aged()


def test_what_expires_is_booked_first_and_the_rest_reminded_of_by_the_next_run() -> None:
    books = Books()
    give(books, 100, days=30)
    give(books, 50, days=40)
    books.later(days=30)

    first, second = passes(books), passes(books)

    assert first.expired is not None
    assert (first.expired.amount, first.reminded) == (eur(100), 0)
    assert (second.expired, second.reminded) == (None, 1)


@pytest.mark.parametrize("minor", [100, 60], ids=["all of it", "a part"])
def test_what_is_there_for_longer_again_is_reminded_of_again(minor: int) -> None:
    books = Books()
    give(books, 100, days=60)
    books.later(days=50)
    passes(books)
    told = Spend(customer_id="cus-1", amount=eur(minor), order_no="O-2")
    entry = books.do(lambda reads, context: spend(reads, told, context))
    books.do(lambda reads, context: reverse(reads, entry.entry_id, context))
    books.later(days=20)

    assert passes(books).reminded == 1
    assert len(reminders(books)) == 2


def test_the_next_thing_to_happen_is_known() -> None:
    books = Books()
    give(books, 100, days=None)
    assert books.accounts[ACCOUNT].next_at is None

    give(books, 100, days=60)
    assert books.accounts[ACCOUNT].next_at == NOW + timedelta(days=46)

    books.later(days=46)
    passes(books)
    assert books.accounts[ACCOUNT].next_at == NOW + timedelta(days=60)


def test_credit_without_an_end_has_none() -> None:
    assert end_of_validity(NOW, None) is None
    assert end_of_validity(NOW, 1) == datetime(2026, 11, 23, tzinfo=UTC)
