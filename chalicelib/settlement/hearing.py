"""What a provider's news of a refund come to, once it was asked what is true of it now.

Pure. News and truth may be of different moments: only the truth is booked. What does not fit what
we know moves no money and becomes a task. What was done is kept under the id of the news, in the
same write.
"""

from dataclasses import dataclass, replace
from typing import Protocol

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import NotFound
from chalicelib.core.events import Context, Journal
from chalicelib.orders.model import Order
from chalicelib.returns.facts import header
from chalicelib.returns.model import Return
from chalicelib.settlement.booking import UNDECIDED, payment_task
from chalicelib.settlement.contradictions import (
    EARLIER_ATTEMPT_PAID,
    PAID_AFTER_ALL,
    contradiction_of,
)
from chalicelib.settlement.facts import leg_facts
from chalicelib.settlement.freezing import failed_later
from chalicelib.settlement.loading import SettlementReader, stored
from chalicelib.settlement.model import Leg, LegState, Settlement
from chalicelib.settlement.news import (
    SEVERAL_REFUNDS,
    WRONG_REFUND,
    NewsOutcome,
    PaymentNews,
    RefundNews,
)
from chalicelib.settlement.outcomes import record_outcomes
from chalicelib.settlement.payments import known_payment
from chalicelib.settlement.ports import RefundOutcome, RefundState
from chalicelib.tasks.working import TaskReader

_STANDS = frozenset({RefundState.SUCCEEDED, RefundState.PENDING})
_UNCLEAR = frozenset({SEVERAL_REFUNDS, WRONG_REFUND})
_BOOKED = UNDECIDED | {LegState.PAID}
"""Legs that are, or may be, with the customer: what is said of them has to fit."""


class NewsReader(Protocol):
    """What any news read first: whether they came before."""

    def payment_news(self, provider: str, news_id: str) -> PaymentNews | None: ...


