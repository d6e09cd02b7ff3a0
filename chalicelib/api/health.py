"""Is the service well: each thing it depends on is asked, all at once and within a few seconds.

What is told is public: words and counts, never names of the account, errors or contents.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from chalicelib import __version__, telemetry, wiring
from chalicelib.api.schemas.meta import HealthView, QueueView, State, StreamView
from chalicelib.core.clock import Clock, utc_now
from chalicelib.gateways.queues import Depth
from chalicelib.settings import settings
from chalicelib.store import lag
from chalicelib.store.key import Key
from chalicelib.store.lag import Lag

KEPT_S = 5.0
"""By one process: asking more often tells nothing new, and each time costs some twenty calls."""
PATIENCE_S = 4.0
WAITING_MAX = 1_000
"""Messages of a queue; more than its workers take in about a minute."""
LAG_S_MAX = 60.0
"""As the alarm on the age of the stream."""
Look = Callable[[], object]
_NOTHING = Key("HEALTH#nothing", "HEALTH")
_SEVERITY: Mapping[State, int] = {"ok": 0, "degraded": 1, "down": 2}
# Each queue with its dead letters; events come by the stream and have dead letters only.
_QUEUES: Mapping[str, tuple[Callable[[], str] | None, Callable[[], str]]] = {
    "scans": (lambda: settings.scans_queue_url, lambda: settings.scans_dlq_url),
    "uploads": (lambda: settings.uploads_queue_url, lambda: settings.uploads_dlq_url),
    "deliveries": (lambda: settings.deliveries_queue_url, lambda: settings.deliveries_dlq_url),
    "jobs": (lambda: settings.jobs_queue_url, lambda: settings.jobs_dlq_url),
    "events": (None, lambda: settings.events_dlq_url),
}
log = telemetry.logger(__name__)


@dataclass(slots=True)
class Checkup:
    """Keeps what it found for a moment."""

    clock: Clock = utc_now
    monotonic: Callable[[], float] = time.monotonic
    _found: HealthView | None = field(default=None, init=False)
    _found_at: float = field(default=0.0, init=False)

    def health(self) -> HealthView:
        if self._found is None or self.monotonic() - self._found_at >= KEPT_S:
            self._found = _examined(self.clock())
            self._found_at = self.monotonic()
        return self._found


def _examined(now: datetime) -> HealthView:
    seen = _all_answers(_looks(now))
    queues = {name: _queue(name, seen) for name in _QUEUES}
    stream = _stream(seen.get("stream"))
    states: dict[str, State] = {
        name: "ok" if name in seen else "down" for name in ("core", "views", "files")
    }
    states["queues"] = _worst(queue.state for queue in queues.values())
    states["stream"] = stream.state
    # Without the list or the queues it still answers; without core it can do nothing.
    whole: State = "degraded" if _worst(states.values()) != "ok" else "ok"
    return HealthView(
        status="down" if states["core"] == "down" else whole,
        stage=settings.stage,
        version=__version__,
        checked_at=now,
        dependencies=states,
        queues=queues,
        stream=stream,
    )


def _looks(now: datetime) -> dict[str, Look]:
    looks: dict[str, Look] = {
        # A key that nothing has: the cheapest question a table can answer.
        "core": lambda: wiring.core_table().get([_NOTHING]),
        "views": lambda: wiring.views_table().get([_NOTHING]),
        "stream": lambda: lag.measure(wiring.core_table(), wiring.views_table(), now),
        "files": lambda: wiring.files().probe(),
    }
    for name, (work, dead) in _QUEUES.items():
        if work is not None:
            looks[name] = _depth_of(work)
        looks[f"{name}-dlq"] = _depth_of(dead)
    return looks


def _depth_of(url: Callable[[], str]) -> Look:
    return lambda: wiring.queues().depth(url())


def _all_answers(looks: Mapping[str, Look]) -> dict[str, object]:
    """What each look brought; one that failed, or took too long, is missing."""
    # Before there are threads: the first call makes the client that all tables share.
    first = _answer("core", looks["core"])
    pool = ThreadPoolExecutor(max_workers=len(looks))
    asked = [pool.submit(_answer, name, look) for name, look in looks.items() if name != "core"]
    done, late = wait(asked, timeout=PATIENCE_S)
    pool.shutdown(wait=False, cancel_futures=True)
    if late:
        log.warning("not well", extra={"late": len(late)})
    return dict(chain(first, *(future.result() for future in done)))


def _answer(name: str, look: Look) -> list[tuple[str, object]]:
    try:
        return [(name, look())]
    except Exception as error:  # noqa: BLE001 - whatever it is, this part is not well
        log.warning("not well", extra={"part": name, "error": f"{type(error).__name__}: {error}"})
        return []


def _queue(name: str, seen: Mapping[str, object]) -> QueueView:
    work, dead = seen.get(name), seen.get(f"{name}-dlq")
    waiting, in_flight = (work.waiting, work.in_flight) if isinstance(work, Depth) else (None, None)
    letters = dead.waiting + dead.in_flight if isinstance(dead, Depth) else None
    state: State = "degraded" if letters or (waiting or 0) > WAITING_MAX else "ok"
    has_work = _QUEUES[name][0] is not None
    if letters is None or (has_work and waiting is None):
        state = "down"
    return QueueView(state=state, waiting=waiting, in_flight=in_flight, dead=letters)


def _stream(seen: object) -> StreamView:
    if not isinstance(seen, Lag):
        return StreamView(state="down", waiting=None, lag_s=None)
    state: State = "degraded" if seen.age_s > LAG_S_MAX else "ok"
    return StreamView(state=state, waiting=seen.waiting, lag_s=seen.age_s)


def _worst(states: Iterable[State]) -> State:
    return max(states, key=lambda state: _SEVERITY[state])
