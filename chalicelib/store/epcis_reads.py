"""Reads of captured documents, and of the scans that they made.

A part of `Reads`, which knows how items are fetched.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from chalicelib.epcis.model import CaptureJob, EventContent
from chalicelib.returns.scanning import ScanOutcome
from chalicelib.store import epcis_keys, keys
from chalicelib.store.codec import body_of, decode
from chalicelib.store.key import Key
from chalicelib.store.table import Item

T = TypeVar("T")
_AT_ONCE = 25
"""Keys that every store takes in one snapshot, those on a desk too."""


class EpcisReads(ABC):
    @abstractmethod
    def _items(self, *wanted: Key) -> list[Item | None]: ...

    def capture_job(self, capture_id: str) -> CaptureJob | None:
        (item,) = self._items(Key(*epcis_keys.capture_job(capture_id)))
        body = None if item is None else body_of(item)
        return None if body is None else decode(body, CaptureJob)

    def scan_outcomes(self, scan_ids: Sequence[str]) -> dict[str, ScanOutcome]:
        """By scan id, those that are known; each is guarded by its own version."""
        found = self._decoded([keys.scan(one) for one in dict.fromkeys(scan_ids)], ScanOutcome)
        return {outcome.scan_id: outcome for outcome in found}

    def event_contents(self, contents: Iterable[str]) -> dict[str, EventContent]:
        """By content, those that are known; each is guarded by its own version."""
        wanted = [Key(*epcis_keys.event_content(one)) for one in sorted(contents)]
        return {one.content: one for one in self._decoded(wanted, EventContent)}

    def _decoded(self, wanted: Sequence[Key], kind: type[T]) -> Iterator[T]:
        """Those that are there."""
        for item in self._some(wanted):
            body = None if item is None else body_of(item)
            if body is not None:
                yield decode(body, kind)

    def _some(self, wanted: Sequence[Key]) -> Iterator[Item | None]:
        """Any number of items in their order, each guarded by its own version."""
        for start in range(0, len(wanted), _AT_ONCE):
            yield from self._items(*wanted[start : start + _AT_ONCE])
