"""What commands on devices read."""

from typing import Protocol

from chalicelib.devices.model import Device, Enrolment


class DeviceReader(Protocol):
    def device(self, device_id: str) -> Device | None: ...

    def enrolment(self, digest: str) -> Enrolment | None: ...
