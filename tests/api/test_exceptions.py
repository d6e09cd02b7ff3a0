"""Exceptions through the API: reported, resolved by a person who answers for it, claimed."""

from typing import Any

import pytest

from chalicelib.auth.principal import Role
from tests.api.door import Door
from tests.api.shop import RECEIPT, command, opened

RECEIVED = {"warehouse": "WH1", "items": [{"sku": "85123A", "quantity": 3}]}


@pytest.fixture
def ret(door: Door) -> str:
    """Two units asked back and approved."""
    return_id = opened(door)
    command(door, "reviewer", return_id, "approve", If_Match="*").expect(200)
    return return_id


@pytest.fixture
def surplus(door: Door, ret: str) -> str:
    """Three came: one too many."""
    got = command(door, "warehouse", ret, "receipts", RECEIVED, If_Match="*").expect(201)
    (exception_id,) = got["exceptions"]
    return str(exception_id)


def resolve(door: Door, exception_id: str, body: Any, who: str = "support", **headers: str) -> Any:
    sent = {"Idempotency_Key": f"{exception_id}-{who}", "If_Match": "*", **headers}
    return door.ask(who, "POST", f"/v1/exceptions/{exception_id}/resolve", body, **sent)


def test_a_surplus_goes_into_a_line(door: Door, ret: str, surplus: str) -> None:
    done = resolve(door, surplus, {"resolution": "line", "reason": "It was ordered."}).expect(200)

    assert (done["state"], done["open_quantity"], done["version"]) == ("resolved", 0, 2)
    (how,) = done["resolutions"]
    assert (how["return_id"], how["line_no"], how["reason"]) == (ret, "1", None), "remembered"
    read = door.ask("support", "GET", f"/v1/exceptions/{surplus}").expect(200)
    assert read["resolutions"] == [{**how, "reason": "It was ordered."}]
    shown = door.ask("support", "GET", f"/v1/returns/{ret}").expect(200)
    assert shown["lines"][0]["quantities"]["received"] == 3
    assert shown["open_exceptions"] == 0


def test_the_same_request_again_is_answered_alike_and_moves_nothing(
    door: Door, surplus: str
) -> None:
    body = {"resolution": "ship_back", "reason": "Not ours.", "carrier": "dhl"}
    first = resolve(door, surplus, body)
    again = resolve(door, surplus, body)

    assert first.raw == again.raw
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_resolution_names_the_version_that_was_looked_at(door: Door, surplus: str) -> None:
    body = {"resolution": "ship_back", "reason": "Not ours."}

    assert resolve(door, surplus, body, If_Match='"v7"').status == 412
    assert resolve(door, surplus, body, If_Match="").status == 428


def test_more_than_was_sold_is_a_proposal_until_a_second_person_agrees(
    door: Door, ret: str
) -> None:
    items = [{"sku": "85123A", "quantity": 4}]
    got = command(
        door, "warehouse", ret, "receipts", {"warehouse": "WH1", "items": items}, If_Match="*"
    ).expect(201)
    (exception_id,) = got["exceptions"]
    body = {"resolution": "line", "reason": "They sent one more than we sold."}

    proposed = resolve(door, exception_id, body).expect(200)
    same = resolve(door, exception_id, body, Idempotency_Key="once-more")
    agreed = resolve(door, exception_id, body, who="reviewer").expect(200)

    assert (proposed["state"], proposed["proposal"]["quantity"]) == ("open", 2)
    assert same.expect(409)["code"] == "same_person"
    assert (agreed["state"], agreed["proposal"]) == ("resolved", None)
    assert {how["proposed_by"] for how in agreed["resolutions"]} == {"support"}


@pytest.mark.parametrize("who", ["warehouse", "customer", "finance", "auditor"])
def test_only_who_decides_resolves(door: Door, surplus: str, who: str) -> None:
    reply = resolve(door, surplus, {"resolution": "ship_back", "reason": "x"}, who=who)

    assert reply.status == 403


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"resolution": "line"}, 400, "body_invalid"),
        ({"resolution": "eat", "reason": "x"}, 400, "body_invalid"),
        ({"resolution": "write_off", "reason": "x"}, 422, "accountable_required"),
        ({"resolution": "claim", "reason": "x"}, 422, "claim_required"),
        ({"resolution": "no_goods", "reason": "x"}, 409, "goods_are_here"),
        ({"resolution": "line", "reason": "x", "return": "ret_x"}, 404, "return_not_found"),
        ({"resolution": "ship_back", "reason": "x", "quantity": 9}, 409, "more_than_open"),
    ],
    ids=["no reason", "unknown", "nobody answers", "from whom", "goods", "no return", "too many"],
)
def test_what_cannot_be_is_refused(
    door: Door, surplus: str, body: dict[str, Any], status: int, code: str
) -> None:
    assert resolve(door, surplus, body).expect(status)["code"] == code


def test_an_exception_of_nobody_is_not_found(door: Door) -> None:
    reply = resolve(door, "exc_none", {"resolution": "ship_back", "reason": "x"})

    assert reply.expect(404)["code"] == "exception_not_found"


