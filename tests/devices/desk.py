"""Devices of a warehouse in memory, driven through the use cases."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from chalicelib.core.events import Actor, Context
from chalicelib.devices import codes, enrolling, managing
from chalicelib.devices.enrolling import Enrolled, Opened, OpenEnrolment
from chalicelib.devices.model import Device, RevocationReason
from tests.builders import NOW
from tests.fakes import FakeStore

KEY_ID = "key00001"


@dataclass(slots=True)
class Desk:
    """A clock that stands still unless it is moved."""

    now: datetime = NOW
    store: FakeStore = field(init=False)
    _numbers: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        self.store = FakeStore(clock=lambda: self.now)

    def context(self, who: str = "warehouse-1", *, expected: int | None = None) -> Context:
        return Context(
            actor=Actor(id=who, role="warehouse"),
            now=self.now,
            command_id=f"cmd-{next(self._numbers)}",
            correlation_id="corr",
            expected_version=expected,
        )

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)

    def open_(self, warehouse: str = "W1", device_id: str | None = None) -> Opened:
        context = self.context()
        command = OpenEnrolment(warehouse=warehouse, name="Dock 2", device_id=device_id)
        return self.store.run(
            lambda reads: enrolling.open_enrolment(reads, command, context), context=context
        )

    def enrol(self, code: str, key_id: str = KEY_ID) -> Enrolled | None:
        context = self.context("nobody")
        return self.store.run(
            lambda reads: enrolling.enrol(reads, codes.digest_of(code), key_id, context),
            context=context,
        )

    def enrolled(self, warehouse: str = "W1") -> Device:
        done = self.enrol(self.open_(warehouse).code)
        assert done is not None
        return done.device

    def renewed(self, device_id: str, warehouse: str = "W1") -> Enrolled:
        done = self.enrol(self.open_(warehouse, device_id).code)
        assert done is not None
        return done

    def use(self, device_id: str, number: int) -> Device:
        context = self.context(device_id)
        return self.store.run(
            lambda reads: managing.used(reads, device_id, number, context), context=context
        )

    def revoke(self, device_id: str, *, expected: int | None = None) -> Device:
        context = self.context(expected=expected)
        return self.store.run(
            lambda reads: managing.revoke(reads, device_id, RevocationReason.LOST, context),
            context=context,
        )

    def device(self, device_id: str) -> Device:
        device = self.store.reads().device(device_id)
        assert device is not None
        return device

    def event_types(self, device_id: str) -> list[str]:
        return [event.type for event in self.store.reads().events(f"device/{device_id}")]
