"""Sent back, looked at again, objected to, opened again and closed, through the API."""

from typing import Any

import pytest

from chalicelib.auth.principal import Role
from tests.api.door import Door, Reply
from tests.api.shop import DISPOSITION, INSPECTION, RECEIPT, command, opened


@pytest.fixture
def asked(door: Door) -> str:
    """Two units under review."""
    return opened(door)


@pytest.fixture
def received(door: Door, asked: str) -> str:
    command(door, "reviewer", asked, "approve", If_Match="*").expect(200)
    command(door, "warehouse", asked, "receipts", RECEIPT, If_Match="*").expect(201)
    return asked


@pytest.fixture
def shelved(door: Door, received: str) -> str:
    command(door, "inspector", received, "inspections", INSPECTION, If_Match="*").expect(201)
    command(door, "inspector", received, "dispositions", DISPOSITION, If_Match="*").expect(201)
    return received


def act(door: Door, who: str, return_id: str, name: str, body: Any = None, **headers: str) -> Reply:
    return command(door, who, return_id, name, body, **({"If_Match": "*"} | headers))


BACK = {"lines": [{"line_no": "1", "quantity": 2}], "reason": "NOT_ACCEPTED", "carrier": "dhl"}


def test_goods_go_back_unseen(door: Door, received: str) -> None:
    done = act(door, "warehouse", received, "ship-back", BACK).expect(200)

    assert done["status"] == "COMPLETED"
    assert done["lines"][0]["quantities"]["ship_back"] == 2
    order = door.ask("support", "GET", "/v1/orders/SO-1").expect(200)
    assert order["lines"][0]["returnable_quantity"] == 3


@pytest.mark.parametrize("who", ["reviewer", "customer", "finance"])
def test_not_everybody_sends_back(door: Door, received: str, who: str) -> None:
    assert act(door, who, received, "ship-back", BACK).status == 403


def test_goods_are_sent_back_from_where_one_works(door: Door, received: str) -> None:
    door.sign_in("elsewhere", Role.WAREHOUSE, warehouses=frozenset({"WH2"}))

    refused = act(door, "elsewhere", received, "ship-back", BACK).expect(403)

    assert refused["code"] == "warehouse_not_yours"


def test_goods_are_looked_at_again(door: Door, shelved: str) -> None:
    again = act(door, "reviewer", shelved, "reinspect", {"reason": "SPOT_CHECK"}).expect(200)

    assert again["status"] == "INSPECTING"
    assert again["lines"][0]["quantities"]["reinspection"] == 2
    seen = command(
        door,
        "inspector",
        shelved,
        "inspections",
        INSPECTION,
        If_Match="*",
        Idempotency_Key="second-look",
    ).expect(201)
    assert seen["lines"][0]["quantities"]["passed"] == 2


def test_a_cancelled_request_goes_on(door: Door, asked: str) -> None:
    act(door, "customer", asked, "cancel", {"reason": "KEEPS_IT"}).expect(200)

    again = act(door, "support", asked, "reopen", {"reason": "CUSTOMER_ASKED"}).expect(200)

    assert again["status"] == "UNDER_REVIEW"
    assert act(door, "customer", asked, "reopen", {"reason": "CUSTOMER_ASKED"}).status == 403


def test_closing_says_what_is_open(door: Door, received: str) -> None:
    refused = act(door, "support", received, "close").expect(409)

    assert refused["code"] == "not_complete"
    assert refused["details"]["open_points"] == [
        {"code": "no_disposition", "line_no": "1", "quantity": 2}
    ]


def test_closing_what_is_closed_changes_nothing(door: Door, received: str) -> None:
    done = act(door, "warehouse", received, "ship-back", BACK).expect(200)

    assert act(door, "support", received, "close").expect(200)["version"] == done["version"]


def test_a_customer_appeals_and_somebody_else_decides(door: Door, asked: str) -> None:
    act(door, "reviewer", asked, "reject", {"code": "NOT_ELIGIBLE"}).expect(200)
    body = {"against": "rejection", "grounds": "It was never used.", "lines": ["1"]}

    made = act(door, "customer", asked, "appeals", body).expect(201)
    name = f"appeals/{made['appeal_id']}/decide"
    answer = {"upheld": True, "answer": "You are right."}
    own = act(door, "reviewer", asked, name, answer)
    upheld = act(door, "admin", asked, name, answer).expect(200)

    assert (made["state"], made["grounds"]) == ("OPEN", None), "answers are remembered"
    assert own.expect(409)["code"] == "same_person"
    assert (upheld["state"], upheld["answer"]) == ("UPHELD", None)
    shown = door.ask("customer", "GET", f"/v1/returns/{asked}").expect(200)
    assert shown["status"] == "APPROVED"
    assert shown["version"] == upheld["version"]
    assert [(one["state"], one["grounds"], one["answer"]) for one in shown["appeals"]] == [
        ("UPHELD", "It was never used.", "You are right.")
    ]


def test_an_appeal_is_withdrawn_by_who_made_it(door: Door, asked: str) -> None:
    act(door, "reviewer", asked, "reject", {"code": "NOT_ELIGIBLE"}).expect(200)
    body = {"against": "rejection", "grounds": "Please."}
    made = act(door, "customer", asked, "appeals", body).expect(201)
    name = f"appeals/{made['appeal_id']}/withdraw"

    assert act(door, "support", asked, name).expect(403)["code"] == "not_your_appeal"
    assert act(door, "customer", asked, name).expect(200)["state"] == "WITHDRAWN"


def test_of_foreign_returns_nothing_is_known(door: Door, asked: str) -> None:
    door.sign_in("stranger", Role.CUSTOMER, customer_id="cus-9")
    body = {"against": "rejection", "grounds": "Mine."}

    for name, sent in (("appeals", body), ("appeals/apl_1/withdraw", {})):
        refused = act(door, "stranger", asked, name, sent).expect(404)
        assert refused["code"] == "return_not_found"


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("ship-back", BACK),
        ("reinspect", {"reason": "SPOT_CHECK"}),
        ("reopen", {"reason": "CUSTOMER_ASKED"}),
        ("close", {}),
        ("appeals", {"against": "grade", "grounds": "x"}),
    ],
)
def test_people_say_what_they_looked_at(door: Door, received: str, name: str, body: Any) -> None:
    assert act(door, "admin", received, name, body, If_Match="").status == 428
    assert act(door, "admin", received, name, body, If_Match='"v1"').status == 412
