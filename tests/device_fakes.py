"""How the store in memory answers what is asked about devices."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TypeVar

from chalicelib.devices.model import Device, Enrolment
from chalicelib.store import keys
from chalicelib.store.key import Key

T = TypeVar("T")


class FakeDeviceReads(ABC):
    """A part of FakeReads."""

    __slots__ = ()

    @abstractmethod
    def _one(self, key: Key, kind: type[T]) -> T | None: ...

    def device(self, device_id: str) -> Device | None:
        return self._one(keys.device(device_id), Device)

    def devices(self, device_ids: Iterable[str]) -> dict[str, Device]:
        return {one: device for one in device_ids if (device := self.device(one)) is not None}

    def enrolment(self, digest: str) -> Enrolment | None:
        return self._one(keys.enrolment(digest), Enrolment)
