"""Promise 24: what earlier releases stored can be read, and what their clients send is understood.

`python -m prove.recordings 0.2.0` records a release, once; its recordings are never changed again.
"""

from __future__ import annotations

import base64
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from chalicelib.core.events import Event, event_hash
from chalicelib.store.codec import body_of, decode, encode
from chalicelib.store.keys import record_types
from prove.batches import sqs_event
from prove.bench import Bench, bench
from prove.results import Asked, Trial
from prove.script import SCAN, STEPS
from prove.worker import HttpReply
from prove.workers import Workers
from tools.stack.places import ROOT

FOLDER = ROOT / "tests" / "recordings"
_NAME = re.compile(r"\{(\w+)\}")
Json = Any
"""Requests and answers as they were recorded."""


def attempt(bench: Bench, _: Asked, trial: Trial) -> None:
    """Everything that was recorded, at every scale."""
    releases = sorted(folder for folder in FOLDER.iterdir() if folder.is_dir())
    trial.check(bool(releases), f"releases: {', '.join(folder.name for folder in releases)}")
    for release in releases:
        _records(release, trial)
        _requests(bench, release, trial)


def _records(release: Path, trial: Trial) -> None:
    """Each record as it was stored decodes to what it said, and events keep their hashes."""
    stored = json.loads((release / "records.json").read_text("utf-8"))
    same, hashes, events = 0, 0, 0
    for item in stored:
        body = body_of(item["item"])
        assert body is not None, "only records are recorded"
        record: object = decode(body, record_types()[item["item"]["type"]["S"]])
        same += _holds(json.loads(body), json.loads(encode(record)))
        if isinstance(record, Event):
            events += 1
            hashes += event_hash(record) == record.hash
    kinds = {item["item"]["type"]["S"] for item in stored}
    trial.check(
        same == len(stored), f"{same}/{len(stored)} records of {len(kinds)} kinds read the same"
    )
    trial.check(hashes == events > 0, f"{hashes}/{events} hashes of events hold")


def _holds(before: Json, now: Json) -> bool:
    """Whether all that was said is still said; fields may have been added."""
    if isinstance(before, dict):
        return isinstance(now, dict) and all(
            name in now and _holds(value, now[name]) for name, value in before.items()
        )
    if isinstance(before, list):
        return (
            isinstance(now, list)
            and len(before) == len(now)
            and all(_holds(a, b) for a, b in zip(before, now, strict=True))
        )
    return bool(before == now) and type(before) is type(now)


def _requests(bench: Bench, release: Path, trial: Trial) -> None:
    recorded = json.loads((release / "requests.json").read_text("utf-8"))
    tables = bench.tables()
    faults: list[str] = []
    with tables.workers(1, through_proxy=False) as workers:
        known: dict[str, str] = {}
        for step in recorded:
            reply = _send(workers, step, known)
            faults += _differences(step, reply)
            _learn(step, reply, known)
    tables.drop()
    right = len(recorded) - len({fault.partition(":")[0] for fault in faults})
    first = f" (first: {faults[0]})" if faults else ""
    trial.check(not faults, f"{right}/{len(recorded)} requests answered alike{first}")


def _send(workers: Workers, step: Json, known: Mapping[str, str]) -> HttpReply:
    version = step.get("version")
    return workers.http(
        step["role"],
        step["method"],
        _filled(step["path"], known),
        json.loads(_filled(json.dumps(step["body"]), known)) if step.get("body") else step["body"],
        key=step.get("key"),
        version=None if version is None else int(_filled(str(version), known)),
    )


def _filled(text: str, known: Mapping[str, str]) -> str:
    """`{name}` becomes what an earlier answer told under that name."""
    return _NAME.sub(lambda found: known.get(found[1], found[0]), text)


def _learn(step: Json, reply: HttpReply, known: dict[str, str]) -> None:
    """Also from an unexpected answer: the steps after it then show what they lack."""
    for name, field in step.get("learn", {}).items():
        known[name] = str(json.loads(reply.raw).get(field))


def _differences(step: Json, reply: HttpReply) -> Iterator[str]:
    name = f"{step['method']} {step['path']} [{step['no']}]"
    told = step["answer"]
    if reply.status != told["status"]:
        yield f"{name}: {reply.status} instead of {told['status']}: {reply.raw[:200]}"
        return
    missing = [header for header in told["headers"] if header not in reply.headers]
    if missing:
        yield f"{name}: without the headers {missing}"
    now: Json = json.loads(reply.raw) if reply.raw else None
    yield from (f"{name}: {fault}" for fault in _misshapen(told["body"], now, ""))
    if told["status"] >= 400 and now.get("code") != told["body"].get("code"):
        yield f"{name}: code {now.get('code')}"


def _misshapen(before: Json, now: Json, place: str) -> Iterator[str]:
    """Names that vanished and values of another kind. What was null may have become something."""
    if before is None:
        return
    if type(before) is not type(now):
        yield f"{place or '/'} was {type(before).__name__} and is {type(now).__name__}"
    elif isinstance(before, dict):
        for name, value in before.items():
            if name not in now:
                yield f"{place}/{name} is gone"
            else:
                yield from _misshapen(value, now[name], f"{place}/{name}")
    elif isinstance(before, list) and before:
        if not now:
            yield f"{place} is empty"
        else:
            yield from _misshapen(before[0], now[0], f"{place}/0")


_HEADERS = ("content-type", "etag", "location", "retry-after")


def record(release: str) -> None:
    """Plays the script and keeps what was sent, answered and stored."""
    folder = FOLDER / release
    assert not folder.exists(), f"{release} is recorded already: a release does not change"
    known: dict[str, str] = {}
    steps: list[Json] = []
    with bench() as made:
        tables = made.tables()
        with tables.workers(1, through_proxy=False) as workers:
            for number, step in enumerate(STEPS):
                reply = _send(workers, step, known)
                assert reply.status == step["status"], f"{step}: {reply.status} {reply.raw}"
                _learn(step, reply, known)
                steps.append(_recorded(number, step, reply))
            workers.function("ingest_scans", sqs_event([("m0", json.dumps(SCAN))]))
        items = [item for item in tables.items() if item["type"]["S"] in record_types()]
    folder.mkdir(parents=True)
    items.sort(key=lambda item: (item["pk"]["S"], item["sk"]["S"]))
    _write(folder / "requests.json", steps)
    _write(folder / "records.json", [{"item": item} for item in items])
    sys.stdout.write(f"{len(steps)} requests, {len(items)} records in {folder}\n")


def _recorded(number: int, step: Json, reply: HttpReply) -> Json:
    sent = {name: value for name, value in step.items() if name != "status"}
    answer = {
        "status": reply.status,
        "headers": [name for name in _HEADERS if name in reply.headers],
        "body": json.loads(reply.raw) if reply.raw else None,
    }
    return {"no": number, **sent, "answer": answer}


def _write(file: Path, rows: list[Json]) -> None:
    lines = ",\n".join(
        json.dumps(row, ensure_ascii=False, default=lambda raw: base64.b64encode(raw).decode())
        for row in rows
    )
    file.write_text(f"[\n{lines}\n]\n", "utf-8")


if __name__ == "__main__":
    record(sys.argv[1])
