"""Reads of delegations: one by its id, and those that somebody gave or received.

A part of `Reads`.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from chalicelib.core.clock import rfc3339
from chalicelib.returns.delegating import Delegation, DelegationOf
from chalicelib.store import keys
from chalicelib.store.codec import body_of, decode
from chalicelib.store.key import Key
from chalicelib.store.table import Item, Table

T = TypeVar("T")
DELEGATIONS_MAX = 100
"""Of one person that are not over yet; those that end first are looked at."""
_LAST = "~"
"""Sorts after every id, so that what ends at a moment is not after it."""


class DelegationReads(ABC):
    @abstractmethod
    def _items(self, *wanted: Key) -> list[Item | None]: ...

    @property
    @abstractmethod
    def _core(self) -> Table: ...

    def delegation(self, delegation_id: str) -> Delegation | None:
        (item,) = self._items(keys.delegation(delegation_id))
        return _read(item, Delegation)

    def delegations_of(self, person: str, *, ending_after: datetime) -> list[Delegation]:
        """Given or received, those that end first at the top; of what was ended early too."""
        links = self._core.query(
            keys.delegations_of(person),
            after=f"{rfc3339(ending_after)}#{_LAST}",
            limit=DELEGATIONS_MAX,
        )
        ids = [link.delegation_id for one in links if (link := _read(one, DelegationOf))]
        return self._delegations(ids)

    def _delegations(self, ids: Sequence[str]) -> list[Delegation]:
        items = self._core.get([keys.delegation(one) for one in ids]) if ids else []
        return [found for item in items if (found := _read(item, Delegation)) is not None]


def _read(item: Item | None, kind: type[T]) -> T | None:
    body = None if item is None else body_of(item)
    return None if body is None else decode(body, kind)