class RefundReader(NewsReader, SettlementReader, TaskReader, Protocol):
    """The return and order of a refund of ours, and the task about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLeg:
    """The leg that a key was ever of, as it is now. `sent_to` is what the provider calls the
    payment; None where that is not known any more."""

    ret: Return
    settlement: Settlement
    leg: Leg
    sent_to: str | None


def known_leg(reads: SettlementReader, provider: str, key: str) -> KnownLeg | None:
    """The leg that was sent to this provider under this key.

    Where the key is of an earlier attempt, the leg has a newer one, and may be another's to pay by
    now: of an attempt that nobody waits for any more, whoever paid it is heard.
    """
    try:
        ret, order, settlement = stored(reads, key.partition(":")[0])
    except NotFound:
        return None
    stem, _, attempt = key.rpartition(":")
    for leg in settlement.legs:
        own_stem = leg.key.rpartition(":")[0]
        is_earlier = attempt.isdecimal() and own_stem == stem and int(attempt) < leg.attempt
        if is_earlier or (leg.key == key and leg.provider == provider):
            sent_to = _sent_to(order, leg, provider, key)
            return KnownLeg(ret=ret, settlement=settlement, leg=leg, sent_to=sent_to)
    return None


def _sent_to(order: Order, leg: Leg, provider: str, key: str) -> str | None:
    if leg.provider == provider:
        return leg.provider_ref or leg.payment_id
    payment = known_payment(order, key.split(":")[1])
    if payment is None or payment.provider != provider:
        return None
    return payment.provider_ref or payment.payment_id


def refund_told(
    reads: RefundReader, provider: str, news: RefundNews, found: RefundOutcome, context: Context
) -> Decided[PaymentNews]:
    """Book what the provider says now of a refund that was asked for under a key of ours."""
    assert news.key is not None, "what has no key was made elsewhere"
    done = reads.payment_news(provider, news.news_id)
    if done is not None:
        return Decided(result=done)
    known = known_leg(reads, provider, news.key)
    if known is None:
        return Decided(result=heard(provider, news, NewsOutcome.NOT_OURS, context))
    ret, settlement, leg = known.ret, known.settlement, known.leg
    difference = _difference(leg, news, found)
    if difference is not None:
        decided = _contradicted(reads, ret, settlement, leg, news, found, difference, context)
        return _noted(provider, news, NewsOutcome.CONTRADICTED, ret, decided, context)
    if found.state not in (RefundState.SUCCEEDED, RefundState.DECLINED):
        return Decided(result=heard(provider, news, NewsOutcome.PENDING, context))
    outcome, decided = NewsOutcome.UNCHANGED, Decided(result=ret)
    if leg.key == news.key and leg.state in UNDECIDED:
        outcome = NewsOutcome.BOOKED
        decided = record_outcomes(reads, settlement.settlement_id, {leg.key: found}, context)
    elif leg.key == news.key and leg.state is LegState.PAID and _is_declined(found):
        outcome = NewsOutcome.FAILED_LATER
        refund_id = found.refund_id or news.refund_id
        decided = failed_later(reads, settlement.settlement_id, leg.key, refund_id, context)
    return _noted(provider, news, outcome, ret, decided, context)


def heard(
    provider: str,
    news: RefundNews,
    outcome: NewsOutcome,
    context: Context,
    *,
    return_id: str | None = None,
    order_no: str | None = None,
) -> PaymentNews:
    """What became of these news."""
    return PaymentNews(
        provider=provider,
        news_id=news.news_id,
        about=news.refund_id,
        told_at=news.told_at,
        taken_at=context.now,
        outcome=outcome,
        return_id=return_id,
        order_no=order_no,
    )


def _difference(leg: Leg, news: RefundNews, found: RefundOutcome) -> str | None:
    """Why the truth does not fit the leg, in a code."""
    if found.reason in _UNCLEAR and found.state is RefundState.UNKNOWN:
        return found.reason
    if leg.key != news.key:
        return EARLIER_ATTEMPT_PAID if found.state in _STANDS else None
    if (leg.provider_ref or leg.payment_id) not in news.payment_refs:
        return "payment_differs"
    if leg.state not in _BOOKED:
        return PAID_AFTER_ALL if found.state in _STANDS else None
    if found.amount not in (None, leg.amount):
        return "amount_differs"
    if leg.state is LegState.PAID:
        is_other = None not in (leg.reference, found.refund_id) and leg.reference != found.refund_id
        return "refund_differs" if is_other else None
    return None


def _is_declined(found: RefundOutcome) -> bool:
    return found.state is RefundState.DECLINED


def _contradicted(
    reads: TaskReader,
    ret: Return,
    settlement: Settlement,
    leg: Leg,
    news: RefundNews,
    found: RefundOutcome,
    difference: str,
    context: Context,
) -> Decided[Return]:
    """Said once of each difference of a leg, with a task; its money stays where it is booked."""
    occasion = contradiction_of(difference, leg)
    told = found.amount or leg.amount
    task = payment_task(ret, settlement, context, occasion, difference, amount=told)
    if reads.task(task.task_id) is not None:
        return Decided(result=ret)
    journal = Journal(ret.subject, ret.chain, context)
    ret = replace(ret, version=ret.version + 1, updated_at=context.now)
    journal.record(
        "refund.contradicted",
        {
            **header(ret),
            **leg_facts(settlement, leg),
            "difference": difference,
            "refund_id": found.refund_id or news.refund_id,
            "told_state": found.state.value,
        },
    )
    ret = replace(ret, chain=journal.chain)
    return Decided(result=ret, changes=Changes(records=(ret, task), events=tuple(journal.events)))


def _noted(
    provider: str,
    news: RefundNews,
    outcome: NewsOutcome,
    ret: Return,
    decided: Decided[Return],
    context: Context,
) -> Decided[PaymentNews]:
    """The decision with what became of the news."""
    noted = heard(provider, news, outcome, context, return_id=ret.return_id, order_no=ret.order_no)
    return Decided(result=noted, changes=decided.changes + Changes(records=(noted,)))
