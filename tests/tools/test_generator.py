"""Made-up orders: the same for the same seed, adding up, and of every kind."""

import csv
import io
import json
from collections import Counter
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.api.schemas.orders import OrderBody
from chalicelib.api.schemas.stock import CountBody
from chalicelib.core.money import Money
from chalicelib.imports import orders as imports
from chalicelib.imports.sheet import read_sheet
from chalicelib.orders.validation import order_faults
from chalicelib.orders.value import order_total
from tools import generator
from tools.generator import GeneratedOrder

MANY = generator.generate(7, 400)
SEEDS = st.integers(0, 10**6)


def minor(money: dict[str, str]) -> int:
    return Money.parse(money["amount"], money["currency"]).minor


def items_of(order: GeneratedOrder) -> list[dict[str, Any]]:
    return [item for delivery in order.body["deliveries"] for item in delivery["items"]]


@given(seed=SEEDS, orders=st.integers(0, 30))
@settings(max_examples=30, deadline=None)
def test_the_same_seed_makes_the_same_orders_and_more_only_adds(seed: int, orders: int) -> None:
    once = generator.generate(seed, orders)
    again = generator.generate(seed, orders + 5)

    assert json.dumps([order.body for order in once]) == json.dumps(
        [order.body for order in again[:orders]]
    )
    assert generator.as_csv(filter(generator.fits_csv, once)) == generator.as_csv(
        filter(generator.fits_csv, again[:orders])
    )


def test_another_seed_makes_other_orders() -> None:
    assert generator.generate(7, 20) != generator.generate(8, 20)


@given(seed=SEEDS)
@settings(max_examples=30, deadline=None)
def test_each_order_is_paid_exactly(seed: int) -> None:
    for order in generator.generate(seed, 14):
        body = order.body
        owed = minor(body["shipping"]) - minor(body["discount"])
        for line in body["lines"]:
            owed += minor(line["unit_price"]) * line["quantity"] - minor(line["discount"])
            if not body["tax_included"]:
                owed += sum(minor(tax["amount"]) for tax in line["taxes"])
        if not body["tax_included"]:
            owed += minor(body["shipping_tax"])

        assert sum(minor(payment["captured"]) for payment in body["payments"]) == owed


@given(seed=SEEDS)
@settings(max_examples=30, deadline=None)
def test_what_is_delivered_was_ordered_and_happened_before_now(seed: int) -> None:
    for order in generator.generate(seed, 14):
        ordered = {line["line_no"]: line for line in order.body["lines"]}
        delivered: Counter[str] = Counter()
        for item in items_of(order):
            delivered[item["line_no"]] += item["quantity"]
            assert ordered[item["line_no"]]["kind"] == "goods"
            assert not item["serials"] or len(set(item["serials"])) == item["quantity"]
        assert all(units <= ordered[no]["quantity"] for no, units in delivered.items())
        for delivery in order.body["deliveries"]:
            times = [order.body["placed_at"], delivery["shipped_at"], delivery["delivered_at"]]
            told = [datetime.fromisoformat(time) for time in times if time]
            assert told == sorted(told)
            assert told[-1] < generator.NOW


@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_the_counts_cover_every_delivery(seed: int) -> None:
    orders = generator.generate(seed, 30)

    counted: Counter[tuple[str, str, str | None]] = Counter()
    for count in generator.opening_counts(orders):
        assert len(count["items"]) <= generator.COUNT_ITEMS_MAX
        for item in count["items"]:
            assert (count["warehouse"], item["sku"], item["lot"]) not in counted
            counted[count["warehouse"], item["sku"], item["lot"]] = item["quantity"]

    for order in orders:
        lines = {line["line_no"]: line for line in order.body["lines"]}
        for delivery in order.body["deliveries"]:
            for item in delivery["items"]:
                line = lines[item["line_no"]]
                for part in line["kit"] or [{"sku": line["sku"], "quantity": 1}]:
                    place = delivery["warehouse"], part["sku"], item["lot"]
                    counted[place] -= item["quantity"] * part["quantity"]
    assert all(left == generator.SPARE_UNITS for left in counted.values())


@pytest.mark.parametrize("order", MANY[:60], ids=lambda order: order.order_no)
def test_the_api_takes_the_body_and_finds_no_fault(order: GeneratedOrder) -> None:
    body = OrderBody.model_validate_json(json.dumps(order.body))

    told = body.to_domain(order.order_no, generator.NOW).order

    assert order_faults(told) == []
    paid = Money.total((payment.captured for payment in told.payments), told.currency)
    assert order_total(told) == paid


def test_the_api_takes_the_counts() -> None:
    for count in generator.opening_counts(MANY):
        CountBody.model_validate_json(json.dumps(count)).to_domain()


def test_serial_numbers_are_unique() -> None:
    serials = [serial for order in MANY for item in items_of(order) for serial in item["serials"]]

    assert serials
    assert len(serials) == len(set(serials))


