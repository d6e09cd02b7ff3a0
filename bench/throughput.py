"""P1 and P2: how many returns live their whole life in a second, and the processor time of one.

Handler and floor take turns within each round, so that whatever else the machine does hits both.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import median

from bench import lifecycle
from bench.figures import Figure
from bench.lifecycle import Command, Told
from bench.recording import Recording
from bench.workers import Crew
from tools.stack.client import Stack

WORKERS = {1: 16, 2: 10, 8: 4}
"""How many workers at once → how many lifecycles each of them lives in a round."""
_HTTP_WORKERS = {1: 6, 8: 2}
RATIO_MIN = 0.5
CPU_RATIO_MAX = 2.0
ROUNDS_MIN = 3
_LIMIT_S = 150.0
"""No round begins later, once there are enough of them: a busy machine measures fewer."""
_WORDS = {1: "1 worker", 2: "2 workers", 8: "8 workers"}


@dataclass(slots=True)
class _Seen:
    """One list entry a round."""

    rate: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    each_ms: list[float] = field(default_factory=list)


def measure(environment: dict[str, str], recording: Recording, rounds: int) -> list[Figure]:
    size = max(WORKERS)
    seen = {(kind, n): _Seen() for kind in ("handler", "floor") for n in WORKERS}
    with (
        Crew("handler", size, environment) as handler,
        Crew("floor", size, environment, recording) as floor,
    ):
        began = time.monotonic()
        for number in range(rounds):
            if number >= ROUNDS_MIN and time.monotonic() - began > _LIMIT_S:
                break
            for workers, count in WORKERS.items():
                crews = (handler, floor) if number % 2 else (floor, handler)
                for crew in crews:
                    crew.prepare(f"{number}w{workers}", workers, count)
                for crew in crews:
                    wall, ran = crew.run(workers)
                    into = seen[crew.kind, workers]
                    into.rate.append(workers * count / wall)
                    into.cpu_ms.append(sum(r.cpu_s for r in ran) * 1000 / (workers * count))
                    into.each_ms += [s * 1000 for r in ran for s in r.each_s]
    return [*_speed(seen), _cpu(seen)]


def _speed(seen: dict[tuple[str, int], _Seen]) -> Iterator[Figure]:
    for workers in WORKERS:
        ours, floor = seen["handler", workers], seen["floor", workers]
        ratio = _median_ratio(ours.rate, floor.rate)
        latency = f"{median(ours.each_ms):.0f} ms against {median(floor.each_ms):.0f} ms"
        yield Figure(
            figure="P1",
            what=f"lifecycles in process, {_WORDS[workers]}",
            value=median(ours.rate),
            unit="/s",
            floor=median(floor.rate),
            ratio=ratio,
            goal=f"ratio ≥ {RATIO_MIN}",
            ok=ratio >= RATIO_MIN,
            how=f"median of {len(ours.rate)} interleaved rounds; half of all within {latency}",
        )


def _cpu(seen: dict[tuple[str, int], _Seen]) -> Figure:
    ours, floor = seen["handler", 1], seen["floor", 1]
    ratio = _median_ratio(ours.cpu_ms, floor.cpu_ms)
    return Figure(
        figure="P2",
        what="processor time of the handler, a lifecycle",
        value=median(ours.cpu_ms),
        unit="ms",
        floor=median(floor.cpu_ms),
        ratio=ratio,
        goal=f"ratio ≤ {CPU_RATIO_MAX:.0f}",
        ok=ratio <= CPU_RATIO_MAX,
        how=f"process_time of one worker, median of {len(ours.rate)} interleaved rounds",
    )


def _median_ratio(ours: list[float], floor: list[float]) -> float:
    """Of pairs from the same round: what slows a round slows both."""
    return median(one / other for one, other in zip(ours, floor, strict=True))


def over_http(stack: Stack) -> Iterator[Figure]:
    """The deployed stack: gateway, authorizer, functions, and behind them the stream's work."""

    def ask(command: Command) -> Told:
        answer = stack.api(command.role).request(
            command.method, command.path, json=command.body, headers=command.headers
        )
        return Told(status=answer.status, headers=answer.headers, text=answer.content.decode())

    for workers, count in _HTTP_WORKERS.items():
        names = [f"http{workers}x{place}" for place in range(workers)]
        with ThreadPoolExecutor(workers) as pool:
            for is_timed in (False, True):
                lives = 1 if not is_timed else count
                order_nos = {n: [f"{n}-{is_timed}-{i}" for i in range(lives)] for n in names}
                for name in names:
                    lifecycle.prepare(ask, name, order_nos[name])
                began = time.perf_counter()
                each = [s for some in pool.map(
                    lambda name, orders=order_nos: _lived(ask, name, orders[name]), names
                ) for s in some]  # fmt: skip
                wall = time.perf_counter() - began
        yield Figure(
            figure="P1",
            what=f"lifecycles over HTTP, {_WORDS[workers]}",
            value=workers * count / wall,
            unit="/s",
            how=f"deployed stack, warm; half of all lifecycles within {median(each) * 1000:.0f} ms",
        )


def _lived(ask: lifecycle.Ask, seller: str, order_nos: list[str]) -> list[float]:
    each: list[float] = []
    for order_no in order_nos:
        began = time.perf_counter()
        lifecycle.live(ask, seller, order_no)
        each.append(time.perf_counter() - began)
    return each
