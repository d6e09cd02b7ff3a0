"""Whatever is asked, in whatever order: no more units are held than were shipped."""

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.claims.model import Claim
from chalicelib.core import runs
from chalicelib.core.errors import DomainError, NotFound
from chalicelib.core.runs import Runs
from chalicelib.exchanges.model import PROMISED, SENT, Exchange
from chalicelib.exchanges.paying import Paid, state_paid
from chalicelib.exchanges.pricing import worth_of
from chalicelib.exchanges.promising import of_line
from chalicelib.inventory.model import PHYSICAL, Account
from chalicelib.orders.returnable import held, returnable_quantity
from chalicelib.returns.model import Return
from chalicelib.returns.units import units_where
from chalicelib.settlement.model import LegState
from tests.builders import NOW, Shop, item, line, order, passed, restock
from tests.children import (
    approves,
    cancels,
    claims,
    denies,
    exchange_of,
    fulfils,
    grants,
    resolves,
    ships,
    swap,
    unexchanges,
    withdraws,
)
from tests.exchanges.test_differences import audit
from tests.fakes import FakeProvider, FakeStore

SHIPPED, PRICE = 4, 10_01
PRICES = (1001, 5_00, 13_33, 10_02)
"""Of a replacement: even, less, more, and more by a cent."""


@dataclass
class World:
    """One order, and everything that was ever asked of it."""

    shop: Shop
    returns: list[Return] = field(default_factory=list)
    claimed: list[Claim] = field(default_factory=list)

    def does(self, act: str, pick: int, count: int) -> None:
        """One step; what is refused changes nothing."""
        try:
            _ACTS[act](self, pick, count)
        except DomainError:
            return

    def ret(self, pick: int) -> Return:
        return self.returns[pick % len(self.returns)]

    def exchange(self, pick: int) -> Exchange:
        ret = self.shop.now_is(self.ret(pick))
        if ret.lines[0].exchange_id is None:
            raise NotFound("exchange_not_found", "Nothing was promised.")
        return exchange_of(self.shop, ret)

    def claim(self, pick: int) -> Claim:
        return self.claimed[pick % len(self.claimed)]


def _asks(world: World, pick: int, count: int) -> None:
    world.returns.append(world.shop.asks(quantity=count))


def _swaps(world: World, pick: int, count: int) -> None:
    """Asked and approved at once: most of what follows needs the promise."""
    ret = world.shop.asks("O-1", swap(count, for_="BLUE", price=PRICES[pick]))
    world.returns.append(approves(world.shop, ret))


def _pays(world: World, pick: int, count: int) -> None:
    """Exactly what the replacement costs more."""
    exchange = world.exchange(pick)
    due = exchange.costs_more
    if due is None:
        raise NotFound("exchange_not_found", "Nothing is to be paid.")
    paid = Paid(amount=due, reference=f"bank-{exchange.version}")
    world.shop.do(lambda reads, context: state_paid(reads, exchange.exchange_id, paid, context))


def _confirms(world: World, pick: int, count: int) -> None:
    """All that goes back by hand."""
    ret = world.shop.now_is(world.ret(pick))
    for settlement in ret.settlements:
        for leg in settlement.legs:
            if leg.state is LegState.MANUAL:
                world.shop.confirms(settlement, leg.payment_id)


def _claims(world: World, pick: int, count: int) -> None:
    world.claimed.append(claims(world.shop, count))


def _comes_back(world: World, pick: int, count: int) -> None:
    ret = world.shop.now_is(world.ret(pick))
    for expected in ret.lines:
        world.shop.receives(ret, item(expected.goods, count))
        world.shop.inspects(ret, passed(count, expected.line_no))
        world.shop.disposes(ret, restock(count, expected.line_no))


