"""Approving through the API: tiers, two persons, delegation, override, preview; who sees what."""

import json
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.auth.principal import Role
from chalicelib.core.clock import rfc3339, utc_now
from chalicelib.core.commands import Changes, Decided
from chalicelib.policy.document import VersionState
from chalicelib.policy.versions import PolicyVersion
from chalicelib.workers.events_stream import project_events
from tests.api.door import Door, Reply
from tests.api.test_lifecycle import COUNT, ORDER, RETURN
from tests.builders import NOW
from tests.policies import form, rule
from tests.stage import LambdaContext, Stage

REASON = {"reason": "Known to us for ten years."}
SIGNAL = {
    "id": "much",
    "title": {"en": "Much at once", "zh-CN": "数量多"},
    "when": {"fact": "quantity", "above": 1},
    "weight": 40,
}
RISKY: dict[str, Any] = {
    "signals": [SIGNAL],
    "risk_tiers": [{"score": 30, "review": "senior"}],
}


def filed(door: Door, stage: Stage, *rules: dict[str, Any], **more: Any) -> str:
    """A customer's request of two units, sold under these rules; `more` are fields of the policy.

    Each test has a version of its own: what was published is remembered by the process.
    """
    ways = [*rules, rule("any-time", window={"days": None})]
    under = f"own-{sha256(json.dumps([ways, more]).encode()).hexdigest()[:12]}"
    document = form(under, *ways, **more)
    version = PolicyVersion(
        version_id=under,
        policy=under,
        form=json.dumps(document),
        digest="-",
        drafted_at=NOW,
        drafted_by="admin",
        state=VersionState.PUBLISHED,
        published_at=NOW,
        published_by="admin",
    )
    decided = Decided(result=None, changes=Changes(records=(version,)))
    wiring.commands().run(lambda _: decided, context=stage.context())
    door.ask("warehouse", "POST", "/v1/stock/counts", COUNT, Idempotency_Key="c-1").expect(201)
    sold = {**ORDER, "policy_version": under}
    door.ask("machine", "PUT", "/v1/orders/SO-1", sold).expect(201)
    asked = door.ask("customer", "POST", "/v1/returns", RETURN)
    return str(asked.expect(201)["id"]) if asked.status == 201 else ""


def acts(door: Door, who: str, return_id: str, name: str, body: Any = None) -> Reply:
    return door.ask(who, "POST", f"/v1/returns/{return_id}/{name}", body or {}, If_Match="*")


def test_a_senior_matter_is_not_a_reviewers(door: Door, stage: Stage) -> None:
    return_id = filed(door, stage, rule("all", review="senior"))

    refused = acts(door, "reviewer", return_id, "approve").expect(403)
    done = acts(door, "senior_reviewer", return_id, "approve").expect(200)

    assert refused["code"] == "senior_required"
    assert refused["details"]["how"] == ["ask_senior_reviewer", "act_on_behalf_of"]
    assert done["status"] == "APPROVED"
    (approval,) = done["approvals"]
    assert (approval["by"], approval["role"], approval["final"]) == (
        "senior_reviewer",
        "senior_reviewer",
        True,
    )


def test_two_persons_say_yes_one_after_the_other(door: Door, stage: Stage) -> None:
    door.sign_in("anna", Role.REVIEWER)
    door.sign_in("bert", Role.REVIEWER)
    return_id = filed(door, stage, rule("all", review="two_persons"))

    first = acts(door, "anna", return_id, "approve").expect(200)
    again = acts(door, "anna", return_id, "approve").expect(409)
    second = acts(door, "bert", return_id, "approve").expect(200)

    assert (first["status"], first["approvals_missing"]) == ("UNDER_REVIEW", 1)
    assert again["code"] == "same_person"
    assert (second["status"], second["approvals_missing"]) == ("APPROVED", 0)
    timeline = door.ask("support", "GET", f"/v1/returns/{return_id}/timeline").expect(200)["items"]
    assert [one["type"] for one in timeline][-2:] == ["return.consented", "return.approved"]


def test_a_consent_is_taken_once_whatever_is_sent_again(door: Door, stage: Stage) -> None:
    return_id = filed(door, stage, rule("all", review="two_persons"))
    path = f"/v1/returns/{return_id}/approve"

    first = door.ask("reviewer", "POST", path, {}, If_Match='"v1"', Idempotency_Key="k-1")
    again = door.ask("reviewer", "POST", path, {}, If_Match='"v1"', Idempotency_Key="k-1")

    assert (first.status, again.raw) == (200, first.raw)


