"""Reasons through the API: who sees which, in which language, and who may change them."""

from copy import deepcopy
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.auth.principal import Role
from chalicelib.reasons.systems import systems
from tests.api.door import Door
from tests.api.test_lifecycle import COUNT, ORDER

SWOLLEN: dict[str, Any] = {
    "group": "PRODUCT",
    "words": {"en": "Battery swollen", "zh-CN": "电池鼓包"},
    "fault": "maker",
    "questions": [
        {
            "id": "charging",
            "kind": "yes_no",
            "words": {"en": "Was it being charged?", "zh-CN": "当时是否正在充电？"},
            "required": True,
        }
    ],
    "outcomes": ["refund", "exchange"],
    "like": "QUALITY_DEFECT",
}


@pytest.fixture
def door(door: Door) -> Door:
    door.sign_in("customer", Role.CUSTOMER, customer_id="cus-1")
    return door


def reasons(tree: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The reasons of a catalogue, or of a branch of it, by code."""
    found = {reason["code"]: reason for reason in tree.get("reasons", ())}
    for group in tree["groups"]:
        found |= reasons(group)
    return found


def read(door: Door, who: str = "admin", query: str = "", **headers: str) -> dict[str, Any]:
    body: dict[str, Any] = door.ask(who, "GET", f"/v1/reasons{query}", **headers).expect(200)
    return body


def test_the_tree_is_told_in_the_language_of_the_caller(door: Door) -> None:
    english, chinese = read(door), read(door, Accept_Language="zh-CN,zh;q=0.9")

    assert reasons(english)["CHANGED_MIND"]["label"] == "No longer wanted"
    assert reasons(chinese)["CHANGED_MIND"]["label"] == "不想要了 / 需求变化"
    assert (english["language"], chinese["language"]) == ("en", "zh-CN")
    groups = [group["code"] for group in english["groups"]]
    assert groups == ["PRODUCT", "DELIVERY", "PERSONAL", "INTERNAL", "OTHER_REASONS"]
    (personal,) = [group for group in english["groups"] if group["code"] == "PERSONAL"]
    assert [group["code"] for group in personal["groups"]] == ["FIT", "MIND"]
    assert {one["code"] for one in english["cancellations"]} >= {"KEEPS_IT", "OTHER"}
    assert chinese["rejections"][0] == {
        "code": "OUTSIDE_WINDOW",
        "label": "超过退货时限",
        "words": None,
    }


def test_every_language_is_told_where_it_is_asked_for(door: Door) -> None:
    told = reasons(read(door, query="?languages=all"))

    assert told["CHANGED_MIND"]["words"] == {
        "en": "No longer wanted",
        "zh-CN": "不想要了 / 需求变化",
    }
    assert told["CHANGED_MIND"]["questions"][0]["choices"][0]["words"]["zh-CN"] == "未拆封"
    assert door.ask("admin", "GET", "/v1/reasons?languages=fr").status == 400


def test_an_answer_says_its_language_and_its_version(door: Door) -> None:
    reply = door.ask("admin", "GET", "/v1/reasons", Accept_Language="zh")

    assert reply.headers["ETag"] == '"v1"'
    assert reply.headers["Content-Language"] == "zh-CN"
    assert reply.headers["Vary"] == "Accept-Language"
    assert door.ask("admin", "GET", "/v1/reasons", If_None_Match='"v1"').status == 304


def test_customers_see_what_they_may_choose_and_not_whose_fault_it_is(door: Door) -> None:
    door.ask("admin", "DELETE", "/v1/reasons/EXPIRED", If_Match='"v1"').expect(200)

    for_customers, for_staff = read(door, "customer"), read(door, "support")

    hidden = set(reasons(for_staff)) - set(reasons(for_customers))
    assert hidden == {"EXPIRED", "UNDELIVERABLE", "REFUSED", "SALES_STRATEGY"}
    assert reasons(for_staff)["EXPIRED"]["active"] is False
    assert {one["fault"] for one in reasons(for_customers).values()} == {None}
    assert reasons(for_staff)["DAMAGED_TRANSIT"]["fault"] == "carrier"


def test_customers_see_no_group_without_anything_to_choose(door: Door) -> None:
    door.ask("admin", "DELETE", "/v1/reasons/INVOICE_PROBLEM", If_Match='"v1"').expect(200)

    def groups(who: str) -> list[str]:
        return [group["code"] for group in read(door, who)["groups"]]

    assert "INTERNAL" in groups("support")
    assert "INTERNAL" not in groups("customer")


def test_a_reason_is_added_changed_and_ended(door: Door) -> None:
    path = "/v1/reasons/BATTERY_SWOLLEN"

    made = door.ask("admin", "PUT", path, SWOLLEN, If_Match='"v1"')
    added = made.expect(201)
    assert made.headers["ETag"] == '"v2"'
    assert (added["label"], added["active"], added["built_in"]) == ("Battery swollen", True, False)
    assert added["questions"][0]["words"]["zh-CN"] == "当时是否正在充电？"

    changed = {**SWOLLEN, "evidence": ["photo"]}
    assert door.ask("admin", "PUT", path, changed, If_Match='"v2"').expect(200)["evidence"] == [
        "photo"
    ]
    assert door.ask("admin", "DELETE", path, If_Match='"v3"').expect(200)["active"] is False
    assert reasons(read(door))["BATTERY_SWOLLEN"]["active"] is False
    events = wiring.reads().events("reasons/catalogue")
    assert [event.data["change"] for event in events] == ["added", "changed", "deactivated"]


def test_what_is_read_in_every_language_can_be_sent_back(door: Door) -> None:
    told = reasons(read(door, query="?languages=all"))
    sent = {
        name: value
        for name, value in deepcopy(told["CHANGED_MIND"]).items()
        if name not in ("code", "label", "built_in")
    }
    for part in [*sent["questions"], *(c for q in sent["questions"] for c in q["choices"])]:
        del part["label"]

    reply = door.ask("admin", "PUT", "/v1/reasons/CHANGED_MIND", sent, If_Match='"v1"')

    assert reply.expect(200) == told["CHANGED_MIND"]
    assert reply.headers["ETag"] == '"v1"'


def test_every_fault_of_a_reason_is_pointed_at(door: Door) -> None:
    bad = {**SWOLLEN, "group": "NOWHERE", "words": {"en": "Swollen"}}

    body = door.ask("admin", "PUT", "/v1/reasons/SWOLLEN", bad, If_Match='"v1"').expect(422)

    assert body["code"] == "reason_faults"
    assert [(one["pointer"], one["code"]) for one in body["errors"]] == [
        ("/group", "unknown_group"),
        ("/words/zh-CN", "words_missing"),
    ]


def test_an_outcome_that_is_no_resolution_is_pointed_at(door: Door) -> None:
    bad = {**SWOLLEN, "outcomes": ["refund", "apology"]}

    body = door.ask("admin", "PUT", "/v1/reasons/SWOLLEN", bad, If_Match='"v1"').expect(400)

    assert [one["pointer"] for one in body["errors"]] == ["/outcomes/1"]


def test_people_name_the_version_and_only_administrators_write(door: Door) -> None:
    assert door.ask("admin", "PUT", "/v1/reasons/SWOLLEN", SWOLLEN).status == 428
    assert door.ask("admin", "DELETE", "/v1/reasons/EXPIRED").status == 428
    for who in ("support", "customer", "machine", "reviewer"):
        assert door.ask(who, "PUT", "/v1/reasons/SWOLLEN", SWOLLEN, If_Match="*").status == 403
    stale = door.ask("admin", "PUT", "/v1/reasons/SWOLLEN", SWOLLEN, If_Match='"v7"')
    assert stale.expect(412)["details"]["actual"] == 1


def test_who_was_faster_is_told_to_who_comes_late(door: Door) -> None:
    door.ask("admin", "DELETE", "/v1/reasons/EXPIRED", If_Match='"v1"').expect(200)

    late = door.ask("admin", "PUT", "/v1/reasons/SWOLLEN", SWOLLEN, If_Match='"v1"').expect(412)

    assert [one["type"] for one in late["details"]["changes"]] == ["reasons.changed"]


def test_a_repeated_request_is_answered_alike(door: Door) -> None:
    sent = {"If_Match": '"v1"', "Idempotency_Key": "k-1"}
    first = door.ask("admin", "PUT", "/v1/reasons/SWOLLEN", SWOLLEN, **sent)
    again = door.ask("admin", "PUT", "/v1/reasons/SWOLLEN", SWOLLEN, **sent)

    assert (first.status, first.raw) == (again.status, again.raw)
    assert again.headers["Idempotency-Replayed"] == "true"


def test_the_tables_of_other_systems_are_there_to_be_read(door: Door) -> None:
    door.ask("admin", "PUT", "/v1/reasons/SWOLLEN", SWOLLEN, If_Match='"v1"').expect(201)

    listed = door.ask("support", "GET", "/v1/reasons/mappings").expect(200)
    shopify = door.ask("machine", "GET", "/v1/reasons/mappings/shopify").expect(200)

    assert [one["system"] for one in listed["items"]] == list(systems())
    assert shopify["reasons"]["STYLE_COLOR"] == ["STYLE", "COLOR"]
    assert shopify["reasons"]["SWOLLEN"] == ["DEFECTIVE"]
    assert shopify["reasons"]["SALES_STRATEGY"] == []
    assert shopify["incoming"]["DEFECTIVE"] == "QUALITY_DEFECT"
    assert door.ask("support", "GET", "/v1/reasons/mappings/ebay").expect(404)["code"] == (
        "reason_system_not_found"
    )


def test_a_return_answers_the_questions_of_its_reason(door: Door) -> None:
    door.ask("warehouse", "POST", "/v1/stock/counts", COUNT, Idempotency_Key="c-1").expect(201)
    door.ask("machine", "PUT", "/v1/orders/SO-1", ORDER).expect(201)
    door.ask("admin", "PUT", "/v1/reasons/SWOLLEN", SWOLLEN, If_Match='"v1"').expect(201)
    line: dict[str, Any] = {"order_line_no": "1", "quantity": 1, "reason": "SWOLLEN"}

    def ask(**answers: str) -> Any:
        body = {"order_no": "SO-1", "lines": [{**line, "answers": answers}]}
        return door.ask("support", "POST", "/v1/returns", body)

    unanswered = ask().expect(422)
    made = ask(charging="yes").expect(201)

    assert [(one["pointer"], one["code"]) for one in unanswered["errors"]] == [
        ("/lines/0/answers/charging", "answer_required")
    ]
    assert made["lines"][0]["answers"] is None
    seen = door.ask("support", "GET", f"/v1/returns/{made['id']}").expect(200)
    assert seen["lines"][0]["answers"] == {"charging": "yes"}


def test_an_import_names_a_system_that_is_known_and_has_reasons(door: Door) -> None:
    def ask(**fields: str) -> Any:
        return door.ask("admin", "POST", "/v1/imports", fields)

    assert ask(kind="returns", reason_system="shopify").status == 202
    for fields in (
        {"kind": "returns", "reason_system": "ebay"},
        {"kind": "orders", "reason_system": "shopify"},
    ):
        body = ask(**fields).expect(422)
        assert [(one["pointer"], one["code"]) for one in body["errors"]] == [
            ("/reason_system", "unknown_reason_system")
        ]
