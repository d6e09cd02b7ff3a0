"""What a supplier may see and say through the API: its own, what it was told, and no decision."""

from typing import Any

import pytest

from chalicelib.auth.principal import Role
from tests.api.door import Door
from tests.api.test_suppliers import SECRETS, draft, projected, put, returned, sent, step
from tests.stage import Stage

__all__ = ["draft", "returned", "sent"]

# What each address answers to another supplier: as if there were no such thing.
_FOREIGN_READS = (
    "/v1/suppliers/ACME",
    "/v1/suppliers/ACME/scorecard?from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z",
    "/v1/suppliers/ACME/returns",
    "/v1/suppliers/ACME/returns-to-vendor",
    "/v1/suppliers/ACME/vendor-claims",
    "/v1/suppliers/ACME/exports",
)


@pytest.mark.parametrize("path", _FOREIGN_READS)
def test_another_supplier_is_not_found(door: Door, sent: dict[str, Any], path: str) -> None:
    refused = door.ask("other", "GET", path)
    nobody = door.ask("other", "GET", path.replace("ACME", "NOBODY"))

    assert refused.status == 404
    assert refused.body["code"] == nobody.body["code"] == "supplier_not_found"
    assert "Acme" not in refused.raw


def test_another_suppliers_documents_are_not_found(door: Door, sent: dict[str, Any]) -> None:
    claim = {"id": sent["claim_id"]}
    reads = [
        door.ask("other", "GET", f"/v1/returns-to-vendor/{sent['id']}"),
        door.ask("other", "GET", f"/v1/returns-to-vendor/{sent['id']}/packing-list"),
        door.ask("other", "GET", f"/v1/vendor-claims/{claim['id']}"),
    ]
    writes = [
        step(door, "other", document, name, body)
        for document in (sent, claim)
        for name, body in (
            ("acknowledge", {}),
            ("dispute", {"code": "NOT_OURS"}),
            ("state-credit", {"amount": {"amount": "1.00", "currency": "EUR"}, "reference": "x"}),
        )
    ]
    export = door.ask("other", "POST", "/v1/suppliers/ACME/exports", {})

    assert [reply.status for reply in (*reads, *writes, export)] == [404] * 10
    assert not any(sent["number"] in reply.raw for reply in (*reads, *writes))
    read = door.ask("finance", "GET", f"/v1/vendor-claims/{claim['id']}").expect(200)
    assert (read["state"], read["stated"], read["disputed_code"]) == ("SENT", [], None)


def test_a_supplier_without_an_id_sees_nothing(door: Door, sent: dict[str, Any]) -> None:
    door.sign_in("nameless", Role.SUPPLIER)

    assert door.ask("nameless", "GET", "/v1/suppliers/ACME").status == 404
    assert door.ask("nameless", "GET", f"/v1/returns-to-vendor/{sent['id']}").status == 404


