"""Promise 13: a DynamoDB that takes 10 s to answer costs callers less than that, and no harm."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from prove import faults, shop
from prove.bench import Bench, Tables
from prove.books import Books, books_of
from prove.results import FULL, Asked, Trial
from prove.shop import Shop
from prove.worker import HttpReply
from prove.workers import Workers, at_once

LATENCY_S = 10.0
_SMALL_LATENCY_S = 4.5
"""Also beyond the time limit of a call, and what is late arrives sooner."""
ANSWER_S = 10.0
_LARGE = 150
"""Items of a count that does not fit into one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, sent while DynamoDB is slow and, if it writes, once more after it."""

    role: str
    method: str
    path: str
    body: Any = None
    key: str | None = None
    version: int | None = None

    def send(self, workers: Workers) -> HttpReply:
        return workers.http(
            self.role, self.method, self.path, self.body, key=self.key, version=self.version
        )


def attempt(bench: Bench, asked: Asked, trial: Trial) -> None:
    tables = bench.tables()
    rounds = asked.size(small=1, full=8)
    with tables.workers(4, through_proxy=False) as direct:
        story = Shop(direct, "slow")
        story.stocks()
        requests = [
            request for number in range(rounds) for request in _requests(story, number * 10)
        ]
        writes = [request for request in requests if request.method != "GET"]
        with tables.workers(14, through_proxy=True) as slow:
            latency_s = LATENCY_S if asked.scale == FULL else _SMALL_LATENCY_S
            replies = _while_slow(bench, slow, requests, latency_s)
        _judge(trial, replies)
        late = books_of(tables)
        trial.check(not late.faults(), f"{len(late.faults())} things half-done")
        for _ in range(2):
            again = at_once(lambda request: request.send(direct), writes, 4)
        done = sum(reply.status < 300 for reply in again)
        trial.check(done == len(writes), f"{done}/{len(writes)} writes done when sent again")
        _count_effects(bench, trial, tables, story, rounds)
    tables.drop()


def _requests(story: Shop, first: int) -> Iterator[Request]:
    """Every command once, on a return of its own that waits for it; and the reads."""
    rets: list[Any] = []
    for number in range(first, first + 5):
        story.sells(number)
        rets.append(story.asks(number) if number > first else None)
    rets[2] = story.approves(rets[2])
    rets[3] = story.receives(story.approves(rets[3]), first + 3)
    received = story.receives(story.approves(rets[4]), first + 4)
    rets[4] = story.inspects(received)
    new_no = f"{story.prefix}-new-{first}"
    new = shop.order(first, f"pay-{new_no}")
    items = [{"sku": f"L-{first}-{n}", "quantity": 1} for n in range(_LARGE)]
    large = {"warehouse": shop.WAREHOUSE, "kind": "opening", "items": items}
    small = {**large, "items": [{"sku": f"S-{first}", "quantity": 7}]}
    asked = shop.wish(story.order_no(first))
    yield Request(role="machine", method="PUT", path=f"/v1/orders/{new_no}", body=new)
    yield _write("machine", "/v1/returns", asked, f"slow-{first}-r")
    yield _write("machine", "/v1/stock/counts", small, f"slow-{first}-c")
    yield _write("machine", "/v1/stock/counts", large, f"slow-{first}-l")
    for place, (role, name, body) in enumerate(
        [
            ("reviewer", "approve", {}),
            ("warehouse", "receipts", shop.receipt(first + 2)),
            ("inspector", "inspections", shop.inspection()),
            ("finance", "settlements", {"mode": "execute"}),
        ],
        start=1,
    ):
        ret = rets[place]
        path = f"/v1/returns/{ret['id']}/{name}"
        yield _write(role, path, body, f"slow-{ret['id']}", ret["version"])
    for path in (
        f"/v1/returns/{rets[1]['id']}",
        f"/v1/returns/{rets[1]['id']}/timeline",
        f"/v1/orders/{story.order_no(first)}",
        "/v1/returns?limit=10",
        f"/v1/stock?sku={shop.SKUS[0]}&warehouse={shop.WAREHOUSE}",
        f"/v1/stock/movements?sku={shop.SKUS[0]}&warehouse={shop.WAREHOUSE}",
    ):
        yield Request(role="support", method="GET", path=path)


def _write(role: str, path: str, body: Any, key: str, version: int | None = None) -> Request:
    return Request(role=role, method="POST", path=path, body=body, key=key, version=version)


def _while_slow(
    bench: Bench, slow: Workers, requests: list[Request], latency_s: float
) -> list[HttpReply]:
    """All answers; and then nothing is under way any more, for what is late still arrives."""
    with bench.proxy.with_rules(faults.latency(latency_s)):
        replies = at_once(lambda request: request.send(slow), requests, slow.size)
    ends = time.monotonic() + 3 * latency_s
    while (seen := bench.proxy.seen()).forwarded < seen.requests and time.monotonic() < ends:
        time.sleep(0.2)
    return replies


def _judge(trial: Trial, replies: list[HttpReply]) -> None:
    slowest = max(reply.took_s for reply in replies)
    trial.check(slowest < ANSWER_S, f"slowest of {len(replies)} answers {slowest:.1f} s")
    right = sum(
        reply.status == 503
        and reply.headers.get("content-type") == "application/problem+json"
        and int(reply.headers.get("retry-after", "0")) > 0
        for reply in replies
    )
    trial.check(right == len(replies), f"{right} a 503 problem with Retry-After")


def _count_effects(bench: Bench, trial: Trial, tables: Tables, story: Shop, rounds: int) -> None:
    """Each write came three times: while slow, and twice after; each has one effect."""
    books: Books = books_of(tables)
    firsts = [number * 10 for number in range(rounds)]
    wanted = {
        "one return each": all(len(books.returns_of(story.order_no(f))) == 1 for f in firsts),
        "one refund each": all(len(bench.refunds_of(story.payment_id(f + 4))) == 1 for f in firsts),
        "3 receipts a round": books.kinds["RECEIPT"] == 3 * rounds,
        "2 inspections a round": books.kinds["INSPECTION"] == 2 * rounds,
        "2 counts a round": books.kinds["COUNT"] == 2 * rounds + 1,
    }
    wrong = [name for name, holds in wanted.items() if not holds]
    trial.check(not wrong, f"effects not as told: {', '.join(wrong) or 'none'}")
    trial.check(not books.faults(), f"{len(books.faults())} faults in the books")
