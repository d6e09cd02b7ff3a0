"""Opening a vendor claim: for a document, for goods that were destroyed, for a liability claim.

Units of a return are claimed once: a claim without goods holds them for good, as a document holds
what it sends.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, FieldError, Invalid, NotFound
from chalicelib.core.events import Context, Journal
from chalicelib.core.ids import derived_id
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs
from chalicelib.inventory.model import Account
from chalicelib.liability.claiming import followed_by
from chalicelib.liability.model import GOING_ON, LiabilityClaim, Liable
from chalicelib.returns.facts import money
from chalicelib.returns.model import Disposition, Return, ReturnLine, UnitGroup
from chalicelib.returns.units import units_where
from chalicelib.suppliers.claims import ClaimedUnits, Evidence, VendorClaim
from chalicelib.suppliers.documents import REMIND_BEFORE, RtvDocument, claim_id_of
from chalicelib.suppliers.evidence import Seen, parted, seen_units
from chalicelib.suppliers.facts import claim_facts
from chalicelib.suppliers.loading import known_supplier
from chalicelib.suppliers.model import Supplier
from chalicelib.suppliers.money import asked_for
from chalicelib.suppliers.ports import VendorReader
from chalicelib.suppliers.waiting import asked_for_before, listed
from chalicelib.tasks.model import TaskKind, TaskState, finished, task_id_for

UNITS_MAX = 100
_GONE = frozenset({Disposition.SCRAP, Disposition.DONATE, Disposition.KEPT_BY_CUSTOMER})
"""What will not go back to the supplier any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedLine:
    """Units of a return line, or (without a return) of a SKU that was found bad with us."""

    quantity: int
    return_id: str | None = None
    line_no: str | None = None
    sku: str | None = None
    lot: str | None = None
    serials: tuple[str, ...] = ()
    unit_cost: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenClaim:
    """`amount` None: the agreed share of the cost. The units of a liability claim are its own."""

    units: tuple[ClaimedLine, ...] = ()
    amount: Money | None = None
    evidence: Evidence = field(default_factory=Evidence)
    liability_claim_id: str | None = None


def open_claim(
    reads: VendorReader, supplier_id: str, command: OpenClaim, context: Context
) -> Decided[VendorClaim]:
    """A claim without a document. Raises Conflict where units are not gone, or claimed already."""
    supplier = known_supplier(reads, supplier_id)
    claim_id = derived_id("vcl", context.command_id)
    subject, changes = f"vendorclaim/{claim_id}", Changes()
    if command.liability_claim_id is not None:
        if command.units:
            raise _invalid("/units", "not_with_liability", "Its units are those of that claim.")
        liability = _liability(reads, command.liability_claim_id, supplier_id)
        units, evidence = _units_of(liability), command.evidence
        followed = followed_by(liability, claim_id, context)
        stated = command.amount or liability.amount
        changes += followed.changes + _reminded_otherwise(reads, liability, context)
    else:
        units, evidence, changes = _claimed(reads, supplier_id, command, subject, context)
        stated = command.amount
    claim = VendorClaim(
        claim_id=claim_id,
        supplier_id=supplier_id,
        amount=asked_for(supplier, units, stated),
        units=units,
        evidence=_all_evidence(command.evidence, evidence),
        liability_claim_id=command.liability_claim_id,
        claim_by=context.now + timedelta(days=supplier.terms.days_to_claim),
        days_to_answer=supplier.terms.days_to_answer,
        opened_at=context.now,
        opened_by=context.actor.id,
    )
    assert claim.claim_by is not None, "just set"
    claim = replace(claim, remind_at=max(claim.claim_by - REMIND_BEFORE, context.now))
    claim, own = _stored(claim, context)
    return Decided(result=claim, changes=own + changes)


def claim_of(
    rtv: RtvDocument, supplier: Supplier, stated: Money | None, context: Context
) -> VendorClaim:
    """What a document that is being sent asks for; the caller stores it."""
    units = tuple(
        ClaimedUnits(
            sku=line.sku,
            quantity=line.quantity,
            return_id=line.return_id,
            line_no=line.line_no,
            inspection_id=line.inspection_id,
            lot=line.lot,
            serials=line.serials,
            defects=line.defects,
            unit_cost=line.unit_cost,
        )
        for line in rtv.lines
    )
    photos = dict.fromkeys(photo for line in rtv.lines for photo in line.photos)
    seen = dict.fromkeys(line.inspection_id for line in rtv.lines if line.inspection_id)
    return VendorClaim(
        claim_id=claim_id_of(rtv.rtv_id),
        supplier_id=rtv.supplier_id,
        amount=asked_for(supplier, units, stated),
        units=units,
        evidence=Evidence(photos=tuple(photos), inspections=tuple(seen)),
        rtv_id=rtv.rtv_id,
        claim_by=rtv.claim_by,
        days_to_answer=supplier.terms.days_to_answer,
        opened_at=context.now,
        opened_by=context.actor.id,
    )


def _stored(claim: VendorClaim, context: Context) -> tuple[VendorClaim, Changes]:
    journal = Journal(claim.subject, claim.chain, context)
    journal.record("vendor_claim.opened", {**claim_facts(claim), "amount": money(claim.amount)})
    claim = replace(claim, chain=journal.chain)
    return claim, Changes(records=(claim,), events=tuple(journal.events))


