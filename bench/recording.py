"""The calls of one real lifecycle, kept so that a bare client can make the same ones."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

from pynamodb.connection import Connection

from bench import lifecycle
from bench.door import Door
from bench.lifecycle import Command, Told
from bench.stage import FLOOR
from bench.tap import Call, Json, Tap

_SELLER = "RECORDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """`calls` by command, in order; `seeds` are the items that were there before the first one."""

    calls: dict[str, list[Call]]
    seeds: list[Json]

    @property
    def flat(self) -> list[Call]:
        return [call for calls in self.calls.values() for call in calls]


@dataclass(slots=True)
class _Watching:
    """Passes commands on and notes which calls each of them made."""

    door: Door
    tap: Tap
    calls: dict[str, list[Call]] = field(default_factory=dict)

    def __call__(self, command: Command) -> Told:
        told = self.door(command)
        self.calls[command.name] = self.tap.taken()
        return told


@contextmanager
def quiet() -> Iterator[None]:
    """The handler's log lines are made and written as ever, to where nobody reads them."""
    spoken = sys.stdout
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        sys.stdout = nowhere
        try:
            yield
        finally:
            sys.stdout = spoken


def record(door: Door, link: Connection) -> Recording:
    """One lifecycle in this process, after another one that loads what is loaded lazily."""
    order_nos = [f"{_SELLER}-{place}" for place in range(2)]
    with quiet():
        lifecycle.prepare(door, _SELLER, order_nos)
        lifecycle.live(door, _SELLER, order_nos[0])
        with Tap(link) as tap:
            watching = _Watching(door, tap)
            lifecycle.live(watching, _SELLER, order_nos[1])
    assert all(watching.calls.values()), "the handlers use the connection that is watched"
    return recorded_calls(watching.calls)


def recorded_calls(calls: dict[str, list[Call]]) -> Recording:
    """The calls, with the items that they found."""
    return Recording(calls=calls, seeds=_seeds(calls))


def _seeds(calls: dict[str, list[Call]]) -> list[Json]:
    """Items that were read before any command wrote them."""
    written: set[str] = set()
    seeds: list[Json] = []
    for call in (call for some in calls.values() for call in some):
        for item in items_read(call):
            if _place(item) not in written:
                written.add(_place(item))
                seeds.append(item)
        written.update(_place(key) for key in keys_written(call))
    return seeds


def items_read(call: Call) -> list[Json]:
    found = [call.answer.get("Item"), *(r.get("Item") for r in call.answer.get("Responses", []))]
    return [item for item in found if item]


def keys_written(call: Call) -> list[Json]:
    """The items or keys that a transaction names."""
    if call.operation != "TransactWriteItems":
        return []
    actions = [next(iter(a.values())) for a in call.request["TransactItems"]]
    return [action.get("Item") or action["Key"] for action in actions]


def _place(item: Json) -> str:
    return json.dumps([item["pk"]["S"], item["sk"]["S"]])


def fresh_calls(recording: Recording, mark: str, seller: str) -> list[tuple[str, Json]]:
    """The recorded calls on items of another name; only balances are shared by a seller's."""
    return [(c.operation, _renamed(c.request, mark, seller)) for c in recording.flat]


def fresh_seeds(recording: Recording, mark: str, seller: str) -> list[Json]:
    return [_moved(deepcopy(item), mark, seller) for item in recording.seeds]


def _renamed(request: Json, mark: str, seller: str) -> Json:
    renamed = deepcopy(request)
    # A bare client asks for nothing more than the work itself.
    renamed.pop("ReturnConsumedCapacity", None)
    if "ClientRequestToken" in renamed:
        renamed["ClientRequestToken"] = os.urandom(16).hex()
    parts = [next(iter(a.values())) for a in renamed.get("TransactItems", [])] or [renamed]
    for part in parts:
        part["TableName"] = FLOOR
        _moved(part.get("Item") or part["Key"], mark, seller)
    return renamed


def _moved(item: Json, mark: str, seller: str) -> Json:
    pk = item["pk"]["S"]
    item["pk"] = {"S": f"{seller if pk.startswith('STOCK#') else mark}#{pk}"}
    return item
