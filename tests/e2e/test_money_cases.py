"""Cases about money that must pass, as clients of the deployed API meet them: to the cent.

Each test tells a sentence; the orders are put whole, with what their refunds depend on.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib.core.money import Money
from tests.cases.sentences import sentence
from tests.e2e.merchant import ANY, Json, Merchant, refused
from tests.e2e.test_cases import Client, line
from tools.demo.desk import Case
from tools.demo.sale import Pay, Sale


@pytest.fixture(scope="module")
def client(merchant: Merchant) -> Client:
    return Client(merchant)


def money(amount: str, currency: str = "EUR") -> Json:
    return {"amount": amount, "currency": currency}


def sold(client: Client, sale: Sale, *, of_line: Json | None = None, **of_order: Any) -> str:
    """The number of an order of this sale, delivered, with further fields of it. Any: JSON."""
    client.merchant.counted(sale.sku)
    order_no = sale.order_no(client.merchant.run)
    body = sale.body(client.merchant.run, client.merchant.desk.now) | of_order
    body["lines"][0].update(of_line or {})
    client.merchant.send("machine", "PUT", f"/orders/{order_no}", body).expect(201)
    return order_no


def under(client: Client, name: str, **giving: str) -> str:
    """The version of a policy of this run under which all may come back, with these rules."""
    version = f"{name}-{client.merchant.run.lower()}"
    words = {"en": name, "zh-CN": name}
    body = {
        "policy": version,
        "version": version,
        "title": words,
        "time_zone": "UTC",
        "effective_from": "2020-01-01T00:00:00Z",
        "rules": [
            {"id": "all", "title": words, "then": {"window": {"days": None}, "giving": giving}}
        ],
    }
    path = f"/policies/{version}"
    client.merchant.send("reviewer", "PUT", path, body).expect(201)
    client.merchant.send("admin", "POST", f"{path}/publish", {}, headers=ANY).expect(200)
    return version


def quoted(client: Client, order_no: str, units: int) -> Json:
    body = {"order_no": order_no, "lines": [line(units)]}
    return dict(client.post("support", "/returns/quote", body).expect(200))


def accepted(client: Client, order_no: str, units: int) -> Case:
    """Back and on the shelf again; only the money is missing."""
    case = client.case(order_no, line(units))
    case.approve()
    case.receive()
    case.inspect()
    case.dispose("RESTOCK")
    return case


def refund(client: Client, order_no: str, units: int) -> str:
    """What is paid for units, which is what their quote said."""
    promised = quoted(client, order_no, units)["refund"]
    case = accepted(client, order_no, units)
    case.settle()
    [settlement] = case.now()["settlements"]
    assert settlement["paid"] == promised
    return str(settlement["paid"]["amount"])


@sentence("percent-coupon")
def test_of_three_at_100_less_10_percent_two_are_180(client: Client) -> None:
    order_no = sold(client, Sale(name="money-percent", units=3, price="100.00", discount="30.00"))

    assert refund(client, order_no, 2) == "180.00"


@sentence("fixed-order-discount")
def test_80_less_15_comes_back_as_65(client: Client) -> None:
    order_no = sold(client, Sale(name="money-fixed", price="80.00", discount="15.00"))

    assert refund(client, order_no, 1) == "65.00"


@sentence("two-rounding-units")
def test_two_that_were_20_01_together_come_back_as_10_00_and_10_01(client: Client) -> None:
    sale = Sale(name="money-rounding", units=2, price="10.01", pays=(Pay(amount="20.01"),))
    order_no = sold(client, sale, of_line={"discount": money("0.01")})

    assert [refund(client, order_no, 1) for _ in range(2)] == ["10.00", "10.01"]


@sentence("price-rose")
def test_what_cost_50_and_costs_75_now_comes_back_as_50(client: Client) -> None:
    order_no = sold(
        client, Sale(name="money-rose", price="50.00"), of_line={"list_price": money("75.00")}
    )
    now = Sale(name="money-rose-now", price="75.00")
    sold(client, now, of_line={"sku": Sale(name="money-rose").sku})

    assert refund(client, order_no, 1) == "50.00"


@sentence("bulk-price", "rule-31", "rule-37")
@pytest.mark.parametrize(
    ("rule", "four", "fifth"),
    [("claw_back", "10.00", "5.00"), ("keep", "12.00", "3.00")],
)
def test_of_five_at_3_00_four_are_10_00_clawed_back_or_12_00_kept_and_all_are_15_00(
    client: Client, rule: str, four: str, fifth: str
) -> None:
    order_no = fives(client, rule)

    assert [refund(client, order_no, 4), refund(client, order_no, 1)] == [four, fifth]
    assert left(client, order_no) == "0.00"


@sentence("bulk-price", "rule-31")
def test_where_a_part_is_blocked_four_are_refused_and_all_five_are_15_00(client: Client) -> None:
    order_no = fives(client, "block")

    [told] = quoted(client, order_no, 4)["lines"]
    refused(client.asks(order_no, line(4)), 422, "promotion_blocks_partial")

    assert (told["eligible"], told["code"]) == (False, "promotion_blocks_partial")
    assert refund(client, order_no, 5) == "15.00"


def fives(client: Client, rule: str) -> str:
    """Five at 3.00 each, because from five on they cost that and a single one 5.00."""
    name = f"money-{rule.replace('_', '-')}"
    promotion = {
        "promotion_id": "FIVE",
        "kind": "bulk",
        "line_nos": ["1"],
        "bulk": [
            {"from_quantity": 1, "unit_price": money("5.00")},
            {"from_quantity": 5, "unit_price": money("3.00")},
        ],
    }
    return sold(
        client,
        Sale(name=name, units=5, price="3.00"),
        promotions=[promotion],
        policy_version=under(client, name, promotions=rule),
    )


def left(client: Client, order_no: str) -> str:
    """What the order's one payment has left to refund."""
    order = client.merchant.send("finance", "GET", f"/orders/{order_no}").expect(200)
    [payment] = order["payments"]
    return str(payment["refundable"]["amount"])


