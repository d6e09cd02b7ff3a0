"""Goods, or news of goods, that fit no return line: records of their own until a person decides.

Every open exception that names a return counts on it, in the write that opens it: `opened_on` and
`counted` are the two ways to do so. What a person decides is resolving.py's business.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from chalicelib.core.events import Chain, Context, Event, Journal, Json
from chalicelib.core.ids import derived_id
from chalicelib.inventory.model import Account
from chalicelib.liability.model import Liable
from chalicelib.returns.closing import reopened_by_news
from chalicelib.returns.facts import header
from chalicelib.returns.model import Return


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
    RETRACTED = "RETRACTED"


class ExceptionState(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"


class ResolutionKind(StrEnum):
    """Into a line of a return, back to the customer, a claim, gone for good, or nothing is here."""

    LINE = "line"
    SHIP_BACK = "ship_back"
    CLAIM = "claim"
    WRITE_OFF = "write_off"
    NO_GOODS = "no_goods"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionResolution:
    """What became of some of the units, who decided so and why, and who answers for it.

    `account` is where the ledger has the goods afterwards; None where none were moved. `against` is
    who was made liable by a claim. A line that is above what was sold has `proposed_by`: two
    persons agreed on it.
    """

    resolution: ResolutionKind
    quantity: int
    decided_by: str
    decided_at: datetime
    reason: str | None = None
    accountable: str | None = None
    proposed_by: str | None = None
    return_id: str | None = None
    line_no: str | None = None
    claim_id: str | None = None
    against: Liable | None = None
    movement_id: str | None = None
    account: Account | None = None
    carrier: str | None = None
    tracking_no: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A resolution that waits for a second person; only `line` above what was sold needs one."""

    resolution: ResolutionKind
    quantity: int
    return_id: str
    line_no: str | None
    proposed_by: str
    proposed_at: datetime
    reason: str | None = None
    accountable: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnException:
    """Goods (or a request) that fit no return line. `movement_id` put the units in quarantine.

    `movement_id` is None where no goods are here: a blind return waiting for its sale, an empty
    box, damage that was reported. `resolution` is how the last units were resolved.
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
    expires_on: date | None = None
    return_id: str | None = None
    return_number: str | None = None
    line_no: str | None = None
    parcel: str | None = None
    customer_id: str | None = None
    receipt_id: str | None = None
    scan_id: str | None = None
    movement_id: str | None = None
    note: str | None = None
    photos: tuple[str, ...] = ()
    state: ExceptionState = ExceptionState.OPEN
    resolutions: tuple[ExceptionResolution, ...] = ()
    proposal: Proposal | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    resolution: str | None = None
    version: int = 1
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return f"exception/{self.exception_id}"

    @property
    def open_quantity(self) -> int:
        """The units that nobody decided about yet."""
        return self.quantity - sum(resolution.quantity for resolution in self.resolutions)

    def without_words(self) -> "ReturnException":
        """As lists may show it: nothing that a person wrote."""
        proposal = replace(self.proposal, reason=None) if self.proposal else None
        resolutions = tuple(replace(resolution, reason=None) for resolution in self.resolutions)
        return replace(self, note=None, proposal=proposal, resolutions=resolutions)


def exception_id_for(context: Context, occasion: str) -> str:
    """The same exception for the same command and occasion."""
    return derived_id("exc", context.command_id, occasion)


def opened_event(exception: ReturnException, context: Context) -> tuple[Chain, Event]:
    """The event that says the exception was opened, and the chain that starts with it."""
    journal = Journal(exception.subject, exception.chain, context)
    journal.record("exception.opened", facts(exception))
    return journal.chain, journal.events[0]


def facts(exception: ReturnException) -> dict[str, Json]:
    """What events about an exception say of it; never what a person wrote."""
    return {
        "exception_id": exception.exception_id,
        "kind": exception.kind.value,
        "warehouse": exception.warehouse,
        "sku": exception.sku,
        "lot": exception.lot,
        "serials": list(exception.serials),
        "expires_on": exception.expires_on.isoformat() if exception.expires_on else None,
        "quantity": exception.quantity,
        "return_id": exception.return_id,
        "return_number": exception.return_number,
        "customer_id": exception.customer_id,
        "scan_id": exception.scan_id,
        "movement_id": exception.movement_id,
    }


def counted(ret: Return, exceptions: Sequence[ReturnException], journal: Journal) -> Return:
    """The return with these exceptions open on it; a completed one is open again.

    For commands that write the return anyway. They also reopen it for goods that were found.
    """
    ret = replace(ret, open_exceptions=ret.open_exceptions + len(exceptions))
    return reopened_by_news(ret, journal, "exception_opened" if exceptions else "goods_found")


def opened_on(
    ret: Return, exceptions: Sequence[ReturnException], context: Context
) -> tuple[Return, tuple[Event, ...]]:
    """The return at its next version with these exceptions open on it, and its events.

    For commands that have no other news of the return.
    """
    ret = replace(ret, version=ret.version + 1, updated_at=context.now)
    journal = Journal(ret.subject, ret.chain, context)
    noted(ret, exceptions, journal)
    return counted(ret, exceptions, journal), tuple(journal.events)


def noted(ret: Return, exceptions: Sequence[ReturnException], journal: Journal) -> None:
    """The event by which the return's own history tells of exceptions."""
    journal.record(
        "return.exception_opened",
        {
            **header(ret),
            "exceptions": [
                {
                    "exception_id": exception.exception_id,
                    "kind": exception.kind.value,
                    "quantity": exception.quantity,
                    "line_no": exception.line_no,
                }
                for exception in exceptions
            ],
        },
    )
