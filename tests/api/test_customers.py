"""Customers' lists and history, reused photos and risk feedback: for staff, through the API."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.core.clock import rfc3339, utc_now
from chalicelib.core.events import Actor, Context
from chalicelib.core.ids import new_id
from chalicelib.store.projection import rebuild
from chalicelib.uploads import service
from tests.api.door import Door, Reply
from tests.api.test_lifecycle import COUNT, DELIVERY, LINE, ORDER, RETURN

STANDING = "/v1/customers/cus-1001/standing"
BLOCK = "/v1/customers/cus-1001/lists/block"
WHY = {"reason": "Three empty boxes."}


def put(door: Door, path: str = BLOCK, body: Any = WHY, who: str = "support", **more: str) -> Reply:
    return door.ask(who, "PUT", path, body, **{"If_Match": "*", **more})


@pytest.fixture
def return_id(door: Door) -> str:
    """Two units of 300 EUR asked back, which the marketplace's policy finds to be a lot."""
    line = {**LINE, "unit_price": {"amount": "300.00", "currency": "EUR"}}
    paid = {**ORDER["payments"][0], "captured": {"amount": "890.00", "currency": "EUR"}}  # type: ignore[index]
    sold = {
        **ORDER,
        "placed_at": rfc3339(utc_now() - timedelta(days=9)),
        "policy_version": "marketplace-30d",
        "lines": [line],
        "payments": [paid],
        "deliveries": [{**DELIVERY, "delivered_at": rfc3339(utc_now() - timedelta(days=2))}],
    }
    door.ask("warehouse", "POST", "/v1/stock/counts", COUNT, Idempotency_Key="c-1").expect(201)
    door.ask("machine", "PUT", "/v1/orders/SO-1", sold).expect(201)
    return str(door.ask("customer", "POST", "/v1/returns", RETURN).expect(201)["id"])


def test_the_standing_of_a_customer_is_their_lists_and_their_history(
    door: Door, return_id: str
) -> None:
    put(door).expect(200)
    rebuild(wiring.core_table(), wiring.projector())

    reply = door.ask("auditor", "GET", STANDING)
    standing = reply.expect(200)

    assert "ETag" not in reply.headers, "the history changes without a version"
    assert (standing["in_force"], standing["version"]) == (["block"], 1)
    (one,) = standing["lists"]
    assert (one["list"], one["reason"], one["by"], one["until"]) == (
        "block",
        "Three empty boxes.",
        "support",
        None,
    )
    assert standing["history"] == {
        "returns_12m": 1,
        "returns_30d": 1,
        "units_returned_12m": 2,
        "units_bought_12m": 3,
        "return_rate": 66,
        "returned_value_12m": [{"amount": "593.33", "currency": "EUR"}],
        "returned_used_12m": 0,
        "serial_mismatches_12m": 0,
        "empty_boxes_12m": 0,
    }


def test_of_a_customer_whom_nobody_knows_nothing_is_known(door: Door) -> None:
    standing = door.ask("support", "GET", STANDING).expect(200)

    assert (standing["lists"], standing["version"]) == ([], 0)
    assert standing["history"]["return_rate"] is None


def test_a_customer_is_put_on_a_list_changed_and_taken_off(door: Door) -> None:
    until = rfc3339(utc_now() + timedelta(days=30))

    listed = put(door)
    changed = put(door, body={**WHY, "until": until}, If_Match='"v1"')
    gone = door.ask("reviewer", "DELETE", BLOCK, If_Match='"v2"')

    assert listed.headers["ETag"] == '"v1"'
    (shown,) = listed.expect(200)["lists"]
    assert (shown["list"], shown["reason"]) == ("block", None), "answers are remembered"
    assert changed.expect(200)["lists"][0]["until"] == until
    assert (gone.expect(200)["lists"], gone.headers["ETag"]) == ([], '"v3"')


def test_taking_off_who_is_on_no_list_changes_nothing(door: Door) -> None:
    reply = door.ask("support", "DELETE", BLOCK, If_Match="*")

    assert reply.expect(200)["version"] == 0
    assert "ETag" not in reply.headers


def test_the_same_request_again_is_answered_alike(door: Door) -> None:
    first = put(door, Idempotency_Key="k-1")
    again = put(door, Idempotency_Key="k-1")

    assert (again.raw, again.headers["Idempotency-Replayed"]) == (first.raw, "true")


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/v1/customers/cus-1001/lists/Block", WHY, 422, "bad_list_name"),
        (BLOCK, {**WHY, "until": "2020-01-01T00:00:00Z"}, 422, "already_over"),
        (BLOCK, {}, 400, "body_invalid"),
        (BLOCK, {"reason": ""}, 400, "body_invalid"),
        ("/v1/customers/cus-1001/lists/allow", WHY, 409, "on_opposite_list"),
    ],
)
def test_what_makes_no_sense_is_refused(
    door: Door, path: str, body: Any, status: int, code: str
) -> None:
    put(door).expect(200)

    reply = put(door, path, body)

    assert (reply.status, reply.body["code"]) == (status, code)


def test_people_say_which_version_they_looked_at(door: Door) -> None:
    assert put(door, If_Match="").status == 428
    put(door).expect(200)
    assert put(door, body={"reason": "Other."}, If_Match='"v2"').status == 412


