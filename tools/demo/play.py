"""One run of the demo from an empty shop to the summary."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from chalicelib.core.money import Money
from tools.demo import shop as shops
from tools.demo.desk import DISPOSED, Desk, Unexpected, paid_money
from tools.demo.floor import FLOOR
from tools.demo.sale import WAREHOUSE
from tools.demo.scenes import SCENES, Scene
from tools.demo.shop import Everyday, Shop
from tools.generator import rfc3339
from tools.replay.caller import Caller, Refused
from tools.replay.imports import Importer
from tools.replay.journal import Journal
from tools.replay.parallel import for_each
from tools.replay.progress import NO_BAR, Bar, Screen
from tools.stack.client import Stack
from tools.stack.errors import StackError

_TROUBLE = (Unexpected, Refused, StackError, LookupError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came of one scene."""

    title: str
    is_right: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a run ends with; every number was read back from the API."""

    run: str
    orders_put: int
    orders_imported: int
    scenes: tuple[Told, ...]
    returns_by_status: Mapping[str, int]
    units_by_disposition: Mapping[str, int]
    paid: Mapping[str, str]
    open_exceptions: Mapping[str, int]
    reconciliation: Told
    metrics: Told
    links: Mapping[str, str]
    elapsed_s: float

    @property
    def told(self) -> tuple[Told, ...]:
        return (*self.scenes, self.reconciliation, self.metrics)

    @property
    def is_right(self) -> bool:
        return all(one.is_right for one in self.told)


class Demo:
    """A run over a running stack; another run is another `run` and clashes with nothing."""

    def __init__(
        self, stack: Stack, screen: Screen, *, now: datetime, workers: int, journal: Path
    ) -> None:
        run = f"D{int(now.timestamp()):X}"
        caller = Caller(stack)
        self._desk = Desk(stack=stack, caller=caller, run=run, now=now)
        self._importer = Importer(caller, stack, Journal(journal))
        self._screen = screen
        self._workers = workers

    def play(self, *, orders: int, seed: int) -> Summary:
        began = time.monotonic()
        shop = Shop.make(seed=seed, orders=orders, now=self._desk.now, run=self._desk.run)
        self._fill(shop)
        told = self._scenes() + self._everyday(shops.everyday_returns(shop, seed))
        reconciliation, report = self._reconciled()
        metrics = self._metrics()
        with self._screen.bar("Reading back", 1) as bar:
            returns = self._returns(shop)
            exceptions = self._exceptions(returns)
            bar.advance()
        return Summary(
            run=self._desk.run,
            orders_put=len(shop.put) + len(_sales()),
            orders_imported=len(shop.imported),
            scenes=tuple(told),
            returns_by_status=Counter(answer["status"] for answer in returns),
            units_by_disposition=_dispositions(returns),
            paid=_paid(returns),
            open_exceptions=exceptions,
            reconciliation=reconciliation,
            metrics=metrics,
            links=self._links(report),
            elapsed_s=round(time.monotonic() - began, 1),
        )

    def _fill(self, shop: Shop) -> None:
        sales = [scene.sale for scene in (*SCENES, *FLOOR)]
        with self._screen.bar("Counting stock", 1) as bar:
            shops.count_stock(self._desk, shop, sales)
            bar.advance()
        with self._screen.bar("Orders from the shop", len(shop.put)) as bar:
            shops.put_orders(self._desk, shop, bar, workers=self._workers)
        with self._screen.bar("Orders from a CSV file", len(shop.imported)) as bar:
            shops.import_orders(shop, self._importer, bar)

    def _scenes(self) -> list[Told]:
        scenes = [*SCENES, *FLOOR]
        with self._screen.bar("Scenes", len(scenes)) as bar:
            return self._each(scenes, self._scene, bar)

    def _scene(self, scene: Scene) -> Told:
        try:
            told = Told(title=scene.title, is_right=True, text=scene.play(self._desk, scene.sale))
        except _TROUBLE as exc:
            told = Told(title=scene.title, is_right=False, text=_said(exc))
        mark, style = ("✓", None) if told.is_right else ("✗", "red")
        self._screen.say(f"  {mark} {told.title}: {told.text}", style=style)
        return told

    def _everyday(self, returns: Sequence[Everyday]) -> list[Told]:
        """Many plain returns; only those that end otherwise are told one by one."""
        with self._screen.bar("Everyday returns", len(returns)) as bar:
            told = self._each(returns, self._live, bar)
        right = sum(one.is_right for one in told)
        return [
            Told(
                title="Everyday returns", is_right=right == len(told),
                text=f"{right} of {len(told)} ended as they should",
            ),
            *(one for one in told if not one.is_right),
        ]  # fmt: skip

    def _live(self, one: Everyday) -> Told:
        title = f"Everyday return of {one.order.order_no}, {one.outcome}"
        try:
            case = shops.live(self._desk, one)
        except _TROUBLE as exc:
            self._screen.say(f"  ✗ {title}: {_said(exc)}", style="red")
            return Told(title=title, is_right=False, text=_said(exc))
        return Told(title=title, is_right=True, text=case.number)

    def _each(self, things: Sequence[Any], work: Any, bar: Bar) -> list[Told]:
        # Any: scenes and everyday returns are played alike.
        return list(for_each(things, work, workers=self._workers, bar=bar))

    def _reconciled(self) -> tuple[Told, str | None]:
        with self._screen.bar("Reconciling stock", 1) as bar:
            job = self._desk.job("finance", "/reconciliations")
            bar.advance()
        result = job.get("result") or {}
        findings = result.get("findings")
        count = len(findings) if isinstance(findings, list) else findings
        told = Told(
            title="Reconciliation",
            is_right=job["state"] == "succeeded" and count == 0,
            text=f"{job['state']}, {count} findings"
            + (f": {job['error']}" if job.get("error") else ""),
        )
        return told, result.get("report_url")

    def _metrics(self) -> Told:
        with self._screen.bar("Aggregating metrics", 1) as bar:
            job = self._desk.job("finance", "/metrics/runs")
            bar.advance()
        since = self._desk.now.strftime("%Y-%m-%dT00:00:00Z")
        until = rfc3339(self._desk.now + timedelta(days=1))
        path = f"/metrics/returns?from={since}&to={until}&interval=day&group_by=reason"
        rows = self._desk.caller.get("finance", path)["rows"]
        reasons = sorted({row["group"] for row in rows if row["group"]})
        text = f"{job['state']}, reasons seen: {', '.join(reasons) or 'none'}"
        return Told(title="Metrics", is_right=job["state"] == "succeeded" and bool(rows), text=text)

    def _returns(self, shop: Shop) -> list[dict[str, Any]]:
        """All returns of this run, read by the orders of this run."""
        numbers = [order.order_no for order in shop.orders]
        numbers += [sale.order_no(self._desk.run) for sale in _sales()]

        def read(order_no: str) -> list[dict[str, Any]]:
            rows = self._desk.caller.pages("auditor", f"/returns?order_no={order_no}")
            return [self._desk.caller.get("auditor", f"/returns/{row['id']}") for row in rows]

        found = for_each(numbers, read, workers=self._workers, bar=NO_BAR)
        return [answer for answers in found for answer in answers]

    def _exceptions(self, returns: Sequence[Mapping[str, Any]]) -> Counter[str]:
        """What waits for a person in the demo's warehouse, from this run or an earlier one."""
        path = f"/exceptions?state=open&warehouse={WAREHOUSE}"
        return Counter(row["kind"] for row in self._desk.caller.pages("auditor", path))

    def _links(self, report: str | None) -> dict[str, str]:
        api = self._desk.stack.state.api_url
        links = {"api": f"{api}/v1", "openapi": f"{api}/v1/openapi.json"}
        return links | ({"reconciliation report": report} if report else {})


def _sales() -> list[Any]:
    return [scene.sale for scene in (*SCENES, *FLOOR)]


def _said(exc: BaseException) -> str:
    return str(exc) if isinstance(exc, Unexpected) else f"{type(exc).__name__}: {exc}"


def _dispositions(returns: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    units = Counter[str]()
    for line in (line for answer in returns for line in answer["lines"]):
        units.update({name: line["quantities"][name] for name in ("received", *DISPOSED)})
    return {name: count for name, count in units.items() if count}


def _paid(returns: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Money that went back, by currency."""
    by_currency: dict[str, list[Money]] = {}
    for answer in returns:
        by_currency.setdefault(answer["currency"], []).append(paid_money(answer))
    return {
        currency: Money.total(amounts, currency).amount
        for currency, amounts in sorted(by_currency.items())
    }
