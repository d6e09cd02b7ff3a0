"""A receiving: who counts what at which door, round by round, and what that came to.

`blind`: who counts does not see what is announced. The numbers of both stay with the record, so
that it can be said later who counted what, in how long.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from chalicelib.core.events import Chain
from chalicelib.returns.receiving import ReceivedItem

ITEMS_MAX = 500
"""Of one round, each as it was scanned or typed in."""
KINDS_MAX = 200
"""Of goods that can be told apart in one round: what one receipt takes."""


COUNTED = "counted"
"""Why a scan has no receipt of its own, as its outcome says it."""


class Mode(StrEnum):
    BLIND = "blind"
    ANNOUNCED = "announced"


class State(StrEnum):
    """RECOUNT: the first count was too far off, and somebody else is to count again."""

    OPEN = "OPEN"
    RECOUNT = "RECOUNT"
    CLOSED = "CLOSED"
    CANCELLED = "CANCELLED"


GOING_ON = frozenset({State.OPEN, State.RECOUNT})


class Kind(StrEnum):
    PARCEL = "parcel"
    PALLET = "pallet"
    RETURN = "return"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One thing counted: by a scan of this id, or by hand."""

    item_id: str
    item: ReceivedItem
    counted_by: str
    counted_at: datetime
    by_scan: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A count that was followed by another one."""

    items: tuple[Counted, ...]
    closed_by: str
    closed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Of one kind of goods: how many were announced and had not come, and how many were counted."""

    sku: str
    announced: int
    counted: int

    @property
    def short(self) -> int:
        return max(0, self.announced - self.counted)

    @property
    def over(self) -> int:
        return max(0, self.counted - self.announced)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiving:
    """`second_above`: from how many units of difference on a blind count is to be counted again.

    `name` is the number of the box or pallet, or the return's id.
    """

    receiving_id: str
    mode: Mode
    kind: Kind
    name: str
    warehouse: str
    opened_by: str
    opened_at: datetime
    announced: tuple[Tally, ...] = ()
    second_above: int | None = None
    state: State = State.OPEN
    items: tuple[Counted, ...] = ()
    earlier: tuple[Round, ...] = ()
    tallies: tuple[Tally, ...] = ()
    closed_by: str | None = None
    closed_at: datetime | None = None
    return_ids: tuple[str, ...] = ()
    receipt_ids: tuple[str, ...] = ()
    exception_ids: tuple[str, ...] = ()
    version: int = 1
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return f"receiving/{self.receiving_id}"

    @property
    def place(self) -> str:
        """What is counted, of which only one count goes on at a time."""
        return place_of(self.kind, self.name)

    @property
    def duration_s(self) -> int | None:
        """From the opening to the close."""
        if self.closed_at is None:
            return None
        return int((self.closed_at - self.opened_at).total_seconds())

    @property
    def counters(self) -> tuple[str, ...]:
        """Who counted in the present round, each once."""
        return tuple(dict.fromkeys(one.counted_by for one in self.items))

    @property
    def earlier_counters(self) -> frozenset[str]:
        """Who counted, or closed a count, in a round before."""
        counted = {one.counted_by for past in self.earlier for one in past.items}
        return frozenset(counted | {past.closed_by for past in self.earlier})

    def goods(self) -> tuple[ReceivedItem, ...]:
        """What was counted in the present round, the same goods put together."""
        return together(one.item for one in self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivingRow:
    """A receiving in a list: never what is announced while somebody counts it blindly."""

    receiving_id: str
    mode: Mode
    kind: Kind
    name: str
    warehouse: str
    state: State
    opened_by: str
    opened_at: datetime
    closed_at: datetime | None
    rounds: int
    counted: int
    short: int
    over: int
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivingOf:
    """Which receiving goes on of a box or a return; None: no more."""

    place: str
    receiving_id: str | None
    version: int = 1


def place_of(kind: Kind, name: str) -> str:
    """Boxes and pallets have their numbers from one series."""
    kind = Kind.RETURN if kind is Kind.RETURN else Kind.PARCEL
    return f"{kind.value}#{name}"


def row_of(receiving: Receiving) -> ReceivingRow:
    """What a list says about a receiving."""
    return ReceivingRow(
        receiving_id=receiving.receiving_id,
        mode=receiving.mode,
        kind=receiving.kind,
        name=receiving.name,
        warehouse=receiving.warehouse,
        state=receiving.state,
        opened_by=receiving.opened_by,
        opened_at=receiving.opened_at,
        closed_at=receiving.closed_at,
        rounds=len(receiving.earlier) + 1,
        counted=sum(one.item.quantity for one in receiving.items),
        short=sum(one.short for one in receiving.tallies),
        over=sum(one.over for one in receiving.tallies),
        version=receiving.version,
    )


def together(items: Iterable[ReceivedItem]) -> tuple[ReceivedItem, ...]:
    """The same goods of the same lot and look as one item."""
    found: dict[tuple[str | date | None, ...], ReceivedItem] = {}
    for item in items:
        key = (item.sku, item.gtin, item.lot, item.condition, item.expires_on)
        before = found.get(key)
        if before is not None:
            item = replace(
                item,
                quantity=before.quantity + item.quantity,
                serials=before.serials + item.serials,
            )
        found[key] = item
    return tuple(found.values())


def difference(tallies: Sequence[Tally]) -> int:
    """How many units it is off, in both directions together."""
    return sum(one.short + one.over for one in tallies)
