"""Where captured documents live in the core table."""

from collections.abc import Callable
from typing import Any

Place = tuple[str, str]
"""Partition and place in it."""


def capture_job(capture_id: str) -> Place:
    return f"CAPTURE#{capture_id}", "CAPTURE"


def event_content(content: str) -> Place:
    return f"CONTENT#{content}", "CONTENT"


# By name, as in keys.py. Any: mypy knows no mapping from a class to a function of its instances.
PLACES: dict[str, tuple[str, Callable[[Any], Place]]] = {
    "epcis.model.CaptureJob": ("CAPTURE", lambda r: capture_job(r.capture_id)),
    "epcis.model.EventContent": ("CONTENT", lambda r: event_content(r.content)),
}