def test_a_supplier_sees_no_draft_and_no_claim_before_it_was_told(
    door: Door, stage: Stage, draft: dict[str, Any]
) -> None:
    projected(stage)
    path = "/v1/suppliers/ACME/returns-to-vendor"

    assert door.ask("acme", "GET", f"/v1/returns-to-vendor/{draft['id']}").status == 404
    assert door.ask("acme", "GET", path).expect(200)["items"] == []
    assert len(door.ask("finance", "GET", path).expect(200)["items"]) == 1
    assert step(door, "acme", draft, "acknowledge").status == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/suppliers"),
        ("GET", "/v1/returns-to-vendor"),
        ("GET", "/v1/vendor-claims"),
        ("GET", "/v1/returns"),
        ("GET", "/v1/orders/SO-1"),
        ("GET", "/v1/tasks"),
        ("GET", "/v1/stock?warehouse=WH1"),
        ("GET", "/v1/search?q=SO-1"),
        ("GET", "/v1/jobs/job_1"),
        ("GET", "/v1/metrics/returns?from=2026-11-01T00:00:00Z&to=2026-11-02T00:00:00Z"),
        ("PUT", "/v1/suppliers/ACME"),
        ("POST", "/v1/suppliers/ACME/returns-to-vendor"),
        ("POST", "/v1/suppliers/ACME/vendor-claims"),
    ],
)
def test_everything_else_is_not_for_suppliers(
    door: Door, sent: dict[str, Any], method: str, path: str
) -> None:
    assert door.ask("acme", method, path, None if method == "GET" else {}).status == 403


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("ship", {"tracking_no": "T-1"}),
        ("credit", {"amount": {"amount": "1.00", "currency": "EUR"}, "reference": "x"}),
        ("reject", {"code": "NOT_OURS"}),
        ("write-off", {"code": "AGREED", "accountable": "me"}),
        ("take-back", {}),
        ("cancel", {}),
        ("send", {}),
    ],
)
def test_a_supplier_gives_no_command_of_ours(
    door: Door, sent: dict[str, Any], name: str, body: Any
) -> None:
    refused = step(door, "acme", sent, name, body)

    assert (refused.status, refused.body["code"]) == (403, "command_not_yours")


def test_a_supplier_answers_disputes_and_states_its_credit(
    door: Door, stage: Stage, sent: dict[str, Any]
) -> None:
    step(door, "acme", sent, "acknowledge", {"reference": "RMA-9"}).expect(200)
    step(door, "acme", sent, "dispute", {"code": "NO_FAULT_FOUND"}).expect(200)

    claim = door.ask("acme", "GET", f"/v1/vendor-claims/{sent['claim_id']}").expect(200)

    assert (claim["state"], claim["disputed_code"]) == ("ACKNOWLEDGED", "NO_FAULT_FOUND")
    assert (claim["opened_by"], claim["accountable"], claim["remind_at"]) == (None, None, None)
    projected(stage)
    (task,) = door.ask("finance", "GET", "/v1/tasks?role=finance").expect(200)["items"]
    assert (task["kind"], task["subject"]) == ("vendor_claim", f"vendorclaim/{claim['id']}")


def test_what_a_supplier_accepts_is_an_offer_until_finance_agrees(
    door: Door, sent: dict[str, Any]
) -> None:
    claim = {"id": sent["claim_id"]}
    most = {"amount": {"amount": "64.00", "currency": "EUR"}}
    step(door, "acme", sent, "acknowledge", {**most, "reference": "RMA-1"}).expect(200)
    offered = door.ask("acme", "GET", f"/v1/vendor-claims/{claim['id']}").expect(200)
    assert (offered["accepted"], offered["offered"]["amount"]) == (None, "64.00")
    for name in ("accept", "reverse", "withdraw"):
        body = {"accept": most, "reverse": {"reference": "x"}}.get(name, {})
        assert step(door, "acme", claim, name, body).body["code"] == "command_not_yours"

    agreed = step(door, "finance", claim, "accept", most).expect(200)

    assert agreed["accepted"]["amount"] == "64.00"


def test_finance_reverses_what_bounced_and_is_not_told_the_supplier_why_we_gave_up(
    door: Door, sent: dict[str, Any]
) -> None:
    claim = {"id": sent["claim_id"]}
    given = {"amount": {"amount": "10.00", "currency": "EUR"}, "reference": "CN-1"}
    step(door, "finance", claim, "recover", given).expect(200)
    back = step(door, "finance", claim, "reverse", {"reference": "CN-1"}).expect(200)
    assert (back["state"], back["recoveries"]) == ("SENT", [])
    off = {"code": "INSOLVENT", "accountable": "buyer-1"}
    step(door, "finance", claim, "write-off", off).expect(200)

    shown = [
        door.ask("acme", "GET", f"/v1/vendor-claims/{claim['id']}"),
        door.ask("acme", "GET", f"/v1/returns-to-vendor/{sent['id']}"),
    ]

    assert [reply.expect(200)["closing_code"] for reply in shown] == [None, None]
    read = door.ask("finance", "GET", f"/v1/vendor-claims/{claim['id']}").expect(200)
    assert read["closing_code"] == "INSOLVENT"


