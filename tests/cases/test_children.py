"""Exchanges, claims and returns share the units: each test is one sentence of the cases that must
pass."""

import pytest

from chalicelib.core import runs
from chalicelib.core.errors import Conflict
from chalicelib.inventory.model import Account
from chalicelib.orders.returnable import held
from chalicelib.returns.model import Closure
from tests.builders import Shop, eur, item, line, order, passed, restock
from tests.cases.sentences import sentence
from tests.children import approves, claims, exchange_of, ships, swap, unexchanges


@sentence("cap-over-kinds")
def test_cap_over_kinds_shipped_1_open_exchange_for_it_a_return_or_claim_is_refused(
    shop: Shop,
) -> None:
    shop.sells(order(line(quantity=1)))
    shop.counts({"BLUE": 1})
    ret = approves(shop, shop.asks("O-1", swap(1, for_="BLUE")))

    for _ in range(2):
        with pytest.raises(Conflict, match="not_returnable_quantity"):
            shop.asks("O-1")
        with pytest.raises(Conflict, match="not_returnable_quantity"):
            claims(shop)
        if exchange_of(shop, ret).state == "RESERVED":
            ships(shop, exchange_of(shop, ret))

    assert runs.size(held(shop.sold().lines[0])) == 1


@sentence("cap-over-kinds")
def test_cap_over_kinds_shipped_1_open_claim_for_it_a_return_or_exchange_is_refused(
    shop: Shop,
) -> None:
    shop.sells(order(line(quantity=1)))
    claims(shop)

    for asked in ((), (swap(1),)):
        with pytest.raises(Conflict, match="not_returnable_quantity"):
            shop.asks("O-1", *asked)
    with pytest.raises(Conflict, match="not_returnable_quantity"):
        claims(shop)


@sentence("unexchange")
def test_unexchange_the_new_unit_comes_back_and_the_old_is_kept_one_unit_consumed_and_paid_once(
    shop: Shop,
) -> None:
    shop.sells(order(line(quantity=1, price=50_00), discount=5_00))
    shop.counts({"BLUE": 1})
    ret = approves(shop, shop.asks("O-1", swap(1, for_="BLUE")))
    sent = ships(shop, exchange_of(shop, ret))

    unexchanges(shop, sent)
    shop.receives(ret, item("BLUE"))
    shop.inspects(ret, passed())
    shop.disposes(ret, restock())
    shop.settles(ret)

    assert shop.settlement(ret).paid == eur(45_00)
    assert shop.now_is(ret).closure is Closure.COMPLETED
    assert runs.size(held(shop.sold().lines[0])) == 1
    assert (shop.on_hand("BLUE"), shop.on_hand("BLUE", Account.CUSTOMER)) == (1, 0)
    assert shop.on_hand("SKU-1", Account.CUSTOMER) == 1
    assert exchange_of(shop, ret).unexchanged
