"""What the functions wrote, merged in time; a JSON line is shown as a readable one."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tools.stack.client import Stack
from tools.stack.errors import StackError

# Lines the platform writes around each invocation.
_PLATFORM = ("START RequestId:", "END RequestId:", "REPORT RequestId:")
_FIRST_KEYS = ("timestamp", "level", "message", "location", "service")
_POLL_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of one function. `said` is the parsed object when the line is JSON, else None."""

    function: str
    at_ms: int
    text: str
    said: Mapping[str, Any] | None

    @classmethod
    def of(cls, function: str, event: Mapping[str, Any]) -> Line:
        text = str(event["message"]).rstrip("\n")
        return cls(function=function, at_ms=int(event["timestamp"]), text=text, said=_object(text))

    def is_platform(self) -> bool:
        return self.text.startswith(_PLATFORM)

    def to_json(self) -> str:
        return json.dumps(
            {"function": self.function, "at_ms": self.at_ms, "line": self.said or self.text}
        )

    def shown(self) -> str:
        clock = datetime.fromtimestamp(self.at_ms / 1000, UTC).strftime("%H:%M:%S.%f")[:-3]
        said = self.text if self.said is None else _readable(self.said)
        return f"{clock} {self.function:<18} {said}"


def _object(text: str) -> Mapping[str, Any] | None:
    if not text.startswith("{"):
        return None
    try:
        parsed = json.loads(text)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None


def _readable(said: Mapping[str, Any]) -> str:
    rest = " ".join(
        f"{key}={value if isinstance(value, str) else json.dumps(value)}"
        for key, value in said.items()
        if key not in _FIRST_KEYS and value is not None
    )
    return f"{said.get('level', 'INFO'):<7} {said.get('message', '')}  {rest}".rstrip()


@dataclass(slots=True, kw_only=True)
class Reader:
    """Gives each line once, however often it is asked."""

    stack: Stack
    function: str | None = None
    correlation: str | None = None
    with_platform: bool = False
    _read: dict[tuple[str, str], int] = field(default_factory=dict)

    def lines(self, since_ms: int) -> list[Line]:
        """The lines not given before, oldest first."""
        found = [
            line
            for group, function in self._groups()
            for line in self._fresh(group, function, since_ms)
        ]
        return sorted((line for line in found if self._wanted(line)), key=lambda line: line.at_ms)

    def _wanted(self, line: Line) -> bool:
        if self.correlation is not None and self.correlation not in line.text:
            return False
        return self.with_platform or not line.is_platform()

    def _groups(self) -> list[tuple[str, str]]:
        names = {physical: name for name, physical in self.stack.state.functions.items()}
        if self.function is not None and self.function not in names.values():
            known = ", ".join(sorted(names.values()))
            raise StackError(f"There is no function '{self.function}': choose one of {known}.")
        pages = self.stack.boto("logs").get_paginator("describe_log_groups").paginate()
        groups = [group["logGroupName"] for page in pages for group in page["logGroups"]]
        known_groups = [
            (group, names[group.rsplit("/", 1)[-1]])
            for group in groups
            if group.rsplit("/", 1)[-1] in names
        ]
        return [pair for pair in known_groups if self.function in (None, pair[1])]

    def _fresh(self, group: str, function: str, since_ms: int) -> Iterator[Line]:
        pages = (
            self.stack.boto("logs")
            .get_paginator("filter_log_events")
            .paginate(logGroupName=group, startTime=since_ms)
        )
        counted: dict[str, int] = {}
        for page in pages:
            for event in page["events"]:
                stream = event["logStreamName"]
                counted[stream] = counted.get(stream, 0) + 1
                if counted[stream] > self._read.get((group, stream), 0):
                    self._read[group, stream] = counted[stream]
                    yield Line.of(function, event)


def follow(reader: Reader, since_ms: int, show: Callable[[Line], None], *, forever: bool) -> int:
    """Show lines as they come; with `forever` until interrupted. Returns how many were shown."""
    shown = 0
    while True:
        for line in reader.lines(since_ms):
            show(line)
            shown += 1
        if not forever:
            return shown
        time.sleep(_POLL_S)
