"""Inspections through the API: checklists, answers, proposals, second looks, accuracy."""

from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.auth.principal import Role
from chalicelib.returns.model import InspectionResult
from tests.api.door import Door, Reply
from tests.api.shop import INSPECTION, RECEIPT, command, opened
from tests.api.test_lifecycle import LINE

CHECKLIST: dict[str, Any] = {
    "title": {"en": "Hearts", "zh-CN": "烛台"},
    "applies_to": ["Home"],
    "items": [
        {
            "id": "whole",
            "section": "appearance",
            "words": {"en": "Is it whole?", "zh-CN": "是否完整？"},
            "caps": [{"when": {"answers": ["no"]}, "best": "C", "defect": "BROKEN"}],
        }
    ],
    "defects": [{"code": "BROKEN", "words": {"en": "Broken", "zh-CN": "破裂"}}],
}


@pytest.fixture
def received(door: Door) -> str:
    """A return of two units that wait for an inspector; its id."""
    return_id = opened(door)
    command(door, "reviewer", return_id, "approve", If_Match="*").expect(200)
    command(door, "warehouse", return_id, "receipts", RECEIPT, If_Match="*").expect(201)
    return return_id


def publishes(door: Door, body: dict[str, Any] = CHECKLIST, who: str = "admin") -> Reply:
    return door.ask(who, "POST", "/v1/checklists/hearts", body, If_Match="*")


def group(**more: Any) -> dict[str, Any]:
    seen = {"line_no": "1", "quantity": 2, "grade": "A", "result": "passed"} | more
    return {"groups": [seen]}


def test_a_checklist_is_published_read_and_listed(door: Door) -> None:
    made = publishes(door).expect(201)
    assert (made["version"], made["strict"], made["answers_required"]) == (1, True, True)

    assert door.ask("inspector", "GET", "/v1/checklists/hearts").expect(200) == made
    assert door.ask("inspector", "GET", "/v1/checklists/hearts?version=1").expect(200) == made
    listed = door.ask("inspector", "GET", "/v1/checklists").expect(200)["items"]
    assert {one["category"] for one in listed} >= {"default", "electronics", "hearts"}
    door.ask("inspector", "GET", "/v1/checklists/hearts?version=2").expect(404)


def test_what_is_read_may_be_published_again_as_it_is(door: Door) -> None:
    shown = door.ask("admin", "GET", "/v1/checklists/electronics").expect(200)
    body = {name: shown[name] for name in ("title", "items", "defects", "applies_to")}

    made = door.ask("admin", "POST", "/v1/checklists/electronics", body, If_Match="*").expect(201)

    assert (made["version"], made["items"]) == (2, shown["items"])


def test_faults_of_a_checklist_are_told_with_their_places(door: Door) -> None:
    body = {**CHECKLIST, "defects": []}

    refused = publishes(door, body).expect(422)

    assert refused["code"] == "checklist_faults"
    (error,) = refused["errors"]
    assert (error["pointer"], error["code"]) == ("/items/0/caps/0/defect", "defect_not_offered")


@pytest.mark.parametrize("who", ["inspector", "reviewer", "finance"])
def test_only_admins_publish_what_others_go_by(door: Door, who: str) -> None:
    publishes(door, who=who).expect(403)
    door.ask(who, "PUT", "/v1/inspection-rules", {}, If_Match="*").expect(403)


@pytest.mark.parametrize("path", ["/v1/checklists", "/v1/inspection-rules"])
def test_customers_do_not_see_what_inspectors_go_by(door: Door, path: str) -> None:
    door.ask("customer", "GET", path).expect(403)


def test_an_inspection_is_held_against_the_published_list(door: Door, received: str) -> None:
    publishes(door).expect(201)

    refused = command(
        door, "inspector", received, "inspections", group(checklist={"whole": "no"}), If_Match="*"
    ).expect(422)

    assert refused["code"] == "inspection_faults"
    assert [(one["pointer"], one["code"]) for one in refused["errors"]] == [
        ("/groups/0/grade", "grade_above_answers")
    ]


