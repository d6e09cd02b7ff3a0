"""Whose things a use case may look at: readers that do not find what is not the caller's.

The scope is part of the reading, not a filter afterwards: a foreign order is no order, so neither
an error nor its details can tell a customer that it exists.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.auth import permissions
from chalicelib.auth.principal import Principal, Role
from chalicelib.claims.model import Claim
from chalicelib.core import runs
from chalicelib.core.commands import Decided
from chalicelib.core.errors import NotAllowed
from chalicelib.core.events import Event, Json
from chalicelib.exchanges.model import Exchange
from chalicelib.inventory.model import Balance, Movement
from chalicelib.invoicing.model import CreditNote
from chalicelib.invoicing.red_letter import RedLetter
from chalicelib.orders.model import Contact, Order
from chalicelib.policy.discretion import is_open, open_facts
from chalicelib.policy.evaluation import Applicable
from chalicelib.policy.history import CustomerHistory
from chalicelib.reasons.catalogue import Catalogue
from chalicelib.returns import documents
from chalicelib.returns.conversation import Conversation, Message
from chalicelib.returns.disposition_records import DispositionRecord
from chalicelib.returns.editing import Edit
from chalicelib.returns.model import LinkedDocument, Return
from chalicelib.returns.wishes import CUSTOMER_TYPES, RequestedLine, RequestReturn
from chalicelib.shipping.tracking import Tracking
from chalicelib.store.reads import Reads
from chalicelib.tasks.model import Task
from chalicelib.uploads.model import Photo
from chalicelib.withdrawals.declaring import Declare
from chalicelib.withdrawals.model import Declarant, Withdrawal

FOR_STAFF = frozenset({"return.photo_reused", "return.risk_feedback_given"})
"""Events of a return that its customer is not told: suspicions, and what came of them."""


@dataclass(frozen=True, slots=True)
class OwnReads:
    """Finds the orders and returns of one customer, and no others."""

    reads: Reads
    principal: Principal

    def order(self, order_no: str) -> Order | None:
        return self._own_order(self.reads.order(order_no))

    def policies_for(self, version_id: str, at: datetime) -> Applicable:
        """Terms are everybody's to know."""
        return self.reads.policies_for(version_id, at)

    def reason_catalogue(self) -> Catalogue:
        """Which reasons are for customers, who uses it says."""
        return self.reads.reason_catalogue()

    def customer_history(
        self, customer_id: str, at: datetime, without: str | None = None
    ) -> CustomerHistory:
        """Only decisions are made with it; customers are not shown it."""
        return self.reads.customer_history(customer_id, at, without)

    def return_(self, return_id: str) -> Return | None:
        return self._own_return(self.reads.return_(return_id))

    def return_by_number(self, number: str) -> Return | None:
        return self._own_return(self.reads.return_by_number(number))

    def return_and_order(self, return_id: str) -> tuple[Return | None, Order | None]:
        """A return of theirs brings its order along, whoever the order belongs to by now."""
        ret, order = self.reads.return_and_order(return_id)
        own = self._own_return(ret)
        return (own, order) if own is not None else (None, None)

    def review_of(self, return_id: str) -> tuple[Return | None, Order | None, Task | None]:
        ret, order, task = self.reads.review_of(return_id)
        own = self._own_return(ret)
        return (own, order, task) if own is not None else (None, None, None)

    def appeal_of(
        self, return_id: str, appeal_id: str
    ) -> tuple[Return | None, Order | None, Task | None]:
        ret, order, task = self.reads.appeal_of(return_id, appeal_id)
        own = self._own_return(ret)
        return (own, order, task) if own is not None else (None, None, None)

    def movements_of(self, subject: str) -> list[Movement]:
        """What the caller's own returns moved."""
        kind, _, return_id = subject.partition("/")
        is_own = kind == "return" and self.return_(return_id) is not None
        return self.reads.movements_of(subject) if is_own else []

    def message_and_return(
        self, return_id: str, message_id: str
    ) -> tuple[Message | None, Return | None, Conversation]:
        message, ret, conversation = self.reads.message_and_return(return_id, message_id)
        own = self._own_return(ret)
        return message if own is not None else None, own, conversation

    def conversation(self, return_id: str) -> Conversation:
        is_own = self.return_(return_id) is not None
        return self.reads.conversation(return_id) if is_own else Conversation(return_id=return_id)

    def task(self, task_id: str) -> Task | None:
        """A task about a return of theirs: whether a command of theirs has opened it before."""
        task = self.reads.task(task_id)
        kind, _, return_id = task.subject.partition("/") if task is not None else ("", "", "")
        return task if kind == "return" and self.return_(return_id) is not None else None

    def exchange(self, exchange_id: str) -> Exchange | None:
        exchange = self.reads.exchange(exchange_id)
        return exchange if exchange is not None and self._is_own(exchange.customer_id) else None

    def exchange_and_return(self, exchange_id: str) -> tuple[Exchange | None, Return | None]:
        exchange, ret = self.reads.exchange_and_return(exchange_id)
        is_own = exchange is not None and self._is_own(exchange.customer_id)
        return (exchange, ret) if is_own else (None, None)

    def claim_of(self, claim_id: str) -> tuple[Claim | None, Order | None, Task | None]:
        claim, order, task = self.reads.claim_of(claim_id)
        is_own = claim is not None and self._is_own(claim.customer_id)
        return (claim, order, task) if is_own else (None, None, None)

    def claims_of(self, order_no: str) -> list[Claim]:
        return self.reads.claims_of(order_no) if self.order(order_no) is not None else []

    def note_and_red_letter(self, note_id: str) -> tuple[CreditNote | None, RedLetter | None]:
        """A note of a return of theirs; what the tax system makes of it is not theirs."""
        note, _ = self.reads.note_and_red_letter(note_id)
        is_own = note is not None and self.return_(note.return_id) is not None
        return (note if is_own else None), None

    def notes_of_return(self, order_no: str, return_id: str) -> list[CreditNote]:
        is_own = self.return_(return_id) is not None
        return self.reads.notes_of_return(order_no, return_id) if is_own else []

    def balances(self, warehouse: str, skus: Sequence[str]) -> list[Balance]:
        """Stock is nobody's own: a request may need it, and shows none of it."""
        return self.reads.balances(warehouse, skus)

    def withdrawal(self, withdrawal_id: str) -> tuple[Withdrawal | None, Declarant | None]:
        withdrawal, declarant = self.reads.withdrawal(withdrawal_id)
        is_own = withdrawal is not None and self._is_own(withdrawal.customer_id)
        return (withdrawal, declarant) if is_own else (None, None)

    def returns_of(self, return_ids: Sequence[str]) -> list[Return]:
        found = (self._own_return(ret) for ret in self.reads.returns_of(return_ids))
        return [ret for ret in found if ret is not None]

    def contact(self, contact_id: str) -> Contact | None:
        """None: a customer is known by who they are, never by an address that they state."""
        return None

    def tracking(self, carrier: str, tracking_no: str) -> Tracking | None:
        """What a carrier told of a number that the customer names."""
        return self.reads.tracking(carrier, tracking_no)

    def photo(self, return_id: str, photo_id: str) -> Photo | None:
        return self.reads.photo(return_id, photo_id) if self.return_(return_id) else None

    def photos(self, return_id: str) -> list[Photo]:
        return self.reads.photos(return_id) if self.return_(return_id) else []

    def _own_order(self, order: Order | None) -> Order | None:
        return order if order is not None and self._is_own(order.customer_id) else None

    def _own_return(self, ret: Return | None) -> Return | None:
        return ret if ret is not None and self._is_own(ret.customer_id) else None

    def _is_own(self, customer_id: str | None) -> bool:
        return customer_id is not None and permissions.may_see_order(self.principal, customer_id)


