"""A shop in which everything happens to refunds, in any order, and what has to be true after each.

Chance is asked for plain small numbers, so that a walk can be shrunk and found again by its seed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from chalicelib.core.errors import DomainError
from chalicelib.core.events import Actor, chain_fault
from chalicelib.ledger.balances import Balances
from chalicelib.ledger.model import Account
from chalicelib.ledger.posting import postings_for
from chalicelib.orders.model import DisputeState, Payment
from chalicelib.reconciliation.money import money_findings
from chalicelib.reconciliation.orders import Holds, order_findings
from chalicelib.reconciliation.returns import bucket_findings
from chalicelib.returns.model import Closure, Return
from chalicelib.returns.standing import is_complete
from chalicelib.returns.transitions import Command
from chalicelib.settlement.booking import UNDECIDED
from chalicelib.settlement.legs import is_awaited
from chalicelib.settlement.model import Leg, LegState, Settlement, SettlementState, standing
from chalicelib.settlement.payments import is_kept
from chalicelib.settlement.ports import RefundOutcome, RefundState
from tests.builders import NOW, Shop, eur, line, order, payment
from tests.fakes import FakeProvider, FakeStore, Killed
from tests.returns.moves import Move, moves
from tests.settlement.refunding import (
    above_limit,
    agrees,
    books,
    comes_back,
    is_disputed,
    loses,
    payment_tasks,
    pays_otherwise,
    takes_back,
    wins,
    writes_off,
)

T = TypeVar("T")
PRICE = 20_00
PAYMENTS = ("card", "wallet", "bank", "gift")
OUTCOMES = ("paid", "paid", "declined", "silent", "lost", "dies before", "dies after")
LIMITS = (None, 0, 0, PRICE)
OF_REFUNDS = {
    Command.SETTLE,
    Command.RETRY_SETTLEMENT,
    Command.CONFIRM_SETTLEMENT,
    Command.APPROVE_SETTLEMENT,
    Command.PAY_OTHERWISE,
    Command.WRITE_OFF,
    Command.REVERSE_SETTLEMENT,
}
"""Commands whose rows of the table are gone by walks, one and all."""


class Chance(Protocol):
    """Any number from nothing up to, and with, the most."""

    def upto(self, most: int) -> int: ...


@dataclass(slots=True)
class Walk:
    """Three returns of one unit each, of an order whose payments may carry less than they cost."""

    chance: Chance
    provider: FakeProvider = field(default_factory=FakeProvider)
    shop: Shop = field(init=False)
    returns: list[Return] = field(default_factory=list)
    came_back: set[str] = field(default_factory=set)
    refused: dict[str, int] = field(default_factory=dict)
    done: dict[str, int] = field(default_factory=dict)
    gone: dict[Command, set[Move]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.shop = Shop(FakeStore(clock=lambda: NOW), providers={"sandbox": self.provider})
        payments = (
            payment("card", self.chance.upto(3) * 10_00),
            payment("wallet", self.chance.upto(2) * 10_00),
            payment("bank", self.chance.upto(1) * 10_00, provider="manual"),
            payment("gift", self.chance.upto(1) * 10_00, provider="store_credit"),
        )
        self.shop.sells(order(line(quantity=3, price=PRICE), payments=payments))
        for _ in range(3):
            ret = self.shop.accepts(self.shop.asks())
            limit = self._one(LIMITS)
            self.returns.append(
                above_limit(self.shop, ret, eur(limit)) if limit is not None else ret
            )

    def step(self) -> None:
        """Something happens; where it is refused, nothing was changed by it."""
        name = self._one(_LIKELY) if self._settlements else "settle"
        act, command = ACTS[name]
        before = {ret.return_id: self.shop.now_is(ret) for ret in self.returns}
        stored = dict(self._store.records)
        try:
            act(self)
        except DomainError as refusal:
            self.refused[refusal.code] = self.refused.get(refusal.code, 0) + 1
            assert self._store.records == stored, f"{name} was refused and changed something"
        except Killed:
            self.done[f"{name}, killed"] = self.done.get(f"{name}, killed", 0) + 1
        else:
            self.done[name] = self.done.get(name, 0) + 1
        if command is not None:
            for ret in self.returns:
                found = moves(before[ret.return_id], self.shop.now_is(ret))
                self._note(command, found)
        self.check()

    def _note(self, command: Command, found: set[Move]) -> None:
        resumed = {one for one in found if one[1] is SettlementState.PROCESSING}
        if command is Command.APPROVE_SETTLEMENT:
            # An approval that was cut off goes on as a retry would.
            self.gone.setdefault(Command.RETRY_SETTLEMENT, set()).update(resumed)
            found = found - resumed
        self.gone.setdefault(command, set()).update(found)

    def settle(self) -> None:
        self._script()
        self.shop.settles(self._one(self.returns))

    def retry(self) -> None:
        self._script()
        self.shop.retries(self._settlement())

    def approve(self) -> None:
        self._script()
        who = Actor(id=self._one(("second", "someone")), role="finance")
        agrees(self.shop, self._settlement(), who)

    def confirm(self) -> None:
        settlement = self._settlement()
        proof = f"SEPA {next(self.shop.numbers)}"
        self.shop.confirms(settlement, self._leg(settlement).payment_id, proof)

    def pay_otherwise(self) -> None:
        settlement = self._settlement()
        pays_otherwise(self.shop, settlement, self._part(settlement))

    def write_off(self) -> None:
        settlement = self._settlement()
        writes_off(self.shop, settlement, self._part(settlement))

    def reverse(self) -> None:
        takes_back(self.shop, self._settlement())

    def fail_later(self) -> None:
        settlement = self._settlement()
        leg = self._leg(settlement)
        comes_back(self.shop, settlement, leg)
        if leg.key in self.provider.refunds:
            self.came_back.add(leg.key)
            self.provider.refunds[leg.key] = RefundOutcome(
                state=RefundState.DECLINED, reason="came_back", amount=leg.amount
            )

    def dispute(self) -> None:
        paid = self._payment()
        name = f"dp-{self.chance.upto(1)}"
        is_disputed(self.shop, 1 + self.chance.upto(paid.captured.minor), paid.payment_id, name)

    def decide(self) -> None:
        paid = self._payment()
        if not paid.disputes:
            return
        known = self._one(paid.disputes)
        end = self._one((wins, loses))
        end(self.shop, known.amount.minor, paid.payment_id, known.dispute_id)

    def capture(self) -> None:
        """A further part of a payment is captured."""
        paid = self._payment()
        more = replace(paid, captured=paid.captured + eur(self.chance.upto(2) * 5_00))
        sold = self.shop.sold()
        payments = tuple(more if one == paid else one for one in sold.payments)
        self.shop.registers(replace(sold, payments=payments))

    def finish(self) -> None:
        """All that is open is brought to its end by people who know what to do."""
        for paid in self.shop.sold().payments:
            for known in paid.disputes:
                if known.state is DisputeState.OPEN:
                    wins(self.shop, known.amount.minor, paid.payment_id, known.dispute_id)
        self.provider.script = {}
        for ret in self.returns:
            if not standing(self.shop.now_is(ret).settlements):
                self.shop.settles(ret)
            self._finish(ret)
            self.check()

    def _finish(self, ret: Return) -> None:
        tries: list[Callable[[Settlement], object]] = [
            lambda one: agrees(self.shop, one),
            self.shop.retries,
            lambda one: agrees(self.shop, one),
            self.shop.retries,
            *(lambda one, part=part: self._confirmed(one, part) for part in (*PAYMENTS, "-")),
            *(
                lambda one, part=part: writes_off(self.shop, one, part)
                for part in (*PAYMENTS, "-", None)
            ),
        ]
        for attempt in tries:
            settlement = standing(self.shop.now_is(ret).settlements)[-1]
            if settlement.is_finished:
                return
            try:
                attempt(settlement)
            except DomainError:
                continue

    def _confirmed(self, settlement: Settlement, payment_id: str) -> None:
        while True:  # A payment may have several legs; a refusal ends it.
            proof = f"SEPA {next(self.shop.numbers)}"
            self.shop.confirms(settlement, payment_id, proof)

    def check(self) -> None:
        """What has to be true whatever happened so far."""
        sold = self.shop.sold()
        returns = [self.shop.now_is(ret) for ret in self.returns]
        assert chain_fault(self.shop.store.reads().events(sold.subject)) is None
        holds = Holds()
        holds.order(sold)
        for ret in returns:
            self._check_return(ret)
            holds.return_(ret)
        assert list(holds.findings()) == []
        assert list(order_findings(sold)) == []
        legs = [leg for ret in returns for one in ret.settlements for leg in one.legs]
        for paid in sold.payments:
            _check_payment(paid, [leg for leg in legs if leg.payment_id == paid.payment_id])
        self._check_provider(legs)
        of_order = books(self.shop, sold.subject)
        open_ = sum(
            one.amount.minor
            for paid in sold.payments
            for one in paid.disputes
            if one.state is DisputeState.OPEN
        )
        assert of_order.minor(Account.DISPUTED) == open_

    def _check_return(self, ret: Return) -> None:
        assert chain_fault(self.shop.store.reads().events(ret.subject)) is None
        assert list(bucket_findings(ret)) == []
        balances = books(self.shop, ret.subject)
        _check_books(ret, balances)
        events = self.shop.store.reads().events(ret.subject)
        assert list(money_findings(ret, events, postings_for(events))) == []
        for settlement in ret.settlements:
            total = sum(leg.amount.minor for leg in settlement.legs)
            assert total + settlement.shortfall.minor == settlement.amount.minor
            assert len({leg.key for leg in settlement.legs}) == len(settlement.legs)
        if all(one.is_finished for one in ret.settlements):
            left = [task for task in payment_tasks(self.shop) if task.subject == ret.subject]
            assert left == [], "nobody has anything to do about what is over"
        stands = standing(ret.settlements)
        assert len(stands) <= 1, "one unit is in one settlement"
        state = stands[0].state if stands else SettlementState.NONE
        assert {group.settlement for group in ret.groups()} == {state}
        assert (ret.closure is Closure.COMPLETED) == is_complete(ret)

    def _check_provider(self, legs: list[Leg]) -> None:
        amounts: dict[str, int] = {}
        for request in self.provider.sent:
            assert amounts.setdefault(request.key, request.amount.minor) == request.amount.minor
        by_key = {leg.key: leg for leg in legs}
        for key, outcome in self.provider.refunds.items():
            if outcome.state is RefundState.SUCCEEDED:
                assert by_key[key].state in {LegState.PAID, *UNDECIDED}, "paid, and not known"
        for leg in legs:
            is_asked = leg.provider == "sandbox" and leg.state is LegState.PAID
            if is_asked:
                assert self.provider.refunds[leg.key].state is RefundState.SUCCEEDED

    def _script(self) -> None:
        self.provider.script = {
            name: [self._one(OUTCOMES) for _ in range(2)] for name in ("card", "wallet")
        }

    def _settlement(self) -> Settlement:
        return self._one(self._settlements)

    @property
    def _settlements(self) -> list[Settlement]:
        return [one for ret in self.returns for one in self.shop.now_is(ret).settlements]

    def _leg(self, settlement: Settlement) -> Leg:
        return self._one(settlement.legs) if settlement.legs else _no_leg(settlement)

    def _part(self, settlement: Settlement) -> str | None:
        """A payment of one of its legs, or None for what is short."""
        return self._one((None, *(leg.payment_id for leg in settlement.legs)))

    def _payment(self) -> Payment:
        return self._one(self.shop.sold().payments)

    def _one(self, among: Sequence[T]) -> T:
        return among[self.chance.upto(len(among) - 1)]

    @property
    def _store(self) -> FakeStore:
        store = self.shop.store
        assert isinstance(store, FakeStore)
        return store


ACTS: dict[str, tuple[Callable[[Walk], None], Command | None]] = {
    "settle": (Walk.settle, Command.SETTLE),
    "retry": (Walk.retry, Command.RETRY_SETTLEMENT),
    "approve": (Walk.approve, Command.APPROVE_SETTLEMENT),
    "confirm": (Walk.confirm, Command.CONFIRM_SETTLEMENT),
    "pay otherwise": (Walk.pay_otherwise, Command.PAY_OTHERWISE),
    "write off": (Walk.write_off, Command.WRITE_OFF),
    "reverse": (Walk.reverse, Command.REVERSE_SETTLEMENT),
    "fail later": (Walk.fail_later, None),
    "dispute": (Walk.dispute, None),
    "decide": (Walk.decide, None),
    "capture": (Walk.capture, None),
}
"""What may happen; what is no command of people has no row in the table of transitions."""
_LIKELY = (*ACTS, "settle", "settle", "retry", "retry", "approve", "confirm", "pay otherwise")


def _check_payment(paid: Payment, legs: list[Leg]) -> None:
    assert paid.pending.minor == sum(leg.amount.minor for leg in legs if is_kept(leg))
    back = sum(leg.amount.minor for leg in legs if leg.state is LegState.PAID)
    assert paid.refunded_by_us.minor == back
    assert paid.refunded_by_us + paid.pending <= paid.captured


def _check_books(ret: Return, balances: Balances) -> None:
    """The ledger owes what is open and not on its way, and nothing is negative."""
    owed = under_way = back = 0
    for settlement in standing(ret.settlements):
        owed += settlement.shortfall.minor
        for leg in settlement.legs:
            minor = leg.amount.minor
            if leg.state in UNDECIDED or is_awaited(leg):
                under_way += minor
            elif leg.state in (LegState.HELD, LegState.DECLINED, LegState.FROZEN):
                owed += minor
            elif leg.state is LegState.PAID:
                back += minor
    assert balances.owed().minor == owed >= 0
    assert balances.under_way().minor == under_way >= 0
    given = -balances.minor(Account.REFUNDED) - balances.minor(Account.CREDIT_GIVEN)
    assert given == back <= PRICE


def _no_leg(settlement: Settlement) -> Leg:
    """A leg that nobody knows, where a settlement has none."""
    return Leg(
        payment_id="card",
        provider="sandbox",
        provider_ref=None,
        amount=settlement.amount,
        state=LegState.PAID,
        key=f"{settlement.settlement_id}:none:1",
    )
