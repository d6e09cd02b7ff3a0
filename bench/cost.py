"""P3: the calls of each command, the capacity units of a lifecycle, and what 1,000 returns cost."""

import json
from collections import Counter
from collections.abc import Iterator
from statistics import mean
from typing import Any

from bench.capacity import Units, size_of, units_of
from bench.figures import Figure
from bench.lifecycle import COMMANDS
from bench.recording import Recording, items_read, keys_written, quiet
from bench.stage import CORE, Stage
from bench.tap import Call, Json, Tap

CALLS, CALLS_OF_SETTLEMENT = 2, 4
PRICED = "US East (N. Virginia), list prices of 2025, US dollars"
READ_MILLION, WRITE_MILLION = 0.125, 0.625  # DynamoDB on demand, standard class
LAMBDA_GB_S, LAMBDA_MILLION = 0.0000166667, 0.20  # x86
API_MILLION = 3.50  # REST API, first 333 million
SQS_MILLION = 0.40  # standard queue
S3_PUTS_THOUSAND = 0.005
LOGS_GB = 0.50
_API_GB, _WORKER_GB = 1.0, 0.5
_LOG_BYTES = 1000
"""Of an invocation: our line, and the START, END and REPORT lines of Lambda."""
_API_S, _WORKER_S = 0.06, 0.1
"""Taken as billed for a command, and for a batch of the stream or of the deliveries queue."""


def calls(recording: Recording) -> Iterator[Figure]:
    for name in COMMANDS:
        counted = Counter(call.operation for call in recording.calls[name])
        # The refund is asked for in the middle: what is known is stored before, and after.
        wanted = CALLS_OF_SETTLEMENT if name == "settlements" else CALLS
        yield Figure(
            figure="P3",
            what=f"DynamoDB calls of {name}",
            value=counted.total(),
            unit="calls",
            floor=wanted,
            goal=f"≤ {wanted}",
            ok=counted.total() <= wanted,
            how=", ".join(f"{n} {operation}" for operation, n in sorted(counted.items())),
        )


def cost(stage: Stage, recording: Recording) -> Iterator[Figure]:
    core = Units.total(units_of(call) for call in recording.flat)
    yield Figure(
        figure="P3",
        what="write units of a lifecycle, core",
        value=core.write,
        unit="WRU",
        how=f"{_items(recording)}; doubled by transactions",
    )
    yield Figure(
        figure="P3", what="read units of a lifecycle, core", value=core.read, unit="RRU",
        how="consistent snapshots: doubled by transactions",
    )  # fmt: skip
    views, events = _projected(stage, recording)
    yield Figure(
        figure="P3", what="write units of a lifecycle, views", value=views.write, unit="WRU",
        how=f"one batch of the stream a command, the most it can take; {views.read:.0f} RRU",
    )  # fmt: skip
    yield Figure(
        figure="P3",
        what="DynamoDB of 1,000 returns",
        value=_dollars(core + views),
        unit="USD",
        how=f"core {_dollars(core):.3f}, lists {_dollars(views):.3f}; {PRICED}",
    )
    others = _others(events)
    yield Figure(
        figure="P3",
        what="all of AWS for 1,000 returns",
        value=_dollars(core + views) + sum(others.values()),
        unit="USD",
        how="; ".join(f"{name} {price:.3f}" for name, price in others.items())
        + "; without storage, keys, traffic and free tiers",
    )


def _others(events: int) -> dict[str, float]:
    """Of 1,000 returns, beside DynamoDB."""
    commands = len(COMMANDS)
    busy_gb_s = commands * _API_S * _API_GB + 2 * commands * _WORKER_S * _WORKER_GB
    invocations = 3 * commands
    # Sent, received and deleted, a batch a command.
    messages = 3 * commands
    return {
        "gateway": commands * API_MILLION / 1000,
        "functions": busy_gb_s * LAMBDA_GB_S * 1000 + invocations * LAMBDA_MILLION / 1000,
        "queues": messages * SQS_MILLION / 1000,
        "archived events": events * S3_PUTS_THOUSAND,
        "logs": invocations * _LOG_BYTES / 1e9 * LOGS_GB * 1000,
    }


def _dollars(units: Units) -> float:
    """Of 1,000 lifecycles."""
    return (units.read * READ_MILLION + units.write * WRITE_MILLION) / 1000


def _items(recording: Recording) -> str:
    written = [
        action["Put"]["Item"]
        for call in recording.flat
        if call.operation == "TransactWriteItems"
        for action in call.request["TransactItems"]
        if "Put" in action
    ]
    changed = sum(len(keys_written(call)) for call in recording.flat) - len(written)
    average = mean(size_of(item) for item in written)
    return f"{len(written)} items of {average:.0f} bytes on average and {changed} balances"


def _projected(stage: Stage, recording: Recording) -> tuple[Units, int]:
    """What the stream's function reads and writes for this lifecycle; and how many events."""
    from chalicelib.workers.events_stream import project_events

    dynamodb = stage.stack.boto("dynamodb")
    seen = {json.dumps(_key(item)) for call in recording.flat for item in items_read(call)}
    units, events = Units(), 0
    for call in recording.flat:
        if call.operation != "TransactWriteItems":
            continue
        records = [_record(dynamodb, key, seen) for key in keys_written(call)]
        events += sum(r["dynamodb"]["NewImage"]["type"]["S"] == "EVENT" for r in records)
        with quiet(), Tap(stage.link()) as tap:
            project_events({"Records": records}, None)
        units += Units.total(units_of(made) for made in tap.taken() if not _is_mark(made))
    return units, events


def _is_mark(call: Call) -> bool:
    """A month's mark is written once a process and month, not for each return."""
    return call.operation == "PutItem"


def _record(dynamodb: Any, key: Json, seen: set[str]) -> Json:
    """One record of the stream, with the item as it was written, or is now (balances)."""
    place = _key(key)
    item = key if "type" in key else dynamodb.get_item(TableName=CORE, Key=place)["Item"]
    is_new = json.dumps(place) not in seen
    seen.add(json.dumps(place))
    return {
        "eventID": json.dumps(place),
        "eventName": "INSERT" if is_new else "MODIFY",
        "eventSource": "aws:dynamodb",
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:000000000000:table/bench/stream/now",
        "dynamodb": {"Keys": place, "NewImage": item, "SequenceNumber": "1"},
    }


def _key(item: Json) -> Json:
    return {"pk": item["pk"], "sk": item["sk"]}
