"""A retry sends exactly the rest: what was declined, and what payments carry only now."""

from dataclasses import dataclass, replace

import pytest

from chalicelib.core.errors import Conflict
from chalicelib.orders.model import Order, Payment
from chalicelib.returns.model import Return
from chalicelib.returns.standing import status_of
from chalicelib.settlement import outcomes
from chalicelib.settlement.model import LegState, Settlement, SettlementState
from chalicelib.settlement.ports import RefundOutcome, RefundState
from chalicelib.tasks.model import Task
from tests.builders import Shop, eur, line, order, payment
from tests.fake_reads import Reader
from tests.fakes import FakeProvider
from tests.settlement.refunding import (
    above_limit,
    accepted,
    agrees,
    books,
    card,
    comes_back,
    is_disputed,
    paid,
    payment_tasks,
    pays_otherwise,
    wins,
)


def captures(shop: Shop, *payments: Payment) -> None:
    """The shop system says that more was captured by now."""
    known = {one.payment_id: one for one in shop.sold().payments}
    merged = tuple(
        replace(known.get(one.payment_id, one), captured=one.captured) for one in payments
    )
    shop.registers(replace(shop.sold(), payments=merged))


@pytest.fixture
def short(shop: Shop) -> Return:
    """50.00, of which the card carries 30.00 so far."""
    ret = accepted(shop, 50_00, card(30_00))
    shop.settles(ret)
    return shop.now_is(ret)


def test_once_more_is_captured_what_was_short_is_sent_under_a_key_of_its_own(
    shop: Shop, short: Return, provider: FakeProvider
) -> None:
    captures(shop, card(50_00))

    shop.retries(shop.settlement(short))

    settlement = shop.settlement(short)
    assert [leg.amount for leg in settlement.legs] == [eur(30_00), eur(20_00)]
    assert (settlement.state, settlement.shortfall) == (SettlementState.SETTLED, eur(0))
    assert provider.paid_out("card") == 50_00
    assert len({request.key for request in provider.sent}) == 2
    assert status_of(shop.now_is(short)) == "COMPLETED"
    assert payment_tasks(shop) == []
    assert books(shop, short.subject).refunded("card") == eur(50_00)


def test_of_what_was_captured_since_no_more_is_sent_than_was_short(
    shop: Shop, short: Return, provider: FakeProvider
) -> None:
    captures(shop, card(80_00), card(80_00, "wallet"))

    shop.retries(shop.settlement(short))

    assert (provider.paid_out("card"), provider.paid_out("wallet")) == (50_00, 0)


def test_what_is_carried_only_in_part_leaves_the_rest_short(
    shop: Shop, short: Return, provider: FakeProvider
) -> None:
    captures(shop, card(35_00), card(7_00, "wallet"))

    shop.retries(shop.settlement(short))

    assert shop.settlement(short).shortfall == eur(8_00)
    assert (provider.paid_out("card"), provider.paid_out("wallet")) == (35_00, 7_00)
    captures(shop, card(43_00), card(7_00, "wallet"))
    shop.retries(shop.settlement(short))
    assert shop.settlement(short).state is SettlementState.SETTLED
    assert provider.paid_out("card") == 43_00


def test_a_new_leg_that_is_declined_is_tried_again_like_any_other(
    shop: Shop, short: Return, provider: FakeProvider
) -> None:
    captures(shop, card(50_00))
    provider.script["card"] = ["declined"]
    shop.retries(shop.settlement(short))
    assert [task.reasons for task in payment_tasks(shop)] == [("short",), ("declined",)]

    shop.retries(shop.settlement(short))

    assert shop.settlement(short).state is SettlementState.SETTLED
    assert provider.paid_out("card") == 50_00
    assert len({request.key for request in provider.sent}) == 3
    assert payment_tasks(shop) == []


def test_two_legs_of_a_payment_that_are_declined_at_once_are_two_tasks(
    shop: Shop, provider: FakeProvider
) -> None:
    provider.script["card"] = ["silent"]
    ret = accepted(shop, 50_00, card(30_00))
    shop.settles(ret)
    captures(shop, card(50_00))
    provider.script["card"] = ["silent", "silent"]
    shop.retries(shop.settlement(ret))
    provider.script["card"] = ["declined", "declined"]

    shop.retries(shop.settlement(ret))

    declined = [task for task in payment_tasks(shop) if task.reasons == ("declined",)]
    assert sorted(task.amount.minor for task in declined if task.amount) == [20_00, 30_00]


def test_while_nothing_more_is_carried_a_retry_is_refused(shop: Shop, short: Return) -> None:
    with pytest.raises(Conflict, match="nothing_to_retry") as refusal:
        shop.retries(shop.settlement(short))

    assert refusal.value.details["waits_for"] == ["short"]


def test_a_disputed_payment_carries_nothing_of_what_was_short(
    shop: Shop, short: Return, provider: FakeProvider
) -> None:
    captures(shop, card(50_00))
    is_disputed(shop, 10_00)

    with pytest.raises(Conflict, match="nothing_to_retry"):
        shop.retries(shop.settlement(short))

    assert provider.paid_out("card") == 30_00


def test_a_settlement_that_only_waits_for_a_proof_is_not_retried(shop: Shop) -> None:
    ret = accepted(shop, 20_00, payment("bank", 20_00, provider="manual"))
    shop.settles(ret)

    with pytest.raises(Conflict, match="nothing_to_retry") as refusal:
        shop.retries(shop.settlement(ret))

    assert refusal.value.details["waits_for"] == ["manual"]


