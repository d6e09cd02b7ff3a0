"""What an order says about money over HTTP: what its refunds depend on, and what went back."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.api.schemas.order_views import OrderView
from chalicelib.core.runs import Run
from chalicelib.orders.given import Given, GivenUnits, Withheld
from chalicelib.orders.model import Dispute, DisputeState
from tests.api.door import Door, Reply
from tests.api.test_lifecycle import COUNT, DELIVERY, LINE, ORDER
from tests.builders import NOW, eur, line, order, payment

Json = dict[str, Any]


def euro(amount: str) -> Json:
    return {"amount": amount, "currency": "EUR"}


BULK = {
    "promotion_id": "FIVE-FOR-THREE",
    "kind": "bulk",
    "line_nos": ["1"],
    "bulk": [
        {"from_quantity": 1, "unit_price": euro("150.00")},
        {"from_quantity": 3, "unit_price": euro("100.00")},
    ],
}
THRESHOLD = {
    "promotion_id": "OFF",
    "kind": "threshold",
    "line_nos": ["1"],
    "thresholds": [{"from_amount": euro("200.00"), "off": euro("10.00")}],
}
GIFT = {
    "promotion_id": "GIFT",
    "kind": "gift",
    "line_nos": ["1"],
    "gifts": [{"line_no": "2", "from_amount": euro("100.00"), "unit_value": euro("9.90")}],
}
FREE = {**LINE, "line_no": "2", "sku": "GIFT", "quantity": 1, "unit_price": euro("0.00")}
WHOLE: Json = {
    **ORDER,
    "lines": [LINE, FREE],
    "shipping": euro("9.90"),
    "shipping_tax": euro("1.58"),
    "shipping_tax_rate": "0.19",
    "standard_shipping": euro("4.90"),
    "coupons": [{"code": "WELCOME", "amount": euro("10.00")}],
    "points_spent": 200,
    "points_earned": 30,
    "promotions": [BULK, THRESHOLD, GIFT],
}
EMPTY: Json = {"bulk": [], "thresholds": [], "gifts": []}


@pytest.fixture
def shop(door: Door) -> Door:
    door.ask("warehouse", "POST", "/v1/stock/counts", COUNT, Idempotency_Key="c-1").expect(201)
    return door


def put(shop: Door, body: Json) -> Reply:
    return shop.ask("machine", "PUT", "/v1/orders/SO-1", body)


def faults(reply: Reply, status: int) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in reply.expect(status)["errors"]]


def test_an_order_is_shown_with_all_that_its_refunds_depend_on(shop: Door) -> None:
    put(shop, WHOLE).expect(201)
    again = put(shop, WHOLE).expect(200)
    shown = shop.ask("customer", "GET", "/v1/orders/SO-1").expect(200)

    assert again["version"] == 1
    assert shown["promotions"] == [{**EMPTY, **one} for one in (BULK, THRESHOLD, GIFT)]
    assert (shown["shipping"], shown["shipping_tax"]) == (euro("9.90"), euro("1.58"))
    assert (shown["shipping_tax_rate"], shown["standard_shipping"]) == ("0.19", euro("4.90"))
    assert (shown["points_spent"], shown["points_earned"]) == (200, 30)


def test_what_went_back_is_shown_to_staff_and_not_to_customers(shop: Door) -> None:
    put(shop, ORDER).expect(201)

    told = shop.ask("support", "GET", "/v1/orders/SO-1").expect(200)
    shown = shop.ask("customer", "GET", "/v1/orders/SO-1").expect(200)

    assert told["given"] == {
        "units": [],
        "shipping": euro("0.00"),
        "shipping_tax": euro("0.00"),
        "points_back": 0,
        "points_taken": 0,
        "coupons": [],
        "withheld": [],
    }
    assert shown["given"] is None


def test_a_view_tells_what_went_back_by_component() -> None:
    withheld = Withheld(promotion_id="P", line_no="1", net=eur(168), taxes=(eur(32),))
    given = Given(
        units=(GivenUnits(line_no="1", units=(Run(1, 3), Run(5, 1))),),
        shipping_net=eur(400),
        shipping_tax=eur(76),
        points_back=100,
        points_taken=20,
        coupons=("WELCOME",),
        withheld=(withheld,),
    )

    view = OrderView.of(replace(order(line(quantity=5)), given=given)).model_dump()

    assert view["given"] == {
        "units": ({"line_no": "1", "units": "1-3,5", "quantity": 4},),
        "shipping": euro("4.76"),
        "shipping_tax": euro("0.76"),
        "points_back": 100,
        "points_taken": 20,
        "coupons": ("WELCOME",),
        "withheld": ({"promotion_id": "P", "line_no": "1", "amount": euro("2.00")},),
    }


@pytest.mark.parametrize("is_staff", [True, False])
def test_a_payment_tells_what_is_left_of_it_and_staff_why(is_staff: bool) -> None:
    disputes = tuple(
        Dispute(dispute_id=state.value, amount=eur(200), opened_at=NOW, state=state)
        for state in DisputeState
    )
    card = replace(
        payment("card", 2000),
        refunded=eur(100),
        refunded_by_us=eur(300),
        pending=eur(50),
        disputes=disputes,
    )

    view = OrderView.of(order(line(), payments=(card,)), with_cost=is_staff).model_dump()

    [shown] = view["payments"]
    assert (shown["disputed"], shown["refundable"]) == (euro("4.00"), euro("11.50"))
    assert [one["state"] for one in shown["disputes"]] == (list(DisputeState) if is_staff else [])


def test_what_refunds_depend_on_is_fixed_while_there_are_returns(shop: Door) -> None:
    put(shop, WHOLE).expect(201)
    wish = {"order_line_no": "1", "quantity": 1, "reason": "CHANGED_MIND"}
    shop.ask("customer", "POST", "/v1/returns", {"order_no": "SO-1", "lines": [wish]}).expect(201)

    refused = put(shop, {**WHOLE, "promotions": [], "points_spent": 0}).expect(409)

    assert (refused["code"], refused["details"]) == (
        "order_has_returns",
        {"fields": ["promotions", "points_spent"]},
    )
    assert put(shop, {**WHOLE, "channel": "store"}).expect(200)["channel"] == "store"


def test_a_payment_grows_with_its_second_capture(shop: Door) -> None:
    put(shop, ORDER).expect(201)
    paid: Json = WHOLE["payments"][0]
    more = {**paid, "captured": euro("300.00")}

    shown = put(shop, {**ORDER, "payments": [more]}).expect(200)["payments"][0]

    assert (shown["captured"], shown["refundable"]) == (euro("300.00"), euro("300.00"))


@pytest.mark.parametrize(
    ("changed", "pointer", "code"),
    [
        ({"promotions": [{**BULK, "kind": "half"}]}, "/promotions/0/kind", "unknown_value"),
        ({"promotions": [{**BULK, "line_nos": []}]}, "/promotions/0/line_nos", "too_short"),
        ({"promotions": [{**BULK, "off": "5"}]}, "/promotions/0/off", "unknown_field"),
        (
            {"promotions": [{**BULK, "bulk": [{"from_quantity": 0, "unit_price": euro("1.00")}]}]},
            "/promotions/0/bulk/0/from_quantity",
            "too_small",
        ),
        (
            {"promotions": [{**THRESHOLD, "thresholds": [{"off": euro("1.00")}]}]},
            "/promotions/0/thresholds/0/from_amount",
            "required",
        ),
        ({"shipping_tax_rate": "19%"}, "/shipping_tax_rate", "bad_format"),
        ({"points_spent": -1}, "/points_spent", "too_small"),
        ({"standard_shipping": euro("-1.00")}, "/standard_shipping", "negative_amount"),
        ({"shipping": {"amount": "1.5", "currency": "JPY"}}, "/shipping", "bad_amount"),
        ({"shipping": {"amount": "1.0001", "currency": "KWD"}}, "/shipping", "bad_amount"),
    ],
)
def test_a_badly_formed_field_is_named(door: Door, changed: Json, pointer: str, code: str) -> None:
    assert (pointer, code) in faults(put(door, {**ORDER, **changed}), 400)


@pytest.mark.parametrize(
    ("changed", "pointer", "code"),
    [
        (
            {"promotions": [{**BULK, "line_nos": ["1", "7"]}]},
            "/promotions/0/line_nos/1",
            "unknown_line",
        ),
        (
            {"promotions": [{**BULK, "gifts": GIFT["gifts"]}]},
            "/promotions/0/gifts",
            "wrong_tiers",
        ),
        (
            {"promotions": [THRESHOLD, THRESHOLD]},
            "/promotions/1/promotion_id",
            "duplicate_promotion",
        ),
        (
            {"standard_shipping": {"amount": "5", "currency": "JPY"}},
            "/standard_shipping",
            "wrong_currency",
        ),
        (
            {"coupons": [{"code": "A", "amount": {"amount": "5", "currency": "JPY"}}]},
            "/coupons/0/amount",
            "wrong_currency",
        ),
        ({"exchange_rate": "0"}, "/exchange_rate", "zero_rate"),
    ],
)
def test_what_does_not_add_up_is_named(door: Door, changed: Json, pointer: str, code: str) -> None:
    assert (pointer, code) in faults(put(door, {**ORDER, **changed}), 422)


@pytest.mark.parametrize(
    ("currency", "amount", "paid"),
    [("JPY", "1500", "4500"), ("KWD", "1.505", "4.515"), ("CLF", "0.1505", "0.4515")],
)
def test_an_amount_has_the_digits_of_its_currency(
    shop: Door, currency: str, amount: str, paid: str
) -> None:
    def money(text: str) -> Json:
        return {"amount": text, "currency": currency}

    body = {
        **ORDER,
        "currency": currency,
        "exchange_rate": "0.0061",
        "discount": money("0"),
        "lines": [{**LINE, "unit_price": money(amount), "unit_cost": None}],
        "payments": [
            {"payment_id": "p", "method": "c", "provider": "manual", "captured": money(paid)}
        ],
        "deliveries": [DELIVERY],
    }

    shown = put(shop, body).expect(201)

    assert shown["lines"][0]["paid"] == money(paid)
    assert (shown["currency"], shown["exchange_rate"]) == (currency, "0.0061")
