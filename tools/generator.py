"""Made-up orders, the same for the same seed: every kind of line, price, payment and delivery.

Pure: bodies of PUT /v1/orders/{order_no}, the stock counts that cover their deliveries, and the CSV
form of those that fit it. Order n depends on the seed and n alone, not on how many are asked for.
"""

import csv
import io
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from chalicelib.core.money import Money, currency_digits, split_by_weight
from tools.generator_catalogue import (
    CUSTOMER_CLASSES,
    CUSTOMERS,
    MARKETS,
    PEOPLE,
    PRODUCTS,
    SERVICES,
    Market,
    Product,
)

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
COST_CURRENCY = "EUR"
SPARE_UNITS = 25
COUNT_ITEMS_MAX = 1000
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedOrder:
    """An order number and the body that puts it."""

    order_no: str
    body: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A line before the order discount is shared: amounts in the market's minor units."""

    product: Product
    quantity: int
    unit_price: int
    discount: int
    sales_unit: str
    unit_factor: int

    @property
    def price(self) -> int:
        return self.unit_price * self.quantity - self.discount


def generate(
    seed: int, orders: int, *, now: datetime = NOW, run: str = "gen"
) -> list[GeneratedOrder]:
    """`run` begins every order number; `now` is after everything that happened to the orders."""
    return [_order(seed, number, now, f"{run}-{number:04d}") for number in range(1, orders + 1)]


def _order(seed: int, number: int, now: datetime, order_no: str) -> GeneratedOrder:
    dice = random.Random(f"{seed}/{number}")  # noqa: S311 - made-up data, not a secret
    market = MARKETS[(number - 1) % len(MARKETS)]
    lines = _lines(dice, market)
    price = sum(line.price for line in lines)
    discount = _rounded(Decimal(price) / 20) if dice.random() < 0.25 else 0
    taxes = _taxes(market, lines, discount)
    shipping = _market_price(market, 590) if dice.random() < 0.6 else 0
    shipping_tax = _tax(market, shipping)
    total = price - discount + shipping
    if not market.tax_included:
        total += sum(taxes) + shipping_tax
    placed_at = now - timedelta(days=dice.randint(6, 20), minutes=dice.randint(0, 1439))
    person = PEOPLE[MARKETS.index(market) % len(PEOPLE)]
    customer = CUSTOMERS[0] if number % 5 == 1 else dice.choice(CUSTOMERS)
    money = _Writer(market.currency)
    body: Json = {
        "customer_id": customer,
        "customer_class": dice.choice(CUSTOMER_CLASSES),
        "contact": {
            "name": person[0], "email": f"{customer}@example.com", "phone": None,
            "address": person[1],
        },
        "channel": dice.choice(market.channels),
        "region": market.region,
        "currency": market.currency,
        "exchange_rate": market.per_euro,
        "tax_included": market.tax_included,
        "placed_at": rfc3339(placed_at),
        "policy_version": "no-window" if dice.random() < 0.15 else "standard-30d",
        "contract_no": f"K-{dice.randint(100, 999)}" if dice.random() < 0.1 else None,
        "sales_rep": dice.choice([None, "rep-anna", "rep-li"]),
        "shipping": money(shipping),
        "shipping_tax": money(shipping_tax),
        "discount": money(discount),
        "coupons": [{"code": "WELCOME5", "amount": money(discount)}] if discount else [],
        "points_spent": 0,
        "points_earned": max(total, 0) // 10 ** currency_digits(market.currency),
        "lines": [
            _line_body(market, line, place, tax)
            for place, (line, tax) in enumerate(zip(lines, taxes, strict=True), start=1)
        ],
        "payments": _payments(dice, money, order_no, total),
        "deliveries": _deliveries(dice, market, lines, order_no, placed_at),
    }  # fmt: skip
    return GeneratedOrder(order_no=order_no, body=body)


def _lines(dice: random.Random, market: Market) -> list[_Line]:
    chosen = dice.sample(PRODUCTS, dice.randint(1, 4))
    if dice.random() < 0.1:
        chosen.append(chosen[0])
    if dice.random() < 0.2:
        chosen.append(dice.choice(SERVICES))
    return [_line(dice, market, product) for product in chosen]


def _line(dice: random.Random, market: Market, product: Product) -> _Line:
    in_cases = product.case_of > 1 and dice.random() < 0.3
    quantity = product.case_of * dice.randint(1, 2) if in_cases else dice.choice([1, 1, 2, 2, 3, 4])
    if product.is_service:
        quantity = 1
    unit_price = _market_price(market, product.price)
    has_discount = not product.is_service and dice.random() < 0.25
    return _Line(
        product=product,
        quantity=quantity,
        unit_price=unit_price,
        discount=_rounded(Decimal(unit_price * quantity) / 10) if has_discount else 0,
        sales_unit="case" if in_cases else "each",
        unit_factor=product.case_of if in_cases else 1,
    )


