"""Where goods go, through the API: split, held, taken back, scrapped by two persons."""

from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.auth.principal import Role
from tests.api.door import Door, Reply
from tests.api.shop import INSPECTION, RECEIPT, command, opened
from tests.api.test_lifecycle import COUNT, DELIVERY, LINE, ORDER


@pytest.fixture
def inspected(door: Door) -> str:
    """Two units that passed with grade A."""
    return at_hand(door, INSPECTION)


def at_hand(door: Door, inspection: dict[str, Any]) -> str:
    return_id = opened(door)
    command(door, "reviewer", return_id, "approve", If_Match="*").expect(200)
    command(door, "warehouse", return_id, "receipts", RECEIPT, If_Match="*").expect(201)
    command(door, "inspector", return_id, "inspections", inspection, If_Match="*").expect(201)
    return return_id


def goes(
    door: Door, return_id: str, key: str, *items: dict[str, Any], who: str = "warehouse"
) -> Reply:
    return command(
        door,
        who,
        return_id,
        "dispositions",
        {"items": list(items)},
        Idempotency_Key=key,
        If_Match="*",
    )


def item(disposition: str, quantity: int = 1, **more: Any) -> dict[str, Any]:
    return {"line_no": "1", "quantity": quantity, "disposition": disposition, **more}


HELD: dict[str, Any] = {"from": "HOLD"}


def stock(account: str, warehouse: str = "WH1", sku: str = "85123A") -> int:
    found = wiring.reads().balances(warehouse, [sku])
    return sum(one.quantity for one in found if one.account.value == account)


def test_goods_on_hold_are_restocked_once_and_both_are_told(door: Door, inspected: str) -> None:
    before = stock("available")
    goes(door, inspected, "d-1", item("HOLD")).expect(201)
    assert (stock("available"), stock("quarantine")) == (before, 1)

    goes(door, inspected, "d-2", item("RESTOCK", **HELD)).expect(201)
    again = goes(door, inspected, "d-3", item("RESTOCK", **HELD))

    assert again.expect(409)["code"] == "not_waiting_for_disposition"
    assert (stock("available"), stock("quarantine")) == (before + 1, 0)
    told = door.ask("support", "GET", f"/v1/returns/{inspected}/timeline").expect(200)
    ways = [
        e["data"]["lines"][0]["disposition"] for e in told["items"] if "dispositioned" in e["type"]
    ]
    assert ways == ["HOLD", "RESTOCK"]


def test_good_and_damaged_units_of_one_receipt_lie_apart(door: Door) -> None:
    looked = {
        "groups": [
            {"line_no": "1", "quantity": 1, "grade": "A", "result": "passed"},
            {"line_no": "1", "quantity": 1, "grade": "D", "result": "failed", "fault": "carrier"},
        ]
    }
    return_id = at_hand(door, looked)
    before = stock("available")

    goes(door, return_id, "d-1", item("RESTOCK")).expect(201)

    assert (stock("available"), stock("damaged")) == (before + 1, 1)


def test_goods_of_another_warehouse_add_to_where_they_came(door: Door) -> None:
    return_id = opened(door)
    before = stock("available")
    command(door, "reviewer", return_id, "approve", If_Match="*").expect(200)
    receipt = {**RECEIPT, "warehouse": "WH2"}
    command(door, "warehouse", return_id, "receipts", receipt, If_Match="*").expect(201)
    command(door, "inspector", return_id, "inspections", INSPECTION, If_Match="*").expect(201)

    goes(door, return_id, "d-1", item("RESTOCK", 2)).expect(201)

    assert (stock("available", "WH2"), stock("available")) == (2, before)


def test_what_is_rejected_at_inspection_goes_back_unpaid(door: Door) -> None:
    looked = {
        "groups": [
            {"line_no": "1", "quantity": 2, "grade": "C", "result": "failed", "fault": "customer"}
        ]
    }
    return_id = at_hand(door, looked)
    assert stock("quarantine") == 2

    body = {"lines": [{"line_no": "1", "quantity": 2}], "reason": "NOT_ACCEPTED"}
    back = command(door, "warehouse", return_id, "ship-back", body, If_Match="*").expect(200)

    assert (back["status"], stock("quarantine")) == ("COMPLETED", 0)
    assert back["settlements"] == []


