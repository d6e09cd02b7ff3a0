"""What waits for a second person is found in a list, by state and warehouse."""

from typing import Any

import pytest

from chalicelib.auth.principal import Role
from chalicelib.workers.events_stream import project_events
from tests.api.door import Door
from tests.api.shop import INSPECTION, RECEIPT, command, opened
from tests.stage import LambdaContext, Stage

SCRAP = {"items": [{"line_no": "1", "quantity": 1, "disposition": "SCRAP"}]}
LIST = "/v1/scrap-proposals"


@pytest.fixture
def proposed(door: Door, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> str:
    """The return of which somebody wants two units scrapped, each by a proposal of its own."""
    monkeypatch.setenv("SCRAP_SECOND_ABOVE", "EUR=0.01")
    return_id = opened(door)
    for who, name, body in (
        ("reviewer", "approve", {}),
        ("warehouse", "receipts", RECEIPT),
        ("inspector", "inspections", INSPECTION),
        ("warehouse", "dispositions", SCRAP),
    ):
        assert command(door, who, return_id, name, body, If_Match="*").status in (200, 201)
    again = command(
        door, "warehouse", return_id, "dispositions", SCRAP, If_Match="*", Idempotency_Key="again"
    )
    assert again.status in (200, 201)
    return return_id


def listed(door: Door, stage: Stage, query: str = "", who: str = "finance") -> list[dict[str, Any]]:
    """Any: JSON."""
    stage.observe()
    project_events({"Records": stage.changes}, LambdaContext())
    items = door.ask(who, "GET", f"{LIST}{query}").expect(200)["items"]
    assert isinstance(items, list)
    return items


def test_what_waits_for_a_second_person_is_listed(door: Door, stage: Stage, proposed: str) -> None:
    rows = listed(door, stage, "?state=OPEN&warehouse=WH1")

    assert [(row["return_id"], row["warehouse"], row["quantity"]) for row in rows] == [
        (proposed, "WH1", 1),
        (proposed, "WH1", 1),
    ]
    one = door.ask("finance", "GET", f"{LIST}/{rows[0]['id']}").expect(200)
    assert (rows[0]["worth"], rows[0]["proposed_by"]) == (one["worth"], one["proposed_by"])
    assert rows[0]["dispositions"] == ["SCRAP"]
    assert "note" not in rows[0], "lists hold no words of people"


def test_what_was_decided_is_in_the_list_of_its_state(
    door: Door, stage: Stage, proposed: str
) -> None:
    first, second = listed(door, stage)
    sent = {"Idempotency_Key": "yes", "If_Match": "*"}
    door.ask("finance", "POST", f"{LIST}/{first['id']}/approve", {}, **sent).expect(200)

    assert [row["id"] for row in listed(door, stage, "?state=OPEN")] == [second["id"]]
    (approved,) = listed(door, stage, "?state=APPROVED&warehouse=WH1")
    assert (approved["id"], approved["state"]) == (first["id"], "APPROVED")
    assert approved["decided_at"] is not None
    assert len(listed(door, stage)) == 2


def test_it_is_read_page_by_page(door: Door, stage: Stage, proposed: str) -> None:
    every = listed(door, stage)

    page = door.ask("finance", "GET", f"{LIST}?limit=1").expect(200)
    rest = door.ask("finance", "GET", f"{LIST}?limit=1&cursor={page['next_cursor']}").expect(200)

    assert [*page["items"], *rest["items"]] == every
    assert rest["next_cursor"] is None


def test_other_warehouses_are_not_the_callers(door: Door, stage: Stage, proposed: str) -> None:
    door.sign_in("neighbour", Role.WAREHOUSE, warehouses=frozenset({"WH2"}))

    assert listed(door, stage, who="neighbour") == []
    assert listed(door, stage, "?warehouse=WH1&state=OPEN", who="neighbour") == []
    assert door.ask("customer", "GET", LIST).status == 403
