"""Tasks through the API: queues, taking, giving on, finishing; and who may."""

from datetime import UTC, datetime

import pytest

from chalicelib import wiring
from chalicelib.auth.principal import Role
from chalicelib.core.commands import Changes, Decided
from chalicelib.tasks.model import Task, TaskKind, open_task
from chalicelib.workers.events_stream import project_events
from tests.api.door import Door, Reply
from tests.stage import LambdaContext, Stage

LONG_AGO = datetime(2025, 1, 1, 9, tzinfo=UTC)


def opened(stage: Stage, kind: TaskKind = TaskKind.PAYMENT, warehouse: str = "WH1") -> Task:
    """A task that a command left behind long ago, in the lists."""
    task = open_task(kind, "return/ret_1", occasion=warehouse, now=LONG_AGO, warehouse=warehouse)
    decided = Decided(result=task, changes=Changes(records=(task,)))
    wiring.commands().run(lambda _: decided, context=stage.context())
    listed(stage)
    return task


def listed(stage: Stage) -> None:
    stage.observe()
    project_events({"Records": stage.changes}, LambdaContext())


def does(
    door: Door, who: str, task: Task, name: str, body: object = None, *, if_match: str = "*"
) -> Reply:
    path = f"/v1/tasks/{task.task_id}/{name}"
    return door.ask(who, "POST", path, body or {}, If_Match=if_match)


def queue(door: Door, who: str, query: str) -> list[str]:
    return [task["id"] for task in door.ask(who, "GET", f"/v1/tasks?{query}").expect(200)["items"]]


def test_a_task_goes_through_the_hands_of_its_role(door: Door, stage: Stage) -> None:
    door.sign_in("eve", Role.FINANCE)
    door.sign_in("adam", Role.FINANCE)
    task = opened(stage)

    taken = does(door, "eve", task, "take", if_match='"v1"')
    given = does(door, "eve", task, "reassign", {"assignee": "adam"}, if_match='"v2"')
    back = does(door, "adam", task, "release", if_match='"v3"')
    done = does(door, "eve", task, "complete", {"outcome": "Paid."}, if_match='"v4"')

    assert taken.expect(200)["assignee"] == "eve"
    assert (given.expect(200)["assignee"], given.headers["ETag"]) == ("adam", '"v3"')
    assert back.expect(200)["state"] == "open"
    assert done.expect(200)["done_by"] == "eve"
    read = door.ask("auditor", "GET", f"/v1/tasks/{task.task_id}")
    assert (read.expect(200)["outcome"], read.headers["ETag"]) == ("Paid.", '"v5"')


def test_a_taken_task_says_who_has_it_since_when(door: Door, stage: Stage) -> None:
    door.sign_in("eve", Role.FINANCE)
    task = opened(stage)
    taken = does(door, "eve", task, "take").expect(200)

    refused = does(door, "finance", task, "take", if_match='"v1"')

    assert (refused.status, refused.body["code"]) == (409, "task_taken")
    assert refused.body["details"] == {"assignee": "eve", "since": taken["taken_at"]}


def test_a_stale_version_tells_what_happened_meanwhile(door: Door, stage: Stage) -> None:
    task = opened(stage)
    does(door, "finance", task, "take").expect(200)

    refused = does(door, "finance", task, "release", if_match='"v1"')

    assert refused.status == 412
    assert [c["type"] for c in refused.body["details"]["changes"]] == ["task.taken"]


def test_people_name_the_version_of_a_task(door: Door, stage: Stage) -> None:
    path = f"/v1/tasks/{opened(stage).task_id}/take"

    assert door.ask("finance", "POST", path, {}).status == 428


