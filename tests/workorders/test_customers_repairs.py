"""Goods that customers sent in to be repaired, as work orders see them."""

import pytest

from chalicelib.core.errors import Conflict
from chalicelib.inventory.model import Account
from chalicelib.returns.model import (
    Closure,
    Grade,
    Resolution,
)
from chalicelib.workorders.model import WorkKind, WorkOutcome
from tests.builders import Shop, line, order
from tests.returns.mending import gives_up, in_repair, repairs
from tests.returns.undoing import lying, suspicions, told
from tests.workorders.shop_floor import (
    at_work,
    comes,
    opens,
    sends,
    shelved,
    takes_back,
    wanted,
)


def test_a_customers_own_goods_go_back_to_them_repaired(shop: Shop) -> None:
    shop.sells(order(line(quantity=2)))
    ret = in_repair(shop, 2)
    work = sends(shop, opens(shop, wanted(ret), kind=WorkKind.REPAIR))
    assert work.lines[0].is_customers
    assert shop.returnable() == 0

    takes_back(shop, work, comes(WorkOutcome.CUSTOMER, 2), carrier="dhl", tracking_no="T-9")

    after = shop.now_is(ret)
    assert after.closure is Closure.COMPLETED
    assert lying(shop) == {Account.CUSTOMER: 0} or lying(shop) == {}
    assert shop.returnable() == 2
    assert "return.repaired" in told(shop, ret.subject)
    assert suspicions(shop) == []


def test_two_returns_of_one_sale_go_back_in_one_command(shop: Shop) -> None:
    shop.sells(order(line(quantity=2)))
    first, second = in_repair(shop, 1), in_repair(shop, 1)
    work = sends(shop, opens(shop, wanted(first), wanted(second), kind=WorkKind.REPAIR))
    before = shop.sold().version

    takes_back(shop, work, comes(WorkOutcome.CUSTOMER, 1, "1"), comes(WorkOutcome.CUSTOMER, 1, "2"))

    assert shop.sold().version == before + 1
    assert shop.returnable() == 2
    assert suspicions(shop) == []


@pytest.mark.parametrize("outcome", [WorkOutcome.SCRAP, WorkOutcome.RESTOCK])
def test_a_customers_own_goods_are_not_kept(shop: Shop, outcome: WorkOutcome) -> None:
    shop.sells(order(line(quantity=2)))
    ret = in_repair(shop, 2)
    work = sends(shop, opens(shop, wanted(ret), kind=WorkKind.REPAIR))

    with pytest.raises(Conflict, match="goods_of_the_customer"):
        takes_back(shop, work, comes(outcome, grade=Grade.A))
    with pytest.raises(Conflict, match="not_allowed_now"):
        repairs(shop, ret, 1)


def test_once_the_repair_is_given_up_they_are_ours(shop: Shop) -> None:
    shop.sells(order(line(quantity=2)))
    ret = in_repair(shop, 2)
    work = sends(shop, opens(shop, wanted(ret), kind=WorkKind.REPAIR))
    gives_up(shop, ret, Resolution.REFUND)
    assert lying(shop)[Account.REPAIR] == 2

    takes_back(shop, work, comes(WorkOutcome.SCRAP, 1), shelved(1))

    assert lying(shop)[Account.AVAILABLE] == 1
    shop.settles(ret)
    assert shop.now_is(ret).closure is Closure.COMPLETED
    assert suspicions(shop) == []


def test_goods_that_nobody_asked_to_repair_do_not_go_to_the_customer(shop: Shop) -> None:
    _, work = at_work(shop)

    with pytest.raises(Conflict, match="not_to_repair"):
        takes_back(shop, work, comes(WorkOutcome.CUSTOMER))
