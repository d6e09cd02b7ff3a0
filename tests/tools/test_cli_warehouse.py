"""`tuiku warehouse`: what it asks the API, and what it prints of the answers."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from typer.testing import CliRunner

from chalicelib.analytics.scorecards import Card
from chalicelib.api.schemas.carriers import CarrierCardView
from chalicelib.api.schemas.devices import DeviceView, SequenceView
from chalicelib.api.schemas.inspections import AccuracyView
from chalicelib.api.schemas.receivings import ReceivingRowView
from chalicelib.api.schemas.stock_planning import AlertView
from chalicelib.api.schemas.suppliers import ScorecardView
from chalicelib.api.schemas.vendor_returns import RtvRowView
from chalicelib.api.schemas.work_orders import WorkOrderRowView
from chalicelib.core.money import Money
from chalicelib.core.runs import Run
from chalicelib.devices.model import Credential, Device, DeviceState, Revocation, RevocationReason
from chalicelib.devices.sequence import Sequence
from chalicelib.inspection.accuracy import Accuracy
from chalicelib.inventory.alerts import AlertKind, AlertState, Cause, StockAlert
from chalicelib.inventory.model import Account
from chalicelib.receivings.model import Kind, Mode, ReceivingRow, State
from chalicelib.store.supplier_rows import RtvRow
from chalicelib.store.work_rows import WorkOrderRow
from chalicelib.suppliers.documents import RtvState
from chalicelib.suppliers.model import DefectLimit
from chalicelib.suppliers.scorecard import Figures, Judged, Scorecard
from chalicelib.workorders.model import WorkKind, WorkState
from tests.builders import eur
from tests.tools.test_cli_gate import Scripted, target
from tools.cli import (
    warehouse_devices,
    warehouse_goods,
    warehouse_scorecards,
    warehouse_stock,
    warehouse_vendor,
)
from tools.cli.app import app
from tools.cli.gate import Gate
from tools.stack.errors import StackError

Told = dict[str, Any]
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
_USAGE = 2


def gate(*replies: Any, bearer: str | None = None) -> tuple[Gate, Scripted]:
    http = Scripted([one if isinstance(one, tuple) else (200, one) for one in replies])
    return Gate(target(), http, bearer=bearer), http


def page(*items: Told, cursor: str | None = None) -> Told:
    return {"items": list(items), "next_cursor": cursor}


# --- stock ---


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "Name --sku, --warehouse or both"),
        ({"value": True}, "whole warehouse"),
        ({"value": True, "warehouse": "BER", "sku": "MUG-1"}, "whole warehouse"),
        ({"value": True, "warehouse": "BER", "account": Account.SCRAPPED}, "whole warehouse"),
    ],
    ids=["nothing", "a value of nothing", "of a SKU", "of an account"],
)
def test_stock_is_asked_for_by_what_there_is_a_list_of(asked: Told, said: str) -> None:
    with pytest.raises(StackError, match=said):
        warehouse_stock.stock(**asked)


def test_the_pages_of_a_valuation_are_the_warehouse() -> None:
    def one(account: str, units: int, *value: str) -> Told:
        money = [{"amount": amount, "currency": "EUR"} for amount in value]
        return {"account": account, "quantity": units, "value": money}

    api, http = gate(
        {"accounts": [one("available", 2, "8.00"), one("scrapped", 1)], "next_cursor": "a+b"},
        {"accounts": [one("available", 3, "12.50")], "next_cursor": None},
    )

    path = warehouse_stock.asked("/v1/stock/valuation", warehouse="BER")
    found = warehouse_stock.accounts_of(warehouse_stock._pages(api, path))

    assert found == [one("available", 5, "20.50"), one("scrapped", 1)]
    assert http.asked[1][1].endswith("?warehouse=BER&limit=200&cursor=a%2Bb")


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (Cause(kind=AlertKind.LOW_STOCK, quantity=3, limit=10), "3 left, to be told at 10"),
        (
            Cause(kind=AlertKind.PURCHASE_COVERED, quantity=5, limit=20, purchase_id="PO-1"),
            "PO-1 of 20 can be cut by 5",
        ),
        (
            Cause(kind=AlertKind.AGEING, quantity=2, account=Account.QUARANTINE, since=NOW),
            "2 in quarantine since 2026-11-22",
        ),
        (
            Cause(kind=AlertKind.LOT_EXPIRING, quantity=4, expires_on=date(2026, 12, 1)),
            "4 expire on 2026-12-01",
        ),
        (Cause(kind=AlertKind.LOT_CONTRADICTED, quantity=7), "7 units"),
    ],
    ids=lambda one: one.kind.value if isinstance(one, Cause) else "",
)
def test_an_alert_says_what_it_is_about(cause: Cause, said: str) -> None:
    alert = StockAlert(
        alert_id="alt_1", warehouse="BER", sku="MUG-1", cause=cause, state=AlertState.OPEN,
        raised_at=NOW,
    )  # fmt: skip

    assert warehouse_stock.said(AlertView.of(alert).model_dump(mode="json")) == said


# --- devices ---

SCANNER = Device(
    device_id="dev_1", name="Dock 2", warehouse="BER", state=DeviceState.ENROLLED,
    credential=Credential(number=1, key_id="k2", issued_at=NOW), enrolled_at=NOW, enrolled_by="u",
)  # fmt: skip


def device(one: Device = SCANNER, *taken: Run) -> Told:
    sequence = SequenceView.of(Sequence(device_id="dev_1", taken=taken, processed_at=NOW))
    return DeviceView.of(one, sequence, key_id="k2").model_dump(mode="json")


def test_a_device_is_a_row_with_how_many_of_its_scans_are_missing() -> None:
    row = warehouse_devices._row(device(SCANNER, Run(1, 2), Run(5, 1)))

    assert row == ("dev_1", "BER", "ENROLLED", "5", "2", "2026-11-22T09:30", "Dock 2", "")


def test_the_missing_numbers_of_a_device_are_named() -> None:
    facts = dict(warehouse_devices._facts(device(SCANNER, Run(2, 1), Run(5, 1))))

    assert (facts["missing"], facts["gaps"]) == ("3", "1, 3-4")
    assert dict(warehouse_devices._facts(device()))["gaps"] == "none"
    glitch = dict(warehouse_devices._facts(device(SCANNER, Run(1, 2), Run(2**31, 1))))
    assert (glitch["highest"], glitch["gaps"], glitch["far apart"]) == ("2", "none", "2147483648")


@pytest.mark.parametrize(
    ("changed", "note"),
    [
        ({"revoked": Revocation(at=NOW, by="u", reason=RevocationReason.LOST)}, "LOST, 2026-11-22"),
        ({"pending": Credential(number=2, key_id="k2", issued_at=NOW)}, "a newer credential"),
        ({"credential": Credential(number=1, key_id="k1", issued_at=NOW)}, "enrol it again"),
        ({}, ""),
    ],
    ids=["revoked", "handed out", "an old key", "nothing"],
)
def test_what_is_to_know_of_a_device_is_noted(changed: Told, note: str) -> None:
    assert note in warehouse_devices._note(device(replace(SCANNER, **changed)))


def test_a_person_enrols_and_revokes_and_not_the_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(warehouse_devices.BEARER, raising=False)

    with pytest.raises(StackError, match="TUIKU_TOKEN"):
        warehouse_devices._as_staff("dev", "prod")


def test_a_device_is_not_revoked_unasked() -> None:
    with pytest.raises(StackError, match="--yes"):
        warehouse_devices._confirm(device())


def test_revoking_wants_a_reason_that_is_one() -> None:
    for given in ([], ["--reason", "BORED"]):
        done = CliRunner().invoke(app, ["warehouse", "devices", "revoke", "dev_1", *given])
        assert done.exit_code == _USAGE


# --- goods ---


def test_what_waits_for_work_waits_in_a_warehouse() -> None:
    with pytest.raises(StackError, match="name it with --warehouse"):
        warehouse_goods.work_orders(waiting=True)
    with pytest.raises(StackError, match="without --state"):
        warehouse_goods.work_orders(warehouse="BER", state=WorkState.OPEN, waiting=True)


def test_a_work_order_is_a_row_with_what_is_still_out() -> None:
    row = WorkOrderRow(
        work_order_id="wo_1", kind=WorkKind.REPACK, state=WorkState.PARTLY_BACK, warehouse="BER",
        workshop=None, quantity=5, waiting=2, opened_at=NOW, due_at=None, version=3,
    )  # fmt: skip

    told = warehouse_goods._order(WorkOrderRowView.of(row).model_dump(mode="json"))

    assert told == (
        "wo_1", "REPACK", "PARTLY_BACK", "BER", "in the house", "5", "2", "2026-11-22T09:30", "",
    )  # fmt: skip


def test_what_was_short_is_told_once_a_count_is_closed() -> None:
    open_ = ReceivingRow(
        receiving_id="rcv_1", mode=Mode.BLIND, kind=Kind.RETURN, name="R26", warehouse="BER",
        state=State.RECOUNT, opened_by="u", opened_at=NOW, closed_at=None, rounds=2, counted=2,
        short=1, over=0, version=4,
    )  # fmt: skip
    closed = replace(open_, state=State.CLOSED, closed_at=NOW, rounds=1)

    told = [
        warehouse_goods._receiving(ReceivingRowView.of(one).model_dump(mode="json"))
        for one in (open_, closed)
    ]

    assert told[0][4:8] == ("RECOUNT (round 2)", "2", "", "")
    assert told[1][4:8] == ("CLOSED", "2", "1", "0")


# --- scorecards ---


def test_a_period_is_thirty_days_and_today_where_nothing_is_said() -> None:
    assert warehouse_scorecards.period(None, None, NOW) == {
        "from": "2026-10-23T00:00:00.000Z", "to": "2026-11-23T00:00:00.000Z",
    }  # fmt: skip
    assert warehouse_scorecards.period("2026-11-01", "2026-11-02", NOW) == {
        "from": "2026-11-01T00:00:00.000Z", "to": "2026-11-02T00:00:00.000Z",
    }  # fmt: skip
    with pytest.raises(StackError, match="before --until"):
        warehouse_scorecards.period("2026-11-02", "2026-11-02", NOW)


def test_a_carrier_is_a_row_with_what_it_owes() -> None:
    card = Card(
        carrier="dhl", shipments=9, delivered=7, lost_units=1, damaged_units=2, days_median=3,
        claims_opened=2, claims_recovered=1, claimed=(eur(50_00),),
    )  # fmt: skip

    row = warehouse_scorecards._carrier(CarrierCardView.of(card).model_dump(mode="json"))

    assert row == (
        "dhl", "9", "7", "1", "2", "0", "3", "-", "0", "2", "1", "50.00 EUR", "",
    )  # fmt: skip


def supplier_card(**changed: Any) -> Told:
    total = Figures(
        group="all", sold=200, returned=9, inspected=8, defective=3, per_thousand="15.0"
    )
    card = Scorecard(
        supplier_id="ACME", since=NOW, until=NOW, total=total,
        by_sku=(replace(total, group="LAMP"),), by_defect=(("BROKEN", 3),), days=(), rtv_units=3,
        rtv_value=eur(30_00), claimed=eur(24_00), recovered=eur(12_00), recovery_rate="0.50",
        days_to_acknowledge=2, days_to_credit=None, quality_number=1, complete_until=None,
        judged=(
            Judged(limit=DefectLimit(per_thousand="5"), per_thousand="15.0", is_over=True),
            Judged(limit=DefectLimit(per_thousand="20", sku="LAMP"), per_thousand="15.0",
                   is_over=False),
        ),
    )  # fmt: skip
    return ScorecardView.of(replace(card, **changed)).model_dump(mode="json", by_alias=True)


def test_a_supplier_is_told_with_its_defects_money_and_limits(
    capsys: pytest.CaptureFixture[str],
) -> None:
    warehouse_scorecards._tell_supplier(supplier_card())

    out = capsys.readouterr().out
    assert ["LAMP", "200", "9", "8", "3", "15.0"] in [row.split() for row in out.splitlines()]
    assert "Defects: 3 BROKEN." in out
    assert (
        "3 units sent back, worth 30.00 EUR; claimed 24.00 EUR, recovered 12.00 EUR (0.50)" in out
    )
    assert "until it acknowledged: 2, until it paid: -." in out
    assert "✗ over 5 of 1,000 for all goods: 15.0" in out
    assert "✓ within 20 of 1,000 for LAMP: 15.0" in out
    assert "Nothing was folded yet" in out


def test_how_far_figures_go_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    warehouse_scorecards._tell_supplier(supplier_card(complete_until=NOW))

    assert capsys.readouterr().out.endswith("Complete until 2026-11-22T09:30.\n")


def test_an_inspector_nobody_looked_after_has_no_share() -> None:
    one = Accuracy(
        inspector="u", inspections=4, inspected_units=9, sampled=0, sampled_units=0,
        agreed_units=0, agreed_on={}, share=None, low=None, high=None, kappa=None,
        median_duration_s=41,
    )  # fmt: skip

    row = warehouse_scorecards._inspector(AccuracyView.of(one).model_dump(mode="json"))

    assert row == ("u", "4", "9", "0", "0", "-", "-", "-", "41")


# --- goods that go back ---


def document(number: str, warehouse: str) -> Told:
    row = RtvRow(
        rtv_id=f"rtv_{number}", number=number, supplier_id="ACME", warehouse=warehouse,
        state=RtvState.SENT, units=3, cost=Money(30_00, "EUR"), credited=None, claim_by=NOW,
        drafted_at=NOW, sent_at=NOW, shipped_at=None, claim_id="vcl_1", version=2,
    )  # fmt: skip
    return RtvRowView.of(row).model_dump(mode="json")


def test_documents_of_all_suppliers_are_those_of_each() -> None:
    api, http = gate(
        page({"id": "ACME"}, {"id": "B/C"}), page(document("V1", "BER"), document("V2", "MUC")),
        page(document("V3", "BER")),
    )  # fmt: skip

    found = list(warehouse_vendor._documents(api, None, "BER"))

    assert [one["number"] for one in found] == ["V1", "V3"]
    assert http.asked[2][1] == "https://api/v1/suppliers/B%2FC/returns-to-vendor?limit=200"
    assert warehouse_vendor._document(found[0]) == (
        "V1", "ACME", "BER", "SENT", "3", "30.00 EUR", "", "2026-11-22", "2026-11-22", "vcl_1",
    )  # fmt: skip


def test_documents_of_one_supplier_are_asked_for_alone() -> None:
    api, http = gate(page(document("V1", "BER")))

    assert len(list(warehouse_vendor._documents(api, "ACME", None))) == 1
    assert len(http.asked) == 1


# --- the gate ---


def test_a_paper_is_where_its_route_leads_to() -> None:
    api, _ = gate((303, {"url": "https://bucket/list.pdf"}), (404, {"code": "rtv_not_found"}))

    assert api.place("/v1/x") == "https://bucket/list.pdf"
    with pytest.raises(StackError, match="404 rtv_not_found"):
        api.place("/v1/x")


def test_a_refusal_names_the_fields_that_are_wrong() -> None:
    fault = {"pointer": "query:to", "code": "period", "message": "`to` should be after `from`"}
    api, _ = gate((400, {"code": "query_invalid", "detail": "Not valid.", "errors": [fault]}))

    with pytest.raises(StackError, match=r"Not valid\. query:to: `to` should be after `from`"):
        api.get("/v1/x")


def test_a_person_asks_with_their_own_token_and_says_what_they_saw() -> None:
    api, http = gate({}, bearer="kim")

    api.post("/v1/x", {}, key="k", version=3)

    sent = http.asked[0][2]
    assert (http.tokens, sent["Authorization"], sent["If-Match"]) == (0, "Bearer kim", '"v3"')
