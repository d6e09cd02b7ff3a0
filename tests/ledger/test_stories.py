"""The ledger of real settlements: what the events of a story post is what the payments say."""

import pytest

from chalicelib.ledger.balances import Balances, faults_of, unposted
from chalicelib.returns.model import Return
from tests.builders import Shop, eur, line, order, payment
from tests.fakes import FakeProvider


@pytest.fixture
def ret(shop: Shop) -> Return:
    """80.00 accepted of an order that was paid by card 60.00 and by bank transfer 40.00."""
    payments = (payment("card", 60_00), payment("bank", 40_00, provider="manual"))
    shop.sells(order(line(quantity=5, price=20_00), payments=payments))
    return shop.accepts(shop.asks(quantity=4), 4)


def agrees(shop: Shop, ret: Return) -> Balances:
    """The balances of the return, once they were compared with the payments of its order."""
    events = list(shop.store.reads().events(ret.subject))
    postings = shop.store.reads().postings(ret.subject)
    balances = Balances.of(postings, "EUR")
    assert faults_of(ret.subject, postings) == []
    assert unposted(events, postings) == []
    for paid in shop.sold().payments:
        assert balances.refunded(paid.payment_id) == paid.refunded_by_us
    pending = sum(paid.pending.minor for paid in shop.sold().payments)
    assert balances.under_way().minor == pending
    return balances


def test_before_anything_is_settled_nothing_is_owed(shop: Shop, ret: Return) -> None:
    assert agrees(shop, ret).owed() == eur(0)


def test_a_manual_leg_is_under_way_until_its_proof_is_there(shop: Shop, ret: Return) -> None:
    shop.settles(ret)
    during = agrees(shop, ret)
    shop.confirms(shop.settlement(ret), "bank")
    after = agrees(shop, ret)

    assert (during.under_way(), after.under_way()) == (eur(20_00), eur(0))
    assert (during.owed(), after.owed()) == (eur(0), eur(0))


def test_a_declined_leg_is_owed_until_it_is_tried_again(
    shop: Shop, ret: Return, provider: FakeProvider
) -> None:
    provider.script["card"] = ["declined"]
    shop.settles(ret)
    declined = agrees(shop, ret)
    shop.retries(shop.settlement(ret))
    paid = agrees(shop, ret)

    assert (declined.owed(), declined.refunded("card")) == (eur(60_00), eur(0))
    assert (paid.owed(), paid.refunded("card")) == (eur(0), eur(60_00))


def test_what_the_payments_cannot_carry_stays_owed(shop: Shop) -> None:
    payments = (payment("card", 15_00),)
    shop.sells(order(line(quantity=1, price=20_00), payments=payments))
    ret = shop.accepts(shop.asks(quantity=1), 1)

    shop.settles(ret)

    assert agrees(shop, ret).owed() == eur(5_00)
