"""Withdrawing in two steps, as article 11a of Directive 2011/83 has it: state, then confirm.

The second step is what counts: it is acknowledged whatever is known of the sale. Where the sale is
found and its units are there to be returned, the return is made in the same write; else a person
finds it, and measures it by the moment of that step.
"""

from dataclasses import dataclass, replace

from chalicelib.core.clock import rfc3339
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import FieldError, Invalid, NotFound, Stale
from chalicelib.core.events import Context, Event, Journal
from chalicelib.core.ids import derived_id
from chalicelib.orders.model import Order
from chalicelib.tasks.model import TaskKind, open_task
from chalicelib.withdrawals import law, receipts
from chalicelib.withdrawals.facts import header
from chalicelib.withdrawals.granting import granted
from chalicelib.withdrawals.model import (
    Declarant,
    Receipt,
    StatedLine,
    Unmatched,
    Withdrawal,
    WithdrawalState,
    contact_id_for,
)
from chalicelib.withdrawals.ports import DeclarationReader
from chalicelib.withdrawals.statement import (
    Again,
    Meant,
    Understood,
    UnitsOfOrder,
    covers_order,
    understood,
)

LINES_MAX = 200
MATCH_OCCASION = "confirmed"
"""Names the task to find the sale: there is one for each withdrawal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declare:
    """The first step, as a buyer fills it in. `lines` empty: the whole order."""

    name: str
    order_stated: str | None = None
    lines: tuple[StatedLine, ...] = ()
    email: str | None = None
    address: str | None = None
    statement: str | None = None
    customer_id: str | None = None


def declare(reads: DeclarationReader, command: Declare, context: Context) -> Decided[Withdrawal]:
    """Keep what was stated; it has no effect before it is confirmed. Nothing is looked up."""
    _check(command)
    withdrawal_id = derived_id("wdr", context.command_id)
    known, _ = reads.withdrawal(withdrawal_id)
    if known is not None:
        return Decided(result=known)
    withdrawal = Withdrawal(
        withdrawal_id=withdrawal_id,
        state=WithdrawalState.STATED,
        contact_ref=contact_id_for(withdrawal_id),
        stated_at=context.now,
        lines=command.lines,
        customer_id=command.customer_id,
    )
    declarant = Declarant(
        contact_id=withdrawal.contact_ref,
        withdrawal_id=withdrawal_id,
        name=command.name,
        order_stated=command.order_stated,
        email=command.email,
        address=command.address,
        statement=command.statement,
    )
    journal = Journal(withdrawal.subject, withdrawal.chain, context)
    journal.record("withdrawal.stated", header(withdrawal))
    withdrawal = replace(withdrawal, chain=journal.chain)
    return Decided(
        result=withdrawal,
        changes=Changes(records=(withdrawal, declarant), events=tuple(journal.events)),
    )


def confirm(reads: DeclarationReader, withdrawal_id: str, context: Context) -> Decided[Withdrawal]:
    """Declare what was stated, acknowledge it, and make the return where nobody has to be asked.

    Confirming again changes nothing, whichever version its caller looked at.
    """
    withdrawal, declarant = reads.withdrawal(withdrawal_id)
    if withdrawal is None or declarant is None:
        raise not_found(withdrawal_id)
    if withdrawal.state is not WithdrawalState.STATED:
        return Decided(result=withdrawal)
    check_version(withdrawal, context)
    withdrawal = replace(
        withdrawal,
        state=WithdrawalState.CONFIRMED,
        declared_at=context.now,
        version=withdrawal.version + 1,
    )
    told = receipts.texts(withdrawal, declarant, context.now)
    digests = {language: receipts.digest(text) for language, text in told.items()}
    withdrawal = replace(withdrawal, receipt=Receipt(issued_at=context.now, sha256=digests))
    declarant = replace(declarant, receipts=told, version=declarant.version + 1)
    journal = Journal(withdrawal.subject, withdrawal.chain, context)
    journal.record("withdrawal.confirmed", header(withdrawal))
    order, meant = _sale(reads, withdrawal, declarant)
    withdrawal, records, events = _followed(reads, withdrawal, order, meant, journal, context)
    withdrawal = replace(withdrawal, chain=journal.chain)
    return Decided(
        result=withdrawal,
        changes=Changes(
            records=(withdrawal, declarant, *records), events=(*journal.events, *events)
        ),
    )


def with_return(
    reads: DeclarationReader,
    withdrawal: Withdrawal,
    order: Order,
    units: UnitsOfOrder,
    journal: Journal,
    context: Context,
    *,
    by_rule: bool,
) -> tuple[Withdrawal, tuple[Record, ...], tuple[Event, ...]]:
    """The withdrawal with the return that is made for it, and what is written of the return."""
    terms = reads.policies_for(order.policy_version, context.now).own.document.deadlines
    made = granted(reads, withdrawal, order, units, terms, context)
    withdrawal = matched(withdrawal, order, units, made.ret.return_id)
    told_of_match(withdrawal, journal, by_rule=by_rule)
    return withdrawal, made.records, made.events


def matched(
    withdrawal: Withdrawal, order: Order, units: UnitsOfOrder, return_id: str
) -> Withdrawal:
    """The withdrawal with its sale and return, and what the law of the sale says about the money.

    Standard shipping outwards is given back where all of the order is withdrawn from.
    """
    assert withdrawal.declared_at is not None, "confirmed before"
    known = law.law_of(order.region)
    gives_shipping = known is not None and law.RULE_SETS[known].includes_shipping
    is_whole = not withdrawal.lines or covers_order(order, units)
    return replace(
        withdrawal,
        state=WithdrawalState.MATCHED,
        law=known,
        customer_id=withdrawal.customer_id or order.customer_id,
        order_no=order.order_no,
        return_id=return_id,
        repeats=None,
        unmatched=None,
        include_shipping=gives_shipping and is_whole,
        refund_due_at=law.refund_due_at(known, withdrawal.declared_at),
        refund_days_after_goods=law.refund_days_after_goods(known),
    )


def told_of_match(withdrawal: Withdrawal, journal: Journal, *, by_rule: bool) -> None:
    """The event that says which sale and return a withdrawal has."""
    due_at = withdrawal.refund_due_at
    journal.record(
        "withdrawal.matched",
        header(
            withdrawal,
            order_no=withdrawal.order_no,
            return_id=withdrawal.return_id,
            include_shipping=withdrawal.include_shipping,
            refund_due_at=rfc3339(due_at) if due_at is not None else None,
            refund_days_after_goods=withdrawal.refund_days_after_goods,
            by_rule=by_rule,
        ),
    )


def not_found(withdrawal_id: str) -> NotFound:
    return NotFound("withdrawal_not_found", f"There is no withdrawal {withdrawal_id}.")


def check_version(withdrawal: Withdrawal, context: Context) -> None:
    """Raises Stale where the caller looked at another version."""
    if context.expected_version in (None, withdrawal.version):
        return
    raise Stale(
        "stale_version",
        f"The withdrawal is at version {withdrawal.version}, not {context.expected_version}.",
        subject=withdrawal.subject,
        expected=context.expected_version,
        actual=withdrawal.version,
    )


def _sale(
    reads: DeclarationReader, withdrawal: Withdrawal, declarant: Declarant
) -> tuple[Order | None, Understood]:
    """The order that was stated and what of it is meant, where it is the declarant's own."""
    number = (declarant.order_stated or "").strip()
    order = reads.order(number) if number else None
    if order is None:
        return None, Unmatched.ORDER_UNKNOWN
    if not _is_theirs(reads, withdrawal, declarant, order):
        return None, Unmatched.NOT_THEIRS
    holders = {one.holder_id for line in order.lines for one in line.reservations}
    held_by = reads.returns_of(sorted(holders)) if holders else []
    return order, understood(order, withdrawal.lines, held_by)


