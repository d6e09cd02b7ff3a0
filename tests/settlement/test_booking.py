"""What is booked on payments and tasks: manual legs, shortfalls, declines beside them."""

import pytest

from chalicelib.core.errors import Conflict, Invalid, NotFound
from chalicelib.returns.model import Return
from chalicelib.returns.standing import status_of
from chalicelib.settlement import retrying, starting
from chalicelib.settlement.model import LegState, SettlementState
from chalicelib.tasks.model import TaskKind, task_id_for
from tests.builders import Shop, eur, item, line, order, passed, payment, restock
from tests.fakes import FakeProvider


def mixed(shop: Shop) -> Return:
    """40.00 accepted: 30.00 go back to a card, 10.00 by bank transfer."""
    payments = (payment("card", 30_00), payment("bank", 10_00, provider="manual"))
    shop.sells(order(line(quantity=2, price=20_00), payments=payments))
    return shop.accepts(shop.asks(quantity=2), 2)


def test_a_manual_leg_waits_for_the_proof_of_a_person(shop: Shop) -> None:
    ret = mixed(shop)
    shop.settles(ret)
    assert shop.settlement(ret).state is SettlementState.PARTIAL
    assert shop.sold().payments[1].pending == eur(10_00)

    done = shop.confirms(shop.settlement(ret), "bank", "bank-77")

    assert shop.settlement(ret).state is SettlementState.SETTLED
    assert shop.settlement(ret).legs[1].reference == "bank-77"
    assert shop.sold().payments[1].pending == eur(0)
    assert shop.sold().payments[1].refunded_by_us == eur(10_00)
    assert status_of(done) == "COMPLETED"


def test_the_same_proof_again_changes_nothing_and_another_one_is_refused(shop: Shop) -> None:
    ret = mixed(shop)
    shop.settles(ret)
    settlement = shop.settlement(ret)
    first = shop.confirms(settlement, "bank", "bank-77")

    assert shop.confirms(settlement, "bank", "bank-77") == first
    with pytest.raises(Conflict, match="leg_not_manual"):
        shop.confirms(settlement, "bank", "bank-78")


@pytest.mark.parametrize(
    ("payment_id", "proof", "error"),
    [
        ("bank", "  ", Invalid("proof_required", "")),
        ("card", "p", Conflict("leg_not_manual", "")),
        ("other", "p", NotFound("leg_not_found", "")),
    ],
    ids=["empty proof", "leg of a provider", "unknown leg"],
)
def test_only_a_manual_leg_is_confirmed_and_only_with_a_proof(
    shop: Shop, payment_id: str, proof: str, error: Exception
) -> None:
    ret = mixed(shop)
    shop.settles(ret)

    with pytest.raises(type(error), match=str(error).split(":", maxsplit=1)[0]):
        shop.confirms(shop.settlement(ret), payment_id, proof)


def test_a_manual_leg_is_confirmed_also_where_its_sibling_was_declined(
    shop: Shop, provider: FakeProvider
) -> None:
    provider.script["card"] = ["declined"]
    ret = mixed(shop)
    shop.settles(ret)

    shop.confirms(shop.settlement(ret), "bank")

    assert [leg.state for leg in shop.settlement(ret).legs] == [LegState.DECLINED, LegState.PAID]
    shop.retries(shop.settlement(ret))
    assert shop.settlement(ret).state is SettlementState.SETTLED


def test_a_declined_leg_opens_one_task_for_each_attempt(shop: Shop, provider: FakeProvider) -> None:
    provider.script["card"] = ["declined", "declined"]
    ret = mixed(shop)
    shop.settles(ret)
    shop.retries(shop.settlement(ret))

    own = shop.settlement(ret).settlement_id
    for attempt in (1, 2):
        occasion = f"{own}-declined-card-{attempt}"
        task = shop.store.reads().task(task_id_for(TaskKind.PAYMENT, ret.subject, occasion))
        assert task is not None
        assert task.role == "finance"


def test_what_the_payments_cannot_carry_is_a_shortfall_that_is_shown(
    shop: Shop, provider: FakeProvider
) -> None:
    shop.sells(order(line(price=50_00), payments=(payment("card", 30_00),)))
    ret = shop.accepts(shop.asks())

    shop.settles(ret)

    settlement = shop.settlement(ret)
    assert (settlement.amount, settlement.paid) == (eur(50_00), eur(30_00))
    assert settlement.shortfall == eur(20_00)
    assert settlement.state is SettlementState.PARTIAL
    assert status_of(shop.now_is(ret)) == "SETTLING"
    task_id = task_id_for(TaskKind.PAYMENT, ret.subject, f"{settlement.settlement_id}-started")
    assert shop.store.reads().task(task_id) is not None


def test_a_plan_says_what_would_be_paid_and_writes_nothing(shop: Shop) -> None:
    ret = mixed(shop)
    before = shop.now_is(ret), shop.sold()

    plan = starting.plan(shop.store.reads(), ret.return_id, shop.context())

    assert [(leg.payment_id, leg.amount) for leg in plan.legs] == [
        ("card", eur(30_00)),
        ("bank", eur(10_00)),
    ]
    assert (shop.now_is(ret), shop.sold()) == before


def test_where_nothing_is_owed_a_plan_is_refused_like_its_execution(shop: Shop) -> None:
    shop.sells(order(line()))
    ret = shop.asks()

    with pytest.raises(Conflict, match="nothing_to_settle"):
        starting.plan(shop.store.reads(), ret.return_id, shop.context())


def test_units_accepted_later_are_settled_on_their_own(shop: Shop, provider: FakeProvider) -> None:
    shop.sells(order(line(quantity=2, price=20_01)))
    ret = shop.asks(quantity=2)
    shop.accepts(ret, 1)
    shop.settles(ret)
    first = shop.settlement(ret)

    shop.receives(ret, item())
    shop.inspects(ret, passed())
    shop.disposes(ret, restock())
    shop.settles(ret)

    assert len(shop.now_is(ret).settlements) == 2
    assert first.paid + shop.settlement(ret).paid == eur(40_02)
    assert status_of(shop.now_is(ret)) == "COMPLETED"


@pytest.mark.parametrize("settlement_id", ["stl_1", "x", "stl_a_b_c", "stl_none_none"])
def test_an_unknown_settlement_is_not_found(shop: Shop, settlement_id: str) -> None:
    with pytest.raises(NotFound, match="settlement_not_found"):
        shop.do(lambda reads, context: retrying.try_again(reads, settlement_id, context))


def test_a_declined_leg_whose_payment_was_spent_meanwhile_is_refused_by_name(
    shop: Shop, provider: FakeProvider
) -> None:
    provider.script["card"] = ["declined"]
    shop.sells(order(line(quantity=2, price=20_00), payments=(payment("card", 20_00),)))
    first, second = shop.asks(), shop.asks()
    shop.accepts(first)
    shop.accepts(second)
    shop.settles(first)
    shop.settles(second)

    with pytest.raises(Conflict, match="payment_exhausted"):
        shop.retries(shop.settlement(first))
