"""A buyer goes to the bank: what waits, what goes on, and what the bank gave in our place."""

import pytest

from chalicelib.core.errors import Conflict, Invalid, NotFound, Stale
from chalicelib.ledger.model import Account
from chalicelib.orders.model import DisputeState
from chalicelib.returns.model import Return
from chalicelib.returns.standing import status_of
from chalicelib.settlement import disputes
from chalicelib.settlement.model import CHARGED_BACK, DISPUTED, LegState, SettlementState
from tests.builders import Shop, eur, line, order, payment
from tests.fakes import FakeProvider
from tests.settlement.refunding import (
    BANK,
    above_limit,
    accepted,
    agrees,
    books,
    by,
    card,
    comes_back,
    is_disputed,
    loses,
    paid,
    payment_tasks,
    pays_otherwise,
    told,
    wins,
    writes_off,
)


@pytest.fixture
def declined(shop: Shop, provider: FakeProvider) -> Return:
    """50.00: the card declined its 30.00, the wallet took its 20.00."""
    provider.script["card"] = ["declined"]
    ret = accepted(shop, 50_00, card(30_00), card(20_00, "wallet"))
    shop.settles(ret)
    return shop.now_is(ret)


def test_it_is_on_the_order_nobody_is_refunded_out_of_it_and_finance_is_told(
    shop: Shop, declined: Return
) -> None:
    order_ = is_disputed(shop, 25_00)

    (dispute,) = paid(shop).disputes
    assert (dispute.state, dispute.amount) == (DisputeState.OPEN, eur(25_00))
    assert paid(shop).refundable == eur(5_00)
    (event,) = told(shop, order_.subject, "payment.charged_back")
    assert (event.data["payment_id"], event.data["dispute_id"]) == ("card", "dp-1")
    of_order = [task for task in payment_tasks(shop) if task.subject == order_.subject]
    assert [(task.reasons, task.amount) for task in of_order] == [((DISPUTED,), eur(25_00))]
    balances = books(shop, order_.subject)
    assert balances.minor(Account.DISPUTED, "card") == 25_00


def test_its_declined_leg_is_frozen_and_nothing_is_done_about_it(
    shop: Shop, declined: Return, provider: FakeProvider
) -> None:
    is_disputed(shop, 25_00)
    sent = len(provider.sent)

    settlement = shop.settlement(declined)
    frozen, untouched = settlement.legs
    assert (frozen.state, frozen.reason) == (LegState.FROZEN, DISPUTED)
    assert untouched.state is LegState.PAID
    assert [
        event.data["dispute_id"] for event in told(shop, declined.subject, "refund.frozen")
    ] == ["dp-1"]
    with pytest.raises(Conflict, match="payment_disputed"):
        shop.retries(settlement)
    with pytest.raises(Conflict, match="payment_disputed"):
        pays_otherwise(shop, settlement, "card")
    assert len(provider.sent) == sent


def test_legs_of_other_payments_go_on(shop: Shop, provider: FakeProvider) -> None:
    provider.script = {"card": ["declined"], "wallet": ["declined"]}
    ret = accepted(shop, 50_00, card(30_00), card(20_00, "wallet"))
    shop.settles(ret)
    is_disputed(shop, 30_00)

    shop.retries(shop.settlement(ret))

    assert [leg.state for leg in shop.settlement(ret).legs] == [LegState.FROZEN, LegState.PAID]


def test_a_leg_that_is_paid_or_cancelled_is_none_of_its_business(
    shop: Shop, declined: Return
) -> None:
    writes_off(shop, shop.settlement(declined), "card")
    before = shop.now_is(declined)

    is_disputed(shop, 20_00, "wallet")
    is_disputed(shop, 20_00, "card", "dp-2")

    assert shop.now_is(declined) == before


def test_news_that_were_told_before_change_nothing(shop: Shop, declined: Return) -> None:
    once = is_disputed(shop, 25_00)
    assert is_disputed(shop, 25_00) == once

    won = wins(shop, 25_00)
    assert wins(shop, 25_00) == won
    assert is_disputed(shop, 25_00) == won


def test_when_it_is_won_all_is_as_it_was_before(
    shop: Shop, declined: Return, provider: FakeProvider
) -> None:
    is_disputed(shop, 25_00)

    order_ = wins(shop, 25_00)

    assert shop.settlement(declined).legs[0].state is LegState.DECLINED
    assert paid(shop).refundable == eur(30_00)
    assert [task for task in payment_tasks(shop) if task.subject == order_.subject] == []
    assert books(shop, order_.subject).minor(Account.DISPUTED) == 0
    shop.retries(shop.settlement(declined))
    assert shop.settlement(declined).state is SettlementState.SETTLED
    assert provider.paid_out("card") == 30_00


