"""Carries steps out by the real use cases, on a store in memory that remembers what it wrote."""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TypeGuard

from chalicelib.core.commands import Answer, Changes, IdempotencyKey
from chalicelib.core.errors import DomainError
from chalicelib.core.events import Actor, Context
from chalicelib.core.ids import derived_id
from chalicelib.core.money import Money
from chalicelib.exchanges.model import Exchange
from chalicelib.orders.model import DeliveredItem, Order
from chalicelib.returns.exceptions import ReturnException
from chalicelib.returns.model import Return
from chalicelib.settlement.loading import settlement_of
from chalicelib.settlement.news import RefundNews
from chalicelib.settlement.news_desk import NewsDesk
from chalicelib.settlement.ports import RefundOutcome, RefundRequest, RefundState
from tests import policies
from tests.builders import NOW, Shop, delivery, line, order, payment, said
from tests.fakes import FakeProvider, FakeStore
from tests.settlement.telling import TellingProvider
from tests.simulation.commands import UNVERSIONED
from tests.simulation.decisions import DECISIONS
from tests.simulation.decisions_of_money import CUSTOMER, Decide
from tests.simulation.steps import Step
from tests.simulation.terms import PLAIN, TERMS, document, version_of

DONE = "done"
CALLS_MAX = 20
"""So many legs of a payment are sent by one step at most."""
TOLD_TWICE = ("scan", "news", "receive", "ship", "tell", "spend", "look-after-swap")
"""What queues and devices may deliver twice; people say which version they looked at."""


def _is_new_stray(record: object) -> TypeGuard[ReturnException]:
    return isinstance(record, ReturnException) and record.version == 1


def _is_new_promise(record: object) -> TypeGuard[Exchange]:
    return isinstance(record, Exchange) and record.version == 1


@dataclass(slots=True)
class WatchedStore(FakeStore):
    """Remembers every write since somebody looked; a decision that changes nothing is none."""

    written: list[Changes] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    promised: list[Exchange] = field(default_factory=list)
    counted: int = 0

    def _write(self, changes: Changes, idempotency: IdempotencyKey | None = None) -> None:
        FakeStore._write(self, changes, idempotency)
        self.opened += [r.exception_id for r in changes.records if _is_new_stray(r)]
        self.promised += [r for r in changes.records if _is_new_promise(r)]
        if changes.records or changes.events:
            self.written.append(changes)
            self.counted += 1


@dataclass(slots=True)
class Bank(TellingProvider):
    """A provider that may pay and then not be there to be asked about it.

    `deaf` are the payments that it can tell nothing of now.
    """

    deaf: set[str] = field(default_factory=set)

    def refund(self, request: RefundRequest, *, timeout_s: float) -> RefundOutcome:
        told = FakeProvider.refund(self, request, timeout_s=timeout_s)
        return _NO_ANSWER if request.payment_id in self.deaf else told

    def find(self, key: str, *, timeout_s: float, provider_ref: str | None = None) -> RefundOutcome:
        if key.split(":")[1] in self.deaf:
            return _NO_ANSWER
        return FakeProvider.find(self, key, timeout_s=timeout_s, provider_ref=provider_ref)

    def sends_back(self, key: str) -> None:
        """The customer's bank does not take what was paid under this key."""
        known = self.refunds.get(key)
        if known is not None and known.state is RefundState.SUCCEEDED:
            self.refunds[key] = replace(known, state=RefundState.DECLINED, reason="account_closed")


_MADE_BY = (("ret", "ask"), ("apl", "appeal"), ("clm", "claim"), ("wo", "open-work"))
_NO_ANSWER = RefundOutcome(state=RefundState.UNKNOWN, reason="no_answer")