def own(reads: Reads, principal: Principal) -> Reads | OwnReads:
    """The reader as this principal may use it."""
    return OwnReads(reads, principal) if principal.is_customer_only else reads


def sees(principal: Principal) -> Callable[[Return], bool]:
    """Whether the principal may know of a return."""
    if not principal.is_customer_only:
        return lambda _: True
    return lambda ret: (
        ret.customer_id is not None and permissions.may_see_order(principal, ret.customer_id)
    )


def told(events: Sequence[Event], principal: Principal) -> list[Event]:
    """The events that the principal may know of; of the others, a customer sees only a gap."""
    if not principal.is_customer_only:
        return list(events)
    return [_without_suspicions(one) for one in events if one.type not in FOR_STAFF]


def _without_suspicions(event: Event) -> Event:
    """An event as its customer is told: what was decided, not what is thought of them."""
    data = {name: value for name, value in event.data.items() if name != "reasons"}
    lines = data.get("lines")
    if isinstance(lines, list):
        data["lines"] = [_without_facts(line) for line in lines]
    return replace(event, data=data)


def _without_facts(line: Json) -> Json:
    trace = line.get("trace") if isinstance(line, dict) else None
    if not isinstance(line, dict) or not isinstance(trace, list):
        return line
    steps = [_open_step(step) for step in trace if _is_open(step)]
    return {**line, "trace": [*steps]}


