"""Simulations through the API: asked for, carried out, read, listed; and who may."""

import json
from typing import Any

import pytest

from chalicelib.auth.principal import Role
from chalicelib.workers.events_stream import project_events
from chalicelib.workers.jobs_queue import run_job
from tests.api.door import Door, Reply
from tests.api.test_lifecycle import COUNT, ORDER, RETURN
from tests.stage import LambdaContext, Stage, run_queue_worker

WORDS = {"en": "x", "zh-CN": "甲"}
DRAFT: dict[str, Any] = {
    "policy": "mine",
    "version": "mine-1",
    "title": WORDS,
    "time_zone": "UTC",
    "effective_from": "2030-01-01T00:00:00.000Z",
    "rules": [
        {"id": "never", "title": WORDS, "then": {"eligible": False, "code": "never"}},
    ],
}  # fmt: skip
PLACE = "/v1/policies/mine-1/simulations"


@pytest.fixture
def past(door: Door, stage: Stage) -> Door:
    """One return of two units under review, and a draft that would refuse it."""
    door.ask("warehouse", "POST", "/v1/stock/counts", COUNT, Idempotency_Key="c-1").expect(201)
    door.ask("machine", "PUT", "/v1/orders/SO-1", ORDER).expect(201)
    door.ask("support", "POST", "/v1/returns", RETURN).expect(201)
    door.ask("admin", "PUT", "/v1/policies/mine-1", DRAFT).expect(201)
    projected(stage)
    return door


def projected(stage: Stage) -> None:
    stage.observe()
    project_events({"Records": stage.changes}, LambdaContext())


def worked(stage: Stage) -> None:
    """The jobs in the queue are carried out."""
    bodies = [message["body"] for message in stage.messages("jobs")]
    assert run_queue_worker(run_job, *bodies, remaining_s=900) == []


def simulate(door: Door, who: str = "finance", **body: Any) -> Reply:
    return door.ask(who, "POST", PLACE, body)


def test_a_draft_is_tried_on_past_returns(past: Door, stage: Stage) -> None:
    reply = simulate(past)
    begun = reply.expect(202)
    assert (begun["kind"], begun["state"]) == ("simulate_policy", "queued")

    worked(stage)

    done = past.ask("finance", "GET", reply.headers["Location"]).expect(200)
    assert (done["state"], done["progress"]) == ("succeeded", {"done": 1, "total": 1})
    told = done["result"]
    assert (told["returns"], told["different"], told["version_id"]) == (1, 1, "mine-1")
    assert told["changes"]["refused_now"] == 1
    assert all("https://" in url for url in (done["files"]["report"], *done["files"]["csv"]))
    assert (len(done["files"]["csv"]), len(done["files"]["jsonl"])) == (1, 1)
    assert past.ask("finance", "GET", f"/v1/jobs/{done['id']}").expect(200)["result"]["csv_url"]


def test_simulating_changes_no_return(past: Door, stage: Stage) -> None:
    kinds = ("RETURN", "ORDER", "EVENT", "BALANCE", "POLICY")
    before = [item for item in stage._all("core") if item["type"]["S"] in kinds]

    simulate(past).expect(202)
    worked(stage)

    assert [item for item in stage._all("core") if item["type"]["S"] in kinds] == before


def test_the_simulations_of_a_version_are_listed(past: Door, stage: Stage) -> None:
    first, second = simulate(past).expect(202), simulate(past, sample=1).expect(202)
    other = past.ask("finance", "POST", "/v1/policies/standard-30d/simulations", {}).expect(202)
    worked(stage)
    projected(stage)

    own = past.ask("auditor", "GET", PLACE).expect(200)["items"]
    others = past.ask("auditor", "GET", "/v1/policies/standard-30d/simulations").expect(200)

    assert {item["id"] for item in own} == {first["id"], second["id"]}
    assert own[0]["result"]["returns"] == 1
    assert [item["id"] for item in others["items"]] == [other["id"]]


def test_a_simulation_is_found_under_its_own_version(past: Door) -> None:
    made = simulate(past).expect(202)

    wrong = past.ask("finance", "GET", f"/v1/policies/standard-30d/simulations/{made['id']}")

    assert (wrong.status, wrong.body["code"]) == (404, "job_not_found")
    waiting = past.ask("finance", "GET", f"{PLACE}/{made['id']}").expect(200)
    assert waiting["files"] == {"report": None, "csv": [], "jsonl": []}


def test_a_repeated_request_is_one_simulation(past: Door) -> None:
    first, again = (past.ask("finance", "POST", PLACE, {}, Idempotency_Key="k") for _ in range(2))

    assert first.expect(202)["id"] == again.expect(202)["id"]
    assert first.raw == again.raw


