"""The same order may come again at any time; what returns hang on cannot be taken back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.errors import Conflict, Invalid, NotFound, Stale
from chalicelib.core.events import chain_fault
from chalicelib.inventory.model import Account
from chalicelib.orders.model import DeliveredItem, Delivery, LineKind, Order
from chalicelib.orders.registration import (
    ContactData,
    Registered,
    RegisterOrder,
    deliver,
    register,
)
from tests.builders import NOW, Shop, delivery, eur, line, order, payment, wish
from tests.fakes import FakeProvider, Killed


def event_types(shop: Shop) -> list[str]:
    events = shop.store.reads().events("order/O-1")
    assert chain_fault(events) is None
    return [event.type for event in events]


def posts(shop: Shop, shipped: Delivery, order_no: str = "O-1") -> Registered:
    return shop.do(lambda reads, context: deliver(reads, order_no, shipped, context))


def test_a_new_order_posts_its_deliveries(shop: Shop) -> None:
    shop.counts({"SKU-1": 5})

    registered = shop.registers(order(line(quantity=2)))

    assert (registered.created, registered.changed) == (True, True)
    assert shop.on_hand("SKU-1") == 3
    assert shop.on_hand("SKU-1", Account.CUSTOMER) == 2
    assert event_types(shop) == ["order.registered", "order.delivered"]


def test_the_same_order_again_changes_nothing(shop: Shop) -> None:
    sold = order(line(quantity=2))
    first = shop.sells(sold)

    again = shop.registers(sold)

    assert (again.created, again.changed) == (False, False)
    assert shop.sold() == first
    assert shop.on_hand("SKU-1", Account.CUSTOMER) == 2


def test_an_order_without_its_old_deliveries_keeps_them(shop: Shop) -> None:
    sold = shop.sells(order(line(quantity=2)))

    again = shop.registers(replace(sold, deliveries=()))

    assert not again.changed
    assert shop.returnable() == 2


def test_the_policy_of_a_sale_does_not_change_afterwards(shop: Shop) -> None:
    sold = shop.sells(order(line()))

    with pytest.raises(Conflict, match="policy_version_fixed"):
        shop.registers(replace(sold, policy_version="no-window"))


def test_a_new_delivery_is_posted_and_old_ones_are_not_posted_again(shop: Shop) -> None:
    first = delivery(DeliveredItem(line_no="1", quantity=1), no="D-1")
    second = delivery(DeliveredItem(line_no="1", quantity=2), no="D-2")
    sold = shop.sells(order(line(quantity=3), deliveries=(first,)))
    shop.counts({"SKU-1": 2})

    shop.registers(replace(sold, deliveries=(first, second)))
    posts(shop, second)

    assert shop.on_hand("SKU-1") == 0
    assert shop.returnable() == 3
    assert event_types(shop) == ["order.registered", "order.delivered", "order.delivered"]


def test_a_known_delivery_with_other_content_is_refused(shop: Shop) -> None:
    sold = shop.sells(order(line(quantity=3)))
    other = delivery(DeliveredItem(line_no="1", quantity=2), no="D-1")

    with pytest.raises(Conflict, match="delivery_already_posted"):
        shop.registers(replace(sold, deliveries=(other,)))
    with pytest.raises(Conflict, match="delivery_already_posted"):
        posts(shop, other)


def test_a_delivery_date_that_comes_later_is_kept_and_told(shop: Shop) -> None:
    shipped = delivery(DeliveredItem(line_no="1", quantity=1), delivered_at=None)
    shop.sells(order(line(), deliveries=(shipped,)))

    posts(shop, replace(shipped, delivered_at=NOW))
    posts(shop, shipped)

    assert shop.sold().deliveries[0].delivered_at == NOW
    assert event_types(shop)[-1] == "order.updated"
    assert len(event_types(shop)) == shop.sold().version + 1


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ((DeliveredItem(line_no="9", quantity=1),), "unknown_line"),
        ((DeliveredItem(line_no="1", quantity=9),), "delivered_above_ordered"),
        ((DeliveredItem(line_no="1", quantity=2, serials=("a", "a")),), "serial_count"),
        ((), "no_items"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_delivery_that_does_not_fit_is_refused(
    shop: Shop, items: tuple[DeliveredItem, ...], code: str
) -> None:
    shop.registers(order(line(quantity=3), deliveries=()))

    with pytest.raises(Invalid) as refused:
        posts(shop, delivery(*items))

    assert [error.code for error in refused.value.errors] == [code]


def test_a_delivery_of_an_unknown_order_is_not_found(shop: Shop) -> None:
    with pytest.raises(NotFound, match="order_not_found"):
        posts(shop, delivery(DeliveredItem(line_no="1", quantity=1)))


def test_services_are_delivered_without_moving_stock(shop: Shop) -> None:
    shop.registers(order(line(kind=LineKind.SERVICE)))

    event = shop.store.reads().events("order/O-1")[-1]
    assert event.data["movement_id"] is None
    assert shop.store.reads().movements_of("order/O-1") == []


def _line(sold: Order, **changes: Any) -> Order:
    return replace(sold, lines=(replace(sold.lines[0], **changes), *sold.lines[1:]))


CHANGES: dict[str, Callable[[Order], Order]] = {
    "unit price": lambda o: _line(o, unit_price=eur(1)),
    "line discount": lambda o: _line(o, discount=eur(1)),
    "quantity": lambda o: _line(o, quantity=9),
    "order discount": lambda o: replace(o, discount=eur(11)),
    "price of the other line": lambda o: replace(
        o, lines=(o.lines[0], replace(o.lines[1], unit_price=eur(7777)))
    ),
    "one line more": lambda o: replace(o, lines=(*o.lines, line("3", price=5000))),
}


@pytest.mark.parametrize("change", list(CHANGES))
def test_a_line_with_returns_is_not_repriced_by_whatever_way(shop: Shop, change: str) -> None:
    sold = shop.sells(order(line(quantity=3), line("2", quantity=2), discount=1000))
    shop.asks("O-1", wish(1, "1"))

    with pytest.raises(Conflict, match="line_has_returns"):
        shop.registers(CHANGES[change](sold))

    assert shop.sold().discount == eur(1000)


@pytest.mark.parametrize("change", list(CHANGES))
def test_without_returns_an_order_may_be_corrected(shop: Shop, change: str) -> None:
    sold = shop.sells(order(line(quantity=3), line("2", quantity=2), discount=1000))

    assert shop.registers(CHANGES[change](sold)).changed


@pytest.mark.parametrize("changes", [{"sku": "OTHER"}, {"kind": LineKind.SERVICE}], ids=str)
def test_goods_that_were_delivered_stay_what_they_are(shop: Shop, changes: dict[str, Any]) -> None:
    sold = shop.sells(order(line(quantity=3)))

    with pytest.raises(Conflict, match="line_was_delivered"):
        shop.registers(_line(sold, **changes))


def test_reservations_survive_an_update(shop: Shop) -> None:
    sold = shop.sells(order(line(quantity=3)))
    shop.asks(quantity=2)

    shop.registers(replace(sold, channel="store"))

    assert shop.returnable() == 1
    assert shop.sold().channel == "store"


def test_less_than_what_went_back_was_never_captured(shop: Shop, provider: FakeProvider) -> None:
    sold = shop.sells(order(line(quantity=2, price=50_00)))
    ret = shop.accepts(shop.asks(quantity=2), 2)
    context = shop.context()
    provider.script["card"] = ["dies after"]
    with pytest.raises(Killed):
        shop.settles(ret, context)

    with pytest.raises(Conflict, match="payment_has_refunds"):
        shop.registers(replace(sold, payments=(payment("card", 60_00),)))
    with pytest.raises(Conflict, match="payment_has_refunds"):
        shop.registers(replace(sold, payments=()))
    shop.settles(ret, context)

    assert shop.sold().payments[0].refunded_by_us == eur(100_00)


def test_what_others_refunded_is_taken_over_and_ours_is_kept(shop: Shop) -> None:
    sold = shop.sells(order(line(quantity=2, price=50_00)))
    shop.settles(shop.accepts(shop.asks()))
    told = replace(sold.payments[0], refunded=eur(30_00))

    shop.registers(replace(sold, payments=(told,)))

    card = shop.sold().payments[0]
    assert (card.refunded, card.refunded_by_us) == (eur(30_00), eur(50_00))
    assert card.refundable == eur(20_00)


def test_personal_data_is_kept_apart_and_a_change_of_it_leaves_the_order_alone(
    shop: Shop,
) -> None:
    sold = order(line(), deliveries=())

    def told(email: str) -> Registered:
        command = RegisterOrder(order=sold, contact=ContactData(name="Ada", email=email))
        return shop.do(lambda reads, context: register(reads, command, context))

    told("one@example.com")
    version = shop.sold().version
    assert told("two@example.com").changed
    assert not told("two@example.com").changed

    reference = shop.sold().contact_ref
    assert reference is not None
    _, contact = shop.store.reads().order_and_contact("O-1", reference)
    assert contact is not None
    assert (contact.email, contact.version) == ("two@example.com", 2)
    assert shop.sold().version == version
    assert "example.com" not in repr(shop.store.reads().events("order/O-1"))


def test_an_older_version_is_stale(shop: Shop) -> None:
    sold = shop.sells(order(line()))
    command = RegisterOrder(order=replace(sold, channel="web"))
    context = shop.context(version=7)

    with pytest.raises(Stale, match="stale_version"):
        shop.do(lambda reads, context: register(reads, command, context), context)


@pytest.mark.parametrize(
    ("wrong", "pointer", "code"),
    [
        (lambda o: replace(o, lines=()), "/lines", "no_lines"),
        (lambda o: replace(o, lines=o.lines * 2), "/lines/0/line_no", "duplicate_line"),
        (lambda o: _line(o, quantity=0), "/lines/0/quantity", "not_positive"),
        (lambda o: _line(o, unit_price=eur(-1)), "/lines/0/unit_price", "negative_amount"),
        (lambda o: _line(o, discount=eur(1001)), "/lines/0/discount", "discount_above_price"),
        (lambda o: replace(o, discount=eur(1001)), "/discount", "discount_above_price"),
        (lambda o: replace(o, currency="USD"), "/discount", "wrong_currency"),
        (
            lambda o: replace(o, payments=o.payments * 2),
            "/payments/0/payment_id",
            "duplicate_payment",
        ),
        (
            lambda o: replace(o, payments=(replace(o.payments[0], refunded=eur(9999)),)),
            "/payments/0/refunded",
            "refunded_above_captured",
        ),
        (
            lambda o: replace(
                o, deliveries=(delivery(*o.deliveries[0].items, delivered_at=NOW - timedelta(9)),)
            ),
            "/deliveries/0/delivered_at",
            "delivered_before_shipped",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_order_that_does_not_add_up_is_refused_where_it_does_not(
    shop: Shop, wrong: Any, pointer: str, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        shop.registers(wrong(order(line())))

    assert (pointer, code) in [(error.pointer, error.code) for error in refused.value.errors]


def test_an_order_under_an_unknown_policy_is_refused(shop: Shop) -> None:
    with pytest.raises(Invalid, match="unknown_policy_version"):
        shop.registers(order(line(), policy_version="none-such"))
