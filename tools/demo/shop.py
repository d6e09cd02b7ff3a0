"""Fills the shop: stock counts, orders one by one and as an import file, and everyday returns."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tools import generator
from tools.demo.desk import Case, Desk, Unexpected
from tools.demo.sale import WAREHOUSE, Sale
from tools.generator import GeneratedOrder
from tools.replay.imports import Importer
from tools.replay.parallel import for_each
from tools.replay.progress import Bar

_DEMO_UNITS = 50
_EVERYDAY = ("refunded", "refunded", "refunded", "scrapped", "held", "rejected", "on its way")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """Generated orders of one run, by the way they come in."""

    put: Sequence[GeneratedOrder]
    imported: Sequence[GeneratedOrder]

    @classmethod
    def make(cls, *, seed: int, orders: int, now: datetime, run: str) -> "Shop":
        """Half of what fits a CSV file is imported; the rest is put one by one."""
        made = generator.generate(seed, orders, now=now, run=run)
        fitting = [order for order in made if generator.fits_csv(order)]
        imported = {order.order_no for order in fitting[::2]}
        return cls(
            put=[order for order in made if order.order_no not in imported],
            imported=[order for order in made if order.order_no in imported],
        )

    @property
    def orders(self) -> list[GeneratedOrder]:
        return sorted([*self.put, *self.imported], key=lambda order: order.order_no)


def count_stock(desk: Desk, shop: Shop, sales: Iterable[Sale]) -> int:
    """The stock that everything will be sold from; how many balances were counted.

    A stock of record begins with an opening count; in a later run it is counted again.
    """
    known = desk.caller.get("auditor", f"/stock?warehouse={WAREHOUSE}")["items"]
    kind = "cycle" if known else "opening"
    cost = {"amount": "10.00", "currency": generator.COST_CURRENCY}
    items = [
        {"sku": sku, "lot": None, "quantity": _DEMO_UNITS, "unit_cost": cost}
        for sale in sales
        for sku in (sale.sku, *sale.also)
    ]
    counts = generator.opening_counts(shop.orders, kind=kind)
    counts.append({"warehouse": WAREHOUSE, "kind": kind, "items": items})
    for count in counts:
        desk.caller.post("warehouse", "/stock/counts", count, key=desk.key("count"))
    return sum(len(count["items"]) for count in counts)


def put_orders(desk: Desk, shop: Shop, bar: Bar, *, workers: int) -> None:
    def put(order: GeneratedOrder) -> None:
        path = f"/orders/{order.order_no}"
        desk.caller.put("machine", path, order.body, key=desk.key("order"))

    for_each(shop.put, put, workers=workers, bar=bar)


def import_orders(shop: Shop, importer: Importer, bar: Bar) -> None:
    if shop.imported:
        importer.run("orders", generator.as_csv(shop.imported), bar)


@dataclass(frozen=True, slots=True, kw_only=True)
class Everyday:
    """A return as they come every day, of a generated order, and what must come of it."""

    order: GeneratedOrder
    lines: tuple[dict[str, Any], ...]
    outcome: str


def everyday_returns(shop: Shop, seed: int) -> list[Everyday]:
    """About every third order comes back, in part."""
    dice = random.Random(seed)  # noqa: S311 - made-up data, not a secret
    found: list[Everyday] = []
    for order in shop.orders:
        lines = _returnable(order)
        if lines and dice.random() < 0.4:
            some = dice.sample(lines, dice.randint(1, len(lines)))
            asked = tuple(
                {"order_line_no": line_no, "quantity": dice.randint(1, units),
                 "reason": dice.choice(["CHANGED_MIND", "SIZE_TOO_SMALL", "NOT_AS_DESCRIBED"])}
                for line_no, units in some
            )  # fmt: skip
            outcome = _EVERYDAY[len(found) % len(_EVERYDAY)]
            found.append(Everyday(order=order, lines=asked, outcome=outcome))
    return found


def _returnable(order: GeneratedOrder) -> list[tuple[str, int]]:
    """Lines with how many units arrived: neither services nor final sale."""
    units: dict[str, int] = {}
    for delivery in order.body["deliveries"]:
        for item in delivery["items"]:
            units[item["line_no"]] = units.get(item["line_no"], 0) + item["quantity"]
    return [
        (line["line_no"], units[line["line_no"]])
        for line in order.body["lines"]
        if line["line_no"] in units and not line["final_sale"]
    ]


def live(desk: Desk, one: Everyday) -> Case:
    """The return through its life; raises Unexpected where it ends otherwise."""
    asked = {"order_no": one.order.order_no, "lines": list(one.lines)}
    quote = desk.caller.post("sales", "/returns/quote", asked, key=desk.key("quote"))
    case = desk.open("sales", asked)
    if one.outcome == "rejected":
        case.reject("NOT_ELIGIBLE")
        case.must_be(status="REJECTED")
        return case
    case.approve()
    if one.outcome == "on its way":
        case.must_be(status="APPROVED")
        return case
    case.receive(warehouse=_home(one.order))
    if one.outcome == "scrapped":
        case.inspect(grade="D", result="failed", fault="customer")
        case.scrap()
        case.must_be(status="COMPLETED")
        return case
    case.inspect(grade="B")
    case.dispose("HOLD" if one.outcome == "held" else "RESTOCK")
    _settled(case, f"{quote['refund']['amount']} {quote['refund']['currency']}")
    case.must_be(status="INSPECTING" if one.outcome == "held" else "COMPLETED")
    return case


def _settled(case: Case, quote: str) -> None:
    """Pays what was quoted, exactly: by card, and by hand where no card can be paid back."""
    case.settle()
    for leg in case.now()["settlements"][-1]["legs"]:
        if leg["state"] == "MANUAL":
            case.confirm(leg["payment_id"])
    answer = case.now()
    if answer["settlements"][-1]["state"] != "SETTLED":
        raise Unexpected(f"return {case.number}: {answer['settlements'][-1]}")
    case.must_be(paid=quote)


def _home(order: GeneratedOrder) -> str:
    return str(order.body["deliveries"][-1]["warehouse"])
