"""The plan of a command that is too large for one transaction: its parts, and each one's undoing.

Stock first, then locks on documents that change beside the roots, then new ones, then the roots
with their events, postings and the answer. That is the point of no return; the locked documents
follow, and so do roots that one transaction has no room for.
A plan is complete in itself, so that any process can carry it out; parts.py does.
"""

import base64
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar

from chalicelib.core.commands import Changes, Record
from chalicelib.core.errors import Invalid
from chalicelib.core.events import Event
from chalicelib.inventory.model import Entry, Movement
from chalicelib.store import keys
from chalicelib.store.actions import Action, balance_changes, put_event, put_record
from chalicelib.store.key import Key
from chalicelib.store.locks import lock, unlock
from chalicelib.store.table import Item
from chalicelib.store.traces import trace_changes

if TYPE_CHECKING:
    from chalicelib.inventory.adjusting import StockAdjustment
    from chalicelib.inventory.counting import StockCount
    from chalicelib.inventory.transferring import StockTransfer
    from chalicelib.ledger.model import Posting
    from chalicelib.orders.model import Order
    from chalicelib.returns.model import Return

T = TypeVar("T")
ACTIONS_MAX = 100
"""What DynamoDB takes in one transaction."""
_SPARE = 5
"""Left in a transaction of stock for its movement and the guard of its part."""
_ROOTS = {"ORDER", "RETURN", "COUNT", "STOCKTRANSFER", "STOCKADJUSTMENT"}
_PLAN_MAX = 380_000
_BASE64 = "__base64__"
_REFUSAL_KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One transaction of the plan, and what takes it back."""

    actions: list[Action]
    undo: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that is left to do, complete in itself.

    `final` is what makes the command true; `after` are transactions that only follow it, over
    documents that are locked by then, so that nothing refuses them.
    """

    command_id: str
    locks: list[tuple[Key, int]]
    steps: list[Step]
    final: list[Action]
    after: list[list[Action]]
    keep_until: int


def plan_for(
    table: str,
    changes: Changes,
    command_id: str,
    more: Sequence[Action],
    *,
    now: datetime,
    actions_max: int = ACTIONS_MAX,
) -> Plan:
    """Split a command: stock, locks, new documents beside the roots, the roots, the locked ones.

    Documents that are no roots and change with them are locked before and written after them:
    however many there are, whoever reads one meets the lock and finishes the command first.
    """
    roots = [record for record in changes.records if _is_root(record)]
    movements = [record for record in changes.records if isinstance(record, Movement)]
    subjects = {root.subject for root in roots}
    others = [r for r in changes.records if not (_is_root(r) or isinstance(r, Movement))]
    # With its event: whoever reads one finds the other.
    postings = [r for r in others if _is_posting(r) and r.subject in subjects]
    others = [r for r in others if not (_is_posting(r) and r.subject in subjects)]
    beside = [put_record(table, record) for record in others if record.version == 1]
    beside += [put_event(table, e) for e in changes.events if e.subject not in subjects]
    room = actions_max - _SPARE
    steps = [_stock_step(table, some) for some in _together(movements, room)]
    changed = [record for record in others if record.version > 1]
    steps += [_lock_step(table, some, command_id) for some in _chunks(changed, room)]
    for chunk in _chunks(beside, room):
        steps.append(Step(actions=chunk, undo=[_removal(table, action.key) for action in chunk]))
    final, *after = _of_roots(
        [_of_root(table, root, changes.events, postings, command_id) for root in roots],
        more,
        actions_max - 1,
    )
    after += [
        [put_record(table, record, part_of=command_id) for record in some]
        for some in _chunks(changed, room)
    ]
    # Unconditional, so that nothing refuses them either; a command undone has left no trace.
    after += _chunks(trace_changes(table, movements), room)
    locks = [(keys.key_of(root), root.version - 1) for root in roots]
    # They are locked with the plan, in one transaction.
    if len(locks) >= actions_max:
        raise _too_large()
    keep_until = int((now + _REFUSAL_KEPT).timestamp())
    return Plan(
        command_id=command_id,
        locks=locks,
        steps=steps,
        final=final,
        after=after,
        keep_until=keep_until,
    )


def _of_root(
    table: str,
    root: "Order | Return | StockCount | StockTransfer | StockAdjustment",
    events: Sequence[Event],
    postings: Sequence["Posting"],
    command_id: str,
) -> list[Action]:
    """A root with its events and their postings: whoever reads one finds the other."""
    return [
        put_record(table, root, part_of=command_id),
        *(put_event(table, event) for event in events if event.subject == root.subject),
        *(put_record(table, one) for one in postings if one.subject == root.subject),
    ]


def _of_roots(
    groups: Sequence[list[Action]], more: Sequence[Action], room: int
) -> list[list[Action]]:
    """The roots in as few transactions as hold them. The first, with the answer, makes the command
    true; the others follow it, locked until then, as all that follows is.
    """
    found: list[list[Action]] = [[*more]]
    for group in groups:
        if len(found[-1]) + len(group) > room:
            found.append([])
        found[-1] += group
    if any(len(part) > room for part in found):
        raise _too_large()
    return found


def _too_large() -> Invalid:
    return Invalid("command_too_large", "The command changes too many documents at once.")


