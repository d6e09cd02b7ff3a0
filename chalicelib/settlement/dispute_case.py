"""One command about a dispute: what it makes of the order and of the returns that it touches.

It gathers changes and decides nothing; disputes.py says which of them belong together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, Invalid, NotFound, Stale
from chalicelib.core.events import Context, Journal
from chalicelib.core.money import Money
from chalicelib.orders.model import Dispute, DisputeState, HolderKind, Order, Payment
from chalicelib.returns.facts import money
from chalicelib.returns.handover import tasks_done
from chalicelib.returns.model import Return
from chalicelib.settlement.booking import changed
from chalicelib.settlement.disputed_legs import released
from chalicelib.settlement.loading import settlement_of, with_settlement
from chalicelib.settlement.model import DISPUTED, Settlement, standing
from chalicelib.settlement.payments import (
    is_disputed,
    known_payment,
    payment_of,
    with_legs,
    with_payments,
)
from chalicelib.tasks.model import Grounds, Task, TaskKind, open_task, task_id_for
from chalicelib.tasks.working import TaskReader

RETURNS_AT_ONCE_MAX = 90
_EVENT = {
    DisputeState.WON: "payment.chargeback_won",
    DisputeState.LOST: "payment.chargeback_lost",
}


class DisputeReader(TaskReader, Protocol):
    """Reads the order and the returns that hold units of it, and the task of a dispute."""

    def order(self, order_no: str) -> Order | None: ...

    def returns_of(self, return_ids: Sequence[str]) -> list[Return]: ...


Change = Callable[[Journal, Return, Settlement], Settlement]


@dataclass(slots=True)
class _Touched:
    """A return of the order as it is so far, and which of its settlements were changed."""

    ret: Return
    journal: Journal
    settlements: list[str] = field(default_factory=list)


@dataclass(slots=True)
class DisputeCase:
    """One command about one dispute: the order as it is so far, and the returns that it touches."""

    reads: DisputeReader
    context: Context
    order: Order
    journal: Journal
    payment_id: str
    dispute_id: str
    amount: Money
    touched: dict[str, _Touched] | None = None

    @property
    def payment(self) -> Payment:
        return payment_of(self.order, self.payment_id)

    @property
    def dispute(self) -> Dispute | None:
        known = (one for one in self.payment.disputes if one.dispute_id == self.dispute_id)
        return next(known, None)

    def is_ended(self, state: DisputeState) -> bool:
        """Whether it ended so before; raises Conflict `dispute_decided` if it ended otherwise."""
        dispute = self.dispute
        if dispute is None or dispute.state is DisputeState.OPEN:
            return False
        if dispute.state is not state:
            raise Conflict(
                "dispute_decided",
                f"The dispute was {dispute.state.value}; that does not change.",
                state=dispute.state.value,
            )
        return True

    def begin(self) -> None:
        """The dispute is there, and open."""
        fresh = Dispute(dispute_id=self.dispute_id, amount=self.amount, opened_at=self.context.now)
        self._change((*self.payment.disputes, fresh))
        self._tell("payment.charged_back")

    def end(self, state: DisputeState) -> None:
        """The dispute is decided; it began first, if nobody said so."""
        if self.dispute is None:
            self.begin()
        self._change(
            tuple(
                replace(one, state=state) if one.dispute_id == self.dispute_id else one
                for one in self.payment.disputes
            )
        )
        self._tell(_EVENT[state])

    def gave(self, amount: Money) -> None:
        """So much of it settled what was owed by now; the rest is there for what will be."""
        self._change(
            tuple(
                replace(one, given=amount) if one.dispute_id == self.dispute_id else one
                for one in self.payment.disputes
            )
        )

    def release(self) -> None:
        """Legs go on, unless another dispute of the payment is open."""
        if is_disputed(self.order, self.payment_id):
            return
        payment = self.payment
        is_lost = any(one.state is DisputeState.LOST for one in payment.disputes)
        self.over_returns(
            lambda journal, ret, one: released(journal, ret, one, payment, is_lost=is_lost)
        )

    def over_returns(self, change: Change) -> None:
        """Change the settlements of the order's returns, and what its payments count of them."""
        if self.touched is None:
            self.touched = {
                ret.return_id: _Touched(ret, Journal(ret.subject, ret.chain, self.context))
                for ret in _returns_of(self.reads, self.order)
            }
        for touched in self.touched.values():
            for before in standing(touched.ret.settlements):
                after = change(touched.journal, touched.ret, before)
                if after == before:
                    continue
                self.order = with_legs(self.order, before.legs, after.legs)
                touched.ret = with_settlement(touched.ret, after)
                if after.settlement_id not in touched.settlements:
                    touched.settlements.append(after.settlement_id)

    def task(self) -> Task:
        """For finance, to answer the bank."""
        return open_task(
            TaskKind.PAYMENT,
            self.order.subject,
            occasion=self._occasion,
            now=self.context.now,
            grounds=Grounds(reasons=(DISPUTED,), amount=self.amount),
        )

    def decided(self, opens: tuple[Task, ...] = ()) -> Decided[Order]:
        """All that this command writes. A dispute that ended needs its task no more."""
        records: list[Record] = [*opens]
        events = [*self.journal.events]
        for touched in (self.touched or {}).values():
            if not touched.settlements:
                continue
            settlements = [settlement_of(touched.ret, one) for one in touched.settlements]
            found = [one for one in settlements if one is not None]
            ret, done = changed(self.reads, touched.ret, found, touched.journal, self.context)
            records += [ret, *done]
            events += touched.journal.events
        if not opens:
            task_id = task_id_for(TaskKind.PAYMENT, self.order.subject, self._occasion)
            records += tasks_done((self.reads.task(task_id),), self.context)
        order = replace(
            self.order,
            version=self.order.version + 1,
            updated_at=self.context.now,
            chain=self.journal.chain,
        )
        changes = Changes(records=(order, *records), events=tuple(events))
        return Decided(result=order, changes=changes)

    @property
    def _occasion(self) -> str:
        return f"dispute-{self.payment_id}-{self.dispute_id}"

    def _change(self, disputes: tuple[Dispute, ...]) -> None:
        self.order = with_payments(
            self.order,
            lambda payment: (
                replace(payment, disputes=disputes)
                if payment.payment_id == self.payment_id
                else payment
            ),
        )

    def _tell(self, event_type: str) -> None:
        self.journal.record(
            event_type,
            {
                "order_no": self.order.order_no,
                "customer_id": self.order.customer_id,
                "currency": self.order.currency,
                "version": self.order.version + 1,
                "payment_id": self.payment_id,
                "dispute_id": self.dispute_id,
                "amount": money(self.amount),
            },
        )


