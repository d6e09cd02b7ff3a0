"""Scans over HTTP: many at once, each accepted or malformed by itself."""

from typing import Annotated, Any

from pydantic import Field

from chalicelib.contracts.fields import Strict, View

SCANS_MAX = 500


class ScansBody(Strict):
    """Each scan is checked alone against the schema `Scan`, so that one bad scan spoils none."""

    # Any: whatever the device sent; a bad scan is reported, not refused with all the others.
    scans: Annotated[tuple[Any, ...], Field(min_length=1, max_length=SCANS_MAX)]


class ScanErrorView(View):
    pointer: str
    code: str
    message: str


class ScanResultView(View):
    """`index` is the place in the request; an accepted scan will be worked on."""

    index: int
    scan_id: str | None
    accepted: bool
    errors: tuple[ScanErrorView, ...] = ()


class ScanResultsView(View):
    results: tuple[ScanResultView, ...]


class ScanView(View):
    """What became of a scan: `unknown` until it was worked on."""

    scan_id: str
    state: str
    outcome: dict[str, Any] | None  # Any: ScanOutcomeView or nothing yet