def test_an_inspection_is_answered_with_proposals_and_kept(door: Door, received: str) -> None:
    publishes(door).expect(201)
    body = {**group(grade="C", checklist={"whole": "no"}, fault="customer"), "duration_s": 75}

    seen = command(door, "inspector", received, "inspections", body, If_Match="*").expect(201)

    (proposed,) = seen["proposals"]
    assert (proposed["units"], proposed["defects"]) == ("1-2", ["BROKEN"])
    assert proposed["proposals"][0]["reasons"][0]["words"]["zh-CN"]
    (kept,) = door.ask("support", "GET", f"/v1/returns/{received}/inspections").expect(200)["items"]
    assert (kept["inspection_id"], kept["duration_s"]) == (seen["inspection_id"], 75)
    assert kept["checklists"] == {"1": "hearts@1"}
    assert kept["groups"][0]["defects"] == ["BROKEN"]
    told = door.ask("support", "GET", f"/v1/returns/{received}/disposition-proposals").expect(200)
    assert told["items"] == seen["proposals"]


def test_the_same_key_inspects_once(door: Door, received: str) -> None:
    first = command(door, "inspector", received, "inspections", INSPECTION, If_Match="*")
    again = command(door, "inspector", received, "inspections", INSPECTION, If_Match="*")

    assert first.status == again.status == 201
    assert first.raw == again.raw
    shown = door.ask("support", "GET", f"/v1/returns/{received}/inspections").expect(200)
    assert len(shown["items"]) == 1


@pytest.mark.parametrize("name", ["inspections", "disposition-proposals"])
def test_customers_are_not_shown_what_inspectors_wrote(
    door: Door, received: str, name: str
) -> None:
    door.ask("customer", "GET", f"/v1/returns/{received}/{name}").expect(403)


@pytest.mark.parametrize("name", ["inspections", "disposition-proposals"])
def test_what_is_not_there_is_not_found(door: Door, name: str) -> None:
    door.ask("support", "GET", f"/v1/returns/ret_none/{name}").expect(404)


def sampled(door: Door, received: str) -> str:
    """Everything is looked at twice; the id of the first inspection of the return."""
    rules = {"second_inspections": {"share_percent": "100"}}
    door.ask("admin", "PUT", "/v1/inspection-rules", rules, If_Match="*").expect(200)
    seen = command(
        door, "inspector", received, "inspections", group(grade="B"), If_Match="*"
    ).expect(201)
    door.sign_in("other", Role.INSPECTOR)
    return str(seen["inspection_id"])


def test_the_second_inspector_is_not_told_what_the_first_one_found(
    door: Door, received: str
) -> None:
    inspection_id = sampled(door, received)

    (shown,) = door.ask("other", "GET", f"/v1/returns/{received}/inspections").expect(200)["items"]
    assert (shown["inspection_id"], shown["is_hidden"], shown["groups"]) == (
        inspection_id, True, [],
    )  # fmt: skip
    assert (
        door.ask("other", "GET", f"/v1/returns/{received}/disposition-proposals").expect(200)[
            "items"
        ]
        == []
    )
    line = door.ask("other", "GET", f"/v1/returns/{received}").expect(200)["lines"][0]
    assert (line["quantities"]["passed"], line["quantities"]["uninspected"]) == (0, 2)
    timeline = door.ask("other", "GET", f"/v1/returns/{received}/timeline").expect(200)["items"]
    (event,) = [one for one in timeline if one["type"] == "return.inspected"]
    assert "grade" not in event["data"]["lines"][0]
    for who in ("inspector", "reviewer"):
        (open_,) = door.ask(who, "GET", f"/v1/returns/{received}/inspections").expect(200)["items"]
        assert open_["groups"][0]["grade"] == "B"


def test_what_the_first_one_found_is_not_in_the_answers_of_the_second_one_either(
    door: Door, received: str
) -> None:
    rules = {"second_inspections": {"share_percent": "100"}}
    door.ask("admin", "PUT", "/v1/inspection-rules", rules, If_Match="*").expect(200)
    broken = group(quantity=1, grade="D", result="failed", fault="us")
    command(door, "inspector", received, "inspections", broken, If_Match="*").expect(201)
    door.sign_in("other", Role.INSPECTOR)

    answers = [
        command(
            door, "other", received, "inspections", group(quantity=1), If_Match="*",
            Idempotency_Key="i-2",
        ),
        command(
            door, "other", received, "dispositions",
            {"items": [{"line_no": "1", "quantity": 1, "disposition": "HOLD"}]}, If_Match="*",
        ),
    ]  # fmt: skip

    for answer in answers:
        (line,) = answer.expect(201)["lines"]
        assert (line["quantities"]["failed"], line["quantities"]["passed"]) == (0, 1)


