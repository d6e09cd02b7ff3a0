"""Changing a request: a draft, one that a question is open about, or one that was rejected.

A draft holds nothing and may say anything about its order. While a question is open the units in
question stay held, so new lines are evaluated and reserved in the same write; what is decided about
other units stays. What was rejected becomes a draft.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, Invalid, NotAllowed
from chalicelib.core.events import Context, Journal, Json
from chalicelib.orders.model import Order
from chalicelib.reasons.answering import Asker, asker_of
from chalicelib.returns.asked_about import (
    apart,
    asking,
    decided,
    decided_before,
    has_question,
    in_order,
)
from chalicelib.returns.consenting import without_consents
from chalicelib.returns.conversation import MessageReader
from chalicelib.returns.deadlines import continued
from chalicelib.returns.documents import by_customer, replaced_by_customer
from chalicelib.returns.drafting import as_draft, asked_facts, draft_lines, papers_of
from chalicelib.returns.facts import header
from chalicelib.returns.kit_wishes import wished
from chalicelib.returns.lifecycle import require
from chalicelib.returns.loading import found
from chalicelib.returns.model import (
    Authorization,
    LinkedDocument,
    Method,
    Return,
    ReturnLine,
    ReturnType,
)
from chalicelib.returns.ports import ReturnReader
from chalicelib.returns.quoting import evaluate, judged
from chalicelib.returns.releasing import without_asked
from chalicelib.returns.remarking import remark
from chalicelib.returns.requesting import refused, require_no_appeal
from chalicelib.returns.reserving import asked_of, reserved
from chalicelib.returns.transitions import Command
from chalicelib.returns.wishes import CUSTOMER_TYPES, RequestedLine, RequestReturn, check_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What is changed; None stays as it is. Lines and documents are replaced whole.

    Lines stand for what is asked for, never for units that are decided. The note is said in the
    conversation. `by_customer`: whose return it is changes it, not staff; papers of staff stay,
    and so do lines of types that customers do not file, but for fewer units.
    """

    lines: tuple[RequestedLine, ...] | None = None
    method: Method | None = None
    warehouse: str | None = None
    documents: tuple[LinkedDocument, ...] | None = None
    note: str | None = None
    by_customer: bool = False

    def named(self) -> list[str]:
        """The fields that are changed, for the event."""
        parts = {
            "lines": self.lines,
            "method": self.method,
            "warehouse": self.warehouse,
            "documents": self.documents,
            "note": self.note,
        }
        return [name for name, value in parts.items() if value is not None]


class EditReader(ReturnReader, MessageReader, Protocol):
    """What editing reads: the return with its order, and its conversation for a note."""


def edit(reads: EditReader, return_id: str, command: Edit, context: Context) -> Decided[Return]:
    """Change the request; raises what submitting it would, where its units are held."""
    ret, order = reads.return_and_order(return_id)
    ret = found(ret, return_id, context)
    require(ret, Command.EDIT)
    require_no_appeal(ret)
    changed = command.named()
    if not changed:
        raise Invalid("nothing_to_change", "Name at least one field to change.")
    ret = replace(
        without_consents(ret),
        method=command.method or ret.method,
        warehouse=command.warehouse or ret.warehouse,
        documents=_documents(ret, command),
        version=ret.version + 1,
        updated_at=context.now,
    )
    records: list[Record] = []
    if command.lines is not None:
        ret = replace(ret, editors=tuple(dict.fromkeys((*ret.editors, context.actor.id))))
        ret, records = _with_lines(reads, ret, order, command, context)
    elif not has_question(ret):
        ret = apart(ret)
        asked = tuple(as_draft(line) for line in asking(ret))
        ret = replace(ret, lines=in_order((*decided_before(ret), *asked)), decision=None)
    if order is not None:
        ret = replace(ret, documents=papers_of(ret, order))
    ret = continued(ret, context.now)
    journal = Journal(ret.subject, ret.chain, context)
    journal.record("return.edited", _facts(ret, changed))
    ret = replace(ret, chain=journal.chain)
    changes = Changes(records=(ret, *records), events=tuple(journal.events))
    return Decided(result=ret, changes=changes + remark(reads, return_id, command.note, context))


def _documents(ret: Return, command: Edit) -> tuple[LinkedDocument, ...]:
    if command.documents is None:
        return ret.documents
    if command.by_customer:
        return replaced_by_customer(ret.documents, by_customer(command.documents))
    return command.documents


