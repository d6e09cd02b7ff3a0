"""Dispositions: only where the units may go, each posted to its account, on hold or at once."""

from datetime import date, timedelta

import pytest

from chalicelib.core.errors import Conflict, Invalid
from chalicelib.inventory.model import Account
from chalicelib.orders.model import DeliveredItem
from chalicelib.returns.disposing import TARGET, DisposedItem
from chalicelib.returns.model import Disposition, FaultParty, Grade, Return
from tests.builders import (
    NOW,
    Shop,
    delivery,
    failed,
    goes,
    item,
    line,
    order,
    passed,
    restock,
)


@pytest.fixture
def ret(shop: Shop) -> Return:
    """Four units: passed A, passed C, failed and not paid, failed and paid."""
    shop.sells(order(line(quantity=4)))
    asked = shop.approves(shop.asks(quantity=4))
    shop.receives(asked, item(quantity=4))
    return shop.inspects(
        asked,
        passed(1),
        passed(1, grade=Grade.C),
        failed(1, fault=FaultParty.CUSTOMER),
        failed(1, fault=FaultParty.MAKER),
    )


@pytest.mark.parametrize(
    "disposition", [d for d in TARGET if d is not Disposition.SHIP_BACK], ids=str
)
def test_each_disposition_posts_to_its_account(
    shop: Shop, ret: Return, disposition: Disposition
) -> None:
    before = shop.on_hand("SKU-1", TARGET[disposition])

    shop.disposes(ret, goes(disposition, grade=Grade.A))

    assert shop.on_hand("SKU-1", TARGET[disposition]) == before + 1
    assert shop.on_hand("SKU-1", Account.RECEIVING) == 1


@pytest.mark.parametrize(
    ("item_", "possible"),
    [
        (restock(2), 1),
        (restock(1, grade=Grade.C), 0),
        (goes(Disposition.SHIP_BACK, 2), 1),
        (goes(Disposition.SCRAP, 5), 4),
        (goes(Disposition.SCRAP, 1, origin=Disposition.HOLD), 0),
        (goes(Disposition.SCRAP, 1, warehouse="B"), 0),
    ],
    ids=["unsellable", "grade C", "paid", "too many", "not on hold", "elsewhere"],
)
def test_units_that_may_not_go_there_are_counted_out(
    shop: Shop, ret: Return, item_: DisposedItem, possible: int
) -> None:
    with pytest.raises(Conflict, match="not_waiting_for_disposition") as refused:
        shop.disposes(ret, item_)

    assert refused.value.details["possible"] == possible
    assert shop.now_is(ret) == ret


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ((), "item_count"),
        ((restock(1, "9"),), "unknown_line"),
        ((restock(0),), "not_positive"),
        ((goes(Disposition.KEPT_BY_CUSTOMER),), "not_for_goods"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_means_nothing_is_refused(
    shop: Shop, ret: Return, items: tuple[DisposedItem, ...], code: str
) -> None:
    with pytest.raises(Invalid, match=code):
        shop.disposes(ret, *items)


def test_a_unit_is_disposed_of_once(shop: Shop, ret: Return) -> None:
    shop.disposes(ret, restock(1))

    with pytest.raises(Conflict, match="not_waiting_for_disposition"):
        shop.disposes(ret, restock(1))

    assert shop.on_hand("SKU-1") == 1


def test_one_unit_named_by_two_items_of_one_command_goes_one_way(shop: Shop, ret: Return) -> None:
    with pytest.raises(Conflict, match="not_waiting_for_disposition"):
        shop.disposes(ret, restock(1), goes(Disposition.SCRAP, 1, grade=Grade.A))


@pytest.mark.parametrize(
    ("expires_on", "is_sold_again"),
    [(None, True), (NOW.date(), True), (NOW.date() - timedelta(days=1), False)],
    ids=["not known", "today", "yesterday"],
)
def test_goods_of_an_expired_lot_are_not_sold_again(
    shop: Shop, expires_on: date | None, *, is_sold_again: bool
) -> None:
    sent = DeliveredItem(line_no="1", quantity=1, lot="L1")
    shop.sells(order(line(), deliveries=(delivery(sent),)))
    ret = shop.approves(shop.asks())
    shop.receives(ret, item(lot="L1", expires_on=expires_on))
    shop.inspects(ret, passed(1))

    if is_sold_again:
        shop.disposes(ret, restock(1))
        assert shop.on_hand("SKU-1", lot="L1") == 1
        return
    with pytest.raises(Conflict, match="lot_expired"):
        shop.disposes(ret, restock(1))
    shop.disposes(ret, goes(Disposition.SCRAP, 1))