def test_when_it_is_lost_the_bank_has_given_what_we_owe(
    shop: Shop, declined: Return, provider: FakeProvider
) -> None:
    is_disputed(shop, 30_00)
    sent = len(provider.sent)

    order_ = loses(shop, 30_00)

    leg = shop.settlement(declined).legs[0]
    assert (leg.state, leg.reason, leg.reference) == (LegState.CANCELLED, CHARGED_BACK, "dp-1")
    assert shop.settlement(declined).state is SettlementState.SETTLED
    assert shop.settlement(declined).paid == eur(20_00)
    assert status_of(shop.now_is(declined)) == "COMPLETED"
    assert (len(provider.sent), payment_tasks(shop)) == (sent, [])
    own, banks = books(shop, declined.subject), books(shop, order_.subject)
    assert own.owed() == eur(0)
    lost = own.minor(Account.WRITE_OFF) + banks.minor(Account.WRITE_OFF)
    assert (lost, banks.minor(Account.CHARGED_BACK)) == (0, -30_00)


def test_where_it_is_about_less_than_is_owed_the_rest_is_still_paid(
    shop: Shop, declined: Return, provider: FakeProvider
) -> None:
    is_disputed(shop, 12_00)
    loses(shop, 12_00)

    settlement = shop.settlement(declined)
    assert [(leg.state, leg.amount) for leg in settlement.legs] == [
        (LegState.CANCELLED, eur(12_00)),
        (LegState.PAID, eur(20_00)),
        (LegState.DECLINED, eur(18_00)),
    ]
    shop.retries(settlement)
    assert provider.paid_out("card") == 18_00
    assert shop.settlement(declined).state is SettlementState.SETTLED
    assert len({request.key for request in provider.sent}) == len(provider.sent)
    assert books(shop, declined.subject).owed() == eur(0)


def test_what_went_back_before_it_was_lost_is_lost_twice(shop: Shop) -> None:
    ret = accepted(shop, 30_00, card(30_00))
    shop.settles(ret)
    is_disputed(shop, 30_00)

    order_ = loses(shop, 30_00)

    assert shop.settlement(ret).paid == eur(30_00)
    assert books(shop, order_.subject).minor(Account.WRITE_OFF) == 30_00


def test_what_is_short_because_of_it_is_given_by_the_bank_too(shop: Shop) -> None:
    ret = accepted(shop, 30_00, card(30_00))
    is_disputed(shop, 30_00)
    shop.settles(ret)
    assert shop.settlement(ret).shortfall == eur(30_00)

    loses(shop, 30_00)

    settlement = shop.settlement(ret)
    assert (settlement.state, settlement.shortfall) == (SettlementState.SETTLED, eur(0))
    assert payment_tasks(shop) == []
    assert books(shop, ret.subject).owed() == eur(0)


def test_what_is_short_because_of_it_is_paid_once_it_is_won(
    shop: Shop, provider: FakeProvider
) -> None:
    ret = accepted(shop, 30_00, card(30_00))
    is_disputed(shop, 30_00)
    shop.settles(ret)
    wins(shop, 30_00)

    shop.retries(shop.settlement(ret))

    assert provider.paid_out("card") == 30_00
    assert payment_tasks(shop) == []


def test_it_gives_what_several_returns_are_owed_the_oldest_first(
    shop: Shop, provider: FakeProvider
) -> None:
    provider.script["card"] = ["declined", "declined"]
    shop.sells(order(line(quantity=2, price=20_00), payments=(card(40_00),)))
    first, second = shop.asks(), shop.asks()
    for ret in (first, second):
        shop.accepts(ret)
        shop.settles(ret)
    is_disputed(shop, 30_00)

    loses(shop, 30_00)

    assert shop.settlement(first).state is SettlementState.SETTLED
    amounts = [(leg.state, leg.amount) for leg in shop.settlement(second).legs]
    assert amounts == [(LegState.CANCELLED, eur(10_00)), (LegState.DECLINED, eur(10_00))]


def test_who_tells_only_how_it_ended_tells_that_it_began(shop: Shop, declined: Return) -> None:
    order_ = loses(shop, 30_00)

    assert shop.settlement(declined).state is SettlementState.SETTLED
    types = [event.type for event in shop.store.reads().events(order_.subject)]
    assert types[-2:] == ["payment.charged_back", "payment.chargeback_lost"]
    assert books(shop, order_.subject).minor(Account.DISPUTED) == 0


def test_what_was_decided_is_not_decided_otherwise(shop: Shop, declined: Return) -> None:
    wins(shop, 30_00)

    with pytest.raises(Conflict, match="dispute_decided"):
        loses(shop, 30_00)


def test_what_a_person_was_to_pay_waits_and_goes_on(shop: Shop) -> None:
    ret = accepted(shop, 20_00, payment("bank", 20_00, provider="manual"))
    shop.settles(ret)
    is_disputed(shop, 20_00, "bank")
    assert paid(shop, "bank").pending == eur(20_00)
    with pytest.raises(Conflict, match="leg_not_manual"):
        shop.confirms(shop.settlement(ret), "bank")

    wins(shop, 20_00, "bank")

    shop.confirms(shop.settlement(ret), "bank")
    assert shop.settlement(ret).state is SettlementState.SETTLED
    assert books(shop, ret.subject).refunded("bank") == eur(20_00)


