"""Store credit on the real store: read at one moment, written under the version of its account."""

from collections.abc import Callable

import pytest

from chalicelib.core.commands import Decided
from chalicelib.core.errors import Conflict
from chalicelib.core.money import Money
from chalicelib.credits.changing import Issue, Spend, issue, spend
from chalicelib.credits.model import (
    CreditEntry,
    account_id_for,
    entry_id_for,
    entry_id_of,
)
from chalicelib.store.execution import Commands
from tests.builders import Shop, eur
from tests.credits.stories import CREDIT, accepted, balance, books, settled
from tests.fake_reads import Reader
from tests.store.watched import WatchedTable

ACCOUNT = account_id_for("cus-1", "EUR")


def gives(shop: Shop, amount: Money, command: str | None = None) -> CreditEntry:
    told = Issue(customer_id="cus-1", amount=amount)
    return shop.do(lambda reads, context: issue(reads, told, context), shop.context(command))


def test_an_account_and_an_entry_of_it_are_read_at_one_moment(shop: Shop) -> None:
    entry = gives(shop, eur(5_00), "c-1")

    account, found = shop.store.reads().credit(ACCOUNT, entry_id_for(ACCOUNT, "c-1"))

    assert (found, account is not None) == (entry, True)
    assert shop.store.reads().credit(ACCOUNT, "cre_none") == (account, None)
    assert shop.store.reads().credit("cra_none", "cre_none") == (None, None)


def test_a_customer_is_told_of_every_currency_from_the_first_credit_on(shop: Shop) -> None:
    assert shop.store.reads().credit_accounts("cus-1") == []

    gives(shop, eur(5_00))
    gives(shop, Money(700, "JPY"))
    gives(shop, eur(1_00))

    found = shop.store.reads().credit_accounts("cus-1")
    assert [(one.currency, one.booked.minor) for one in found] == [("EUR", 6_00), ("JPY", 700)]
    assert shop.store.reads().credit_accounts("cus-2") == []


def test_the_credit_of_a_settlement_is_one_write_with_it(core: WatchedTable, shop: Shop) -> None:
    ret = accepted(shop, CREDIT)
    before = core.calls["transaction"]

    settlement = settled(shop, ret)

    assert core.calls["transaction"] == before + 1
    assert balance(shop) == eur(10_00)
    assert settlement.credit_id is not None
    assert shop.store.reads().credit_entry(entry_id_of(settlement.credit_id)) is not None
    books(shop, ret)


def test_two_settlements_of_one_customer_at_once_both_count(
    core: WatchedTable, shop: Shop, process: Callable[[], Commands]
) -> None:
    first, second = accepted(shop, CREDIT), accepted(shop, CREDIT, no="O-2")
    other = Shop(process(), now=shop.now, numbers=shop.numbers)
    core.interference.append(lambda: settled(other, second))

    settled(shop, first)

    assert balance(shop) == eur(20_00)
    books(shop, first, second)


def test_of_two_who_spend_the_same_credit_at_once_one_is_refused(
    core: WatchedTable, shop: Shop, process: Callable[[], Commands]
) -> None:
    gives(shop, eur(10_00))
    other = Shop(process(), now=shop.now, numbers=shop.numbers)
    core.interference.append(lambda: _spends(other))

    with pytest.raises(Conflict, match="credit_too_low"):
        _spends(shop)

    assert balance(shop) == eur(0)


def _spends(shop: Shop) -> CreditEntry:
    told = Spend(customer_id="cus-1", amount=eur(10_00), order_no="O-9")

    def decide(reads: Reader) -> Decided[CreditEntry]:
        return spend(reads, told, context)

    context = shop.context()
    return shop.store.run(decide, context=context)