def test_who_filed_does_not_approve_where_policy_asks(door: Door, stage: Stage) -> None:
    filed(door, stage, rule("all"), four_eyes=["requester_approver"])
    own = door.ask("admin", "POST", "/v1/returns", {**RETURN, "lines": [
        {"order_line_no": "1", "quantity": 1, "reason": "CHANGED_MIND"}]}).expect(201)  # fmt: skip

    refused = acts(door, "admin", own["id"], "approve").expect(409)

    assert (refused["code"], refused["details"]["pair"]) == ("same_person", "requester_approver")
    assert acts(door, "reviewer", own["id"], "approve").status == 200


def test_a_delegate_acts_for_a_senior_until_it_is_ended(door: Door, stage: Stage) -> None:
    return_id = filed(door, stage, rule("all", review="senior"))
    ends_at = rfc3339(utc_now() + timedelta(days=7))
    body = {"delegate": "reviewer", "ends_at": ends_at, **REASON}

    given = door.ask("senior_reviewer", "POST", "/v1/delegations", body).expect(201)
    listed = door.ask("reviewer", "GET", "/v1/delegations").expect(200)["items"]
    seen = acts(
        door, "reviewer", return_id, "approve/preview", {"on_behalf_of": "senior_reviewer"}
    ).expect(200)
    done = acts(door, "reviewer", return_id, "approve", {"on_behalf_of": "senior_reviewer"})

    assert given["reason"] is None
    assert [(one["id"], one["reason"], one["delegator"]) for one in listed] == [
        (given["id"], REASON["reason"], "senior_reviewer")
    ]
    assert seen["obstacles"] == []
    (approval,) = done.expect(200)["approvals"]
    assert (approval["by"], approval["on_behalf_of"], approval["role"]) == (
        "reviewer",
        "senior_reviewer",
        "senior_reviewer",
    )
    path = f"/v1/delegations/{given['id']}/end"
    assert door.ask("reviewer", "POST", path, {}, If_Match='"v1"').status == 412
    over = door.ask("reviewer", "POST", path, {}, If_Match='"v2"').expect(200)
    assert (over["ended_by"], over["uses"]) == ("reviewer", 1)


@pytest.mark.parametrize("who", ["customer", "reviewer", "device", "support", "machine"])
def test_only_seniors_delegate(door: Door, who: str) -> None:
    body = {"delegate": "usr-9", "ends_at": "2026-12-05T18:00:00Z", **REASON}

    refused = door.ask(who, "POST", "/v1/delegations", body)

    assert (refused.status, refused.body["code"]) == (403, "permission_denied")


def test_an_override_is_for_seniors_and_says_so_to_staff(door: Door, stage: Stage) -> None:
    filed(door, stage, rule("never", eligible=False, code="never_back"))
    body = {**RETURN, "override": REASON}

    refused = door.ask("support", "POST", "/v1/returns", body).expect(403)
    quoted = door.ask("senior_reviewer", "POST", "/v1/returns/quote", body).expect(200)
    made = door.ask("senior_reviewer", "POST", "/v1/returns", body).expect(201)

    assert refused["code"] == "override_not_yours"
    assert quoted["eligible"] is True
    path = f"/v1/returns/{made['id']}"
    seen = door.ask("reviewer", "GET", path).expect(200)
    assert seen["override"]["reason"] == REASON["reason"]
    assert seen["override"]["codes"] == ["never_back"]
    assert "override" in seen["decision"]["reasons"]
    hidden = door.ask("customer", "GET", path).expect(200)
    assert (hidden["override"], hidden["approvals"]) == (None, None)
    assert acts(door, "senior_reviewer", made["id"], "approve").expect(409)["code"] == "same_person"


def test_a_draft_is_submitted_with_an_override(door: Door, stage: Stage) -> None:
    filed(door, stage, rule("never", eligible=False, code="never_again"))
    draft = door.ask("customer", "POST", "/v1/returns", {**RETURN, "submit": False}).expect(201)

    own = acts(door, "customer", draft["id"], "submit", {"override": REASON}).expect(403)
    done = acts(door, "senior_reviewer", draft["id"], "submit", {"override": REASON}).expect(200)

    assert own["code"] == "override_not_yours"
    assert done["status"] == "UNDER_REVIEW"


