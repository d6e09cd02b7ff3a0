"""An advance notice: which goods come to a warehouse that a partner runs, and what became of it.

It names returns, goods and parcels, and never a person. `revision` counts what it said: a changed
return makes another one under the same id. `sent_revision` is the latest that the partner has.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from chalicelib.core.events import Chain
from chalicelib.core.ids import derived_id
from chalicelib.returns.receiving import ReceivedItem


class NoticeState(StrEnum):
    PREPARED = "PREPARED"
    SENT = "SENT"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


OVER = frozenset({NoticeState.CONFIRMED, NoticeState.CANCELLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeLine:
    """So many units of one line and lot, by their serial numbers where they are known."""

    line_no: str
    sku: str
    quantity: int
    gtin: str | None = None
    lot: str | None = None
    serials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeReturn:
    """What comes for one return."""

    return_id: str
    return_number: str
    lines: tuple[NoticeLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeParcel:
    """A parcel by its carrier's number."""

    carrier: str
    tracking_no: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeTally:
    """Of one kind of goods of a return: announced, and what the partner told of it."""

    return_number: str | None
    sku: str
    announced: int = 0
    received: int = 0
    damaged: int = 0

    @property
    def short(self) -> int:
        return max(0, self.announced - self.received)

    @property
    def over(self) -> int:
        return max(0, self.received - self.announced)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvanceNotice:
    """`pallet_no` where it is of a pallet. `tries` since its latest revision; `fault`: why not."""

    notice_id: str
    warehouse: str
    returns: tuple[NoticeReturn, ...]
    prepared_at: datetime
    parcels: tuple[NoticeParcel, ...] = ()
    pallet_no: str | None = None
    expected_on: date | None = None
    state: NoticeState = NoticeState.PREPARED
    revision: int = 1
    sent_revision: int = 0
    tries: int = 0
    fault: str | None = None
    sent_at: datetime | None = None
    acknowledged_at: datetime | None = None
    confirmed_at: datetime | None = None
    cancelled_at: datetime | None = None
    tallies: tuple[NoticeTally, ...] = ()
    version: int = 1
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return f"notice/{self.notice_id}"

    @property
    def is_to_be_sent(self) -> bool:
        """The partner has not got what it says now, and is not to be left alone with it."""
        return self.sent_revision < self.revision

    @property
    def units(self) -> int:
        return sum(line.quantity for ret in self.returns for line in ret.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRow:
    """A notice in a list."""

    notice_id: str
    warehouse: str
    state: NoticeState
    revision: int
    units: int
    return_numbers: tuple[str, ...]
    pallet_no: str | None
    expected_on: date | None
    prepared_at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticesOf:
    """Where a return or a pallet was announced by itself, and which pallets' notices name it.

    `taken_off`: returns that were on the pallet, of whose own notices nobody was told yet.
    """

    subject: str
    warehouses: tuple[str, ...] = ()
    pallets: tuple[str, ...] = ()
    taken_off: tuple[str, ...] = ()
    version: int = 1


class ConfirmationKind(StrEnum):
    """ACCEPTED: the partner knows of it. RECEIVED: what came, all of it or a part."""

    ACCEPTED = "accepted"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmedItem:
    """What the partner counted of a return; `damaged` of them look damaged by the way."""

    item: ReceivedItem
    return_number: str | None = None
    damaged: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What the partner told, once, under its own id; and what was booked for it."""

    notice_id: str
    confirmation_id: str
    kind: ConfirmationKind
    items: tuple[ConfirmedItem, ...]
    is_final: bool
    told_at: datetime
    told_by: str
    received_at: datetime | None = None
    tallies: tuple[NoticeTally, ...] = ()
    receipt_ids: tuple[str, ...] = ()
    exception_ids: tuple[str, ...] = ()
    version: int = 1


def notice_id_for(warehouse: str, *, return_id: str = "", pallet_no: str = "") -> str:
    """The one notice of a return, or a pallet, to a warehouse."""
    return derived_id("asn", warehouse, return_id, pallet_no)


def row_of(notice: AdvanceNotice) -> NoticeRow:
    """What a list says about a notice."""
    return NoticeRow(
        notice_id=notice.notice_id,
        warehouse=notice.warehouse,
        state=notice.state,
        revision=notice.revision,
        units=notice.units,
        return_numbers=tuple(ret.return_number for ret in notice.returns),
        pallet_no=notice.pallet_no,
        expected_on=notice.expected_on,
        prepared_at=notice.prepared_at,
        version=notice.version,
    )
