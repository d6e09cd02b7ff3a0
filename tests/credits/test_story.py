"""Any order of settling, spending, withdrawing, undoing, expiring and repeats keeps every cent."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import Conflict
from chalicelib.credits.ageing import age
from chalicelib.credits.changing import Issue, issue, reverse
from chalicelib.credits.model import CreditEntry, added_up
from chalicelib.ledger.model import Account
from chalicelib.orders.model import Payment
from chalicelib.returns.model import Return
from chalicelib.settlement.model import LegState
from tests.builders import NOW, Shop, eur, payment
from tests.credits.stories import CREDIT, REFUND, accepted, books, settled, spent, withdrawn
from tests.fakes import FakeProvider, FakeStore


@dataclass(slots=True)
class Story:
    """What happened so far, on paper: minor units that left and came."""

    data: st.DataObject
    provider: FakeProvider = field(default_factory=FakeProvider)
    returns: list[Return] = field(default_factory=list)
    given: int = 0

    def draw(self, low: int, high: int) -> int:
        return self.data.draw(st.integers(low, high))


def _settle(shop: Shop, story: Story) -> None:
    """A return of two units, paid by card and credit in any share; settled twice by each call."""
    wanted = story.data.draw(st.lists(st.sampled_from([CREDIT, REFUND]), min_size=1, max_size=2))
    captured = 10_00 * len(wanted)
    by_credit = story.draw(0, captured)
    paid: list[Payment] = [payment("card", captured - by_credit)] if captured > by_credit else []
    if by_credit:
        paid.append(payment("credit", by_credit, provider="store_credit"))
    no = f"O-{len(story.returns) + 1}"
    ret = accepted(shop, *wanted, payments=tuple(paid), no=no)
    for number in range(len(set(wanted))):
        command = f"{no}-{number}"
        days = story.data.draw(st.none() | st.integers(1, 60))
        first = settled(shop, ret, days=days, command=command)
        assert settled(shop, ret, days=days, command=command) == first
        if first.credit_id is not None:
            legs = [leg for leg in first.legs if leg.reference == first.credit_id]
            story.given += sum(leg.amount.minor for leg in legs)
        if any(leg.reference is None for leg in first.legs):
            shop.retries(first)
    story.returns.append(shop.now_is(ret))


def _give(shop: Shop, story: Story) -> None:
    minor, days = story.draw(1, 1000), story.data.draw(st.none() | st.integers(1, 60))
    expires_at = None if days is None else shop.now + timedelta(days=days)
    told = Issue(customer_id="cus-1", amount=eur(minor), expires_at=expires_at)
    shop.do(lambda reads, context: issue(reads, told, context))
    story.given += minor


def _spend(shop: Shop, story: Story) -> None:
    minor = story.draw(1, 15_00)
    left = sum(
        one.balance(shop.now + timedelta(seconds=1)).minor
        for one in shop.store.reads().credit_accounts("cus-1")
    )
    if left < minor:
        with pytest.raises(Conflict, match="credit_too_low"):
            spent(shop, minor)
        return
    spent(shop, minor)
    story.given -= minor


def _undo(shop: Shop, story: Story) -> None:
    known = entries(shop)
    if not known:
        return
    entry_id = story.data.draw(st.sampled_from(known)).entry_id
    try:
        undone = shop.do(lambda reads, context: reverse(reads, entry_id, context))
    except Conflict:
        return
    sign = 1 if undone.kind.value == "restore" else -1
    story.given += sign * undone.amount.minor


def _withdraw(shop: Shop, story: Story) -> None:
    """And paid in money at once, or by whoever comes later."""
    if not story.returns:
        return
    ret = shop.now_is(story.data.draw(st.sampled_from(story.returns)))
    settlement = story.data.draw(st.sampled_from(ret.settlements))
    before = [leg.amount.minor for leg in settlement.legs if leg.provider == "store_credit"]
    try:
        after = withdrawn(shop, settlement)
    except Conflict:
        return
    kept = [
        leg.amount.minor
        for one in after.settlements
        if one.settlement_id == settlement.settlement_id
        for leg in one.legs
        if leg.provider == "store_credit"
    ]
    story.given -= sum(before) - sum(kept)
    if story.data.draw(st.booleans()):
        shop.retries(settlement)


def _wait(shop: Shop, story: Story) -> None:
    shop.now += timedelta(days=story.draw(1, 30))
    for one in shop.store.reads().credit_accounts("cus-1"):
        for _ in range(2):
            story.given -= _aged(shop, one.account_id)


def _aged(shop: Shop, account_id: str) -> int:
    """One run of the daily function over one account; what expired."""
    aged = shop.do(lambda reads, context: age(reads, account_id, context))
    return aged.expired.amount.minor if aged.expired else 0


def entries(shop: Shop) -> list[CreditEntry]:
    assert isinstance(shop.store, FakeStore)
    found = [one for one in shop.store.records.values() if isinstance(one, CreditEntry)]
    return sorted(found, key=lambda one: one.entry_id)


STEPS: list[Callable[[Shop, Story], None]] = [_settle, _give, _spend, _undo, _withdraw, _wait]


@given(st.data())
def test_whatever_happens_both_ledgers_and_all_payments_agree(data: st.DataObject) -> None:
    story = Story(data)
    shop = Shop(FakeStore(clock=lambda: NOW), providers={story.provider.name: story.provider})
    for _ in range(data.draw(st.integers(1, 10))):
        data.draw(st.sampled_from(STEPS))(shop, story)

    balances = books(shop, *story.returns)
    for ret in story.returns:
        _agrees_with_payments(shop, ret)
    accounts = shop.store.reads().credit_accounts("cus-1")
    booked = sum(one.booked.minor for one in accounts)
    assert booked == story.given == -balances.minor(Account.STORE_CREDIT) >= 0
    assert booked == added_up(entries(shop), "EUR").minor


def _agrees_with_payments(shop: Shop, ret: Return) -> None:
    """Money and credit together are what was paid, for all goods are back, and never more."""
    assert ret.order_no is not None
    payments = shop.sold(ret.order_no).payments
    for paid in payments:
        assert 0 <= paid.refunded_by_us.minor <= paid.captured.minor
        assert paid.pending.minor == 0, "every retry was answered"
    legs = [leg for one in shop.now_is(ret).settlements for leg in one.legs]
    captured = sum(one.captured.minor for one in payments)
    assert sum(leg.amount.minor for leg in legs) == captured
    is_paid = [leg for leg in legs if leg.state is LegState.PAID]
    assert sum(leg.amount.minor for leg in is_paid) == sum(
        one.refunded_by_us.minor for one in payments
    )