def test_each_line_goes_its_own_way(door: Door) -> None:
    lines = [{**LINE, "line_no": no, "sku": sku} for no, sku in (("1", "85123A"), ("2", "85123B"))]
    counted = {**COUNT, "items": [{"sku": line["sku"], "quantity": 5} for line in lines]}
    sent = [{"line_no": line["line_no"], "quantity": 3} for line in lines]
    sale: dict[str, Any] = ORDER
    paid = [{**sale["payments"][0], "captured": {"amount": "590.00", "currency": "EUR"}}]
    sold = {**sale, "lines": lines, "payments": paid, "deliveries": [{**DELIVERY, "items": sent}]}
    door.ask("warehouse", "POST", "/v1/stock/counts", counted, Idempotency_Key="c-1").expect(201)
    door.ask("machine", "PUT", "/v1/orders/SO-1", sold).expect(201)
    wishes = [{"order_line_no": no, "quantity": 1, "reason": "CHANGED_MIND"} for no in ("1", "2")]
    asked = {"order_no": "SO-1", "lines": wishes}
    return_id = door.ask("customer", "POST", "/v1/returns", asked).expect(201)["id"]
    came = {"warehouse": "WH1", "items": [{"sku": x["sku"], "quantity": 1} for x in lines]}
    seen = [{"line_no": no, "quantity": 1, "grade": "A", "result": "passed"} for no in ("1", "2")]
    for who, name, body in (
        ("reviewer", "approve", {}),
        ("warehouse", "receipts", came),
        ("inspector", "inspections", {"groups": seen}),
    ):
        assert command(door, who, return_id, name, body, If_Match="*").status in (200, 201)

    goes(door, return_id, "d-1", item("RESTOCK"), {**item("HOLD"), "line_no": "2"}).expect(201)

    assert (stock("available"), stock("available", sku="85123B")) == (3, 2)


def test_goods_for_the_supplier_stay_in_quarantine(door: Door, inspected: str) -> None:
    goes(door, inspected, "d-1", item("RTV", 2)).expect(201)

    assert (stock("quarantine"), stock("vendor")) == (2, 0)


def test_a_disposition_is_taken_back_and_told(door: Door, inspected: str) -> None:
    goes(door, inspected, "d-1", item("RESTOCK", 2)).expect(201)
    events = door.ask("support", "GET", f"/v1/returns/{inspected}/timeline").expect(200)["items"]
    named = next(e["data"]["disposition_id"] for e in events if "dispositioned" in e["type"])
    door.sign_in("neighbour", Role.WAREHOUSE, warehouses=frozenset({"WH2"}))
    body = {"reason": "BY_MISTAKE", "disposition_id": named}

    def reverses(who: str, key: str, body: dict[str, Any]) -> Reply:
        return command(door, who, inspected, "reversals", body, Idempotency_Key=key, If_Match="*")

    foreign = reverses("neighbour", "r-0", body)
    done = reverses("warehouse", "r-1", body)
    again = reverses("warehouse", "r-1", body)

    assert foreign.expect(403)["code"] == "warehouse_not_yours"
    assert done.expect(200)["lines"][0]["quantities"]["hold"] == 2
    assert again.raw == done.raw
    assert stock("quarantine") == 2
    assert reverses("warehouse", "r-2", body).expect(409)["code"] == "not_allowed_now"
    gone = {"reason": "BY_MISTAKE", "disposition_id": "dsp_none"}
    goes(door, inspected, "d-2", item("RESTOCK", 2, **HELD)).expect(201)
    assert reverses("warehouse", "r-3", gone).expect(404)["code"] == "disposition_not_found"


@pytest.fixture
def low_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCRAP_SECOND_ABOVE", "EUR=0.01")


