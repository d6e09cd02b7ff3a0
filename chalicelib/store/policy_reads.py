"""Reads of policies: versions, shelves, and which of them apply. A part of `Reads`."""

from abc import ABC, abstractmethod
from datetime import datetime
from typing import TypeVar

from chalicelib.core.clock import Clock
from chalicelib.policy.evaluation import Applicable, CompiledPolicy
from chalicelib.policy.shelves import KnownPolicies, applicable
from chalicelib.policy.versions import PolicyVersion, Shelf, first_shelf
from chalicelib.store import keys
from chalicelib.store.codec import body_of, decode
from chalicelib.store.key import Key
from chalicelib.store.table import Item

T = TypeVar("T")


class PolicyReads(ABC):
    @abstractmethod
    def _items(self, *wanted: Key) -> list[Item | None]: ...

    @property
    @abstractmethod
    def _policies(self) -> KnownPolicies: ...

    @property
    @abstractmethod
    def _now(self) -> Clock: ...

    def policy_version(self, version_id: str) -> PolicyVersion | None:
        """A stored version, published or not."""
        return self._policy_record(keys.policy(version_id), PolicyVersion)

    def policy_shelf(self, policy: str) -> Shelf:
        """What is published of a policy, as it stands now."""
        stored = self._policy_record(keys.policy_shelf(policy), Shelf)
        return stored if stored is not None else first_shelf(policy)

    def policy(self, version_id: str) -> CompiledPolicy | None:
        """A version that is built in or published, ready to be asked."""
        return self._policies.published(version_id, self.policy_version)

    def policies_for(self, version_id: str, at: datetime) -> Applicable:
        """The version that something was sold under, and the one in force at this moment."""
        return applicable(version_id, at, self.policy, self.known_shelf)

    def known_shelf(self, policy: str) -> Shelf:
        """As `policy_shelf`, as it stood some seconds ago at most."""
        return self._policies.shelf(policy, self.policy_shelf, self._now)

    def _policy_record(self, key: Key, kind: type[T]) -> T | None:
        (item,) = self._items(key)
        body = None if item is None else body_of(item)
        return None if body is None else decode(body, kind)
