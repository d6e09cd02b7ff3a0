"""Store credit: never negative, spent before it expires, and every command once."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import Conflict, DomainError, Invalid, NotFound, Stale
from chalicelib.core.events import chain_fault
from chalicelib.core.money import Money
from chalicelib.credits.ageing import age
from chalicelib.credits.changing import GRACE, Issue, Spend, issue, reverse, spend
from chalicelib.credits.model import (
    LOTS_MAX,
    CreditAccount,
    CreditEntry,
    CreditOf,
    EntryKind,
    account_id_for,
    added_up,
)
from chalicelib.ledger.balances import Balances, faults_of
from chalicelib.ledger.model import Account
from chalicelib.ledger.posting import postings_for
from tests.builders import eur
from tests.credits.books import Books

ACCOUNT = account_id_for("cus-1", "EUR")


def give(
    books: Books, minor: int, days: int | None = None, command: str | None = None
) -> CreditEntry:
    expires_at = None if days is None else books.now + timedelta(days=days)
    told = Issue(customer_id="cus-1", amount=eur(minor), settles=eur(minor), expires_at=expires_at)
    return books.do(lambda reads, context: issue(reads, told, context), command)


def use(books: Books, minor: int, command: str | None = None) -> CreditEntry:
    told = Spend(customer_id="cus-1", amount=eur(minor), order_no="O-2")
    return books.do(lambda reads, context: spend(reads, told, context), command)


def let_expire(books: Books, command: str | None = None) -> CreditEntry | None:
    return books.do(lambda reads, context: age(reads, ACCOUNT, context), command).expired


def undo(books: Books, entry_id: str, command: str | None = None) -> CreditEntry:
    return books.do(lambda reads, context: reverse(reads, entry_id, context), command)


def balance(books: Books) -> int:
    return books.accounts[ACCOUNT].balance(books.now).minor


def refused(kind: type[DomainError], code: str, act: Callable[[], object]) -> None:
    with pytest.raises(kind) as caught:
        act()
    assert caught.value.code == code


def test_what_is_given_may_be_spent_and_no_more() -> None:
    books = Books()
    give(books, 1000)

    use(books, 700)

    assert balance(books) == 300
    refused(Conflict, "credit_too_low", lambda: use(books, 301))
    use(books, 300)
    assert books.accounts[ACCOUNT].lots == ()


def test_who_never_had_credit_has_none() -> None:
    refused(Conflict, "credit_too_low", lambda: use(Books(), 1))


def test_what_expires_first_is_spent_first_and_what_stays_last() -> None:
    books = Books()
    stays = give(books, 100)
    late = give(books, 100, days=90)
    soon = give(books, 100, days=30)

    spent = use(books, 250)

    assert [(part.credit_id, part.amount.minor) for part in spent.lots] == [
        (soon.lots[0].credit_id, 100),
        (late.lots[0].credit_id, 100),
        (stays.lots[0].credit_id, 50),
    ]


def test_what_has_expired_is_not_spent_even_before_it_is_booked() -> None:
    books = Books()
    give(books, 100, days=30)
    books.later(days=30)

    assert balance(books) == 0
    assert books.accounts[ACCOUNT].booked == eur(100)
    refused(Conflict, "credit_too_low", lambda: use(books, 1))


def test_beside_credit_that_has_expired_only_the_rest_is_spent() -> None:
    books = Books()
    give(books, 100, days=30)
    stays = give(books, 100)
    books.later(days=30)

    spent = use(books, 60)

    assert [part.credit_id for part in spent.lots] == [stays.lots[0].credit_id]
    assert (balance(books), books.accounts[ACCOUNT].booked) == (40, eur(140))


def test_on_its_last_moment_credit_is_still_valid() -> None:
    books = Books()
    give(books, 100, days=30)
    books.later(days=29, hours=23, minutes=59)

    use(books, 100)


def test_expired_credit_is_booked_once() -> None:
    books = Books()
    give(books, 100, days=30)
    give(books, 50)
    books.later(days=31)

    first, second = let_expire(books), let_expire(books)

    assert first is not None
    assert (first.amount, second) == (eur(100), None)
    assert books.accounts[ACCOUNT].booked == eur(50)


def test_nothing_expires_where_there_is_no_account() -> None:
    assert let_expire(Books()) is None


@pytest.mark.parametrize("act", [lambda b: give(b, 5, None, "c"), lambda b: use(b, 5, "c")])
def test_the_same_command_again_changes_nothing(act: Callable[[Books], CreditEntry]) -> None:
    books = Books()
    give(books, 100)

    first = act(books)
    before = balance(books)

    assert act(books) == first
    assert balance(books) == before
    assert len(books.entries) == 2


def test_the_same_expiry_again_says_what_it_did() -> None:
    books = Books()
    give(books, 100, days=1)
    books.later(days=2)

    assert let_expire(books, "nightly") == let_expire(books, "nightly")


def test_a_credit_that_was_not_touched_is_taken_back_whole() -> None:
    books = Books()
    given = give(books, 100)

    undone = undo(books, given.entry_id)

    assert (undone.reverses, undone.amount, balance(books)) == (given.entry_id, eur(100), 0)


def test_a_credit_that_was_spent_of_is_not_taken_back() -> None:
    books = Books()
    given = give(books, 100)
    use(books, 1)

    refused(Conflict, "credit_already_spent", lambda: undo(books, given.entry_id))


def test_what_was_spent_on_an_order_that_did_not_stand_is_there_again() -> None:
    books = Books()
    give(books, 60, days=30)
    give(books, 60)
    spent = use(books, 100)

    undo(books, spent.entry_id)

    assert balance(books) == 120
    assert len(books.accounts[ACCOUNT].lots) == 2


def test_what_expired_while_it_was_spent_is_valid_for_a_while_again() -> None:
    books = Books()
    give(books, 100, days=10)
    spent = use(books, 100)
    books.later(days=40)

    undo(books, spent.entry_id)

    assert balance(books) == 100
    assert books.accounts[ACCOUNT].lots[0].expires_at == books.now + GRACE


def test_an_entry_is_undone_once_whoever_asks() -> None:
    books = Books()
    give(books, 100)
    spent = use(books, 100)

    first = undo(books, spent.entry_id, "c-1")

    assert undo(books, spent.entry_id, "c-1") == first
    refused(Conflict, "already_reversed", lambda: undo(books, spent.entry_id, "c-2"))
    assert balance(books) == 100


def test_what_expired_or_was_undone_stays_so() -> None:
    books = Books()
    give(books, 100, days=1)
    books.later(days=2)
    expired = let_expire(books)
    assert expired is not None

    refused(Conflict, "not_reversible", lambda: undo(books, expired.entry_id))
    refused(NotFound, "credit_entry_not_found", lambda: undo(books, "cre_none"))


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (Issue(customer_id="c", amount=eur(0)), "amount_not_positive"),
        (Issue(customer_id="c", amount=eur(-5)), "amount_not_positive"),
        (Issue(customer_id="c", amount=eur(5), expires_at=Books().now), "expired_already"),
    ],
    ids=["nothing", "less than nothing", "over"],
)
def test_what_is_no_credit_is_refused(told: Issue, code: str) -> None:
    refused(Invalid, code, lambda: Books().do(lambda reads, context: issue(reads, told, context)))


def test_nothing_is_not_spent() -> None:
    books = Books()
    give(books, 100)

    refused(Invalid, "amount_not_positive", lambda: use(books, 0))


def test_an_account_has_a_limit_of_open_credits() -> None:
    books = Books()
    for _ in range(LOTS_MAX):
        give(books, 1)

    refused(Conflict, "too_many_credits", lambda: give(books, 1))
    use(books, 1)
    give(books, 1)


def test_a_new_account_comes_with_what_leads_to_it_from_its_customer() -> None:
    books = Books()
    give(books, 100)
    give(books, 100)

    assert books.links == [CreditOf(customer_id="cus-1", currency="EUR", account_id=ACCOUNT)]


def test_who_looked_at_another_version_of_the_account_is_told() -> None:
    books = Books()
    given = give(books, 100)
    late = books.context("late", version=7)
    issued = Issue(customer_id="cus-1", amount=eur(1))
    used = Spend(customer_id="cus-1", amount=eur(1), order_no="O-2")

    refused(Stale, "stale_version", lambda: issue(books, issued, late))
    refused(Stale, "stale_version", lambda: spend(books, used, late))
    refused(Stale, "stale_version", lambda: reverse(books, given.entry_id, late))
    issue(books, issued, books.context("now", version=1))


def test_each_currency_is_an_account_of_its_own() -> None:
    books = Books()
    give(books, 100)
    yen = Spend(customer_id="cus-1", amount=Money(1, "JPY"), order_no="O-2")

    refused(
        Conflict,
        "credit_too_low",
        lambda: books.do(lambda reads, context: spend(reads, yen, context)),
    )


def test_a_bonus_on_top_is_a_compensation_in_the_money_ledger() -> None:
    books = Books()
    told = Issue(customer_id="cus-1", amount=eur(110), settles=eur(100), return_id="ret_1")
    books.do(lambda reads, context: issue(reads, told, context))

    balances = Balances.of(postings_for(books.events), "EUR")

    assert balances.minor(Account.COMPENSATION) == 10
    assert balances.minor(Account.CREDIT_GIVEN) == 100
    assert balances.minor(Account.STORE_CREDIT) == -110


class Paper:
    """What a clerk with a sheet of paper would count."""

    def __init__(self) -> None:
        self.given = self.gone = 0


@given(st.data())
def test_no_order_of_commands_and_repeats_loses_or_makes_a_cent(data: st.DataObject) -> None:
    books, paper = Books(), Paper()
    for number in range(data.draw(st.integers(1, 25))):
        step = data.draw(st.sampled_from([_give, _use, _expire, _undo, _wait]))
        step(books, paper, data, f"cmd-{number}")

    account = books.accounts.get(ACCOUNT)
    if account is None:
        return
    assert account.booked.minor == paper.given - paper.gone >= 0
    assert added_up(books.entries.values(), "EUR") == account.booked
    assert chain_fault(books.events) is None
    postings = postings_for(books.events)
    assert faults_of(account.subject, postings) == []
    assert -Balances.of(postings, "EUR").minor(Account.STORE_CREDIT) == account.booked.minor
    _same_after_every_command_again(books, account)


def _give(books: Books, paper: Paper, data: st.DataObject, command: str) -> None:
    minor, days = data.draw(st.integers(1, 1000)), data.draw(st.none() | st.integers(1, 60))
    give(books, minor, days, command)
    paper.given += minor


def _use(books: Books, paper: Paper, data: st.DataObject, command: str) -> None:
    minor = data.draw(st.integers(1, 1500))
    account = books.accounts.get(ACCOUNT)
    if account is None or account.balance(books.now) < eur(minor):
        refused(Conflict, "credit_too_low", lambda: use(books, minor, command))
        return
    use(books, minor, command)
    paper.gone += minor


def _expire(books: Books, paper: Paper, data: st.DataObject, command: str) -> None:
    entry = let_expire(books, command)
    paper.gone += entry.amount.minor if entry else 0


def _undo(books: Books, paper: Paper, data: st.DataObject, command: str) -> None:
    if not books.entries:
        return
    target = books.entries[data.draw(st.sampled_from(sorted(books.entries)))]
    try:
        undone = undo(books, target.entry_id, command)
    except Conflict:
        return
    if undone.kind.value == "restore":
        paper.gone -= undone.amount.minor
    else:
        paper.gone += undone.amount.minor


def _wait(books: Books, paper: Paper, data: st.DataObject, command: str) -> None:
    books.later(days=data.draw(st.integers(1, 40)))


def _same_after_every_command_again(books: Books, account: CreditAccount) -> None:
    """Every command is sent a second time, much later: nothing changes."""
    entries = dict(books.entries)
    books.later(days=400)
    for entry in entries.values():
        assert _again(books, entry) == entry
    assert books.accounts[ACCOUNT] == account
    assert books.entries == entries


def _again(books: Books, entry: CreditEntry) -> CreditEntry | None:
    match entry.kind:
        case EntryKind.ISSUE:
            return give(books, entry.amount.minor, None, entry.command_id)
        case EntryKind.SPEND:
            return use(books, entry.amount.minor, entry.command_id)
        case EntryKind.EXPIRE:
            return let_expire(books, entry.command_id)
        case EntryKind.CANCEL | EntryKind.RESTORE:
            return undo(books, entry.reverses or "", entry.command_id)
