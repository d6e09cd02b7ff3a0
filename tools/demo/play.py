"""One run of the demo from an empty shop to the summary."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tools.demo import books, money, terms
from tools.demo import shop as shops
from tools.demo.desk import Desk, Unexpected
from tools.demo.floor import FLOOR
from tools.demo.goods import GOODS
from tools.demo.money import MONEY
from tools.demo.sale import Sale
from tools.demo.scenes import SCENES, Scene
from tools.demo.shop import Everyday, Shop
from tools.demo.summary import ReadBack, Summary, Told, read_back
from tools.demo.terms import TERMS
from tools.demo.warehouse import ARRIVALS, publish_list
from tools.generator import rfc3339
from tools.replay.caller import Caller, Refused
from tools.replay.imports import Importer
from tools.replay.journal import Journal
from tools.replay.parallel import for_each
from tools.replay.progress import Bar, Screen
from tools.stack.client import Stack
from tools.stack.errors import StackError

_TROUBLE = (Unexpected, Refused, StackError, LookupError)
_ALL = (*SCENES, *MONEY, *TERMS, *FLOOR, *ARRIVALS, *GOODS)


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
        scenes = self._scenes()
        everyday = self._everyday(shops.everyday_returns(shop, seed))
        reconciliation, report = self._reconciled()
        metrics = self._metrics()
        with self._screen.bar("Reading back", 1) as bar:
            found = read_back(self._desk, workers=self._workers)
            bar.advance()
        agreed = self._books()
        return Summary(
            run=self._desk.run,
            orders_put=len(shop.put) + len(self._desk.sold),
            orders_imported=len(shop.imported),
            scenes=scenes,
            everyday=everyday,
            checks=(_ledger(found), agreed, reconciliation, metrics),
            read_back=found,
            links=self._links(report),
            elapsed_s=round(time.monotonic() - began, 1),
        )

    def _fill(self, shop: Shop) -> None:
        policies = (terms.document, money.document)
        with self._screen.bar("Publishing the shop's own rules", len(policies) + 1) as bar:
            publish_list(self._desk)
            bar.advance()
            for document in policies:
                terms.publish(self._desk, document(self._desk.run, self._desk.now))
                bar.advance()
        sales: list[Sale] = [scene.sale for scene in _ALL]
        with self._screen.bar("Counting stock", 1) as bar:
            shops.count_stock(self._desk, shop, sales)
            bar.advance()
        with self._screen.bar("Orders from the shop", len(shop.put)) as bar:
            shops.put_orders(self._desk, shop, bar, workers=self._workers)
        with self._screen.bar("Orders from a CSV file", len(shop.imported)) as bar:
            shops.import_orders(shop, self._importer, bar)

    def _scenes(self) -> list[Told]:
        with self._screen.bar("Scenes", len(_ALL), is_told=True) as bar:
            return self._each(_ALL, self._scene, bar)

    def _scene(self, scene: Scene) -> Told:
        told = _told(scene.title, lambda: scene.play(self._desk, scene.sale))
        mark, style = ("✓", None) if told.is_right else ("✗", "red")
        self._screen.say(f"  {mark} {told.title}: {told.text}", style=style)
        return told

    def _everyday(self, returns: Sequence[Everyday]) -> list[Told]:
        """Many plain returns; only those that end otherwise are told one by one."""
        with self._screen.bar("Everyday returns", len(returns)) as bar:
            return self._each(returns, self._live, bar)

    def _live(self, one: Everyday) -> Told:
        title = f"Everyday return of {one.order.order_no}, {one.outcome}"
        told = _told(title, lambda: shops.live(self._desk, one).number)
        if not told.is_right:
            self._screen.say(f"  ✗ {title}: {told.text}", style="red")
        return told

    def _each(self, things: Sequence[Any], work: Any, bar: Bar) -> list[Told]:
        # Any: scenes and everyday returns are played alike.
        return list(for_each(things, work, workers=self._workers, bar=bar))

    def _reconciled(self) -> tuple[Told, str | None]:
        """A reconciliation of all stock, and where its report lies."""
        with self._screen.bar("Reconciling stock", 1) as bar:
            job = self._desk.job("finance", "/reconciliations")
            bar.advance()
        result = job.get("result") or {}
        right = job["state"] == "succeeded" and result["findings"] == 0
        text = _error(job)
        if job["state"] == "succeeded":
            kinds = {**result["kinds"], "not settled yet": result["unsettled"]}
            told_kinds = "".join(f", {name} {count}" for name, count in kinds.items() if count)
            seen = ", ".join(f"{count} {name}" for name, count in result["checked"].items())
            text = f"{result['findings']} findings{told_kinds} in {seen}"
        return Told(title="Reconciliation", is_right=right, text=text), result.get("report_url")

    def _books(self) -> Told:
        """Every ledger of the run, and what the provider itself says it paid."""
        with self._screen.bar("Comparing books", 1) as bar:
            told = _told("Money", lambda: books.agreed(self._desk, workers=self._workers))
            bar.advance()
        return told

    def _metrics(self) -> Told:
        with self._screen.bar("Aggregating metrics", 1) as bar:
            job = self._desk.job("finance", "/metrics/runs")
            bar.advance()
        since = self._desk.now.strftime("%Y-%m-%dT00:00:00Z")
        until = rfc3339(self._desk.now + timedelta(days=1))
        path = f"/metrics/returns?from={since}&to={until}&interval=day&group_by=reason"
        rows = self._desk.caller.get("finance", path)["rows"]
        reasons = sorted({row["group"] for row in rows if row["group"]})
        text = f"returns by reason: {', '.join(reasons) or 'none'}"
        if job["state"] != "succeeded":
            text = _error(job)
        return Told(title="Metrics", is_right=job["state"] == "succeeded" and bool(rows), text=text)

    def _links(self, report: str | None) -> dict[str, str]:
        api = self._desk.stack.state.api_url
        links = {"api": f"{api}/v1", "openapi": f"{api}/v1/openapi.json"}
        return links | ({"report": report} if report else {})


def _told(title: str, play: Any) -> Told:  # Any: a call that tells, or raises
    try:
        return Told(title=title, is_right=True, text=play())
    except Unexpected as exc:
        return Told(title=title, is_right=False, text=str(exc))
    except _TROUBLE as exc:
        return Told(title=title, is_right=False, text=f"{type(exc).__name__}: {exc}")


def _ledger(found: ReadBack) -> Told:
    units = ", ".join(f"{name} {count:+d}" for name, count in found.units_by_account.items())
    return Told(title="Stock booked", is_right=found.is_balanced, text=units or "nothing moved")


def _error(job: Mapping[str, Any]) -> str:
    error = job.get("error") or {}
    return f"{job['state']}: {error.get('code')} {error.get('detail')}"
