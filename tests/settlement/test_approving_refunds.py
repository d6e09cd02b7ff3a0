"""A refund above the limit of its policy waits for a second person, and for nobody else."""

from dataclasses import replace

import pytest

from chalicelib.core.errors import Conflict, NotAllowed, Stale
from chalicelib.core.events import Actor
from chalicelib.policy.document import FourEyes
from chalicelib.returns.model import Return
from chalicelib.returns.standing import status_of
from chalicelib.settlement.model import LegState, SettlementState
from chalicelib.store import keys
from tests.builders import Shop, eur, payment
from tests.fakes import DyingStore, FakeProvider, FakeStore, Killed
from tests.settlement.refunding import (
    SECOND,
    above_limit,
    accepted,
    agrees,
    books,
    by,
    card,
    is_disputed,
    paid,
    payment_tasks,
    takes_back,
    told,
)


@pytest.fixture
def held(shop: Shop) -> Return:
    """50.00 owed, 30.00 of it to a card and 20.00 by bank transfer; nothing was sent yet."""
    payments = (card(30_00), payment("bank", 20_00, provider="manual"))
    ret = above_limit(shop, accepted(shop, 50_00, *payments), eur(40_00))
    shop.settles(ret)
    return shop.now_is(ret)


def test_up_to_the_limit_nobody_else_is_asked(shop: Shop, provider: FakeProvider) -> None:
    ret = above_limit(shop, accepted(shop, 50_00, card(50_00)), eur(50_00))

    shop.settles(ret)

    assert provider.paid_out("card") == 50_00


def test_above_it_nothing_is_sent_and_the_money_is_kept_for_it(
    shop: Shop, held: Return, provider: FakeProvider
) -> None:
    settlement = shop.settlement(held)

    assert settlement.state is SettlementState.QUOTED
    assert [leg.state for leg in settlement.legs] == [LegState.HELD] * 2
    assert (provider.sent, provider.asked) == ([], [])
    assert (paid(shop).pending, paid(shop).refundable) == (eur(30_00), eur(0))
    assert status_of(held) == "SETTLING"
    (task,) = payment_tasks(shop)
    assert (task.reasons, task.amount) == (("held_for_second_person",), eur(50_00))
    assert books(shop, held.subject).owed() == eur(50_00)


def test_a_second_person_lets_every_leg_go_where_it_belongs(
    shop: Shop, held: Return, provider: FakeProvider
) -> None:
    agrees(shop, shop.settlement(held))

    settlement = shop.settlement(held)
    assert [leg.state for leg in settlement.legs] == [LegState.PAID, LegState.MANUAL]
    assert (settlement.approved_by, provider.paid_out("card")) == (SECOND.id, 30_00)
    assert provider.asked == []
    (event,) = told(shop, held.subject, "refund.approved")
    assert event.data["started_by"] == "someone"
    assert books(shop, held.subject).under_way() == eur(20_00)

    done = shop.confirms(settlement, "bank")
    assert status_of(done) == "COMPLETED"
    assert payment_tasks(shop) == []


def test_who_started_it_is_no_second_person(
    shop: Shop, held: Return, provider: FakeProvider
) -> None:
    with pytest.raises(Conflict, match="same_person"):
        agrees(shop, shop.settlement(held), Actor(id="someone", role="finance"))

    assert provider.sent == []


@pytest.mark.parametrize("role", ["machine", "system"])
def test_what_is_no_person_agrees_to_nothing(shop: Shop, held: Return, role: str) -> None:
    with pytest.raises(NotAllowed, match="person_required"):
        agrees(shop, shop.settlement(held), Actor(id="erp", role=role))


def test_where_a_machine_started_it_one_person_is_asked(shop: Shop, provider: FakeProvider) -> None:
    ret = above_limit(shop, accepted(shop, 50_00, card(50_00)))
    shop.settles(ret, by(shop, Actor(id="erp", role="machine")))

    agrees(shop, shop.settlement(ret), Actor(id="someone", role="finance"))

    assert provider.paid_out("card") == 50_00


