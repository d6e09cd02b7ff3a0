"""P4: scans in batches of ten beside bare boto3; a backlog drained; what a scan costs after it.

Handler and floor run in this process and take turns. The backlog lies in a queue of its own, and
processes take batches out of it as Lambda's pollers do.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from bench.capacity import Units, units_of
from bench.figures import Figure
from bench.recording import Recording, fresh_calls, fresh_seeds, quiet, recorded_calls
from bench.stage import FLOOR, Stage
from bench.tap import Tap
from prove import shop
from prove.batches import sqs_event
from prove.shop import Shop
from prove.workers import Workers, at_once, together, workers

BATCH, BATCHES = 10, 8
ROUNDS = 7
BACKLOG, UNITS = 20_000, 100
CREW = 2
RATIO_MIN, GROWTH_MAX = 0.5, 1.05
_QUEUE = "bench-scans"
_LOG = Path("build") / "bench-workers.log"
_PATIENCE_S = 1800.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """An approved return of UNITS units of one SKU."""

    return_id: str
    number: str
    sku: str

    def scans(self, name: str, count: int) -> list[str]:
        """Bodies of that many messages, each a unit of its own."""
        return [
            json.dumps(
                {
                    "scan_id": f"{name}-{place}",
                    "device_id": "bench-device",
                    "seq": place,
                    "captured_at": "2026-11-21T08:00:00Z",
                    "warehouse": shop.WAREHOUSE,
                    "return_number": self.number,
                    "sku": self.sku,
                }
            )
            for place in range(count)
        ]


@dataclass(slots=True)
class _Seen:
    """One list entry a round: scans a second, and processor time of a scan in milliseconds."""

    rate: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)

    def timed(self, batches: list[Callable[[], object]]) -> None:
        cpu, began = time.process_time(), time.perf_counter()
        for run in batches:
            run()
        scans = len(batches) * BATCH
        self.rate.append(scans / (time.perf_counter() - began))
        self.cpu_ms.append((time.process_time() - cpu) * 1000 / scans)


def measure(stage: Stage, backlog: int = BACKLOG) -> Iterator[Figure]:
    with workers(CREW, stage.environment, _LOG) as crew:
        day = Shop(crew, "p4")
        day.stocks()
        needed = ROUNDS * BATCHES + 8
        ready = announced(day, range(needed))
        seen, recorded = _side_by_side(stage, ready)
        yield from _speed(seen)
        fresh = announced(day, range(needed, needed + backlog // UNITS))
        yield _drained(stage, crew, fresh, backlog)
        (last,) = announced(day, [needed + backlog])
        yield _growth(recorded, _recorded(stage, last), backlog)


def announced(day: Shop, numbers: Any) -> list[Waiting]:
    def announce(number: int) -> Waiting:
        day.sells(number, units=UNITS)
        ret = day.approves(day.asks(number, units=UNITS))
        return Waiting(ret["id"], ret["number"], shop.sku_of(number))

    return at_once(announce, numbers, CREW)


def _side_by_side(stage: Stage, ready: list[Waiting]) -> tuple[dict[str, _Seen], Recording]:
    seen = {"handler": _Seen(), "floor": _Seen()}
    left = iter(ready)
    with quiet():
        _handler(next(left), "warm")()
        recording = _recorded(stage, next(left))
        floor = _Floor(stage, recording)
        for run in floor.batches("warm", 1):
            run()
        for number in range(ROUNDS):
            ours = [_handler(next(left), f"r{number}b{n}") for n in range(BATCHES)]
            bare = floor.batches(f"r{number}", BATCHES)
            turns = [("handler", ours), ("floor", bare)]
            for kind, batches in turns if number % 2 else reversed(turns):
                seen[kind].timed(batches)
    return seen, recording


def _handler(ret: Waiting, name: str) -> Callable[[], object]:
    from chalicelib.workers.scans_queue import ingest_scans

    bodies = ret.scans(f"{ret.return_id}-{name}", BATCH)
    event = sqs_event([(f"m{n}", body) for n, body in enumerate(bodies)])

    def run() -> None:
        # Chalice wraps the handler in a class without types.
        told: Any = ingest_scans(event, _Invocation())
        assert told == {"batchItemFailures": []}, told

    return run


class _Invocation:
    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def _recorded(stage: Stage, ret: Waiting) -> Recording:
    """The calls of one batch, all of them for the first units of a return."""
    run = _handler(ret, "recorded")
    with quiet(), Tap(stage.link()) as tap:
        run()
        return recorded_calls({"scans": tap.taken()})


class _Floor:
    """A bare boto3 client that makes the recorded calls, on items of another name."""

    def __init__(self, stage: Stage, recording: Recording) -> None:
        self._client: Any = stage.stack.boto("dynamodb")
        self._recording = recording

    def batches(self, name: str, count: int) -> list[Callable[[], object]]:
        return [self._batch(f"{name}-{place}") for place in range(count)]

    def _batch(self, mark: str) -> Callable[[], object]:
        seeds = fresh_seeds(self._recording, mark, mark)
        for start in range(0, len(seeds), 25):
            puts = [{"PutRequest": {"Item": seed}} for seed in seeds[start : start + 25]]
            self._client.batch_write_item(RequestItems={FLOOR: puts})
        methods = {
            "GetItem": self._client.get_item,
            "BatchGetItem": self._client.batch_get_item,
            "TransactGetItems": self._client.transact_get_items,
            "TransactWriteItems": self._client.transact_write_items,
        }
        calls = [
            (methods[operation], request)
            for operation, request in fresh_calls(self._recording, mark, mark)
        ]

        def run() -> None:
            for method, request in calls:
                method(**request)

        return run


def _speed(seen: dict[str, _Seen]) -> Iterator[Figure]:
    ours, floor = seen["handler"], seen["floor"]
    pairs = zip(ours.rate, floor.rate, strict=True)
    ratio = median(one / other for one, other in pairs)
    yield Figure(
        figure="P4",
        what="scans, one worker, batches of ten",
        value=median(ours.rate),
        unit="/s",
        floor=median(floor.rate),
        ratio=ratio,
        goal=f"ratio ≥ {RATIO_MIN}",
        ok=ratio >= RATIO_MIN,
        how=f"median of {ROUNDS} interleaved rounds of {BATCHES} batches; processor time "
        f"{median(ours.cpu_ms):.1f} ms a scan against {median(floor.cpu_ms):.1f} ms",
    )


def _drained(stage: Stage, crew: Workers, rets: list[Waiting], backlog: int) -> Figure:
    sqs = stage.stack.boto("sqs")
    url = sqs.create_queue(QueueName=_QUEUE, Attributes={"VisibilityTimeout": "120"})["QueueUrl"]
    bodies = [body for ret in rets for body in ret.scans(f"{ret.return_id}-drain", UNITS)]
    bodies = bodies[:backlog]
    # Side by side in the queue, as devices at work send them: neighbours are of other returns.
    bodies = [bodies[n] for start in range(UNITS) for n in range(start, len(bodies), UNITS)]
    for start in range(0, len(bodies), BATCH):
        entries = [
            {"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies[start : start + 10])
        ]
        sqs.send_message_batch(QueueUrl=url, Entries=entries)
    began = time.perf_counter()
    together(lambda _: _empty(sqs, url, crew), CREW)
    took = time.perf_counter() - began
    sqs.delete_queue(QueueUrl=url)
    booked = sum(_received(crew, ret) for ret in rets)
    return Figure(
        figure="P4",
        what=f"backlog of {backlog:,} scans drained by {CREW} workers",
        value=len(bodies) / took,
        unit="/s",
        goal="none lost",
        ok=booked == backlog == len(bodies),
        how=f"{booked:,} booked in {took:.0f} s",
    )


def _empty(sqs: Any, url: str, crew: Workers) -> None:
    ends = time.monotonic() + _PATIENCE_S
    while time.monotonic() < ends:
        taken = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=BATCH).get("Messages", [])
        if not taken:
            return
        reply = crew.function(
            "ingest_scans", sqs_event([(one["MessageId"], one["Body"]) for one in taken])
        )
        assert reply.error is None, reply.error
        failed = {one["itemIdentifier"] for one in reply.result["batchItemFailures"]}
        entries = [
            {"Id": str(n), "ReceiptHandle": one["ReceiptHandle"]}
            for n, one in enumerate(taken)
            if one["MessageId"] not in failed
        ]
        sqs.delete_message_batch(QueueUrl=url, Entries=entries)


def _received(crew: Workers, ret: Waiting) -> int:
    told = shop.body(crew.http("warehouse", "GET", f"/v1/returns/{ret.return_id}"))
    return sum(line["quantities"]["received"] for line in told["lines"])


def _growth(before: Recording, after: Recording, backlog: int) -> Figure:
    """Calls and capacity units: what a scan costs does not depend on what was scanned before."""
    first, last = _cost(before), _cost(after)
    ratio = (last.read + last.write) / (first.read + first.write)
    calls = (len(before.flat) / BATCH, len(after.flat) / BATCH)
    return Figure(
        figure="P4",
        what=f"cost of a scan after {backlog:,} others",
        value=last.read + last.write,
        unit="units",
        floor=first.read + first.write,
        ratio=ratio,
        goal=f"ratio ≤ {GROWTH_MAX}",
        ok=ratio <= GROWTH_MAX and calls[1] <= calls[0],
        how=f"{last.read:.1f} RRU and {last.write:.1f} WRU in {calls[1]:.1f} calls to DynamoDB, "
        f"{calls[0]:.1f} for the first",
    )


def _cost(recording: Recording) -> Units:
    whole = Units.total(units_of(call) for call in recording.flat)
    return Units(read=whole.read / BATCH, write=whole.write / BATCH)