def _taxes(market: Market, lines: Sequence[_Line], discount: int) -> list[int]:
    """The tax of each line, on what is left of its price after its share of the discount."""
    shares = split_by_weight(discount, [line.price for line in lines])
    return [_tax(market, line.price - share) for line, share in zip(lines, shares, strict=True)]


def _tax(market: Market, price: int) -> int:
    rate = Decimal(market.tax_rate)
    return _rounded(price * rate / (1 + rate if market.tax_included else 1))


def _line_body(market: Market, line: _Line, place: int, tax: int) -> Json:
    money = _Writer(market.currency)
    product = line.product
    taxes = [{"name": market.tax_name, "rate": market.tax_rate, "amount": money(tax)}]
    return {
        "line_no": str(place),
        "sku": product.sku,
        "gtin": product.gtin,
        "name": product.name,
        "category": product.category,
        "tags": ["made-up"],
        "kind": "service" if product.is_service else "goods",
        "final_sale": product.is_final_sale,
        "supplier_id": product.supplier,
        "quantity": line.quantity,
        "sales_unit": line.sales_unit,
        "unit_factor": line.unit_factor,
        "list_price": money(line.unit_price),
        "unit_price": money(line.unit_price),
        "discount": money(line.discount),
        "promotion": "TEN-OFF" if line.discount else None,
        "taxes": taxes if market.tax_name else [],
        "unit_cost": None if product.is_service else _Writer(COST_CURRENCY)(product.cost),
        "kit": [{"sku": sku, "quantity": n, "share": share} for sku, n, share in product.kit],
    }


def _payments(dice: random.Random, money: "_Writer", order_no: str, total: int) -> list[Json]:
    """One card; or card 60 and wallet 40; or a bank transfer, which a person pays back."""
    kind = dice.random()
    parts = [("card", "sandbox", total)]
    if kind < 0.2:
        wallet = _rounded(Decimal(total) * 4 / 10)
        parts = [("card", "sandbox", total - wallet), ("wallet", "manual", wallet)]
    elif kind < 0.3:
        parts = [("bank_transfer", "manual", total)]
    return [
        {"payment_id": f"{order_no}-{method.replace('_', '-')}", "method": method,
         "provider": provider, "captured": money(amount)}
        for method, provider, amount in parts
    ]  # fmt: skip


def _deliveries(
    dice: random.Random,
    market: Market,
    lines: Sequence[_Line],
    order_no: str,
    placed_at: datetime,
) -> list[Json]:
    """One to three parcels; some orders wait, and some parcels are on their way."""
    waits = dice.random()
    if waits < 0.04:
        return []
    parcels: list[list[Json]] = [[] for _ in range(dice.choice([1, 1, 1, 2, 3]))]
    for place, line in enumerate(lines, start=1):
        if not line.product.is_service:
            for parcel, units in _dealt(dice, line.quantity, len(parcels)):
                parcels[parcel].append(_item(dice, line.product, str(place), units, order_no))
    filled = [items for items in parcels if items]
    deliveries = []
    for count, items in enumerate(filled, start=1):
        shipped_at = placed_at + timedelta(hours=8 + 20 * count)
        on_its_way = waits < 0.1 and count == len(filled)
        arrived = rfc3339(shipped_at + timedelta(hours=dice.randint(18, 60)))
        deliveries.append(
            {"delivery_no": f"{order_no}-D{count}", "warehouse": market.warehouse,
             "shipped_at": rfc3339(shipped_at), "delivered_at": None if on_its_way else arrived,
             "items": items}
        )  # fmt: skip
    return deliveries


def _dealt(dice: random.Random, quantity: int, parcels: int) -> Iterator[tuple[int, int]]:
    """Units of one line dealt to parcels: mostly together, at times one by one."""
    if parcels == 1 or dice.random() < 0.7:
        yield dice.randrange(parcels), quantity
        return
    dealt = [0] * parcels
    for _ in range(quantity):
        dealt[dice.randrange(parcels)] += 1
    yield from ((parcel, units) for parcel, units in enumerate(dealt) if units)


def _item(dice: random.Random, product: Product, line_no: str, units: int, order_no: str) -> Json:
    lot = f"L26{dice.randint(1, 3):02d}" if product.has_lots else None
    unique = f"{order_no}-{line_no}-{dice.randrange(16**6):06x}"
    serials = [f"SN-{unique}-{n}" for n in range(1, units + 1)] if product.has_serials else []
    return {"line_no": line_no, "quantity": units, "lot": lot, "serials": serials}


