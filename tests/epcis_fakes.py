"""How the store in memory answers what is asked about captured documents."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import TypeVar

from chalicelib.epcis.model import CaptureJob, EventContent
from chalicelib.returns.scanning import ScanOutcome
from chalicelib.store import epcis_keys, keys
from chalicelib.store.key import Key

T = TypeVar("T")


class FakeEpcisReads(ABC):
    """A part of FakeReads."""

    __slots__ = ()

    @abstractmethod
    def _one(self, key: Key, kind: type[T]) -> T | None: ...

    def capture_job(self, capture_id: str) -> CaptureJob | None:
        return self._one(Key(*epcis_keys.capture_job(capture_id)), CaptureJob)

    def event_contents(self, contents: Iterable[str]) -> dict[str, EventContent]:
        wanted = {one: Key(*epcis_keys.event_content(one)) for one in contents}
        found = {one: self._one(key, EventContent) for one, key in wanted.items()}
        return {name: content for name, content in found.items() if content is not None}

    def scan_outcomes(self, scan_ids: Sequence[str]) -> dict[str, ScanOutcome]:
        found = {one: self._one(keys.scan(one), ScanOutcome) for one in scan_ids}
        return {name: outcome for name, outcome in found.items() if outcome is not None}