def test_a_second_inspection_is_recorded_and_compared(door: Door, received: str) -> None:
    inspection_id = sampled(door, received)
    body = {"inspection_id": inspection_id, **group(grade="A")}

    refused = command(door, "inspector", received, "second-inspections", body, If_Match="*")
    done = command(
        door, "other", received, "second-inspections", body, If_Match="*", Idempotency_Key="s-2"
    ).expect(201)

    assert refused.expect(403)["code"] == "second_by_first"
    assert (done["outcome"], done["comparison"]["grade"]) == ("disagreed", 0)
    (shown,) = door.ask("other", "GET", f"/v1/returns/{received}/inspections").expect(200)["items"]
    assert (shown["is_hidden"], shown["groups"][0]["grade"]) == (False, "B")
    assert shown["second"]["second_by"] == "other"


@pytest.mark.parametrize("body", [{}, {**group(), "gone_because": "sold"}], ids=["none", "both"])
def test_a_second_inspection_says_one_thing(
    door: Door, received: str, body: dict[str, Any]
) -> None:
    refused = command(
        door,
        "inspector",
        received,
        "second-inspections",
        {"inspection_id": "ins_1", **body},
        If_Match="*",
    ).expect(400)

    assert refused["errors"][0]["code"] == "groups_or_gone"


def test_rules_are_versions_and_each_stays_readable(door: Door) -> None:
    first = door.ask("admin", "GET", "/v1/inspection-rules").expect(200)
    wanted = {"second_inspections": {"share_percent": "2.5"}, "proposals": {"expiry_days": 60}}

    made = door.ask("admin", "PUT", "/v1/inspection-rules", wanted, If_Match='"v1"').expect(200)
    again = door.ask("admin", "PUT", "/v1/inspection-rules", wanted, If_Match='"v2"').expect(200)
    door.ask("admin", "PUT", "/v1/inspection-rules", {}, If_Match='"v1"').expect(412)

    assert (first["version"], made["version"], again["version"]) == (1, 2, 2)
    assert made["second_inspections"]["share_percent"] == "2.5"
    assert made["proposals"]["expiry_days"] == 60
    past = door.ask("admin", "GET", "/v1/inspection-rules?version=1").expect(200)
    assert past == first
    assert door.ask("admin", "GET", "/v1/inspection-rules?version=2").expect(200) == made
    door.ask("admin", "GET", "/v1/inspection-rules?version=9").expect(404)


def test_rules_that_contradict_themselves_are_refused(door: Door) -> None:
    wanted = {"proposals": {"resale_percent": {"A": "50", "B": "80"}, "restock_grades": ["D"]}}

    refused = door.ask("admin", "PUT", "/v1/inspection-rules", wanted, If_Match="*").expect(422)

    assert [(one["pointer"], one["code"]) for one in refused["errors"]] == [
        ("/proposals/resale_percent/B", "resale_rises"),
        ("/proposals/restock_grades", "damaged_on_shelf"),
    ]


def test_what_work_costs_is_stated_with_the_rules_and_shown(door: Door) -> None:
    repair = {"amount": "12.50", "currency": "GBP"}
    stated = {"demand_days": 30, "work_costs": [{"category": "Home", "repair": repair}]}

    made = door.ask(
        "admin", "PUT", "/v1/inspection-rules", {"proposals": stated}, If_Match="*"
    ).expect(200)

    assert made["proposals"]["demand_days"] == 30
    assert made["proposals"]["work_costs"] == [
        {"sku": None, "category": "Home", "repack": None, "repair": repair, "refurbish": None}
    ]
    shown = door.ask("inspector", "GET", "/v1/inspection-rules").expect(200)
    assert shown["proposals"] == made["proposals"]


def test_an_inspection_is_answered_with_what_is_known_of_stock_and_costs(
    door: Door, received: str
) -> None:
    repair = {"amount": "0.50", "currency": "EUR"}
    rules = {"proposals": {"work_costs": [{"sku": LINE["sku"], "repair": repair}]}}
    door.ask("admin", "PUT", "/v1/inspection-rules", rules, If_Match="*").expect(200)
    broken = group(grade="C", result="failed", fault="us")

    seen = command(door, "inspector", received, "inspections", broken, If_Match="*").expect(201)

    (proposed,) = seen["proposals"]
    assert proposed["facts"]["on_hand"] == 7
    assert proposed["facts"]["repair_cost"] == repair
    path = f"/v1/returns/{received}/disposition-proposals"
    assert door.ask("support", "GET", path).expect(200)["items"] == seen["proposals"]


