"""Scans over HTTP: many at once, each accepted or malformed by itself."""

from datetime import date
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field

from chalicelib.api.schemas.problem import FieldErrorView
from chalicelib.contracts.fields import MomentOut, Strict, View
from chalicelib.returns.scanning import ScanOutcome

SCANS_MAX = 500


def _items_are_scans(schema: dict[str, Any]) -> None:  # Any: a JSON schema
    """What the items should be is told, although the boundary lets any item in."""
    schema["properties"]["scans"]["items"] = {"$ref": "#/components/schemas/Scan"}


class ScansBody(Strict):
    """Each scan is checked alone against the schema `Scan`, so that one bad scan spoils none."""

    model_config = ConfigDict(json_schema_extra=_items_are_scans)

    # Any: whatever the device sent; a bad scan is reported, not refused with all the others.
    scans: Annotated[tuple[Any, ...], Field(min_length=1, max_length=SCANS_MAX)]


class ScanResultView(View):
    """`index` is the place in the request; an accepted scan will be worked on."""

    index: int
    scan_id: str | None
    accepted: bool
    errors: tuple[FieldErrorView, ...] = ()


class ScanResultsView(View):
    results: tuple[ScanResultView, ...]


class ScanOutcomeView(View):
    """The return it was booked into, or the exceptions it became; `parcel` is what it came in."""

    return_id: str | None
    receipt_id: str | None
    exception_ids: tuple[str, ...]
    reason: str | None
    device_id: str
    seq: int
    captured_at: MomentOut
    processed_at: MomentOut
    expires_on: date | None
    parcel: str | None
    receiving: str | None

    @classmethod
    def of(cls, outcome: ScanOutcome) -> Self:
        return cls(
            return_id=outcome.return_id,
            receipt_id=outcome.receipt_id,
            exception_ids=outcome.exception_ids,
            reason=outcome.reason,
            device_id=outcome.device_id,
            seq=outcome.seq,
            captured_at=outcome.captured_at,
            processed_at=outcome.processed_at,
            expires_on=outcome.expires_on,
            parcel=outcome.parcel,
            receiving=outcome.receiving_id,
        )


class ScanView(View):
    """What became of a scan: `unknown` until it was worked on."""

    scan_id: str
    state: str
    outcome: ScanOutcomeView | None