@pytest.mark.usefixtures("low_limit")
class TestAboveTheLimit:
    def proposal(self, door: Door, return_id: str) -> dict[str, Any]:
        """What a person of the warehouse proposes, found by the task that it opened."""
        proof = {"photos": ["pho_1"], "certificate": "CERT-1"}
        goes(door, return_id, "d-1", item("SCRAP", 2, proof=proof)).expect(201)
        events = door.ask("support", "GET", f"/v1/returns/{return_id}/timeline").expect(200)[
            "items"
        ]
        named = next(e["data"]["proposal_id"] for e in events if "dispositioned" in e["type"])
        shown = door.ask("finance", "GET", f"/v1/scrap-proposals/{named}").expect(200)
        assert isinstance(shown, dict)
        return shown

    def decides(self, door: Door, who: str, named: str, how: str, body: dict[str, Any]) -> Reply:
        path = f"/v1/scrap-proposals/{named}/{how}"
        return door.ask(who, "POST", path, body, Idempotency_Key=f"{who}-{how}", If_Match="*")

    def test_a_second_person_agrees(self, door: Door, inspected: str) -> None:
        asked = self.proposal(door, inspected)
        assert (asked["state"], asked["lines"][0]["disposition"]) == ("OPEN", "SCRAP")
        assert asked["lines"][0]["proof"]["certificate"] == "CERT-1"
        assert stock("quarantine") == 2

        same = self.decides(door, "warehouse", asked["id"], "approve", {})
        inspector = self.decides(door, "inspector", asked["id"], "approve", {})
        done = self.decides(door, "finance", asked["id"], "approve", {})

        assert same.expect(409)["code"] == "same_person"
        assert inspector.status == 403
        assert done.expect(200)["state"] == "APPROVED"
        assert (stock("quarantine"), stock("scrapped")) == (0, 2)
        late = self.decides(door, "admin", asked["id"], "decline", {"note": "No."})
        assert late.expect(409)["code"] == "proposal_decided"

    def test_a_second_person_declines(self, door: Door, inspected: str) -> None:
        asked = self.proposal(door, inspected)

        wordless = self.decides(door, "admin", asked["id"], "decline", {})
        done = self.decides(door, "finance", asked["id"], "decline", {"note": "Mend them."})

        assert wordless.status == 400
        assert done.expect(200)["state"] == "DECLINED"
        goes(door, inspected, "d-2", item("REPAIR", 2, **HELD)).expect(201)

    def test_what_is_not_there_is_not_found(self, door: Door) -> None:
        found = door.ask("finance", "GET", "/v1/scrap-proposals/scr_none")

        assert found.expect(404)["code"] == "scrap_proposal_not_found"


def in_two_warehouses(door: Door) -> str:
    """One unit failed in WH1, and one in WH2; both lie in quarantine."""
    return_id = opened(door)
    command(door, "reviewer", return_id, "approve", If_Match="*").expect(200)
    for place in ("WH1", "WH2"):
        receipt = {"warehouse": place, "items": [{"sku": "85123A", "quantity": 1}]}
        command(
            door, "warehouse", return_id, "receipts", receipt, If_Match="*", Idempotency_Key=place
        ).expect(201)
    bad = {"groups": [{"line_no": "1", "quantity": 2, "grade": "C", "result": "failed"}]}
    command(door, "inspector", return_id, "inspections", bad, If_Match="*").expect(201)
    return return_id


def test_goods_of_another_warehouse_are_not_the_callers_even_where_none_move(door: Door) -> None:
    """What failed lies in quarantine already: meant for the supplier, it stays there."""
    return_id = in_two_warehouses(door)
    door.sign_in("neighbour", Role.WAREHOUSE, warehouses=frozenset({"WH2"}))

    foreign = goes(door, return_id, "r-1", item("RTV", warehouse="WH1"), who="neighbour")
    own = goes(door, return_id, "r-2", item("RTV", warehouse="WH2"), who="neighbour")

    assert foreign.expect(403)["code"] == "warehouse_not_yours"
    own.expect(201)


def test_who_agrees_to_scrap_works_in_every_warehouse_that_it_lies_in(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRAP_SECOND_ABOVE", "EUR=0.01")
    return_id = in_two_warehouses(door)
    goes(door, return_id, "s-1", item("SCRAP", 2)).expect(201)
    events = door.ask("support", "GET", f"/v1/returns/{return_id}/timeline").expect(200)["items"]
    proposal_id = next(e["data"]["proposal_id"] for e in events if "proposal_id" in e["data"])
    door.sign_in("neighbour", Role.WAREHOUSE, warehouses=frozenset({"WH1"}))
    path = f"/v1/scrap-proposals/{proposal_id}/approve"

    foreign = door.ask("neighbour", "POST", path, {}, Idempotency_Key="a", If_Match="*")
    agreed = door.ask("finance", "POST", path, {}, Idempotency_Key="b", If_Match="*")

    assert foreign.expect(403)["code"] == "warehouse_not_yours"
    agreed.expect(200)
    assert (stock("scrapped"), stock("scrapped", "WH2")) == (1, 1)
