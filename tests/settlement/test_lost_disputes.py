"""What a bank gave beyond what was owed at that moment settles what comes to be owed later."""

import pytest

from chalicelib.ledger.model import Account
from chalicelib.returns.model import Return
from chalicelib.returns.standing import status_of
from chalicelib.settlement import starting
from chalicelib.settlement.model import CHARGED_BACK, LegState, SettlementState
from chalicelib.settlement.ports import RefundOutcome, RefundState
from tests.builders import Shop, eur, line, order
from tests.fakes import FakeProvider
from tests.settlement.refunding import (
    above_limit,
    accepted,
    agrees,
    books,
    card,
    comes_back,
    is_disputed,
    loses,
    paid,
    payment_tasks,
    takes_back,
    told,
    wins,
)


@pytest.fixture
def ret(shop: Shop) -> Return:
    """30.00 that went back to the card."""
    made = accepted(shop, 30_00, card(30_00))
    shop.settles(made)
    return made


@pytest.fixture
def two(shop: Shop) -> tuple[Return, Return]:
    """Two returns of 20.00, accepted, of an order of 40.00."""
    shop.sells(order(line(quantity=2, price=20_00), payments=(card(40_00),)))
    first, second = shop.asks(), shop.asks()
    return shop.accepts(first), shop.accepts(second)


def states(shop: Shop, ret: Return) -> list[tuple[LegState, int]]:
    return [(leg.state, leg.amount.minor) for leg in shop.settlement(ret).legs]


def lost_in_all(shop: Shop, *returns: Return) -> int:
    """What the shop gave twice, over the order and its returns."""
    subjects = ["order/O-1", *(ret.subject for ret in returns)]
    return sum(books(shop, subject).minor(Account.WRITE_OFF) for subject in subjects)


# --- a refund that fails after the bank gave the money --------------------------------------------


def test_what_fails_after_the_dispute_was_lost_is_not_owed_again(shop: Shop, ret: Return) -> None:
    loses(shop, 30_00)
    assert lost_in_all(shop, ret) == 30_00

    after = comes_back(shop, shop.settlement(ret))

    (leg,) = shop.settlement(ret).legs
    assert (leg.state, leg.reason, leg.reference) == (LegState.CANCELLED, CHARGED_BACK, "dp-1")
    assert shop.settlement(ret).state is SettlementState.SETTLED
    assert status_of(after) == "COMPLETED"
    assert (paid(shop).pending, paid(shop).refunded_by_us) == (eur(0), eur(0))
    assert books(shop, ret.subject).owed() == eur(0)
    assert lost_in_all(shop, ret) == 0


def test_nobody_is_asked_to_look_at_what_the_bank_gave(shop: Shop, ret: Return) -> None:
    loses(shop, 30_00)

    comes_back(shop, shop.settlement(ret))

    assert payment_tasks(shop) == []
    (event,) = told(shop, ret.subject, "settlement.charged_back")
    assert (event.data["dispute_id"], event.data["payment_id"]) == ("dp-1", "card")


def test_news_of_it_that_come_again_change_nothing(shop: Shop, ret: Return) -> None:
    before = shop.settlement(ret)
    loses(shop, 30_00)
    once = comes_back(shop, before)

    assert comes_back(shop, before) == once


def test_what_the_bank_did_not_give_of_it_is_owed(
    shop: Shop, ret: Return, provider: FakeProvider
) -> None:
    loses(shop, 12_00)

    comes_back(shop, shop.settlement(ret))

    assert states(shop, ret) == [(LegState.CANCELLED, 12_00), (LegState.FROZEN, 18_00)]
    (task,) = payment_tasks(shop)
    assert (task.reasons, task.amount) == (("failed_later",), eur(18_00))
    sent = len(provider.sent)
    shop.retries(shop.settlement(ret))
    assert [request.amount for request in provider.sent[sent:]] == [eur(18_00)]
    assert books(shop, ret.subject).owed() == eur(0)
    assert payment_tasks(shop) == []


