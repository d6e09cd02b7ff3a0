"""Promise 12: conflicts and throttles are ridden out, and not answered with a storm of calls."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from prove import faults, shop
from prove.bench import Bench
from prove.books import books_of
from prove.faults import Proxy, Seen
from prove.results import FULL, Asked, Trial
from prove.shop import Shop
from prove.worker import HttpReply
from prove.workers import Workers, at_once

WORKERS = 8
CONFLICTS = 0.4
DEADLINE_S = 10.0
ATTEMPTS_MEAN_MAX = 3.0
SUCCESS_MIN = 0.999
_SUCCESS_MIN_SMALL = 0.98
"""Of some hundred calls in two seconds, those that recovery finds on their way weigh more."""
_TRIES_MAX = 60
_PROBE = 40
_TOKENS_S = 20


@dataclass(slots=True)
class Phase:
    """What callers met in one stretch of time."""

    calls: int = 0
    failed: int = 0
    slowest_s: float = 0.0


@dataclass(slots=True)
class Load:
    """Callers that register orders and ask to return them, each waiting as it is told to."""

    workers: Workers
    phase: Phase = field(default_factory=Phase)
    ends_at: float = 0.0
    numbers: int = 0
    lost: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, _: int) -> None:
        while time.monotonic() < self.ends_at:
            with self.lock:
                number, self.numbers = self.numbers, self.numbers + 1
            self.pair(f"busy-{number}", number)

    def pair(self, order_no: str, number: int) -> None:
        sold = shop.order(number, f"pay-{order_no}")
        is_done = self.send("PUT", f"/v1/orders/{order_no}", sold, None) and self.send(
            "POST", "/v1/returns", shop.wish(order_no), f"ask-{order_no}"
        )
        (self.done if is_done else self.lost).append(order_no)

    def send(self, method: str, path: str, body: Any, key: str | None) -> bool:
        for _ in range(_TRIES_MAX):
            phase = self.phase
            reply = self.workers.http("machine", method, path, body, key=key)
            self._note(phase, reply)
            if reply.status < 300:
                return True
            if reply.status != 503:
                return False
            time.sleep(float(reply.headers["retry-after"]))
        return False

    def _note(self, phase: Phase, reply: HttpReply) -> None:
        with self.lock:
            phase.calls += 1
            phase.failed += reply.status >= 300
            phase.slowest_s = max(phase.slowest_s, reply.took_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """One stretch of time as the callers and the proxy saw it."""

    phase: Phase
    seen: Seen

    @property
    def attempts(self) -> float:
        """Calls to DynamoDB for each call of the API."""
        return self.seen.requests / max(1, self.phase.calls)


def attempt(bench: Bench, asked: Asked, trial: Trial) -> None:
    tables = bench.tables()
    calm_s, throttled_s = asked.size(small=2, full=25), asked.size(small=2, full=30)
    conflicts, throttles = faults.conflicts(CONFLICTS), [faults.throttles()]
    with (
        tables.workers(1, through_proxy=False) as direct,
        tables.workers(WORKERS, through_proxy=True) as workers,
    ):
        Shop(direct, "busy").stocks()
        load = Load(workers)
        needed = _calls_needed(bench.proxy, load)
        load.ends_at = time.monotonic() + 2 * calm_s + throttled_s
        callers = threading.Thread(target=at_once, args=(load.run, range(WORKERS), WORKERS))
        callers.start()
        stretches = [
            _under(bench.proxy, load, rules, seconds)
            for rules, seconds in (
                (conflicts, calm_s),
                (throttles, throttled_s),
                (conflicts, calm_s),
            )
        ]
        callers.join()
        bench.proxy.clear()
    wanted = SUCCESS_MIN if asked.scale == FULL else _SUCCESS_MIN_SMALL
    _judge(trial, load, stretches, needed, wanted, is_long=throttled_s > _TOKENS_S)
    books = books_of(tables)
    once = sum(len(books.returns_of(order_no)) == 1 for order_no in load.done)
    trial.check(once == len(load.done), f"{once}/{len(load.done)} done once")
    trial.check(not books.faults(), f"{len(books.faults())} faults in the books")
    tables.drop()


def _calls_needed(proxy: Proxy, load: Load) -> float:
    """Calls to DynamoDB for one call of the API when nothing goes wrong."""
    before = proxy.seen()
    at_once(lambda n: load.pair(f"probe-{n}", n), range(_PROBE), WORKERS)
    needed = proxy.seen().since(before).requests / load.phase.calls
    load.phase = Phase()
    return needed


def _under(proxy: Proxy, load: Load, rules: list[faults.Rule], seconds: float) -> Stretch:
    proxy.set(rules)
    before, load.phase = proxy.seen(), Phase()
    time.sleep(seconds)
    return Stretch(phase=load.phase, seen=proxy.seen().since(before))


def _judge(
    trial: Trial,
    load: Load,
    stretches: list[Stretch],
    needed: float,
    wanted: float,
    *,
    is_long: bool,
) -> None:
    """A process may spend its retries before it stops: in a short outage they weigh more."""
    before, throttled, after = stretches
    calls = sum(stretch.phase.calls for stretch in stretches)
    trial.check(not load.lost, f"{len(load.done)} pairs of calls done, {len(load.lost)} lost")
    share = 1 - after.phase.failed / max(1, after.phase.calls)
    trial.check(
        share >= wanted,
        f"{100 * share:.2f} % of {after.phase.calls} calls succeed at once after recovery",
    )
    useful = sum(stretch.phase.calls - stretch.phase.failed for stretch in stretches)
    mean = sum(stretch.seen.requests for stretch in stretches) / (useful * needed)
    trial.check(mean <= ATTEMPTS_MEAN_MAX, f"mean {mean:.2f} attempts over all {calls} calls")
    trial.check(
        throttled.attempts <= ATTEMPTS_MEAN_MAX or not is_long,
        f"{throttled.attempts:.1f} a call while all is throttled",
    )
    contended = (before.attempts + after.attempts) / 2 / needed
    trial.figure(f"{contended:.2f} under conflicts")
    slowest = max(stretch.phase.slowest_s for stretch in stretches)
    trial.check(slowest < DEADLINE_S, f"slowest call {slowest:.1f} s")
