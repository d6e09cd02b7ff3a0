"""P10: many receipts of one SKU at once, beside as many of different ones, under the same faults.

The emulator does one transaction after the other, so that a proxy refuses transactions as DynamoDB
refuses those that meet others on the same items.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench.figures import Figure
from bench.stage import CORE, Stage
from prove import faults, shop
from prove.shop import Shop
from prove.workers import Workers, together, workers

RUNNERS = 64
ROUNDS = 3
CONFLICTS = 0.4
RATIO_MIN = 0.25
_LOG = Path("build") / "bench-workers.log"


def measure(stage: Stage) -> Iterator[Figure]:
    proxy = faults.launch(stage.environment["AWS_ENDPOINT_URL"], _LOG.parent)
    try:
        shaken = {**stage.environment, "AWS_ENDPOINT_URL": proxy.endpoint}
        with (
            workers(2, stage.environment, _LOG) as direct,
            workers(RUNNERS, shaken, _LOG) as runners,
        ):
            day = Shop(direct, "p10")
            day.stocks()
            rates: dict[bool, list[float]] = {True: [], False: []}
            booked = 0
            for number in range(ROUNDS):
                for is_hot in (True, False) if number % 2 else (False, True):
                    first = (2 * number + is_hot) * RUNNERS
                    rets = [_waiting(day, n, is_hot=is_hot) for n in range(first, first + RUNNERS)]
                    with proxy.with_rules(*faults.conflicts(CONFLICTS)):
                        rates[is_hot].append(_raced(runners, rets))
                    booked += sum(_received(direct, ret["id"]) for ret, _ in rets)
    finally:
        proxy.stop()
    wanted = 2 * ROUNDS * RUNNERS
    ratio = median(hot / spread for hot, spread in zip(rates[True], rates[False], strict=True))
    yield Figure(
        figure="P10",
        what=f"{RUNNERS} receipts of one SKU at once",
        value=median(rates[True]),
        unit="/s",
        floor=median(rates[False]),
        ratio=ratio,
        goal=f"ratio ≥ {RATIO_MIN}, each once",
        ok=ratio >= RATIO_MIN and booked == wanted,
        how=f"floor: {RUNNERS} SKUs; {CONFLICTS:.0%} of transactions in conflict; {ROUNDS} rounds; "
        f"{booked} of {wanted} booked, each by its first call, in table {CORE}",
    )


def _waiting(day: Shop, number: int, *, is_hot: bool) -> tuple[shop.Json, str]:
    """An approved return of one unit: of the SKU of all, or of one of its own."""
    sku = "HOT" if is_hot else f"COOL-{number}"
    order_no = day.order_no(number)
    sold = shop.order(number, day.payment_id(number), units=1)
    sold["lines"][0]["sku"] = sku
    items = [{"sku": sku, "quantity": 1000}]
    count = {"warehouse": shop.WAREHOUSE, "kind": "cycle", "items": items}
    http = day.workers.http
    shop.body(http("machine", "POST", "/v1/stock/counts", count, key=f"{order_no}-stock"), 201)
    shop.body(http("machine", "PUT", f"/v1/orders/{order_no}", sold), 201)
    return day.approves(day.asks(number, units=1)), sku


def _raced(runners: Workers, rets: list[tuple[shop.Json, str]]) -> float:
    """Receipts a second, from the first start to the last end; every one is answered well."""

    def receive(runner: int) -> None:
        ret, sku = rets[runner]
        receipt = {"warehouse": shop.WAREHOUSE, "items": [{"sku": sku, "quantity": 1}]}
        path = f"/v1/returns/{ret['id']}/receipts"
        reply = runners.http(
            "warehouse", "POST", path, receipt, key=f"{ret['id']}-in", version=ret["version"]
        )
        shop.body(reply, 200, 201)

    began = time.perf_counter()
    together(receive, len(rets))
    return len(rets) / (time.perf_counter() - began)


def _received(direct: Workers, return_id: str) -> int:
    told = shop.body(direct.http("warehouse", "GET", f"/v1/returns/{return_id}"))
    return sum(line["quantities"]["received"] for line in told["lines"])
