"""Workers of the unit of work, each a process: ours with the real handler, the floor with boto3.

A worker prepares untimed what its next lifecycles need, and then runs them against the clock.
"""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from multiprocessing.process import BaseProcess
from typing import Any, Literal, Protocol, Self

from bench import lifecycle
from bench.recording import Recording, fresh_calls, fresh_seeds, quiet
from bench.stage import FLOOR

Kind = Literal["handler", "floor"]
_BATCH = 25
_WARM = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """Of one worker: seconds of processor time and of each lifecycle."""

    cpu_s: float
    each_s: tuple[float, ...]


class Work(Protocol):
    """A number of lifecycles is prepared; each call of what is returned lives one."""

    def prepare(self, name: str, count: int) -> list[Callable[[], object]]: ...


class HandlerWork:
    """The application itself: event in, answer out."""

    def __init__(self) -> None:
        from app import app
        from bench.door import Door

        self._door = Door(app)

    def prepare(self, name: str, count: int) -> list[Callable[[], object]]:
        order_nos = [f"{name}-{place}" for place in range(count)]
        seller = name.partition("-")[0]
        lifecycle.prepare(self._door, seller, order_nos)
        return [_bound(lifecycle.live, self._door, seller, order_no) for order_no in order_nos]


class FloorWork:
    """A bare boto3 client: the recorded calls, and the recorded request to the provider."""

    def __init__(self, recording: Recording, provider_url: str) -> None:
        import boto3
        import urllib3

        self._recording = recording
        self._client: Any = boto3.client("dynamodb")  # Any: it is called with recorded requests
        self._refunds_url = f"{provider_url}/v1/refunds"
        self._http = urllib3.PoolManager(retries=False)

    def prepare(self, name: str, count: int) -> list[Callable[[], object]]:
        seller = name.partition("-")[0]
        marks = [f"{name}-{place}" for place in range(count)]
        seeds = [seed for mark in marks for seed in fresh_seeds(self._recording, mark, seller)]
        for start in range(0, len(seeds), _BATCH):
            puts = [{"PutRequest": {"Item": seed}} for seed in seeds[start : start + _BATCH]]
            self._client.batch_write_item(RequestItems={FLOOR: puts})
        methods = {
            "GetItem": self._client.get_item,
            "TransactGetItems": self._client.transact_get_items,
            "TransactWriteItems": self._client.transact_write_items,
        }
        return [
            _bound(self._live, mark, [
                (methods[operation], request)
                for operation, request in fresh_calls(self._recording, mark, seller)
            ])
            for mark in marks
        ]  # fmt: skip

    def _live(self, mark: str, calls: list[tuple[Callable[..., Any], dict[str, Any]]]) -> None:
        """The refund is asked for before the last read and write, which note its outcome."""
        for place, (method, request) in enumerate(calls):
            if place == len(calls) - 2:
                self._refund(mark)
            method(**request)

    def _refund(self, mark: str) -> None:
        body = {"payment": mark, "amount": 7500, "currency": "EUR", "reference": mark}
        answer = self._http.request(
            "POST",
            self._refunds_url,
            body=json.dumps(body).encode(),
            headers={"Idempotency-Key": mark, "Content-Type": "application/json"},
        )
        assert answer.status == 201, answer.data


def _bound(live: Callable[..., object], *arguments: object) -> Callable[[], object]:
    return lambda: live(*arguments)


class Crew:
    """Workers of one kind. They wait between rounds, and end with the `with`."""

    def __init__(
        self,
        kind: Kind,
        size: int,
        environment: dict[str, str],
        recording: Recording | None = None,
    ) -> None:
        self.kind = kind
        spawn = get_context("spawn")
        self._pipes: list[Pipe] = []
        self._processes: list[BaseProcess] = []
        for _ in range(size):
            ours, theirs = spawn.Pipe()
            process = spawn.Process(
                target=_serve, args=(theirs, kind, environment, recording), daemon=True
            )
            process.start()
            self._pipes.append(ours)
            self._processes.append(process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join(10)

    def prepare(self, round_name: str, workers: int, count: int) -> None:
        """Every worker has a seller of its own: no two write the same balances."""
        for place, pipe in enumerate(self._pipes[:workers]):
            pipe.send((f"{self.kind}{place}-{round_name}", count))
        for pipe in self._pipes[:workers]:
            pipe.recv()

    def run(self, workers: int) -> tuple[float, list[Ran]]:
        """Seconds from the first start to the last end, and what each worker says."""
        began = time.perf_counter()
        for pipe in self._pipes[:workers]:
            pipe.send(None)
        ran = [pipe.recv() for pipe in self._pipes[:workers]]
        return time.perf_counter() - began, ran


def _serve(
    pipe: Pipe, kind: Kind, environment: dict[str, str], recording: Recording | None
) -> None:
    """Two messages a round: a name and a number to prepare, then None to run what is prepared."""
    os.environ.update(environment)
    work: Work
    if kind == "handler":
        work = HandlerWork()
    else:
        assert recording is not None, "a floor replays a recording"
        work = FloorWork(recording, environment["SANDBOX_PROVIDER_URL"])
    is_warm = False
    while True:
        name, count = pipe.recv()
        with quiet():
            if not is_warm:
                for live in work.prepare(f"{name}-warm", _WARM):
                    live()
                is_warm = True
            prepared = work.prepare(name, count)
        pipe.send("ready")
        pipe.recv()
        with quiet():
            ran = _run(prepared)
        pipe.send(ran)


def _run(prepared: list[Callable[[], object]]) -> Ran:
    each: list[float] = []
    cpu = time.process_time()
    for live in prepared:
        began = time.perf_counter()
        live()
        each.append(time.perf_counter() - began)
    return Ran(cpu_s=time.process_time() - cpu, each_s=tuple(each))
