"""A refund above the limit of its policy is stored with its keys, and sent when a second agrees."""

from typing import Any

import pytest

from chalicelib.returns.model import Resolution, Return
from chalicelib.settlement.model import LegState, Settlement, SettlementState
from tests import policies
from tests.builders import Shop, item, line, order, passed, payment, wish
from tests.fakes import FakeProvider
from tests.policies import form, rule
from tests.settlement.refunding import payment_tasks

LIMIT = {"amount": "20.00", "currency": "EUR"}


def accepted(shop: Shop, limit: dict[str, str], quantity: int = 3, **more: Any) -> Return:
    policies.publish(
        shop.store, form("two", rule("all", window={"days": None}, second_refunder_above=limit))
    )
    shop.sells(order(line(quantity=quantity), policy_version="two", **more))
    ret = shop.approves(shop.asks("O-1", wish(quantity)))
    shop.receives(ret, item(quantity=quantity))
    return shop.inspects(ret, passed(quantity))


def started(shop: Shop, ret: Return) -> Settlement:
    shop.settles(ret)
    return shop.settlement(ret)


def test_nothing_is_sent_before_a_second_person_agrees(shop: Shop, provider: FakeProvider) -> None:
    ret = accepted(shop, LIMIT)

    held = started(shop, ret)

    assert (held.state, [leg.state for leg in held.legs]) == (
        SettlementState.QUOTED,
        [LegState.HELD],
    )
    assert provider.sent == []
    assert shop.sold().payments[0].refundable.minor == 0
    assert len(payment_tasks(shop)) == 1


def test_up_to_the_limit_one_person_is_enough(shop: Shop) -> None:
    assert started(shop, accepted(shop, LIMIT, quantity=2)).state is SettlementState.SETTLED


def test_a_refund_in_parts_is_held_from_the_part_that_brings_it_above_the_limit(
    shop: Shop,
) -> None:
    policies.publish(
        shop.store, form("two", rule("all", window={"days": None}, second_refunder_above=LIMIT))
    )
    shop.sells(order(line(quantity=3), policy_version="two"))
    ret = shop.approves(shop.asks("O-1", wish(3)))
    states = []
    for _ in range(3):
        shop.receives(ret, item())
        shop.inspects(ret, passed())
        states.append(started(shop, ret).state)

    assert states == [SettlementState.SETTLED, SettlementState.SETTLED, SettlementState.QUOTED]


def test_a_limit_in_another_currency_holds_every_refund(shop: Shop) -> None:
    held = started(shop, accepted(shop, {"amount": "9999", "currency": "JPY"}, quantity=1))

    assert held.state is SettlementState.QUOTED


def test_a_limit_of_nothing_holds_every_refund_but_none_of_nothing(shop: Shop) -> None:
    zero = {"amount": "0.00", "currency": "EUR"}
    policies.publish(
        shop.store, form("two", rule("all", window={"days": None}, second_refunder_above=zero))
    )
    shop.sells(order(line(price=0), policy_version="two"))
    ret = shop.approves(shop.asks())
    shop.receives(ret, item())
    shop.inspects(ret, passed())

    assert started(shop, ret).state is SettlementState.SETTLED


@pytest.mark.parametrize("provider_name", ["manual", "sandbox"])
def test_what_a_person_pays_is_held_as_well(shop: Shop, provider_name: str) -> None:
    by = (payment("card", 3000, provider=provider_name),)

    assert started(shop, accepted(shop, LIMIT, payments=by)).legs[0].state is LegState.HELD


def test_store_credit_is_held_as_well(shop: Shop) -> None:
    policies.publish(
        shop.store, form("two", rule("all", window={"days": None}, second_refunder_above=LIMIT))
    )
    shop.sells(order(line(quantity=3), policy_version="two"))
    ret = shop.approves(shop.asks("O-1", wish(3, resolution=Resolution.STORE_CREDIT)))
    shop.receives(ret, item(quantity=3))
    shop.inspects(ret, passed(3))

    held = started(shop, ret)

    assert (held.state, held.credit_id) == (SettlementState.QUOTED, None)
