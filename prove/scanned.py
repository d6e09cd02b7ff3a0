"""What scanners sent in promise 5, and what must be stored in the end, whatever order it came in.

The model counts by itself, from the scans alone: it knows nothing of the application.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from prove import shop

GOODS, NUMBERED = "1", "2"
"""The lines of each order: goods that are counted, goods that have serial numbers."""
UNITS = {GOODS: 12, NUMBERED: 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """A return on its way: `number` is printed on it."""

    place: int
    return_id: str
    number: str

    def sku(self, line: str) -> str:
        return sku_of(self.place, line)

    @property
    def serials(self) -> list[str]:
        return serials_of(self.place)


def sku_of(place: int, line: str) -> str:
    return f"SCANNED-{line}-{place % 7}"


def serials_of(place: int) -> list[str]:
    return [f"SN-{place}-{unit}" for unit in range(UNITS[NUMBERED])]


def order_of(place: int, prefix: str) -> Any:
    """Two lines, delivered in full, the second with serial numbers."""
    sold = shop.order(place, f"pay-{prefix}-{place}", units=UNITS[GOODS])
    (first,) = sold["lines"]
    sold["lines"] = [
        {**first, "line_no": line, "sku": sku_of(place, line), "quantity": UNITS[line]}
        for line in (GOODS, NUMBERED)
    ]
    sold["payments"][0]["captured"] = shop.money(f"{25 * sum(UNITS.values())}.00")
    items: list[dict[str, Any]] = [{"line_no": GOODS, "quantity": UNITS[GOODS]}]
    items += [{"line_no": NUMBERED, "quantity": UNITS[NUMBERED], "serials": serials_of(place)}]
    sold["deliveries"][0]["items"] = items
    return sold


def wish_of(order_no: str) -> Any:
    lines = [
        {"order_line_no": line, "quantity": count, "reason": "CHANGED_MIND", "resolution": "refund"}
        for line, count in UNITS.items()
    ]
    return {"order_no": order_no, "lines": lines}


@dataclass(slots=True)
class Expected:
    """What follows from the scans: units received by return and line, exceptions, balances."""

    received: Counter[tuple[str, str]] = field(default_factory=Counter)
    exceptions: Counter[tuple[str | None, str]] = field(default_factory=Counter)
    lying: Counter[tuple[str, str]] = field(default_factory=Counter)
    outcomes: set[str] = field(default_factory=set)
    seen: set[tuple[str, str]] = field(default_factory=set)

    def take(self, scan: dict[str, Any], announced: dict[str, Announced]) -> None:
        """One scan, counted once: whatever comes earlier or later makes no difference."""
        self.outcomes.add(scan["scan_id"])
        ret = announced.get(scan.get("return_number", ""))
        kind = self._kind(scan, ret)
        if kind is None:
            assert ret is not None, "only an announced return receives"
            line = NUMBERED if "serial" in scan else GOODS
            self.received[ret.return_id, line] += 1
            self.lying[scan["sku"], "receiving"] += 1
            return
        self.exceptions[ret.return_id if ret else None, kind] += 1
        self.lying[scan["sku"], "quarantine"] += 1

    def _kind(self, scan: dict[str, Any], ret: Announced | None) -> str | None:
        if ret is None:
            return "UNKNOWN"
        if "serial" in scan:
            if scan["serial"] not in ret.serials:
                return "SERIAL_MISMATCH"
            again = (ret.return_id, scan["serial"]) in self.seen
            self.seen.add((ret.return_id, scan["serial"]))
            return "OVER" if again else None
        if scan["sku"] != ret.sku(GOODS):
            return "WRONG_SKU"
        return "OVER" if self.received[ret.return_id, GOODS] >= UNITS[GOODS] else None


def scans_of(announced: Sequence[Announced], count: int, random: Random) -> list[dict[str, Any]]:
    """So many scans of devices at work: most fit, some are surplus, foreign, twice or lost."""
    scans: list[dict[str, Any]] = []
    places = [(ret, line, unit) for ret in announced for line in UNITS for unit in range(16)]
    random.shuffle(places)
    for ret, line, unit in places:
        if len(scans) == count:
            break
        scan = _scan(len(scans), ret, line, unit, random)
        if scan is not None:
            scans.append(scan)
    assert len(scans) == count, "there are enough returns for so many scans"
    return scans


def _scan(
    number: int, ret: Announced, line: str, unit: int, random: Random
) -> dict[str, Any] | None:
    """Unit by unit of a line; the first above what was announced comes now and then."""
    scan = {
        "scan_id": f"scan-{number:06d}",
        "device_id": f"dev-{number % 5}",
        "seq": number // 5,
        "captured_at": f"2026-11-21T{8 + number % 8:02d}:{number % 60:02d}:00Z",
        "warehouse": shop.WAREHOUSE,
        "return_number": ret.number,
        "sku": ret.sku(line),
    }
    if line == NUMBERED:
        scan["serial"] = ret.serials[unit % UNITS[line]]
    if unit < UNITS[line]:
        return _surprise(scan, ret, random)
    is_more = unit == UNITS[line] and random.random() < 0.2
    return scan if is_more else None


def _surprise(scan: dict[str, Any], ret: Announced, random: Random) -> dict[str, Any]:
    """4 % of what comes is not what was announced."""
    if random.random() >= 0.04:
        return scan
    match random.randrange(3):
        case 0:
            return {**scan, "return_number": "R-NOBODY-KNOWS"}
        case 1:
            scan.pop("serial", None)
            return {**scan, "sku": f"STRANGE-{ret.place % 3}"}
        case _:
            return {**scan, "sku": ret.sku(NUMBERED), "serial": f"FOREIGN-{scan['scan_id']}"}


def malformed(scan: dict[str, Any], number: int) -> str:
    """What devices were seen to send: their own name for it can be read, or not even that."""
    match number % 5:
        case 0:
            return json.dumps({**scan, "quantity": "two"})
        case 1:
            return json.dumps({key: value for key, value in scan.items() if key != "warehouse"})
        case 2:
            return json.dumps({**scan, "captured_at": "yesterday"})
        case 3:
            return json.dumps({**scan, "scan_id": None})
        case _:
            return json.dumps(scan)[:-7]