def test_the_bank_gave_it_once_however_many_refunds_fail(
    shop: Shop, two: tuple[Return, Return]
) -> None:
    for ret in two:
        shop.settles(ret)
    loses(shop, 30_00)

    for ret in two:
        comes_back(shop, shop.settlement(ret))

    assert states(shop, two[0]) == [(LegState.CANCELLED, 20_00)]
    assert states(shop, two[1]) == [(LegState.CANCELLED, 10_00), (LegState.FROZEN, 10_00)]
    assert lost_in_all(shop, *two) == 0


def test_what_it_gave_of_one_return_then_is_not_there_for_another_later(
    shop: Shop, two: tuple[Return, Return], provider: FakeProvider
) -> None:
    first, second = two
    provider.script["card"] = ["declined"]
    shop.settles(first)
    shop.settles(second)
    loses(shop, 30_00)
    assert states(shop, first) == [(LegState.CANCELLED, 20_00)]

    comes_back(shop, shop.settlement(second))

    assert states(shop, second) == [(LegState.CANCELLED, 10_00), (LegState.FROZEN, 10_00)]


def test_each_of_several_disputes_gives_its_own(shop: Shop, ret: Return) -> None:
    loses(shop, 10_00)
    loses(shop, 15_00, name="dp-2")

    comes_back(shop, shop.settlement(ret))

    legs = shop.settlement(ret).legs
    assert [(leg.amount, leg.reference) for leg in legs if leg.state is LegState.CANCELLED] == [
        (eur(10_00), "dp-1"),
        (eur(15_00), "dp-2"),
    ]
    assert sum(leg.amount.minor for leg in legs) == 30_00
    assert books(shop, ret.subject).owed() == eur(5_00)


@pytest.mark.parametrize("end", [is_disputed, wins], ids=["open", "won"])
def test_a_dispute_that_is_not_lost_gives_nothing(shop: Shop, ret: Return, end: object) -> None:
    assert callable(end)
    end(shop, 30_00)

    comes_back(shop, shop.settlement(ret))

    assert states(shop, ret) == [(LegState.FROZEN, 30_00)]
    assert books(shop, ret.subject).owed() == eur(30_00)


def test_a_dispute_of_another_payment_gives_nothing(shop: Shop) -> None:
    ret = accepted(shop, 50_00, card(30_00), card(20_00, "wallet"))
    shop.settles(ret)
    loses(shop, 20_00, "wallet")

    comes_back(shop, shop.settlement(ret))

    assert states(shop, ret) == [(LegState.FROZEN, 30_00), (LegState.PAID, 20_00)]


# --- a leg that was under way when the bank gave the money ----------------------------------------


@pytest.mark.parametrize("answer", ["declined", "never arrived"])
def test_a_leg_that_was_under_way_and_did_not_go_through_is_given_by_the_bank(
    shop: Shop, provider: FakeProvider, answer: str
) -> None:
    provider.script["card"] = ["silent"]
    ret = accepted(shop, 30_00, card(30_00))
    shop.settles(ret)
    loses(shop, 30_00)
    (leg,) = shop.settlement(ret).legs
    if answer == "declined":
        refused = RefundOutcome(state=RefundState.DECLINED, reason="charge_disputed")
        provider.refunds[leg.key] = refused

    shop.retries(shop.settlement(ret))

    assert states(shop, ret) == [(LegState.CANCELLED, 30_00)]
    assert shop.settlement(ret).state is SettlementState.SETTLED
    assert provider.paid_out("card") == 0
    balances = books(shop, ret.subject)
    assert (balances.owed(), balances.under_way()) == (eur(0), eur(0))
    assert payment_tasks(shop) == []