def _is_open(step: Json) -> bool:
    facts = step.get("facts") if isinstance(step, dict) else None
    return not isinstance(facts, dict) or is_open(facts)


def _open_step(step: Json) -> Json:
    facts = step.get("facts") if isinstance(step, dict) else None
    if not isinstance(step, dict) or not isinstance(facts, dict):
        return step
    return {**step, "facts": {**open_facts(facts)}}


def asked_by(principal: Principal, request: RequestReturn) -> RequestReturn:
    """The request as this principal may make it; raises NotAllowed for what they may not say."""
    if request.requested_at is not None and not principal.has(Role.MACHINE):
        raise NotAllowed("requested_at_not_yours", "Only machines state when it was requested.")
    override_by(principal, request.override)
    _require_no_price(principal, request.lines)
    if principal.is_customer_only:
        if request.type not in CUSTOMER_TYPES:
            raise NotAllowed("type_not_yours", f"Customers file no {request.type.value}.")
        request = replace(request, documents=documents.by_customer(request.documents))
        if request.order_no is None:
            own_id = permissions.own_customer_id(principal, request.customer_id)
            return replace(request, customer_id=own_id)
    return request


def override_by(principal: Principal, reason: str | None) -> str | None:
    """The reason, of who may set refusals of policy aside; raises NotAllowed for anybody else."""
    if reason is not None and not permissions.may(principal, "returns:override"):
        raise NotAllowed(
            "override_not_yours",
            "Senior reviewers set refusals of policy aside.",
            roles=sorted(permissions.PERMISSIONS["returns:override"]),
        )
    return reason


def linked_by(principal: Principal, document: LinkedDocument) -> LinkedDocument:
    """The paper as this principal may link it; raises NotAllowed for what is not for customers."""
    return documents.by_customer((document,))[0] if principal.is_customer_only else document


def edited_by(principal: Principal, command: Edit) -> Edit:
    """The change as this principal may make it."""
    _require_no_price(principal, command.lines or ())
    return replace(command, by_customer=principal.is_customer_only)


def _require_no_price(principal: Principal, lines: Sequence[RequestedLine]) -> None:
    """Raises NotAllowed for a customer who states what the goods cost that they want instead."""
    is_said = any(line.exchange_price is not None or line.exchange_even for line in lines)
    if principal.is_customer_only and is_said:
        raise NotAllowed("price_not_yours", "Staff and machines state what replacements cost.")


def declared_by(principal: Principal, command: Declare) -> Declare:
    """The declaration as this principal may make it: customers withdraw from their own sales."""
    if principal.is_customer_only:
        own_id = permissions.own_customer_id(principal, command.customer_id)
        return replace(command, customer_id=own_id)
    return command


def in_warehouses(
    decided: Decided[Return], principal: Principal, permission: str
) -> Decided[Return]:
    """The decision, unless it is about goods in warehouses that are not the principal's.

    Checked on the decision, before anything is written: only it knows which units it is about.
    Goods may stay where they lie: those in quarantine that are meant for their supplier.
    """
    moved = {
        entry.warehouse
        for record in decided.changes.records
        if isinstance(record, Movement)
        for entry in record.entries
    }
    for warehouse in moved | _disposed_of(decided):
        permissions.act_in(principal, warehouse, permission)
    lying = {group.warehouse for group in decided.result.groups() if group.warehouse is not None}
    if not any(permissions.may_act_in(principal, place, permission) for place in lying):
        permissions.act_in(principal, min(lying, default=""), permission)
    return decided


def _disposed_of(decided: Decided[Return]) -> set[str]:
    """Where the units lie that a disposition is about."""
    return {
        group.warehouse
        for record in decided.changes.records
        if isinstance(record, DispositionRecord)
        for part in record.units
        for line in decided.result.lines
        if line.line_no == part.line_no
        for group in line.groups
        if group.warehouse is not None and runs.common(group.units, part.units)
    }