@dataclass(slots=True)
class Reality:
    """The shop as it really is. `ids` leads from the id of a step to what it made."""

    provider: Bank = field(default_factory=Bank)
    store: WatchedStore = field(default_factory=lambda: WatchedStore(clock=lambda: NOW))
    ids: dict[str, str] = field(default_factory=dict)
    shop: Shop = field(init=False)

    def __post_init__(self) -> None:
        self.shop = Shop(self.store, providers={self.provider.name: self.provider})
        for name in TERMS:
            for alone in (False, True):
                policies.publish(self.store, document(name, alone=alone))

    def perform(self, step: Step) -> str:
        """`done`, or the code with which it was refused."""
        context = self._context(step)
        self.store.opened.clear()
        self.store.promised.clear()
        try:
            if step.command == "sell":
                self._sell(step)
            elif step.command in ("settle", "retry", "approve-refund"):
                self._pay(step, context)
            elif step.command == "tell":
                self._tell(step, context)
            else:
                self._decided(step, context)
        except DomainError as refused:
            return refused.code
        for number, exception_id in enumerate(self.store.opened):
            self.ids[f"{step.id}/{number}"] = exception_id
        for exchange in self.store.promised:
            self.ids[f"{step.id}:{exchange.line_no}"] = exchange.exchange_id
        return DONE

    def return_(self, key: str) -> Return | None:
        return self.store.reads().return_(self.ids[key]) if key in self.ids else None

    def order(self, key: str) -> Order:
        found = self.store.reads().order(key)
        assert found is not None, "orders do not vanish"
        return found

    def _context(self, step: Step) -> Context:
        self.shop.now += timedelta(seconds=1)
        context = Context(
            actor=Actor(id=step.who, role="admin"),
            now=self.shop.now,
            command_id=derived_id("cmd", "simulation", step.id),
            correlation_id="simulation",
        )
        present = self._looked_at(step)
        is_by_person = step.command not in TOLD_TWICE
        says_version = step.version != "any" or (step.again == "command" and is_by_person)
        if present is None or not says_version or step.command in UNVERSIONED:
            return context
        version = present - 1 if step.version == "stale" else present
        return replace(context, expected_version=version)

    def _looked_at(self, step: Step) -> int | None:
        """The version of what the caller has before them."""
        if step.target in self.ids and self.ids[step.target].startswith("exg_"):
            exchange = self.store.reads().exchange(self.ids[step.target])
            return exchange.version if exchange is not None else None
        if step.command == "resolve":
            stray = self.store.reads().exception(self.ids[step.target])
            return stray.version if stray is not None else None
        if step.target in self.ids and self.ids[step.target].startswith("wo_"):
            work, _ = self.store.reads().work_order(self.ids[step.target])
            return work.version if work is not None else None
        if step.command == "decide-scrap":
            proposal, _, _ = self.store.reads().scrap_proposal(self.ids[step.target])
            return proposal.version if proposal is not None else None
        if step.command == "dispute":
            return self.order(step.target).version
        if "claim" in step.command:
            claim = self.store.reads().claim_of(self.ids.get(step.target, ""))[0]
            return claim.version if claim is not None else None
        ret = self.return_(step.given.get("of", step.target))
        return ret.version if ret is not None else None

    def _decided(self, step: Step, context: Context) -> None:
        decide = DECISIONS[step.command](self.ids, step)
        for prefix, command in _MADE_BY:
            if step.command == command:
                self.ids[step.id] = derived_id(prefix, context.command_id)
        if step.given.get("second"):
            proposal_id = derived_id("scr", context.command_id, self.ids[step.target])
            self.ids[f"{step.id}:scrap"] = proposal_id
        if step.again == "key":
            self._asked_twice(decide, step, context)
            return
        self.store.run(lambda reads: decide(reads, context), context=context)
        if step.again == "command":
            self._must_be_harmless(decide, step, context)

    def _asked_twice(self, decide: Decide, step: Step, context: Context) -> None:
        """A client that heard nothing sends its request again: it is told the same bytes."""
        key = IdempotencyKey(scope="simulation", key=step.id, fingerprint=step.command)

        def once() -> Answer:
            return self.store.answer(
                lambda reads: decide(reads, context),
                context=context,
                render=lambda result: Answer(status=200, body=repr(result)[:60].encode()),
                idempotency=key,
            )

        told, writes = once(), self.store.counted
        again = once()
        assert again.replayed, f"{step} was carried out again"
        assert again.body == told.body, f"{step} was told something else"
        assert self.store.counted == writes, f"{step} was written again"

    def _must_be_harmless(self, decide: Decide, step: Step, context: Context) -> None:
        """A queue that delivers twice: the same command id changes nothing any more."""
        writes = self.store.counted
        with suppress(DomainError):
            self.store.run(lambda reads: decide(reads, context), context=context)
        assert self.store.counted == writes, f"{step} was written twice"

    def _sell(self, step: Step) -> None:
        given = step.given
        lines, shipped = [], []
        for place, (sku, quantity, sent, price, discount) in enumerate(given["lines"], 1):
            lines.append(
                line(str(place), sku=sku, quantity=quantity, price=price, discount=eur(discount))
            )
            shipped += [DeliveredItem(line_no=str(place), quantity=sent)] if sent else []
        sold = order(
            *lines,
            no=step.id,
            customer_id=CUSTOMER.format(step.id),
            discount=given["discount"],
            policy_version=version_of(given.get("terms", PLAIN), alone=given.get("alone", False)),
            payments=tuple(
                payment(payment_id, captured, provider=provider)
                for payment_id, provider, captured in given["payments"]
            ),
            deliveries=(delivery(*shipped, no=f"D-{step.id}", warehouse="W1"),) if shipped else (),
        )
        self.shop.sells(sold)
        for sku, count in given["spare"]:
            self.shop.counts({sku: self.shop.on_hand(sku, warehouse="W1") + count}, warehouse="W1")

    def _pay(self, step: Step, context: Context) -> None:
        """A payout is keyed by its client: sent again, it is answered and nothing is sent."""
        outcomes = step.given["outcomes"]
        for payment_id, outcome in outcomes.items():
            self.provider.script[payment_id] = [outcome] * CALLS_MAX
        self.provider.deaf = {one for one, outcome in outcomes.items() if outcome == "deaf"}
        payout, subject = self.shop.payout(), self.ids[step.target]
        acts = {"settle": payout.execute, "retry": payout.retry, "approve-refund": payout.approve}
        act = acts[step.command]
        key = IdempotencyKey(scope="simulation", key=step.id, fingerprint=step.command)
        told = act(subject, context, render=said, idempotency=key)
        if step.command == "settle":
            ret = self.return_(step.target)
            assert ret is not None, "it was settled"
            self.ids[step.id] = ret.settlements[-1].settlement_id
        if step.again:
            before = len(self.provider.sent), self.store.counted
            again = act(subject, context, render=said, idempotency=key)
            assert again.replayed, f"{step} was carried out again"
            assert again.body == told.body, f"{step} was told something else"
            assert before == (len(self.provider.sent), self.store.counted), f"{step} was paid again"

    def _tell(self, step: Step, context: Context) -> None:
        """The provider tells of a leg; told twice, it is heard once."""
        ret = self.return_(step.given["of"])
        assert ret is not None, "legs are of returns"
        settlement = settlement_of(ret, self.ids[step.target])
        assert settlement is not None, "it was started"
        leg = settlement.legs[step.given["leg"]]
        self.provider.deaf.clear()
        if step.given["fails"]:
            self.provider.sends_back(leg.key)
        told = RefundNews(
            news_id=step.id,
            told_at=context.now,
            refund_id=f"rf-{leg.key}",
            payment_refs=frozenset({leg.payment_id}),
            key=leg.key,
            outcome=RefundOutcome(state=RefundState.PENDING),
        )
        desk = NewsDesk(commands=self.store, sources={self.provider.name: self.provider})
        desk.take(self.provider.name, told, context)
        if step.again:
            writes = self.store.counted
            desk.take(self.provider.name, told, context)
            assert self.store.counted == writes, f"{step} was heard twice"


def eur(minor: int) -> Money:
    return Money(minor, "EUR")
