"""Reads the system back: orders as sold lines, returns, stock, and what a reconciliation finds."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from tools.replay.caller import Caller
from tools.replay.matching import SoldLine
from tools.replay.parallel import for_each
from tools.replay.progress import Bar
from tools.replay.source import Order

Items = Sequence[Mapping[str, Any]]
"""Rows of a list as JSON."""
_READER = "auditor"
_RECONCILED_S_MAX = 900.0
_LOOK_S = 5.0


class Reading:
    """Reads over the API, several at once."""

    def __init__(self, caller: Caller, *, workers: int) -> None:
        self._caller = caller
        self._workers = workers

    def orders(self, order_nos: Sequence[str], bar: Bar) -> list[Mapping[str, Any]]:
        return self._each([f"/orders/{order_no}" for order_no in order_nos], bar)

    def returns(self, ids: Sequence[str], bar: Bar) -> list[Mapping[str, Any]]:
        return self._each([f"/returns/{return_id}" for return_id in ids], bar)

    def stock(self, warehouse: str) -> Items:
        return self._caller.pages(_READER, f"/stock?warehouse={warehouse}&limit=200")

    def open_exceptions(self) -> Items:
        return self._caller.pages(_READER, "/exceptions?state=open&limit=200")

    def once_there(
        self, read: Callable[[], Items], is_there: Callable[[Items], bool], *, standstill_s: float
    ) -> Items:
        """A list, looked at until it is there: it is made behind the API and lags after much work.

        What has not changed for `standstill_s` is taken as it is.
        """
        found, look_s = _timed(read)
        changed_at = time.monotonic()
        while not is_there(found) and time.monotonic() - changed_at < standstill_s:
            # Looking is work too: most of the time is left to those who make the list.
            time.sleep(min(4 * _LOOK_S, max(_LOOK_S, 3 * look_s)))
            before = found
            found, look_s = _timed(read)
            if found != before:
                changed_at = time.monotonic()
        return found

    def reconcile(self) -> Mapping[str, Any]:
        """The finished job of a reconciliation that began now."""
        job = self._caller.post(
            "admin", "/reconciliations", {}, key=f"replay-reconcile-{time.time_ns()}"
        )
        deadline = time.monotonic() + _RECONCILED_S_MAX
        while job["state"] in ("queued", "running") and time.monotonic() < deadline:
            time.sleep(0.5)
            job = self._caller.get("admin", f"/jobs/{job['id']}")
        return dict(job)

    def _each(self, paths: Sequence[str], bar: Bar) -> list[Mapping[str, Any]]:
        def read(path: str) -> Mapping[str, Any]:
            body: Mapping[str, Any] = self._caller.get(_READER, path)
            return body

        return list(for_each(paths, read, workers=self._workers, bar=bar))


def sold_lines(answer: Mapping[str, Any], order: Order) -> list[SoldLine]:
    """The goods lines of an order as the system holds them; only their row comes from the file."""
    delivered = {
        item["line_no"]: datetime.fromisoformat(delivery["delivered_at"])
        for delivery in answer["deliveries"]
        for item in delivery["items"]
    }
    return [
        SoldLine(
            order_no=answer["order_no"],
            line_no=line["line_no"],
            customer=answer["customer_id"],
            sku=line["sku"],
            shipped=line["shipped"],
            delivered_at=delivered[line["line_no"]],
            row=order.lines[int(line["line_no"]) - 1].row,
        )
        for line in answer["lines"]
        if line["kind"] == "goods" and line["shipped"]
    ]


def _timed(read: Callable[[], Items]) -> tuple[Items, float]:
    """What was read, and how long it took."""
    began = time.monotonic()
    return read(), time.monotonic() - began


def units_by_account(stock: Sequence[Mapping[str, Any]]) -> dict[str, Counter[str]]:
    """Units by SKU, by account; empty balances are left out."""
    units: dict[str, Counter[str]] = {}
    for balance in stock:
        if balance["quantity"]:
            account = units.setdefault(balance["account"], Counter())
            account[balance["sku"]] += balance["quantity"]
    return units
