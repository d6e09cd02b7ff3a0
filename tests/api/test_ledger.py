"""The money ledger and the journal through the API: who may see them, and what they say."""

import csv
import io
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.ledger.model import Account
from tests.api.door import Door
from tests.api.test_settlement_keys import _accepted

SEES = ("finance", "auditor", "admin", "machine")


def settled(door: Door) -> dict[str, Any]:
    ret = _accepted(door)
    path = f"/v1/returns/{ret['id']}/settlements"
    door.ask("machine", "POST", path, {"mode": "execute"}, Idempotency_Key="pay").expect(201)
    return ret


def ledger(door: Door, path: str, who: str = "finance") -> dict[str, Any]:
    body: dict[str, Any] = door.ask(who, "GET", f"/v1/{path}/ledger").expect(200)
    return body


def test_a_return_shows_what_each_event_meant_and_what_is_under_way(door: Door) -> None:
    ret = settled(door)

    told = ledger(door, f"returns/{ret['id']}")

    (posting,) = told["postings"]
    assert posting["event_type"] == "settlement.started"
    amounts = {
        (one["account"], side): one[side]["amount"]
        for one in posting["entries"]
        for side in ("debit", "credit")
        if one[side] is not None
    }
    (owed,) = {amount for (account, _), amount in amounts.items() if account == "returned"}
    assert amounts == {("returned", "debit"): owed, ("under_way", "credit"): owed}
    assert told["balanced"] is True
    assert told["faults"] == []
    assert told["owed"]["amount"] in ("0.00", "0")
    assert told["under_way"]["amount"] == owed


def test_before_money_moves_a_ledger_is_empty(door: Door) -> None:
    ret = _accepted(door)

    told = ledger(door, f"returns/{ret['id']}")

    assert (told["postings"], told["balances"], told["balanced"]) == ([], [], True)


def test_an_order_has_a_ledger_of_its_own(door: Door) -> None:
    settled(door)

    told = ledger(door, "orders/SO-1")

    assert (told["subject"], told["postings"]) == ("order/SO-1", [])


def test_a_posting_that_is_gone_is_said(door: Door) -> None:
    ret = settled(door)
    (stored,) = wiring.core_table().query(f"RETURN#{ret['id']}", prefix="POSTING#")
    wiring.core_table()._link.dispatch(
        "DeleteItem",
        {"TableName": wiring.core_table().name, "Key": {"pk": stored["pk"], "sk": stored["sk"]}},
    )

    told = ledger(door, f"returns/{ret['id']}")

    assert told["balanced"] is False
    assert [fault["code"] for fault in told["faults"]] == ["not_posted"]


@pytest.mark.parametrize("path", ["returns/ret_nobody", "orders/SO-9"])
def test_what_is_not_there_has_no_ledger(door: Door, path: str) -> None:
    assert door.ask("finance", "GET", f"/v1/{path}/ledger").status == 404


@pytest.mark.parametrize("who", ["customer", "support", "reviewer", "warehouse", "sales"])
def test_a_ledger_is_for_finance_and_auditors(door: Door, who: str) -> None:
    ret = settled(door)

    assert door.ask(who, "GET", f"/v1/returns/{ret['id']}/ledger").status == 403
    for seeing in SEES:
        ledger(door, f"returns/{ret['id']}", seeing)


ACCOUNTS: dict[str, Any] = {
    "accounts": {
        account.value: {"code": f"{1000 + place}", "names": {"en": account.value}}
        for place, account in enumerate(Account)
    },
    "rates": {"USD": "0.92"},
}


def test_the_accounts_are_those_of_the_product_until_finance_states_them(door: Door) -> None:
    before = door.ask("finance", "GET", "/v1/finance/accounts")
    put = door.ask("finance", "PUT", "/v1/finance/accounts", ACCOUNTS, If_Match='"v1"')
    after = door.ask("auditor", "GET", "/v1/finance/accounts").expect(200)

    assert before.expect(200)["accounts"]["fees"]["names"]["zh-CN"] == "退货手续费收入"
    assert before.headers["ETag"] == '"v1"'
    assert put.expect(200)["version"] == 2
    assert after["accounts"]["fees"] == {
        "code": ACCOUNTS["accounts"]["fees"]["code"],
        "names": {"en": "fees"},
    }
    assert (after["rates"], after["home_currency"]) == ({"USD": "0.92"}, "EUR")


