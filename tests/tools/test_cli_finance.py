"""`tuiku finance` and `tuiku reconcile`: what they ask the API, and what they print of it."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chalicelib.api.schemas.credits import CreditAccountView, CustomerCreditView
from chalicelib.api.schemas.ledger import LedgerView
from chalicelib.api.schemas.settlements import SettlementView
from chalicelib.credits.model import CreditAccount, Lot
from chalicelib.returns.model import Return
from tests.builders import Shop, eur, item, line, order, passed, payment, wish
from tests.fakes import FakeProvider
from tests.tools.test_cli_gate import Scripted, target
from tools.cli import finance_credit, finance_journal, finance_notes, finance_reading
from tools.cli.finding import items_of, return_id_of
from tools.cli.gate import Gate
from tools.cli.reconcile import Of, _body
from tools.stack.errors import StackError

Told = dict[str, Any]
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
ENGLISH = finance_journal.Language.ENGLISH


def gate(*replies: Any) -> tuple[Gate, Scripted]:
    http = Scripted([(200, reply) for reply in replies])
    return Gate(target(), http), http


def settled(shop: Shop) -> Return:
    """Two units of 10.00, paid by card and by hand, and settled."""
    shop.sells(
        order(
            line(quantity=2),
            payments=(payment("card", 15_00), payment("cash", 5_00, provider="manual")),
        )
    )
    ret = shop.approves(shop.asks("O-1", wish(2)))
    shop.receives(ret, item(quantity=2))
    shop.inspects(ret, passed(2))
    shop.settles(ret)
    return shop.now_is(ret)


def ledger_of(shop: Shop, ret: Return) -> Told:
    reads = shop.store.reads()
    view = LedgerView.of(
        ret.subject, ret.currency, reads.events(ret.subject), reads.postings(ret.subject)
    )
    return view.model_dump(mode="json")


def test_a_return_is_found_by_its_number() -> None:
    api, http = gate({"items": [{"id": "ret_1"}]}, {"items": []})

    assert return_id_of(api, "ret_7") == "ret_7"
    assert return_id_of(api, "R26 A") == "ret_1"
    with pytest.raises(StackError, match="no return R26B"):
        return_id_of(api, "R26B")
    assert http.asked[0][1] == "https://api/v1/returns?number=R26%20A"


def test_a_list_is_read_to_its_end() -> None:
    api, http = gate(
        {"items": [{"n": 1}, {"n": 2}], "next_cursor": "a+b"},
        {"items": [{"n": 3}], "next_cursor": None},
        {"items": [], "next_cursor": "c"}, {"items": [{"n": 4}], "next_cursor": None},
    )  # fmt: skip

    assert [one["n"] for one in items_of(api, "/v1/credits?limit=2")] == [1, 2, 3]
    assert [one["n"] for one in items_of(api, "/v1/tasks")] == [4]
    assert http.asked[1][1] == "https://api/v1/credits?limit=2&cursor=a%2Bb"
    assert http.asked[3][1] == "https://api/v1/tasks?cursor=c"


def test_every_leg_of_a_settlement_stands_in_its_row(shop: Shop, provider: FakeProvider) -> None:
    settlement = settled(shop).settlements[-1]
    held = replace(settlement, second_above=eur(1_00), written_off=eur(2_00), credit_id="crd_1")

    plain = finance_reading._settlement(SettlementView.of(settlement).model_dump(mode="json"))
    told = finance_reading._settlement(SettlementView.of(held).model_dump(mode="json"))

    assert plain[1:5] == ("PARTIAL", "20.00 EUR", "15.00 EUR", "0.00 EUR")
    assert plain[5] == (f"card 15.00 EUR by {provider.name}: PAID; cash 5.00 EUR by manual: MANUAL")
    assert plain[6] == ""
    assert told[6] == (
        "second person to agree above 1.00 EUR; written off 2.00 EUR; store credit crd_1"
    )


def test_a_ledger_is_told_with_its_balances_and_what_is_open(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    ret = settled(shop)

    finance_reading._tell_ledger(ledger_of(shop, ret))

    out = capsys.readouterr().out
    rows = [row.split() for row in out.splitlines()]
    assert ["returned", "20.00", "EUR"] in rows
    assert ["under_way", "cash", "5.00", "EUR"] in rows
    assert ["refunded", "card", "15.00", "EUR"] in rows
    assert out.endswith(f"{ret.subject}: owed 0.00 EUR, under way 5.00 EUR. It balances.\n")


def test_a_ledger_that_does_not_balance_says_what_is_wrong(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    fault = {"code": "not_posted", "about": "evt_1"}
    told = ledger_of(shop, settled(shop)) | {"balanced": False, "faults": [fault]}

    finance_reading._tell_ledger(told)

    assert capsys.readouterr().out.endswith("It does NOT balance:\n✗ not_posted  evt_1\n")


@pytest.mark.parametrize(("return_", "order_no"), [(None, None), ("R1", "O-1")])
def test_a_ledger_is_of_a_return_or_of_an_order(return_: str | None, order_no: str | None) -> None:
    with pytest.raises(StackError, match="Name a return, or an order"):
        finance_reading.ledger(return_, order_no)


def test_credit_is_told_by_currency_in_the_order_it_is_spent_in() -> None:
    lots = tuple(
        Lot(credit_id=name, left=eur(minor), issued_at=NOW, expires_at=ends)
        for name, minor, ends in (("crd_1", 5_00, NOW.replace(year=2029)), ("crd_2", 20_00, None))
    )
    full = CreditAccount(
        account_id="cra_1", customer_id="c", currency="EUR", lots=lots, updated_at=NOW
    )
    empty = replace(full, account_id="cra_2", currency="USD", lots=())
    told = CustomerCreditView(
        customer_id="c", accounts=tuple(CreditAccountView.of(one, NOW) for one in (full, empty))
    )

    rows = list(finance_credit._lots(told.model_dump(mode="json")))

    assert rows == [
        ("EUR", "25.00", "crd_1", "5.00", "2029-11-21", "2026-11-21"),
        ("", "", "crd_2", "20.00", "no end", "2026-11-21"),
        ("USD", "0.00", "", "", "", ""),
    ]


@pytest.mark.parametrize(
    ("ordinals", "first", "missing"),
    [((), 1, []), ((1, 2, 3), 1, []), ((1, 4), 1, [2, 3]), ((2,), 1, [1]), ((7, 8), 7, [])],
    ids=["none", "whole", "a hole", "the first", "from one on"],
)
def test_a_number_that_nobody_has_is_missing(
    ordinals: tuple[int, ...], first: int, missing: list[int]
) -> None:
    assert finance_notes.missing_in(ordinals, first) == missing


def test_a_journal_says_its_time_format_and_language() -> None:
    asked = finance_journal._body("2026-11-01", "2026-11-02T12:00:00Z", Path("j.JSON"), ENGLISH)

    assert asked == {
        "from": "2026-11-01T00:00:00.000Z", "to": "2026-11-02T12:00:00.000Z",
        "format": "json", "language": "en",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("since", "until", "out", "said"),
    [
        ("2026-11-02", "2026-11-01", "j.csv", "before --until"),
        ("2026-11-01", "2026-11-01", "j.csv", "before --until"),
        ("2026-11-01", "2026-11-02", "j.xlsx", r"\.csv or \.json"),
        ("tomorrow", "2026-11-02", "j.csv", "no day or time"),
    ],
    ids=["backwards", "nothing", "no format", "no day"],
)
def test_a_journal_of_no_time_or_format_is_refused(
    since: str, until: str, out: str, said: str
) -> None:
    with pytest.raises(StackError, match=said):
        finance_journal._body(since, until, Path(out), ENGLISH)


def test_only_payments_are_compared_for_a_time() -> None:
    assert _body(Of.BOOKS, None, None) == {}
    assert _body(Of.PAYMENTS, None, None) == {"of": "payments"}
    assert _body(Of.PAYMENTS, "2026-11-01", "2026-11-03") == {
        "of": "payments", "from": "2026-11-01T00:00:00.000Z", "to": "2026-11-03T00:00:00.000Z",
    }  # fmt: skip
    with pytest.raises(StackError, match="as a whole"):
        _body(Of.BOOKS, "2026-11-01", None)