def test_a_leg_that_began_after_the_bank_gave_is_paid_where_its_payment_carries_it(
    shop: Shop, two: tuple[Return, Return], provider: FakeProvider
) -> None:
    loses(shop, 5_00)
    provider.script["card"] = ["declined"]
    shop.settles(two[0])
    assert states(shop, two[0]) == [(LegState.DECLINED, 20_00)]

    shop.retries(shop.settlement(two[0]))

    assert provider.paid_out("card") == 20_00


# --- a settlement that starts after the bank gave the money ---------------------------------------


def test_what_no_payment_carries_because_the_bank_took_it_is_not_owed(
    shop: Shop, provider: FakeProvider
) -> None:
    ret = accepted(shop, 30_00, card(30_00))
    loses(shop, 30_00)

    shop.settles(ret)

    settlement = shop.settlement(ret)
    assert (settlement.state, settlement.shortfall) == (SettlementState.SETTLED, eur(0))
    assert states(shop, ret) == [(LegState.CANCELLED, 30_00)]
    assert (provider.sent, payment_tasks(shop)) == ([], [])
    assert status_of(shop.now_is(ret)) == "COMPLETED"
    assert books(shop, ret.subject).owed() == eur(0)
    assert lost_in_all(shop, ret) == 0


def test_the_plan_says_what_the_bank_gave_as_the_settlement_does(shop: Shop) -> None:
    ret = accepted(shop, 50_00, card(30_00))
    loses(shop, 12_00)

    planned = starting.plan(shop.store.reads(), ret.return_id, shop.context())
    shop.settles(ret)

    done = shop.settlement(ret)
    assert [(leg.payment_id, leg.amount, leg.reason) for leg in planned.legs] == [
        (leg.payment_id, leg.amount, leg.reason) for leg in done.legs
    ]
    assert planned.shortfall == done.shortfall


def test_the_customer_has_what_was_paid_and_no_more_whoever_gave_it(
    shop: Shop, two: tuple[Return, Return], provider: FakeProvider
) -> None:
    loses(shop, 30_00)

    for ret in two:
        shop.settles(ret)

    assert states(shop, two[0]) == [(LegState.PAID, 10_00), (LegState.CANCELLED, 10_00)]
    assert states(shop, two[1]) == [(LegState.CANCELLED, 20_00)]
    assert provider.paid_out("card") == 10_00
    assert lost_in_all(shop, *two) == 0


def test_what_is_short_for_another_reason_stays_short(shop: Shop) -> None:
    ret = accepted(shop, 50_00, card(30_00))
    loses(shop, 12_00)

    shop.settles(ret)

    settlement = shop.settlement(ret)
    assert states(shop, ret) == [(LegState.PAID, 18_00), (LegState.CANCELLED, 12_00)]
    assert settlement.shortfall == eur(20_00)
    assert [task.reasons for task in payment_tasks(shop)] == [("short",)]


# --- a refund that waits for a second person ------------------------------------------------------


def held_after_loss(shop: Shop) -> Return:
    ret = above_limit(shop, accepted(shop, 30_00, card(30_00)))
    loses(shop, 12_00)
    shop.settles(ret)
    return ret


def test_nothing_of_a_held_refund_is_settled_before_the_second_person_agrees(shop: Shop) -> None:
    ret = held_after_loss(shop)

    assert states(shop, ret) == [(LegState.HELD, 18_00)]
    assert shop.settlement(ret).shortfall == eur(12_00)
    takes_back(shop, shop.settlement(ret))
    assert shop.settlement(ret).state is SettlementState.REVERSED


def test_once_they_agree_the_bank_has_given_its_part(shop: Shop, provider: FakeProvider) -> None:
    ret = held_after_loss(shop)

    agrees(shop, shop.settlement(ret))

    assert states(shop, ret) == [(LegState.PAID, 18_00), (LegState.CANCELLED, 12_00)]
    assert provider.paid_out("card") == 18_00
    assert (books(shop, ret.subject).owed(), payment_tasks(shop)) == (eur(0), [])
