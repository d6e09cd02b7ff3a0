"""P12: a simulation on 100,000 past returns, by the job as it is deployed: rate and memory.

The returns are copies of a real one under other ids, in other months, regions, channels and
categories, written to the local tables by batches. The job runs in a process of its own that loads
what the function loads, so its peak of resident memory is what a Lambda would need.
"""

import json
import os
import resource
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

from bench.capacity import size_of
from bench.figures import Figure
from bench.recording import Recording, quiet
from bench.stage import CORE, VIEWS, Stage
from bench.tap import Json
from chalicelib.store.codec import encode
from chalicelib.store.rows import bucket_mark, list_name, rows_of
from chalicelib.store.table import Table

RETURNS = 100_000
VERSION = "marketplace-30d"
"""Asks for customers and fees, risk and amounts, so most copies would go otherwise."""
_CONFIG = Path(__file__).resolve().parents[1] / ".chalice" / "config.json"
_NEWEST = datetime(2026, 11, 21, 9, tzinfo=UTC)
_MONTHS = 12
_CHUNK = 500
_REGIONS, _CHANNELS = ("DE", "FR", "NL", "PL", "CN"), ("web", "store", "marketplace")
_REASONS = ("CHANGED_MIND", "QUALITY_DEFECT", "SIZE_TOO_LARGE", "WRONG_ITEM")


def measure(stage: Stage, recording: Recording, count: int = RETURNS) -> Iterator[Figure]:
    size = _seed(stage, _last_return(recording), count)
    told = _in_a_process(stage.environment)
    result = told["result"]
    assert result["simulated"] == count, f"{result['simulated']} of {count} were simulated"
    assert not result["not_replayable"], result["not_replayable"]
    functions = json.loads(_CONFIG.read_text("utf-8"))["lambda_functions"]
    memory, timeout = (functions["run_job"][f"lambda_{k}"] for k in ("memory_size", "timeout"))
    how = f"{count:,} returns of {size:,} bytes, {result['different']:,} of them differ"
    yield Figure(
        figure="P12",
        what="past returns simulated",
        value=count / told["seconds"],
        unit="/s",
        goal=f"all within {timeout} s",
        ok=told["seconds"] <= timeout,
        how=f"{how}; {told['seconds']:.0f} s, with the count before and the report after",
    )
    yield Figure(
        figure="P12",
        what="processor time of the job, a past return",
        value=told["cpu_s"] * 1000 / count,
        unit="ms",
        how="process_time; the rest is the local AWS",
    )
    yield Figure(
        figure="P12",
        what=f"peak memory, {count:,} past returns",
        value=told["peak_mb"],
        unit="MB",
        floor=told["before_mb"],
        goal=f"≤ {memory} MB",
        ok=told["peak_mb"] <= memory,
        how="resident; floor: after loading the application; goal: the function's memory",
    )


def _last_return(recording: Recording) -> Json:
    """The item of the return as its last command left it."""
    puts = [
        action["Put"]["Item"]
        for call in recording.flat
        if call.operation == "TransactWriteItems"
        for action in call.request["TransactItems"]
        if "Put" in action
    ]
    item: Json = [put for put in puts if put["type"]["S"] == "RETURN"][-1]
    return item


def _seed(stage: Stage, template: Json, count: int) -> int:
    """Writes the returns and their rows; how many bytes an item has."""
    link = stage.link()
    core, views = Table(CORE, link), Table(VIEWS, link)
    months: set[str] = set()
    for first in range(0, count, _CHUNK):
        copies = [_copy(template, number) for number in range(first, min(first + _CHUNK, count))]
        core.put_all(copies)
        rows = [row for copy in copies for row in rows_of(copy) if row.list_name == _ALL]
        views.put_all(
            [
                {
                    "pk": {"S": row.key.pk},
                    "sk": {"S": row.key.sk},
                    "type": {"S": "ROW"},
                    "body": {"S": encode(row.body)},
                }
                for row in rows
            ]
        )
        months |= {row.bucket for row in rows}
    marks = [bucket_mark(_ALL, month) for month in sorted(months)]
    views.put_all([{"pk": {"S": mark.pk}, "sk": {"S": mark.sk}} for mark in marks])
    return size_of(copies[0])


_ALL = list_name("RETURNS")


def _copy(template: Json, number: int) -> Json:
    """As the template, of another customer, order and time."""
    body: Any = json.loads(template["body"]["S"])
    age = timedelta(days=_MONTHS * 30 * (number * 7919 % 100_003) / 100_003)
    requested_at = _NEWEST - age
    body |= {
        "return_id": f"ret_{number:026d}",
        "number": f"R26{number:09d}",
        "order_no": f"SO-{number}",
        "customer_id": f"cus-{number // 3}",
        "region": _REGIONS[number % 5],
        "channel": _CHANNELS[number % 3],
        "requested_at": requested_at.isoformat(),
    }
    known = {
        "region": body["region"],
        "channel": body["channel"],
        "customer_id": body["customer_id"],
    }
    body["decision"]["facts"] |= known
    for line in body["lines"]:
        line["category"] = f"category-{number % 40}"
        line["reason"] = _REASONS[number % 4]
    for line in body["decision"]["lines"]:
        line["facts"] |= {"category": f"category-{number % 40}", "reason": _REASONS[number % 4]}
    return {
        **template,
        "pk": {"S": f"RETURN#{body['return_id']}"},
        "body": {"S": json.dumps(body, separators=(",", ":"))},
    }


def _in_a_process(environment: dict[str, str]) -> dict[str, Any]:
    spawn = get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_simulate, args=(theirs, environment), daemon=True)
    process.start()
    theirs.close()
    try:
        told: dict[str, Any] = ours.recv()
    finally:
        process.terminate()
        process.join(10)
    return told


def _simulate(pipe: Pipe, environment: dict[str, str]) -> None:
    """What the function of jobs does with one job."""
    os.environ.update(environment)
    from app import app
    from chalicelib import wiring
    from chalicelib.core.clock import utc_now
    from chalicelib.core.ids import new_id
    from chalicelib.jobs.running import JobRunner
    from chalicelib.policy.simulation_asked import Asked, new_simulation

    assert app.routes, "loaded as a function loads it"
    runner = JobRunner(
        commands=wiring.commands(),
        handler_of=wiring.job_runner().handler_of,
        queue=None,
        clock=utc_now,
        monotonic=time.monotonic,
    )
    new = new_simulation(wiring.reads(), VERSION, Asked(), now=utc_now())
    job = runner.create(new, correlation_id=new_id("cmd", utc_now()))
    before_mb = _peak_mb()
    with quiet():
        began, cpu = time.perf_counter(), time.process_time()
        runner.run(job.job_id, correlation_id="bench", remaining_s=lambda: 900.0)
        seconds, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    done = wiring.reads().job(job.job_id)
    assert done is not None, "it was just run"
    assert done.result, f"{done.error_code}: {done.error_message}"
    pipe.send(
        {
            "seconds": seconds,
            "cpu_s": cpu_s,
            "before_mb": before_mb,
            "peak_mb": _peak_mb(),
            "result": done.result,
        }
    )


def _peak_mb() -> float:
    """Linux counts in kilobytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
