"""Where the handler's processor time goes: its stack is looked at every millisecond of it.

A sample belongs to the innermost layer that its stack names, so the standard library and compiled
code count for whoever called them.
"""

import signal
from collections import Counter
from collections.abc import Iterator
from types import FrameType

from bench import lifecycle
from bench.door import Door
from bench.recording import quiet

_LIFECYCLES = 60
_EVERY_S = 0.001
_SELLER = "SAMPLED"
_LAYERS = (
    ("/chalicelib/gateways/payments", "asking the payment provider"),
    ("/botocore/", "botocore: request, signature, answer"),
    ("/urllib3/", "urllib3 and the socket, under botocore"),
    ("/pynamodb/", "PynamoDB's connection"),
    ("/chalicelib/store/", "store: items and conditions, records to JSON and back"),
    ("/chalicelib/api/schemas/", "bodies in, views out"),
    ("/pydantic", "bodies in, views out"),
    ("/chalicelib/contracts/", "bodies in, views out"),
    ("/chalicelib/api/", "the door: identity, headers, fingerprint, answer"),
    ("/chalicelib/auth/", "the door: identity, headers, fingerprint, answer"),
    ("/chalicelib/telemetry", "log lines"),
    ("/chalicelib/", "decisions, events and their hashes"),
    ("/chalice/", "Chalice"),
    ("/bench/", "the benchmark itself"),
)


def shares(door: Door) -> Iterator[tuple[str, float]]:
    """Layers with their part of the time, the largest first."""
    order_nos = [f"{_SELLER}-{place}" for place in range(_LIFECYCLES)]
    seen: Counter[str] = Counter()

    def look(_: int, frame: FrameType | None) -> None:
        seen[_layer_of(frame)] += 1

    with quiet():
        lifecycle.prepare(door, _SELLER, order_nos)
        before = signal.signal(signal.SIGPROF, look)
        signal.setitimer(signal.ITIMER_PROF, _EVERY_S, _EVERY_S)
        try:
            for order_no in order_nos:
                lifecycle.live(door, _SELLER, order_no)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, before)
    for layer, samples in seen.most_common():
        yield layer, samples / seen.total()


def _layer_of(frame: FrameType | None) -> str:
    """The provider is asked through urllib3, too: its own layer is looked for first."""
    files = []
    while frame is not None:
        files.append(frame.f_code.co_filename)
        frame = frame.f_back
    provider, name = _LAYERS[0]
    if any(provider in file for file in files):
        return name
    for file in files:
        for part, layer in _LAYERS[1:]:
            if part in file:
                return layer
    return "other"
