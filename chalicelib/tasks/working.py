"""What people do with tasks: take them, give them back or on, finish them, move their due date.

Pure. Some tasks stand for work that has a command of its own, such as a review: those are finished
by that work and never by hand. Events about a task hold references only, no words of people.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from chalicelib.core.clock import rfc3339
from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, FieldError, Invalid, NotAllowed, NotFound, Stale
from chalicelib.core.events import Actor, Context, Journal, Json
from chalicelib.tasks.model import Task, TaskKind, TaskState, finished, given_back

LEAD = "admin"
"""The role that may act on every task, whoever took it."""
DONE_BY_THEIR_WORK = frozenset(
    {
        TaskKind.REVIEW,
        TaskKind.EXCEPTION,
        TaskKind.APPEAL,
        TaskKind.MATCH,
        TaskKind.SCRAP_APPROVAL,
        TaskKind.WORK_ORDER,
        TaskKind.SECOND_INSPECTION,
        TaskKind.ADJUSTMENT,
    }
)


class TaskReader(Protocol):
    """What task commands read."""

    def task(self, task_id: str) -> Task | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """Who works: their roles, and the warehouses whose tasks they see (None: all of them)."""

    roles: frozenset[str]
    within: frozenset[str] | None = None

    @property
    def is_lead(self) -> bool:
        return LEAD in self.roles

    def sees(self, task: Task) -> bool:
        """What has no warehouse is everybody's."""
        return self.within is None or task.warehouse is None or task.warehouse in self.within

    def actor(self, task: Task, context: Context) -> Actor:
        """As events about this task name them: in its role; raises NotAllowed without it."""
        if task.role in self.roles:
            return Actor(id=context.actor.id, role=task.role)
        if self.is_lead:
            return Actor(id=context.actor.id, role=LEAD)
        raise NotAllowed(
            "task_of_other_role", f"This is a task of the role {task.role}.", role=task.role
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reassign:
    """To whom the task goes: the id of a person of its role, for which the caller answers."""

    assignee: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete:
    """What came of it, in words."""

    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reschedule:
    """Another due date, earlier or later, and why."""

    due_at: datetime
    reason: str


def seen(task: Task | None, task_id: str, worker: Worker) -> Task:
    """The task; raises NotFound where there is none that this worker may see."""
    if task is None or not worker.sees(task):
        raise NotFound("task_not_found", f"There is no task {task_id}.")
    return task


def take(reads: TaskReader, task_id: str, worker: Worker, context: Context) -> Decided[Task]:
    """Take an open task; who has it already keeps it. Raises Conflict `task_taken` otherwise."""
    task = seen(reads.task(task_id), task_id, worker)
    actor = worker.actor(task, context)
    _refuse_done(task)
    if task.assignee == actor.id:
        return Decided(result=task)
    if task.state is TaskState.TAKEN:
        # Told before anything about versions: who has it, and since when, is what is asked for.
        raise Conflict(
            "task_taken",
            f"{task.assignee} has had this task since {_since(task)}.",
            assignee=task.assignee,
            since=_since(task),
        )
    _check_version(task, context)
    taken = replace(task, state=TaskState.TAKEN, assignee=actor.id, taken_at=context.now)
    return _changed(taken, "task.taken", {"assignee": actor.id}, actor, context)


def release(reads: TaskReader, task_id: str, worker: Worker, context: Context) -> Decided[Task]:
    """Give a task back to its role: by who has it, or by a lead."""
    task, actor = _at_work(reads, task_id, worker, context)
    if task.state is not TaskState.TAKEN:
        raise Conflict("task_not_taken", "Nobody has taken this task.")
    _refuse_others(task, worker, actor)
    return _changed(given_back(task), "task.released", {"assignee": task.assignee}, actor, context)


def reassign(
    reads: TaskReader, task_id: str, command: Reassign, worker: Worker, context: Context
) -> Decided[Task]:
    """Give a task to a person: by anyone of its role, or by a lead."""
    task, actor = _at_work(reads, task_id, worker, context)
    if task.assignee == command.assignee:
        return Decided(result=task)
    given = replace(task, state=TaskState.TAKEN, assignee=command.assignee, taken_at=context.now)
    facts: dict[str, Json] = {"assignee": command.assignee, "before": task.assignee}
    return _changed(given, "task.reassigned", facts, actor, context)


def complete(
    reads: TaskReader, task_id: str, command: Complete, worker: Worker, context: Context
) -> Decided[Task]:
    """Finish a task by hand: by who has it, by anyone of its role if nobody has, or by a lead."""
    task, actor = _at_work(reads, task_id, worker, context)
    if task.kind in DONE_BY_THEIR_WORK:
        raise Conflict(
            "task_done_by_its_work",
            f"A task of kind {task.kind.value} is done by the work that it stands for.",
            kind=task.kind.value,
            subject=task.subject,
        )
    if task.state is TaskState.TAKEN:
        _refuse_others(task, worker, actor)
    # The version is raised with the event.
    done = replace(
        finished(task, by=actor.id, now=context.now), outcome=command.outcome, version=task.version
    )
    return _changed(done, "task.completed", {"assignee": task.assignee}, actor, context)


def reschedule(
    reads: TaskReader, task_id: str, command: Reschedule, worker: Worker, context: Context
) -> Decided[Task]:
    """Change when a task is due: a lead's decision, with its reason."""
    task, actor = _at_work(reads, task_id, worker, context)
    if not worker.is_lead:
        raise NotAllowed("task_due_not_yours", "Due dates are changed by leads.")
    if command.due_at <= context.now:
        message = "A task is due in the future."
        error = FieldError(pointer="/due_at", code="due_in_past", message=message)
        raise Invalid("due_in_past", message, errors=[error])
    facts: dict[str, Json] = {"due_at": rfc3339(command.due_at), "before": rfc3339(task.due_at)}
    moved = replace(task, due_at=command.due_at, due_reason=command.reason)
    return _changed(moved, "task.due_changed", facts, actor, context)


def _at_work(
    reads: TaskReader, task_id: str, worker: Worker, context: Context
) -> tuple[Task, Actor]:
    """A task that is not done, at the version its caller looked at, and who acts on it."""
    task = seen(reads.task(task_id), task_id, worker)
    actor = worker.actor(task, context)
    _check_version(task, context)
    _refuse_done(task)
    return task, actor


def _check_version(task: Task, context: Context) -> None:
    if context.expected_version not in (None, task.version):
        raise Stale(
            "stale_version",
            f"The task is at version {task.version}, not {context.expected_version}.",
            subject=task.own_subject,
            expected=context.expected_version,
            actual=task.version,
        )


def _refuse_done(task: Task) -> None:
    if task.state is TaskState.DONE:
        done_at = rfc3339(task.done_at) if task.done_at else None
        raise Conflict("task_done", "This task is done.", done_by=task.done_by, done_at=done_at)


def _refuse_others(task: Task, worker: Worker, actor: Actor) -> None:
    if task.assignee != actor.id and not worker.is_lead:
        raise NotAllowed(
            "task_of_other_person", "Somebody else has taken this task.", since=_since(task)
        )


def _since(task: Task) -> str | None:
    return rfc3339(task.taken_at) if task.taken_at is not None else None


def _changed(
    task: Task, event_type: str, facts: dict[str, Json], actor: Actor, context: Context
) -> Decided[Task]:
    task = replace(task, version=task.version + 1)
    journal = Journal(task.own_subject, task.chain, replace(context, actor=actor))
    journal.record(
        event_type,
        {
            "task_id": task.task_id,
            "kind": task.kind.value,
            "role": task.role,
            "about": task.subject,
            "warehouse": task.warehouse,
            "state": task.state.value,
            "version": task.version,
            **facts,
        },
    )
    task = replace(task, chain=journal.chain)
    return Decided(result=task, changes=Changes(records=(task,), events=tuple(journal.events)))
