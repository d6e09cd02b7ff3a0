"""Opening a claim: its units are held on the order in the same write, and somebody is to decide."""

from dataclasses import dataclass, replace

from chalicelib.claims.facts import facts
from chalicelib.claims.model import Claim, ClaimOfOrder, ClaimReason, Remedy
from chalicelib.claims.ports import ClaimReader
from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, FieldError, Invalid, NotFound
from chalicelib.core.events import Chain, Context, Journal
from chalicelib.core.ids import derived_id
from chalicelib.orders import kits, returnable
from chalicelib.orders.model import HolderKind, LineKind, Order, OrderLine
from chalicelib.returns.model import LinkedDocument
from chalicelib.tasks.model import TaskKind, open_task

FIRST_REVIEW = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenClaim:
    """What the customer says is wrong with units of an order line, and what they want for them."""

    order_no: str
    order_line_no: str
    quantity: int
    reason: ClaimReason
    wanted: Remedy
    serials: tuple[str, ...] = ()
    note: str | None = None
    photos: tuple[str, ...] = ()
    documents: tuple[LinkedDocument, ...] = ()


def open_claim(reads: ClaimReader, command: OpenClaim, context: Context) -> Decided[Claim]:
    """The command id fixes the claim's id. Raises Conflict above what no document holds yet."""
    _check(command)
    order = reads.order(command.order_no)
    if order is None:
        raise NotFound("order_not_found", f"There is no order {command.order_no}.")
    line = _line(order, command)
    units = returnable.choose(order, line, command.quantity, command.serials)
    claim = Claim(
        claim_id=derived_id("clm", context.command_id),
        order_no=order.order_no,
        customer_id=order.customer_id,
        order_line_no=line.line_no,
        sku=line.sku,
        name=line.name,
        units=units,
        reason=command.reason,
        wanted=command.wanted,
        opened_at=context.now,
        opened_by=context.actor.id,
        updated_at=context.now,
        warehouse=order.deliveries[-1].warehouse if order.deliveries else None,
        note=command.note,
        photos=command.photos,
        documents=command.documents,
    )
    order = returnable.reserve(
        order, line.line_no, holder_id=claim.claim_id, kind=HolderKind.CLAIM, units=units
    )
    order = replace(order, version=order.version + 1, updated_at=context.now)
    journal = Journal(claim.subject, Chain(), context)
    journal.record("claim.opened", facts(claim))
    claim = replace(claim, chain=journal.chain)
    task = open_task(
        TaskKind.REVIEW,
        claim.subject,
        occasion=FIRST_REVIEW,
        now=context.now,
        warehouse=claim.warehouse,
    )
    link = ClaimOfOrder(order_no=order.order_no, claim_id=claim.claim_id)
    return Decided(
        result=claim,
        changes=Changes(records=(claim, link, order, task), events=tuple(journal.events)),
    )


def _check(command: OpenClaim) -> None:
    if command.quantity < 1:
        raise _invalid("/quantity", "not_positive", "A quantity is at least 1.")
    if command.reason is ClaimReason.OTHER and not command.note:
        raise _invalid("/note", "note_required", "OTHER needs a note.")
    if len(set(command.serials)) > command.quantity:
        raise _invalid("/serials", "serial_count", "More serials than units.")


def _line(order: Order, command: OpenClaim) -> OrderLine:
    line = order.line(command.order_line_no)
    if line is None:
        raise NotFound(
            "order_line_not_found",
            f"Order {order.order_no} has no line {command.order_line_no}.",
            order_line_no=command.order_line_no,
        )
    if line.kind is LineKind.KIT:
        parts = [line_no for line_no, _ in kits.units_of(line, 1)]
        raise Conflict(
            "claim_names_a_kit",
            f"Line {line.line_no} is a kit: claim its parts, {', '.join(parts)}.",
            line_no=line.line_no,
            parts=parts,
        )
    return line


def _invalid(pointer: str, code: str, message: str) -> Invalid:
    return Invalid(code, message, errors=[FieldError(pointer=pointer, code=code, message=message)])
