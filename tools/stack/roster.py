"""What runs for a stack, kept in its folder, and the lock that lets one command work on it."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tools.stack.errors import StackError
from tools.stack.places import Place
from tools.stack.processes import Running, stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Processes:
    """What runs for a stack. One that an earlier version started has no carrier."""

    emulator: Running
    provider: Running
    carrier: Running | None = None

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    def stop(self, *, gently_s: float) -> None:
        """End all with all their children; within `gently_s` they may save what they hold."""
        if self.carrier is not None:
            stop(self.carrier)
        stop(self.provider, gently_s=gently_s)
        stop(self.emulator, gently_s=gently_s)

    @classmethod
    def from_json(cls, text: str) -> Processes:
        raw = json.loads(text)
        carrier = raw.get("carrier")
        return cls(
            emulator=Running(**raw["emulator"]),
            provider=Running(**raw["provider"]),
            carrier=None if carrier is None else Running(**carrier),
        )


def processes_of(place: Place) -> Processes | None:
    """None when nothing was started, or when what was started was taken down."""
    try:
        return Processes.from_json(place.processes_file.read_text("utf-8"))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def remember(place: Place, processes: Processes) -> None:
    place.processes_file.write_text(processes.to_json(), "utf-8")


@contextmanager
def alone(place: Place) -> Iterator[None]:
    """One command at a time on a stack; a second one is told, not queued."""
    place.base.mkdir(parents=True, exist_ok=True)
    with _lock_file(place).open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackError(
                f"Another command is working on the stack '{place.name}': wait until it is done."
            ) from None
        yield


def _lock_file(place: Place) -> Path:
    return place.base / f"{place.name}.lock"


def remove_lock(place: Place) -> None:
    _lock_file(place).unlink(missing_ok=True)
    if place.base.exists() and not any(place.base.iterdir()):
        place.base.rmdir()