_ACTS: dict[str, Callable[[World, int, int], object]] = {
    "ask": _asks,
    "swap": _swaps,
    "claim": _claims,
    "approve": lambda w, pick, n: approves(w.shop, w.ret(pick)),
    "reject": lambda w, pick, n: w.shop.rejects(w.ret(pick)),
    "pay": _pays,
    "confirm": _confirms,
    "ship": lambda w, pick, n: ships(w.shop, w.exchange(pick)),
    "fulfil": lambda w, pick, n: fulfils(w.shop, w.exchange(pick)),
    "cancel": lambda w, pick, n: cancels(w.shop, w.exchange(pick)),
    "unexchange": lambda w, pick, n: unexchanges(w.shop, w.exchange(pick), n),
    "come back": _comes_back,
    "settle": lambda w, pick, n: w.shop.settles(w.ret(pick)),
    "grant": lambda w, pick, n: grants(w.shop, w.claim(pick)),
    "deny": lambda w, pick, n: denies(w.shop, w.claim(pick)),
    "resolve": lambda w, pick, n: resolves(w.shop, w.claim(pick)),
    "withdraw": lambda w, pick, n: withdraws(w.shop, w.claim(pick)),
}
_NEEDS = {"ask": "", "swap": "", "claim": ""} | dict.fromkeys(
    ("grant", "deny", "resolve", "withdraw"), "claimed"
)
step = st.tuples(st.sampled_from(list(_ACTS)), st.integers(0, 3), st.integers(1, 2))
steps = st.tuples(
    st.sampled_from(["swap", "swap", "ask", "claim"]),
    st.lists(step, min_size=10, max_size=30),
)


@given(steps)
@settings(max_examples=150, deadline=None)
def test_returns_exchanges_and_claims_never_hold_more_than_was_shipped(
    taken: tuple[str, list[tuple[str, int, int]]],
) -> None:
    first, others = taken
    provider = FakeProvider()
    shop = Shop(FakeStore(clock=lambda: NOW), providers={provider.name: provider})
    shop.sells(order(line(quantity=SHIPPED, price=PRICE)))
    shop.counts({"BLUE": SHIPPED})
    world = World(shop)

    for act, pick, count in [(first, 0, 2), *others]:
        needed = _NEEDS.get(act, "returns")
        if needed and not getattr(world, needed):
            continue
        world.does(act, pick, count)
        _agrees(world, provider)


def _agrees(world: World, provider: FakeProvider) -> None:
    sold = world.shop.sold()
    bought = sold.lines[0]
    taken = [run for reservation in bought.reservations for run in reservation.units]
    assert runs.size(runs.merged(taken)) == runs.size(held(bought)) <= SHIPPED
    assert returnable_quantity(sold, bought) + runs.size(taken) == SHIPPED
    assert provider.paid_out("card") <= SHIPPED * PRICE
    assert sold.payments[0].refunded_by_us.minor == provider.paid_out("card")
    for sku in ("BLUE", "SKU-1"):
        lying = {account: world.shop.on_hand(sku, account) for account in Account}
        assert sum(lying.values()) == 0
        assert all(lying[account] >= 0 for account in PHYSICAL)
    promised = 0
    for known in world.returns:
        ret = world.shop.now_is(known)
        if ret.lines[0].exchange_id is None:
            continue
        exchange = exchange_of(world.shop, ret)
        if exchange.state in PROMISED:
            promised += exchange.quantity
        if exchange.state in SENT:
            assert not _paid(ret) & (_ordinals(exchange.units) - _returning(ret))
        assert _given_back(ret) <= _brought(world, ret)
    assert world.shop.on_hand("BLUE", Account.RESERVED) == promised
    audit(world.shop)


def _given_back(ret: Return) -> int:
    """All money that goes back because of a return."""
    return sum(one.amount.minor for one in ret.settlements)


def _brought(world: World, ret: Return) -> int:
    """What its units were paid for, and what was paid on top; less what replacements stand for.

    A unit that was replaced, and whose replacement does not come back, was given goods.
    """
    reads = world.shop.store.reads()
    whole = sum(asked.value_of(units_where(asked, lambda _: True)).minor for asked in ret.lines)
    seen: set[str] = set()
    for asked in ret.lines:
        for exchange in of_line(reads, asked):
            if exchange.exchange_id in seen:
                continue
            seen.add(exchange.exchange_id)
            if exchange.paid is not None:
                whole += exchange.paid.amount.minor
            if exchange.state in SENT:
                kept = runs.minus(exchange.units, runs.of_ordinals(sorted(_returning(ret))))
                line_of = next(one for one in ret.lines if one.order_line_no == "1")
                worth = worth_of(exchange, line_of, kept)
                whole -= worth.price.minor
    return whole


def _paid(ret: Return) -> set[int]:
    """The units that money was given back for."""
    return {
        ordinal
        for one in ret.settlements
        for part in one.lines
        for ordinal in _ordinals(part.units)
    }


def _returning(ret: Return) -> set[int]:
    """The units whose replacement comes back instead."""
    lines = [asked for asked in ret.lines if asked.received_as is not None]
    return {no for asked in lines for group in asked.groups for no in _ordinals(group.units)}


def _ordinals(units: Runs) -> set[int]:
    return {no for run in units for no in range(run.first, run.last + 1)}
