"""Credit of a settlement that is taken back, so that the customer gets the money after all."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.core.errors import Conflict, Stale
from chalicelib.core.events import chain_fault
from chalicelib.credits import withdrawing
from chalicelib.credits.ageing import age
from chalicelib.ledger.model import Account
from chalicelib.policy.document import FourEyes
from chalicelib.returns.model import Closure, Resolution, Return
from chalicelib.returns.standing import Status, status_of
from chalicelib.settlement.model import LegState, Settlement, SettlementState
from chalicelib.store import keys
from chalicelib.tasks.model import TaskKind, TaskState, task_id_for
from tests.builders import Shop, eur, payment
from tests.credits.stories import (
    CREDIT,
    REFUND,
    accepted,
    account,
    balance,
    books,
    settled,
    spent,
    told,
    withdrawn,
)
from tests.fakes import FakeProvider, FakeStore
from tests.returns.persons import by
from tests.settlement.refunding import takes_back


@pytest.fixture
def ret(shop: Shop) -> Return:
    """A return whose 10.00 were given as credit: it is completed."""
    accepted_now = accepted(shop, CREDIT)
    settled(shop, accepted_now)
    return shop.now_is(accepted_now)


def refused(code: str, act: Callable[[], object]) -> Conflict:
    with pytest.raises(Conflict, match=code) as caught:
        act()
    return caught.value


def test_credit_that_is_taken_back_is_owed_as_money(shop: Shop, ret: Return) -> None:
    after = withdrawn(shop, shop.settlement(ret))

    (settlement,) = after.settlements
    (leg,) = settlement.legs
    assert (leg.state, leg.provider, leg.amount) == (LegState.DECLINED, "sandbox", eur(10_00))
    assert (settlement.state, settlement.credit_id) == (SettlementState.FAILED, None)
    assert balance(shop) == eur(0)
    assert shop.sold().payments[0].refundable == eur(10_00)
    assert books(shop, ret).owed() == eur(10_00)


def test_the_return_is_open_again_and_somebody_is_told_to_pay(shop: Shop, ret: Return) -> None:
    assert ret.closure is Closure.COMPLETED

    after = withdrawn(shop, shop.settlement(ret))

    assert (after.closure, status_of(after)) == (Closure.REOPENED, Status.SETTLING)
    occasion = f"{after.settlements[0].settlement_id}-credit_withdrawn"
    task = shop.store.reads().task(task_id_for(TaskKind.PAYMENT, ret.subject, occasion))
    assert task is not None
    assert told(shop, ret)[-2:] == ["settlement.credit_withdrawn", "return.reopened"]


def test_it_is_paid_by_a_retry_with_a_key_of_its_own(
    shop: Shop, ret: Return, provider: FakeProvider
) -> None:
    key = shop.settlement(ret).legs[0].key
    withdrawn(shop, shop.settlement(ret))

    shop.retries(shop.settlement(ret))

    (leg,) = shop.settlement(ret).legs
    assert (leg.state, leg.attempt) == (LegState.PAID, 2)
    assert [sent.key for sent in provider.sent] == [leg.key] != [key]
    assert provider.paid_out("card") == 10_00
    assert shop.now_is(ret).closure is Closure.COMPLETED
    balances = books(shop, ret)
    assert (balances.owed(), balances.under_way()) == (eur(0), eur(0))
    assert balances.refunded("card") == eur(10_00)
    assert balances.minor(Account.STORE_CREDIT) == 0


def test_the_task_ends_with_the_payment(shop: Shop, ret: Return) -> None:
    withdrawn(shop, shop.settlement(ret))
    (task_id,) = shop.settlement(ret).tasks

    shop.retries(shop.settlement(ret))

    task = shop.store.reads().task(task_id)
    assert task is not None
    assert (task.state, task.reasons, task.amount) == (
        TaskState.DONE,
        ("credit_withdrawn",),
        eur(10_00),
    )
    assert told(shop, ret).count("settlement.settled") == 1, "it was settled before"


def test_the_whole_settlement_may_be_taken_back_then_and_started_anew(
    shop: Shop, ret: Return, provider: FakeProvider
) -> None:
    withdrawn(shop, shop.settlement(ret))
    takes_back(shop, shop.settlement(ret))
    assert books(shop, ret).minor(Account.RETURNED) == 0

    shop.settles(ret)

    assert shop.now_is(ret).closure is Closure.COMPLETED
    assert provider.paid_out("card") == 10_00
    balances = books(shop, ret)
    assert (balances.owed(), balances.refunded("card")) == (eur(0), eur(10_00))


def test_what_else_its_lines_bring_is_money_too(shop: Shop, ret: Return) -> None:
    after = withdrawn(shop, shop.settlement(ret))

    assert [line.resolution for line in after.lines] == [Resolution.REFUND]


def test_what_goes_back_of_the_order_stays_as_it_was(shop: Shop, ret: Return) -> None:
    given = shop.sold().given

    withdrawn(shop, shop.settlement(ret))

    assert shop.sold().given == given
    assert given.units, "the goods did come back"


def test_credit_that_was_spent_of_is_not_taken_back(shop: Shop, ret: Return) -> None:
    spent(shop, 1)

    refused("credit_already_spent", lambda: withdrawn(shop, shop.settlement(ret)))

    assert balance(shop) == eur(9_99)
    assert shop.now_is(ret) == ret


@pytest.mark.parametrize("is_booked", [False, True], ids=["before the night", "after the night"])
def test_credit_that_has_ended_is_not_turned_into_money(shop: Shop, is_booked: bool) -> None:
    """Whether it is depends on its end, not on when that is booked."""
    ret = accepted(shop, CREDIT)
    settlement = settled(shop, ret, days=30)
    shop.now += timedelta(days=31)
    if is_booked:
        shop.do(lambda reads, context: age(reads, account(shop).account_id, context))

    refused("credit_already_spent", lambda: withdrawn(shop, settlement))

    assert shop.settlement(ret).state is SettlementState.SETTLED


def test_it_is_the_credit_of_its_legs_that_is_taken_back(shop: Shop) -> None:
    """Where more was given for the same settlement later, as its payment had more by then."""
    gift = payment("gift", 2_00, provider="store_credit")
    ret = accepted(shop, CREDIT, payments=(payment("card", 6_00), gift))
    settlement = settled(shop, ret)
    (first,) = {leg.reference for leg in settlement.legs}
    payments = tuple(
        replace(one, captured=eur(4_00)) if one.payment_id == "gift" else one
        for one in shop.sold().payments
    )
    shop.registers(replace(shop.sold(), payments=payments))
    shop.retries(shop.settlement(ret))
    assert {leg.reference for leg in shop.settlement(ret).legs} > {first}

    withdrawn(shop, shop.settlement(ret))

    assert balance(shop) == eur(4_00)
    assert books(shop, ret).owed() == eur(6_00)


def test_other_credit_of_the_customer_is_left_alone(shop: Shop, ret: Return) -> None:
    settled(shop, accepted(shop, CREDIT, no="O-2"))

    withdrawn(shop, shop.settlement(ret))

    assert balance(shop) == eur(10_00)


def test_the_same_command_again_changes_nothing(shop: Shop, ret: Return) -> None:
    settlement = shop.settlement(ret)
    first = withdrawn(shop, settlement, "c-1")

    again = withdrawn(shop, settlement, "c-1")

    assert again == first
    refused("not_given_as_credit", lambda: withdrawn(shop, settlement, "c-2"))


def test_what_was_paid_in_money_has_no_credit_to_take_back(shop: Shop) -> None:
    paid = accepted(shop, REFUND)
    shop.settles(paid)

    refused("not_given_as_credit", lambda: withdrawn(shop, shop.settlement(paid)))


def test_what_was_bought_with_credit_stays_credit(shop: Shop) -> None:
    payments = (payment("card", 6_00), payment("credit", 4_00, provider="store_credit"))
    ret = accepted(shop, CREDIT, payments=payments)
    settlement = settled(shop, ret)

    after = withdrawn(shop, settlement)

    states = {leg.payment_id: leg.state for leg in after.settlements[0].legs}
    assert states == {"card": LegState.DECLINED, "credit": LegState.PAID}
    assert after.settlements[0].state is SettlementState.PARTIAL
    assert after.settlements[0].credit_id == settlement.credit_id
    assert balance(shop) == eur(4_00)
    balances = books(shop, ret)
    assert (balances.owed(), balances.minor(Account.STORE_CREDIT)) == (eur(6_00), -4_00)


def test_of_a_credit_for_both_nothing_may_be_spent(shop: Shop) -> None:
    """Though what is left would do for the money."""
    payments = (payment("card", 6_00), payment("credit", 4_00, provider="store_credit"))
    settlement = settled(shop, accepted(shop, CREDIT, payments=payments))
    spent(shop, 1)

    refused("credit_already_spent", lambda: withdrawn(shop, settlement))


def test_who_approved_the_return_does_not_pay_it(shop: Shop) -> None:
    ret = accepted(shop, CREDIT)
    settlement = settled(shop, ret)
    stored = shop.now_is(ret)
    assert stored.decision is not None
    assert isinstance(shop.store, FakeStore)
    strict = replace(stored.decision, four_eyes=(FourEyes.APPROVER_REFUNDER,))
    shop.store.records[keys.key_of(stored)] = replace(stored, decision=strict)

    refused("same_person", lambda: withdrawn(shop, settlement))


def test_of_what_was_bought_with_credit_alone_nothing_becomes_money(shop: Shop) -> None:
    credit = (payment("credit", 10_00, provider="store_credit"),)
    settlement = settled(shop, accepted(shop, REFUND, payments=credit))

    refused("not_given_as_credit", lambda: withdrawn(shop, settlement))


def test_who_looked_at_another_version_is_told(shop: Shop, ret: Return) -> None:
    settlement = shop.settlement(ret)

    with pytest.raises(Stale):
        _as(shop, settlement, version=ret.version - 1)


def _as(shop: Shop, settlement: Settlement, *, version: int) -> Return:
    context = replace(by(shop, "fin-1", "finance"), expected_version=version)
    return shop.do(
        lambda reads, context: withdrawing.withdraw_credit(
            reads, settlement.settlement_id, context
        ),
        context,
    )


def test_both_chains_of_events_hold(shop: Shop, ret: Return) -> None:
    withdrawn(shop, shop.settlement(ret))
    shop.retries(shop.settlement(ret))

    for subject in (ret.subject, account(shop).subject):
        assert chain_fault(list(shop.store.reads().events(subject))) is None