def test_what_a_person_was_to_pay_is_given_by_the_bank(shop: Shop) -> None:
    ret = accepted(shop, 20_00, payment("bank", 20_00, provider="manual"))
    shop.settles(ret)
    is_disputed(shop, 15_00, "bank")

    loses(shop, 15_00, "bank")

    assert paid(shop, "bank").pending == eur(5_00)
    balances = books(shop, ret.subject)
    assert (balances.owed(), balances.under_way()) == (eur(0), eur(5_00))


def test_what_was_held_for_a_second_person_is_held_again(
    shop: Shop, provider: FakeProvider
) -> None:
    ret = above_limit(shop, accepted(shop, 30_00, card(30_00)))
    shop.settles(ret)
    is_disputed(shop, 10_00)
    wins(shop, 10_00)
    assert shop.settlement(ret).state is SettlementState.QUOTED

    agrees(shop, shop.settlement(ret))

    assert provider.paid_out("card") == 30_00


def test_a_leg_without_an_answer_is_asked_for_and_not_sent_while_it_lasts(
    shop: Shop, provider: FakeProvider
) -> None:
    provider.script["card"] = ["silent"]
    ret = accepted(shop, 30_00, card(30_00))
    shop.settles(ret)
    is_disputed(shop, 30_00)
    sent, asked = len(provider.sent), len(provider.asked)

    shop.retries(shop.settlement(ret))

    assert (len(provider.sent), len(provider.asked)) == (sent, asked + 1)
    assert shop.settlement(ret).legs[0].state is LegState.UNKNOWN
    wins(shop, 30_00)
    shop.retries(shop.settlement(ret))
    assert provider.paid_out("card") == 30_00
    assert len({request.key for request in provider.sent}) == 1


def test_a_leg_that_never_arrived_is_not_sent_after_the_bank_gave_the_money(
    shop: Shop, provider: FakeProvider
) -> None:
    provider.script["card"] = ["silent"]
    ret = accepted(shop, 30_00, card(30_00))
    shop.settles(ret)
    loses(shop, 30_00)

    shop.retries(shop.settlement(ret))

    leg = shop.settlement(ret).legs[0]
    assert (leg.state, leg.reason) == (LegState.CANCELLED, CHARGED_BACK)
    assert provider.paid_out("card") == 0
    with pytest.raises(Conflict, match="already_settled"):
        shop.retries(shop.settlement(ret))


def test_a_leg_that_did_arrive_is_paid_whatever_the_bank_decides(
    shop: Shop, provider: FakeProvider
) -> None:
    provider.script["card"] = ["dies after"]
    ret = accepted(shop, 30_00, card(30_00))
    with pytest.raises(Exception, match="dies after"):
        shop.settles(ret)
    is_disputed(shop, 30_00)

    shop.retries(shop.settlement(ret))

    assert shop.settlement(ret).state is SettlementState.SETTLED


def test_while_another_dispute_of_the_payment_is_open_nothing_goes_on(
    shop: Shop, declined: Return
) -> None:
    is_disputed(shop, 10_00)
    is_disputed(shop, 10_00, name="dp-2")

    wins(shop, 10_00)

    assert shop.settlement(declined).legs[0].state is LegState.FROZEN
    wins(shop, 10_00, name="dp-2")
    assert shop.settlement(declined).legs[0].state is LegState.DECLINED


def test_what_came_back_later_is_given_by_the_bank_too(shop: Shop) -> None:
    ret = accepted(shop, 30_00, card(30_00))
    shop.settles(ret)
    comes_back(shop, shop.settlement(ret))
    is_disputed(shop, 30_00)

    loses(shop, 30_00)

    assert shop.settlement(ret).state is SettlementState.SETTLED
    assert (paid(shop).pending, paid(shop).refunded_by_us) == (eur(0), eur(0))
    assert books(shop, ret.subject).owed() == eur(0)


@pytest.mark.parametrize(
    ("minor", "payment_id", "error"),
    [
        (0, "card", Invalid("dispute_amount", "")),
        (30_01, "card", Invalid("dispute_amount", "")),
        (10_00, "other", NotFound("payment_not_found", "")),
    ],
    ids=["nothing", "more than was paid", "another payment"],
)
def test_only_what_was_paid_is_disputed(
    shop: Shop, declined: Return, minor: int, payment_id: str, error: Exception
) -> None:
    with pytest.raises(type(error), match=str(error).split(":", maxsplit=1)[0]):
        is_disputed(shop, minor, payment_id)


def test_a_dispute_is_about_one_amount(shop: Shop, declined: Return) -> None:
    is_disputed(shop, 10_00)

    with pytest.raises(Conflict, match="dispute_differs"):
        loses(shop, 11_00)


def test_an_order_that_is_not_there_is_not_found(shop: Shop) -> None:
    with pytest.raises(NotFound, match="order_not_found"):
        is_disputed(shop, 10_00, no="O-404")


def test_a_person_states_it_of_the_order_that_they_looked_at(shop: Shop, declined: Return) -> None:
    past = by(shop, BANK, version=shop.sold().version - 1)

    with pytest.raises(Stale) as refusal:
        shop.do(
            lambda reads, context: disputes.opened(
                reads, "O-1", "card", "dp-1", eur(5_00), context
            ),
            past,
        )

    assert refusal.value.subject == "order/O-1"
