"""Two at once: each test is one sentence of the cases that must pass."""

import pytest

from chalicelib.core.errors import Conflict
from chalicelib.inventory.model import Account
from chalicelib.returns.standing import status_of
from chalicelib.returns.units import quantities
from tests.builders import NOW, Shop, item, line, order
from tests.cases.sentences import sentence
from tests.fakes import FakeProvider, FakeStore


@pytest.fixture
def store() -> FakeStore:
    return FakeStore(clock=lambda: NOW)


@pytest.fixture
def shop(store: FakeStore, provider: FakeProvider) -> Shop:
    shop = Shop(store, providers={"sandbox": provider})
    shop.sells(order(line(quantity=3)))
    return shop


@sentence("racing-reviewers")
def test_racing_reviewers_approve_and_reject_at_once_one_wins_and_the_other_gets_a_conflict(
    shop: Shop, store: FakeStore
) -> None:
    ret = shop.asks(quantity=2)
    store.meanwhile(lambda: shop.rejects(ret))

    with pytest.raises(Conflict, match="not_allowed_now") as refused:
        shop.approves(ret)

    assert refused.value.details["status"] == "REJECTED"
    assert status_of(shop.now_is(ret)) == "REJECTED"
    assert shop.returnable() == 3


@sentence("races")
def test_two_customers_ask_for_the_last_unit_and_one_is_told_that_none_is_left(
    shop: Shop, store: FakeStore
) -> None:
    store.meanwhile(lambda: shop.asks(quantity=2))

    with pytest.raises(Conflict, match="1 left to return"):
        shop.asks(quantity=2)


@sentence("races")
def test_two_scans_at_once_are_both_counted(shop: Shop, store: FakeStore) -> None:
    ret = shop.asks(quantity=2)
    shop.approves(ret)
    store.meanwhile(lambda: shop.receives(ret, item()))

    shop.receives(ret, item())

    assert quantities(shop.now_is(ret).lines[0]).received == 2
    assert shop.on_hand("SKU-1", Account.RECEIVING) == 2


@sentence("races")
def test_two_people_who_settle_at_once_pay_once(
    shop: Shop, store: FakeStore, provider: FakeProvider
) -> None:
    ret = shop.asks(quantity=1)
    shop.accepts(ret)
    store.meanwhile(lambda: shop.settles(ret))

    with pytest.raises(Conflict, match="nothing_to_settle"):
        shop.settles(ret)

    assert len(provider.sent) == 1


@sentence("races")
def test_two_returns_of_one_order_never_spend_the_same_money(
    shop: Shop, store: FakeStore, provider: FakeProvider
) -> None:
    first, second = shop.asks(quantity=1), shop.asks(quantity=1)
    shop.accepts(first)
    shop.accepts(second)
    store.meanwhile(lambda: shop.settles(second))

    shop.settles(first)

    assert provider.paid_out("card") == 2000
    assert shop.sold().payments[0].refunded_by_us.minor == 2000
    assert shop.sold().payments[0].pending.minor == 0
