"""What an EPCIS event asks of us: scans, a box with returns in it, or nothing and why. Pure.

Goods are booked by `receiving` only. The steps around it (arriving, accepting, inspecting) speak of
the same goods again, so they verify: booked twice, goods would be a surplus.
"""

import re
from dataclasses import dataclass

from chalicelib.core.ids import is_return_number
from chalicelib.epcis.model import CapturedEvent, Fault, JobEvent, Thing, Verdict, scan_id_of
from chalicelib.returns.scanning import Scan

STEPS = {
    "receiving": "receiving",
    "arriving": "verifying",
    "accepting": "verifying",
    "inspecting": "verifying",
}
_STEPS_OF_BOXES = {**STEPS, "arriving": "receiving"}
"""A box that comes in is no goods that are booked, so nothing of it is booked twice."""
_BOX_STAYS = "box_stays"
"""What is said to be in a box is put right by saying it anew."""
_RETURN_DOCUMENTS = ("rma", "desadv")
_USED = frozenset({"ObjectEvent", "AggregationEvent"})
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one event would do. `numbers` are returns in the box `told.parcel`. Its scans are named
    by its `key`; `content` is what it is known by beside that.

    With `is_retraction`, the scans are those that its event once made, or would have made.
    """

    told: JobEvent
    key: str = ""
    content: str = ""
    scans: tuple[Scan, ...] = ()
    numbers: tuple[str, ...] = ()
    is_retraction: bool = False

    def refused(self, fault: Fault | None) -> "Plan":
        """With a fault, it does nothing; without one it is as it was."""
        return self if fault is None else Plan(told=self.told.refused(fault))


def plan_of(event: CapturedEvent, device_id: str) -> Plan:
    """`device_id` is who is named as the scanner."""
    told = JobEvent(verdict=Verdict.NOT_USED, event_id=event.event_id)
    reason = unused_reason(event.type, event.action, event.biz_step)
    if reason is not None:
        return _not_used(event, reason)
    if event.action is None:
        return _refused(told, "/action", "action_required", "It has no action.")
    is_box = event.type == "AggregationEvent"
    numbers, fault = _numbers(event)
    if fault is not None:
        return Plan(told=told.refused(fault))
    box, fault = _box(event)
    if fault is not None:
        return Plan(told=told.refused(fault))
    if len(numbers) > 1 and not is_box:
        return _refused(told, "/bizTransactionList", "several_returns", "It names several returns.")
    made = _scans(event, box, numbers[0] if len(numbers) == 1 else None, device_id)
    if isinstance(made, Fault):
        return Plan(told=told.refused(made))
    return _planned(event, box if is_box else None, numbers if is_box else (), made)


def unused_reason(event_type: str, action: str | None, biz_step: str | None) -> str | None:
    """Why nothing is made of such events; None: something may be."""
    if event_type not in _USED:
        return "type_not_used"
    if action == "DELETE":
        return "action_not_used"
    is_step = action is None or event_type == "AggregationEvent" or biz_step in STEPS
    return None if is_step else "step_not_used"


def _planned(
    event: CapturedEvent, box: str | None, numbers: tuple[str, ...], scans: tuple[Scan, ...]
) -> Plan:
    if not scans and not numbers:
        return _not_used(event, "no_goods")
    told = JobEvent(
        verdict=Verdict.SCANNED if scans else Verdict.GROUPED,
        event_id=event.event_id,
        scan_ids=tuple(scan.scan_id for scan in scans),
        parcel=box if numbers else None,
    )
    if event.corrected_by is None:
        return Plan(told=told, key=event.key, content=event.content, scans=scans, numbers=numbers)
    told = JobEvent(
        verdict=Verdict.DECLARED_ERRONEOUS,
        event_id=event.event_id,
        reason=_BOX_STAYS if numbers else None,
        scan_ids=told.scan_ids,
    )
    return Plan(told=told, key=event.key, content=event.content, scans=scans, is_retraction=True)


def _numbers(event: CapturedEvent) -> tuple[tuple[str, ...], Fault | None]:
    """The returns that its documents name; an RMA is one of ours, or somebody has to look."""
    found: list[str] = []
    for one in event.transactions:
        name = one.name.upper()
        if one.type in _RETURN_DOCUMENTS and is_return_number(name):
            found.append(name)
        elif one.type == "rma":
            message = "The RMA is no return number of ours."
            fault = Fault(
                pointer="/bizTransactionList", code="not_a_return_number", message=message
            )
            return (), fault
    return tuple(dict.fromkeys(found)), None


def _box(event: CapturedEvent) -> tuple[str | None, Fault | None]:
    """The SSCC of the box that the goods are in: the parent, or the only one that stands by."""
    if event.type == "AggregationEvent":
        if event.parent is None or event.parent.sscc is None:
            message = "The parent of a box is an SSCC."
            return None, Fault(pointer="/parentID", code="sscc_required", message=message)
        return event.parent.sscc, None
    boxes = [thing.sscc for thing in event.things if thing.sscc is not None]
    return (boxes[0] if len(boxes) == 1 else None), None


def _scans(
    event: CapturedEvent, box: str | None, number: str | None, device_id: str
) -> tuple[Scan, ...] | Fault:
    """Of the goods; where there are none, of the boxes themselves."""
    goods = [thing for thing in event.things if thing.sscc is None]
    step = (STEPS if goods else _STEPS_OF_BOXES).get(event.biz_step or "")
    if step is None or not event.things:
        return ()
    if any(thing.gtin is None for thing in goods):
        message = "Something in it is neither a trade item nor a box by a GS1 key."
        return Fault(pointer="/epcList", code="unknown_epc", message=message)
    if event.unknown_gln is not None:
        message = "No warehouse of ours has this GLN: WarehouseGlns of the stage says whose it is."
        return Fault(pointer="/bizLocation", code="gln_unknown", message=message)
    if event.warehouse is None or not _ID.fullmatch(event.warehouse):
        message = "Neither bizLocation nor readPoint names a warehouse."
        return Fault(pointer="/bizLocation", code="place_required", message=message)
    return tuple(
        _scan(
            event,
            scan_id_of(event.key, event.warehouse, place),
            thing,
            event.warehouse,
            step,
            thing.sscc or box,
            number if goods else None,
            device_id,
        )
        # Lists of an event are sets: whoever sends them in another order means the same scans.
        for place, thing in enumerate(sorted(goods or event.things, key=_order))
    )


def _order(thing: Thing) -> tuple[str, str, str, int, str]:
    return (
        thing.gtin or "", thing.lot or "", thing.serial or "", thing.quantity, thing.sscc or ""
    )  # fmt: skip


def _scan(
    event: CapturedEvent,
    scan_id: str,
    thing: Thing,
    warehouse: str,
    step: str,
    box: str | None,
    number: str | None,
    device_id: str,
) -> Scan:
    return Scan(
        scan_id=scan_id,
        device_id=device_id,
        seq=0,
        captured_at=event.happened_at,
        warehouse=warehouse,
        quantity=thing.quantity,
        gtin=thing.gtin,
        lot=thing.lot,
        serial=thing.serial,
        return_number=number,
        parcel=box,
        step=step,
    )


def _not_used(event: CapturedEvent, reason: str) -> Plan:
    told = JobEvent(verdict=Verdict.NOT_USED, event_id=event.event_id, reason=reason)
    return Plan(told=told)


def _refused(told: JobEvent, pointer: str, code: str, message: str) -> Plan:
    return Plan(told=told.refused(Fault(pointer=pointer, code=code, message=message)))