def opening_counts(orders: Iterable[GeneratedOrder], *, kind: str = "opening") -> list[Json]:
    """Bodies of POST /v1/stock/counts: what all deliveries take, and some spare units.

    Of a kit, its parts are taken; those that are sold in kits only are counted without a cost.
    """
    units: dict[tuple[str, str, str | None], int] = {}
    for order in orders:
        lines = {line["line_no"]: line for line in order.body["lines"]}
        for delivery in order.body["deliveries"]:
            for item in delivery["items"]:
                line = lines[item["line_no"]]
                for part in line["kit"] or [{"sku": line["sku"], "quantity": 1}]:
                    key = (delivery["warehouse"], part["sku"], item["lot"])
                    taken = item["quantity"] * part["quantity"]
                    units[key] = units.get(key, SPARE_UNITS) + taken
    cost = {product.sku: _Writer(COST_CURRENCY)(product.cost) for product in PRODUCTS}
    by_warehouse: dict[str, list[Json]] = {}
    for (warehouse, sku, lot), quantity in sorted(units.items(), key=str):
        item = {"sku": sku, "lot": lot, "quantity": quantity, "unit_cost": cost.get(sku)}
        by_warehouse.setdefault(warehouse, []).append(item)
    return [
        {"warehouse": warehouse, "kind": kind, "items": items[start : start + COUNT_ITEMS_MAX]}
        for warehouse, items in by_warehouse.items()
        for start in range(0, len(items), COUNT_ITEMS_MAX)
    ]


CSV_COLUMNS = (
    "order_no", "customer_id", "placed_at", "currency", "channel", "region", "policy_version",
    "tax_included", "order_discount", "shipping", "line_no", "kind", "sku", "name", "category",
    "quantity", "unit_price", "line_discount", "tax_name", "tax_rate", "tax_amount", "unit_cost",
    "supplier_id", "lot", "serials", "final_sale", "payment_id", "payment_method",
    "payment_provider", "payment_captured", "delivery_no", "warehouse", "shipped_at",
    "delivered_at",
)  # fmt: skip


def fits_csv(order: GeneratedOrder) -> bool:
    """A CSV row holds one payment, one delivery of its line, and no kit or tax on shipping."""
    body = order.body
    parcels = [item["line_no"] for d in body["deliveries"] for item in d["items"]]
    return (
        len(body["payments"]) == 1
        and len(parcels) == len(set(parcels))
        and not any(line["kit"] for line in body["lines"])
        and (body["tax_included"] or not Decimal(body["shipping_tax"]["amount"]))
    )


def as_csv(orders: Iterable[GeneratedOrder]) -> bytes:
    """An import file of orders that fit.

    Whom to write to is not part of it, nor are costs in another currency than the order's.
    """
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, CSV_COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    for order in orders:
        assert fits_csv(order), f"{order.order_no} does not fit a CSV file"
        writer.writerows(_csv_rows(order))
    return text.getvalue().encode()


def _csv_rows(order: GeneratedOrder) -> Iterator[dict[str, str]]:
    body, (payment,) = order.body, order.body["payments"]
    parcel_of = {i["line_no"]: (d, i) for d in body["deliveries"] for i in d["items"]}
    plain = ("customer_id", "placed_at", "currency", "channel", "region", "policy_version")
    for line in body["lines"]:
        row = {name: body[name] for name in plain} | {
            "order_no": order.order_no,
            "tax_included": str(body["tax_included"]).lower(),
            "order_discount": body["discount"]["amount"],
            "shipping": body["shipping"]["amount"],
            "line_discount": line["discount"]["amount"],
            "unit_price": line["unit_price"]["amount"],
            "quantity": str(line["quantity"]),
            "unit_cost": _cost_in(body["currency"], line),
            "supplier_id": line["supplier_id"] or "",
            "final_sale": str(line["final_sale"]).lower(),
            "payment_id": payment["payment_id"],
            "payment_method": payment["method"],
            "payment_provider": payment["provider"],
            "payment_captured": payment["captured"]["amount"],
        }
        row |= {name: line[name] for name in ("line_no", "kind", "sku", "name", "category")}
        for tax in line["taxes"]:
            row |= {"tax_name": tax["name"], "tax_rate": tax["rate"]}
            row["tax_amount"] = tax["amount"]["amount"]
        if line["line_no"] in parcel_of:
            delivery, item = parcel_of[line["line_no"]]
            row |= {name: delivery[name] or "" for name in _PARCEL_COLUMNS}
            row |= {"lot": item["lot"] or "", "serials": ";".join(item["serials"])}
        yield row


def _cost_in(currency: str, line: Json) -> str:
    cost = line["unit_cost"]
    return str(cost["amount"]) if cost and cost["currency"] == currency else ""


_PARCEL_COLUMNS = ("delivery_no", "warehouse", "shipped_at", "delivered_at")


class _Writer:
    """Minor units of one currency as money in JSON."""

    def __init__(self, currency: str) -> None:
        self._currency = currency

    def __call__(self, minor: int) -> Json:
        return {"amount": Money(minor, self._currency).amount, "currency": self._currency}


def rfc3339(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _market_price(market: Market, euro_cents: int) -> int:
    units = Decimal(euro_cents) * Decimal(market.per_euro) / 100
    return _rounded(units.scaleb(currency_digits(market.currency)))


def _rounded(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), ROUND_HALF_EVEN))
