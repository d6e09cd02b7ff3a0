"""Claims against carriers through the API, and their scorecard."""

from typing import Any

import pytest

from tests.api.door import Door, Reply
from tests.api.shop import opened


@pytest.fixture
def lost(door: Door) -> str:
    """A return of which both units were lost on their way."""
    return_id = opened(door)
    path = f"/v1/returns/{return_id}"
    door.ask("reviewer", "POST", f"{path}/approve", {}, If_Match="*").expect(200)
    sent = {"carrier": "dhl", "tracking_no": "JD014600003"}
    door.ask("support", "POST", f"{path}/shipments", sent, If_Match="*").expect(201)
    gone = {"reason": "LOST_IN_TRANSIT", "fault": "carrier"}
    door.ask("support", "POST", f"{path}/mark-lost", gone, If_Match="*").expect(200)
    return return_id


def claim(door: Door, return_id: str, who: str = "support", key: str = "k", **more: Any) -> Reply:
    body = {
        "return": return_id,
        "line_no": "1",
        "cause": "lost",
        "reason": "It never came.",
        **more,
    }
    return door.ask(who, "POST", "/v1/liability-claims", body, Idempotency_Key=key, If_Match="*")


def test_lost_units_are_claimed_once(door: Door, lost: str) -> None:
    reply = claim(door, lost)

    told = reply.expect(201)
    assert (told["against"], told["party"], told["quantity"]) == ("carrier", "dhl", 2)
    assert (told["state"], told["age_days"]) == ("OPEN", 0)
    assert told["amount"] is not None
    assert claim(door, lost).raw == reply.raw
    again = claim(door, lost, key="k2")
    assert (again.status, again.body["code"]) == (409, "nothing_to_claim")
    read = door.ask("finance", "GET", f"/v1/liability-claims/{told['id']}").expect(200)
    assert read == told | {"disproved": 0}


def test_what_is_asked_wrongly_is_refused(door: Door, lost: str) -> None:
    assert claim(door, lost, who="customer").status == 403
    assert claim(door, lost, cause="eaten").status == 400
    assert claim(door, "ret_x").body["code"] == "return_not_found"
    assert claim(door, lost, line_no="9").body["code"] == "unknown_line"
    assert claim(door, lost, evidence=["pho_x"]).body["code"] == "photo_unknown"
    assert claim(door, lost, cause="damaged").body["code"] == "nothing_to_claim"


def test_a_scorecard_is_of_a_period(door: Door) -> None:
    path = "/v1/carriers/scorecard?from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z"

    assert door.ask("finance", "GET", path).expect(200) == {
        "carriers": [],
        "complete_until": None,
    }
    assert door.ask("customer", "GET", path).status == 403
    backwards = "/v1/carriers/scorecard?from=2026-12-01T00:00:00Z&to=2026-11-01T00:00:00Z"
    assert door.ask("finance", "GET", backwards).status == 400
    long = "/v1/carriers/scorecard?from=2024-01-01T00:00:00Z&to=2026-11-01T00:00:00Z"
    assert door.ask("finance", "GET", long).body["code"] == "period_too_long"


def test_claims_are_listed_for_those_who_pursue_them(door: Door) -> None:
    assert door.ask("finance", "GET", "/v1/liability-claims?state=OPEN").expect(200)["items"] == []
    assert door.ask("finance", "GET", "/v1/liability-claims?state=GONE").status == 400
    assert door.ask("customer", "GET", "/v1/liability-claims").status == 403
