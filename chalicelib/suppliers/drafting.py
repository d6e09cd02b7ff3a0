"""Gathering units that wait for a supplier into one document, and giving a draft up again.

A list of what waits may lag behind; which units really wait is decided here, on the returns
themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, FieldError, Invalid
from chalicelib.core.events import Context
from chalicelib.core.ids import derived_id, new_vendor_number
from chalicelib.core.runs import Runs
from chalicelib.returns.model import Return, ReturnLine
from chalicelib.suppliers import correcting
from chalicelib.suppliers.documents import RtvDocument, RtvLine, RtvNumber, RtvState
from chalicelib.suppliers.ending import closed
from chalicelib.suppliers.evidence import Seen, parted, seen_units
from chalicelib.suppliers.facts import told_of_rtv
from chalicelib.suppliers.loading import known_rtv, known_supplier, require_state
from chalicelib.suppliers.model import Supplier
from chalicelib.suppliers.ports import VendorReader
from chalicelib.suppliers.steps import done_tasks
from chalicelib.suppliers.waiting import (
    all_unlisted,
    asked_for_before,
    listed,
    read_returns,
    waiting_for,
)

RETURNS_MAX = 30
"""Of one document: what is shown of them last, with up to two events each, is one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedUnits:
    """So many units of a return line; `quantity` None: all that wait."""

    return_id: str
    line_no: str | None = None
    quantity: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRtv:
    """What goes back together: units of these returns, from one warehouse."""

    warehouse: str
    items: tuple[WantedUnits, ...]


def draft(
    reads: VendorReader, supplier_id: str, command: DraftRtv, context: Context
) -> Decided[RtvDocument]:
    """Open a document. Raises Conflict where a unit does not wait, or nothing was agreed."""
    supplier = known_supplier(reads, supplier_id)
    if not supplier.terms.is_agreed:
        raise Conflict("rtv_not_agreed", "The supplier takes no goods back.")
    wanted = _by_return(command)
    returns = {ret.return_id: ret for ret in read_returns(reads, list(wanted))}
    rtv_id = derived_id("rtv", context.command_id)
    document, changes = f"rtv/{rtv_id}", Changes()
    lines: list[RtvLine] = []
    for return_id, items in wanted.items():
        ret = returns.get(return_id)
        if ret is None:
            raise _not_waiting(return_id, None, 0)
        units = _chosen(reads, ret, supplier_id, command.warehouse, items)
        changes += listed(ret, units, document, context)
        lines += _lines(ret, units, seen_units(reads.events(ret.subject)))
    rtv = RtvDocument(
        rtv_id=rtv_id,
        number=new_vendor_number(context.now),
        supplier_id=supplier_id,
        warehouse=command.warehouse,
        currency=supplier.currency,
        lines=tuple(lines),
        drafted_at=context.now,
        drafted_by=context.actor.id,
        updated_at=context.now,
    )
    rtv = _with_deadline(rtv, supplier)
    rtv, event = told_of_rtv(rtv, "rtv.drafted", context)
    own = Changes(records=(rtv, RtvNumber(number=rtv.number, rtv_id=rtv_id)), events=(event,))
    return Decided(result=rtv, changes=own + changes)


def cancel(reads: VendorReader, rtv_id: str, context: Context) -> Decided[RtvDocument]:
    """Give a document up before its goods left: its units wait again, its claim is withdrawn.

    So a unit is taken out of one: by another one without it. Raises Conflict `claim_accepted`.
    """
    rtv, claim = known_rtv(reads, rtv_id, context)
    require_state(rtv, RtvState.DRAFT, RtvState.SENT, RtvState.ACKNOWLEDGED)
    withdrawn = Changes()
    if claim is not None:
        withdrawn = correcting.withdrawn(reads, claim, context).changes
    tasks = Changes(records=tuple(done_tasks(reads, rtv.subject, ["draft"], context)))
    rtv = closed(rtv, RtvState.CANCELLED, None, context)
    rtv, event = told_of_rtv(rtv, "rtv.cancelled", context)
    freed = all_unlisted(read_returns(reads, rtv.return_ids), rtv.subject, context)
    own = Changes(records=(rtv,), events=(event,))
    return Decided(result=rtv, changes=own + withdrawn + tasks + freed)


