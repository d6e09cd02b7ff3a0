"""Versions that people name, where a settlement takes more than one transaction."""

import pytest

from chalicelib.core.errors import Stale
from chalicelib.returns.model import Return
from chalicelib.settlement.model import LegState, SettlementState
from tests.builders import Shop, line, order, payment
from tests.fakes import FakeProvider, Killed


@pytest.fixture
def ret(shop: Shop) -> Return:
    """60.00 accepted of an order that was paid by card."""
    shop.sells(order(line(quantity=3, price=20_00), payments=(payment("card", 60_00),)))
    return shop.accepts(shop.asks(quantity=3), 3)


@pytest.mark.parametrize("step", ["dies before", "dies after"])
def test_a_retry_that_was_cut_off_goes_on_when_it_is_sent_again(
    shop: Shop, ret: Return, provider: FakeProvider, step: str
) -> None:
    provider.script["card"] = ["declined", step]
    shop.settles(ret)
    looked_at = shop.now_is(ret).version
    context = shop.context(version=looked_at)
    with pytest.raises(Killed):
        shop.retries(shop.settlement(ret), context, key="retry")

    shop.retries(shop.settlement(ret), context, key="retry")

    assert shop.now_is(ret).version > looked_at
    assert shop.settlement(ret).state is SettlementState.SETTLED
    assert provider.paid_out("card") == 60_00


def test_a_settlement_that_was_cut_off_goes_on_when_it_is_sent_again(
    shop: Shop, ret: Return, provider: FakeProvider
) -> None:
    provider.script["card"] = ["dies after"]
    context = shop.context(version=shop.now_is(ret).version)
    with pytest.raises(Killed):
        shop.settles(ret, context, key="settle")

    shop.settles(ret, context, key="settle")

    assert shop.settlement(ret).state is SettlementState.SETTLED
    assert provider.paid_out("card") == 60_00


def test_a_new_attempt_of_who_looked_at_a_past_version_is_refused(
    shop: Shop, ret: Return, provider: FakeProvider
) -> None:
    provider.script["card"] = ["declined", "declined"]
    shop.settles(ret)
    past = shop.now_is(ret).version
    shop.retries(shop.settlement(ret))

    with pytest.raises(Stale) as refusal:
        shop.retries(shop.settlement(ret), shop.context(version=past))

    assert refusal.value.subject == ret.subject
    assert [leg.state for leg in shop.settlement(ret).legs] == [LegState.DECLINED]