def _liability(reads: VendorReader, claim_id: str, supplier_id: str) -> LiabilityClaim:
    claim = reads.liability_claim(claim_id)
    if claim is None:
        raise NotFound("liability_claim_not_found", f"There is no liability claim {claim_id}.")
    if claim.against is not Liable.SUPPLIER or claim.party not in (None, supplier_id):
        raise Conflict("not_this_supplier", "That claim is against somebody else.")
    if claim.state not in GOING_ON or claim.vendor_claim_id is not None:
        raise Conflict(
            "liability_claim_ended", f"The claim is {claim.state.value}.", state=claim.state.value
        )
    return claim


def _reminded_otherwise(reads: VendorReader, claim: LiabilityClaim, context: Context) -> Changes:
    """From now on the vendor claim says when somebody is to ask for it."""
    task = reads.task(task_id_for(TaskKind.LIABILITY, claim.subject, "opened"))
    if task is None or task.state is TaskState.DONE:
        return Changes()
    return Changes(records=(finished(task, by=context.actor.id, now=context.now),))


def _units_of(claim: LiabilityClaim) -> tuple[ClaimedUnits, ...]:
    unit = ClaimedUnits(
        sku=claim.sku or "UNKNOWN",
        quantity=claim.quantity,
        return_id=claim.return_id,
        lot=claim.lot,
        serials=claim.serials,
        unit_cost=claim.unit_cost,
    )
    return (unit,)


def _claimed(
    reads: VendorReader, supplier_id: str, command: OpenClaim, subject: str, context: Context
) -> tuple[tuple[ClaimedUnits, ...], Evidence, Changes]:
    """The units as they are known to us, what inspections said of them, and the returns' marks."""
    if not 1 <= len(command.units) <= UNITS_MAX:
        raise Invalid("unit_count", f"A claim is about 1 to {UNITS_MAX} groups of units.")
    found: list[ClaimedUnits] = []
    changes = Changes()
    returns: dict[str, tuple[Return, list[Seen]]] = {}
    chosen: dict[str, dict[str, Runs]] = {}
    before: dict[str, dict[str, Runs]] = {}
    photos: dict[str, None] = {}
    for place, one in enumerate(command.units):
        if one.return_id is None:
            found.append(_of_stock(one, place))
            continue
        if one.return_id not in returns:
            ret = reads.return_(one.return_id)
            if ret is None:
                raise NotFound("return_not_found", f"There is no return {one.return_id}.")
            returns[one.return_id] = ret, seen_units(reads.events(ret.subject))
            before[one.return_id] = asked_for_before(reads, ret)
        ret, seen = returns[one.return_id]
        own = chosen.setdefault(one.return_id, {})
        line, units = _gone(ret, supplier_id, one, (own, before[one.return_id]), place)
        own[line.line_no] = runs.merged((*own.get(line.line_no, ()), *units))
        for part, inspection in parted(line.line_no, units, seen):
            found.append(_of_return(ret, line, part, inspection))
            photos |= dict.fromkeys(inspection.photos if inspection else ())
    for return_id, units_by_line in chosen.items():
        changes += listed(returns[return_id][0], units_by_line, subject, context)
    seen_in = dict.fromkeys(one.inspection_id for one in found if one.inspection_id)
    evidence = Evidence(photos=tuple(photos), inspections=tuple(seen_in))
    return tuple(found), evidence, changes


def _of_stock(one: ClaimedLine, place: int) -> ClaimedUnits:
    if one.sku is None:
        raise _invalid(f"/units/{place}/sku", "sku_required", "Name the goods, or their return.")
    return ClaimedUnits(
        sku=one.sku,
        quantity=one.quantity,
        lot=one.lot,
        serials=one.serials,
        unit_cost=one.unit_cost,
    )


def _gone(
    ret: Return,
    supplier_id: str,
    one: ClaimedLine,
    taken: tuple[dict[str, Runs], ...],
    place: int,
) -> tuple[ReturnLine, Runs]:
    line = ret.line(one.line_no or "")
    if line is None or line.supplier_id != supplier_id:
        message = f"No line {one.line_no} of this supplier."
        raise _invalid(f"/units/{place}/line_no", "unknown_line", message)

    def is_claimable(group: UnitGroup) -> bool:
        is_gone = group.disposition in _GONE or group.account is Account.SCRAPPED
        # Who lost goods pays for them; nobody can show their maker what was wrong with them.
        is_lost = group.account is Account.MISSING
        return is_gone and not is_lost and group.held_by is None

    there = units_where(line, is_claimable)
    for units in taken:
        there = runs.minus(there, units.get(line.line_no, ()))
    if runs.size(there) < one.quantity:
        raise Conflict(
            "not_claimable",
            f"Line {line.line_no}: {runs.size(there)} destroyed units are in no claim yet.",
            return_id=ret.return_id,
            line_no=line.line_no,
            possible=runs.size(there),
        )
    return line, runs.lowest(there, one.quantity)


def _of_return(ret: Return, line: ReturnLine, units: Runs, seen: Seen | None) -> ClaimedUnits:
    named = [serial for at, serial in line.serials.items() if runs.holds(units, int(at))]
    return ClaimedUnits(
        sku=line.goods,
        quantity=runs.size(units),
        return_id=ret.return_id,
        line_no=line.line_no,
        inspection_id=seen.inspection_id if seen else None,
        serials=tuple(named),
        defects=seen.defects if seen else (),
        unit_cost=line.unit_cost,
    )


def _all_evidence(stated: Evidence, known: Evidence) -> Evidence:
    return Evidence(
        photos=tuple(dict.fromkeys((*stated.photos, *known.photos))),
        inspections=tuple(dict.fromkeys((*stated.inspections, *known.inspections))),
        documents=stated.documents,
    )


def _invalid(pointer: str, code: str, message: str) -> Invalid:
    return Invalid(code, message, errors=[FieldError(pointer=pointer, code=code, message=message)])
