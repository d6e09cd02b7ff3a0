"""Reads of reasons: what the merchant made of the catalogue, and the catalogue of it.

A part of `Reads`, which knows how items are fetched.
"""

from abc import ABC, abstractmethod

from chalicelib.core.clock import Clock
from chalicelib.reasons.amendments import Amendments, KnownReasons
from chalicelib.reasons.catalogue import Catalogue
from chalicelib.store import keys
from chalicelib.store.codec import body_of, decode
from chalicelib.store.key import Key
from chalicelib.store.table import Item


class ReasonReads(ABC):
    @abstractmethod
    def _items(self, *wanted: Key) -> list[Item | None]: ...

    @property
    @abstractmethod
    def _reasons(self) -> KnownReasons: ...

    @property
    @abstractmethod
    def _now(self) -> Clock: ...

    def reason_catalogue(self) -> Catalogue:
        """All reasons, as they stood some seconds ago at most."""
        return self._reasons.catalogue(self.reason_amendments, self._now)

    def reason_amendments(self) -> Amendments:
        """What the merchant made of the catalogue, now; version 0 where they changed nothing."""
        (item,) = self._items(keys.reasons())
        body = None if item is None else body_of(item)
        return Amendments() if body is None else decode(body, Amendments)