def test_a_draft_with_faults_is_refused_with_all_of_them(door: Door, stage: Stage) -> None:
    faulty = {**DRAFT["rules"][0], "when": {"fact": "colour", "is": "red"}}
    body = {**DRAFT, "rules": [faulty, {**DRAFT["rules"][0], "id": "no-title"}, faulty]}
    door.ask("admin", "PUT", "/v1/policies/mine-1", body).expect(201)

    reply = simulate(door)

    refused = reply.expect(422)
    assert refused["code"] == "policy_faults"
    assert {"/rules/0/when", "/rules/2/id"} <= {
        pointer for error in refused["errors"] for pointer in _prefixes(error["pointer"])
    }
    assert stage.messages("jobs") == []


def _prefixes(pointer: str) -> set[str]:
    parts = pointer.split("/")
    return {"/".join(parts[:end]) for end in range(2, len(parts) + 1)}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"sample": 0}, "/sample"),
        ({"sample": 5001}, "/sample"),
        ({"seed": -1}, "/seed"),
        ({"from": "yesterday"}, "/from"),
        ({"from": "2026-11-02T00:00:00Z", "to": "2026-11-01T00:00:00Z"}, ""),
        ({"warehouse": "WH1"}, "/warehouse"),
    ],
)
def test_a_body_of_the_wrong_shape_is_refused(
    past: Door, body: dict[str, Any], pointer: str
) -> None:
    reply = simulate(past, **body)

    assert reply.status == 400, reply.raw
    assert [error["pointer"] for error in reply.body["errors"]] == [pointer]


def test_an_unknown_version_is_not_found(door: Door) -> None:
    reply = door.ask("finance", "POST", "/v1/policies/nowhere/simulations", {})

    assert (reply.status, reply.body["code"]) == (404, "policy_not_found")


@pytest.mark.parametrize("role", list(Role), ids=str)
def test_who_may_simulate_and_who_may_look(past: Door, role: Role) -> None:
    may = {Role.ADMIN, Role.SENIOR_REVIEWER, Role.FINANCE, Role.MACHINE}
    # An auditor starts nothing.
    sees = {*may, Role.AUDITOR}

    assert simulate(past, role.value).status == (202 if role in may else 403)
    assert past.ask(role.value, "GET", PLACE).status == (200 if role in sees else 403)


# Why one of them was decided as it was.


def asked(door: Door, who: str = "customer-1001") -> str:
    made = door.ask(who, "POST", "/v1/returns", RETURN).expect(201)
    return str(made["id"])


@pytest.fixture
def sold(door: Door) -> Door:
    door.sign_in("customer-1001", Role.CUSTOMER, customer_id="cus-1001")
    door.sign_in("customer-2", Role.CUSTOMER, customer_id="cus-2")
    door.ask("warehouse", "POST", "/v1/stock/counts", COUNT, Idempotency_Key="c-1").expect(201)
    door.ask("machine", "PUT", "/v1/orders/SO-1", ORDER).expect(201)
    return door


def test_staff_read_the_whole_trace(sold: Door) -> None:
    return_id = asked(sold)

    told = sold.ask("reviewer", "GET", f"/v1/returns/{return_id}/decision").expect(200)

    (line,) = told["lines"]
    assert (told["return_id"], told["policy_version"]) == (return_id, "no-window")
    assert (told["eligible"], told["replays"], line["replays"]) == (True, True, True)
    assert line["says"] == "It can be returned."
    assert [rule["held"] for rule in line["rules"]] == [False, False, True]
    assert line["rules"][0]["facts"][0]["fact"] == "final_sale"
    assert told["reasons"]
    assert told["risk_score"] == 0
    assert told["giving"] == {
        "promotions": "claw_back",
        "shipping": "never",
        "standard_shipping": False,
        "points_spent": "share",
        "points_earned": "share",
        "coupons": "whole_order",
    }
    assert "What the delivery cost you is not refunded." in told["giving_says"]


def test_a_customer_reads_their_own_in_their_language(sold: Door) -> None:
    return_id = asked(sold)
    path = f"/v1/returns/{return_id}/decision"

    reply = sold.ask("customer-1001", "GET", path, Accept_Language="zh-CN")
    told = reply.expect(200)

    assert reply.headers["Content-Language"] == "zh-CN"
    assert (told["language"], told["lines"][0]["says"]) == ("zh-CN", "可以退货。")
    assert (told["reasons"], told["risk_score"], told["signals"]) == ([], None, [])
    assert "已付运费不予退还。" in told["giving_says"]
    assert told["second_refunder_above"] is None
    assert json.dumps(told, ensure_ascii=False).count("customer_returns") == 0


def test_a_foreign_return_does_not_exist(sold: Door) -> None:
    return_id = asked(sold)

    reply = sold.ask("customer-2", "GET", f"/v1/returns/{return_id}/decision")

    assert (reply.status, reply.body["code"]) == (404, "return_not_found")


def test_what_was_not_decided_has_no_explanation(sold: Door) -> None:
    draft = {**RETURN, "submit": False}
    made = sold.ask("customer-1001", "POST", "/v1/returns", draft).expect(201)

    reply = sold.ask("customer-1001", "GET", f"/v1/returns/{made['id']}/decision")

    assert (reply.status, reply.body["code"]) == (404, "decision_not_found")