def test_who_approved_the_return_does_not_agree_to_its_refund_where_policy_says_so(
    shop: Shop,
) -> None:
    ret = above_limit(shop, accepted(shop, 50_00, card(50_00)))
    eyes = with_four_eyes(shop, ret, FourEyes.APPROVER_REFUNDER)
    shop.settles(eyes, by(shop, SECOND))

    with pytest.raises(Conflict, match="same_person") as refusal:
        agrees(shop, shop.settlement(ret), Actor(id="someone", role="finance"))

    assert refusal.value.details["pair"] == FourEyes.APPROVER_REFUNDER.value


def with_four_eyes(shop: Shop, ret: Return, pair: FourEyes) -> Return:
    """The return as if its policy wanted these two to be different people."""
    store = shop.store
    assert isinstance(store, FakeStore)
    assert ret.decision is not None
    ret = replace(ret, decision=replace(ret.decision, four_eyes=(pair,)))
    store.records[keys.key_of(ret)] = ret
    return ret


def test_a_third_person_comes_too_late(shop: Shop, held: Return, provider: FakeProvider) -> None:
    provider.script["card"] = ["declined"]
    agrees(shop, shop.settlement(held))

    with pytest.raises(Conflict, match="nothing_held"):
        agrees(shop, shop.settlement(held), Actor(id="third", role="finance"))


def test_a_retry_sends_nothing_that_is_held(
    shop: Shop, held: Return, provider: FakeProvider
) -> None:
    with pytest.raises(Conflict, match="nothing_to_retry") as refusal:
        shop.retries(shop.settlement(held))

    assert refusal.value.details["waits_for"] == ["held_for_second_person"]
    assert provider.sent == []


@pytest.mark.parametrize("step", ["dies before", "dies after"])
def test_an_approval_that_was_cut_off_goes_on_when_it_is_sent_again(
    shop: Shop, held: Return, provider: FakeProvider, step: str
) -> None:
    provider.script["card"] = [step]
    context = by(shop, SECOND, version=held.version)
    with pytest.raises(Killed):
        agrees(shop, shop.settlement(held), context=context, key="yes")

    agrees(shop, shop.settlement(held), context=context, key="yes")

    assert [leg.state for leg in shop.settlement(held).legs] == [LegState.PAID, LegState.MANUAL]
    assert provider.paid_out("card") == 30_00
    assert len(told(shop, held.subject, "refund.approved")) == 1


def test_an_approval_whose_process_died_after_its_write_is_brought_to_its_end(
    shop: Shop, held: Return, provider: FakeProvider
) -> None:
    dying = DyingStore(shop.store, writes_left=1)
    payout = shop.payout(dying)
    context = by(shop, SECOND)
    with pytest.raises(Killed):
        payout.approve(
            shop.settlement(held).settlement_id,
            context,
            render=lambda ret: pytest.fail("it died before"),
            idempotency=None,
        )

    shop.retries(shop.settlement(held))

    assert provider.paid_out("card") == 30_00


def test_who_looked_at_a_past_version_agrees_to_nothing(shop: Shop, held: Return) -> None:
    with pytest.raises(Stale):
        agrees(shop, shop.settlement(held), context=by(shop, SECOND, version=held.version - 1))


def test_while_its_payment_is_disputed_nobody_agrees(
    shop: Shop, held: Return, provider: FakeProvider
) -> None:
    is_disputed(shop, 10_00)

    with pytest.raises(Conflict, match="payment_disputed"):
        agrees(shop, shop.settlement(held))

    assert provider.sent == []


def test_the_second_person_may_say_no_and_the_money_is_owed_again(
    shop: Shop, held: Return, provider: FakeProvider
) -> None:
    takes_back(shop, shop.settlement(held), "Ask the customer first.")

    assert shop.settlement(held).state is SettlementState.REVERSED
    assert paid(shop).refundable == eur(30_00)
    assert payment_tasks(shop) == []
    assert books(shop, held.subject).owed() == eur(0)
    shop.settles(held)
    assert shop.settlement(held).state is SettlementState.QUOTED
    assert provider.sent == []
