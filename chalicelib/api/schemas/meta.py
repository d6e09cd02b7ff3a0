"""What the service says about itself."""

from typing import Literal

from chalicelib.contracts.fields import MomentOut, View

State = Literal["ok", "degraded", "down"]


class QueueView(View):
    """About how many messages wait, are being worked on, and were given up on.

    `events` has no queue of its own: it counts what the stream gave up on.
    """

    state: State
    waiting: int | None
    in_flight: int | None
    dead: int | None


class StreamView(View):
    """How many of the newest events no list shows yet, and the age of the oldest of them."""

    state: State
    waiting: int | None
    lag_s: float | None


class HealthView(View):
    """`degraded`: it answers, but not everything it needs is well. `down` comes with status 503.

    What could not be asked is `down` and has null for its counts.
    """

    status: State
    stage: str
    version: str
    checked_at: MomentOut
    dependencies: dict[str, State]
    queues: dict[str, QueueView]
    stream: StreamView