@pytest.mark.parametrize(
    ("who", "status", "code"),
    [
        ("support", 403, "task_of_other_role"),
        ("auditor", 403, "permission_denied"),
        ("customer", 403, "permission_denied"),
        ("admin", 200, None),
    ],
)
def test_only_its_role_and_leads_take_a_task(
    door: Door, stage: Stage, who: str, status: int, code: str | None
) -> None:
    reply = does(door, who, opened(stage), "take")

    assert (reply.status, reply.body.get("code")) == (status, code)


def test_a_review_is_not_finished_by_hand(door: Door, stage: Stage) -> None:
    task = opened(stage, TaskKind.REVIEW)

    refused = does(door, "reviewer", task, "complete", {"outcome": "fine"})

    assert (refused.status, refused.body["code"]) == (409, "task_done_by_its_work")


def test_a_lead_moves_the_due_date(door: Door, stage: Stage) -> None:
    task = opened(stage)
    body = {"due_at": "2099-01-02T09:00:00Z", "reason": "Anna is ill"}
    path = f"/v1/tasks/{task.task_id}"

    moved = door.ask("admin", "PATCH", path, body, If_Match='"v1"').expect(200)

    assert (moved["due_at"], moved["due_reason"]) == ("2099-01-02T09:00:00.000Z", "Anna is ill")
    assert door.ask("finance", "PATCH", path, body, If_Match="*").status == 403
    past = {**body, "due_at": "2001-01-02T09:00:00Z"}
    assert door.ask("admin", "PATCH", path, past, If_Match="*").body["code"] == "due_in_past"


def test_tasks_of_other_warehouses_are_not_there(door: Door, stage: Stage) -> None:
    door.sign_in("floor", Role.WAREHOUSE, warehouses=frozenset({"WH1"}))
    here = opened(stage, TaskKind.REPLENISHMENT)
    there = opened(stage, TaskKind.REPLENISHMENT, warehouse="WH2")

    assert queue(door, "floor", "role=warehouse") == [here.task_id]
    assert door.ask("floor", "GET", f"/v1/tasks/{here.task_id}").status == 200
    for reply in (
        door.ask("floor", "GET", f"/v1/tasks/{there.task_id}"),
        does(door, "floor", there, "take"),
    ):
        assert (reply.status, reply.body["code"]) == (404, "task_not_found")


def test_queues_are_mine_my_roles_a_documents_and_what_is_overdue(door: Door, stage: Stage) -> None:
    door.sign_in("eve", Role.FINANCE)
    mine, other = opened(stage), opened(stage, warehouse="WH2")
    does(door, "eve", mine, "take").expect(200)
    listed(stage)
    both = {mine.task_id, other.task_id}

    assert queue(door, "eve", "assignee=me") == [mine.task_id]
    assert queue(door, "auditor", "assignee=eve") == [mine.task_id]
    assert queue(door, "eve", "assignee=me&state=done") == []
    assert queue(door, "eve", "role=finance") == [other.task_id]
    assert queue(door, "eve", "role=finance&state=taken") == [mine.task_id]
    assert queue(door, "eve", "role=support") == []
    assert set(queue(door, "eve", "subject=return/ret_1")) == both
    assert queue(door, "eve", "subject=return/ret_1&state=open") == [other.task_id]


@pytest.mark.parametrize("query", ["state=late", "overdue=yes", "subject=ret_1", "assignee="])
def test_a_queue_refuses_what_it_does_not_know(door: Door, query: str) -> None:
    assert door.ask("support", "GET", f"/v1/tasks?{query}").status == 400


def test_overdue_tasks_are_those_that_should_be_done(door: Door, stage: Stage) -> None:
    task, moved = opened(stage), opened(stage, warehouse="WH2")
    body = {"due_at": "2099-01-02T09:00:00Z", "reason": "The bank is closed"}
    door.ask("admin", "PATCH", f"/v1/tasks/{moved.task_id}", body, If_Match="*").expect(200)
    listed(stage)

    assert queue(door, "finance", "overdue=true") == [task.task_id]
    assert queue(door, "finance", "overdue=false") == [task.task_id, moved.task_id]
