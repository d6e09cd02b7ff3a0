"""Reads of captured documents, and of the scans that they made.

A part of `Reads`, which knows how items are fetched.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from chalicelib.epcis.model import CaptureJob
from chalicelib.returns.scanning import ScanOutcome
from chalicelib.store import epcis_keys, keys
from chalicelib.store.codec import body_of, decode
from chalicelib.store.key import Key
from chalicelib.store.table import Item

_AT_ONCE = 90


class EpcisReads(ABC):
    @abstractmethod
    def _items(self, *wanted: Key) -> list[Item | None]: ...

    def capture_job(self, capture_id: str) -> CaptureJob | None:
        (item,) = self._items(Key(*epcis_keys.capture_job(capture_id)))
        body = None if item is None else body_of(item)
        return None if body is None else decode(body, CaptureJob)

    def scan_outcomes(self, scan_ids: Sequence[str]) -> dict[str, ScanOutcome]:
        """By scan id, those that are known; each is guarded by its own version."""
        found: dict[str, ScanOutcome] = {}
        unique = list(dict.fromkeys(scan_ids))
        for start in range(0, len(unique), _AT_ONCE):
            for item in self._items(*map(keys.scan, unique[start : start + _AT_ONCE])):
                body = None if item is None else body_of(item)
                if body is not None:
                    outcome = decode(body, ScanOutcome)
                    found[outcome.scan_id] = outcome
        return found
