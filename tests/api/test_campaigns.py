"""Call-backs through the API: who may, what is shown before anything is drafted, and the drafts."""

from typing import Any

import pytest

from chalicelib.auth.principal import Role
from chalicelib.workers.events_stream import project_events
from chalicelib.workers.jobs_queue import run_job
from tests.api.door import Door, Reply
from tests.api.test_lifecycle import COUNT, ORDER
from tests.imports.files import read_csv
from tests.stage import LambdaContext, Stage, run_queue_worker

CAMPAIGN: dict[str, Any] = {
    "type": "recall",
    "title": "Candle holders of lot L7",
    "necessity": "The glass may crack.",
    "query": {"skus": ["85123A"]},
    "reason": "QUALITY_DEFECT",
    "method": "pickup",
    "documents": [{"kind": "qc_report", "ref": "QC-7"}],
}


@pytest.fixture
def sold(door: Door) -> Door:
    """Three units were sold and delivered."""
    door.ask("warehouse", "POST", "/v1/stock/counts", COUNT, Idempotency_Key="c-1").expect(201)
    door.ask("machine", "PUT", "/v1/orders/SO-1", ORDER).expect(201)
    return door


def worked(stage: Stage) -> None:
    """The jobs in the queue are carried out."""
    bodies = [message["body"] for message in stage.messages("jobs")]
    assert run_queue_worker(run_job, *bodies, remaining_s=900) == []


def planned(door: Door, stage: Stage, **changed: Any) -> dict[str, Any]:
    """A campaign whose scope is there, as it is read."""
    made = door.ask("sales", "POST", "/v1/campaigns", {**CAMPAIGN, **changed}).expect(202)
    worked(stage)
    read: dict[str, Any] = door.ask("sales", "GET", f"/v1/campaigns/{made['id']}").expect(200)
    return read


def command(door: Door, campaign: dict[str, Any], name: str, **headers: str) -> Reply:
    return door.ask("support", "POST", f"/v1/campaigns/{campaign['id']}/{name}", {}, **headers)


def test_the_necessity_and_the_scope_are_shown_before_anything_is_drafted(
    sold: Door, stage: Stage
) -> None:
    reply = sold.ask("sales", "POST", "/v1/campaigns", CAMPAIGN)
    begun = reply.expect(202)
    assert (begun["state"], begun["job"]["state"], begun["scope"]) == ("SCOPING", "queued", None)

    worked(stage)

    shown = sold.ask("sales", "GET", reply.headers["Location"])
    campaign = shown.expect(200)
    assert (campaign["state"], campaign["necessity"]) == ("SCOPED", "The glass may crack.")
    assert campaign["job"]["state"] == "succeeded"
    assert (campaign["scope"]["orders"], campaign["scope"]["returnable"]) == (1, 3)
    assert shown.headers["ETag"] == '"v2"'
    assert len(campaign["files"]["scope"]) == 1
    (listed,) = stage.objects("reports/campaigns/").values()
    assert [row["order_no"] for row in read_csv(listed)] == ["SO-1"]
    assert not [item for item in stage._all("core") if item["type"]["S"] == "RETURN"]


def test_drafts_are_made_when_they_are_ordered(sold: Door, stage: Stage) -> None:
    campaign = planned(sold, stage)

    begun = command(sold, campaign, "draft", If_Match='"v2"').expect(202)
    worked(stage)

    assert begun["state"] == "DRAFTING"
    done = sold.ask("sales", "GET", f"/v1/campaigns/{campaign['id']}").expect(200)
    assert (done["state"], done["drafted"]) == (
        "DRAFTED", {"returns": 1, "units": 3, "rejected": 0},
    )  # fmt: skip
    (listed,) = stage.objects("reports/campaigns/" + campaign["id"] + "/drafts").values()
    (row,) = read_csv(listed)
    ret = sold.ask("support", "GET", f"/v1/returns/{row['return_id']}").expect(200)
    assert (ret["status"], ret["type"], ret["method"]) == ("DRAFT", "recall", "pickup")
    assert ret["campaign_id"] == campaign["id"]


