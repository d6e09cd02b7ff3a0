"""Positions of serial numbers against the movements that named them, and against balances.

Pure. A position follows from the last movement of its unit. A unit that moved before positions were
kept has none; that is no difference.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.inventory.model import PHYSICAL, Account
from chalicelib.inventory.serials import Serial
from chalicelib.inventory.transferring import StockTransfer
from chalicelib.reconciliation.model import Finding, Held, Place, PostedEntry, Posting, place_name

Unit = tuple[str, str]
"""SKU and serial number."""


@dataclass(slots=True)
class _Last:
    """The entries of the latest command that named a unit, and the ids of its movements."""

    moved_at: datetime
    command_id: str
    entries: list[tuple[str, PostedEntry]] = field(default_factory=list)


@dataclass(slots=True)
class Positions:
    """Takes positions and movements; `only` restricts it to some units (for looking again).

    `unread` arrived, or are missing, nobody knows which: their transfer says so, and they stay in
    transit by number until they are read somewhere.
    """

    only: frozenset[Unit] | None = None
    known: dict[Unit, Serial] = field(default_factory=dict)
    unread: set[Unit] = field(default_factory=set)
    _last: dict[Unit, _Last] = field(default_factory=dict)

    def take(self, position: Serial) -> None:
        unit = (position.sku, position.serial)
        if self.only is None or unit in self.only:
            self.known[unit] = position

    def travel(self, transfer: StockTransfer) -> None:
        """Of lines of which units came without their numbers."""
        for line in transfer.lines:
            if line.unread:
                self.unread |= {(line.sku, serial) for serial in line.serials}

    def post(self, posting: Posting) -> None:
        if posting.posted_at is None:
            return
        for entry in posting.entries:
            for serial in entry.serials:
                unit = (entry.sku, serial)
                if self.only is None or unit in self.only:
                    self._add(unit, entry, posting, posting.posted_at)

    def suspicious(self) -> frozenset[Unit]:
        """Units to look at again: a scan sees movements and positions at different moments."""
        return frozenset(unit for unit in self.known if not self._agrees(unit))

    def findings(self) -> Iterator[Finding]:
        for unit in sorted(self.suspicious()):
            position, last = self.known[unit], self._last.get(unit)
            yield Finding(
                kind="serial_position",
                subject=f"serial/{unit[0]}/{unit[1]}",
                expected=", ".join(sorted(place_name(one) for one in self._places(last))),
                found=place_name(_place(position)),
                cause="The position was changed without a movement, or a movement is missing.",
                proposed_repair="Find the unit; post an adjustment that names its serial number.",
            )

    def has_moved(self, unit: Unit, before: Serial) -> bool:
        """Whether the position is another one than it was, and still does not agree."""
        now = self.known.get(unit)
        return now is not None and now != before and not self._agrees(unit)

    def without(self, units: Iterable[Unit]) -> "Positions":
        """The same, but for these units."""
        left = {unit: one for unit, one in self.known.items() if unit not in set(units)}
        return Positions(only=self.only, known=left, unread=self.unread, _last=self._last)

    def by_place(self) -> Counter[Place]:
        """How many known units lie where; those that nobody read on arrival count nowhere."""
        return Counter(
            _place(one)
            for unit, one in self.known.items()
            if one.account in PHYSICAL
            and not (one.account is Account.IN_TRANSIT and unit in self.unread)
        )

    def _agrees(self, unit: Unit) -> bool:
        last = self._last.get(unit)
        if last is None:
            return False
        if self.known[unit].moved_at > last.moved_at:
            return False
        return _place(self.known[unit]) in self._places(last)

    def _places(self, last: _Last | None) -> set[Place]:
        """Where a unit may be after the last command; one place, unless its entries are odd."""
        if last is None:
            return set()
        net: Counter[Place] = Counter()
        for _, entry in last.entries:
            net[entry.place] += 1 if entry.quantity > 0 else -1
        stayed = {place for place, units in net.items() if units > 0}
        return stayed or {entry.place for _, entry in last.entries if entry.quantity > 0}

    def _add(self, unit: Unit, entry: PostedEntry, posting: Posting, at: datetime) -> None:
        last = self._last.get(unit)
        if last is None or at > last.moved_at:
            last = self._last[unit] = _Last(moved_at=at, command_id=posting.command_id)
        if at == last.moved_at and posting.command_id == last.command_id:
            last.entries.append((posting.movement_id, entry))


def crowded(positions: Counter[Place], held: Mapping[Place, Held]) -> Iterator[Finding]:
    """More units with a serial number in a place than it holds units at all."""
    for place in sorted(positions, key=place_name):
        quantity = held[place].quantity
        if positions[place] > quantity:
            yield Finding(
                kind="serials_exceed_balance",
                subject=place_name(place),
                expected=quantity,
                found=positions[place],
                cause="Units left without their serial numbers being named.",
                proposed_repair="Count this SKU by its serial numbers.",
            )


def _place(position: Serial) -> Place:
    return (position.warehouse, position.sku, position.lot, position.account)
