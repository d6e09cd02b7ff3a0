"""Is the stack well? Its processes, health, CloudFormation stacks and the depth of every queue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table

from tools.stack.client import Stack
from tools.stack.emulator import is_ready
from tools.stack.errors import StackError
from tools.stack.places import Place
from tools.stack.roster import processes_of
from tools.stack.show import Show


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """Messages of a queue: ready to be taken, being worked on, waiting for their delay."""

    waiting: int
    in_flight: int
    delayed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """`is_well`: everything runs and answers, and no dead-letter queue holds a message."""

    name: str
    is_up: bool
    is_well: bool
    processes: dict[str, bool]
    health: int | None
    health_body: Any
    stacks: dict[str, str]
    queues: dict[str, Depth]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def status_of(place: Place) -> Status:
    """Never raises for a stack that is down or half dead: that is an answer."""
    running, state = processes_of(place), place.read_state()
    alive = {"emulator": False, "provider": False, "carrier": False}
    if running:
        alive = {
            "emulator": running.emulator.is_alive(),
            "provider": running.provider.is_alive(),
            "carrier": running.carrier is not None and running.carrier.is_alive(),
        }
    if state is None or running is None or not is_ready(running.emulator.port):
        return Status(
            name=place.name,
            is_up=False,
            is_well=False,
            processes=alive,
            health=None,
            health_body=None,
            stacks={},
            queues={},
        )
    stack = Stack(state)
    health, body = _health(stack)
    queues = depths(stack.boto("sqs"), state.queues)
    dead = any(depth.waiting for name, depth in queues.items() if name.endswith("-dlq"))
    return Status(
        name=place.name,
        is_up=True,
        is_well=all(alive.values()) and health == 200 and not dead,
        processes=alive,
        health=health,
        health_body=body,
        stacks=_stacks(stack),
        queues=queues,
    )


def _health(stack: Stack) -> tuple[int | None, Any]:
    try:
        answer = stack.api(None).get("/v1/health")
    except StackError as exc:
        return None, str(exc)
    return answer.status, answer.body


def _stacks(stack: Stack) -> dict[str, str]:
    listed = stack.boto("cloudformation").describe_stacks()["Stacks"]
    return {item["StackName"]: item["StackStatus"] for item in listed}


def depths(sqs: Any, queues: Mapping[str, str]) -> dict[str, Depth]:
    return {name: _depth(sqs, url) for name, url in sorted(queues.items())}


def _depth(sqs: Any, url: str) -> Depth:
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    number = "ApproximateNumberOfMessages"
    return Depth(
        waiting=int(told[number]),
        in_flight=int(told.get(f"{number}NotVisible", 0)),
        delayed=int(told.get(f"{number}Delayed", 0)),
    )


def tell(status: Status, show: Show) -> None:
    for process, lives in status.processes.items():
        show.say(f"{process:<12} {'running' if lives else 'not running'}")
    if not status.is_up:
        return
    told = "healthy" if status.health == 200 else f"not well: {status.health} {status.health_body}"
    show.say(f"{'API':<12} {told}")
    for name, state in sorted(status.stacks.items()):
        show.say(f"{name:<12} {state}")
    table = Table("queue", "waiting", "in flight", "delayed", box=None, pad_edge=False)
    for name, depth in status.queues.items():
        style = "red" if name.endswith("-dlq") and depth.waiting else None
        table.add_row(
            name, str(depth.waiting), str(depth.in_flight), str(depth.delayed), style=style
        )
    show.console.print(table)
