"""What finance states of its books, and the times it wants them of."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.contracts.fields import Code, Label, Moment, Rate, Strict, View
from chalicelib.invoicing.accounts import FinanceAccounts, StateAccounts

Language = Literal["en", "zh-CN"]
AccountName = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]
CurrencyName = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class AccountBody(Strict):
    """What the finance system calls one account of the ledger."""

    code: Code = Field(examples=["2310"])
    names: dict[Language, Label] = Field(default_factory=dict)

    def as_told(self) -> dict[str, str]:
        return {"code": self.code, **{str(tag): word for tag, word in self.names.items()}}


class AccountsBody(Strict):
    """Every account of the ledger by its name (docs/domain.md), and rates for what no sale has one
    for: units of the shop's own currency for one of another."""

    accounts: Annotated[dict[AccountName, AccountBody], Field(max_length=60)]
    rates: Annotated[dict[CurrencyName, Rate], Field(max_length=200)] = Field(default_factory=dict)

    def to_domain(self) -> StateAccounts:
        return StateAccounts(
            accounts={name: account.as_told() for name, account in self.accounts.items()},
            rates=dict(self.rates),
        )


class AccountView(View):
    code: str
    names: dict[str, str]


class AccountsView(View):
    """The accounts as exports use them now; version 1 is what comes with the product."""

    accounts: dict[str, AccountView]
    rates: dict[str, str]
    home_currency: str
    version: int

    @classmethod
    def of(cls, stated: FinanceAccounts, *, home_currency: str) -> Self:
        return cls(
            accounts={
                account.value: AccountView(code=mapped.code, names=dict(mapped.names))
                for account, mapped in stated.mapped.items()
            },
            rates=dict(stated.rates),
            home_currency=home_currency,
            version=stated.edition,
        )


class JournalBody(Strict):
    """What was posted in [from, to), a line an entry; `language` is that of the account names."""

    since: Moment = Field(alias="from")
    until: Moment = Field(alias="to")
    format: Literal["csv", "json"] = "csv"
    language: Language = "en"

    @model_validator(mode="after")
    def _is_a_period(self) -> Self:
        if self.until <= self.since:
            raise PydanticCustomError("period", "`to` should be after `from`")
        return self
