"""What views say of devices: pages of them, and which numbers their scans had.

The numbers of a device are one row, read, added to and written back over exactly what was read; a
number that is added twice changes nothing, so news may come again, late and in any order. They are
made from outcomes of scans alone, so that they can be made anew.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import uuid4

from chalicelib.core.errors import TransientError
from chalicelib.devices.model import Device, DeviceState
from chalicelib.devices.sequence import Seen, seen_of
from chalicelib.devices.sequence import Sequence as Numbers
from chalicelib.returns.scanning import ScanOutcome
from chalicelib.store.codec import body_attribute, record_in
from chalicelib.store.device_rows import devices_list
from chalicelib.store.key import Key
from chalicelib.store.pages import LIMIT_DEFAULT, Ask, Page, page_of
from chalicelib.store.table import Cancelled, Item, Table

ROUNDS_MAX = 8
SCAN_TYPE = "SCAN"


def sequence_key(device_id: str) -> Key:
    return Key(f"SEQUENCE#{device_id}", "SEQUENCE")


@dataclass(frozen=True, slots=True)
class DeviceLists:
    """On the table of views."""

    table: Table

    def page(
        self,
        warehouse: str | None,
        within: frozenset[str] | None,
        state: DeviceState | None,
        *,
        limit: int = LIMIT_DEFAULT,
        cursor: str | None = None,
    ) -> Page[Device]:
        """Those enrolled last first; `within`: the warehouses the caller may see."""
        ask = Ask(
            devices_list(warehouse),
            Device,
            keep=lambda device: (
                state in (None, device.state) and (within is None or device.warehouse in within)
            ),
            said=f"{state}#{'*' if within is None else ','.join(sorted(within))}",
        )
        return page_of(self.table, ask, limit, cursor)

    def sequences(self, device_ids: Sequence[str]) -> dict[str, Numbers]:
        """What was seen of each of these devices; nothing of one that sent nothing yet."""
        items = self.table.get([sequence_key(one) for one in device_ids]) if device_ids else []
        return {
            device_id: _numbers(item, device_id)
            for device_id, item in zip(device_ids, items, strict=True)
        }

    def differing(self, outcomes: Iterable[ScanOutcome]) -> list[Seen]:
        """What these outcomes say and the rows do not."""
        seen = seen_of(outcomes)
        there = self.sequences([one.device_id for one in seen])
        return [one for one in seen if not there[one.device_id].holds(one)]

    def add(self, seen: Seen) -> None:
        """Raises TransientError where others keep writing the same row."""
        key = sequence_key(seen.device_id)
        for _ in range(ROUNDS_MAX):
            (item,) = self.table.get([key])
            before = _numbers(item, seen.device_id)
            after = before.after(seen)
            if after == before and item is not None:
                return
            try:
                self.table.transact([_put(self.table.name, key, item, after)], uuid4().hex)
            except Cancelled:
                continue
            return
        raise TransientError("views_busy", "Others keep writing the same row.")


def _numbers(item: Item | None, device_id: str) -> Numbers:
    return Numbers(device_id=device_id) if item is None else record_in(item, Numbers)


def _put(table: str, key: Key, before: Item | None, after: Numbers) -> dict[str, object]:
    """Over exactly the row that was read."""
    stood = 0 if before is None else int(before["v"]["N"])
    item: Item = {
        "pk": {"S": key.pk},
        "sk": {"S": key.sk},
        "type": {"S": "SEQUENCE"},
        "v": {"N": str(stood + 1)},
        **body_attribute(after),
    }
    if before is None:
        condition: dict[str, object] = {"ConditionExpression": "attribute_not_exists(pk)"}
    else:
        condition = {
            "ConditionExpression": "v = :stood",
            "ExpressionAttributeValues": {":stood": {"N": str(stood)}},
        }
    return {"Put": {"TableName": table, "Item": item, **condition}}
