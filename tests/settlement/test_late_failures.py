"""Refunds that were paid, and came back from the bank days later."""

from dataclasses import replace

import pytest

from chalicelib.core.errors import Conflict, NotFound
from chalicelib.returns.model import Return
from chalicelib.returns.standing import status_of
from chalicelib.settlement.model import FAILED_LATER, LegState, SettlementState
from tests.builders import Shop, eur, payment
from tests.fakes import FakeProvider
from tests.settlement.refunding import (
    accepted,
    books,
    card,
    comes_back,
    is_disputed,
    paid,
    payment_tasks,
    pays_otherwise,
    takes_back,
    told,
    writes_off,
)


@pytest.fixture
def ret(shop: Shop) -> Return:
    """50.00 that went back to a card and a wallet; the return is complete."""
    ret = accepted(shop, 50_00, card(30_00), card(20_00, "wallet"))
    shop.settles(ret)
    return shop.now_is(ret)


def test_the_leg_is_frozen_the_money_is_kept_for_it_and_somebody_is_told(
    shop: Shop, ret: Return
) -> None:
    after = comes_back(shop, shop.settlement(ret))

    settlement = shop.settlement(ret)
    leg = settlement.legs[0]
    assert (leg.state, leg.reason) == (LegState.FROZEN, FAILED_LATER)
    assert settlement.state is SettlementState.PARTIAL
    assert (paid(shop).refunded_by_us, paid(shop).pending) == (eur(0), eur(30_00))
    assert books(shop, ret.subject).owed() == eur(30_00)
    assert (status_of(ret), status_of(after)) == ("COMPLETED", "SETTLING")
    (reopened,) = told(shop, ret.subject, "return.reopened")
    assert (reopened.data["reason"], reopened.data["by_rule"]) == ("refund_failed", True)
    (task,) = payment_tasks(shop)
    assert (task.reasons, task.amount) == ((FAILED_LATER,), eur(30_00))


def test_the_same_news_again_change_nothing(shop: Shop, ret: Return) -> None:
    settlement = shop.settlement(ret)
    once = comes_back(shop, settlement)

    assert comes_back(shop, settlement) == once
    assert len(told(shop, ret.subject, "refund.failed_later")) == 1


def test_a_retry_pays_exactly_what_came_back_under_a_new_key(
    shop: Shop, ret: Return, provider: FakeProvider
) -> None:
    before = shop.settlement(ret)
    comes_back(shop, before)

    shop.retries(shop.settlement(ret))

    settlement = shop.settlement(ret)
    assert settlement.state is SettlementState.SETTLED
    assert [request.amount for request in provider.sent] == [eur(30_00), eur(20_00), eur(30_00)]
    assert len({request.key for request in provider.sent}) == 3
    assert status_of(shop.now_is(ret)) == "COMPLETED"
    assert payment_tasks(shop) == []
    assert books(shop, ret.subject).owed() == eur(0)


def test_a_settlement_is_said_to_be_settled_once_however_often_it_is(
    shop: Shop, ret: Return
) -> None:
    comes_back(shop, shop.settlement(ret))
    shop.retries(shop.settlement(ret))

    assert len(told(shop, ret.subject, "settlement.settled")) == 1
    assert len(told(shop, ret.subject, "return.completed")) == 2


def test_news_of_an_attempt_that_was_followed_by_another_are_late(
    shop: Shop, ret: Return, provider: FakeProvider
) -> None:
    before = shop.settlement(ret)
    comes_back(shop, before)
    provider.script["card"] = ["declined"]
    shop.retries(shop.settlement(ret))
    declined = shop.now_is(ret)

    assert comes_back(shop, before) == declined


def test_it_may_fail_again_after_it_was_sent_again(shop: Shop, ret: Return) -> None:
    for _ in range(2):
        comes_back(shop, shop.settlement(ret))
        shop.retries(shop.settlement(ret))

    assert shop.settlement(ret).legs[0].attempt == 3
    assert paid(shop).refunded_by_us == eur(30_00)
    assert books(shop, ret.subject).refunded("card") == eur(30_00)


def test_what_came_back_may_be_paid_by_hand_or_given_up(shop: Shop, ret: Return) -> None:
    comes_back(shop, shop.settlement(ret))
    pays_otherwise(shop, shop.settlement(ret), "card")
    shop.confirms(shop.settlement(ret), "card", "SEPA 1")
    comes_back(shop, shop.settlement(ret))
    writes_off(shop, shop.settlement(ret), "card")

    settlement = shop.settlement(ret)
    assert settlement.state is SettlementState.SETTLED
    assert (settlement.paid, settlement.written_off) == (eur(20_00), eur(30_00))
    assert (paid(shop).refunded_by_us, paid(shop).pending) == (eur(0), eur(0))
    assert books(shop, ret.subject).owed() == eur(0)


def test_what_came_back_is_not_as_if_it_had_never_been_sent(shop: Shop, ret: Return) -> None:
    comes_back(shop, shop.settlement(ret))
    comes_back(shop, shop.settlement(ret), shop.settlement(ret).legs[1])

    with pytest.raises(Conflict, match="money_moved"):
        takes_back(shop, shop.settlement(ret))


def test_while_its_payment_is_disputed_it_is_not_sent_again(
    shop: Shop, ret: Return, provider: FakeProvider
) -> None:
    comes_back(shop, shop.settlement(ret))
    is_disputed(shop, 10_00)
    sent = len(provider.sent)

    with pytest.raises(Conflict, match="payment_disputed"):
        shop.retries(shop.settlement(ret))

    assert len(provider.sent) == sent


def test_a_leg_that_was_never_paid_cannot_come_back(shop: Shop, provider: FakeProvider) -> None:
    provider.script["card"] = ["declined"]
    ret = accepted(shop, 30_00, card(30_00))
    shop.settles(ret)

    with pytest.raises(Conflict, match="leg_not_paid"):
        comes_back(shop, shop.settlement(ret))


def test_news_of_another_refund_than_ours_are_not_believed(shop: Shop, ret: Return) -> None:
    with pytest.raises(Conflict, match="refund_differs"):
        comes_back(shop, shop.settlement(ret), reference="rf-of-somebody-else")


def test_a_key_that_was_never_ours_is_not_found(shop: Shop, ret: Return) -> None:
    settlement = shop.settlement(ret)
    strange = replace(settlement.legs[0], key=f"{settlement.settlement_id}:other:1")

    with pytest.raises(NotFound, match="leg_not_found"):
        comes_back(shop, settlement, strange)


def test_a_transfer_by_hand_may_come_back_too(shop: Shop) -> None:
    ret = accepted(shop, 20_00, payment("bank", 20_00, provider="manual"))
    shop.settles(ret)
    shop.confirms(shop.settlement(ret), "bank", "SEPA 1")

    comes_back(shop, shop.settlement(ret))
    shop.retries(shop.settlement(ret))

    assert shop.settlement(ret).legs[0].state is LegState.MANUAL
    shop.confirms(shop.settlement(ret), "bank", "SEPA 2")
    assert shop.settlement(ret).state is SettlementState.SETTLED