def test_people_name_the_version_whose_scope_they_saw(sold: Door, stage: Stage) -> None:
    campaign = planned(sold, stage)

    assert command(sold, campaign, "draft").status == 428
    stale = command(sold, campaign, "draft", If_Match='"v1"')
    assert (stale.status, stale.body["code"]) == (412, "stale_version")
    assert [change["type"] for change in stale.body["details"]["changes"]] == ["campaign.scoped"]


def test_a_campaign_is_cancelled_with_its_job(sold: Door, stage: Stage) -> None:
    made = sold.ask("sales", "POST", "/v1/campaigns", CAMPAIGN).expect(202)

    ended = command(sold, made, "cancel", If_Match='"v1"').expect(200)
    worked(stage)

    assert (ended["state"], ended["job"]["state"]) == ("CANCELLED", "cancelled")
    refused = command(sold, made, "draft", If_Match="*")
    assert (refused.status, refused.body["code"]) == (409, "campaign_not_allowed_now")


def test_a_repeated_request_is_one_campaign(sold: Door, stage: Stage) -> None:
    first, again = (
        sold.ask("sales", "POST", "/v1/campaigns", CAMPAIGN, Idempotency_Key="k") for _ in range(2)
    )

    assert first.expect(202)["id"] == again.expect(202)["id"]
    assert first.raw == again.raw


def test_campaigns_are_listed_the_newest_first(sold: Door, stage: Stage) -> None:
    first, second = planned(sold, stage, title="One"), planned(sold, stage, title="Two")
    stage.observe()
    project_events({"Records": stage.changes}, LambdaContext())

    page = sold.ask("auditor", "GET", "/v1/campaigns?limit=1").expect(200)
    rest = sold.ask("auditor", "GET", f"/v1/campaigns?limit=1&cursor={page['next_cursor']}").expect(
        200
    )

    assert [item["id"] for item in (*page["items"], *rest["items"])] == [second["id"], first["id"]]
    assert (page["items"][0]["title"], page["items"][0]["units"]) == ("Two", 3)
    assert "necessity" not in page["items"][0]


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"type": "quality"}, "/type"),
        ({"necessity": ""}, "/necessity"),
        ({"query": {"skus": []}}, "/query/skus"),
        ({"query": {"skus": ["A"], "colour": "red"}}, "/query/colour"),
        ({"reason": "bad"}, "/reason"),
    ],
)
def test_a_body_of_the_wrong_shape_is_refused(
    door: Door, changed: dict[str, Any], pointer: str
) -> None:
    reply = door.ask("sales", "POST", "/v1/campaigns", {**CAMPAIGN, **changed})

    assert reply.status == 400
    assert [error["pointer"] for error in reply.body["errors"]] == [pointer]


def test_a_campaign_that_means_nothing_is_refused(door: Door) -> None:
    period = {
        "skus": ["A"],
        "delivered_from": "2026-11-02T00:00:00Z",
        "delivered_to": "2026-11-01T00:00:00Z",
    }

    reply = door.ask("sales", "POST", "/v1/campaigns", {**CAMPAIGN, "query": period})

    assert (reply.status, reply.body["code"]) == (422, "invalid_campaign")


@pytest.mark.parametrize("role", Role)
def test_only_those_who_sell_or_support_call_back(door: Door, role: Role) -> None:
    may = role in {Role.SALES, Role.SUPPORT, Role.MACHINE, Role.ADMIN}

    reply = door.ask(role.value, "POST", "/v1/campaigns", CAMPAIGN)

    assert reply.status == (202 if may else 403)


def test_an_unknown_campaign_is_not_there(door: Door) -> None:
    reply = door.ask("support", "GET", "/v1/campaigns/cmp_x")

    assert (reply.status, reply.body["code"]) == (404, "campaign_not_found")