@pytest.mark.parametrize("who", ["customer", "warehouse", "inspector", "sales", "finance"])
def test_a_standing_is_for_those_who_decide_only(door: Door, who: str) -> None:
    assert door.ask(who, "GET", STANDING).status == 403
    assert put(door, who=who).status == 403
    assert door.ask(who, "DELETE", BLOCK, If_Match="*").status == 403


def test_an_auditor_reads_and_lists_nobody(door: Door) -> None:
    assert door.ask("auditor", "GET", STANDING).status == 200
    assert put(door, who="auditor").status == 403


def feedback(door: Door, return_id: str, body: Any = None, who: str = "reviewer") -> Reply:
    said = body or {"signal_id": "high-value", "right": False, "note": "They furnish hotels."}
    return door.ask(who, "POST", f"/v1/returns/{return_id}/risk-feedback", said, If_Match="*")


def test_a_reviewer_says_whether_a_signal_was_right(door: Door, return_id: str) -> None:
    answer = feedback(door, return_id).expect(200)
    read = door.ask("auditor", "GET", f"/v1/returns/{return_id}").expect(200)

    (given,) = read["risk_feedback"]
    assert (given["signal_id"], given["right"], given["by"]) == ("high-value", False, "reviewer")
    assert given["note"] == "They furnish hotels."
    assert answer["risk_feedback"] == [{**given, "note": None}]


def test_a_signal_that_the_decision_does_not_name_is_refused(door: Door, return_id: str) -> None:
    refused = feedback(door, return_id, {"signal_id": "high-rate", "right": True})

    assert refused.expect(422)["code"] == "unknown_signal"
    assert refused.body["details"]["signals"] == ["high-value"]


@pytest.mark.parametrize("who", ["customer", "support", "auditor", "finance"])
def test_only_who_approves_judges_signals(door: Door, return_id: str, who: str) -> None:
    assert feedback(door, return_id, who=who).status == 403


@pytest.fixture
def suspected(door: Door, return_id: str) -> str:
    """A second return of the customer, with a photo of the first, that somebody judged."""
    wish = {"order_line_no": "1", "quantity": 1, "reason": "CHANGED_MIND"}
    second = {"order_no": "SO-1", "lines": [wish]}
    later = str(door.ask("customer", "POST", "/v1/returns", second).expect(201)["id"])
    for one in (return_id, later):
        photographed(door, one)
    signals: Sequence[str] = tuple(
        door.ask("reviewer", "GET", f"/v1/returns/{return_id}").expect(200)["photo_reused_from"]
    )
    assert signals == ()
    return later


def photographed(door: Door, return_id: str) -> None:
    """A photo with always the same picture, as the worker accepts it."""
    announced = {"content_type": "image/jpeg", "size": 1000}
    form = door.ask("customer", "POST", f"/v1/returns/{return_id}/photos", announced).expect(201)
    clean = service.CleanPhoto(width=9, height=9, dhash="00ff13579bdf0246")
    now = utc_now()
    context = Context(
        actor=Actor(id="index_uploads", role="system"),
        now=now,
        command_id=new_id("cmd", now),
        correlation_id="corr-1",
    )
    wiring.commands().run(
        lambda reads: service.accept_photo(reads, return_id, form["photo_id"], clean, context),
        context=context,
    )


def test_staff_see_that_a_photo_came_before(door: Door, return_id: str, suspected: str) -> None:
    read = door.ask("support", "GET", f"/v1/returns/{suspected}").expect(200)
    told = door.ask("support", "GET", f"/v1/returns/{suspected}/timeline").expect(200)["items"]

    assert read["photo_reused_from"] == [return_id]
    (mark,) = [entry for entry in told if entry["type"] == "return.photo_reused"]
    assert mark["data"]["used_in"] == return_id


def test_a_customer_is_told_of_no_suspicion(door: Door, return_id: str, suspected: str) -> None:
    feedback(door, return_id).expect(200)
    answers = [
        door.ask("customer", "GET", f"/v1/returns/{one}{what}").expect(200)
        for one in (return_id, suspected)
        for what in ("", "/timeline")
    ]
    cancel = f"/v1/returns/{suspected}/cancel"
    stale = door.ask("customer", "POST", cancel, {"reason": "KEEPS_IT"}, If_Match='"v1"')
    answers.append(stale.expect(412))
    done = door.ask("customer", "POST", cancel, {"reason": "KEEPS_IT"}, If_Match="*")
    answers.append(done.expect(200))

    assert [one.get("photo_reused_from") for one in answers] == [None] * len(answers)
    assert [one.get("risk_feedback") for one in answers] == [None] * len(answers)
    shown = json.dumps(answers)
    assert "return.photo_reused" not in shown
    assert "risk_feedback_given" not in shown
    assert "used_in" not in shown


def test_a_timeline_tells_customers_nothing_that_is_said_about_them(
    door: Door, return_id: str
) -> None:
    """The marketplace's policy has a senior look at those on the block list."""
    put(door).expect(200)
    wish = {"order_line_no": "1", "quantity": 1, "reason": "CHANGED_MIND"}
    second = {"order_no": "SO-1", "lines": [wish]}
    later = door.ask("customer", "POST", "/v1/returns", second).expect(201)
    path = f"/v1/returns/{later['id']}/timeline"

    of_staff = door.ask("support", "GET", path).raw
    of_customer = door.ask("customer", "GET", path).raw

    assert "customer_lists" in of_staff
    assert "thirty-days" in of_customer, "the rules are everybody's to know"
    for said in ("customer_lists", '"reasons"'):
        assert said not in of_customer
        assert said not in json.dumps(later).replace('"reasons": null', "")
