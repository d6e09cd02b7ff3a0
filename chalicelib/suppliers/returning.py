"""The way of a document: announced to the supplier, acknowledged, shipped, and perhaps back again.

What it asks for in money is its claim, which goes along in the same write. How it ends, its claim
decides; commands that end it are therefore commands on the claim.
"""

from dataclasses import dataclass, replace
from typing import Any

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, FieldError, Invalid
from chalicelib.core.events import Context, Event, Journal
from chalicelib.core.money import Money
from chalicelib.returns.facts import money
from chalicelib.returns.selection import moved
from chalicelib.returns.sending_to_vendor import returned_by_vendor, sent_to_vendor
from chalicelib.suppliers import claiming
from chalicelib.suppliers.claiming import Recover, WriteOff
from chalicelib.suppliers.claims import VendorClaim
from chalicelib.suppliers.documents import RtvDocument, RtvState
from chalicelib.suppliers.facts import claim_facts, told_of_rtv
from chalicelib.suppliers.loading import known_rtv, known_supplier, require_state
from chalicelib.suppliers.model import Supplier
from chalicelib.suppliers.opening import claim_of
from chalicelib.suppliers.ports import VendorReader
from chalicelib.suppliers.steps import done_tasks
from chalicelib.suppliers.waiting import read_returns


@dataclass(frozen=True, slots=True, kw_only=True)
class Ship:
    """How the goods leave; `carrier` None: the one that was agreed."""

    tracking_no: str
    carrier: str | None = None


def send(
    reads: VendorReader, rtv_id: str, amount: Money | None, context: Context
) -> Decided[RtvDocument]:
    """Announce a document: its claim is opened with it, for `amount` or the agreed share."""
    rtv, _ = known_rtv(reads, rtv_id, context)
    require_state(rtv, RtvState.DRAFT)
    supplier = known_supplier(reads, rtv.supplier_id)
    _require_enough(rtv, supplier)
    claim = claim_of(rtv, supplier, amount, context)
    claim, told = _sent_claim(claim, context)
    rtv = _moved_on(rtv, context, state=RtvState.SENT, sent_at=context.now, claim_id=claim.claim_id)
    is_late = rtv.claim_by is not None and context.now > rtv.claim_by
    rtv, event = told_of_rtv(rtv, "rtv.sent", context, is_late=is_late)
    tasks = done_tasks(reads, rtv.subject, ["draft"], context)
    return Decided(result=rtv, changes=Changes(records=(rtv, claim, *tasks), events=(event, *told)))


def acknowledge(
    reads: VendorReader,
    rtv_id: str,
    reference: str | None,
    accepted: Money | None,
    context: Context,
) -> Decided[RtvDocument]:
    """The supplier got the announcement; its claim is acknowledged with it."""
    rtv, claim = _with_claim(reads, rtv_id, context, RtvState.SENT, RtvState.GOODS_SHIPPED)
    done = claiming.acknowledge(reads, claim.claim_id, reference, accepted, _of_claim(context))
    return _after(rtv, done)


def ship(reads: VendorReader, rtv_id: str, command: Ship, context: Context) -> Decided[RtvDocument]:
    """The goods leave: every return that has units in it moves them to the supplier, all or none.

    Raises Conflict `not_waiting_for_vendor` where a unit was looked at again in the meantime.
    """
    rtv, _ = known_rtv(reads, rtv_id, context)
    require_state(rtv, RtvState.SENT, RtvState.ACKNOWLEDGED)
    carrier = command.carrier or known_supplier(reads, rtv.supplier_id).terms.carrier
    if carrier is None:
        raise _invalid("/carrier", "carrier_required", "Nothing was agreed: name the carrier.")
    rtv = _moved_on(
        rtv,
        context,
        state=RtvState.GOODS_SHIPPED,
        shipped_at=context.now,
        carrier=carrier,
        tracking_no=command.tracking_no,
    )
    rtv, event = told_of_rtv(rtv, "rtv.goods_shipped", context)
    changes = Changes(records=(rtv,), events=(event,))
    returns = {ret.return_id: ret for ret in read_returns(reads, rtv.return_ids)}
    for return_id in rtv.return_ids:
        units = rtv.units_of(return_id)
        done = sent_to_vendor(returns[return_id], units, context, source=rtv.subject)
        changes += done.changes
    return Decided(result=rtv, changes=changes)


def take_back(reads: VendorReader, rtv_id: str, context: Context) -> Decided[RtvDocument]:
    """What the supplier refused is here again, on hold; somebody decides anew where it goes."""
    rtv, _ = known_rtv(reads, rtv_id, context)
    require_state(rtv, RtvState.REJECTED, RtvState.WRITTEN_OFF)
    if not rtv.has_left:
        raise Conflict("goods_not_there", "The goods are not with the supplier.")
    rtv = _moved_on(rtv, context, taken_back_at=context.now)
    rtv, event = told_of_rtv(rtv, "rtv.taken_back", context)
    changes = Changes(records=(rtv,), events=(event,))
    for ret in read_returns(reads, rtv.return_ids):
        units = rtv.units_of(ret.return_id)
        free = moved(ret, units, held_by=None)
        done = returned_by_vendor(free, units, context, source=rtv.subject)
        changes += done.changes
    return Decided(result=rtv, changes=changes)


