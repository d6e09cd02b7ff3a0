"""Refunds after they were started, over HTTP: who may do what, and what is asked and shown."""

from typing import Any

import pytest

from chalicelib.settlement.loading import return_id_of
from tests.api.door import Door, Reply
from tests.api.test_lifecycle import COUNT, ORDER, RETURN
from tests.api.test_policies import WORDS as BOTH
from tests.api.test_policies import document, publish, put

Json = dict[str, Any]
ANY = {"If_Match": "*"}


def euro(amount: str) -> Json:
    return {"amount": amount, "currency": "EUR"}


def by_transfer(amount: str) -> list[Json]:
    return [
        {
            "payment_id": "p-1",
            "method": "transfer",
            "provider": "manual",
            "captured": euro(amount),
        }
    ]


def accepted(door: Door, **more: Any) -> str:
    """Two units of 96.67 and 96.66, here and found good. The id of the return."""
    door.ask("warehouse", "POST", "/v1/stock/counts", COUNT, Idempotency_Key="c-1").expect(201)
    door.ask("machine", "PUT", "/v1/orders/SO-1", ORDER | more).expect(201)
    ret = door.ask("machine", "POST", "/v1/returns", RETURN).expect(201)
    received = {"warehouse": "WH1", "items": [{"sku": "85123A", "quantity": 2}]}
    passed = {"groups": [{"line_no": "1", "quantity": 2, "grade": "A", "result": "passed"}]}
    for who, name, body in (
        ("reviewer", "approve", {}),
        ("warehouse", "receipts", received),
        ("inspector", "inspections", passed),
    ):
        path = f"/v1/returns/{ret['id']}/{name}"
        reply = door.ask(who, "POST", path, body, Idempotency_Key=name, **ANY)
        assert reply.status in (200, 201), reply.raw
    return str(ret["id"])


def settled(door: Door, return_id: str, who: str = "finance") -> Json:
    path = f"/v1/returns/{return_id}/settlements"
    shown: Json = door.ask(who, "POST", path, {}, Idempotency_Key="pay", **ANY).expect(201)
    return shown


def does(door: Door, settlement: Json, name: str, body: Json, who: str = "finance") -> Reply:
    path = f"/v1/settlements/{settlement['settlement_id']}/{name}"
    return door.ask(who, "POST", path, body, Idempotency_Key=f"{name}-{who}", **ANY)


def disputed(door: Door, body: Json, who: str = "machine", **headers: str) -> Reply:
    path = "/v1/orders/SO-1/payments/p-1/disputes"
    sent = {"Idempotency_Key": f"{body.get('dispute_id')}-{body.get('state')}", **headers}
    return door.ask(who, "POST", path, body, **sent)


def legs(settlement: Json) -> list[tuple[str, str, str]]:
    return [
        (leg["payment_id"], leg["state"], leg["amount"]["amount"]) for leg in settlement["legs"]
    ]


@pytest.fixture
def short(door: Door) -> Json:
    """193.33 owed, of which the order's only payment carries 100.00."""
    return settled(door, accepted(door, payments=by_transfer("100.00")))


@pytest.fixture
def manual(door: Door) -> Json:
    """193.33 that a person is to pay by transfer."""
    return settled(door, accepted(door))


@pytest.fixture
def held(door: Door) -> Json:
    """193.33, for which the policy of the sale wants a second person."""
    rule = {
        "id": "all",
        "title": BOTH,
        "then": {"window": {"days": None}, "second_refunder_above": euro("100.00")},
    }
    put(door, document(rules=[rule])).expect(201)
    publish(door, "mine-1").expect(200)
    return settled(door, accepted(door, policy_version="mine-1"))


def test_a_refund_above_the_limit_is_sent_when_a_second_person_agreed(
    door: Door, held: Json
) -> None:
    assert (held["state"], held["second_person_above"]) == ("QUOTED", euro("100.00"))
    refused = does(door, held, "approve", {})
    assert (refused.status, refused.body["code"]) == (409, "same_person")

    approved = does(door, held, "approve", {}, who="admin").expect(200)

    assert (approved["state"], legs(approved)) == ("MANUAL", [("p-1", "MANUAL", "193.33")])
    assert approved["approved_at"] is not None


def test_a_customer_is_not_told_above_what_two_of_us_agree(door: Door, held: Json) -> None:
    path = f"/v1/settlements/{held['settlement_id']}"
    does(door, held, "approve", {}, who="admin").expect(200)
    of_return = f"/v1/returns/{return_id_of(held['settlement_id'])}"

    seen = [
        door.ask("customer", "GET", path).expect(200),
        *door.ask("customer", "GET", f"{of_return}/settlements").expect(200)["items"],
        *door.ask("customer", "GET", of_return).expect(200)["settlements"],
    ]
    ours = door.ask("finance", "GET", path).expect(200)

    assert [(one["second_person_above"], one["approved_at"]) for one in seen] == [(None, None)] * 3
    assert (ours["second_person_above"], ours["approved_at"] is None) == (euro("100.00"), False)


