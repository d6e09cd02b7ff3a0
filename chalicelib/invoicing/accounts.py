"""What the merchant's finance system calls our accounts, and at which rates credit is booked.

One record that finance keeps; until somebody states it, accounts.json holds.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Protocol

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import FieldError, Invalid, Stale
from chalicelib.core.events import Chain, Context, Journal, Json
from chalicelib.core.money import CURRENCY_DIGITS
from chalicelib.ledger.model import Account

_RATE = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")
Told = Mapping[str, Mapping[str, str]]
"""By our name of an account: its `code`, and its names by language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedAccount:
    """What a finance system calls one of our accounts; names by language."""

    code: str
    names: Mapping[str, str]


Mapped = Mapping[Account, MappedAccount]


@dataclass(frozen=True, slots=True, kw_only=True)
class FinanceAccounts:
    """`rates` are home units for one of a currency, for what no sale has a rate for.

    `edition` counts from the accounts of the product, which are the first; `version` is that of the
    record, 0 where nothing was stated yet.
    """

    accounts: dict[str, dict[str, str]] = field(default_factory=dict)
    rates: dict[str, str] = field(default_factory=dict)
    version: int = 0
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return "accounts/finance"

    @property
    def edition(self) -> int:
        return self.version + 1

    @property
    def mapped(self) -> Mapped:
        return mapped_accounts(self.accounts) if self.accounts else starting_accounts()


class AccountsReader(Protocol):
    def finance_accounts(self) -> FinanceAccounts: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StateAccounts:
    """All of it: what is not said is not there any more."""

    accounts: Told
    rates: Mapping[str, str]


def state_accounts(
    reads: AccountsReader, command: StateAccounts, context: Context
) -> Decided[FinanceAccounts]:
    """Exports from now on use it. As it is already: no change.

    Raises Invalid for accounts that are missing or not ours, and for rates of no currency.
    """
    known = reads.finance_accounts()
    wanted = replace(
        known,
        accounts={name: dict(said) for name, said in command.accounts.items()},
        rates=dict(command.rates),
    )
    if wanted == known:
        return Decided(result=known)
    if context.expected_version not in (None, known.edition):
        raise Stale(
            "stale_version",
            f"The accounts are at version {known.edition}, not {context.expected_version}.",
            subject=known.subject,
            expected=context.expected_version,
            actual=known.edition,
        )
    errors = [*account_faults(command.accounts), *_rate_faults(command.rates)]
    if errors:
        raise Invalid("accounts_faults", "Nothing can be booked like this.", errors=errors)
    stated = replace(wanted, version=known.version + 1)
    journal = Journal(known.subject, known.chain, context)
    facts: dict[str, Json] = {"version": stated.edition, "rates": len(command.rates)}
    journal.record("accounts.changed", facts)
    stated = replace(stated, chain=journal.chain)
    return Decided(result=stated, changes=Changes(records=(stated,), events=tuple(journal.events)))


def _rate_faults(rates: Mapping[str, str]) -> Iterator[FieldError]:
    for currency, rate in rates.items():
        pointer = f"/rates/{currency}"
        if currency not in CURRENCY_DIGITS:
            message = f"{currency[:10]!r} is no currency of ISO 4217."
            yield FieldError(pointer=pointer, code="unknown_currency", message=message)
        elif not is_rate(rate):
            message = f"{rate[:30]!r} is no rate above zero."
            yield FieldError(pointer=pointer, code="bad_exchange_rate", message=message)


@cache
def starting_accounts() -> Mapped:
    """The codes of accounts.json."""
    path = Path(__file__).parent / "accounts.json"
    return mapped_accounts(json.loads(path.read_text(encoding="utf-8")))


def account_faults(told: Told) -> Iterator[FieldError]:
    """Every account that is missing, has no code, or is none of ours."""
    for account in Account:
        if account.value not in told:
            message = f"What {account.value} is booked as is not said."
            yield FieldError(
                pointer=f"/accounts/{account.value}", code="account_missing", message=message
            )
        elif not told[account.value].get("code", "").strip():
            yield FieldError(
                pointer=f"/accounts/{account.value}/code",
                code="account_code_missing",
                message="An account has a code.",
            )
    for name in sorted(set(told) - {account.value for account in Account}):
        message = "There is no such account in the ledger."
        yield FieldError(pointer=f"/accounts/{name}", code="unknown_account", message=message)


def mapped_accounts(told: Told) -> Mapped:
    """A mapping as it is told; raises Invalid where an account is missing or unknown."""
    errors = list(account_faults(told))
    if errors:
        raise Invalid("accounts_faults", "Nothing can be booked like this.", errors=errors)
    return {
        Account(name): MappedAccount(
            code=stated["code"],
            names={tag: word for tag, word in stated.items() if tag != "code"},
        )
        for name, stated in told.items()
    }


def is_rate(told: str) -> bool:
    """Whether it is a number above zero, of no more digits than anybody needs."""
    return _RATE.fullmatch(told) is not None and told.strip("0.") != ""
