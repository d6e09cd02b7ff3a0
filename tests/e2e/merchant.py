"""A merchant who uses the deployed application as its clients do, and what its tests share.

Requests go out as they are, never repeated here: what a repetition does is what tests ask about.
"""

import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

from tools.demo.desk import Case, Desk
from tools.demo.sale import WAREHOUSE, Sale
from tools.generator import rfc3339
from tools.replay.caller import Caller
from tools.stack.client import Answer, Stack
from tools.stack.places import ROOT

T = TypeVar("T")
Json = dict[str, Any]
STOCK = 100
"""How many units of a SKU lie in `available` before a sale is delivered."""
ANY = {"If-Match": "*"}
"""What a person says who acts whatever the version is."""
_POLL_S = 0.1
_PROBLEM = {"type", "title", "status", "detail", "instance", "code", "errors", "trace_id"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    """One per run: `run` begins every number, so that runs on one stack never clash."""

    stack: Stack
    desk: Desk
    run: str
    counter: Iterator[int] = field(default_factory=itertools.count)

    @classmethod
    def of(cls, stack: Stack) -> "Merchant":
        now = datetime.now(UTC)
        run = f"E{int(now.timestamp() * 10):X}"
        desk = Desk(stack=stack, caller=Caller(stack), run=run, now=now)
        return cls(stack=stack, desk=desk, run=run)

    def key(self, name: str = "key") -> str:
        return f"e2e-{self.run}-{name}-{next(self.counter)}"

    def send(
        self,
        role: str | None,
        method: str,
        path: str,
        body: Any = None,  # Any: JSON, right or wrong
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request to /v1. `body` may be bytes, which are sent as they are."""
        sent = {} if role is None else {"Authorization": f"Bearer {self.stack.token(role)}"}
        if key is not None:
            sent["Idempotency-Key"] = key
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        if content is not None:
            sent["Content-Type"] = "application/json"
        url = f"{self.stack.state.api_url}/v1{path}"
        return self.stack.http(method, url, body=content, headers={**sent, **(headers or {})})

    def sold(self, sale: Sale) -> str:
        """The number of an order that is paid and delivered."""
        self.counted(sale.sku)
        return self.desk.sell(sale)

    def counted(self, *skus: str) -> None:
        """The shelf holds enough of them."""
        cost = {"amount": "10.00", "currency": "EUR"}
        items = [{"sku": sku, "quantity": STOCK, "unit_cost": cost} for sku in skus]
        body = {"warehouse": WAREHOUSE, "kind": "cycle", "items": items}
        self.desk.caller.post("warehouse", "/stock/counts", body, key=self.key("count"))

    def asked(self, sale: Sale, units: int, *, role: str = "support", **more: Any) -> Case:
        """A return of so many units of a sale, waiting for review. Any: as Desk.ask takes it."""
        self.counted(sale.sku)
        return self.desk.ask(sale, units, role=role, **more)

    def approved(self, sale: Sale, units: int) -> Case:
        case = self.asked(sale, units)
        case.approve()
        return case

    def ready_to_settle(self, sale: Sale, units: int) -> Case:
        """Back, looked at and on the shelf again; only the money is missing."""
        case = self.approved(sale, units)
        case.receive()
        case.inspect()
        case.dispose("RESTOCK")
        return case

    def scan(self, name: str, seq: int, **fields: Any) -> Json:
        """What a scanner sends. Any: a malformed one is sent on purpose."""
        return {
            "scan_id": f"{self.run}-{name}-{seq}",
            "device_id": "scanner-e2e",
            "seq": seq,
            "captured_at": rfc3339(self.desk.now),
            "warehouse": WAREHOUSE,
            **fields,
        }

    def outcome_of(self, scan_id: str) -> Json:
        """What became of a scan, as soon as a worker saw it."""
        answer = eventually(
            lambda: self.desk.caller.get("warehouse", f"/scans/{scan_id}"),
            lambda now: now["state"] in ("done", "malformed"),
        )
        return dict(answer)

    def finished(self, job_id: str) -> Json:
        """The job once it has ended."""
        job = eventually(
            lambda: self.desk.caller.get("machine", f"/jobs/{job_id}"),
            lambda now: now["state"] in ("succeeded", "failed", "cancelled"),
        )
        return dict(job)

    def imported(self, kind: str, content: bytes, **options: object) -> Json:
        """A CSV file through the import, to its end."""
        body = {"kind": kind, **options}
        begun = self.send("machine", "POST", "/imports", body, key=self.key("import")).expect(202)
        form = begun["upload"]
        self.stack.upload(form["url"], form["fields"], content).expect(200, 201, 204)
        return self.finished(begun["job"]["id"])

    def download(self, url: str) -> bytes:
        """A file behind a presigned address, as a browser gets it."""
        answer = self.stack.http("GET", url)
        answer.expect(200)
        return answer.content

    def refunds_of(self, payment: str) -> list[Json]:
        """What the payment provider says it paid back of one payment."""
        url = f"{self.stack.state.provider_url}/v1/refunds?payment={payment}&limit=500"
        return list(self.stack.http("GET", url).expect(200)["items"])


def eventually(
    look: Callable[[], T], is_there: Callable[[T], object] = bool, *, within_s: float = 60
) -> T:
    """Look again until it is there: queues, streams and uploads are worked off behind the API."""
    deadline = time.monotonic() + within_s
    while True:
        seen = look()
        if is_there(seen):
            return seen
        assert time.monotonic() < deadline, f"not within {within_s:.0f} s; seen: {seen!r:.500}"
        time.sleep(_POLL_S)


def refused(answer: Answer, status: int, code: str, *, language: str = "en") -> Json:
    """The problem document of a refusal: complete, as documented, in this language."""
    problem: Json = answer.expect(status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(problem) - {"details"} == _PROBLEM
    assert problem["code"] == code, problem
    assert problem["type"] == f"https://tuiku.dev/problems/{code}"
    assert problem["status"] == status
    assert (code, status) in documented(), f"docs/errors.md does not have {status} {code}"
    assert problem["title"] == documented()[code, status][language]
    assert problem["detail"]
    assert problem["instance"]
    # What the gateway refuses by itself never had an id of ours.
    traced = answer.headers.get("x-request-id") or answer.headers["x-amzn-requestid"]
    assert problem["trace_id"] == traced
    for error in problem["errors"]:
        assert set(error) == {"pointer", "code", "message"}
    return problem


def faults(problem: Json) -> dict[str, str]:
    """What is wrong with which field."""
    return {error["pointer"]: error["code"] for error in problem["errors"]}


@cache
def documented() -> dict[tuple[str, int], dict[str, str]]:
    """The titles of docs/errors.md by code and status, in both languages."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in (ROOT / "docs" / "errors.md").read_text("utf-8").splitlines()
        if line.startswith("| `")
    ]
    return {(row[0].strip("`"), int(row[1])): {"en": row[2], "zh-CN": row[3]} for row in rows}


def csv_of(header: Sequence[str], *rows: Sequence[object]) -> bytes:
    """A plain CSV file; cells hold neither commas nor quotes."""
    lines = [header, *rows]
    return "".join(",".join(str(cell) for cell in line) + "\r\n" for line in lines).encode()
