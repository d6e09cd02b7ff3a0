"""Promise 5: scans that come twice, in any order, spoilt or to a dying process do no harm.

The messages lie in a real queue. Processes of ours take them out in batches, as Lambda's pollers
do, and delete what was not reported as failed; one that is killed reports nothing.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any

from prove import scanned, shop
from prove.batches import sqs_event
from prove.bench import Bench, Tables
from prove.books import Books, books_of
from prove.results import Asked, Trial
from prove.scanned import Announced, Expected
from prove.shop import Shop
from prove.workers import WorkerDied, Workers, at_once, together

AT_ONCE = 4
BATCH = 10
PATIENCE_S = 1800.0
_RECEIVED = "RECEIVED"


@dataclass(slots=True)
class Belt:
    """The queue and who empties it. `kills` are spread evenly over the messages.

    `hidden_s`: how long a batch that nobody finished stays hidden.
    """

    bench: Bench
    workers: Workers
    total: int
    kills: int
    random: Random
    hidden_s: int
    handed: int = 0
    killed: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def queue(self) -> str:
        return str(self.bench.outputs["ScansQueueUrl"])

    def send(self, bodies: list[str]) -> None:
        sqs = self.bench.boto("sqs")
        for start in range(0, len(bodies), BATCH):
            entries = [
                {"Id": str(n), "MessageBody": body, "MessageGroupId": shop.WAREHOUSE}
                for n, body in enumerate(bodies[start : start + BATCH])
            ]
            failed = sqs.send_message_batch(QueueUrl=self.queue, Entries=entries).get("Failed", [])
            assert not failed, f"SQS did not take {len(failed)} messages"

    def empty(self, _: int) -> None:
        """Take batches until nothing came for a while, not even what a dead process had taken."""
        sqs, quiet_since = self.bench.boto("sqs"), time.monotonic()
        ends = time.monotonic() + PATIENCE_S
        while time.monotonic() < min(quiet_since + 2 * self.hidden_s, ends):
            taken = sqs.receive_message(
                QueueUrl=self.queue,
                MaxNumberOfMessages=BATCH,
                VisibilityTimeout=self.hidden_s,
                WaitTimeSeconds=1,
            ).get("Messages", [])
            if taken:
                quiet_since = time.monotonic()
                self._handed(sqs, taken)
            elif self._depth() == 0:
                return

    def _handed(self, sqs: Any, taken: list[dict[str, Any]]) -> None:
        event = sqs_event([(one["MessageId"], one["Body"]) for one in taken])
        self._kill_when_due(len(taken))
        try:
            reply = self.workers.function("ingest_scans", event)
        except WorkerDied:
            return
        assert reply.error is None, f"the batch as a whole failed: {reply.error}"
        failed = {one["itemIdentifier"] for one in reply.result["batchItemFailures"]}
        entries = [
            {"Id": str(n), "ReceiptHandle": one["ReceiptHandle"]}
            for n, one in enumerate(taken)
            if one["MessageId"] not in failed
        ]
        if entries:
            sqs.delete_message_batch(QueueUrl=self.queue, Entries=entries)

    def _kill_when_due(self, taken: int) -> None:
        """SIGKILL one that is at work, where so many messages were handed out that one is due."""
        with self.lock:
            self.handed += taken
            due = (self.killed + 1) * self.total / (self.kills + 1)
            is_due = self.killed < self.kills and self.handed >= due
            self.killed += is_due
        if is_due:
            threading.Thread(target=self._kill, daemon=True).start()

    def _kill(self) -> None:
        """Once somebody is in the middle of a batch."""
        time.sleep(0.05)
        while not self.workers.kill(self.random):
            time.sleep(0.005)

    def _depth(self) -> int:
        return depth(self.bench, self.queue, "NotVisible") + depth(self.bench, self.queue)


def attempt(bench: Bench, asked: Asked, trial: Trial) -> None:
    tables, random = bench.tables(), Random(asked.seed)
    size = asked.size(small=200, full=10_000)
    bench.boto("sqs").purge_queue(QueueUrl=bench.outputs["ScansDlqUrl"])
    with tables.workers(AT_ONCE, through_proxy=False) as workers:
        announced = _announced(workers, places=-(-size // 12))
        scans = scanned.scans_of(announced, size, random)
        bad = scans[: size // 100]
        bodies = [scanned.malformed(scan, n) for n, scan in enumerate(bad)]
        good = scans[len(bad) :]
        bodies += [json.dumps(scan) for scan in good]
        twice = random.sample(range(len(bad), size), size * 30 // 100)
        messages = [*bodies, *(bodies[n] for n in twice)]
        random.shuffle(messages)
        kills = asked.size(small=2, full=20)
        belt = Belt(
            bench,
            workers,
            total=len(messages),
            kills=kills,
            random=random,
            hidden_s=asked.size(small=5, full=30),
        )
        belt.send(messages)
        began = time.monotonic()
        together(belt.empty, AT_ONCE)
        took = time.monotonic() - began
    trial.figure(
        f"{size} scans in {len(messages)} messages, {len(twice)} doubled, {len(bad)} malformed, "
        f"shuffled; {belt.killed} SIGKILLs; {len(messages) / took:.0f} messages a second"
    )
    expected = _expected(good, announced)
    books = books_of(tables)
    _judge(trial, tables, books, expected)
    _dead_letters(trial, bench, bodies[: len(bad)])
    tables.drop()


def _announced(workers: Workers, places: int) -> list[Announced]:
    """Approved returns that wait for their goods."""
    day = Shop(workers, "scans")
    skus = {scanned.sku_of(place, line) for place in range(7) for line in scanned.UNITS}
    items = [{"sku": sku, "quantity": 1_000_000} for sku in sorted(skus)]
    count = {"warehouse": shop.WAREHOUSE, "kind": "opening", "items": items}
    shop.body(workers.http("machine", "POST", "/v1/stock/counts", count, key="scans-stock"), 201)

    def announce(place: int) -> Announced:
        order_no = day.order_no(place)
        sold = scanned.order_of(place, "scans")
        shop.body(workers.http("machine", "PUT", f"/v1/orders/{order_no}", sold), 201)
        asked = scanned.wish_of(order_no)
        reply = workers.http("machine", "POST", "/v1/returns", asked, key=f"asks-{place}")
        ret = day.approves(shop.body(reply, 201))
        return Announced(place=place, return_id=ret["id"], number=ret["number"])

    return at_once(announce, range(places), AT_ONCE)


def _expected(scans: list[dict[str, Any]], announced: list[Announced]) -> Expected:
    expected, by_number = Expected(), {ret.number: ret for ret in announced}
    for scan in scans:
        expected.take(scan, by_number)
    return expected


def _judge(trial: Trial, tables: Tables, books: Books, expected: Expected) -> None:
    received: Counter[tuple[str, str]] = Counter()
    for ret in books.returns.values():
        for line in ret.lines:
            for group in line.groups:
                if group.logistics.value == _RECEIVED:
                    received[ret.return_id, line.line_no] += group.size
    trial.check(
        received == expected.received,
        f"{received.total()} units received, the model says {expected.received.total()}",
    )
    found = Counter((one.return_id, one.kind.value) for one in tables.records("EXCEPTION"))
    trial.check(
        found == expected.exceptions,
        f"{found.total()} exceptions, the model says {expected.exceptions.total()}",
    )
    lying: Counter[tuple[str, str]] = Counter()
    for (_, sku, _lot, account), quantity in books.balances.items():
        if account in ("receiving", "quarantine"):
            lying[sku, account] += quantity
    trial.check(+lying == +expected.lying, f"{len(+lying)} balances are the model's")
    done = {one.scan_id for one in tables.records("SCAN") if one.state == "done"}
    trial.check(
        done == expected.outcomes,
        f"{len(expected.outcomes - done)} of {len(expected.outcomes)} scans lost",
    )
    faults = books.faults()
    trial.check(not faults, f"{len(faults)} faults in the books")


def _dead_letters(trial: Trial, bench: Bench, bad: list[str]) -> None:
    """Exactly the malformed ones; one may lie there twice, because a process died after sending."""
    sqs, url = bench.boto("sqs"), bench.outputs["ScansDlqUrl"]
    found: set[str] = set()
    while True:
        taken = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=BATCH, VisibilityTimeout=600, WaitTimeSeconds=0
        ).get("Messages", [])
        if not taken:
            break
        found.update(one["Body"] for one in taken)
    trial.check(
        found == set(bad),
        f"{len(found & set(bad))} of {len(bad)} malformed ones in the dead-letter queue, "
        f"{len(found - set(bad))} others",
    )


def depth(bench: Bench, url: str, which: str = "") -> int:
    """About how many messages lie there; `NotVisible`: how many somebody has in hand."""
    name = f"ApproximateNumberOfMessages{which}"
    told = bench.boto("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[name])
    return int(told["Attributes"][name])
