"""Promise 2: what was answered with success is there, whatever the store and the processes do."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from random import Random
from typing import Any

from prove import faults, shop
from prove.bench import Bench
from prove.books import Books, books_of
from prove.results import Asked, Trial
from prove.shop import Shop
from prove.worker import HttpReply
from prove.workers import WorkerDied, Workers, at_once

WORKERS = 8
KILLS = 5
THROTTLED, BROKEN = 0.30, 0.05
GIVEN_UP = 0.5
"""How often a caller who does not know the outcome leaves it at that."""
TRIES_MAX = 12
SAMPLE = 100


@dataclass(slots=True)
class Caller:
    """Sends pairs of writes, an order and a return of it, until enough are acknowledged."""

    workers: Workers
    prefix: str
    wanted: int
    random: Random
    numbers: int = 0
    orders: set[str] = field(default_factory=set)
    returns: dict[str, str] = field(default_factory=dict)
    maybe_orders: set[str] = field(default_factory=set)
    maybe_returns: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    retried: int = 0
    kills_left: int = KILLS
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def acknowledged(self) -> int:
        return len(self.orders) + len(self.returns)

    def run(self, _: int) -> None:
        while True:
            with self.lock:
                if self.acknowledged >= self.wanted:
                    return
                number, self.numbers = self.numbers, self.numbers + 1
                due = (KILLS - self.kills_left + 1) * self.wanted / (KILLS + 1)
                is_due = self.kills_left > 0 and self.acknowledged >= due
                self.kills_left -= is_due
            if is_due:
                self.kill()
            self.pair(number)

    def kill(self) -> None:
        """SIGKILL one that is at work; there is always one but for moments."""
        while not self.workers.kill(self.random):
            pass

    def pair(self, number: int) -> None:
        order_no = f"{self.prefix}-{number}"
        sold = shop.order(number, f"pay-{order_no}")
        told = self.send("PUT", f"/v1/orders/{order_no}", sold, None)
        if told is None:
            self.maybe_orders.add(order_no)
            return
        self.orders.add(order_no)
        told = self.send("POST", "/v1/returns", shop.wish(order_no), f"ask-{order_no}")
        if told is None:
            self.maybe_returns.add(order_no)
        else:
            self.returns[order_no] = shop.body(told)["id"]

    def send(self, method: str, path: str, body: Any, key: str | None) -> HttpReply | None:
        """The answer that says it is done; None where the caller does not know."""
        for _ in range(TRIES_MAX):
            try:
                reply = self.workers.http("machine", method, path, body, key=key)
            except WorkerDied:
                reply = None
            if reply is not None and reply.status < 300:
                return reply
            if reply is not None and reply.status != 503:
                self.refused.append(f"{reply.status}: {reply.raw[:200]}")
                return None
            with self.lock:
                self.retried += 1
                if self.random.random() < GIVEN_UP:
                    return None
        return None


def attempt(bench: Bench, asked: Asked, trial: Trial) -> None:
    tables = bench.tables()
    with tables.workers(4, through_proxy=False) as direct:
        Shop(direct, "acked").stocks()
        with tables.workers(WORKERS, through_proxy=True) as shaken:
            caller = Caller(
                workers=shaken,
                prefix="acked",
                wanted=asked.size(small=150, full=10_000),
                random=Random(asked.seed),
            )
            before = bench.proxy.seen()
            with bench.proxy.with_rules(faults.resets(BROKEN), faults.throttles(THROTTLED)):
                at_once(caller.run, range(WORKERS), WORKERS)
            seen = bench.proxy.seen().since(before)
        books = books_of(tables)
        _judge(trial, caller, books)
        _read_some(trial, caller, direct)
    share = 100 * seen.faulted / seen.requests
    trial.figure(f"{share:.0f} % of {seen.requests} calls to DynamoDB failed, {KILLS} SIGKILLs")
    tables.drop()


def _judge(trial: Trial, caller: Caller, books: Books) -> None:
    kept = sum(order_no in books.orders for order_no in caller.orders)
    kept += sum(return_id in books.returns for return_id in caller.returns.values())
    trial.check(kept == caller.acknowledged, f"{kept}/{caller.acknowledged} acknowledged are there")
    trial.check(caller.acknowledged >= caller.wanted, f"{caller.wanted} were wanted")
    trial.check(not caller.refused, f"{len(caller.refused)} refused for no reason")
    made = {order_no: len(books.returns_of(order_no)) for order_no in caller.maybe_returns}
    known = sum(order_no in books.orders for order_no in caller.maybe_orders)
    unsure = len(caller.maybe_orders) + len(made)
    trial.check(
        all(count in (0, 1) for count in made.values()),
        f"{unsure} left unsure: {known + sum(made.values())} done once, the others not at all",
    )
    twice = len(books.returns) - len(caller.returns) - sum(made.values())
    trial.check(twice == 0, f"{twice} done twice")
    trial.check(not books.faults(), f"{len(books.faults())} faults in the books")
    trial.figure(f"{caller.retried} answers were failures")


def _read_some(trial: Trial, caller: Caller, direct: Workers) -> None:
    paths = [f"/v1/orders/{order_no}" for order_no in sorted(caller.orders)[:SAMPLE]]
    paths += [f"/v1/returns/{id_}" for id_ in sorted(caller.returns.values())[:SAMPLE]]
    replies = at_once(lambda path: direct.http("support", "GET", path), paths, 4)
    found = sum(reply.status == 200 for reply in replies)
    trial.check(found == len(paths), f"{found}/{len(paths)} read through the API")
