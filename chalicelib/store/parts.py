"""A command too large for one transaction, carried out in numbered parts and seen as one.

The plan is stored first and locks the documents it changes; stock moves part by part; the documents
change, with their events, in the last part. Whoever meets a lock finishes the plan before going on,
so a process that dies in between loses nothing. What else changes is locked before that part and
written after it. A part that is refused undoes the parts before; the refusal is kept with the
plan, for the command's own process, whoever it was that met it.
"""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from chalicelib.core.errors import Conflict, TransientError
from chalicelib.store import keys
from chalicelib.store.actions import Action
from chalicelib.store.locks import lock, unlock
from chalicelib.store.plans import Plan, pack, unpack
from chalicelib.store.table import Cancelled, Item, Table

_STALLED_MAX = 5


class LostRace(Exception):
    """Somebody else changed what the command was decided on: decide again."""


def begin(table: Table, plan: Plan, token: str) -> None:
    """Store the plan and lock its documents; raises LostRace where one has moved on.

    Sent again under the same token, it is the same transaction.
    """
    packed = pack(plan)
    actions = [
        {
            "Put": {
                "TableName": table.name,
                "Item": packed,
                "ConditionExpression": "attribute_not_exists(pk) OR #state = :undone",
                "ExpressionAttributeNames": {"#state": "state"},
                "ExpressionAttributeValues": {":undone": {"S": "undone"}},
            }
        },
        *(lock(table.name, key, before, plan.command_id) for key, before in plan.locks),
    ]
    try:
        table.transact(actions, token)
    except Cancelled as exc:
        if "ConditionalCheckFailed" in exc.reasons:
            raise LostRace from exc
        raise TransientError("store_busy", "Another command is at work on it.") from exc


def finish(table: Table, command_id: str) -> None:
    """Carry a stored plan to its end, wherever it stands.

    Raises Conflict where stock refused it, LostRace where something else did, and TransientError
    where others are in the way; then it may be called again.
    """
    before, stalled = "", 0
    while stalled < _STALLED_MAX:
        (item,) = table.get([keys.parts(command_id)])
        if item is None:
            return
        if item["state"]["S"] == "undone":
            raise _refusal_of(item)
        place = f"{item['state']['S']} {item['done']['N']}"
        stalled = stalled + 1 if place == before else 0
        before = place
        plan, done, is_undoing = unpack(item)
        try:
            if is_undoing:
                _undo_one(table, plan, done)
            elif done < len(plan.steps):
                _do_one(table, plan, done)
            else:
                _go_through(table, plan, done)
        except _Refused as exc:
            # Past the point of no return everything is locked, so that nothing is refused.
            if done <= len(plan.steps):
                _turn_back(table, plan, done, exc.action)
    raise TransientError("command_unfinished", "A large command is still being carried out.")


class _Refused(Exception):
    """A part met a condition that does not hold."""

    def __init__(self, action: Action) -> None:
        super().__init__(action.key.pk)
        self.action = action


def _refusal_of(item: Item) -> Conflict | LostRace:
    lacking = item["refusal"]["L"]
    if not lacking:
        return LostRace()
    warehouse, sku, account = (name["S"] for name in lacking)
    return _insufficient(warehouse, sku, account)


def _as_refusal(action: Action) -> dict[str, Any]:
    """Which stock was lacking; nothing where it was not stock."""
    return {"L": [{"S": name} for name in _stock_of(action)] if _is_stock(action) else []}


def _is_stock(action: Action) -> bool:
    return action.on_failure == "stock"


def _stock_of(action: Action) -> tuple[str, str, str]:
    values = action.request["Update"]["ExpressionAttributeValues"]
    return values[":warehouse"]["S"], values[":sku"]["S"], values[":account"]["S"]


def insufficient_stock(action: Action) -> Conflict:
    """A physical account would fall below zero."""
    return _insufficient(*_stock_of(action))


def _insufficient(warehouse: str, sku: str, account: str) -> Conflict:
    return Conflict(
        "insufficient_stock",
        f"Warehouse {warehouse} has less of {sku} in {account} than this needs.",
        warehouse=warehouse,
        sku=sku,
        account=account,
    )


def _do_one(table: Table, plan: Plan, done: int) -> None:
    step = plan.steps[done]
    advance = _move_on(table.name, plan.command_id, done, done + 1, "going")
    _transact(table, advance, step.actions)


def _go_through(table: Table, plan: Plan, done: int) -> None:
    """The roots, and then what follows them; the plan goes with the last."""
    parts = [plan.final, *plan.after]
    number = done - len(plan.steps)
    is_last = number == len(parts) - 1
    guard = (
        _close(table.name, plan.command_id, done, "going")
        if is_last
        else _move_on(table.name, plan.command_id, done, done + 1, "going")
    )
    _transact(table, guard, parts[number])


def _undo_one(table: Table, plan: Plan, done: int) -> None:
    if done == 0:
        close = _move_on(table.name, plan.command_id, 0, 0, "undoing")
        close["Update"]["UpdateExpression"] = (
            "SET done = :after, #state = :undone, expires_at = :until REMOVE #plan"
        )
        close["Update"]["ExpressionAttributeNames"]["#plan"] = "plan"
        close["Update"]["ExpressionAttributeValues"] |= {
            ":undone": {"S": "undone"},
            ":until": {"N": str(plan.keep_until)},
        }
        actions = [
            Action(key=key, request=unlock(table.name, key, before), on_failure="version")
            for key, before in plan.locks
        ]
        _transact(table, close, actions)
        return
    back = _move_on(table.name, plan.command_id, done, done - 1, "undoing")
    actions = [
        Action(key=keys.parts(plan.command_id), request=request, on_failure="version")
        for request in plan.steps[done - 1].undo
    ]
    _transact(table, back, actions)


def _turn_back(table: Table, plan: Plan, done: int, refused: Action) -> None:
    request = _move_on(table.name, plan.command_id, done, done, "going")
    request["Update"]["UpdateExpression"] = (
        "SET done = :after, #state = :undoing, refusal = :refusal"
    )
    request["Update"]["ExpressionAttributeValues"] |= {
        ":undoing": {"S": "undoing"},
        ":refusal": _as_refusal(refused),
    }
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