def test_a_document_that_was_sent_and_cancelled_is_still_known_to_its_supplier(
    door: Door, stage: Stage, sent: dict[str, Any], returned: str
) -> None:
    step(door, "warehouse", sent, "cancel").expect(200)
    projected(stage)

    shown = door.ask("acme", "GET", f"/v1/returns-to-vendor/{sent['id']}").expect(200)
    listed = door.ask("acme", "GET", "/v1/suppliers/ACME/returns-to-vendor").expect(200)
    claim = door.ask("acme", "GET", f"/v1/vendor-claims/{sent['claim_id']}").expect(200)

    assert (shown["state"], claim["state"]) == ("CANCELLED", "WITHDRAWN")
    assert [row["state"] for row in listed["items"]] == ["CANCELLED"]
    waiting = door.ask("warehouse", "GET", "/v1/returns-to-vendor?supplier=ACME").expect(200)
    assert [one["return_id"] for one in waiting["items"]] == [returned]


def test_what_a_supplier_sees_holds_nothing_of_the_customer(
    door: Door, stage: Stage, sent: dict[str, Any], returned: str
) -> None:
    projected(stage)
    shown = [
        door.ask("acme", "GET", "/v1/suppliers/ACME"),
        door.ask("acme", "GET", "/v1/suppliers/ACME/returns"),
        door.ask("acme", "GET", "/v1/suppliers/ACME/returns-to-vendor"),
        door.ask("acme", "GET", f"/v1/returns-to-vendor/{sent['id']}"),
        door.ask("acme", "GET", f"/v1/returns-to-vendor/{sent['id']}/packing-list"),
        door.ask("acme", "GET", "/v1/suppliers/ACME/vendor-claims"),
        door.ask("acme", "GET", f"/v1/vendor-claims/{sent['claim_id']}"),
    ]

    assert [reply.status for reply in shown] == [200] * 7
    for reply in shown:
        assert not any(secret in reply.raw for secret in SECRETS), reply.raw
    (units,) = shown[1].body["items"]
    assert (units["return_id"], units["quantity"], units["grade"]) == (returned, 2, "C")
    assert (units["reason"], units["fault"], units["price"]) == ("CHANGED_MIND", "maker", None)


def test_prices_are_shown_where_that_was_agreed(
    door: Door, stage: Stage, sent: dict[str, Any]
) -> None:
    put(door, "ACME", sees_prices=True)
    projected(stage)

    (units,) = door.ask("acme", "GET", "/v1/suppliers/ACME/returns").expect(200)["items"]

    assert units["price"] == {"amount": "193.33", "currency": "EUR"}


def test_a_document_of_another_warehouse_is_not_there_for_who_works_elsewhere(
    door: Door, sent: dict[str, Any]
) -> None:
    """Nothing of it is told, not even how far it is."""
    door.sign_in("far", Role.WAREHOUSE, warehouses=frozenset({"WH9"}))

    refused = [
        door.ask("far", "GET", f"/v1/returns-to-vendor/{sent['id']}"),
        step(door, "far", sent, "ship", {"tracking_no": "T-1"}),
        step(door, "far", sent, "take-back"),
    ]

    assert [(reply.status, reply.body["code"]) for reply in refused] == [(404, "rtv_not_found")] * 3


def test_who_answers_as_a_supplier_answers_for_that_supplier_only(
    door: Door, sent: dict[str, Any]
) -> None:
    roles = frozenset({Role.SUPPLIER, Role.WAREHOUSE})
    door.sign_in("both", *roles, supplier_id="OTHER", warehouses=frozenset({"WH1"}))

    refused = step(door, "both", sent, "dispute", {"code": "NOT_OURS"})

    assert (refused.status, refused.body["code"]) == (404, "rtv_not_found")
