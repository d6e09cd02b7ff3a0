"""The day of day_plan.py played on the deployed application, by all who work there."""

import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from tests.e2e.day_plan import (
    DEVICES,
    DISPOSITION_OF,
    OFFLINE,
    OPENING,
    Box,
    Kind,
    is_offline,
    skus_of,
)
from tests.e2e.merchant import ANY, Json, Merchant
from tools.device.client import Device
from tools.device.transport import NoAnswer
from tools.generator import rfc3339

T = TypeVar("T")
_AT_ONCE = 6
_EUR = "EUR"
NOBODY = "R00NOBODY000"
"""A number that is on no return."""


@dataclass(slots=True, kw_only=True)
class Day:
    """`warehouse` is of this run alone, so that nobody else moves its stock.

    `told` are scans that were sent at once, `held` those of the hour without a network.
    """

    merchant: Merchant
    boxes: list[Box]
    folder: Path
    scanners: list[Device] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)

    @property
    def warehouse(self) -> str:
        return f"{self.merchant.run}-DC"

    def each(self, act: Callable[[T], object], given: Iterable[T]) -> None:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(act, given))

    def announce(self) -> None:
        """What was sold and delivered, and now comes back with somebody's consent."""
        items = [
            {"sku": one.sku, "lot": one.lot, "quantity": OPENING, "unit_cost": _money("4.00")}
            for one in skus_of(self.boxes)
        ]
        body = {"warehouse": self.warehouse, "kind": "opening", "items": items}
        key = self.merchant.key("day-stock")
        self.merchant.send("machine", "POST", "/stock/counts", body, key=key).expect(201)
        self.each(self._ask, self.boxes)

    def _ask(self, box: Box) -> None:
        order_no = f"{self.merchant.run}-DAY-{box.place}"
        self.merchant.send("machine", "PUT", f"/orders/{order_no}", self._order(box)).expect(201)
        line: Json = {
            "order_line_no": "1",
            "quantity": len(box.announced),
            "reason": "CHANGED_MIND",
            "serials": [unit.serial for unit in box.announced if unit.serial],
        }
        wish = {"order_no": order_no, "warehouse": self.warehouse, "lines": [line]}
        key = self.merchant.key("day-wish")
        told = self.merchant.send("support", "POST", "/returns", wish, key=key).expect(201)
        box.return_id, box.number = told["id"], told["number"]
        self._command("reviewer", box, "approve", {})

    def _order(self, box: Box) -> Json:
        sent = self.merchant.desk.now - timedelta(days=5)
        order_no, count = f"{self.merchant.run}-DAY-{box.place}", len(box.announced)
        (lot,) = {unit.lot for unit in box.announced}
        item: Json = {
            "line_no": "1",
            "quantity": count,
            "lot": lot,
            "serials": [unit.serial for unit in box.announced if unit.serial],
        }
        line = {
            "line_no": "1",
            "sku": box.sku,
            "name": "Goods of the day",
            "quantity": count,
            "unit_price": _money("9.00"),
            "unit_cost": _money("4.00"),
        }
        return {
            "customer_id": f"cus-{self.merchant.run}-{box.place}".lower(),
            "currency": _EUR,
            "placed_at": rfc3339(sent - timedelta(days=1)),
            "policy_version": "standard-30d",
            "lines": [line],
            "payments": [
                {
                    "payment_id": f"{order_no}-card",
                    "method": "card",
                    "provider": "sandbox",
                    "captured": _money(f"{9 * count}.00"),
                }
            ],
            "deliveries": [
                {
                    "delivery_no": f"{order_no}-D1",
                    "warehouse": self.warehouse,
                    "shipped_at": rfc3339(sent),
                    "delivered_at": rfc3339(sent + timedelta(days=2)),
                    "items": [item],
                }
            ],
        }

    def enrol(self) -> None:
        """Each device shows a code that somebody at the warehouse asked for, once."""
        for number in range(DEVICES):
            body = {"warehouse": self.warehouse, "name": f"Gate {number}"}
            key = self.merchant.key("day-device")
            code = self.merchant.send("admin", "POST", "/devices/enrolments", body, key=key).expect(
                201
            )
            api = self.merchant.stack.state.api_url
            folder = self.folder / f"device-{number}"
            self.scanners.append(Device.enrol(api, code["code"], folder))

    def scan(self) -> None:
        """All boxes, hour by hour; one device is offline for an hour and tells late, and twice."""
        late = self.scanners[OFFLINE]
        for box in sorted(self.boxes, key=lambda box: (is_offline(box), box.hour, box.place)):
            if is_offline(box) and not self.held:
                # What it scanned before it lost the network is there already.
                self.each(_flushed, self.scanners)
                self._cancel_meanwhile()
            self._scan(box)
        body = json.dumps({"scans": list(reversed(late.journal.waiting()))}).encode()
        assert len(self.held) == len(late.journal.waiting()) > 0
        assert late.request("POST", "/v1/scans", body).status == 202
        _flushed(late)
        for scan_id in (*self.told, *self.held):
            self.merchant.outcome_of(scan_id)

    def _scan(self, box: Box) -> None:
        at = self.merchant.desk.now - timedelta(hours=9 - box.hour, seconds=-10 * box.place)
        for unit in box.inside:
            what = {
                "captured_at": rfc3339(at),
                "return_number": box.number if box.kind is not Kind.UNREADABLE else NOBODY,
                "sku": unit.sku,
                "serial": unit.serial,
            }
            given = {name: value for name, value in what.items() if value is not None}
            scan_id = self.scanners[box.device].scan(**given)
            (self.held if is_offline(box) else self.told).append(scan_id)

    def _cancel_meanwhile(self) -> None:
        for box in self.boxes:
            if box.kind is Kind.CANCELLED:
                assert is_offline(box), "its scanner does not hear of it"
                self._command("support", box, "cancel", {"reason": "KEEPS_IT"})
            if box.kind is Kind.EMPTY:
                body = {"kind": "EMPTY", "quantity": 1, "warehouse": self.warehouse}
                self._command("warehouse", box, "exceptions", body)

    def inspect(self) -> None:
        """What was received is graded and finds its place."""
        self.each(self._inspect, [box for box in self.boxes if box.received])

    def _inspect(self, box: Box) -> None:
        is_damaged = box.grade == "D"
        group = {
            "line_no": "1",
            "quantity": len(box.received),
            "grade": box.grade,
            "result": "failed" if is_damaged else "passed",
            "fault": "carrier" if is_damaged else "none",
        }
        self._command("inspector", box, "inspections", {"groups": [group]})
        item = {
            "line_no": "1",
            "quantity": len(box.received),
            "disposition": DISPOSITION_OF[box.grade],
        }
        self._command("inspector", box, "dispositions", {"items": [item]})

    def _command(self, role: str, box: Box, command: str, body: Json) -> None:
        path = f"/returns/{box.return_id}/{command}"
        key = self.merchant.key(f"day-{command}")
        self.merchant.send(role, "POST", path, body, key=key, headers=ANY).expect(200, 201)


def _flushed(scanner: Device) -> None:
    """As its owner would: whatever got no answer is sent again, until nothing waits."""
    while scanner.journal.waiting():
        with suppress(NoAnswer):
            scanner.flush()
    assert not scanner.journal.refused()


def _money(amount: str) -> Json:
    return {"amount": amount, "currency": _EUR}