def _by_return(command: DraftRtv) -> dict[str, list[WantedUnits]]:
    wanted: dict[str, list[WantedUnits]] = {}
    for place, item in enumerate(command.items):
        same = wanted.setdefault(item.return_id, [])
        if any(item.line_no is None or one.line_no in (None, item.line_no) for one in same):
            raise _invalid(f"/items/{place}", "named_twice", "Each line of a return once.")
        if item.quantity is not None and (item.quantity < 1 or item.line_no is None):
            message = "A quantity of at least 1, of a line."
            raise _invalid(f"/items/{place}/quantity", "not_positive", message)
        same.append(item)
    if not 1 <= len(wanted) <= RETURNS_MAX:
        raise Invalid(
            "rtv_size",
            f"Units of 1 to {RETURNS_MAX} returns go together, and these are of {len(wanted)}: "
            "put the others into another document.",
            possible=RETURNS_MAX,
            asked=len(wanted),
        )
    return wanted


def _chosen(
    reads: VendorReader, ret: Return, supplier_id: str, warehouse: str, items: list[WantedUnits]
) -> dict[str, Runs]:
    before = asked_for_before(reads, ret)
    waiting = waiting_for(ret, supplier_id, warehouse).items()
    left = ((line_no, runs.minus(units, before.get(line_no, ()))) for line_no, units in waiting)
    there = {line_no: units for line_no, units in left if units}
    chosen: dict[str, Runs] = {}
    for item in items:
        if item.line_no is None:
            chosen |= there
            continue
        units = there.get(item.line_no, ())
        possible = runs.size(units)
        asked = possible if item.quantity is None else item.quantity
        if not possible or possible < asked:
            raise _not_waiting(ret.return_id, item.line_no, possible)
        chosen[item.line_no] = runs.lowest(units, asked)
    if not chosen:
        raise _not_waiting(ret.return_id, None, 0)
    return chosen


def _lines(ret: Return, units: Mapping[str, Runs], seen: list[Seen]) -> list[RtvLine]:
    """One line for units that stand alike and that one inspection saw alike."""
    return [
        _line(ret, line, part, group_no, one)
        for line in ret.lines
        for group_no, group in enumerate(line.groups)
        if (wanted := runs.common(group.units, units.get(line.line_no, ())))
        for part, one in parted(line.line_no, wanted, seen)
    ]


def _line(ret: Return, line: ReturnLine, units: Runs, group_no: int, seen: Seen | None) -> RtvLine:
    group = line.groups[group_no]
    named = [serial for at, serial in line.serials.items() if runs.holds(units, int(at))]
    return RtvLine(
        return_id=ret.return_id,
        line_no=line.line_no,
        sku=line.goods,
        name=line.name,
        units=units,
        grade=group.grade.value if group.grade else None,
        fault=group.fault.value if group.fault else None,
        reason=line.reason,
        # What came instead has a code of its own, which nobody told us.
        gtin=line.gtin if line.goods == line.sku else None,
        category=line.category,
        lot=group.lot,
        serials=tuple(named),
        unit_cost=line.unit_cost,
        inspection_id=seen.inspection_id if seen else None,
        inspected_at=seen.inspected_at if seen else None,
        defects=seen.defects if seen else (),
        photos=seen.photos if seen else (),
    )


def _with_deadline(rtv: RtvDocument, supplier: Supplier) -> RtvDocument:
    """Claims are in time until so many days after the oldest inspection."""
    seen = [line.inspected_at for line in rtv.lines if line.inspected_at is not None]
    if not seen:
        return rtv
    return replace(rtv, claim_by=min(seen) + timedelta(days=supplier.terms.days_to_claim))


def _not_waiting(return_id: str, line_no: str | None, possible: int) -> Conflict:
    return Conflict(
        "not_waiting_for_vendor",
        f"Return {return_id}: {possible} units wait for this supplier in this warehouse.",
        return_id=return_id,
        line_no=line_no,
        possible=possible,
    )


def _invalid(pointer: str, code: str, message: str) -> Invalid:
    return Invalid(code, message, errors=[FieldError(pointer=pointer, code=code, message=message)])
