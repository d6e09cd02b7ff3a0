"""Promise 9: photos whose S3 events are lost, doubled, late or reversed are all decided, once each.

Pictures go up by real forms and S3's own notices are taken from the queue; what becomes of a notice
is chosen here. What a killed worker had comes again, as it does from SQS, but when all is over: the
sweep finds those photos first. It lives by a clock of its own, which jumps; one of its runs is left
out, the next comes twice.
"""

from __future__ import annotations

import io
import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from PIL import Image

from chalicelib.core.events import Event
from chalicelib.uploads.model import Photo, PhotoState
from prove import shop
from prove.batches import sqs_event
from prove.bench import Bench, Tables
from prove.books import Books, books_of
from prove.results import Asked, Trial
from prove.shop import Shop
from prove.workers import WorkerDied, Workers, at_once

WORKERS = 4
BATCH = 5
PHOTOS_A_RETURN = 20
DROPPED, DOUBLED, REVERSED = 10, 10, 20
"""Percent of the notices."""
SWEEPS_AFTER_MIN = (11, 16)
"""The run at six minutes is left out."""
UPLOADED_MAX = timedelta(minutes=15)


@dataclass(slots=True)
class Story:
    """What was uploaded, and what was done to the workers."""

    size: int
    kills: int
    random: Random
    keys: dict[str, tuple[str, str]] = field(default_factory=dict)
    begun: int = 0
    killed: int = 0
    told: Counter[str] = field(default_factory=Counter)
    died_with: list[list[str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def attempt(bench: Bench, asked: Asked, trial: Trial) -> None:
    tables = bench.tables()
    story = Story(
        size=asked.size(small=60, full=2000),
        kills=asked.size(small=2, full=10),
        random=Random(asked.seed),
    )
    with tables.workers(WORKERS, through_proxy=False) as workers:
        _take_notices(bench)  # what another trial may have left
        _upload(bench, workers, story)
        notices = _take_notices(bench, wanted=set(story.keys))
        lost = _deliver(workers, story, notices)
        waiting = _states(tables)
        for minutes in SWEEPS_AFTER_MIN:
            swept = at_once(lambda ahead: _swept(workers, ahead), [minutes, minutes], 2)
            _work_off(bench, workers, story)
            story.told[f"swept at {minutes}"] = max(one["notified"] for one in swept)
        for batch in story.died_with:
            _hand_over(workers, story, batch, may_die=False)
    _judge(trial, bench, tables, story)
    left = waiting[PhotoState.REQUESTED] + waiting[PhotoState.UPLOADED]
    found = story.told[f"swept at {SWEEPS_AFTER_MIN[0]}"]
    trial.check(found == left >= lost, f"{found}/{left} unknown to the workers found by the sweep")
    trial.check(
        story.told[f"swept at {SWEEPS_AFTER_MIN[1]}"] == 0, "nothing left for the sweep after it"
    )
    tables.drop()


# --- uploading -----------------------------------------------------------------------------------


def _upload(bench: Bench, workers: Workers, story: Story) -> None:
    """Every photo by the form that the API gives for it."""
    day = Shop(workers, f"photos-{time.time_ns() % 10**9}")
    day.stocks()
    count = -(-story.size // PHOTOS_A_RETURN)

    def ask(number: int) -> str:
        day.sells(number)
        return str(day.asks(number)["id"])

    returns = at_once(ask, range(count), WORKERS)

    def send(number: int) -> None:
        content = picture(number)
        body = {"content_type": "image/jpeg", "size": len(content)}
        path = f"/v1/returns/{returns[number % count]}/photos"
        form = shop.body(workers.http("machine", "POST", path, body), 201)
        fields = {**form["fields"], "file": ("photo.jpg", content, "image/jpeg")}
        answer = bench.http.request("POST", form["url"], fields=fields, timeout=30)
        assert answer.status < 300, f"upload: {answer.status} {answer.data[:200]!r}"
        with story.lock:
            story.keys[form["fields"]["key"]] = (returns[number % count], form["photo_id"])

    at_once(send, range(story.size), WORKERS)


def picture(number: int) -> bytes:
    """A picture with a fingerprint that is its own."""
    small = Image.frombytes("L", (9, 8), Random(number).randbytes(72))
    out = io.BytesIO()
    small.convert("RGB").resize((288, 256)).save(out, "JPEG", quality=70)
    return out.getvalue()


# --- notices -------------------------------------------------------------------------------------


def _take_notices(bench: Bench, wanted: set[str] | None = None) -> list[str]:
    """What is in the queue, taken out of it; waits for the notices of these keys."""
    sqs, url = bench.boto("sqs"), bench.outputs["UploadsQueueUrl"]
    bodies: dict[str, str] = {}
    others: list[str] = []
    for _ in range(3000):
        page = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        messages = page.get("Messages", [])
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            keys = [one["s3"]["object"]["key"] for one in _records(message["Body"])]
            if wanted is None:
                others.append(message["Body"])
            bodies |= {key: message["Body"] for key in keys if wanted and key in wanted}
        if (wanted is None and not messages) or (wanted is not None and wanted <= set(bodies)):
            break
    return others if wanted is None else list(bodies.values())


def _records(body: str) -> list[dict[str, Any]]:
    """Any: JSON of S3, whose test message has none."""
    found: list[dict[str, Any]] = json.loads(body).get("Records", [])
    return found


def _deliver(workers: Workers, story: Story, notices: Sequence[str]) -> int:
    """Hand the notices over, spoilt; how many were lost with no other one of the same photo."""
    spoilt = _spoilt(list(notices), story)
    batches = [spoilt[at : at + BATCH] for at in range(0, len(spoilt), BATCH)]
    at_once(lambda batch: _hand_over(workers, story, batch, may_die=True), batches, WORKERS)
    return len(notices) * DROPPED // 100


def _spoilt(notices: list[str], story: Story) -> list[str]:
    chance, size = story.random, len(notices)
    chance.shuffle(notices)
    kept = notices[size * DROPPED // 100 :]
    late = kept[: size * DOUBLED // 200]
    at_once_ = kept[size * DOUBLED // 200 : size * DOUBLED // 100]
    start = size * DOUBLED // 100
    turned = kept[start : start + size * REVERSED // 100]
    rest = kept[start + len(turned) :]
    doubled = [one for pair in zip(at_once_, at_once_, strict=True) for one in pair]
    story.told.update(dropped=size - len(kept), doubled=len(late) * 2, reversed=len(turned))
    # The twins stand side by side, or the second comes when all is over.
    return [*late, *doubled, *reversed(turned), *rest, *late]


def _hand_over(workers: Workers, story: Story, bodies: Sequence[str], *, may_die: bool) -> None:
    """One call of index_uploads; what it reports as failed is handed over again, as SQS would."""
    if may_die:
        _killed_when_due(workers, story)
    left = [(f"m{place}", body) for place, body in enumerate(bodies)]
    for _ in range(5):
        try:
            reply = workers.function("index_uploads", sqs_event(left))
        except WorkerDied:
            with story.lock:
                story.died_with.append(list(bodies))
            return
        assert reply.error is None, reply.error
        failed = {one["itemIdentifier"] for one in reply.result["batchItemFailures"]}
        left = [one for one in left if one[0] in failed]
        if not left:
            return


def _killed_when_due(workers: Workers, story: Story) -> None:
    with story.lock:
        story.begun += 1
        due = (story.killed + 1) * story.size / BATCH / (story.kills + 1)
        is_due = story.killed < story.kills and story.begun >= due
        story.killed += is_due
    while is_due and not workers.kill(story.random):
        pass


# --- sweeping ------------------------------------------------------------------------------------


def _swept(workers: Workers, minutes: int) -> dict[str, int]:
    """One run; as Lambda does, one that failed is tried twice more."""
    for _ in range(3):
        reply = workers.function("sweep_uploads", {"minutes": minutes})
        if reply.error is None:
            counts: dict[str, int] = reply.result
            return counts
    raise AssertionError(reply.error)


def _work_off(bench: Bench, workers: Workers, story: Story) -> None:
    """index_uploads takes what the sweep sent."""
    bodies = _take_notices(bench)
    batches = [bodies[at : at + BATCH] for at in range(0, len(bodies), BATCH)]
    at_once(lambda batch: _hand_over(workers, story, batch, may_die=False), batches, WORKERS)


# --- judging -------------------------------------------------------------------------------------


def _photos(tables: Tables) -> list[Photo]:
    return tables.records("PHOTO")


def _states(tables: Tables) -> Counter[PhotoState]:
    return Counter(photo.state for photo in _photos(tables))


def _judge(trial: Trial, bench: Bench, tables: Tables, story: Story) -> None:
    photos, books = _photos(tables), books_of(tables)
    clean = sum(photo.state is PhotoState.CLEAN for photo in photos)
    trial.check(clean == story.size == len(photos), f"{clean}/{story.size} photos clean")
    longest = max(_waited(photos), default=timedelta(0))
    waiting = sum(photo.state is PhotoState.UPLOADED for photo in photos)
    trial.check(
        waiting == 0 and longest <= UPLOADED_MAX,
        f"{waiting} left uploaded, none for more than {longest.total_seconds() / 60:.0f} min",
    )
    twice = sum(1 for photo in photos if _attached(books, photo) != (1, 1))
    trial.check(twice == 0, f"{twice} attached twice or told of twice")
    missing = _missing(bench, photos)
    trial.check(missing == 0, f"{missing} pictures missing")
    trial.check(not books.faults(), f"{len(books.faults())} faults in the books")
    told = ", ".join(f"{story.told[what]} {what}" for what in ("dropped", "doubled", "reversed"))
    trial.figure(f"{told}; {story.killed} SIGKILLs")


def _waited(photos: Sequence[Photo]) -> Iterator[timedelta]:
    """How long each was `uploaded`, on the clock of the sweep: those that were not decided at once
    were decided when the sweep found them.
    """
    for photo in photos:
        if photo.uploaded_at is not None and photo.checked_at is not None and photo.tries > 1:
            yield timedelta(minutes=SWEEPS_AFTER_MIN[0]) + (photo.checked_at - photo.uploaded_at)


def _attached(books: Books, photo: Photo) -> tuple[int, int]:
    """How often its return links it, and says that it was accepted."""
    ret = books.returns[photo.return_id]
    linked = sum(paper.ref == photo.photo_id for paper in ret.documents)
    events: dict[str, list[Event]] = defaultdict(list, books.events)
    told = sum(
        event.type == "photo.accepted" and event.data["photo_id"] == photo.photo_id
        for event in events[ret.subject]
    )
    return linked, told


def _missing(bench: Bench, photos: Sequence[Photo]) -> int:
    """Pictures that should be served, originals that should be in quarantine, and uploads that
    should be gone.
    """
    s3, bucket = bench.boto("s3"), bench.outputs["FilesBucket"]
    stored: set[str] = set()
    for prefix in ("files/photos/", "quarantine/photos/", "uploads/photos/"):
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            stored |= {entry["Key"] for entry in page.get("Contents", [])}
    # The name of an original ends with what tells it from others that came with the same form.
    originals = {key.rpartition("-")[0] for key in stored if key.startswith("quarantine/")}
    missing = 0
    for photo in photos:
        kept = f"quarantine/photos/{photo.return_id}/{photo.photo_id}"
        served = {photo.clean_key, photo.thumbnail_key}
        is_whole = served <= stored and kept in originals
        missing += not is_whole or photo.upload_key in stored
    return missing