def _is_root(
    record: Record,
) -> "TypeGuard[Order | Return | StockCount | StockTransfer | StockAdjustment]":
    return keys.type_name(record) in _ROOTS


def _is_posting(record: Record) -> "TypeGuard[Posting]":
    return keys.type_name(record) == "POSTING"


def _chunks(things: list[T], size: int) -> list[list[T]]:
    return [things[start : start + size] for start in range(0, len(things), size)]


def _together(movements: Sequence[Movement], room: int) -> Iterator[list[Movement]]:
    """Parts of movements that fit into one transaction of stock, many small ones in each."""
    some: list[Movement] = []
    places: set[Key] = set()
    for movement in movements:
        for part in _split(movement, room):
            needed = places | _places(part.entries)
            # The first movement of a step is what the spare room is for.
            if some and len(some) + len(needed) > room:
                yield some
                some, needed = [], _places(part.entries)
            some.append(part)
            places = needed
    if some:
        yield some


def _split(movement: Movement, room: int) -> Iterator[Movement]:
    """Parts that sum to zero per SKU and lot, each small enough for one transaction."""
    groups: dict[tuple[str, str | None], list[Entry]] = {}
    for entry in movement.entries:
        groups.setdefault((entry.sku, entry.lot), []).append(entry)
    chunks: list[list[Entry]] = [[]]
    for entries in groups.values():
        candidate = [*chunks[-1], *entries]
        if chunks[-1] and len(_places(candidate)) > room:
            chunks.append(list(entries))
        else:
            chunks[-1] = candidate
    for number, chunk in enumerate(chunks, start=1):
        yield replace(movement, entries=tuple(chunk), part=number, parts=len(chunks))


def _places(entries: Sequence[Entry]) -> set[Key]:
    return {keys.balance(e.warehouse, e.sku, e.lot, e.account) for e in entries}


def _stock_step(table: str, parts: Sequence[Movement]) -> Step:
    """Parts of movements and their undoing, which leaves nothing: the command never happened.

    Undoing is not refused, or the command would hang for ever: where a count found units that were
    sold meanwhile, the balance goes below zero and the reconciliation shows it.
    """
    negated = [
        replace(
            part,
            entries=tuple(replace(e, quantity=-e.quantity, expected=None) for e in part.entries),
        )
        for part in parts
    ]
    back = balance_changes(table, negated, forced=True)
    removals = [_removal(table, keys.key_of(part)) for part in parts]
    return Step(
        actions=[*(put_record(table, part) for part in parts), *balance_changes(table, parts)],
        undo=[*removals, *(action.request for action in back)],
    )


def _lock_step(table: str, changed: Sequence[Record], command_id: str) -> Step:
    """Locks on documents that change after the roots: refused where one has moved on."""
    places = [(keys.key_of(record), record.version - 1) for record in changed]
    return Step(
        actions=[
            Action(key=key, request=lock(table, key, before, command_id), on_failure="version")
            for key, before in places
        ],
        undo=[unlock(table, key, before) for key, before in places],
    )


def _removal(table: str, key: Key) -> dict[str, Any]:
    place = {"pk": {"S": key.pk}, "sk": {"S": key.sk}}
    return {"Delete": {"TableName": table, "Key": place}}


def pack(plan: Plan) -> Item:
    place = keys.parts(plan.command_id)
    text = json.dumps(
        {
            "locks": [[key.pk, key.sk, before] for key, before in plan.locks],
            "steps": [[_as_json(step.actions), step.undo] for step in plan.steps],
            "final": _as_json(plan.final),
            "after": [_as_json(actions) for actions in plan.after],
            "keep_until": plan.keep_until,
        },
        separators=(",", ":"),
        default=_bytes_as_json,
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
        "total": {"N": str(len(plan.steps) + 1 + len(plan.after))},
        "state": {"S": "going"},
        "plan": {"B": packed},
    }


def unpack(item: Item) -> tuple[Plan, int, bool]:
    held = json.loads(zlib.decompress(item["plan"]["B"]), object_hook=_bytes_from_json)
    plan = Plan(
        command_id=item["command_id"]["S"],
        locks=[(Key(pk, sk), before) for pk, sk, before in held["locks"]],
        steps=[Step(actions=_from_json(actions), undo=undo) for actions, undo in held["steps"]],
        final=_from_json(held["final"]),
        after=[_from_json(actions) for actions in held.get("after", [])],
        keep_until=held["keep_until"],
    )
    return plan, int(item["done"]["N"]), item["state"]["S"] == "undoing"


def _bytes_as_json(value: object) -> dict[str, str]:
    """A plan holds packed records, which are bytes."""
    assert isinstance(value, bytes), "a plan holds DynamoDB JSON only"
    return {_BASE64: base64.b64encode(value).decode()}


def _bytes_from_json(value: dict[str, Any]) -> Any:
    """What `_bytes_as_json` wrote, as bytes again; Any because it passes everything else on."""
    return base64.b64decode(value[_BASE64]) if _BASE64 in value else value


def _as_json(actions: Sequence[Action]) -> list[list[Any]]:
    return [[a.key.pk, a.key.sk, a.request, a.on_failure] for a in actions]


def _from_json(rows: list[list[Any]]) -> list[Action]:
    return [
        Action(key=Key(pk, sk), request=request, on_failure=on_failure)
        for pk, sk, request, on_failure in rows
    ]
