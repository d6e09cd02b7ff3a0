"""EPCIS over HTTP: what became of a captured document, and our own events as pages of EPCIS."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    field_validator,
)

from chalicelib.api.schemas.common import Cursor, Limit
from chalicelib.contracts.barcode_fields import BarcodeText, barcode_of
from chalicelib.contracts.barcodes import Barcode
from chalicelib.contracts.fields import Day, Moment, MomentOut, Strict, View
from chalicelib.epcis.model import Behaviour, CaptureJob, JobEvent, Verdict
from chalicelib.returns.scanning import ScanOutcome

PER_PAGE_DEFAULT = 30
FAILED = frozenset({"malformed", "refused"})


class _Named(View):
    """Under the names that EPCIS gives."""

    model_config = ConfigDict(populate_by_name=True)


class EpcisFaultView(View):
    """Where in the document, and why."""

    pointer: str
    code: str
    message: str


class CapturedScanView(View):
    """`unknown` until it was worked on."""

    scan_id: str
    state: str
    return_id: str | None
    receipt_id: str | None
    exception_ids: tuple[str, ...]
    reason: str | None


class CapturedEventView(_Named):
    """What one event became; `index` is its place in the document."""

    index: int
    event_id: str | None = Field(alias="eventID")
    verdict: Verdict
    reason: str | None
    parcel: str | None
    exception_ids: tuple[str, ...]
    scans: tuple[CapturedScanView, ...]

    @classmethod
    def of(cls, index: int, told: JobEvent, outcomes: Mapping[str, ScanOutcome]) -> Self:
        return cls(
            index=index,
            event_id=told.event_id,
            verdict=told.verdict,
            reason=told.reason,
            parcel=told.parcel,
            exception_ids=told.exception_ids,
            scans=tuple(_scan(scan_id, outcomes.get(scan_id)) for scan_id in told.scan_ids),
        )


class CaptureJobView(_Named):
    """`running` until all scans were worked on; `success`: no event was refused, no scan failed."""

    capture_id: str = Field(alias="captureID")
    created_at: MomentOut = Field(alias="createdAt")
    finished_at: MomentOut | None = Field(alias="finishedAt")
    running: bool
    success: bool
    behaviour: Behaviour = Field(alias="captureErrorBehaviour")
    errors: tuple[EpcisFaultView, ...]
    events: tuple[CapturedEventView, ...]

    @classmethod
    def of(cls, job: CaptureJob, outcomes: Mapping[str, ScanOutcome]) -> Self:
        scan_ids = [scan_id for one in job.events for scan_id in one.scan_ids]
        is_running = any(scan_id not in outcomes for scan_id in scan_ids)
        errors = _errors(job, outcomes)
        return cls(
            capture_id=job.capture_id,
            created_at=job.captured_at,
            finished_at=None if is_running else _end(job, outcomes),
            running=is_running,
            success=not is_running and not errors,
            behaviour=job.behaviour,
            errors=errors,
            events=tuple(
                CapturedEventView.of(index, told, outcomes) for index, told in enumerate(job.events)
            ),
        )


def _end(job: CaptureJob, outcomes: Mapping[str, ScanOutcome]) -> datetime:
    return max([job.captured_at, *(one.processed_at for one in outcomes.values())])


def _scan(scan_id: str, outcome: ScanOutcome | None) -> CapturedScanView:
    return CapturedScanView(
        scan_id=scan_id,
        state=outcome.state if outcome is not None else "unknown",
        return_id=outcome.return_id if outcome is not None else None,
        receipt_id=outcome.receipt_id if outcome is not None else None,
        exception_ids=outcome.exception_ids if outcome is not None else (),
        reason=outcome.reason if outcome is not None else None,
    )


def _errors(job: CaptureJob, outcomes: Mapping[str, ScanOutcome]) -> tuple[EpcisFaultView, ...]:
    found: list[EpcisFaultView] = []
    for index, told in enumerate(job.events):
        at = f"/epcisBody/eventList/{index}"
        found += [
            EpcisFaultView(pointer=f"{at}{one.pointer}", code=one.code, message=one.message)
            for one in told.faults
        ]
        failed = [outcomes[one] for one in told.scan_ids if one in outcomes]
        found += [
            EpcisFaultView(
                pointer=at, code=f"scan_{one.state}", message=one.reason or "It was not booked."
            )
            for one in failed
            if one.state in FAILED
        ]
    return tuple(found)


class EpcisLimitsView(View):
    """What this endpoint takes."""

    epcis_versions: tuple[str, ...]
    cbv_versions: tuple[str, ...]
    formats: tuple[str, ...]
    capture_limit: int
    capture_file_size_limit: int
    event_types: tuple[str, ...]
    query_parameters: tuple[str, ...]


def _values(text: object) -> object:
    """EPCIS writes several values of a parameter with commas between."""
    return tuple(text.split(",")) if isinstance(text, str) else text


Values = Annotated[
    tuple[Annotated[str, StringConstraints(min_length=1, max_length=512)], ...],
    BeforeValidator(_values),
    Field(min_length=1, max_length=50),
    WithJsonSchema({"type": "string", "description": "Several values with commas between."}),
]


class EpcisQuery(Strict):
    """The parameters of EPCIS 2.0 that are understood; several values stand with commas between."""

    per_page: Limit = Field(default=PER_PAGE_DEFAULT, alias="perPage")
    token: Cursor | None = Field(default=None, alias="nextPageToken")
    event_from: Moment | None = Field(default=None, alias="GE_eventTime")
    event_before: Moment | None = Field(default=None, alias="LT_eventTime")
    recorded_from: Moment | None = Field(default=None, alias="GE_recordTime")
    recorded_before: Moment | None = Field(default=None, alias="LT_recordTime")
    event_types: Values | None = Field(default=None, alias="eventType")
    actions: Values | None = Field(default=None, alias="EQ_action")
    biz_steps: Values | None = Field(default=None, alias="EQ_bizStep")
    dispositions: Values | None = Field(default=None, alias="EQ_disposition")
    read_points: Values | None = Field(default=None, alias="EQ_readPoint")
    biz_locations: Values | None = Field(default=None, alias="EQ_bizLocation")
    rmas: Values | None = Field(default=None, alias="EQ_bizTransaction_rma")
    epcs: Values | None = Field(default=None, alias="MATCH_epc")
    any_epcs: Values | None = Field(default=None, alias="MATCH_anyEPC")
    epc_classes: Values | None = Field(default=None, alias="MATCH_epcClass")
    event_ids: Values | None = Field(default=None, alias="EQ_eventID")


class EpcisResultsView(_Named):
    """The events that were asked for."""

    query_name: str = Field(default="SimpleEventQuery", alias="queryName")
    # Any: events of EPCIS, whose shape is GS1's.
    results: dict[str, tuple[dict[str, Any], ...]] = Field(alias="resultsBody")


class EpcisBodyView(_Named):
    """As EPCIS nests it."""

    query_results: EpcisResultsView = Field(alias="queryResults")


class EpcisQueryView(_Named):
    """An EPCISQueryDocument; where there is more, the header Link says where."""

    context: tuple[str, ...] = Field(
        default=("https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",),
        alias="@context",
    )
    type: str = "EPCISQueryDocument"
    schema_version: str = Field(default="2.0", alias="schemaVersion")
    created_at: MomentOut = Field(alias="creationDate")
    body: EpcisBodyView = Field(alias="epcisBody")

    @classmethod
    def of(cls, events: tuple[dict[str, Any], ...], now: datetime) -> Self:  # Any: as above
        results = EpcisResultsView(results={"eventList": events})
        return cls(created_at=now, body=EpcisBodyView(query_results=results))


class BarcodeBody(Strict):
    """The text as it was scanned."""

    barcode: BarcodeText

    @field_validator("barcode")
    @classmethod
    def _can_be_read(cls, text: str) -> str:
        barcode_of(text)
        return text

    def read(self) -> Barcode:
        return barcode_of(self.barcode)


class BarcodeView(View):
    """What it says; `gtin` has no more digits than it needs. `quantity` are so many in a box."""

    gtin: str | None
    lot: str | None
    serial: str | None
    expires_on: Day | None
    sscc: str | None
    return_number: str | None
    quantity: int | None

    @classmethod
    def of(cls, read: Barcode) -> Self:
        return cls(
            gtin=read.gtin,
            lot=read.lot,
            serial=read.serial,
            expires_on=read.expiry,
            sscc=read.sscc,
            return_number=read.return_number,
            quantity=read.quantity,
        )
