"""Reads of devices, of the codes they are enrolled by, and of what became of their scans.

A part of `Reads`.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TypeVar

from chalicelib.devices.model import Device, Enrolment
from chalicelib.returns.scanning import ScanOutcome
from chalicelib.store import keys
from chalicelib.store.codec import body_of, decode
from chalicelib.store.key import Key
from chalicelib.store.table import Item, Table

T = TypeVar("T")


class DeviceReads(ABC):
    @abstractmethod
    def _items(self, *wanted: Key) -> list[Item | None]: ...

    @property
    @abstractmethod
    def _core(self) -> Table: ...

    def device(self, device_id: str) -> Device | None:
        (item,) = self._items(keys.device(device_id))
        return _read(item, Device)

    def devices(self, device_ids: Iterable[str]) -> dict[str, Device]:
        """Those of these devices that are there, by their ids."""
        wanted = [keys.device(one) for one in dict.fromkeys(device_ids)]
        items = self._core.get(wanted) if wanted else []
        found = (_read(item, Device) for item in items)
        return {device.device_id: device for device in found if device is not None}

    def scan_outcome(self, scan_id: str) -> ScanOutcome | None:
        (item,) = self._items(keys.scan(scan_id))
        return _read(item, ScanOutcome)

    def enrolment(self, digest: str) -> Enrolment | None:
        (item,) = self._items(keys.enrolment(digest))
        return _read(item, Enrolment)


def _read(item: Item | None, kind: type[T]) -> T | None:
    body = None if item is None else body_of(item)
    return None if body is None else decode(body, kind)
