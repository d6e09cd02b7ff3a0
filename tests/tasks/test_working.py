"""Tasks in the hands of people: who may take, give on, finish and move them, and what is told."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound, Stale
from chalicelib.core.events import Actor, Context, chain_fault
from chalicelib.tasks import working
from chalicelib.tasks.model import Task, TaskKind, TaskState, finished, open_task
from chalicelib.tasks.working import Complete, Reassign, Reschedule, Worker
from tests.builders import NOW
from tests.fakes import FakeStore

FINANCE = Worker(roles=frozenset({"finance"}))
LEAD = Worker(roles=frozenset({"admin"}))
STRANGER = Worker(roles=frozenset({"reviewer"}))
Act = Callable[[Any, str, Worker, Context], Decided[Task]]  # Any: reads of either store


def reassigned_to(person: str) -> Act:
    return lambda reads, own, worker, context: working.reassign(
        reads, own, Reassign(assignee=person), worker, context
    )


def completed(outcome: str = "paid by hand") -> Act:
    return lambda reads, own, worker, context: working.complete(
        reads, own, Complete(outcome=outcome), worker, context
    )


def rescheduled(days: int = 3) -> Act:
    command = Reschedule(due_at=NOW + timedelta(days=days), reason="Anna is ill")
    return lambda reads, own, worker, context: working.reschedule(
        reads, own, command, worker, context
    )


COMMANDS: dict[str, Act] = {
    "take": working.take,
    "release": working.release,
    "reassign": reassigned_to("p9"),
    "complete": completed(),
    "reschedule": rescheduled(),
}


class Desk:
    """One task of finance in a store, and people who do something with it."""

    def __init__(self, kind: TaskKind = TaskKind.PAYMENT) -> None:
        self.store = FakeStore(clock=lambda: NOW)
        opened = open_task(kind, "return/ret_1", occasion="1", now=NOW, warehouse="W1")
        self.task_id = opened.task_id
        self.put(replace(opened, role="finance"))

    @property
    def task(self) -> Task:
        found = self.store.reads().task(self.task_id)
        assert found is not None
        return found

    def put(self, task: Task) -> None:
        context = self.context("machine", None)
        decided = Decided(result=task, changes=Changes(records=(task,)))
        self.store.run(lambda _: decided, context=context)

    def does(
        self, act: Act, who: str = "p1", worker: Worker = FINANCE, version: int | None = None
    ) -> Task:
        context = self.context(who, version)
        return self.store.run(
            lambda reads: act(reads, self.task_id, worker, context), context=context
        )

    def told(self) -> list[str]:
        events = self.store.reads().events(f"task/{self.task_id}")
        assert chain_fault(events) is None
        return [event.type for event in events]

    def context(self, who: str, version: int | None) -> Context:
        return Context(
            actor=Actor(id=who, role="anything"),
            now=NOW,
            command_id="cmd",
            correlation_id="c",
            expected_version=version,
        )


def refusal(act: Callable[[], object], kind: type[DomainError]) -> DomainError:
    with pytest.raises(kind) as refused:
        act()
    return refused.value


def test_a_task_is_taken_by_a_person_of_its_role() -> None:
    desk = Desk()

    taken = desk.does(working.take)

    assert (taken.state, taken.assignee, taken.taken_at) == (TaskState.TAKEN, "p1", NOW)
    assert desk.told() == ["task.taken"]


def test_who_has_a_task_may_ask_for_it_again() -> None:
    desk = Desk()
    first = desk.does(working.take)

    assert desk.does(working.take, version=1) == first
    assert desk.told() == ["task.taken"]


@pytest.mark.parametrize("version", [None, 1, 2])
def test_a_task_that_is_taken_says_who_has_it_since_when(version: int | None) -> None:
    desk = Desk()
    desk.does(working.take)

    error = refusal(lambda: desk.does(working.take, "p2", version=version), Conflict)

    assert (error.code, error.details) == (
        "task_taken",
        {"assignee": "p1", "since": "2026-11-21T09:00:00.000Z"},
    )


def test_of_two_who_take_a_task_at_once_one_has_it() -> None:
    desk = Desk()
    desk.store.meanwhile(lambda: desk.does(working.take, "p2"))

    error = refusal(lambda: desk.does(working.take, "p1"), Conflict)

    assert error.details["assignee"] == desk.task.assignee == "p2"
    assert desk.told() == ["task.taken"]


@pytest.mark.parametrize("command", COMMANDS)
def test_other_roles_do_nothing_with_a_task(command: str) -> None:
    desk = Desk()

    error = refusal(lambda: desk.does(COMMANDS[command], worker=STRANGER), NotAllowed)

    assert error.code == "task_of_other_role"
    assert desk.task.version == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_a_task_of_another_warehouse_does_not_exist(command: str) -> None:
    desk = Desk()
    elsewhere = replace(FINANCE, within=frozenset({"W2"}))

    error = refusal(lambda: desk.does(COMMANDS[command], worker=elsewhere), NotFound)

    assert error.code == "task_not_found"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_task_that_is_done_stays_as_it_is(command: str) -> None:
    desk = Desk()
    desk.put(finished(desk.task, by="p5", now=NOW))

    error = refusal(lambda: desk.does(COMMANDS[command], worker=LEAD), Conflict)

    assert (error.code, error.details["done_by"]) == ("task_done", "p5")


@pytest.mark.parametrize("command", COMMANDS)
def test_an_older_version_is_stale(command: str) -> None:
    desk = Desk()
    desk.does(rescheduled(9), "lead", LEAD)

    error = refusal(lambda: desk.does(COMMANDS[command], "p2", LEAD, version=1), Stale)

    assert isinstance(error, Stale)
    assert (error.subject, error.details["actual"]) == (f"task/{desk.task_id}", 2)


def test_a_task_is_given_back_and_taken_by_another() -> None:
    desk = Desk()
    desk.does(working.take)

    released = desk.does(working.release)
    desk.does(working.take, "p2")

    assert (released.state, released.assignee, released.taken_at) == (TaskState.OPEN, None, None)
    assert desk.task.assignee == "p2"
    assert desk.told() == ["task.taken", "task.released", "task.taken"]


def test_what_nobody_has_cannot_be_given_back() -> None:
    assert refusal(lambda: Desk().does(working.release), Conflict).code == "task_not_taken"


@pytest.mark.parametrize("act", [working.release, completed()], ids=["release", "complete"])
def test_what_another_has_is_theirs_but_for_the_lead(act: Act) -> None:
    desk = Desk()
    desk.does(working.take)

    error = refusal(lambda: desk.does(act, "p2"), NotAllowed)
    desk.does(act, "p3", LEAD)

    assert error.code == "task_of_other_person"
    assert desk.task.state is not TaskState.TAKEN


@pytest.mark.parametrize("is_taken", [True, False])
def test_a_task_is_given_to_another_person_by_anyone_of_its_role(is_taken: bool) -> None:
    desk = Desk()
    if is_taken:
        desk.does(working.take)

    given = desk.does(reassigned_to("p9"), "p2")

    assert (given.state, given.assignee, given.taken_at) == (TaskState.TAKEN, "p9", NOW)
    assert desk.told()[-1] == "task.reassigned"


def test_giving_a_task_to_who_has_it_changes_nothing() -> None:
    desk = Desk()
    desk.does(working.take)

    desk.does(reassigned_to("p1"), "p2")

    assert (desk.task.version, desk.told()) == (2, ["task.taken"])


@pytest.mark.parametrize("is_taken", [True, False])
def test_a_task_is_finished_with_what_came_of_it(is_taken: bool) -> None:
    desk = Desk()
    if is_taken:
        desk.does(working.take)

    done = desk.does(completed("paid by hand"))

    assert (done.state, done.done_by, done.done_at) == (TaskState.DONE, "p1", NOW)
    assert done.outcome == "paid by hand"
    assert done.version == (3 if is_taken else 2)
    assert desk.told()[-1] == "task.completed"


@pytest.mark.parametrize("kind", TaskKind)
def test_work_that_has_a_command_of_its_own_is_not_finished_by_hand(kind: TaskKind) -> None:
    desk = Desk(kind)
    is_by_hand = kind in {
        TaskKind.PAYMENT, TaskKind.INVESTIGATION, TaskKind.REPLENISHMENT, TaskKind.ANSWER,
        TaskKind.GRADING, TaskKind.VENDOR_CLAIM, TaskKind.LIABILITY, TaskKind.NOTICE,
    }  # fmt: skip

    if is_by_hand:
        assert desk.does(completed()).state is TaskState.DONE
    else:
        error = refusal(lambda: desk.does(completed(), worker=LEAD), Conflict)
        assert (error.code, error.details["kind"]) == ("task_done_by_its_work", kind.value)


def test_a_lead_moves_the_due_date_and_says_why() -> None:
    desk = Desk()

    moved = desk.does(rescheduled(9), "lead", LEAD)

    assert (moved.due_at, moved.due_reason) == (NOW + timedelta(days=9), "Anna is ill")
    assert desk.told() == ["task.due_changed"]


def test_others_do_not_move_the_due_date() -> None:
    assert refusal(lambda: Desk().does(rescheduled()), NotAllowed).code == "task_due_not_yours"


def test_nothing_is_due_in_the_past() -> None:
    error = refusal(lambda: Desk().does(rescheduled(0), worker=LEAD), Invalid)

    assert error.code == "due_in_past"


def test_events_name_who_acted_in_the_role_of_the_task_and_hold_no_words_of_people() -> None:
    desk = Desk()
    both = Worker(roles=frozenset({"admin", "finance"}))
    desk.does(rescheduled(), "p1", both)
    desk.does(completed("Anna said so"), "p2", LEAD)

    events = desk.store.reads().events(f"task/{desk.task_id}")

    assert [event.actor for event in events] == [
        Actor(id="p1", role="finance"),
        Actor(id="p2", role="admin"),
    ]
    assert "Anna" not in str([event.data for event in events])
    assert [event.data["version"] for event in events] == [2, 3]
