"""What a provider's news of a payment come to: refunds that others made, inquiries and disputes.

Pure. As with refunds of ours, the provider was asked what is true now, and that is booked, on the
order that the payment is of.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, Invalid
from chalicelib.core.events import Context, Journal, Json
from chalicelib.core.money import Money
from chalicelib.ledger.agreement import ListedRefund
from chalicelib.orders.model import Order, Payment
from chalicelib.orders.payment_lookup import PaymentOf, PaymentReader
from chalicelib.returns.facts import money
from chalicelib.returns.handover import tasks_done
from chalicelib.settlement import disputes
from chalicelib.settlement.dispute_case import DisputeReader
from chalicelib.settlement.hearing import NewsReader
from chalicelib.settlement.news import (
    DisputeFound,
    DisputeNews,
    DisputeStanding,
    News,
    NewsOutcome,
    PaymentNews,
    RefundNews,
)
from chalicelib.settlement.payments import known_payment, with_payments
from chalicelib.tasks.model import Grounds, Task, TaskKind, open_task, task_id_for

_BOOKED: dict[DisputeStanding, Callable[..., Decided[Order]]] = {
    DisputeStanding.OPEN: disputes.opened,
    DisputeStanding.WON: disputes.won,
    DisputeStanding.LOST: disputes.lost,
}


class PaymentNewsReader(NewsReader, PaymentReader, DisputeReader, Protocol):
    """Whose payment it is, its order, the returns of that, and tasks."""


def payment_named(reads: PaymentReader, provider: str, names: frozenset[str]) -> PaymentOf | None:
    """The payment of an order that the provider calls by one of these names."""
    known = reads.payments_of([(provider, name) for name in sorted(names)])
    return next((one for one in known if one.order_no is not None), None)


def refunded_elsewhere(
    reads: PaymentNewsReader,
    provider: str,
    news: RefundNews,
    listed: Sequence[ListedRefund],
    context: Context,
) -> Decided[PaymentNews]:
    """Count what others gave back of a payment as its provider lists it.

    What the shop itself said is never made less: it may know of more.
    """
    case = _read(reads, provider, news, news.payment_refs, context)
    if not isinstance(case, _Case):
        return case
    payment = case.payment
    others = [one for one in listed if one.key is None and one.stands]
    if any(one.amount.currency != payment.captured.currency for one in others):
        return case.contradicted("currency_differs", None)
    seen = Money.total((one.amount for one in others), payment.captured.currency)
    if seen == (payment.refunded_seen or Money.zero(seen.currency)):
        return case.noted(NewsOutcome.UNCHANGED)
    after = replace(payment, refunded_seen=seen, refunded=max(payment.refunded, seen))
    facts: dict[str, Json] = {"refund_id": news.refund_id, "refunded": money(after.refunded)}
    return case.told("payment.refunded_elsewhere", seen, facts, payment=after)


def dispute_told(
    reads: PaymentNewsReader,
    provider: str,
    news: DisputeNews,
    found: DisputeFound,
    context: Context,
) -> Decided[PaymentNews]:
    """Book how a dispute stands now; who tells only its end tells its beginning with it."""
    case = _read(reads, provider, news, found.payment_refs, context)
    if not isinstance(case, _Case):
        return case
    assert found.amount is not None, "a dispute that was found says its amount"
    occasion = f"inquiry-{news.dispute_id}"
    inquiry = reads.task(task_id_for(TaskKind.PAYMENT, case.order.subject, occasion))
    if found.standing is DisputeStanding.INQUIRED:
        if inquiry is not None:
            return case.noted(NewsOutcome.UNCHANGED)
        facts: dict[str, Json] = {"dispute_id": news.dispute_id}
        task = case.task(occasion, "inquired", found.amount)
        return case.told("payment.inquired", found.amount, facts, task=task)
    over = Changes(records=tuple(tasks_done((inquiry,), context)))
    book = _BOOKED.get(found.standing)
    if book is None:
        return case.noted(NewsOutcome.UNCHANGED, over)
    about = (case.order.order_no, case.payment.payment_id, news.dispute_id, found.amount)
    try:
        decided = book(reads, *about, context)
    except (Conflict, Invalid) as refusal:
        return case.contradicted(refusal.code, found.amount)
    outcome = NewsOutcome.DISPUTED if decided.changes.records else NewsOutcome.UNCHANGED
    return case.noted(outcome, decided.changes + over)


class _Case:
    """News about a payment of an order, and what is written with them."""

    def __init__(
        self,
        reads: PaymentNewsReader,
        order: Order,
        payment: Payment,
        news: PaymentNews,
        context: Context,
    ) -> None:
        self._reads = reads
        self.order = order
        self.payment = payment
        self._news = news
        self._context = context

    def noted(self, outcome: NewsOutcome, changes: Changes | None = None) -> Decided[PaymentNews]:
        noted = replace(self._news, outcome=outcome, order_no=self.order.order_no)
        more = Changes(records=(noted,))
        return Decided(result=noted, changes=more if changes is None else changes + more)

    def contradicted(self, difference: str, amount: Money | None) -> Decided[PaymentNews]:
        """Said once of each difference of a refund or dispute, with a task."""
        occasion = f"contradicted-{difference}-{self._news.about}"
        task = self.task(occasion, difference, amount)
        if self._reads.task(task.task_id) is not None:
            return self.noted(NewsOutcome.CONTRADICTED)
        facts: dict[str, Json] = {"about": self._news.about, "difference": difference}
        return self.told("payment.contradicted", amount, facts, task=task)

    def told(
        self,
        event_type: str,
        amount: Money | None,
        facts: dict[str, Json],
        *,
        payment: Payment | None = None,
        task: Task | None = None,
    ) -> Decided[PaymentNews]:
        """One event on the order, with its payment as it is now and the task that it opens."""
        order = replace(self.order, version=self.order.version + 1, updated_at=self._context.now)
        if payment is not None:
            order = with_payments(
                order, lambda one: payment if one.payment_id == payment.payment_id else one
            )
        journal = Journal(order.subject, order.chain, self._context)
        journal.record(
            event_type,
            {
                "order_no": order.order_no,
                "customer_id": order.customer_id,
                "currency": order.currency,
                "version": order.version,
                "payment_id": self.payment.payment_id,
                "provider": self._news.provider,
                "amount": None if amount is None else money(amount),
                **facts,
            },
        )
        records: list[Record] = [replace(order, chain=journal.chain)]
        records += [task] if task is not None else []
        changes = Changes(records=tuple(records), events=tuple(journal.events))
        return self.noted(_OUTCOME[event_type], changes)

    def task(self, occasion: str, reason: str, amount: Money | None) -> Task:
        return open_task(
            TaskKind.PAYMENT,
            self.order.subject,
            occasion=occasion,
            now=self._context.now,
            grounds=Grounds(reasons=(reason,), amount=amount),
        )


_OUTCOME = {
    "payment.refunded_elsewhere": NewsOutcome.REFUNDED_ELSEWHERE,
    "payment.inquired": NewsOutcome.INQUIRED,
    "payment.contradicted": NewsOutcome.CONTRADICTED,
}


def _read(
    reads: PaymentNewsReader,
    provider: str,
    news: News,
    names: frozenset[str],
    context: Context,
) -> _Case | Decided[PaymentNews]:
    """The case; or what became of the news before, or that they are of no order here."""
    done = reads.payment_news(provider, news.news_id)
    if done is not None:
        return Decided(result=done)
    noted = PaymentNews(
        provider=provider,
        news_id=news.news_id,
        about=news.refund_id if isinstance(news, RefundNews) else news.dispute_id,
        told_at=news.told_at,
        taken_at=context.now,
        outcome=NewsOutcome.NOT_OURS,
    )
    known = payment_named(reads, provider, names)
    order = reads.order(known.order_no) if known is not None and known.order_no else None
    payment = known_payment(order, known.payment_id) if order is not None and known else None
    if order is None or payment is None:
        return Decided(result=noted)
    return _Case(reads, order, payment, noted, context)
