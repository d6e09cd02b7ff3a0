"""What stored items say of each other: a movement that a receipt names must be there, and a
movement that is there must be named. A transaction that a restore has cut shows here.

Pure, and lenient: items are read as JSON, because a damaged one must not hide the others.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.reconciliation.model import Finding
from chalicelib.store import keys, money_keys
from chalicelib.store.codec import body_of
from chalicelib.store.key import Key
from chalicelib.store.table import Item
from tools.cli.warehouse_references import named_in_warehouse

ROOTS = (
    "order", "return", "exception", "count", "campaign", "exchange", "claim", "withdrawal",
    "liability", "credit", "note", "redletter", "stocktransfer", "stockadjustment", "scrap",
    "workorder", "parcel", "receiving", "supplier", "rtv", "vendorclaim",
)  # fmt: skip
_RECORDS = ("MOVEMENT", "RECEIPT", "INSPECTION", "DISPOSITION")
_MOVEMENT = re.compile(r"MOVEMENT#(.+)#([0-9]{4})")
_RESTORE = "Restore it from a backup of the same moment, or undo what names it by a correction."


@dataclass(frozen=True, slots=True)
class Stored:
    """An item with its body as JSON; {} where it has none that can be read."""

    key: Key
    type: str
    body: dict[str, Any]

    @property
    def text(self) -> str:
        return f"{self.key.pk} {self.key.sk}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """`source` says that `target`, in another partition, exists; `what` in words."""

    source: Key
    target: Key
    what: str


def stored(item: Item) -> Stored:
    key = Key(item["pk"]["S"], item["sk"]["S"])
    try:
        body = json.loads(body_of(item) or "{}")
    except ValueError:
        body = {}
    return Stored(key, item.get("type", {}).get("S", ""), body if isinstance(body, dict) else {})


def subject_of(pk: str) -> str:
    """`RETURN#ret_x` is return/ret_x."""
    kind, _, own = pk.partition("#")
    return f"{kind.lower()}/{own}"


def cut_within(items: Sequence[Stored]) -> Iterator[Finding]:
    """What the items of one partition name and lack, and what lies there unnamed."""
    there = {own for item in items if (own := _own(item)) is not None}
    named: set[tuple[str, str]] = set()
    for item in items:
        for name in _names(item):
            named.add(name)
            if name not in there:
                yield _missing(item.key, f"{name[0].lower()} {name[1]}", name[0].lower())
    for item in items:
        own = _own(item)
        if own is not None and own not in named:
            yield _unnamed(item, own)
    yield from _missing_parts(items)


def references_of(item: Stored) -> Iterator[Reference]:
    """What an item names in other partitions."""
    for target, what in _named_elsewhere(item.type, item.body):
        yield Reference(source=item.key, target=target, what=what)


def dangling(reference: Reference) -> Finding:
    """The finding of a reference whose target is not there."""
    kind = reference.what.partition(" ")[0]
    return _missing(reference.source, reference.what, kind)


def lock_without_plan(key: Key, command_id: str) -> Finding:
    """A document that a large command holds whose plan is gone: nobody can finish or undo it."""
    repair = (
        "Restore the plan from a backup; or see what of it is booked, then remove part_of here."
    )
    return Finding(
        kind="lock_without_plan",
        subject=subject_of(key.pk),
        expected=f"plan {command_id}",
        found=f"{key.pk} {key.sk}",
        cause="A large command holds it, and the plan by which others would finish it is gone.",
        proposed_repair=repair,
    )


def _own(item: Stored) -> tuple[str, str] | None:
    """What an item is, as others name it."""
    if item.type not in _RECORDS:
        return None
    found = _MOVEMENT.fullmatch(item.key.sk)
    return (item.type, found[1] if found else item.key.sk.partition("#")[2])


def _names(item: Stored) -> Iterator[tuple[str, str]]:
    """What an item names in its own partition."""
    said = item.body.get("data", {}) if item.type == "EVENT" else item.body
    if not isinstance(said, dict):
        return
    of_exception = item.key.pk.startswith("EXCEPTION#")
    # The goods of an exception that a receipt or scan opened lie where the receipt does.
    if item.type in ("RECEIPT", "INSPECTION", "DISPOSITION", "COUNT", "EVENT", "EXCEPTION"):
        is_elsewhere = of_exception and (item.type == "EVENT" or said.get("receipt_id"))
        # What two persons wrote off was booked on its return.
        is_elsewhere = is_elsewhere or item.key.pk.startswith("SCRAP#")
        if said.get("movement_id") and not is_elsewhere:
            yield "MOVEMENT", said["movement_id"]
    if item.type == "EVENT":
        for movement in said.get("movement_ids") or ():
            yield "MOVEMENT", movement
    if item.type == "EXCEPTION":
        for done in said.get("resolutions") or ():
            if done.get("movement_id"):
                yield "MOVEMENT", done["movement_id"]
    if item.type == "EVENT" and not of_exception:
        for kind in ("RECEIPT", "INSPECTION", "DISPOSITION"):
            if said.get(f"{kind.lower()}_id"):
                yield kind, said[f"{kind.lower()}_id"]


def _named_elsewhere(kind: str, body: dict[str, Any]) -> Iterator[tuple[Key, str]]:
    match kind:
        case "RETURN":
            yield from _around_return(body)
        case "CLAIM" | "PAYMENT" if body.get("order_no"):
            yield keys.order(body["order_no"]), f"order {body['order_no']}"
        case "WITHDRAWAL" | "NOTE":
            yield from _around_sale(body)
        case "CLAIM_LINK" if body.get("claim_id"):
            yield keys.claim(body["claim_id"]), f"claim {body['claim_id']}"
        case "NUMBER" | "PHOTO" | "MESSAGE" | "CONVERSATION" | "EXCHANGE" if body.get("return_id"):
            yield keys.return_(body["return_id"]), f"return {body['return_id']}"
        case "EXCEPTION" | "SCAN" | "RECEIPT":
            yield from _around_receipt(kind, body)
            yield from _around_resolutions(body)
        case "LIABILITY" if body.get("exception_id"):
            yield keys.exception(body["exception_id"]), f"exception {body['exception_id']}"
        case "CREDIT_LINK" | "CREDITENTRY" if body.get("account_id"):
            yield money_keys.credit(body["account_id"]), f"credit {body['account_id']}"
        case "NOTE_LINK" | "NUMBERED" | "REDLETTER" if body.get("note_id"):
            yield money_keys.credit_note(body["note_id"]), f"note {body['note_id']}"
        case "TASK":
            own_kind, _, own = str(body.get("subject")).partition("/")
            if own_kind in ROOTS:
                yield Key(keys.partition(body["subject"]), own_kind.upper()), f"{own_kind} {own}"
        case _:
            yield from named_in_warehouse(kind, body)


def _around_return(body: dict[str, Any]) -> Iterator[tuple[Key, str]]:
    if body.get("order_no"):
        yield keys.order(body["order_no"]), f"order {body['order_no']}"
    if body.get("number"):
        yield keys.number(body["number"]), f"number {body['number']}"
    if body.get("campaign_id"):
        yield keys.campaign(body["campaign_id"]), f"campaign {body['campaign_id']}"
    if own := body.get("withdrawal_id"):
        yield keys.withdrawal(own), f"withdrawal {own}"
    for line in body.get("lines") or ():
        if line.get("exchange_id"):
            own = line["exchange_id"]
            yield keys.exchange(own), f"exchange {own}"


def _around_sale(body: dict[str, Any]) -> Iterator[tuple[Key, str]]:
    """The sale and the return of a withdrawal, once it has them, or of a credit note."""
    if body.get("order_no"):
        yield keys.order(body["order_no"]), f"order {body['order_no']}"
    if body.get("return_id"):
        yield keys.return_(body["return_id"]), f"return {body['return_id']}"


def _around_receipt(kind: str, body: dict[str, Any]) -> Iterator[tuple[Key, str]]:
    """A receipt lies with its return; the exceptions that it opened lie by themselves."""
    return_id, receipt = body.get("return_id"), body.get("receipt_id")
    if kind != "RECEIPT" and return_id and receipt:
        yield Key(f"RETURN#{return_id}", f"RECEIPT#{receipt}"), f"receipt {receipt}"
        if movement := body.get("movement_id"):
            place = Key(f"RETURN#{return_id}", f"MOVEMENT#{movement}#0001")
            yield place, f"movement {movement}"
    for own in body.get("exception_ids") or ():
        yield keys.exception(own), f"exception {own}"


def _around_resolutions(body: dict[str, Any]) -> Iterator[tuple[Key, str]]:
    """The returns that took goods of an exception in, and the claims that were made of it."""
    for done in body.get("resolutions") or ():
        if own := done.get("return_id"):
            yield keys.return_(own), f"return {own}"
        if own := done.get("claim_id"):
            yield keys.liability_claim(own), f"claim {own}"


def _missing_parts(items: Iterable[Stored]) -> Iterator[Finding]:
    """A movement of several parts of which not all are there."""
    parts: dict[str, tuple[Stored, int, set[int]]] = {}
    for item in items:
        found = _MOVEMENT.fullmatch(item.key.sk)
        if found and item.type == "MOVEMENT":
            total = item.body.get("parts", 1)
            first = parts.setdefault(
                found[1], (item, total if isinstance(total, int) else 1, set())
            )
            first[2].add(int(found[2]))
    for own, (item, total, there) in parts.items():
        for part in sorted(set(range(1, total + 1)) - there):
            yield _missing(item.key, f"part {part} of {total} of movement {own}", "movement")


def _missing(source: Key, what: str, kind: str) -> Finding:
    return Finding(
        kind=f"{kind}_missing",
        subject=subject_of(source.pk),
        expected=what,
        found=f"{source.pk} {source.sk}",
        cause=f"It names {what}, which is not there: a transaction was cut, or it was removed.",
        proposed_repair=_RESTORE,
    )


def _unnamed(item: Stored, own: tuple[str, str]) -> Finding:
    kind = own[0].lower()
    return Finding(
        kind=f"{kind}_unnamed",
        subject=subject_of(item.key.pk),
        expected=f"an event or a document that names {kind} {own[1]}",
        found=item.text,
        cause=f"This {kind} is there, but nothing tells of it: the rest of its command is missing.",
        proposed_repair="Restore the rest from a backup of the same moment; or, where it did not "
        "happen, take it back by a correction.",
    )
