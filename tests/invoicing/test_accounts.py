"""What finance calls our accounts: every one has a code, and what is wrong is said where it is."""

from dataclasses import replace

import pytest

from chalicelib.core.errors import Invalid, Stale
from chalicelib.invoicing.accounts import (
    FinanceAccounts,
    StateAccounts,
    starting_accounts,
    state_accounts,
)
from chalicelib.ledger.model import Account
from tests.builders import Shop

STATED = StateAccounts(
    accounts={
        account.value: {"code": f"{place}", "en": "x"} for place, account in enumerate(Account)
    },
    rates={"USD": "0.92"},
)


def states(shop: Shop, command: StateAccounts, version: int | None = None) -> FinanceAccounts:
    return shop.do(
        lambda reads, context: state_accounts(reads, command, context),
        shop.context(version=version),
    )


def test_until_somebody_states_them_the_accounts_are_those_of_the_product(shop: Shop) -> None:
    known = shop.store.reads().finance_accounts()

    assert (known.version, known.mapped) == (0, starting_accounts())


def test_what_is_stated_is_used_from_then_on_and_said_in_an_event(shop: Shop) -> None:
    stated = states(shop, STATED)

    known = shop.store.reads().finance_accounts()
    assert known == stated
    assert (known.version, known.rates, known.mapped[Account.FEES].names) == (
        1,
        {"USD": "0.92"},
        {"en": "x"},
    )
    (event,) = shop.store.reads().events(known.subject)
    assert (event.type, event.data) == ("accounts.changed", {"version": 2, "rates": 1})


def test_the_same_again_changes_nothing(shop: Shop) -> None:
    stated = states(shop, STATED)

    assert states(shop, STATED, version=1) == stated
    assert len(shop.store.reads().events(stated.subject)) == 1


def test_who_looked_at_an_older_version_changes_nothing(shop: Shop) -> None:
    states(shop, STATED)

    with pytest.raises(Stale):
        states(shop, replace(STATED, rates={}), version=1)


def test_every_fault_is_said_at_its_place(shop: Shop) -> None:
    accounts = {name: dict(said) for name, said in STATED.accounts.items()}
    del accounts["fees"]
    accounts["petty_cash"] = {"code": "1"}
    accounts["refunded"]["code"] = ""
    rates = {"XXY": "1", "USD": "0", "EUR": "1e9"}

    with pytest.raises(Invalid, match="accounts_faults") as refused:
        states(shop, StateAccounts(accounts=accounts, rates=rates))

    assert {(error.pointer, error.code) for error in refused.value.errors} == {
        ("/accounts/fees", "account_missing"),
        ("/accounts/petty_cash", "unknown_account"),
        ("/accounts/refunded/code", "account_code_missing"),
        ("/rates/XXY", "unknown_currency"),
        ("/rates/USD", "bad_exchange_rate"),
        ("/rates/EUR", "bad_exchange_rate"),
    }
    assert shop.store.reads().finance_accounts().version == 0
