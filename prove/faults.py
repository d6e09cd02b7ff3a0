"""Faults on the wire: microburst as a proxy before the emulated AWS, and the rules we give it.

Rules are tried in order and the first that fires wins. The proxy draws at random by itself and
takes no seed; what it did is read from its counters.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3

from tools.stack import processes
from tools.stack.emulator import endpoint
from tools.stack.processes import HOST, Running

Rule = dict[str, Any]
"""A rule in microburst's own words; Any, because they nest."""
_READY_S = 20.0
_ACTIONS_MAX = 30
_PASSING = {"TransactWriteItems", "TransactGetItems"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the proxy has counted so far."""

    requests: int
    faulted: int
    forwarded: int

    def since(self, before: Seen) -> Seen:
        return Seen(
            requests=self.requests - before.requests,
            faulted=self.faulted - before.faulted,
            forwarded=self.forwarded - before.forwarded,
        )


@dataclass(slots=True)
class Proxy:
    """A running microburst."""

    running: Running
    http: urllib3.PoolManager

    @property
    def endpoint(self) -> str:
        return endpoint(self.running.port)

    def set(self, rules: Sequence[Rule]) -> None:
        """These rules and no others."""
        self._ask("POST", "rules", list(rules))

    def clear(self) -> None:
        self.set([])

    @contextmanager
    def with_rules(self, *rules: Rule) -> Iterator[None]:
        """The rules while the block runs."""
        self.set(rules)
        try:
            yield
        finally:
            self.clear()

    def seen(self) -> Seen:
        counted = self._ask("GET", "stats")["requests"]
        return Seen(
            requests=counted["total"], faulted=counted["faulted"], forwarded=counted["forwarded"]
        )

    def stop(self) -> None:
        processes.stop(self.running)
        self.http.clear()

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        answer = self.http.request(
            method,
            f"{self.endpoint}/_microburst/{path}",
            body=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            timeout=10,
            retries=False,
        )
        assert answer.status == 200, f"microburst: {answer.status} {answer.data[:300]!r}"
        return json.loads(answer.data)


def launch(upstream: str, folder: Path) -> Proxy:
    """Start it on a free port before `upstream`."""
    port = processes.free_port()
    command = [sys.executable, "-m", "microburst", "--upstream", upstream, "--host", HOST]
    running = processes.start(
        [*command, "--port", str(port), "--no-resign"],
        env={"PATH": "/usr/bin:/bin", "PYTHONUNBUFFERED": "1"},
        log=folder / "microburst.log",
        cwd=folder,
        port=port,
        mark="microburst",
    )
    ends = time.monotonic() + _READY_S
    while not processes.answers(port):
        assert running.is_alive(), f"microburst stopped: read {folder / 'microburst.log'}"
        assert time.monotonic() < ends, "microburst does not answer"
        time.sleep(0.05)
    return Proxy(running=running, http=urllib3.PoolManager(retries=False))


def throttles(probability: float = 1.0) -> Rule:
    """DynamoDB refuses for now."""
    error = {"code": "ThrottlingException", "message": "Rate exceeded"}
    return {"service": "dynamodb", "probability": probability, "error": error}


def resets(probability: float) -> Rule:
    """The connection breaks before the request reaches DynamoDB."""
    return {"service": "dynamodb", "probability": probability, "reset": True}


def lost_answers(probability: float) -> Rule:
    """DynamoDB did it, and its answer is cut off."""
    return {
        "service": "dynamodb",
        "operation": "TransactWriteItems",
        "probability": probability,
        "response": {"abort_bytes": 0},
    }


def latency(seconds: float) -> Rule:
    return {"service": "dynamodb", "latency": int(seconds * 1000)}


def conflicts(probability: float) -> list[Rule]:
    """Transactions meet others at work on the same items.

    DynamoDB gives one reason for each action, so there is a rule for each number of actions.
    """
    reason = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
    return [
        {
            "service": "dynamodb",
            "operation": operation,
            "body": f"length(TransactItems) == `{size}`",
            "probability": probability,
            "error": {
                "code": "TransactionCanceledException",
                "status": 400,
                "message": f"Transaction cancelled [{', '.join(['TransactionConflict'] * size)}]",
                "fields": {"CancellationReasons": [reason] * size},
            },
        }
        for operation in sorted(_PASSING)
        for size in range(1, _ACTIONS_MAX + 1)
    ]


def refused_for(text: str, code: str = "AccessDeniedException") -> Rule:
    """Every transaction that names `text` anywhere is refused at once, and not as passing."""
    return {
        "service": "dynamodb",
        "body": f"contains(to_string(@), '{text}')",
        "error": {"code": code, "message": "refused by a rule"},
    }