def test_who_did_it_and_why_is_told_to_staff_that_reads_it(door: Door, held: Json) -> None:
    back = does(door, held, "reverse", {"reason": "Ask them first."}, who="admin").expect(200)
    path = f"/v1/settlements/{held['settlement_id']}"

    seen = door.ask("auditor", "GET", path).expect(200)
    told = door.ask("customer", "GET", path).expect(200)

    assert (seen["started_by"], seen["reversed_by"]) == ("finance", "admin")
    assert seen["reason"] == "Ask them first."
    inside = ("started_by", "approved_by", "reversed_by", "reason")
    assert [told[name] for name in inside] == [back[name] for name in inside] == [None] * 4
    assert told["reversed_at"] is not None


def test_a_settlement_that_was_taken_back_leaves_its_units_to_be_settled_again(
    door: Door, manual: Json
) -> None:
    back = does(door, manual, "reverse", {"reason": "Wrong order."}).expect(200)

    assert (back["state"], legs(back)) == ("REVERSED", [("p-1", "CANCELLED", "193.33")])
    assert does(door, manual, "reverse", {"reason": "Twice."}, who="admin").status == 409
    order = door.ask("auditor", "GET", "/v1/orders/SO-1").expect(200)
    assert order["payments"][0]["pending"] == euro("0.00")


def test_what_was_short_is_paid_beside_the_payments_with_proof(door: Door, short: Json) -> None:
    assert short["shortfall"] == euro("93.33")

    other = does(door, short, "pay-otherwise", {"payment_id": None}).expect(200)

    assert legs(other)[1] == ("-", "MANUAL", "93.33")
    done = does(door, short, "confirm", {"payment_id": "-", "proof": "SEPA 1"}).expect(200)
    assert (done["state"], done["paid"]) == ("PARTIAL", euro("93.33"))


def test_what_was_short_is_written_off(door: Door, short: Json) -> None:
    body = {"payment_id": None, "reason": "The shop gave it back itself."}

    after = does(door, short, "write-off", body).expect(200)

    assert (after["written_off"], after["shortfall"]) == (euro("93.33"), euro("0.00"))
    timeline = door.ask("auditor", "GET", f"/v1/returns/{_return_of(short)}/timeline").expect(200)
    last = timeline["items"][-1]
    assert last["type"] == "settlement.written_off"
    assert "itself" not in str(timeline)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("write-off", {"payment_id": None}),
        ("write-off", {"reason": "x"}),
        ("pay-otherwise", {}),
        ("pay-otherwise", {"payment_id": "--"}),
        ("reverse", {}),
    ],
)
def test_what_is_meant_has_to_be_said(door: Door, short: Json, name: str, body: Json) -> None:
    assert does(door, short, name, body).status == 400


@pytest.mark.parametrize("who", ["customer", "support", "reviewer", "machine", "auditor"])
@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("approve", {}),
        ("reverse", {"reason": "x"}),
        ("pay-otherwise", {"payment_id": None}),
        ("write-off", {"payment_id": None, "reason": "x"}),
    ],
)
def test_they_are_decisions_of_finance(door: Door, name: str, body: Json, who: str) -> None:
    assert does(door, {"settlement_id": "stl_a_b"}, name, body, who).status == 403


def test_a_dispute_freezes_what_was_not_sent_and_is_shown_with_its_payment(
    door: Door, manual: Json
) -> None:
    told = {"dispute_id": "dp-1", "amount": euro("290.00"), "state": "opened"}

    reply = disputed(door, told)

    shown = reply.expect(200)
    assert shown["payment"]["disputes"][0]["state"] == "OPEN"
    assert shown["payment"]["refundable"] == euro("0.00")
    assert reply.headers["ETag"] == f'"v{shown["version"]}"'
    seen = door.ask("auditor", "GET", f"/v1/settlements/{manual['settlement_id']}").expect(200)
    assert (seen["state"], legs(seen)) == ("FAILED", [("p-1", "FROZEN", "193.33")])
    refused = does(door, manual, "pay-otherwise", {"payment_id": "p-1"})
    assert (refused.status, refused.body["code"]) == (409, "payment_disputed")


def test_a_dispute_that_is_lost_has_given_the_customer_what_we_owe(
    door: Door, manual: Json
) -> None:
    lost = {"dispute_id": "dp-1", "amount": euro("193.33"), "state": "lost"}

    disputed(door, lost).expect(200)

    seen = door.ask("auditor", "GET", f"/v1/settlements/{manual['settlement_id']}").expect(200)
    assert (seen["state"], seen["paid"]) == ("SETTLED", euro("0.00"))
    assert seen["legs"][0]["reason"] == "charged_back"


def test_a_person_states_a_dispute_of_the_order_that_they_saw(door: Door, manual: Json) -> None:
    body = {"dispute_id": "dp-1", "amount": euro("10.00"), "state": "opened"}
    blind = disputed(door, body, "finance")
    assert (blind.status, blind.body["code"]) == (428, "if_match_required")

    past = disputed(door, body, "finance", If_Match='"v1"')

    assert (past.status, past.body["code"]) == (412, "stale_version")


def test_a_dispute_that_cannot_be_is_refused_in_the_language_of_who_asks(
    door: Door, manual: Json
) -> None:
    body = {"dispute_id": "dp-1", "amount": euro("500.00"), "state": "opened"}

    refused = disputed(door, body, Accept_Language="zh-CN")

    assert (refused.status, refused.body["code"]) == (422, "dispute_amount")
    assert refused.body["title"] == "该金额不能作为争议金额"


def _return_of(settlement: Json) -> str:
    return "ret_" + str(settlement["settlement_id"]).split("_")[1]