def test_a_refusal_speaks_chinese(door: Door, surplus: str) -> None:
    body = {"resolution": "write_off", "reason": "x"}

    refused = resolve(door, surplus, body, Accept_Language="zh").expect(422)

    assert refused["title"] == "需要填写责任人"
    assert refused["errors"][0]["message"] == "需要填写责任人"


def report(door: Door, ret: str, who: str = "warehouse", **body: Any) -> Any:
    sent = {"kind": "EMPTY", "quantity": 1, **body}
    return door.ask(who, "POST", f"/v1/returns/{ret}/exceptions", sent, If_Match="*")


def test_an_empty_box_is_reported(door: Door, ret: str) -> None:
    made = report(door, ret, line_no="1", note="Only paper.", photos=["pho_1"]).expect(201)

    assert (made["kind"], made["movement_id"], made["photos"]) == ("EMPTY", None, ["pho_1"])
    seen = door.ask("support", "GET", f"/v1/exceptions/{made['id']}").expect(200)
    assert seen == {**made, "note": "Only paper."}, "what people wrote is in no remembered answer"
    assert door.ask("support", "GET", f"/v1/returns/{ret}").body["open_exceptions"] == 1


def test_it_is_reported_where_one_works(door: Door, ret: str) -> None:
    door.sign_in("elsewhere", Role.WAREHOUSE, warehouses=frozenset({"WH2"}))

    assert report(door, ret, "elsewhere").expect(403)["code"] == "warehouse_not_yours"
    assert report(door, ret, "customer").status == 403
    assert report(door, ret, kind="OVER").expect(422)["code"] == "not_reportable"


def test_a_claim_is_opened_acknowledged_and_recovered(door: Door, surplus: str) -> None:
    asked = {
        "against": "carrier",
        "party": "dhl",
        "amount": {"amount": "20.00", "currency": "EUR"},
        "evidence": ["pho_1"],
    }
    body = {"resolution": "claim", "reason": "Soaked.", "claim": asked}
    done = resolve(door, surplus, body).expect(200)
    at = f"/v1/liability-claims/{done['resolutions'][0]['claim_id']}"

    seen = door.ask("finance", "GET", at).expect(200)
    noted = door.ask("support", "POST", f"{at}/acknowledge", {"reference": "D-1"}, If_Match='"v1"')
    paid = door.ask(
        "finance",
        "POST",
        f"{at}/recover",
        {"amount": {"amount": "15.00", "currency": "EUR"}, "goods": "vendor"},
        If_Match='"v2"',
        Idempotency_Key="recover",
    )

    assert (seen["state"], seen["quantity"], seen["has_goods"]) == ("OPEN", 1, True)
    assert noted.expect(200)["state"] == "ACKNOWLEDGED"
    assert paid.expect(200)["recovered"] == {"amount": "15.00", "currency": "EUR"}
    assert paid.body["goods_went"] == "vendor"
    again = door.ask(
        "finance", "POST", f"{at}/reject", {"reason": "x"}, If_Match="*", Idempotency_Key="no"
    )
    assert again.expect(409)["code"] == "liability_claim_ended"


@pytest.mark.parametrize(
    ("name", "body", "state"),
    [
        ("reject", {"reason": "Too late."}, "REJECTED"),
        ("write-off", {"reason": "Too small.", "accountable": "usr-7"}, "WRITTEN_OFF"),
    ],
)
def test_a_claim_ends_otherwise(
    door: Door, ret: str, name: str, body: dict[str, str], state: str
) -> None:
    made = report(door, ret).expect(201)
    asked = {"resolution": "claim", "reason": "Empty.", "claim": {"against": "customer"}}
    claim_id = resolve(door, made["id"], asked).expect(200)["resolutions"][0]["claim_id"]
    at = f"/v1/liability-claims/{claim_id}"

    ended = door.ask(
        "support", "POST", f"{at}/{name}", body, If_Match="*", Idempotency_Key="end"
    ).expect(200)

    assert (ended["state"], ended["goods_went"]) == (state, None)


def test_a_claim_of_another_warehouse_is_not_found(door: Door, ret: str, surplus: str) -> None:
    body = {"resolution": "claim", "reason": "x", "claim": {"against": "supplier"}}
    claim_id = resolve(door, surplus, body).expect(200)["resolutions"][0]["claim_id"]
    door.sign_in("elsewhere", Role.WAREHOUSE, warehouses=frozenset({"WH2"}))

    reply = door.ask("elsewhere", "GET", f"/v1/liability-claims/{claim_id}")

    assert reply.expect(404)["code"] == "liability_claim_not_found"


def test_what_was_received_is_not_affected_by_a_report(door: Door, ret: str) -> None:
    command(door, "warehouse", ret, "receipts", RECEIPT, If_Match="*").expect(201)

    report(door, ret, kind="MISSING_PARTS").expect(201)

    shown = door.ask("support", "GET", f"/v1/returns/{ret}").expect(200)
    assert shown["lines"][0]["quantities"]["received"] == 2
