"""Whatever is scanned or typed is found by its finder, if they may see it."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.auth.principal import Role
from chalicelib.core.commands import Changes, Decided
from chalicelib.returns.model import Shipment
from chalicelib.returns.parcels import Parcel
from chalicelib.workers.events_stream import project_events
from tests.api.door import Door
from tests.api.shop import opened
from tests.stage import NOW, LambdaContext, Stage


@pytest.fixture
def ret(door: Door, stage: Stage) -> dict[str, Any]:
    """A return under review that is already in a parcel."""
    made = door.ask("support", "GET", f"/v1/returns/{opened(door)}").expect(200)
    stored = wiring.reads().return_(made["id"])
    assert stored is not None
    shipment = Shipment(shipment_id="shp_1", carrier="dhl", tracking_no="00340 4341")
    sent = replace(stored, shipments=(shipment,), version=stored.version + 1)
    decided = Decided(result=None, changes=Changes(records=(sent,)))
    wiring.commands().run(lambda _: decided, context=stage.context())
    stage.observe()
    project_events({"Records": stage.changes}, LambdaContext())
    assert isinstance(made, dict)
    return made


def found(door: Door, who: str, text: str) -> list[tuple[str, str]]:
    items = door.ask(who, "GET", f"/v1/search?q={text}").expect(200)["items"]
    for item in items:
        assert item["title"]
        # Where it says it is, it can be read.
        assert door.ask(who, "GET", item["href"]).status == 200
    return [(item["kind"], item["id"]) for item in items]


def test_a_return_is_found_by_its_number_its_id_and_its_parcel(
    door: Door, ret: dict[str, Any]
) -> None:
    number = ret["number"]

    for text in (number, number.lower(), f"%20{number}%20", ret["id"], "00340%204341"):
        for who in ("warehouse", "customer"):
            assert found(door, who, text) == [("return", ret["id"])], text


def test_an_order_is_found_by_its_number(door: Door, ret: dict[str, Any]) -> None:
    assert found(door, "support", "SO-1") == [("order", "SO-1")]


def test_a_task_is_found_by_its_id(door: Door, ret: dict[str, Any]) -> None:
    (task,) = door.ask("reviewer", "GET", "/v1/tasks?role=reviewer").expect(200)["items"]

    assert found(door, "reviewer", task["id"]) == [("task", task["id"])]
    assert found(door, "customer", task["id"]) == []


def test_an_exception_is_found_by_its_id_in_its_warehouse(
    door: Door, ret: dict[str, Any], stage: Stage
) -> None:
    door.sign_in("elsewhere", Role.WAREHOUSE, warehouses=frozenset({"WH2"}))
    path = f"/v1/returns/{ret['id']}/receipts"
    door.ask("reviewer", "POST", f"/v1/returns/{ret['id']}/approve", {}, If_Match="*").expect(200)
    body = {"warehouse": "WH1", "items": [{"sku": "STRANGE", "quantity": 1}]}
    receipt = door.ask("warehouse", "POST", path, body, If_Match="*", Idempotency_Key="r")
    (exception_id,) = receipt.expect(201)["exceptions"]

    assert found(door, "support", exception_id) == [("exception", exception_id)]
    assert found(door, "elsewhere", exception_id) == []


def test_a_box_of_several_returns_is_found_by_its_number(
    door: Door, ret: dict[str, Any], stage: Stage
) -> None:
    box = Parcel(
        parcel_no="BOX-1", return_ids=(ret["id"],), registered_at=NOW, registered_by="someone"
    )
    decided = Decided(result=None, changes=Changes(records=(box,)))
    wiring.commands().run(lambda _: decided, context=stage.context())

    assert found(door, "warehouse", "BOX-1") == [("parcel", "BOX-1")]
    assert found(door, "customer", "BOX-1") == []


def test_customers_find_nothing_of_others(door: Door, ret: dict[str, Any]) -> None:
    door.sign_in("stranger", Role.CUSTOMER, customer_id="cus-2002")
    door.sign_in("nobody-yet", Role.CUSTOMER)

    for who in ("stranger", "nobody-yet"):
        for text in (ret["number"], ret["id"], "SO-1", "00340%204341"):
            assert found(door, who, text) == [], (who, text)


@pytest.mark.parametrize(
    "text",
    [
        "R26AAAAAAAAA",
        "ret_nobody",
        "exc_nobody",
        "tsk_nobody",
        "SO-77",
        "ret_%23",
        "%E9%80%80",
        "*",
    ],
)
def test_what_nothing_bears_is_an_empty_list(door: Door, ret: dict[str, Any], text: str) -> None:
    assert found(door, "support", text) == []


@pytest.mark.parametrize("query", ["", "q=", "q=a&q=b", "q=a&limit=1", f"q={'x' * 201}", "q=%00"])
def test_a_search_needs_one_text(door: Door, query: str) -> None:
    assert door.ask("support", "GET", f"/v1/search?{query}").status == 400


def test_a_supplier_does_not_search(door: Door) -> None:
    assert door.ask("supplier", "GET", "/v1/search?q=SO-1").status == 403
