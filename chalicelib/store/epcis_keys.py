"""Where captured documents live in the core table."""

from collections.abc import Callable
from typing import Any

from chalicelib.epcis.model import CaptureJob

Place = tuple[str, str]
"""Partition and place in it."""


def capture_job(capture_id: str) -> Place:
    return f"CAPTURE#{capture_id}", "CAPTURE"


# Any: mypy knows no mapping from a class to a function of its instances.
PLACES: dict[type, tuple[str, Callable[[Any], Place]]] = {
    CaptureJob: ("CAPTURE", lambda r: capture_job(r.capture_id)),
}