def _with_lines(
    reads: ReturnReader, ret: Return, order: Order | None, command: Edit, context: Context
) -> tuple[Return, list[Record]]:
    """The return with these lines instead, and the order where its reservations change."""
    if order is None:
        raise Conflict(
            "blind_lines_fixed",
            "The lines of a return without an order stay: people look for their sale already.",
        )
    lines = command.lines or ()
    request = RequestReturn(lines=lines, order_no=order.order_no, type=ret.type)
    check_lines(request, reads.reason_catalogue(), _asker(ret, context))
    wishes = _called_back(ret, wished(order, lines))
    asked = asking(ret)
    if command.by_customer and ret.type not in CUSTOMER_TYPES:
        _require_fewer(asked, wishes, ret.type)
    stays = decided(ret) if has_question(ret) else decided_before(ret)
    new = draft_lines(order, wishes, stays)
    changed = replace(ret, lines=in_order((*stays, *new)))
    order = without_asked(order, ret)
    if command.by_customer or not ret.requested_at_stated:
        _require_in_time(reads, ret, order, (asked, wishes), context)
    if not has_question(ret):
        return replace(changed, decision=None), []
    quoted = evaluate(reads, order, wishes, asked_of(ret, _no_more(asked, wishes)))
    if not quoted.eligible:
        raise refused(quoted.decision, context)
    ret, order = reserved(changed, new, order, quoted, Authorization.NEEDS_INFO)
    return ret, [replace(order, version=order.version + 1, updated_at=context.now)]


def _require_in_time(
    reads: ReturnReader,
    ret: Return,
    order: Order,
    about: tuple[tuple[ReturnLine, ...], tuple[RequestedLine, ...]],
    context: Context,
) -> None:
    """Raises PolicyRefused for what may not be asked for any more.

    Who asked in time may correct the request later; goods that were not asked for then are asked
    for now.
    """
    asked, wishes = about
    there = _there(asked)
    is_more = any(quantity > there[goods] for goods, quantity in _wanted(wishes).items())
    if not is_more or ret.submissions == 0:
        return
    now = replace(asked_of(ret, _no_more(asked, wishes)), requested_at=context.now)
    decision = judged(reads, order, wishes, now)
    if not decision.eligible:
        raise refused(decision, context)


def _asker(ret: Return, context: Context) -> Asker:
    """Who edits may leave reasons as they are, and need not answer for a call-back."""
    kept = frozenset(line.reason for line in ret.lines)
    return asker_of(context, answers_due=ret.campaign_id is None, kept=kept)


def _require_fewer(
    asked: tuple[ReturnLine, ...], wishes: tuple[RequestedLine, ...], type_: ReturnType
) -> None:
    """Raises NotAllowed for goods that staff did not put on the return, or more of them."""
    there, wanted = _there(asked), _wanted(wishes)
    if any(quantity > there[goods] for goods, quantity in wanted.items()):
        raise NotAllowed("type_not_yours", f"Customers file no {type_.value}: they may send fewer.")


def _no_more(asked: tuple[ReturnLine, ...], wishes: tuple[RequestedLine, ...]) -> frozenset[str]:
    """The order lines of which no more is asked for than a person asked about."""
    there, wanted = _there(asked), _wanted(wishes)
    return frozenset(
        order_line_no
        for (order_line_no, sku), quantity in wanted.items()
        if order_line_no is not None and quantity <= there[order_line_no, sku]
    )


_Goods = tuple[str | None, str | None]


def _there(lines: Iterable[ReturnLine]) -> Counter[_Goods]:
    """How many units of what was bought, or else of which SKU, the lines have."""
    there: Counter[_Goods] = Counter()
    for line in lines:
        there[line.order_line_no, None if line.order_line_no else line.sku] += line.requested
    return there


def _wanted(wishes: Iterable[RequestedLine]) -> Counter[_Goods]:
    wanted: Counter[_Goods] = Counter()
    for wish in wishes:
        wanted[wish.order_line_no, None if wish.order_line_no else wish.sku] += wish.quantity
    return wanted


def _called_back(ret: Return, wishes: tuple[RequestedLine, ...]) -> tuple[RequestedLine, ...]:
    """The wishes, still for the units that are called back where only some of a line are."""
    among = {line.order_line_no: line.among for line in ret.lines}
    return tuple(replace(wish, among=among.get(wish.order_line_no, ())) for wish in wishes)


def _facts(ret: Return, changed: list[str]) -> dict[str, Json]:
    facts: dict[str, Json] = {**header(ret), "changed": list(changed)}
    if "lines" in changed:
        facts["lines"] = [asked_facts(line) for line in ret.lines]
    return facts
