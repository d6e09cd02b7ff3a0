"""Opening a receiving, adding what is counted, and giving it up. What it comes to: closing.py."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, FieldError, Invalid, NotAllowed, NotFound, Stale
from chalicelib.core.events import Context, Journal, Json
from chalicelib.core.ids import derived_id, is_return_number
from chalicelib.receivings.model import (
    COUNTED,
    GOING_ON,
    ITEMS_MAX,
    KINDS_MAX,
    Counted,
    Kind,
    Mode,
    Receiving,
    ReceivingOf,
    State,
    Tally,
    together,
)
from chalicelib.receivings.tallying import tallied
from chalicelib.returns.handovers import HandoverReceipt
from chalicelib.returns.model import Return
from chalicelib.returns.parcels import ParcelReader, grouped
from chalicelib.returns.receiving import ReceivedItem
from chalicelib.returns.scanning import ScanOutcome

_DONE = "done"


class ReceivingReader(ParcelReader, Protocol):
    """What receivings read."""

    def receiving(self, receiving_id: str) -> Receiving | None: ...

    def receiving_of(self, place: str) -> ReceivingOf | None: ...

    def handovers(self, return_id: str) -> list[HandoverReceipt]: ...

    def scan_outcomes(self, scan_ids: Sequence[str]) -> dict[str, ScanOutcome]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """`return_ref` is an id or a number; else `parcel` names a box or a pallet, known or not."""

    warehouse: str
    mode: Mode
    parcel: str | None = None
    return_ref: str | None = None
    second_above: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedThing:
    """`item_id` is the caller's (of a scan, the scan's): the same one is counted once."""

    item: ReceivedItem
    item_id: str | None = None
    by_scan: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Add:
    """What is counted besides; and ids of items that were counted wrongly."""

    items: tuple[CountedThing, ...] = ()
    taken_back: tuple[str, ...] = field(default=())


def open_receiving(reads: ReceivingReader, command: Open, context: Context) -> Decided[Receiving]:
    """Begin to count; raises Conflict `receiving_open` where somebody counts it already."""
    kind, name, returns = _named(reads, command)
    receiving = Receiving(
        receiving_id=derived_id("rcv", context.command_id),
        mode=command.mode,
        kind=kind,
        name=name,
        warehouse=command.warehouse,
        opened_by=context.actor.id,
        opened_at=context.now,
        announced=tallied(returns, ()),
        second_above=command.second_above if command.mode is Mode.BLIND else None,
        return_ids=tuple(ret.return_id for ret in returns),
    )
    before = reads.receiving_of(receiving.place)
    if before is not None and before.receiving_id is not None:
        raise Conflict(
            "receiving_open",
            f"{name} is being counted already.",
            receiving_id=before.receiving_id,
        )
    lock = ReceivingOf(
        place=receiving.place,
        receiving_id=receiving.receiving_id,
        version=before.version + 1 if before is not None else 1,
    )
    journal = Journal(receiving.subject, receiving.chain, context)
    journal.record("receiving.opened", facts(receiving))
    receiving = replace(receiving, chain=journal.chain)
    changes = Changes(records=(receiving, lock), events=tuple(journal.events))
    return Decided(result=receiving, changes=changes)


def add(
    reads: ReceivingReader, receiving_id: str, command: Add, context: Context
) -> Decided[Receiving]:
    """Count more. What was counted under its id before is not counted twice.

    Nor is a scan that was booked, or counted elsewhere: the goods are there already. Raises
    NotAllowed for who counted in the round before: the second count is another person's.
    """
    receiving = going_on(reads, receiving_id, context)
    require_other_person(receiving, context)
    known = {one.item_id: one for one in receiving.items}
    left = {no: one for no, one in known.items() if no not in command.taken_back}
    new_scans = [one.item_id for one in command.items if one.by_scan and one.item_id not in known]
    outcomes = reads.scan_outcomes([one for one in new_scans if one is not None])
    scans: dict[str, ScanOutcome] = {}
    for place, thing in enumerate(command.items):
        item_id = thing.item_id or f"{context.command_id}.{place}"
        before = known.get(item_id)
        if before is None and thing.by_scan:
            outcome = outcomes.get(item_id)
            if outcome is not None and _is_taken(reads, outcome, receiving_id):
                continue
            scans[item_id] = _outcome(item_id, thing.item, outcome, receiving, context)
        if before is not None and before.item != thing.item:
            raise Conflict("item_id_reused", f"{item_id} is another item.", item_id=item_id)
        left.setdefault(
            item_id,
            before
            or Counted(
                item_id=item_id,
                item=thing.item,
                counted_by=context.actor.id,
                counted_at=context.now,
                by_scan=thing.by_scan,
            ),
        )
    items = tuple(left.values())
    if items == receiving.items:
        return Decided(result=receiving)
    _check(items)
    receiving = replace(receiving, items=items, version=receiving.version + 1)
    return Decided(result=receiving, changes=Changes(records=(receiving, *scans.values())))


def _is_taken(reads: ReceivingReader, outcome: ScanOutcome, receiving_id: str) -> bool:
    """Whether the goods of a scan are booked, or in another count that was not given up."""
    if outcome.state != _DONE:
        return False
    if outcome.receiving_id is None:
        return outcome.receipt_id is not None or bool(outcome.exception_ids)
    if outcome.receiving_id == receiving_id:
        return False  # Counted in it and taken back, or in the round before.
    other = reads.receiving(outcome.receiving_id)
    return other is not None and other.state is not State.CANCELLED


def _outcome(
    scan_id: str,
    item: ReceivedItem,
    before: ScanOutcome | None,
    receiving: Receiving,
    context: Context,
) -> ScanOutcome:
    """Kept under the scan's id, so that the scan itself, coming later, is not booked beside it.

    What its device numbered it is not known here; it comes with the scan.
    """
    return ScanOutcome(
        scan_id=scan_id,
        device_id=before.device_id if before is not None else context.actor.id,
        seq=before.seq if before is not None else 0,
        captured_at=before.captured_at if before is not None else context.now,
        processed_at=context.now,
        state=_DONE,
        reason=COUNTED,
        expires_on=item.expires_on,
        warehouse=receiving.warehouse,
        receiving_id=receiving.receiving_id,
        version=before.version + 1 if before is not None else 1,
    )


def cancel(reads: ReceivingReader, receiving_id: str, context: Context) -> Decided[Receiving]:
    """Give the count up: nothing is booked. Cancelled again, it changes nothing."""
    found = reads.receiving(receiving_id)
    if found is not None and found.state is State.CANCELLED:
        return Decided(result=found)
    receiving = going_on(reads, receiving_id, context)
    return ended(reads, receiving, State.CANCELLED, context)


def ended(
    reads: ReceivingReader, receiving: Receiving, state: State, context: Context
) -> Decided[Receiving]:
    """The end of a receiving, which lets go of what it counted."""
    receiving = replace(
        receiving,
        state=state,
        closed_by=context.actor.id,
        closed_at=context.now,
        version=receiving.version + 1,
    )
    journal = Journal(receiving.subject, receiving.chain, context)
    journal.record(f"receiving.{state.value.lower()}", facts(receiving))
    receiving = replace(receiving, chain=journal.chain)
    lock = reads.receiving_of(receiving.place)
    assert lock is not None, "opened with the receiving"
    lock = replace(lock, receiving_id=None, version=lock.version + 1)
    changes = Changes(records=(receiving, lock), events=tuple(journal.events))
    return Decided(result=receiving, changes=changes)


def going_on(reads: ReceivingReader, receiving_id: str, context: Context) -> Receiving:
    """The receiving, at the version that was looked at; raises Conflict where it is over."""
    receiving = reads.receiving(receiving_id)
    if receiving is None:
        raise NotFound("receiving_not_found", f"There is no receiving {receiving_id}.")
    if context.expected_version is not None and receiving.version != context.expected_version:
        raise Stale(
            "stale_version",
            f"It is at version {receiving.version}, not {context.expected_version}.",
            subject=receiving.subject,
            expected=context.expected_version,
            actual=receiving.version,
        )
    if receiving.state not in GOING_ON:
        state = receiving.state.value
        raise Conflict("receiving_over", f"The receiving is {state}.", state=state)
    return receiving


def require_other_person(receiving: Receiving, context: Context) -> None:
    """The second count of a blind one is worth something only if somebody else makes it."""
    if context.actor.id in receiving.earlier_counters:
        raise NotAllowed("second_counter_needed", "Somebody else has to count it again.")


def facts(receiving: Receiving) -> dict[str, Json]:
    """What events say of a receiving: numbers, codes and who counted, by reference."""
    return {
        "receiving_id": receiving.receiving_id,
        "mode": receiving.mode.value,
        "of": receiving.kind.value,
        "name": receiving.name,
        "warehouse": receiving.warehouse,
        "state": receiving.state.value,
        "rounds": len(receiving.earlier) + 1,
        "counted_by": list(receiving.counters),
        "duration_s": receiving.duration_s,
        "return_ids": list(receiving.return_ids),
        "receipt_ids": list(receiving.receipt_ids),
        "exception_ids": list(receiving.exception_ids),
        "tallies": [_tally(one) for one in receiving.tallies],
    }


def _tally(tally: Tally) -> dict[str, Json]:
    return {"sku": tally.sku, "announced": tally.announced, "counted": tally.counted}


def _named(reads: ReceivingReader, command: Open) -> tuple[Kind, str, Sequence[Return]]:
    """What is counted. A box that nobody told of may be, too: all in it is unknown then."""
    if command.return_ref is not None:
        ref = command.return_ref
        ret = reads.return_by_number(ref) if is_return_number(ref) else reads.return_(ref)
        if ret is None:
            raise NotFound("return_not_found", f"There is no return {ref}.")
        return Kind.RETURN, ret.return_id, (ret,)
    assert command.parcel is not None, "a box or a return"
    box = grouped(reads, command.parcel)
    if box is None:
        return Kind.PARCEL, command.parcel, ()
    return Kind.PALLET if box.parcel.is_pallet else Kind.PARCEL, command.parcel, box.returns


def _check(items: Sequence[Counted]) -> None:
    for one in items:
        item = one.item
        if (item.sku is None) == (item.gtin is None):
            raise _invalid("sku_required", "An item names a SKU or a GTIN.")
        if item.quantity < 1 or len(item.serials) > item.quantity:
            raise _invalid("bad_quantity", "At least one unit, and no more serials than units.")
    if len(items) > ITEMS_MAX or len(together(one.item for one in items)) > KINDS_MAX:
        raise Conflict(
            "too_many_items",
            f"One count has at most {ITEMS_MAX} items of {KINDS_MAX} kinds: close it and go on.",
        )


def _invalid(code: str, message: str) -> Invalid:
    return Invalid(code, message, errors=[FieldError(pointer="/items", code=code, message=message)])
