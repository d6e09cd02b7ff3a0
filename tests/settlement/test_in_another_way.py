"""What a payment does not take or cannot carry: paid by hand, given up, or taken back."""

from collections.abc import Callable

import pytest

from chalicelib.core.errors import Conflict, Invalid, NotFound
from chalicelib.returns.model import Return
from chalicelib.returns.standing import status_of
from chalicelib.settlement.model import BESIDE, LegState, Settlement, SettlementState
from tests.builders import Shop, eur, line, order, payment
from tests.fakes import FakeProvider
from tests.settlement.refunding import (
    accepted,
    agrees,
    books,
    card,
    paid,
    payment_tasks,
    pays_otherwise,
    takes_back,
    told,
    writes_off,
)


@pytest.fixture
def declined(shop: Shop, provider: FakeProvider) -> Return:
    """50.00: the card declined its 30.00, the wallet took its 20.00."""
    provider.script["card"] = ["declined"]
    ret = accepted(shop, 50_00, card(30_00), card(20_00, "wallet"))
    shop.settles(ret)
    return shop.now_is(ret)


@pytest.fixture
def short(shop: Shop) -> Return:
    """50.00, of which the payments carry 30.00."""
    ret = accepted(shop, 50_00, card(30_00))
    shop.settles(ret)
    return shop.now_is(ret)


@pytest.fixture
def exhausted(shop: Shop, provider: FakeProvider) -> Return:
    """20.00 that the card declined; another return has taken what was left on it since."""
    provider.script["card"] = ["declined"]
    shop.sells(order(line(quantity=2, price=20_00), payments=(card(20_00),)))
    first, second = shop.asks(), shop.asks()
    shop.accepts(first)
    shop.accepts(second)
    shop.settles(first)
    shop.settles(second)
    return shop.now_is(first)


def test_a_declined_leg_is_paid_by_hand_and_still_counts_on_its_payment(
    shop: Shop, declined: Return, provider: FakeProvider
) -> None:
    sent = len(provider.sent)

    pays_otherwise(shop, shop.settlement(declined), "card")

    leg = shop.settlement(declined).legs[0]
    assert (leg.state, leg.provider, leg.payment_id) == (LegState.MANUAL, "manual", "card")
    assert (paid(shop).pending, len(provider.sent)) == (eur(30_00), sent)
    assert books(shop, declined.subject).under_way() == eur(30_00)
    done = shop.confirms(shop.settlement(declined), "card", "SEPA 1")
    assert paid(shop).refunded_by_us == eur(30_00)
    assert status_of(done) == "COMPLETED"
    assert payment_tasks(shop) == []


def test_what_its_payment_cannot_carry_any_more_is_paid_beside_it(
    shop: Shop, exhausted: Return
) -> None:
    with pytest.raises(Conflict, match="payment_exhausted") as refusal:
        shop.retries(shop.settlement(exhausted))
    assert refusal.value.details["instead"] == ["pay-otherwise", "write-off"]

    pays_otherwise(shop, shop.settlement(exhausted), "card")

    assert shop.settlement(exhausted).legs[0].payment_id == BESIDE
    assert paid(shop).pending == eur(0)
    shop.confirms(shop.settlement(exhausted), BESIDE, "SEPA 1")
    assert shop.settlement(exhausted).state is SettlementState.SETTLED
    assert books(shop, exhausted.subject).refunded(BESIDE) == eur(20_00)
    assert paid(shop).refunded_by_us == eur(20_00)


def test_what_was_short_is_paid_beside_the_payments(shop: Shop, short: Return) -> None:
    pays_otherwise(shop, shop.settlement(short), None)

    settlement = shop.settlement(short)
    assert settlement.shortfall == eur(0)
    assert (settlement.legs[1].payment_id, settlement.legs[1].amount) == (BESIDE, eur(20_00))
    done = shop.confirms(settlement, BESIDE, "SEPA 1")
    assert status_of(done) == "COMPLETED"
    assert payment_tasks(shop) == []
    assert books(shop, short.subject).owed() == eur(0)


@pytest.mark.parametrize("payment_id", [None, "wallet"])
def test_only_what_was_declined_came_back_or_was_short_is_paid_otherwise(
    shop: Shop, declined: Return, payment_id: str | None
) -> None:
    with pytest.raises(Conflict, match="nothing_to_pay_otherwise"):
        pays_otherwise(shop, shop.settlement(declined), payment_id)


def test_nothing_is_paid_otherwise_that_may_be_on_its_way(
    shop: Shop, provider: FakeProvider
) -> None:
    provider.script["card"] = ["silent"]
    ret = accepted(shop, 30_00, card(30_00))
    shop.settles(ret)

    with pytest.raises(Conflict, match="nothing_to_pay_otherwise"):
        pays_otherwise(shop, shop.settlement(ret), "card")
    with pytest.raises(Conflict, match="nothing_to_write_off"):
        writes_off(shop, shop.settlement(ret), "card")
    with pytest.raises(Conflict, match="money_moved"):
        takes_back(shop, shop.settlement(ret))


def test_a_payment_without_a_leg_is_not_found(shop: Shop, declined: Return) -> None:
    with pytest.raises(NotFound, match="leg_not_found"):
        pays_otherwise(shop, shop.settlement(declined), "other")
    with pytest.raises(NotFound, match="leg_not_found"):
        writes_off(shop, shop.settlement(declined), "other")


