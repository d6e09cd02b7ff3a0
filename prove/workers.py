"""A set of worker processes, each given one call at a time; any may be killed in the middle of one.

They are forked from one process that has imported the application, so a new one is there at once.
"""

from __future__ import annotations

import json
import multiprocessing
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from prove.worker import Call, FunctionCall, FunctionReply, HttpCall, HttpReply, Reply, serve

Given = TypeVar("Given")
Got = TypeVar("Got")
PATIENCE_S = 60.0
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["prove.worker"])


class WorkerDied(Exception):
    """Killed before it answered: nobody can say whether the call was carried out."""


@dataclass(eq=False, slots=True)
class _Worker:
    process: ForkServerProcess
    connection: Connection

    def ask(self, call: Call) -> Reply:
        try:
            self.connection.send(call)
            if not self.connection.poll(PATIENCE_S):
                raise AssertionError(f"a handler took more than {PATIENCE_S:.0f} s: {call}")
            told: Reply = self.connection.recv()
        except (EOFError, OSError) as exc:
            raise WorkerDied from exc
        return told

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.process.close()
        self.connection.close()


class Workers:
    """Safe to use from several threads; a call waits for a free worker."""

    def __init__(self, size: int, environment: Mapping[str, str], log: Path) -> None:
        self.size = size
        self._environment = dict(environment)
        self._log = log
        self._free: queue.LifoQueue[_Worker] = queue.LifoQueue()
        self._busy: list[_Worker] = []
        self._lock = threading.Lock()
        for _ in range(size):
            self._free.put(self._started())

    def http(
        self,
        role: str,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = None,
        version: int | None = None,
    ) -> HttpReply:
        """A request by somebody of that role; `version` is the one they looked at."""
        headers = {} if key is None else {"Idempotency-Key": key}
        if version is not None:
            headers["If-Match"] = f'"v{version}"'
        sent = None if body is None else json.dumps(body)
        call = HttpCall(role=role, method=method, path=path, body=sent, headers=headers)
        told = self.ask(call)
        assert isinstance(told, HttpReply), "an HTTP call has an HTTP reply"
        return told

    def function(
        self, name: str, event: Mapping[str, Any], remaining_s: float = 60.0
    ) -> FunctionReply:
        told = self.ask(FunctionCall(function=name, event=event, remaining_s=remaining_s))
        assert isinstance(told, FunctionReply), "a function call has a function's reply"
        return told

    def ask(self, call: Call) -> Reply:
        """Raises WorkerDied where the worker was killed; another one takes its place."""
        worker = self._free.get()
        with self._lock:
            self._busy.append(worker)
        try:
            told = worker.ask(call)
        except BaseException:
            with self._lock:
                self._busy.remove(worker)
            worker.end()
            self._free.put(self._started())
            raise
        with self._lock:
            self._busy.remove(worker)
        self._free.put(worker)
        return told

    def kill(self, random: Random) -> bool:
        """SIGKILL one that is at work; False where none is at this moment."""
        with self._lock:
            if not self._busy:
                return False
            random.choice(self._busy).process.kill()
            return True

    def close(self) -> None:
        for _ in range(self.size):
            self._free.get(timeout=PATIENCE_S).end()

    def _started(self) -> _Worker:
        ours, theirs = _context.Pipe()
        process = _context.Process(
            target=serve, args=(theirs, self._environment, str(self._log)), daemon=True
        )
        process.start()
        theirs.close()
        return _Worker(process, ours)


@contextmanager
def workers(size: int, environment: Mapping[str, str], log: Path) -> Iterator[Workers]:
    made = Workers(size, environment, log)
    try:
        yield made
    finally:
        made.close()


def at_once(act: Callable[[Given], Got], given: Iterable[Given], threads: int) -> list[Got]:
    """`act` for each, up to `threads` at a time; the results in order, or the first error."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(act, given))


def together(act: Callable[[int], Got], count: int) -> list[Got]:
    """`act` in that many threads, which all begin at the same moment."""
    gate = threading.Barrier(count)

    def begin(number: int) -> Got:
        gate.wait()
        return act(number)

    return at_once(begin, range(count), count)
