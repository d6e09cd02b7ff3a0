"""Lines for the books: they balance in both currencies, under codes that are data."""

import csv
import io
import json
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import Invalid
from chalicelib.core.events import Json
from chalicelib.invoicing.accounts import mapped_accounts, starting_accounts
from chalicelib.invoicing.journal import (
    COLUMNS,
    JournalLine,
    csv_header,
    csv_row,
    journal_lines,
    json_object,
)
from chalicelib.ledger.model import Account, Posting
from chalicelib.ledger.posting import postings_for
from tests.ledger.workload import Count, Told, journal, leg, money, workloads

SUBJECT = "return/ret_1"


def lines_of(
    postings: tuple[Posting, ...], *, home: str = "EUR", rate: str | None = None, tag: str = "en"
) -> list[JournalLine]:
    rates = {} if rate is None else {SUBJECT: rate}
    return journal_lines(
        postings, starting_accounts(), language=tag, home_currency=home, rates=rates
    )


def started() -> tuple[Posting, ...]:
    data: dict[str, Json] = {
        "amount": money(8000),
        "fees": [{"amount": money(500)}],
        "legs": [leg("card", 8000)],
    }
    return postings_for(journal(("settlement.started", data)))


@given(
    workloads(),
    st.sampled_from(["JPY", "USD", "KWD", "CLF"]),
    st.decimals("0.0001", "900", places=4).map(str),
)
def test_every_posting_balances_in_both_currencies(
    work: tuple[Told, Count], home: str, rate: str
) -> None:
    postings = postings_for(journal(*work[0]))

    sums: Counter[tuple[str, str]] = Counter()
    for line in lines_of(postings, home=home, rate=rate):
        for kind, debit, credit in (
            ("own", line.debit, line.credit),
            ("home", line.home_debit, line.home_credit),
        ):
            assert bool(debit) != bool(credit)
            sums[line.posting_id, kind] += Decimal(debit or 0) - Decimal(credit or 0)  # type: ignore[assignment]  # counts decimals
    assert not any(sums.values())


def test_a_line_says_what_it_is_about() -> None:
    first, *_ = lines_of(started(), tag="zh-CN")

    assert (first.account, first.account_name) == ("4200", "销售退回")
    assert (first.debit, first.credit, first.currency) == ("85.00", "", "EUR")
    assert (first.subject, first.event_type) == (SUBJECT, "settlement.started")


def test_a_sale_in_another_currency_is_booked_at_its_own_rate() -> None:
    lines = lines_of(started(), home="USD", rate="1.10")

    assert [(line.home_debit, line.home_credit) for line in lines] == [
        ("93.50", ""),
        ("", "5.50"),
        ("", "88.00"),
    ]
    assert {line.exchange_rate for line in lines} == {"1.10"}


@pytest.mark.parametrize("rate", [None, "0", "-1", "x", "1/0", "1e9", "1" * 30, ""])
def test_without_a_rate_another_currency_has_no_amounts_at_home(rate: str | None) -> None:
    lines = lines_of(started(), home="USD", rate=rate)

    assert (lines[0].debit, lines[0].credit) == ("85.00", "")
    assert {
        (line.home_currency, line.home_debit, line.home_credit, line.exchange_rate)
        for line in lines
    } == {("", "", "", "")}


def test_csv_and_json_say_the_same() -> None:
    lines = lines_of(started())

    text = csv_header() + "".join(map(csv_row, lines))
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    told: list[dict[str, Any]] = [json.loads(json_object(line)) for line in lines]

    assert tuple(rows[0]) == COLUMNS
    assert rows == [{name: str(value) for name, value in one.items()} for one in told]


def test_no_cell_is_taken_for_a_formula() -> None:
    data: dict[str, Json] = {"award": money(5)}
    postings = postings_for(
        journal(
            ("compensation.awarded", data),
            ("compensation.paid", {"amount": money(5), "method": "=cmd()"}),
        )
    )

    assert any(",'=cmd()," in csv_row(line) for line in lines_of(postings))


def test_every_account_has_one_code_of_its_own() -> None:
    accounts = starting_accounts()

    assert set(accounts) == set(Account)
    assert len({mapped.code for mapped in accounts.values()}) == len(accounts)
    assert all({"en", "zh-CN"} <= set(mapped.names) for mapped in accounts.values())


def test_a_mapping_that_lacks_or_invents_an_account_is_refused() -> None:
    told = {account.value: {"code": str(place)} for place, account in enumerate(Account, start=1)}

    with pytest.raises(Invalid) as lacking:
        mapped_accounts({name: one for name, one in told.items() if name != "fees"})
    with pytest.raises(Invalid) as invented:
        mapped_accounts({**told, "petty_cash": {"code": "1"}})

    assert [(one.pointer, one.code) for one in lacking.value.errors] == [
        ("/accounts/fees", "account_missing")
    ]
    assert [(one.pointer, one.code) for one in invented.value.errors] == [
        ("/accounts/petty_cash", "unknown_account")
    ]


def test_an_account_without_a_code_is_refused() -> None:
    told = {account.value: {"code": "1"} for account in Account}

    with pytest.raises(Invalid) as refused:
        mapped_accounts({**told, "fees": {"code": " ", "en": "Fees"}})

    assert [one.pointer for one in refused.value.errors] == ["/accounts/fees/code"]