def test_accuracy_is_asked_for_a_period_by_leads(door: Door) -> None:
    path = "/v1/inspectors/accuracy?from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z"

    assert door.ask("admin", "GET", path).expect(200)["items"] == []
    door.ask("inspector", "GET", path).expect(403)
    backwards = "/v1/inspectors/accuracy?from=2026-12-01T00:00:00Z&to=2026-11-01T00:00:00Z"
    door.ask("admin", "GET", backwards).expect(400)


def in_two_places(door: Door) -> str:
    """A return of which one unit lies in WH1 and one in WH2; its id."""
    return_id = opened(door)
    command(door, "reviewer", return_id, "approve", If_Match="*").expect(200)
    for place in ("WH1", "WH2"):
        receipt = {"warehouse": place, "items": [{"sku": "85123A", "quantity": 1}]}
        key = f"receipt-{place}"
        command(
            door, "warehouse", return_id, "receipts", receipt, If_Match="*", Idempotency_Key=key
        ).expect(201)
    door.sign_in("there", Role.INSPECTOR, warehouses=frozenset({"WH2"}))
    return return_id


def test_an_inspector_is_meant_to_have_seen_what_lies_where_they_work(door: Door) -> None:
    return_id = in_two_places(door)

    command(door, "there", return_id, "inspections", group(quantity=1), If_Match="*").expect(201)

    (line,) = wiring.reads().return_(return_id).lines  # type: ignore[union-attr]
    seen = {one.warehouse: one.inspection for one in line.groups if one.warehouse}
    assert seen == {"WH1": InspectionResult.PENDING, "WH2": InspectionResult.PASSED}


def test_an_inspector_cannot_have_seen_what_lies_elsewhere(door: Door) -> None:
    return_id = in_two_places(door)

    refused = command(door, "there", return_id, "inspections", group(quantity=2), If_Match="*")

    assert refused.expect(403)["code"] == "warehouse_not_yours"


def test_a_second_inspector_cannot_have_seen_what_lies_elsewhere(door: Door) -> None:
    rules = {"second_inspections": {"share_percent": "100"}}
    door.ask("admin", "PUT", "/v1/inspection-rules", rules, If_Match="*").expect(200)
    return_id = in_two_places(door)
    door.sign_in("here", Role.INSPECTOR, warehouses=frozenset({"WH1"}))
    seen = group(quantity=1)
    first = command(door, "here", return_id, "inspections", seen, If_Match="*").expect(201)

    second = {"inspection_id": first["inspection_id"], **seen}
    refused = command(door, "there", return_id, "second-inspections", second, If_Match="*")

    assert refused.expect(403)["code"] == "warehouse_not_yours"


def test_the_version_that_is_told_is_the_one_that_proposals_were_made_by(
    door: Door, received: str
) -> None:
    """A process goes by rules that it knows for half a minute at most."""
    path = f"/v1/returns/{received}/disposition-proposals"
    command(door, "inspector", received, "inspections", group(), If_Match="*").expect(201)
    before = door.ask("support", "GET", path).expect(200)
    rules: dict[str, Any] = {"proposals": {"restock_grades": []}}
    door.ask("admin", "PUT", "/v1/inspection-rules", rules, If_Match="*").expect(200)

    after = door.ask("support", "GET", path).expect(200)

    is_by_the_same = after["rules_version"] == before["rules_version"]
    assert is_by_the_same == (after["items"] == before["items"])


def test_accuracy_is_asked_for_a_year_at_most(door: Door) -> None:
    path = "/v1/inspectors/accuracy?from=2024-11-01T00:00:00Z&to=2026-12-01T00:00:00Z"

    refused = door.ask("admin", "GET", path).expect(422)

    assert refused["code"] == "period_too_long"


def test_where_the_units_went_is_not_told_to_who_looks_a_second_time_either(
    door: Door, received: str
) -> None:
    sampled(door, received)
    items = [{"line_no": "1", "quantity": 2, "disposition": "RESTOCK"}]
    command(door, "warehouse", received, "dispositions", {"items": items}, If_Match="*").expect(201)

    def told(who: str) -> dict[str, Any]:
        timeline = door.ask(who, "GET", f"/v1/returns/{received}/timeline").expect(200)["items"]
        (event,) = [one for one in timeline if one["type"] == "return.dispositioned"]
        return dict(event["data"]["lines"][0])

    assert told("support")["disposition"] == "RESTOCK"
    assert "disposition" not in told("other")