def test_accounts_are_stated_by_finance_who_saw_them(door: Door) -> None:
    unseen = door.ask("finance", "PUT", "/v1/finance/accounts", ACCOUNTS)
    foreign = door.ask("auditor", "PUT", "/v1/finance/accounts", ACCOUNTS, If_Match='"v1"')
    stale = door.ask("finance", "PUT", "/v1/finance/accounts", ACCOUNTS, If_Match='"v7"')

    assert (unseen.status, foreign.status, stale.status) == (428, 403, 412)


def test_an_account_that_is_missing_is_named_by_its_pointer(door: Door) -> None:
    accounts = {name: one for name, one in ACCOUNTS["accounts"].items() if name != "fees"}

    refused = door.ask(
        "finance", "PUT", "/v1/finance/accounts", {"accounts": accounts}, If_Match='"v1"'
    )

    assert (refused.status, refused.body["code"]) == (422, "accounts_faults")
    assert [error["pointer"] for error in refused.body["errors"]] == ["/accounts/fees"]


def export(door: Door, **more: str) -> Any:
    period = {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}
    return door.ask("finance", "POST", "/v1/finance/journals", {**period, **more})


def test_a_journal_is_a_job_whose_result_leads_to_its_file(door: Door) -> None:
    job = export(door).expect(202)
    wiring.job_runner().run(job["id"], correlation_id="c", remaining_s=lambda: 900.0)

    done = door.ask("finance", "GET", f"/v1/jobs/{job['id']}").expect(200)

    assert (done["state"], done["kind"]) == ("succeeded", "export_journal")
    assert done["result"]["journal_url"].startswith("http")
    key = done["result"]["journal_csv_key"]
    text = wiring.files().read(key, size_max=10_000).decode("utf-8-sig")
    assert list(csv.DictReader(io.StringIO(text, newline=""))) == []


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"to": "2025-01-01T00:00:00Z"}, 422),
        ({"to": "2999-01-01T00:00:00Z"}, 422),
        ({"format": "xls"}, 422),
        ({"from": "soon"}, 400),
    ],
    ids=["backwards", "not over", "no format", "no time"],
)
def test_a_time_or_form_that_makes_no_journal_is_refused(
    door: Door, more: dict[str, str], status: int
) -> None:
    reply = export(door, **more)

    assert reply.status in (400, status), reply.raw
    assert reply.body["errors"]


def test_a_comparison_with_providers_is_started_and_listed_like_the_others(door: Door) -> None:
    body = {"of": "payments", "from": "2026-11-20T00:00:00Z", "to": "2026-11-21T00:00:00Z"}
    job = door.ask("finance", "POST", "/v1/reconciliations", body).expect(202)
    books = door.ask("finance", "POST", "/v1/reconciliations", {}).expect(202)

    assert (job["kind"], books["kind"]) == ("reconcile_payments", "reconcile_stock")
    read = door.ask("auditor", "GET", f"/v1/reconciliations/{job['id']}").expect(200)
    assert read["kind"] == "reconcile_payments"


@pytest.mark.parametrize(
    "body",
    [
        {"of": "books", "from": "2026-11-20T00:00:00Z"},
        {"of": "payments", "from": "2026-11-21T00:00:00Z", "to": "2026-11-20T00:00:00Z"},
        {"of": "payments", "from": "2026-01-01T00:00:00Z", "to": "2026-11-20T00:00:00Z"},
        {"of": "stocks"},
    ],
    ids=["books of a time", "backwards", "too long", "of nothing"],
)
def test_what_cannot_be_compared_is_refused(door: Door, body: dict[str, str]) -> None:
    reply = door.ask("finance", "POST", "/v1/reconciliations", body)

    assert reply.status in (400, 422)
    assert reply.body["errors"]
