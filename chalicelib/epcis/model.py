"""EPCIS events as they were read, and the job that says what became of a captured document.

What a URI of a thing says is read by the contract; here goods are a GTIN with a lot or a serial.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from chalicelib.core.ids import derived_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What one EPC (or class of EPCs, with its quantity) names; `uri` is how it was written."""

    uri: str
    gtin: str | None = None
    serial: str | None = None
    lot: str | None = None
    sscc: str | None = None
    quantity: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BizTransaction:
    """A document of a trading partner: `type` in one word, `name` the last part of its URI."""

    type: str | None
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedEvent:
    """One event of a document. `key` is the same for the same event, however often it comes, and
    `content` for all that say the same, whether they have an id or not.

    `corrected_by` is None for an event that is as it should be; else it was declared erroneous, and
    these are the events that say it right. `unknown_gln` is how its place is named that is no
    warehouse of ours.
    """

    key: str
    content: str
    type: str
    happened_at: datetime
    event_id: str | None = None
    action: str | None = None
    biz_step: str | None = None
    things: tuple[Thing, ...] = ()
    parent: Thing | None = None
    warehouse: str | None = None
    unknown_gln: str | None = None
    transactions: tuple[BizTransaction, ...] = ()
    corrected_by: tuple[str, ...] | None = None


def scan_id_of(key: str, warehouse: str, place: int) -> str:
    """The id of the scan of one thing of an event: sent again, it makes the same scans.

    Nobody reaches scans of a warehouse by naming its events in another one.
    """
    return derived_id("scan", "epcis", key, warehouse, str(place))


@dataclass(frozen=True, slots=True, kw_only=True)
class EventContent:
    """Under which key an event of this content is known, and the eventID that came with it."""

    content: str
    key: str
    event_id: str | None = None
    version: int = 1


class Verdict(StrEnum):
    """What an event became: scans, a box with returns in it, or nothing and why."""

    SCANNED = "scanned"
    GROUPED = "grouped"
    NOT_USED = "not_used"
    DECLARED_ERRONEOUS = "declared_erroneous"
    REFUSED = "refused"
    ROLLED_BACK = "rolled_back"


class Behaviour(StrEnum):
    """Whether one event that cannot be used stops those beside it."""

    ROLLBACK = "rollback"
    PROCEED = "proceed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why an event is refused: where in it, a stable code, a sentence without its content."""

    pointer: str
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEvent:
    """What one event of a document became; `scan_ids` are read for how that went on."""

    verdict: Verdict
    event_id: str | None = None
    reason: str | None = None
    scan_ids: tuple[str, ...] = ()
    parcel: str | None = None
    exception_ids: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()

    def refused(self, fault: Fault) -> "JobEvent":
        return replace(
            self, verdict=Verdict.REFUSED, scan_ids=(), parcel=None, faults=(*self.faults, fault)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureJob:
    """What was captured at once, by whom, and what became of each event, in their order."""

    capture_id: str
    captured_at: datetime
    captured_by: str
    behaviour: Behaviour
    events: tuple[JobEvent, ...]
    version: int = 1

    @property
    def has_refusals(self) -> bool:
        return any(one.verdict is Verdict.REFUSED for one in self.events)


def capture_id_of(who: str, behaviour: Behaviour, keys: tuple[str, ...]) -> str:
    """The same job for the same events of the same sender: capturing again is harmless."""
    return derived_id("cap", who, behaviour.value, *keys)