def credit(
    reads: VendorReader, rtv_id: str, command: Recover, context: Context
) -> Decided[RtvDocument]:
    """The supplier made good; what is missing is still asked for by the claim."""
    rtv, claim = _with_claim(reads, rtv_id, context, *_TOLD, *_ENDED)
    return _after(rtv, claiming.recover(reads, claim.claim_id, command, _of_claim(context)))


def reject(reads: VendorReader, rtv_id: str, code: str, context: Context) -> Decided[RtvDocument]:
    """The supplier refused, and we leave it at that."""
    rtv, claim = _with_claim(reads, rtv_id, context, *_TOLD)
    return _after(rtv, claiming.reject(reads, claim.claim_id, code, _of_claim(context)))


def write_off(
    reads: VendorReader, rtv_id: str, command: WriteOff, context: Context
) -> Decided[RtvDocument]:
    """Nothing will come."""
    rtv, claim = _with_claim(reads, rtv_id, context, *_TOLD)
    return _after(rtv, claiming.write_off(reads, claim.claim_id, command, _of_claim(context)))


def dispute(reads: VendorReader, rtv_id: str, code: str, context: Context) -> Decided[RtvDocument]:
    """The supplier objects; the document stays as it is until finance has decided."""
    rtv, claim = _with_claim(reads, rtv_id, context, *_TOLD)
    return _after(rtv, claiming.dispute(reads, claim.claim_id, code, _of_claim(context)))


def state_credit(
    reads: VendorReader, rtv_id: str, amount: Money, reference: str, context: Context
) -> Decided[RtvDocument]:
    """The supplier says that it credited so much; finance confirms it with `credit`."""
    rtv, claim = _with_claim(reads, rtv_id, context, *_TOLD, RtvState.CREDITED)
    told = claiming.state_credit(reads, claim.claim_id, amount, reference, _of_claim(context))
    return _after(rtv, told)


def remind(rtv: RtvDocument, context: Context) -> Decided[RtvDocument]:
    """Somebody is told once that a draft is about to miss the agreed time."""
    rtv = _moved_on(rtv, context, reminded_at=context.now)
    rtv, event = told_of_rtv(rtv, "rtv.reminded", context)
    task = claiming.reminder_of(rtv, context)
    return Decided(result=rtv, changes=Changes(records=(rtv, task), events=(event,)))


_ENDED = (RtvState.CREDITED, RtvState.REJECTED, RtvState.WRITTEN_OFF)
_TOLD = (RtvState.SENT, RtvState.ACKNOWLEDGED, RtvState.GOODS_SHIPPED)


def _with_claim(
    reads: VendorReader, rtv_id: str, context: Context, *allowed: RtvState
) -> tuple[RtvDocument, VendorClaim]:
    rtv, claim = known_rtv(reads, rtv_id, context)
    require_state(rtv, *allowed)
    assert claim is not None, "what was sent has its claim"
    return rtv, claim


def _of_claim(context: Context) -> Context:
    """The caller looked at a version of the document, not of its claim."""
    return replace(context, expected_version=None)


def _after(rtv: RtvDocument, done: Decided[VendorClaim]) -> Decided[RtvDocument]:
    """The document as the write of its claim leaves it."""
    found = (one for one in done.changes.records if isinstance(one, RtvDocument))
    return Decided(result=next(found, rtv), changes=done.changes)


def _moved_on(
    rtv: RtvDocument,
    context: Context,
    **changes: Any,  # Any: fields of RtvDocument, each of its own type
) -> RtvDocument:
    return replace(rtv, version=rtv.version + 1, updated_at=context.now, **changes)


def _sent_claim(claim: VendorClaim, context: Context) -> tuple[VendorClaim, tuple[Event, ...]]:
    journal = Journal(claim.subject, claim.chain, context)
    journal.record("vendor_claim.opened", {**claim_facts(claim), "amount": money(claim.amount)})
    claim = replace(claim, **claiming.sent(claim, context))
    journal.record("vendor_claim.sent", {**claim_facts(claim), "amount": money(claim.amount)})
    return replace(claim, chain=journal.chain), tuple(journal.events)


def _require_enough(rtv: RtvDocument, supplier: Supplier) -> None:
    """Raises Conflict where less goes back than was agreed for one document."""
    terms, cost = supplier.terms, rtv.cost
    is_short = rtv.quantity < terms.quantity_min
    if terms.value_min is not None and cost is not None:
        is_short = is_short or cost < terms.value_min
    if is_short:
        raise Conflict(
            "below_minimum",
            "The supplier takes back no less than was agreed.",
            quantity=rtv.quantity,
            quantity_min=terms.quantity_min,
            value_min=terms.value_min,
        )


def _invalid(pointer: str, code: str, message: str) -> Invalid:
    return Invalid(code, message, errors=[FieldError(pointer=pointer, code=code, message=message)])