@pytest.mark.parametrize(
    ("kind", "present"),
    [
        ("seven currencies and digits", lambda o: {o.body["currency"]}),
        ("channels", lambda o: {o.body["channel"]}),
        ("warehouses", lambda o: {d["warehouse"] for d in o.body["deliveries"]}),
        ("categories", lambda o: {line["category"] for line in o.body["lines"]}),
        ("suppliers", lambda o: {line["supplier_id"] for line in o.body["lines"]}),
        ("methods of payment", lambda o: {p["method"] for p in o.body["payments"]}),
        ("policies", lambda o: {o.body["policy_version"]}),
    ],
)  # fmt: skip
def test_there_is_some_of_every_kind(kind: str, present: Any) -> None:
    expected = {
        "seven currencies and digits": {"EUR", "GBP", "USD", "CNY", "JPY", "KWD"},
        "channels": {"web", "store", "marketplace", "phone", "app", "wholesale"},
        "warehouses": {"PAR", "LDN", "NYC", "SHA"},
        "categories": {
            "apparel", "shoes", "electronics", "home", "beauty", "food", "toys", "service",
        },
        "suppliers": {
            "sup-lyon", "sup-porto", "sup-shenzhen", "sup-gdansk", "sup-grasse", "sup-hangzhou",
            None,
        },
        "methods of payment": {"card", "wallet", "bank_transfer"},
        "policies": {"standard-30d", "no-window"},
    }  # fmt: skip

    assert set().union(*(present(order) for order in MANY)) == expected[kind]


@pytest.mark.parametrize(
    "is_such",
    [
        pytest.param(lambda o: len(o.body["payments"]) == 2, id="split payment"),
        pytest.param(lambda o: len(o.body["deliveries"]) == 3, id="three deliveries"),
        pytest.param(lambda o: not o.body["deliveries"], id="not delivered"),
        pytest.param(lambda o: minor(o.body["discount"]), id="order discount"),
        pytest.param(lambda o: o.body["tax_included"], id="tax included"),
        pytest.param(lambda o: not o.body["tax_included"], id="tax on top"),
        pytest.param(lambda o: any(i["lot"] for i in items_of(o)), id="lots"),
        pytest.param(lambda o: any(i["serials"] for i in items_of(o)), id="serials"),
        pytest.param(lambda o: any(x["kit"] for x in o.body["lines"]), id="kit"),
        pytest.param(lambda o: any(x["final_sale"] for x in o.body["lines"]), id="final sale"),
        pytest.param(lambda o: any(x["unit_factor"] > 1 for x in o.body["lines"]), id="cases"),
        pytest.param(lambda o: any(minor(x["discount"]) for x in o.body["lines"]), id="promotion"),
        pytest.param(
            lambda o: len({x["sku"] for x in o.body["lines"]}) < len(o.body["lines"]),
            id="the same SKU twice",
        ),
        pytest.param(lambda o: o.body["customer_id"] == "cus-1001", id="the account's customer"),
        pytest.param(generator.fits_csv, id="fits CSV"),
    ],
)
def test_such_orders_are_among_them_and_others_too(is_such: Any) -> None:
    found = sum(bool(is_such(order)) for order in MANY)

    assert 2 <= found < len(MANY)


def test_money_has_the_digits_of_its_currency() -> None:
    digits = {"JPY": 0, "KWD": -3}
    for order in MANY:
        for line in order.body["lines"]:
            amount = Decimal(line["unit_price"]["amount"])
            assert amount.as_tuple().exponent == digits.get(order.body["currency"], -2)
            assert amount > 0


def test_a_csv_file_holds_what_the_bodies_say() -> None:
    fitting = [order for order in MANY if generator.fits_csv(order)]

    rows = list(csv.DictReader(io.StringIO(generator.as_csv(fitting).decode())))

    assert len(rows) == sum(len(order.body["lines"]) for order in fitting)
    assert [row["order_no"] for row in rows] == [
        order.order_no for order in fitting for _ in order.body["lines"]
    ]
    assert {row["kind"] for row in rows} == {"goods", "service"}
    assert sum(int(row["quantity"]) for row in rows if row["delivery_no"]) == sum(
        item["quantity"] for order in fitting for item in items_of(order)
    )


@pytest.mark.parametrize("seed", range(5))
def test_a_csv_file_is_imported_without_a_fault_and_to_the_same_totals(seed: int) -> None:
    fitting = [o for o in generator.generate(seed, 200) if generator.fits_csv(o)]
    sheet = read_sheet(generator.as_csv(fitting), imports.COLUMNS)

    read = [
        imports.read_order(sheet, group, torn=frozenset(), now=generator.NOW)
        for group in imports.grouped(sheet)
    ]

    assert [error for one in read for error in one.errors] == []
    totals = [order_total(one.command.order).amount for one in read if one.command is not None]
    assert totals == [order.body["payments"][0]["captured"]["amount"] for order in fitting]
