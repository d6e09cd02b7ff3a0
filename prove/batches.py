"""Promise 6: one bad record does not spoil its batch; the others are done, once.

A record is bad because DynamoDB refuses whatever names its scan; most refusals are none that pass
(unexpected errors), some are throttles. What fails is handed over again, as SQS would.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from random import Random
from typing import Any

from prove import faults, shop
from prove.bench import Bench, Tables
from prove.books import books_of
from prove.results import Asked, Trial
from prove.shop import Shop
from prove.workers import WorkerDied, Workers, at_once
from tools.stack import packages

BATCH = 8
AT_ONCE = 4
_SLOW_S, _REMAINING_S, _KILLED_AFTER_S = 0.5, 6.0, 1.5
_THROTTLED_OF = 16


def scan_id(batch: object, place: int) -> str:
    return f"s-{batch}-{place}x"


def scan(batch: object, place: int, number: str, sku: str) -> dict[str, Any]:
    return {
        "scan_id": scan_id(batch, place),
        "device_id": "dev-1",
        "seq": place,
        "captured_at": "2026-11-21T08:00:00Z",
        "warehouse": shop.WAREHOUSE,
        "return_number": number,
        "sku": sku,
    }


def sqs_event(messages: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """As Lambda hands over (message id, body)."""
    return {
        "Records": [
            {
                "messageId": message_id,
                "body": body,
                "attributes": {"ApproximateReceiveCount": "1"},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
            }
            for message_id, body in messages
        ]
    }


class Belt:
    """Batches of scans for returns that wait for as many units."""

    def __init__(self, story: Shop, tables: Tables, shaken: Workers) -> None:
        self.story, self.tables, self.shaken = story, tables, shaken
        self.rets: dict[object, tuple[str, str, str]] = {}

    def prepare(self, batch: object, number: int) -> None:
        self.story.sells(number, units=BATCH)
        ret = self.story.approves(self.story.asks(number, units=BATCH))
        self.rets[batch] = (ret["id"], ret["number"], shop.sku_of(number))

    def messages(self, batch: object, places: Sequence[int]) -> list[tuple[str, str]]:
        _, number, sku = self.rets[batch]
        return [(f"m{place}", json.dumps(scan(batch, place, number, sku))) for place in places]

    def run(self, batch: object, places: Sequence[int], remaining_s: float = 60.0) -> set[int]:
        """Which places of the batch are reported as failed."""
        event = sqs_event(self.messages(batch, places))
        reply = self.shaken.function("ingest_scans", event, remaining_s)
        assert reply.error is None, f"the batch as a whole failed: {reply.error}"
        told = reply.result["batchItemFailures"]
        return {int(failure["itemIdentifier"].removeprefix("m")) for failure in told}

    def done(self, batch: object) -> set[int]:
        """Which places have an outcome."""
        keys = [
            {"pk": {"S": f"SCAN#{scan_id(batch, place)}"}, "sk": {"S": "SCAN"}}
            for place in range(BATCH)
        ]
        found = self.tables.bench.boto("dynamodb").batch_get_item(
            RequestItems={self.tables.core: {"Keys": keys, "ConsistentRead": True}}
        )["Responses"][self.tables.core]
        return {int(item["pk"]["S"].rpartition("-")[2].removesuffix("x")) for item in found}


def attempt(bench: Bench, asked: Asked, trial: Trial) -> None:
    tables = bench.tables()
    every = range(2**BATCH)
    masks = list(every) if asked.size(small=0, full=1) else Random(asked.seed).sample(every, 8)
    with (
        tables.workers(AT_ONCE, through_proxy=False) as direct,
        tables.workers(AT_ONCE, through_proxy=True) as shaken,
    ):
        story = Shop(direct, "batch")
        story.stocks()
        belt = Belt(story, tables, shaken)
        names: list[object] = [*masks, "slow", "killed", "ids"]
        at_once(lambda pair: belt.prepare(pair[1], pair[0]), enumerate(names), AT_ONCE)
        _subsets(belt, masks, trial)
        _runs_out_of_time(belt, trial)
        _is_killed(belt, trial)
        _odd_ids(belt, trial)
    books = books_of(tables)
    whole = sum(_received(books.returns[ret_id]) == BATCH for ret_id, _, _ in belt.rets.values())
    receipts = books.kinds["RECEIPT"]
    trial.check(
        whole == len(names) and receipts == BATCH * len(names),
        f"{receipts} scans of {BATCH * len(names)} booked, each once",
    )
    trial.check(not books.faults(), f"{len(books.faults())} faults in the books")
    _template(trial)
    tables.drop()


def _received(ret: Any) -> int:
    groups = (group for line in ret.lines for group in line.groups)
    return sum(
        run.count for group in groups if group.logistics.value == "RECEIVED" for run in group.units
    )


def _subsets(belt: Belt, masks: Sequence[int], trial: Trial) -> None:
    exact, right = 0, 0
    for start in range(0, len(masks), AT_ONCE):
        group = masks[start : start + AT_ONCE]
        rules = [
            faults.refused_for(
                f"SCAN#{scan_id(mask, place)}",
                "ThrottlingException" if mask % _THROTTLED_OF == 1 else "AccessDeniedException",
            )
            for mask in group
            for place in _bad(mask)
        ]
        with belt.tables.bench.proxy.with_rules(*rules):
            told = at_once(lambda mask: belt.run(mask, range(BATCH)), group, AT_ONCE)
        exact += sum(failed == _bad(mask) for mask, failed in zip(group, told, strict=True))
        for mask in group:
            right += belt.done(mask) == set(range(BATCH)) - _bad(mask)
        left = at_once(lambda mask: belt.run(mask, sorted(_bad(mask))), group, AT_ONCE)
        assert not any(left), f"failed without a fault: {left}"
    trial.check(exact == len(masks), f"{exact}/{len(masks)} subsets reported exactly")
    trial.check(right == len(masks), f"{right}/{len(masks)} with the good ones done at once")


def _bad(mask: int) -> set[int]:
    return {place for place in range(BATCH) if mask >> place & 1}


def _runs_out_of_time(belt: Belt, trial: Trial) -> None:
    with belt.tables.bench.proxy.with_rules(faults.latency(_SLOW_S)):
        left = belt.run("slow", range(BATCH), _REMAINING_S)
    done = belt.done("slow")
    trial.check(
        0 < len(left) < BATCH and left.isdisjoint(done) and len(left) + len(done) == BATCH,
        f"time ran out after {len(done)} of {BATCH}: {len(left)} given back",
    )
    trial.check(not belt.run("slow", sorted(left)), "and done later")


def _is_killed(belt: Belt, trial: Trial) -> None:
    """Lambda ends a function that takes too long; then nothing was reported, and all comes back."""
    timer = threading.Timer(_KILLED_AFTER_S, belt.shaken.kill, [Random(1)])
    with belt.tables.bench.proxy.with_rules(faults.latency(_SLOW_S / 2)):
        timer.start()
        try:
            belt.run("killed", range(BATCH))
            killed = False
        except WorkerDied:
            killed = True
    timer.join()
    time.sleep(_SLOW_S)  # What the dead process had sent arrives.
    done = belt.done("killed")
    trial.check(killed, f"killed after {len(done)} of {BATCH}")
    trial.check(not belt.run("killed", range(BATCH)), "and all of it handed over again")


def _odd_ids(belt: Belt, trial: Trial) -> None:
    """The same message twice, one scan under two messages, and bodies without an id or sense."""
    sqs, url = belt.tables.bench.boto("sqs"), belt.tables.bench.outputs["ScansDlqUrl"]
    before = _depth(sqs, url)
    good = belt.messages("ids", range(BATCH))
    (_, first), (_, second) = good[:2]
    nameless = json.dumps({**json.loads(first), "scan_id": None})
    event = sqs_event(
        [*good, good[0], ("m8", second), ("m9", nameless), ("m10", "not JSON"), ("m11", "[1]")]
    )
    reply = belt.shaken.function("ingest_scans", event)
    failed = None if reply.result is None else reply.result["batchItemFailures"]
    dead = _depth(sqs, url) - before
    trial.check(
        failed == [] and dead == 3 and belt.done("ids") == set(range(BATCH)),
        f"missing and doubled ids: {failed} failed, {dead} dead letters of 3",
    )


def _depth(sqs: Any, url: str) -> int:
    name = "ApproximateNumberOfMessages"
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])


def _template(trial: Trial) -> None:
    """Without this setting Lambda takes a returned failure for success."""
    built = packages.build("dev", packages.fingerprint())
    resources = json.loads(built.template_path.read_text())["Resources"]
    sources = [
        event["Properties"]
        for resource in resources.values()
        if resource["Type"] == "AWS::Serverless::Function"
        for event in resource["Properties"].get("Events", {}).values()
        if event["Type"] in ("SQS", "DynamoDB")
    ]
    set_ = sum(s.get("FunctionResponseTypes") == ["ReportBatchItemFailures"] for s in sources)
    trial.check(0 < set_ == len(sources), f"{set_}/{len(sources)} sources report item failures")
