"""The replay from file to verdict: opening counts, orders, returns, reading back, comparing."""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.replay import count, forms, matching, source
from tools.replay.caller import Caller, Refused
from tools.replay.count import Figures
from tools.replay.imports import Importer
from tools.replay.journal import Journal
from tools.replay.matching import PlannedReturn
from tools.replay.parallel import for_each
from tools.replay.progress import NO_BAR, Screen
from tools.replay.reading import Reading, sold_lines
from tools.replay.returns import Brought, ReturnFailed, Returns
from tools.replay.verdicts import Verdict
from tools.replay.verify import Row, State, compare, compare_exceptions, compare_stock
from tools.stack.client import Stack

_COUNTERS = 2
"""Each count is many writes: more at once would only wait for each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`standstill_s` is how long a list that lags may stand still before it is taken as it is.

    `policy` is the version that everything is sold under.
    """

    warehouse: str
    workers: int
    policy: str = forms.NO_WINDOW
    standstill_s: float = 60.0


class WarehouseInUse(Exception):
    """The warehouse was opened for another file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run ends with; it is right if every row is equal and nothing failed."""

    rows: tuple[Row, ...]
    failures: tuple[str, ...]
    elapsed_s: float
    verdicts: tuple[Verdict, ...] = ()

    @property
    def is_right(self) -> bool:
        return not self.failures and all(row.is_equal for row in self.rows)


class Replay:
    """One run over one file. Killed anywhere, another run goes on and ends with the same totals."""

    def __init__(self, stack: Stack, journal: Journal, screen: Screen, options: Options) -> None:
        self._caller = Caller(stack)
        self._importer = Importer(self._caller, stack, journal)
        self._returns = Returns(self._caller, journal, options.warehouse)
        self._reading = Reading(self._caller, workers=options.workers)
        self._screen = screen
        self._options = options

    def run(self, path: Path) -> Outcome:
        began = time.monotonic()
        window_days = forms.WINDOW_DAYS[self._options.policy]
        figures = count.count_file(path, window_days=window_days)
        file = source.read(path)
        self._open_stock(file)
        self._import_orders(file)
        planned = self._plan(file)
        brought, failures = self._bring_to_end(planned)
        state = self._read_back(file, brought, figures)
        rows = compare(state, figures, file.credit_lines)
        verdicts = sorted(
            (one.verdict for one in brought), key=lambda v: (v.invoice, v.order_no or "")
        )
        return Outcome(
            rows=tuple(rows),
            failures=tuple(failures),
            elapsed_s=time.monotonic() - began,
            verdicts=tuple(verdicts),
        )

    def _open_stock(self, file: source.Source) -> None:
        """Counts what the file will sell. A count is known by its key for good: posted once."""
        counts = list(forms.opening_counts(file.sold_by_sku(), self._options.warehouse))
        with self._screen.bar("opening counts", len(counts)) as bar:
            numbered = list(enumerate(counts, start=1))
            for_each(numbered, self._count, workers=_COUNTERS, bar=bar)

    def _count(self, numbered: tuple[int, Mapping[str, Any]]) -> None:
        number, body = numbered
        warehouse = self._options.warehouse
        told = f"warehouse {warehouse} was opened for another file: choose one with --warehouse"
        try:
            answer = self._caller.post(
                "warehouse", "/stock/counts", body, key=f"replay-{warehouse}-opening-{number}"
            )
        except Refused as refused:
            if refused.code == "idempotency_key_reused":
                raise WarehouseInUse(told) from refused
            raise
        counted = {item["sku"]: item["counted"] for item in answer["differences"]}
        if counted != {item["sku"]: item["quantity"] for item in body["items"]}:
            raise WarehouseInUse(told)

    def _import_orders(self, file: source.Source) -> None:
        files = forms.order_files(file.orders, self._options.warehouse, policy=self._options.policy)
        for content in files:
            with self._screen.bar("orders", sum(len(order.lines) for order in file.orders)) as bar:
                self._importer.run("orders", content, bar)

    def _plan(self, file: source.Source) -> list[PlannedReturn]:
        """Made from the orders as the system holds them, of the customers who return something."""
        customers = {credit.customer for credit in file.credit_lines}
        orders = {order.order_no: order for order in file.orders if order.customer in customers}
        with self._screen.bar("orders read back", len(orders)) as bar:
            answers = self._reading.orders(list(orders), bar)
        sold = [
            line for answer in answers for line in sold_lines(answer, orders[answer["order_no"]])
        ]
        return matching.plan(sold, file.credit_lines)

    def _bring_to_end(self, planned: Sequence[PlannedReturn]) -> tuple[list[Brought], list[str]]:
        """Customers side by side; the returns of one customer one after the other."""
        by_customer: dict[str, list[PlannedReturn]] = {}
        for one in planned:
            by_customer.setdefault(one.customer or one.invoice, []).append(one)
        brought: list[Brought] = []
        failures: list[str] = []
        stopping = threading.Event()
        with self._screen.bar("returns", len(planned)) as bar:

            def live(of_customer: list[PlannedReturn]) -> None:
                for one in of_customer:
                    if stopping.is_set():
                        return
                    try:
                        brought.append(self._returns.bring_to_end(one))
                    except ReturnFailed as failed:
                        failures.append(str(failed))
                        self._screen.say(f"  {failed}", style="red")
                    bar.advance()

            most_first = sorted(by_customer.values(), key=len, reverse=True)
            for_each(most_first, live, workers=self._options.workers, bar=NO_BAR, stopping=stopping)
        return brought, failures

    def _read_back(
        self, file: source.Source, brought: Sequence[Brought], figures: Figures
    ) -> State:
        ids = [one.return_id for one in brought if one.return_id is not None]
        with self._screen.bar("returns read back", len(ids)) as bar:
            returns = self._reading.returns(ids, bar)
        with self._screen.bar("all orders read back", len(file.orders)) as bar:
            orders = self._reading.orders([order.order_no for order in file.orders], bar)
        with self._screen.bar("reconciliation", 1) as bar:
            findings = _findings(self._reading.reconcile())
            bar.advance()
        with self._screen.bar("lists that catch up", 2) as bar:
            exceptions = self._reading.once_there(
                self._reading.open_exceptions,
                lambda items: compare_exceptions(items, returns, figures).is_equal,
                standstill_s=self._options.standstill_s,
            )
            bar.advance()
            stock = self._reading.once_there(
                lambda: self._reading.stock(self._options.warehouse),
                lambda items: all(row.is_equal for row in compare_stock(items, figures)),
                standstill_s=self._options.standstill_s,
            )
            bar.advance()
        return State(
            orders=orders,
            returns=returns,
            exceptions=exceptions,
            stock=stock,
            findings=findings,
            refused=sum(one.return_id is None for one in brought),
        )


def _findings(job: Mapping[str, Any]) -> int | None:
    result = job.get("result") or {}
    found = result.get("findings")
    if job["state"] != "succeeded" or found is None:
        return None
    return len(found) if isinstance(found, list) else int(found)
