"""Units that match nothing: kept as records of their own, in quarantine, until a person decides."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.core.events import Chain, Context, Event, Journal
from chalicelib.core.ids import derived_id


class ExceptionKind(StrEnum):
    OVER = "OVER"
    WRONG_SKU = "WRONG_SKU"
    UNKNOWN = "UNKNOWN"
    EMPTY = "EMPTY"
    SERIAL_MISMATCH = "SERIAL_MISMATCH"
    NOT_EXPECTED = "NOT_EXPECTED"
    BLIND_RETURN = "BLIND_RETURN"
    DAMAGED_TRANSIT = "DAMAGED_TRANSIT"
    MISSING_PARTS = "MISSING_PARTS"


class ExceptionState(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnException:
    """Goods (or a request) that fit no return line. `movement_id` put the units in quarantine.

    `movement_id` is None where no goods are here yet (a blind return waiting for its sale).
    """

    exception_id: str
    kind: ExceptionKind
    quantity: int
    opened_at: datetime
    opened_by: str
    warehouse: str | None = None
    sku: str | None = None
    gtin: str | None = None
    lot: str | None = None
    serials: tuple[str, ...] = ()
    return_id: str | None = None
    return_number: str | None = None
    parcel: str | None = None
    customer_id: str | None = None
    receipt_id: str | None = None
    scan_id: str | None = None
    movement_id: str | None = None
    note: str | None = None
    state: ExceptionState = ExceptionState.OPEN
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    resolution: str | None = None
    version: int = 1
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return f"exception/{self.exception_id}"


def exception_id_for(context: Context, occasion: str) -> str:
    """The same exception for the same command and occasion."""
    return derived_id("exc", context.command_id, occasion)


def opened_event(exception: ReturnException, context: Context) -> tuple[Chain, Event]:
    """The event that says the exception was opened, and the chain that starts with it."""
    journal = Journal(exception.subject, exception.chain, context)
    journal.record(
        "exception.opened",
        {
            "exception_id": exception.exception_id,
            "kind": exception.kind.value,
            "warehouse": exception.warehouse,
            "sku": exception.sku,
            "lot": exception.lot,
            "serials": list(exception.serials),
            "quantity": exception.quantity,
            "return_id": exception.return_id,
            "return_number": exception.return_number,
            "customer_id": exception.customer_id,
            "scan_id": exception.scan_id,
            "movement_id": exception.movement_id,
        },
    )
    return journal.chain, journal.events[0]
