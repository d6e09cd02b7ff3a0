"""Several returns in one box, several boxes on a pallet; and whom an item out of them belongs to.

Pure. Who opens the box reads one number; what each item is for follows from what each of the
returns in it still waits for.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import FieldError, Invalid, NotFound, Stale
from chalicelib.core.events import Chain, Context, Journal, Json
from chalicelib.core.ids import is_return_number
from chalicelib.core.runs import Runs
from chalicelib.returns.finding import is_lost
from chalicelib.returns.lifecycle import is_receivable
from chalicelib.returns.model import Authorization, Return, ReturnLine
from chalicelib.returns.receiving import ReceivedItem, is_same_goods
from chalicelib.returns.units import units_where

RETURNS_MAX = 20
PARCELS_MAX = 40
PALLET_RETURNS_MAX = 80
"""What one command can arrive, or receive, in parts; more goes on another pallet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A box with several returns in it, in the order in which surplus is given to them.

    One that `holds` others is a pallet: its returns are those of its boxes. `warehouse` is where it
    goes, and then where it arrived, at `arrived_at`.
    """

    parcel_no: str
    return_ids: tuple[str, ...]
    registered_at: datetime
    registered_by: str
    holds: tuple[str, ...] = ()
    arrived_at: datetime | None = None
    warehouse: str | None = None
    version: int = 1
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return f"parcel/{self.parcel_no}"

    @property
    def is_pallet(self) -> bool:
        return bool(self.holds)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupedParcel:
    """A parcel with its returns as they are now; `parcels` are the boxes on a pallet."""

    parcel: Parcel
    returns: tuple[Return, ...]
    parcels: tuple[Parcel, ...] = ()


class ParcelReader(Protocol):
    """What grouping reads."""

    def parcel(self, parcel_no: str) -> Parcel | None: ...

    def parcels_of(self, parcel_nos: Sequence[str]) -> list[Parcel]: ...

    def return_(self, return_id: str) -> Return | None: ...

    def returns_of(self, return_ids: Sequence[str]) -> list[Return]: ...

    def return_by_number(self, number: str) -> Return | None: ...


def group(
    reads: ParcelReader, parcel_no: str, names: Sequence[str], context: Context
) -> Decided[GroupedParcel]:
    """Say which returns are in the box, by id or number. Saying the same again changes nothing."""
    if not 1 <= len(names) <= RETURNS_MAX:
        raise Invalid("return_count", f"A parcel holds 1 to {RETURNS_MAX} returns.")
    returns = tuple(_named(reads, name, place) for place, name in enumerate(names))
    return_ids = tuple(dict.fromkeys(ret.return_id for ret in returns))
    by_id = {ret.return_id: ret for ret in returns}
    together = tuple(by_id[return_id] for return_id in return_ids)
    before = reads.parcel(parcel_no)
    if before is not None and before.return_ids == return_ids:
        return Decided(result=GroupedParcel(parcel=before, returns=together))
    parcel = _registered(before, parcel_no, context, return_ids=return_ids)
    return Decided(
        result=GroupedParcel(parcel=parcel, returns=together), changes=Changes(records=(parcel,))
    )


def stack(
    reads: ParcelReader,
    pallet_no: str,
    parcel_nos: Sequence[str],
    context: Context,
    *,
    warehouse: str | None = None,
) -> Decided[GroupedParcel]:
    """Say which boxes are on the pallet, and where it goes. Said again, it changes nothing."""
    wanted = tuple(dict.fromkeys(parcel_nos))
    if not 1 <= len(wanted) <= PARCELS_MAX:
        raise Invalid("parcel_count", f"A pallet holds 1 to {PARCELS_MAX} parcels.")
    found = {box.parcel_no: box for box in reads.parcels_of(wanted)}
    for place, name in enumerate(wanted):
        box = found.get(name)
        if box is None or box.is_pallet or name == pallet_no:
            message = f"{name} is no parcel that was told of, or is a pallet itself."
            fault = FieldError(pointer=f"/parcels/{place}", code="bad_parcel", message=message)
            raise Invalid("unknown_parcel", message, errors=[fault])
    boxes = tuple(found[name] for name in wanted)
    return_ids = tuple(dict.fromkeys(one for box in boxes for one in box.return_ids))
    if len(return_ids) > PALLET_RETURNS_MAX:
        raise Invalid("return_count", f"A pallet holds at most {PALLET_RETURNS_MAX} returns.")
    before = reads.parcel(pallet_no)
    returns = tuple(reads.returns_of(return_ids))
    warehouse = warehouse or (before.warehouse if before is not None else None)
    if before is not None and (before.holds, before.warehouse) == (wanted, warehouse):
        return Decided(result=GroupedParcel(parcel=before, returns=returns, parcels=boxes))
    pallet = _registered(before, pallet_no, context, holds=wanted)
    journal = Journal(pallet.subject, pallet.chain, context)
    told: dict[str, Json] = {"warehouse": warehouse, "parcels": list(wanted)}
    journal.record("pallet.stacked", {"parcel_no": pallet_no, **told, "returns": [*return_ids]})
    pallet = replace(pallet, warehouse=warehouse, chain=journal.chain)
    return Decided(
        result=GroupedParcel(parcel=pallet, returns=returns, parcels=boxes),
        changes=Changes(records=(pallet,), events=tuple(journal.events)),
    )


def _registered(
    before: Parcel | None,
    parcel_no: str,
    context: Context,
    *,
    return_ids: tuple[str, ...] = (),
    holds: tuple[str, ...] = (),
) -> Parcel:
    """The parcel at its next version; raises Stale where its caller looked at another one."""
    _require_version(before, parcel_no, context)
    return Parcel(
        parcel_no=parcel_no,
        return_ids=return_ids,
        holds=holds,
        arrived_at=before.arrived_at if before is not None else None,
        warehouse=before.warehouse if before is not None else None,
        registered_at=context.now,
        registered_by=context.actor.id,
        version=before.version + 1 if before is not None else 1,
        chain=before.chain if before is not None else Chain(),
    )


def grouped(reads: ParcelReader, parcel_no: str) -> GroupedParcel | None:
    """The parcel with its returns, or None for a box that nobody told of."""
    parcel = reads.parcel(parcel_no)
    if parcel is None:
        return None
    boxes = reads.parcels_of(parcel.holds) if parcel.is_pallet else []
    return_ids = dict.fromkeys(one for box in (parcel, *boxes) for one in box.return_ids)
    return GroupedParcel(
        parcel=parcel, returns=tuple(reads.returns_of([*return_ids])), parcels=tuple(boxes)
    )


def require_parcel(reads: ParcelReader, parcel_no: str, context: Context) -> GroupedParcel:
    """The parcel at the version that its caller looked at; raises NotFound or Stale."""
    found = grouped(reads, parcel_no)
    if found is None:
        raise NotFound("parcel_not_found", f"There is no parcel {parcel_no}.")
    _require_version(found.parcel, parcel_no, context)
    return found


def shared_out(
    returns: Sequence[Return], items: Sequence[ReceivedItem]
) -> list[tuple[Return, tuple[ReceivedItem, ...]]]:
    """Each item given to the returns that wait for it, in their order; the rest to the first.

    A serial goes to the return that knows it. Every unit is given to exactly one return, so nothing
    out of the box is lost or counted twice. Returns that get nothing are left out.
    """
    assert returns, "a parcel holds a return"
    sharing = _Sharing([ret for ret in returns if takes_goods(ret)] or returns)
    # The most exactly named first, so that a unit without a serial never takes a named one's place.
    for item in sorted(items, key=lambda item: (not item.serials, item.lot is None)):
        sharing.share(item)
    shared = [(ret, tuple(sharing.shares[ret.return_id])) for ret in sharing.returns]
    return [(ret, share) for ret, share in shared if share]


class _Sharing:
    """Who waits for what, while the box is emptied item by item."""

    def __init__(self, returns: Sequence[Return]) -> None:
        self.returns = returns
        self.shares: dict[str, list[ReceivedItem]] = {ret.return_id: [] for ret in returns}
        self._left = {
            (ret.return_id, line.line_no): units_where(line, is_receivable)
            for ret in returns
            for line in ret.lines
        }
        self._lost = {
            (ret.return_id, line.line_no): units_where(line, is_lost)
            for ret in returns
            for line in ret.lines
        }

    def share(self, item: ReceivedItem) -> None:
        """One item, each of its units to one return."""
        given: dict[str, ReceivedItem] = {}
        for serial in item.serials:
            self._give(given, self._owner_of(serial, item), item, 1, (serial,))
        rest = item.quantity - len(item.serials)
        # What was given up as lost comes last: goods are rather those that are expected.
        for with_lost in (False, True):
            for ret in self.returns:
                quantity = self._taken(ret, item, rest, with_lost=with_lost)
                self._give(given, ret, item, quantity)
                rest -= quantity
        self._give(given, self.returns[0], item, rest)
        for return_id, part in given.items():
            self.shares[return_id].append(part)

    def _give(
        self,
        given: dict[str, ReceivedItem],
        ret: Return,
        item: ReceivedItem,
        quantity: int,
        serials: tuple[str, ...] = (),
    ) -> None:
        if not quantity:
            return
        before = given.get(ret.return_id, replace(item, quantity=0, serials=()))
        given[ret.return_id] = replace(
            before, quantity=before.quantity + quantity, serials=before.serials + serials
        )

    def _owner_of(self, serial: str, item: ReceivedItem) -> Return:
        """The return that waits for this serial, or knows it, or takes goods of any number."""
        lines = [
            (ret, line) for ret in self.returns for line in ret.lines if is_same_goods(line, item)
        ]
        known = [(ret, line) for ret, line in lines if serial in line.serials.values()]
        for ret, line in known:
            units = _unit_of(line, serial)
            if runs.common(units, self._left[ret.return_id, line.line_no]):
                self._remove(ret, line, units)
                return ret
        if known:
            return known[0][0]
        for ret, line in lines:
            waiting = self._left[ret.return_id, line.line_no]
            if waiting and not line.serials:
                self._remove(ret, line, runs.lowest(waiting, 1))
                return ret
        return lines[0][0] if lines else self.returns[0]

    def _taken(self, ret: Return, item: ReceivedItem, quantity: int, *, with_lost: bool) -> int:
        """How many of these units the return waits for; they wait no more."""
        taken = 0
        for line in ret.lines:
            if is_same_goods(line, item):
                place = (ret.return_id, line.line_no)
                waiting = self._left[place]
                if not with_lost:
                    waiting = runs.minus(waiting, self._lost[place])
                part = runs.lowest(waiting, min(runs.size(waiting), quantity - taken))
                self._remove(ret, line, part)
                taken += runs.size(part)
        return taken

    def _remove(self, ret: Return, line: ReturnLine, units: Runs) -> None:
        place = (ret.return_id, line.line_no)
        self._left[place] = runs.minus(self._left[place], units)


def takes_goods(ret: Return) -> bool:
    """Units wait for arrival, or some arrived before (then more of them is a surplus)."""
    return any(group.authorization is Authorization.APPROVED for group in ret.groups())


def _unit_of(line: ReturnLine, serial: str) -> Runs:
    return runs.of_ordinals(
        [int(ordinal) for ordinal, known in line.serials.items() if known == serial]
    )


def _named(reads: ParcelReader, name: str, place: int) -> Return:
    ret = reads.return_by_number(name) if is_return_number(name) else reads.return_(name)
    if ret is None:
        message = f"There is no return {name}."
        pointer = f"/returns/{place}"
        fault = FieldError(pointer=pointer, code="return_not_found", message=message)
        raise Invalid("unknown_return", message, errors=[fault])
    return ret


def _require_version(parcel: Parcel | None, parcel_no: str, context: Context) -> None:
    actual = parcel.version if parcel is not None else 0
    if context.expected_version is not None and context.expected_version != actual:
        raise Stale(
            "stale_version",
            f"The parcel {parcel_no} is at version {actual}, not {context.expected_version}.",
            expected=context.expected_version,
            actual=actual,
        )
