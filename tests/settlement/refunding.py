"""What people of finance, banks and providers do about refunds that did not go through."""

from dataclasses import replace

from chalicelib.core.commands import Answer
from chalicelib.core.events import Actor, Context, Event
from chalicelib.core.money import Money
from chalicelib.ledger.balances import Balances, faults_of, unposted
from chalicelib.ledger.posting import postings_for
from chalicelib.orders.model import Order, Payment
from chalicelib.returns.model import Return
from chalicelib.settlement import disputes, freezing, paying_otherwise, reversing, writing_off
from chalicelib.settlement.model import Leg, Settlement
from chalicelib.store import keys
from chalicelib.tasks.model import Task, TaskKind, TaskState
from tests.builders import Shop, eur, idempotency, line, order, payment, said
from tests.fakes import FakeStore

SECOND = Actor(id="second", role="finance")
"""Somebody else than who the shop's commands are by."""
BANK = Actor(id="bank", role="machine")


def by(shop: Shop, actor: Actor, version: int | None = None) -> Context:
    return replace(shop.context(version=version), actor=actor)


def above_limit(shop: Shop, ret: Return, limit: Money | None = None) -> Return:
    """The return as if its policy asked for a second person above so much; nothing, unless said."""
    store = shop.store
    assert isinstance(store, FakeStore)
    assert ret.decision is not None, "it was decided by a policy"
    above = limit if limit is not None else eur(0)
    lines = tuple(replace(one, second_refunder_above=above) for one in ret.decision.lines)
    ret = replace(ret, decision=replace(ret.decision, lines=lines))
    store.records[keys.key_of(ret)] = ret
    return ret


def accepted(shop: Shop, minor: int, *payments: Payment, no: str = "O-1") -> Return:
    """One unit of so much, paid by these payments, here and found good."""
    shop.sells(order(line(price=minor), payments=payments, no=no))
    return shop.accepts(shop.asks(no))


def card(minor: int, name: str = "card") -> Payment:
    return payment(name, minor)


def agrees(
    shop: Shop,
    settlement: Settlement,
    actor: Actor = SECOND,
    *,
    context: Context | None = None,
    key: str | None = None,
) -> Answer:
    return shop.payout().approve(
        settlement.settlement_id,
        context or by(shop, actor),
        render=said,
        idempotency=idempotency(key, "approve"),
    )


def pays_otherwise(shop: Shop, settlement: Settlement, payment_id: str | None) -> Return:
    command = paying_otherwise.PayOtherwise(payment_id=payment_id)
    own = settlement.settlement_id
    return shop.do(
        lambda reads, context: paying_otherwise.pay_otherwise(reads, own, command, context)
    )


def writes_off(
    shop: Shop, settlement: Settlement, payment_id: str | None, reason: str = "Not worth it."
) -> Return:
    command = writing_off.WriteOff(payment_id=payment_id, reason=reason)
    own = settlement.settlement_id
    return shop.do(lambda reads, context: writing_off.write_off(reads, own, command, context))


def takes_back(shop: Shop, settlement: Settlement, reason: str = "The wrong return.") -> Return:
    command = reversing.Reverse(reason=reason)
    own = settlement.settlement_id
    return shop.do(lambda reads, context: reversing.reverse(reads, own, command, context))


def comes_back(
    shop: Shop, settlement: Settlement, leg: Leg | None = None, reference: str | None = None
) -> Return:
    """The provider says that a refund failed days after it was paid: the first one, unless said."""
    leg = leg or settlement.legs[0]
    told = reference or leg.reference or "rf-unknown"
    own, key = settlement.settlement_id, leg.key
    context = by(shop, BANK)
    return shop.do(lambda reads, _: freezing.failed_later(reads, own, key, told, context), context)


def is_disputed(
    shop: Shop, minor: int, payment_id: str = "card", name: str = "dp-1", no: str = "O-1"
) -> Order:
    context = by(shop, BANK)
    amount = eur(minor)
    return shop.do(
        lambda reads, _: disputes.opened(reads, no, payment_id, name, amount, context), context
    )


def wins(
    shop: Shop, minor: int, payment_id: str = "card", name: str = "dp-1", no: str = "O-1"
) -> Order:
    context = by(shop, BANK)
    amount = eur(minor)
    return shop.do(
        lambda reads, _: disputes.won(reads, no, payment_id, name, amount, context), context
    )


def loses(
    shop: Shop, minor: int, payment_id: str = "card", name: str = "dp-1", no: str = "O-1"
) -> Order:
    context = by(shop, BANK)
    amount = eur(minor)
    return shop.do(
        lambda reads, _: disputes.lost(reads, no, payment_id, name, amount, context), context
    )


def paid(shop: Shop, payment_id: str = "card", no: str = "O-1") -> Payment:
    """The payment as it is stored now."""
    return next(one for one in shop.sold(no).payments if one.payment_id == payment_id)


def payment_tasks(shop: Shop, *, is_open: bool = True) -> list[Task]:
    """Tasks of finance, in the order in which they were opened."""
    store = shop.store
    assert isinstance(store, FakeStore)
    found = [one for one in store.records.values() if isinstance(one, Task)]
    return sorted(
        (
            task
            for task in found
            if task.kind is TaskKind.PAYMENT and (task.state is not TaskState.DONE) == is_open
        ),
        key=lambda task: (task.opened_at, task.task_id),
    )


def told(shop: Shop, subject: str, event_type: str) -> list[Event]:
    return [event for event in shop.store.reads().events(subject) if event.type == event_type]


def books(shop: Shop, subject: str) -> Balances:
    """The balances of a subject, once its ledger was found without a fault."""
    events = list(shop.store.reads().events(subject))
    postings = postings_for(events)
    assert faults_of(subject, postings) == []
    assert unposted(events, postings) == []
    return Balances.of(postings, "EUR")
