"""A command too large for one transaction, carried out in numbered parts and seen as one.

The plan is stored first and locks the documents it changes; stock moves part by part; the documents
change, with their events, in the last part. Whoever meets a lock finishes the plan before going on,
so a process that dies in between loses nothing. A part that stock refuses undoes the parts before.
"""

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from chalicelib.core.commands import Changes
from chalicelib.core.errors import Conflict, Invalid, TransientError
from chalicelib.inventory.counting import StockCount
from chalicelib.inventory.model import Entry, Movement, MovementKind
from chalicelib.orders.model import Order
from chalicelib.returns.model import Return
from chalicelib.store import keys
from chalicelib.store.actions import Action, balance_changes, put_event, put_record
from chalicelib.store.keys import Key
from chalicelib.store.table import Cancelled, Item, Table

ACTIONS_MAX = 100
"""What DynamoDB takes in one transaction."""
_CHUNK_MAX = 95
_ROOTS = (Order, Return, StockCount)
_PLAN_MAX = 380_000
_ROUNDS_MAX = 20


class LostRace(Exception):
    """Somebody else changed what the command was decided on: decide again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One transaction of the plan; `undo` is empty where nothing after it can fail."""

    actions: list[Action]
    undo: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that is left to do, complete in itself."""

    command_id: str
    locks: list[tuple[Key, int]]
    steps: list[Step]
    final: list[Action]


def plan_for(table: str, changes: Changes, command_id: str, more: Sequence[Action]) -> Plan:
    """Split a command: stock first, then new documents beside the roots, then the roots."""
    roots = [record for record in changes.records if isinstance(record, _ROOTS)]
    movements = [record for record in changes.records if isinstance(record, Movement)]
    subjects = {root.subject for root in roots}
    beside = [put_record(table, r) for r in changes.records if r not in roots + movements]
    beside += [put_event(table, e) for e in changes.events if e.subject not in subjects]
    final = [put_record(table, root, part_of=command_id) for root in roots]
    final += [put_event(table, e) for e in changes.events if e.subject in subjects]
    steps = [_stock_step(table, part) for movement in movements for part in _split(movement)]
    for start in range(0, len(beside), _CHUNK_MAX):
        steps.append(Step(actions=beside[start : start + _CHUNK_MAX], undo=[]))
    final += more
    if len(final) >= ACTIONS_MAX:
        raise Invalid("command_too_large", "The command changes too many documents at once.")
    locks = [(keys.key_of(root), root.version - 1) for root in roots]
    return Plan(command_id=command_id, locks=locks, steps=steps, final=final)


def begin(table: Table, plan: Plan) -> None:
    """Store the plan and lock its documents; raises LostRace where one has moved on."""
    packed = _pack(plan)
    actions = [
        {
            "Put": {
                "TableName": table.name,
                "Item": packed,
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        },
        *(_lock(table.name, key, before, plan.command_id) for key, before in plan.locks),
    ]
    try:
        table.transact(actions, uuid4().hex)
    except Cancelled as exc:
        if "ConditionalCheckFailed" in exc.reasons:
            raise LostRace from exc
        raise TransientError("store_busy", "Another command is at work on it.") from exc


def finish(table: Table, command_id: str) -> None:
    """Carry a stored plan to its end, wherever it stands; raises Conflict where stock refuses."""
    failure: Conflict | LostRace | None = None
    for _ in range(_ROUNDS_MAX * ACTIONS_MAX):
        (item,) = table.get([keys.parts(command_id)])
        if item is None:
            if failure is not None:
                raise failure
            return
        plan, done, is_undoing = _unpack(item)
        try:
            if is_undoing:
                _undo_one(table, plan, done)
            elif done < len(plan.steps):
                _do_one(table, plan, done)
            else:
                _finalize(table, plan, done)
        except _Refused as exc:
            failure = exc.as_failure()
            _turn_back(table, plan, done)
    raise TransientError("command_unfinished", "A large command is still being carried out.")


class _Refused(Exception):
    """A part met a condition that does not hold."""

    def __init__(self, action: Action) -> None:
        super().__init__(action.key.pk)
        self.action = action

    def as_failure(self) -> Conflict | LostRace:
        if self.action.on_failure == "stock":
            return insufficient_stock(self.action)
        return LostRace()


def insufficient_stock(action: Action) -> Conflict:
    """A physical account would fall below zero."""
    values = action.request["Update"]["ExpressionAttributeValues"]
    warehouse, sku = values[":warehouse"]["S"], values[":sku"]["S"]
    account = values[":account"]["S"]
    return Conflict(
        "insufficient_stock",
        f"Warehouse {warehouse} has less of {sku} in {account} than this needs.",
        warehouse=warehouse,
        sku=sku,
        account=account,
    )


def _split(movement: Movement) -> Iterator[Movement]:
    """Parts that sum to zero per SKU and lot, each small enough for one transaction."""
    groups: dict[tuple[str, str | None], list[Entry]] = {}
    for entry in movement.entries:
        groups.setdefault((entry.sku, entry.lot), []).append(entry)
    chunks: list[list[Entry]] = [[]]
    for entries in groups.values():
        candidate = [*chunks[-1], *entries]
        if chunks[-1] and len(_places(candidate)) > _CHUNK_MAX - 1:
            chunks.append(list(entries))
        else:
            chunks[-1] = candidate
    for number, chunk in enumerate(chunks, start=1):
        yield replace(movement, entries=tuple(chunk), part=number, parts=len(chunks))


def _places(entries: Sequence[Entry]) -> set[Key]:
    return {keys.balance(e.warehouse, e.sku, e.lot, e.account) for e in entries}


def _stock_step(table: str, part: Movement) -> Step:
    back = replace(
        part,
        movement_id=f"{part.movement_id}-undo",
        kind=MovementKind.REVERSAL,
        reverses=part.movement_id,
        entries=tuple(replace(e, quantity=-e.quantity, expected=None) for e in part.entries),
    )
    undo = [put_record(table, back), *balance_changes(table, back)]
    return Step(
        actions=[put_record(table, part), *balance_changes(table, part)],
        undo=[action.request for action in undo],
    )


def _do_one(table: Table, plan: Plan, done: int) -> None:
    step = plan.steps[done]
    advance = _move_on(table.name, plan.command_id, done, done + 1, "going")
    _transact(table, advance, step.actions)


def _finalize(table: Table, plan: Plan, done: int) -> None:
    _transact(table, _close(table.name, plan.command_id, done, "going"), plan.final)


def _undo_one(table: Table, plan: Plan, done: int) -> None:
    if done == 0:
        close = _close(table.name, plan.command_id, 0, "undoing")
        unlock = [_unlock(table.name, key, before) for key, before in plan.locks]
        _transact(table, close, [Action(key=k, request=r, on_failure="version") for k, r in unlock])
        return
    back = _move_on(table.name, plan.command_id, done, done - 1, "undoing")
    actions = [
        Action(key=keys.parts(plan.command_id), request=request, on_failure="version")
        for request in plan.steps[done - 1].undo
    ]
    _transact(table, back, actions)


def _turn_back(table: Table, plan: Plan, done: int) -> None:
    request = _move_on(table.name, plan.command_id, done, done, "going")
    request["Update"]["UpdateExpression"] = "SET done = :after, #state = :undoing"
    request["Update"]["ExpressionAttributeValues"][":undoing"] = {"S": "undoing"}
    _transact(table, request, [])


def _transact(table: Table, guard: dict[str, Any], actions: Sequence[Action]) -> None:
    """One part with its guard first. A guard that fails means that somebody else did this part."""
    try:
        table.transact([guard, *(action.request for action in actions)], uuid4().hex)
    except Cancelled as exc:
        if exc.reasons and exc.reasons[0] == "ConditionalCheckFailed":
            return
        for action, reason in zip(actions, exc.reasons[1:], strict=True):
            if reason == "ConditionalCheckFailed":
                raise _Refused(action) from exc
        # Only conflicts and throttles are left: the loop reads the plan and tries again.


def _move_on(table: str, command_id: str, before: int, after: int, state: str) -> dict[str, Any]:
    place = keys.parts(command_id)
    return {
        "Update": {
            "TableName": table,
            "Key": {"pk": {"S": place.pk}, "sk": {"S": place.sk}},
            "UpdateExpression": "SET done = :after",
            "ConditionExpression": "done = :before AND #state = :state",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": {
                ":before": {"N": str(before)},
                ":after": {"N": str(after)},
                ":state": {"S": state},
            },
        }
    }


def _close(table: str, command_id: str, done: int, state: str) -> dict[str, Any]:
    place = keys.parts(command_id)
    return {
        "Delete": {
            "TableName": table,
            "Key": {"pk": {"S": place.pk}, "sk": {"S": place.sk}},
            "ConditionExpression": "done = :done AND #state = :state",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": {":done": {"N": str(done)}, ":state": {"S": state}},
        }
    }


def _lock(table: str, key: Key, before: int, command_id: str) -> dict[str, Any]:
    """Mark a document as being changed; one that does not exist yet gets a placeholder."""
    place: Item = {"pk": {"S": key.pk}, "sk": {"S": key.sk}}
    if before == 0:
        item = {**place, "type": {"S": "LOCK"}, "v": {"N": "0"}, "part_of": {"S": command_id}}
        return {
            "Put": {
                "TableName": table,
                "Item": item,
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }
    return {
        "Update": {
            "TableName": table,
            "Key": place,
            "UpdateExpression": "SET part_of = :part_of",
            "ConditionExpression": "v = :before AND attribute_not_exists(part_of)",
            "ExpressionAttributeValues": {
                ":before": {"N": str(before)},
                ":part_of": {"S": command_id},
            },
        }
    }


def _unlock(table: str, key: Key, before: int) -> tuple[Key, dict[str, Any]]:
    place: Item = {"pk": {"S": key.pk}, "sk": {"S": key.sk}}
    if before == 0:
        return key, {"Delete": {"TableName": table, "Key": place}}
    return key, {"Update": {"TableName": table, "Key": place, "UpdateExpression": "REMOVE part_of"}}


def _pack(plan: Plan) -> Item:
    place = keys.parts(plan.command_id)
    text = json.dumps(
        {
            "locks": [[key.pk, key.sk, before] for key, before in plan.locks],
            "steps": [[_as_json(step.actions), step.undo] for step in plan.steps],
            "final": _as_json(plan.final),
        },
        separators=(",", ":"),
    )
    packed = zlib.compress(text.encode(), 6)
    if len(packed) > _PLAN_MAX:
        raise Invalid("command_too_large", "The command changes too much at once.")
    return {
        "pk": {"S": place.pk},
        "sk": {"S": place.sk},
        "type": {"S": "PARTS"},
        "command_id": {"S": plan.command_id},
        "done": {"N": "0"},
        "total": {"N": str(len(plan.steps) + 1)},
        "state": {"S": "going"},
        "plan": {"B": packed},
    }


def _unpack(item: Item) -> tuple[Plan, int, bool]:
    held = json.loads(zlib.decompress(item["plan"]["B"]))
    plan = Plan(
        command_id=item["command_id"]["S"],
        locks=[(Key(pk, sk), before) for pk, sk, before in held["locks"]],
        steps=[Step(actions=_from_json(actions), undo=undo) for actions, undo in held["steps"]],
        final=_from_json(held["final"]),
    )
    return plan, int(item["done"]["N"]), item["state"]["S"] == "undoing"


def _as_json(actions: Sequence[Action]) -> list[list[Any]]:
    return [[a.key.pk, a.key.sk, a.request, a.on_failure] for a in actions]


def _from_json(rows: list[list[Any]]) -> list[Action]:
    return [
        Action(key=Key(pk, sk), request=request, on_failure=on_failure)
        for pk, sk, request, on_failure in rows
    ]