def test_a_preview_names_what_stands_against_it_in_the_callers_language(
    door: Door, stage: Stage
) -> None:
    return_id = filed(door, stage, rule("all", review="senior", evidence=["photo"]))
    path = f"/v1/returns/{return_id}/approve/preview"

    seen = door.ask("reviewer", "POST", path, {}, Accept_Language="zh-CN").expect(200)

    assert [(one["code"], one["status"]) for one in seen["obstacles"]] == [
        ("senior_required", 403),
        ("documents_missing", 409),
    ]
    assert seen["obstacles"][0]["title"] == "需要由高级审核员决定"
    assert (seen["review"], seen["approvals_missing"]) == ("senior", 0)
    assert seen["lines"][0]["approved"] == 2
    assert seen["refund"]["currency"] == "EUR"
    assert seen["expected"] == [{"warehouse": "WH1", "sku": "85123A", "quantity": 2}]
    assert door.ask("support", "GET", f"/v1/returns/{return_id}").headers["ETag"] == '"v1"'


def test_a_senior_waives_fees_and_evidence(door: Door, stage: Stage) -> None:
    fees = {"restocking_percent": "10"}
    return_id = filed(door, stage, rule("all", fees=fees, evidence=["photo"]))
    body = {"waive_fees": REASON, "without_evidence": REASON}

    refused = acts(door, "reviewer", return_id, "approve", body).expect(403)
    told = acts(door, "senior_reviewer", return_id, "approve", body).expect(200)

    assert refused["code"] == "senior_required"
    (approval,) = told["approvals"]
    assert approval["fees_waived"] == {"line_nos": ["1"], "reason": None}
    read = door.ask("finance", "GET", f"/v1/returns/{return_id}").expect(200)
    assert read["approvals"][0]["evidence_waived"]["reason"] == REASON["reason"]


def test_staff_see_the_signals_and_customers_see_none(door: Door, stage: Stage) -> None:
    asks_risk = rule("risky", {"fact": "risk_score", "at_least": 1}, keep_item=False)
    return_id = filed(door, stage, asks_risk, **RISKY)
    path = f"/v1/returns/{return_id}"

    staff = door.ask("reviewer", "GET", path).expect(200)["decision"]
    customer = door.ask("customer", "GET", path).expect(200)["decision"]

    assert staff["risk"] == {"score": 40, "signals": [{"id": "much", "weight": 40}]}
    assert "risk:40" in staff["reasons"]
    assert (customer["risk"], customer["reasons"]) == (None, None)
    assert "risk_score" not in json.dumps(customer)
    assert "risk_score" in json.dumps(staff)
    story = door.ask("customer", "GET", f"{path}/timeline").raw
    assert "risk" not in story.replace('"rule":"risky"', "")
    assert "risk:40" in door.ask("support", "GET", f"{path}/timeline").raw


def test_queues_are_sorted_out_by_tier_and_risk(door: Door, stage: Stage) -> None:
    return_id = filed(door, stage, rule("all"), **RISKY)
    stage.observe()
    project_events({"Records": stage.changes}, LambdaContext())

    def queue(query: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = door.ask("reviewer", "GET", f"/v1/tasks?{query}").expect(200)[
            "items"
        ]
        return items

    (task,) = queue("role=senior_reviewer&tier=senior&min_risk=40")
    assert task["subject"] == f"return/{return_id}"
    assert (task["tier"], task["risk"], task["reasons"]) == ("senior", 40, ["risk:40"])
    assert task["amount"]["currency"] == "EUR"
    assert queue("tier=two_persons") == queue("min_risk=41") == queue("role=reviewer") == []
    assert door.ask("reviewer", "GET", "/v1/tasks?tier=boss").status == 400
    taken = door.ask("reviewer", "POST", f"/v1/tasks/{task['id']}/take", {}, If_Match="*")
    assert taken.body["code"] == "task_of_other_role"
    assert (
        door.ask(
            "senior_reviewer", "POST", f"/v1/tasks/{task['id']}/take", {}, If_Match="*"
        ).expect(200)["assignee"]
        == "senior_reviewer"
    )


def test_a_customer_is_told_that_a_person_decides_and_not_which(door: Door, stage: Stage) -> None:
    return_id = filed(door, stage, rule("two", review="two_persons"))

    seen = door.ask("customer", "GET", f"/v1/returns/{return_id}").expect(200)
    known = door.ask("reviewer", "GET", f"/v1/returns/{return_id}").expect(200)

    assert (seen["decision"]["review"], seen["approvals_missing"]) == ("person", 1)
    assert (known["decision"]["review"], known["approvals_missing"]) == ("two_persons", 2)
