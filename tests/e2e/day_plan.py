"""A day at a warehouse as it really went: what was in which box, who scanned it, what it was like.

And what must be in the books at the end of it. This model counts by itself, from the boxes alone:
it knows nothing of the application but the names of accounts and of exceptions.
"""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

PARCELS, DEVICES, SURPRISES = 300, 5, 12
OFFLINE = DEVICES - 1
"""The device that loses the network for an hour."""
OPENING = 500
_PLAIN, _NUMBERED, _LOTTED = 10, 3, 3


class Kind(StrEnum):
    """How a box differs from what was announced."""

    AS_ANNOUNCED = "as announced"
    SURPLUS = "one more"
    MISSING = "one less"
    WRONG = "other goods"
    FOREIGN = "a foreign serial number"
    UNREADABLE = "a number that nobody knows"
    CANCELLED = "cancelled while the scanner was offline"
    EMPTY = "nothing in it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One thing in a box. `lot` is under which it was sent out."""

    sku: str
    serial: str | None = None
    lot: str | None = None


@dataclass(slots=True, kw_only=True)
class Box:
    """One parcel: `announced` is in the return, `inside` what the scanner finds."""

    place: int
    announced: list[Unit]
    inside: list[Unit]
    kind: Kind
    device: int
    hour: int
    grade: str
    return_id: str = ""
    number: str = ""

    @property
    def sku(self) -> str:
        return self.announced[0].sku

    @property
    def received(self) -> list[Unit]:
        """What is booked into the return."""
        if self.kind in (Kind.UNREADABLE, Kind.CANCELLED):
            return []
        return [unit for unit in self.inside if unit in self.announced][: len(self.announced)]

    @property
    def strange(self) -> list[tuple[str, Unit]]:
        """What goes to quarantine instead, under the kind of exception that it becomes."""
        if self.kind is Kind.UNREADABLE:
            return [("UNKNOWN", unit) for unit in self.inside]
        if self.kind is Kind.CANCELLED:
            return [("NOT_EXPECTED", unit) for unit in self.inside]
        if self.kind is Kind.SURPLUS:
            return [("OVER", self.inside[-1])]
        if self.kind is Kind.WRONG:
            return [("WRONG_SKU", self.inside[-1])]
        if self.kind is Kind.FOREIGN:
            return [("SERIAL_MISMATCH", self.inside[-1])]
        return []


Place = tuple[str, str | None, str]
"""SKU, lot and account."""


@dataclass(slots=True)
class Books:
    """What must be there in the evening."""

    lying: Counter[Place] = field(default_factory=Counter)
    exceptions: Counter[tuple[str, str | None]] = field(default_factory=Counter)
    scans: Counter[int] = field(default_factory=Counter)

    def move(self, unit: Unit, origin: str, target: str, count: int = 1) -> None:
        self.lying[unit.sku, unit.lot, origin] -= count
        self.lying[unit.sku, unit.lot, target] += count


def boxes_of(run: str, random: Random) -> list[Box]:
    """Of 300 boxes twelve are not what was announced, each kind of surprise at least once."""
    surprising = dict(
        zip(random.sample(range(PARCELS), SURPRISES), _kinds(), strict=True),
    )
    return [
        _box(run, place, surprising.get(place, Kind.AS_ANNOUNCED), random)
        for place in range(PARCELS)
    ]


def _kinds() -> list[Kind]:
    kinds = [kind for kind in Kind if kind is not Kind.AS_ANNOUNCED]
    return [kinds[n % len(kinds)] for n in range(SURPRISES)]


def _box(run: str, place: int, kind: Kind, random: Random) -> Box:
    is_numbered = kind is Kind.FOREIGN or (kind is Kind.AS_ANNOUNCED and random.random() < 0.2)
    is_lotted = not is_numbered and kind is Kind.AS_ANNOUNCED and random.random() < 0.2
    count = random.randint(2 if kind is Kind.MISSING else 1, 3)
    announced = [_unit(run, place, n, numbered=is_numbered, lotted=is_lotted) for n in range(count)]
    hour = random.randrange(8)
    is_offline = kind is Kind.CANCELLED or random.randrange(DEVICES) == OFFLINE
    device = OFFLINE if is_offline else random.randrange(DEVICES - 1)
    return Box(
        place=place,
        announced=announced,
        inside=_found(run, place, kind, announced),
        kind=kind,
        device=device,
        # The goods of the return that is cancelled are scanned in the hour without a network.
        hour=_OFFLINE_HOUR if kind is Kind.CANCELLED else hour,
        grade=random.choices("ABCD", (70, 15, 10, 5))[0],
    )


_OFFLINE_HOUR = 3


def is_offline(box: Box) -> bool:
    """Whether it is scanned while its device has no network."""
    return box.device == OFFLINE and box.hour == _OFFLINE_HOUR


def _unit(run: str, place: int, number: int, *, numbered: bool, lotted: bool) -> Unit:
    if numbered:
        return Unit(sku=f"{run}-LAP-{place % _NUMBERED}", serial=f"{run}-SN-{place}-{number}")
    if lotted:
        return Unit(sku=f"{run}-CREAM-{place % _LOTTED}", lot=f"L{place % 2}")
    return Unit(sku=f"{run}-MUG-{place % _PLAIN}")


def _found(run: str, place: int, kind: Kind, announced: list[Unit]) -> list[Unit]:
    match kind:
        case Kind.SURPLUS:
            return [*announced, announced[0]]
        case Kind.MISSING:
            return announced[:-1]
        case Kind.WRONG:
            return [*announced[:-1], Unit(sku=f"{run}-STRANGE")]
        case Kind.FOREIGN:
            foreign = Unit(sku=announced[0].sku, serial=f"{run}-FOREIGN-{place}")
            return [*announced[:-1], foreign]
        case Kind.EMPTY:
            return []
    return list(announced)


def skus_of(boxes: list[Box]) -> list[Unit]:
    """Every kind of goods once, with its lot."""
    kinds = {Unit(sku=unit.sku, lot=unit.lot) for box in boxes for unit in box.announced}
    return sorted(kinds, key=lambda unit: (unit.sku, unit.lot or ""))


def evening_of(boxes: list[Box]) -> Books:
    """Opened, sold, received, inspected, disposed of."""
    books = Books()
    for unit in skus_of(boxes):
        books.move(unit, "adjustment", "available", OPENING)
    for box in boxes:
        for unit in box.announced:
            books.move(_goods(unit), "available", "customer")
        for unit in box.received:
            books.move(_goods(unit), "customer", _SHELF_OF[box.grade])
        for kind, unit in box.strange:
            books.move(Unit(sku=unit.sku), "customer", "quarantine")
            known = kind != "UNKNOWN"
            books.exceptions[kind, box.return_id if known else None] += 1
        if box.kind is Kind.EMPTY:
            books.exceptions["EMPTY", box.return_id] += 1
        books.scans[box.device] += len(box.inside)
    return books


_SHELF_OF = {"A": "available", "B": "available", "C": "quarantine", "D": "scrapped"}
"""Sellable goods are restocked, used ones kept on hold, damaged ones scrapped."""
DISPOSITION_OF = {"A": "RESTOCK", "B": "RESTOCK", "C": "HOLD", "D": "SCRAP"}


def _goods(unit: Unit) -> Unit:
    return Unit(sku=unit.sku, lot=unit.lot)