def read_case(
    reads: DisputeReader,
    order_no: str,
    payment_id: str,
    dispute_id: str,
    amount: Money,
    context: Context,
) -> DisputeCase:
    """The case at the version its caller looked at; raises for a dispute that cannot be."""
    order = reads.order(order_no)
    if order is None:
        raise NotFound("order_not_found", f"There is no order {order_no}.", order_no=order_no)
    if context.expected_version not in (None, order.version):
        raise Stale(
            "stale_version",
            f"The order is at version {order.version}, not {context.expected_version}.",
            subject=order.subject,
            expected=context.expected_version,
            actual=order.version,
        )
    payment = known_payment(order, payment_id)
    if payment is None:
        raise NotFound("payment_not_found", f"Order {order_no} has no payment {payment_id}.")
    if amount.currency != order.currency or not 0 < amount.minor <= payment.captured.minor:
        raise Invalid(
            "dispute_amount", f"Of a payment of {payment.captured}, {amount} cannot be disputed."
        )
    journal = Journal(order.subject, order.chain, context)
    case = DisputeCase(reads, context, order, journal, payment_id, dispute_id, amount)
    if case.dispute is not None and case.dispute.amount != amount:
        raise Conflict(
            "dispute_differs",
            f"Dispute {dispute_id} is about {case.dispute.amount}.",
            dispute_id=dispute_id,
        )
    return case


def _returns_of(reads: DisputeReader, order: Order) -> list[Return]:
    """The returns that hold units of the order, the oldest first."""
    ids = list(
        dict.fromkeys(
            reservation.holder_id
            for line in order.lines
            for reservation in line.reservations
            if reservation.kind is HolderKind.RETURN
        )
    )
    found: list[Return] = []
    for start in range(0, len(ids), RETURNS_AT_ONCE_MAX):
        found += reads.returns_of(ids[start : start + RETURNS_AT_ONCE_MAX])
    return sorted(found, key=lambda ret: (ret.created_at, ret.return_id))
