"""Promise 18: hostile and odd files get the right verdict, each in a bounded worker.

Each file is looked at by a process of its own that has imported the application, as a function on
Lambda has, through what index_uploads does with the bytes of an upload. Seconds are those of a
processor: how busy the machine is, is no matter of a file.
"""

from __future__ import annotations

import io
import multiprocessing
import resource
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection

from prove import hostile
from prove.hostile import CLEAN, SECRET, Hostile
from prove.results import Asked, Trial

RSS_MAX_MB = 512
TIME_MAX_S = 10.0
KINDS_MIN = 40
PATIENCE_S = 60.0
SIDE_MAX = 2048
THUMBNAIL_SIDE_MAX = 320
_context = multiprocessing.get_context("forkserver")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What became of a file. `faults` of the pictures that would be served."""

    name: str
    verdict: str
    seconds: float
    rss_mb: int
    faults: tuple[str, ...] = ()


def attempt(asked: Asked, trial: Trial) -> None:
    seen = [look(one.name) for one in hostile.files()]
    judge(trial, seen, {one.name: one for one in hostile.files()})
    del asked  # There are as many kinds as there are.


def judge(trial: Trial, seen: list[Seen], files: dict[str, Hostile]) -> None:
    """What the row says."""
    wrong = [f"{one.name}: {one.verdict}" for one in seen if not is_right(one, files[one.name])]
    right = len(seen) - len(wrong)
    told = "" if not wrong else f" ({'; '.join(wrong[:5])})"
    trial.check(not wrong and right >= KINDS_MIN, f"{right}/{len(seen)} kinds judged right{told}")
    counts = Counter(one.verdict for one in seen)
    trial.figure(", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items())))
    faults = [f"{one.name}: {fault}" for one in seen for fault in one.faults]
    trial.check(not faults, f"{len(faults)} faults in what would be served {faults[:3] or ''}")
    slowest = max(seen, key=lambda one: one.seconds)
    trial.check(slowest.seconds < TIME_MAX_S, f"slowest {slowest.seconds:.1f} s ({slowest.name})")
    largest = max(seen, key=lambda one: one.rss_mb)
    trial.check(largest.rss_mb < RSS_MAX_MB, f"at most {largest.rss_mb} MB ({largest.name})")


def is_right(seen: Seen, wanted: Hostile) -> bool:
    return seen.verdict in wanted.verdicts


def look(name: str) -> Seen:
    """The verdict of a process of its own; one that died, or did not answer, is no verdict."""
    _context.set_forkserver_preload(["prove.hostile_files", "app"])
    ours, theirs = _context.Pipe(duplex=False)
    process = _context.Process(target=_looked, args=(name, theirs))
    process.start()
    theirs.close()
    try:
        if not ours.poll(PATIENCE_S):
            return Seen(name=name, verdict="no answer", seconds=PATIENCE_S, rss_mb=0)
        told: Seen = ours.recv()
    except EOFError:
        return Seen(name=name, verdict="died", seconds=0.0, rss_mb=0)
    finally:
        process.kill()
        process.join()
        ours.close()
    return told


def _looked(name: str, connection: Connection) -> None:
    """The file is made by another process, so that making it is not counted."""
    data = _made(name)
    from chalicelib.core.errors import Invalid  # noqa: PLC0415 - as the function on Lambda has it
    from chalicelib.gateways import images  # noqa: PLC0415

    wanted = next(one for one in hostile.files() if one.name == name)
    faults: tuple[str, ...] = ()
    began = time.process_time()
    try:
        clean = images.clean_image(data)
        verdict = CLEAN
    except Invalid as error:
        verdict = error.code
        clean = None
    seconds = time.process_time() - began
    rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    if clean is not None:
        faults = tuple(_faults(clean.jpeg, clean.thumbnail, wanted))
    connection.send(Seen(name=name, verdict=verdict, seconds=seconds, rss_mb=rss_mb, faults=faults))


def _made(name: str) -> bytes:
    ours, theirs = _context.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_make, args=(name, theirs))
    process.start()
    theirs.close()
    data = ours.recv_bytes()
    process.join()
    return data


def _make(name: str, connection: Connection) -> None:
    wanted = next(one for one in hostile.files() if one.name == name)
    connection.send_bytes(wanted.make())


def _faults(jpeg: bytes, thumbnail: bytes, wanted: Hostile) -> Iterator[str]:
    """What is wrong with the pictures that would be served."""
    from PIL import Image  # noqa: PLC0415 - only here, after what is measured

    for data, side_max in ((jpeg, SIDE_MAX), (thumbnail, THUMBNAIL_SIDE_MAX)):
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            if image.format != "JPEG" or image.mode != "RGB":
                yield f"{image.format} of {image.mode}"
            if max(image.size) > side_max:
                yield f"{image.size}"
            if dict(image.getexif()) or set(image.info) - _PLAIN_INFO:
                yield f"says {sorted(image.info)}"
            if side_max == SIDE_MAX and wanted.size not in (None, image.size):
                yield f"{image.size} and not {wanted.size}"
        if SECRET in data or b"Exif" in data or b"<script" in data:
            yield "holds what was hidden"


_PLAIN_INFO = {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi"}