@sentence("rule-11", "rule-32")
def test_shipping_points_and_coupons_go_back_by_rule_and_once(client: Client) -> None:
    rules = {"shipping": "share", "points_spent": "share", "coupons": "whole_order"}
    order_no = sold(
        client,
        Sale(name="money-whole", units=2, price="10.00", pays=(Pay(amount="24.99"),)),
        shipping=money("4.99"),
        points_spent=101,
        coupons=[{"code": "WELCOME", "amount": money("5.00")}],
        policy_version=under(client, "money-whole", **rules),
    )

    paid = [refund(client, order_no, 1) for _ in range(2)]

    assert paid == ["12.50", "12.49"]
    given = client.merchant.send("finance", "GET", f"/orders/{order_no}").expect(200)["given"]
    assert (given["shipping"], given["points_back"]) == (money("4.99"), 101)
    assert (given["coupons"], given["units"][0]["units"]) == (["WELCOME"], "1-2")


@sentence("rule-10")
@pytest.mark.parametrize(("is_included", "paid"), [(True, "35.70"), (False, "41.40")])
def test_taxes_come_back_as_they_were_charged_in_the_price_or_on_top(
    client: Client, is_included: bool, paid: str
) -> None:
    name = f"money-tax-{'in' if is_included else 'on'}"
    order_no = sold(
        client,
        Sale(name=name, units=3, price="11.90", pays=(Pay(amount=paid),)),
        of_line={"taxes": [{"name": "VAT", "rate": "0.19", "amount": money("5.70")}]},
        tax_included=is_included,
    )

    thirds = [refund(client, order_no, 1) for _ in range(3)]

    assert Money.total((Money.parse(one, "EUR") for one in thirds), "EUR").amount == paid
    assert left(client, order_no) == "0.00"


@sentence("rule-9", "foreign-currency")
@pytest.mark.parametrize(
    ("currency", "price", "discount", "paid"),
    [
        ("JPY", "100", "1", ["100", "99", "100"]),
        ("USD", "10.00", "0.01", ["10.00", "9.99", "10.00"]),
        ("KWD", "1.000", "0.001", ["1.000", "0.999", "1.000"]),
        ("CLF", "0.1000", "0.0001", ["0.1000", "0.0999", "0.1000"]),
    ],
)
def test_a_foreign_currency_comes_back_to_its_own_digits_at_the_rate_of_the_sale(
    client: Client, currency: str, price: str, discount: str, paid: list[str]
) -> None:
    name = f"money-{currency.lower()}"
    sale = Sale(name=name, units=3, price=price, currency=currency, discount=discount)
    order_no = sold(client, sale, exchange_rate="1.10")

    assert [refund(client, order_no, 1) for _ in range(3)] == paid

    body = sale.body(client.merchant.run, client.merchant.desk.now) | {"exchange_rate": "1.25"}
    told = client.merchant.send("machine", "PUT", f"/orders/{order_no}", body)
    problem = refused(told, 409, "order_has_returns")
    assert problem["details"]["fields"] == ["exchange_rate"]


@sentence("double-click")
def test_two_refund_calls_for_3_92_at_once_are_one_refund_and_one_answer(client: Client) -> None:
    order_no = sold(client, Sale(name="money-click", price="3.92"))
    case = accepted(client, order_no, 1)
    key, path = client.merchant.key("click"), f"/returns/{case.id}/settlements"

    with ThreadPoolExecutor(2) as clicks:
        calls = [
            clicks.submit(client.post, "finance", path, {"mode": "execute"}, key=key)
            for _ in range(2)
        ]
        answers = [call.result() for call in calls]

    assert [answer.status for answer in answers] == [201, 201]
    assert len({answer.body["settlement_id"] for answer in answers}) == 1
    refunds = client.merchant.refunds_of(f"{order_no}-card")
    assert [one["amount"] for one in refunds] == [392]