def test_a_declined_leg_is_given_up_and_the_rest_stands(shop: Shop, declined: Return) -> None:
    done = writes_off(shop, shop.settlement(declined), "card", "The customer has died.")

    settlement = shop.settlement(declined)
    assert [leg.state for leg in settlement.legs] == [LegState.CANCELLED, LegState.PAID]
    assert (settlement.state, settlement.paid) == (SettlementState.SETTLED, eur(20_00))
    assert (settlement.written_off, settlement.reason) == (eur(30_00), "The customer has died.")
    assert status_of(done) == "COMPLETED"
    assert payment_tasks(shop) == []
    assert books(shop, declined.subject).owed() == eur(0)


def test_why_it_was_given_up_is_in_no_event(shop: Shop, declined: Return) -> None:
    writes_off(shop, shop.settlement(declined), "card", "The customer has died.")

    for event in shop.store.reads().events(declined.subject):
        assert "died" not in str(event.data)


def test_what_was_short_is_given_up(shop: Shop, short: Return) -> None:
    writes_off(shop, shop.settlement(short), None)

    settlement = shop.settlement(short)
    assert settlement.state is SettlementState.SETTLED
    assert (settlement.shortfall, settlement.written_off) == (eur(0), eur(20_00))
    assert sum(leg.amount.minor for leg in settlement.legs) == settlement.amount.minor
    assert books(shop, short.subject).owed() == eur(0)


def test_what_a_person_was_to_pay_may_be_given_up_and_its_payment_is_free_again(
    shop: Shop,
) -> None:
    ret = accepted(shop, 20_00, payment("bank", 20_00, provider="manual"))
    shop.settles(ret)

    writes_off(shop, shop.settlement(ret), "bank")

    assert (paid(shop, "bank").pending, paid(shop, "bank").refundable) == (eur(0), eur(20_00))
    balances = books(shop, ret.subject)
    assert (balances.owed(), balances.under_way()) == (eur(0), eur(0))


@pytest.mark.parametrize("payment_id", [None, "wallet"])
def test_only_what_is_open_is_given_up(
    shop: Shop, declined: Return, payment_id: str | None
) -> None:
    with pytest.raises(Conflict, match="nothing_to_write_off"):
        writes_off(shop, shop.settlement(declined), payment_id)


def test_giving_up_and_taking_back_need_a_reason(shop: Shop, declined: Return) -> None:
    with pytest.raises(Invalid, match="reason_required"):
        writes_off(shop, shop.settlement(declined), "card", "  ")
    with pytest.raises(Invalid, match="reason_required"):
        takes_back(shop, shop.settlement(declined), " ")


def test_a_settlement_that_nothing_was_paid_of_is_taken_back_whole(
    shop: Shop, provider: FakeProvider
) -> None:
    provider.script["card"] = ["declined"]
    payments = (card(30_00), payment("bank", 20_00, provider="manual"))
    ret = accepted(shop, 50_00, *payments)
    before = shop.sold()
    shop.settles(ret)

    after = takes_back(shop, shop.settlement(ret))

    settlement = shop.settlement(ret)
    assert settlement.state is SettlementState.REVERSED
    assert {leg.state for leg in settlement.legs} == {LegState.CANCELLED}
    assert (settlement.reversed_by, settlement.reason) == ("someone", "The wrong return.")
    assert shop.sold().payments == before.payments
    assert shop.sold().given == before.given
    assert {group.settlement for group in after.groups()} == {SettlementState.NONE}
    balances = books(shop, ret.subject)
    assert (balances.owed(), balances.under_way()) == (eur(0), eur(0))
    assert payment_tasks(shop) == []


def test_after_it_was_taken_back_the_units_are_settled_anew_for_the_same(
    shop: Shop, provider: FakeProvider
) -> None:
    provider.script["card"] = ["declined"]
    ret = accepted(shop, 50_00, card(50_00))
    shop.settles(ret)
    takes_back(shop, shop.settlement(ret))

    shop.settles(ret)

    first, second = shop.now_is(ret).settlements
    assert (first.amount, second.paid) == (eur(50_00), eur(50_00))
    assert status_of(shop.now_is(ret)) == "COMPLETED"
    assert books(shop, ret.subject).refunded("card") == eur(50_00)


OVER: list[tuple[Callable[[Shop, Settlement], object], str]] = [
    (lambda shop, one: shop.retries(one), "settlement_reversed"),
    (lambda shop, one: shop.confirms(one, "card"), "leg_not_manual"),
    (lambda shop, one: pays_otherwise(shop, one, None), "settlement_reversed"),
    (lambda shop, one: writes_off(shop, one, None), "settlement_reversed"),
    (takes_back, "settlement_reversed"),
    (agrees, "settlement_reversed"),
]


@pytest.mark.parametrize(("act", "code"), OVER)
def test_what_was_taken_back_is_over(
    shop: Shop, provider: FakeProvider, act: Callable[[Shop, Settlement], object], code: str
) -> None:
    provider.script["card"] = ["declined"]
    ret = accepted(shop, 50_00, card(30_00))
    shop.settles(ret)
    takes_back(shop, shop.settlement(ret))

    with pytest.raises(Conflict, match=code):
        act(shop, shop.settlement(ret))

    assert len(told(shop, ret.subject, "settlement.reversed")) == 1


def test_where_a_part_was_paid_nothing_is_taken_back(shop: Shop, declined: Return) -> None:
    with pytest.raises(Conflict, match="money_moved") as refusal:
        takes_back(shop, shop.settlement(declined))

    assert refusal.value.details["states"] == ["PAID"]


def test_a_settled_settlement_has_nothing_left(shop: Shop) -> None:
    ret = accepted(shop, 30_00, card(30_00))
    shop.settles(ret)

    for act in (pays_otherwise, writes_off):
        with pytest.raises(Conflict, match="already_settled"):
            act(shop, shop.settlement(ret), "card")