def test_a_leg_that_cannot_be_sent_keeps_no_other_from_being_sent(
    shop: Shop, provider: FakeProvider
) -> None:
    provider.script = {"card": ["declined"], "wallet": ["declined"]}
    payments = (card(20_00), card(20_00, "wallet"))
    shop.sells(order(line(quantity=2, price=20_00), payments=payments))
    first, second = shop.asks(), shop.asks()
    shop.accepts(first)
    shop.accepts(second)
    shop.settles(first)
    shop.settles(second)

    assert provider.paid_out("card") == 20_00
    with pytest.raises(Conflict, match="payment_exhausted"):
        shop.retries(shop.settlement(first))
    pays_otherwise(shop, shop.settlement(first), "card")
    assert shop.settlement(first).state is SettlementState.MANUAL


def test_what_was_short_of_a_refund_that_nobody_agreed_to_is_held_too(
    shop: Shop, provider: FakeProvider
) -> None:
    ret = above_limit(shop, accepted(shop, 50_00, card(30_00)))
    shop.settles(ret)
    captures(shop, card(50_00))

    shop.retries(shop.settlement(ret))

    assert [leg.state for leg in shop.settlement(ret).legs] == [LegState.HELD] * 2
    assert (provider.sent, paid(shop).pending) == ([], eur(50_00))
    agrees(shop, shop.settlement(ret))
    assert provider.paid_out("card") == 50_00
    assert books(shop, ret.subject).owed() == eur(0)


def test_what_was_paid_beside_the_payments_does_not_give_its_key_to_another_amount(
    shop: Shop, provider: FakeProvider
) -> None:
    """The card has no room for what it declined; later it has, for what was short."""
    provider.script["card"] = ["declined"]
    shop.sells(order(line(quantity=2, price=30_00), payments=(card(20_00),)))
    first, second = shop.asks(), shop.asks()
    for ret in (first, second):
        shop.accepts(ret)
        shop.settles(ret)
    pays_otherwise(shop, shop.settlement(first), "card")
    captures(shop, card(30_00))

    shop.retries(shop.settlement(first))

    sent = [(request.key, request.amount) for request in provider.sent]
    assert len(dict(sent)) == len(sent)
    assert shop.settlement(first).legs[1].amount == eur(10_00)


def test_a_task_of_an_earlier_time_is_done_with_the_settlement_that_it_was_about(
    shop: Shop, provider: FakeProvider
) -> None:
    provider.script["card"] = ["declined", "declined"]
    ret = accepted(shop, 30_00, card(30_00))
    shop.settles(ret)
    shop.retries(shop.settlement(ret))
    assert len(payment_tasks(shop)) == 2

    shop.retries(shop.settlement(ret))

    assert payment_tasks(shop) == []
    assert len(payment_tasks(shop, is_open=False)) == 2


def test_while_a_part_of_a_payment_is_disputed_no_settlement_begins_with_the_rest_of_it(
    shop: Shop, provider: FakeProvider
) -> None:
    ret = accepted(shop, 30_00, card(40_00))
    is_disputed(shop, 5_00)

    shop.settles(ret)

    assert (shop.settlement(ret).shortfall, provider.sent) == (eur(30_00), [])
    wins(shop, 5_00)
    shop.retries(shop.settlement(ret))
    assert provider.paid_out("card") == 30_00


@dataclass(frozen=True, slots=True)
class WithoutTasks:
    """A reader that may not be asked for a task."""

    reads: Reader

    def return_and_order(self, return_id: str) -> tuple[Return | None, Order | None]:
        return self.reads.return_and_order(return_id)

    def task(self, task_id: str) -> Task | None:
        pytest.fail("a task was looked up that was never opened")


def test_a_settlement_that_needed_nobody_looks_up_no_task(
    shop: Shop, provider: FakeProvider
) -> None:
    """Most are paid at once: a look-up of theirs would be one for nothing."""
    provider.script["card"] = ["silent"]
    ret = accepted(shop, 30_00, card(30_00))
    shop.settles(ret)
    settlement = shop.settlement(ret)
    answers = {settlement.legs[0].key: outcome(30_00, refund_id="rf-1")}

    decided = outcomes.record_outcomes(
        WithoutTasks(shop.store.reads()), settlement.settlement_id, answers, shop.context()
    )

    assert decided.result.settlements[0].state is SettlementState.SETTLED


def outcome(leg_amount: int, **more: str) -> RefundOutcome:
    return RefundOutcome(state=RefundState.SUCCEEDED, amount=eur(leg_amount), **more)


def booked(shop: Shop, settlement: Settlement, answer: RefundOutcome) -> Return:
    own, key = settlement.settlement_id, settlement.legs[0].key
    return shop.do(
        lambda reads, context: outcomes.record_outcomes(reads, own, {key: answer}, context)
    )


def test_an_answer_about_another_amount_leaves_the_leg_without_an_answer(
    shop: Shop, provider: FakeProvider
) -> None:
    provider.script["card"] = ["silent"]
    ret = accepted(shop, 30_00, card(30_00))
    shop.settles(ret)

    booked(shop, shop.settlement(ret), outcome(29_99, refund_id="rf-1"))

    leg = shop.settlement(ret).legs[0]
    assert (leg.state, leg.reason, leg.reference) == (LegState.UNKNOWN, "amount_mismatch", None)
    assert paid(shop).pending == eur(30_00)


def test_an_answer_that_comes_twice_or_after_it_came_back_is_booked_once(shop: Shop) -> None:
    ret = accepted(shop, 30_00, card(30_00))
    shop.settles(ret)
    settlement = shop.settlement(ret)
    comes_back(shop, settlement)
    before = shop.now_is(ret)

    booked(shop, settlement, outcome(30_00, refund_id=str(settlement.legs[0].reference)))

    assert shop.now_is(ret) == before