def _is_theirs(
    reads: DeclarationReader, withdrawal: Withdrawal, declarant: Declarant, order: Order
) -> bool:
    """The customer says so; of somebody unknown, the address to which the order was confirmed."""
    if withdrawal.customer_id is not None:
        return withdrawal.customer_id == order.customer_id
    if declarant.email is None or order.contact_ref is None:
        return False
    contact = reads.contact(order.contact_ref)
    known = contact.email if contact is not None else None
    return known is not None and known.casefold() == declarant.email.casefold()


def _followed(
    reads: DeclarationReader,
    withdrawal: Withdrawal,
    order: Order | None,
    meant: Understood,
    journal: Journal,
    context: Context,
) -> tuple[Withdrawal, tuple[Record, ...], tuple[Event, ...]]:
    """What a confirmed declaration leads to, as far as rules can tell."""
    match meant:
        case Meant(units=units):
            assert order is not None, "units are of an order"
            return with_return(reads, withdrawal, order, units, journal, context, by_rule=True)
        case Again(first=first, is_certain=is_certain):
            withdrawal = replace(
                withdrawal,
                state=WithdrawalState.REPEATED,
                repeats=first,
                unmatched=None if is_certain else Unmatched.PERHAPS_REPEATED,
            )
            journal.record(
                "withdrawal.repeated", header(withdrawal, repeats=first, is_certain=is_certain)
            )
        case _:
            withdrawal = replace(withdrawal, unmatched=meant)
    if withdrawal.unmatched is None:
        return withdrawal, (), ()
    task = open_task(TaskKind.MATCH, withdrawal.subject, occasion=MATCH_OCCASION, now=context.now)
    return withdrawal, (task,), ()


def _check(command: Declare) -> None:
    errors: list[FieldError] = []
    if command.email is None and command.address is None:
        message = "An e-mail or a postal address is needed, to acknowledge the withdrawal to."
        errors.append(_fault("/email", "reply_address_required", message))
    if len(command.lines) > LINES_MAX:
        errors.append(_fault("/lines", "line_count", f"At most {LINES_MAX} lines are allowed."))
    for place, line in enumerate(command.lines):
        if (line.order_line_no is None) == (line.sku is None):
            message = "A line names a line of the order, or a SKU."
            errors.append(_fault(f"/lines/{place}", "line_reference", message))
        if line.quantity < 1:
            message = "A quantity is at least 1."
            errors.append(_fault(f"/lines/{place}/quantity", "not_positive", message))
    if errors:
        raise Invalid("invalid_request", "The request has faults.", errors=errors)


def _fault(pointer: str, code: str, message: str) -> FieldError:
    return FieldError(pointer=pointer, code=code, message=message)
