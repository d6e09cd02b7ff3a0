"""A claim resolved with money is paid once, by a return that expects no goods."""

from typing import Any

import pytest

from chalicelib.claims.model import Claim, ClaimReason, Remedy
from chalicelib.core.errors import Conflict
from chalicelib.core.runs import Run
from chalicelib.orders.model import HolderKind
from chalicelib.reconciliation.orders import (
    Holds,
    held_by_claim,
    held_by_return,
)
from chalicelib.reconciliation.returns import bucket_findings
from chalicelib.returns.lifecycle import allowed
from chalicelib.returns.model import Closure, Return
from chalicelib.returns.standing import Status, status_of
from chalicelib.settlement.model import SettlementState
from tests import policies
from tests.builders import NOW, Shop, eur, line, order, wish
from tests.children import claims, grants, resolves
from tests.exchanges.test_differences import booked
from tests.fakes import FakeStore
from tests.policies import form, rule
from tests.returns.persons import by


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """Three sold for 29.00 in all."""
    shop.sells(order(line(quantity=3), discount=100))
    return shop


def resolved(shop: Shop, quantity: int = 1, outcome: Remedy = Remedy.REFUND) -> Claim:
    return resolves(shop, grants(shop, claims(shop, quantity)), outcome)


def under(shop: Shop, four_eyes: tuple[str, ...] = (), **outcome: Any) -> Return:
    """A claim of one of two that were sold with shipping, by the rules of such a policy, paid."""
    document = form("own", rule("all", window={"days": 1}, **outcome), four_eyes=list(four_eyes))
    version = policies.publish(shop.store, document)
    shop.sells(order(line(quantity=2), no="O-2", shipping=eur(490), policy_version=version))
    claim = grants(shop, claims(shop, 1, order_no="O-2"))
    return return_of(shop, resolves(shop, claim))


def return_of(shop: Shop, claim: Claim) -> Return:
    assert claim.return_id is not None, "it is paid by a return"
    ret = shop.store.reads().return_(claim.return_id)
    assert ret is not None, "returns do not vanish"
    return ret


@pytest.mark.parametrize("outcome", [Remedy.REFUND, Remedy.BOTH])
def test_money_goes_back_through_a_return_that_expects_no_goods(
    shop: Shop, outcome: Remedy
) -> None:
    ret = return_of(shop, resolved(shop, 2, outcome))

    assert status_of(ret) is Status.DISPOSITIONED
    assert "settle" in allowed(ret)
    assert ret.refund_due_at is not None
    shop.settles(ret)

    assert shop.settlement(ret).paid == eur(1933)
    assert shop.now_is(ret).closure is Closure.COMPLETED
    assert shop.sold().payments[0].refunded_by_us == eur(1933)
    assert booked(shop, ret) == {"returned": 1933, "refunded": -1933}
    assert list(bucket_findings(shop.now_is(ret))) == []


def test_large_money_waits_for_a_second_person_as_that_of_a_return_does(shop: Shop) -> None:
    ret = under(shop, second_refunder_above={"amount": "5.00", "currency": "EUR"})
    shop.settles(ret)

    assert shop.settlement(ret).state is SettlementState.QUOTED


def test_who_said_yes_to_the_claim_does_not_pay_it_where_policy_wants_two(shop: Shop) -> None:
    ret = under(shop, ("approver_refunder",))
    (yes,) = ret.approvals

    with pytest.raises(Conflict, match="same_person"):
        shop.settles(ret, by(shop, yes.by, yes.role))
    shop.settles(ret, by(shop, "fina", "finance"))

    assert shop.settlement(ret).paid == eur(1000)


def test_shipping_goes_back_by_the_policy_and_no_fee_is_taken(shop: Shop) -> None:
    giving = {"shipping": "first", "promotions": "claw_back"}
    fees = {"restocking": "0.1", "flat": {"amount": "1.00", "currency": "EUR"}}
    ret = under(shop, giving=giving, fees=fees)
    shop.settles(ret)

    assert shop.settlement(ret).paid == eur(1490)
    assert shop.settlement(ret).fees == ()


def test_other_goods_alone_bring_no_money(shop: Shop) -> None:
    claim = resolved(shop, 1, Remedy.REPLACEMENT)

    assert claim.return_id is None
    (held,) = shop.sold().lines[0].reservations
    assert (held.holder_id, held.kind) == (claim.claim_id, HolderKind.CLAIM)


def test_the_units_are_held_once_all_the_while(shop: Shop) -> None:
    claim = resolved(shop, 2)
    ret = return_of(shop, claim)

    (held,) = shop.sold().lines[0].reservations
    assert (held.holder_id, held.kind, held.units) == (
        ret.return_id,
        HolderKind.RETURN,
        (Run(1, 2),),
    )
    assert held_by_claim(claim) == {}
    holds = Holds()
    holds.order(shop.sold())
    holds.claim(claim)
    holds.return_(ret)
    assert list(holds.findings()) == []
    assert list(held_by_return(ret).values()) == ["1-2"]


def test_no_unit_is_paid_by_a_claim_and_by_a_return(shop: Shop) -> None:
    ret = return_of(shop, resolved(shop, 2))
    shop.settles(ret)

    with pytest.raises(Conflict, match="not_returnable_quantity"):
        shop.asks("O-1", wish(2))
    with pytest.raises(Conflict, match="not_returnable_quantity"):
        claims(shop, 2)
    with pytest.raises(Conflict, match="nothing_to_settle"):
        shop.settles(ret)
    rest = shop.accepts(shop.asks("O-1", wish(1)))
    shop.settles(rest)

    assert shop.sold().payments[0].refunded_by_us == eur(2900)


def test_two_who_resolve_it_at_once_open_one_return() -> None:
    store = FakeStore(clock=lambda: NOW)
    shop = Shop(store)
    shop.sells(order(line()))
    claim = grants(shop, claims(shop))
    store.meanwhile(lambda: resolves(shop, claim))

    with pytest.raises(Conflict, match="claim_not_open"):
        resolves(shop, claim)

    returns = [one for one in store.records.values() if isinstance(one, Return)]
    assert len(returns) == 1


@pytest.mark.parametrize("reason", [one for one in ClaimReason if one is not ClaimReason.OTHER])
def test_every_reason_of_a_claim_is_one_of_a_return(shop: Shop, reason: ClaimReason) -> None:
    claim = claims(shop, 1, reason=reason)
    ret = return_of(shop, resolves(shop, grants(shop, claim)))

    (asked,) = ret.lines
    assert shop.store.reads().reason_catalogue().reasons[asked.reason].code == asked.reason


def test_its_events_lead_to_each_other_and_say_nothing_that_people_wrote(shop: Shop) -> None:
    claim = resolves(shop, grants(shop, claims(shop, note="Ada says it rattles")))
    ret = return_of(shop, claim)

    (opened,) = shop.store.reads().events(ret.subject)
    told = shop.store.reads().events(claim.subject)[-1]

    assert (opened.type, opened.data["claim_id"]) == ("return.opened_for_claim", claim.claim_id)
    assert (told.type, told.data["return_id"]) == ("claim.resolved", ret.return_id)
    assert "Ada" not in repr(opened) + repr(told)
