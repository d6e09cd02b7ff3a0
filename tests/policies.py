"""Policies in one line, published for a store in memory."""

import json
from datetime import datetime
from hashlib import sha256
from typing import Any

from chalicelib.policy.document import VersionState
from chalicelib.policy.versions import PolicyVersion, Shelf, ShelfEntry
from chalicelib.store import keys
from tests.builders import NOW
from tests.fakes import FakeStore, Store


def rule(name: str, when: dict[str, Any] | None = None, **then: Any) -> dict[str, Any]:
    """A rule in the form of documents; `then` are fields of its outcome."""
    form: dict[str, Any] = {"id": name, "title": {"en": name, "zh-CN": name}, "then": then}
    return form if when is None else {**form, "when": when}


def form(version_id: str, *rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A document; without rules everything may come back at any time."""
    return {
        "policy": version_id,
        "version": version_id,
        "title": {"en": version_id, "zh-CN": version_id},
        "time_zone": "UTC",
        "effective_from": "2020-01-01T00:00:00.000Z",
        "rules": list(rules) or [rule("any-time", window={"days": None})],
        **more,
    }


def publish(store: Store, document: dict[str, Any]) -> str:
    """Its version, which orders may be sold under from now on."""
    text = json.dumps(document, ensure_ascii=False)
    version = PolicyVersion(
        version_id=document["version"],
        policy=document["policy"],
        form=text,
        digest=sha256(text.encode()).hexdigest(),
        drafted_at=NOW,
        drafted_by="admin-1",
        state=VersionState.PUBLISHED,
        published_at=NOW,
        published_by="admin-1",
    )
    in_memory(store).records[keys.policy(version.version_id)] = version
    return version.version_id


def in_memory(store: Store) -> FakeStore:
    """The store, which is the one in memory."""
    assert isinstance(store, FakeStore)
    return store


def automatic(name: str = "automatic") -> dict[str, Any]:
    """A policy that needs no person, and has no limit of time."""
    return form(name, rule("all", window={"days": None}, review="automatic"))


def shelve(store: Store, policy: str, *begins: tuple[str, datetime]) -> None:
    """Puts versions in force from these moments on."""
    entries = tuple(ShelfEntry(version_id=version, begins=moment) for version, moment in begins)
    in_memory(store).records[keys.policy_shelf(policy)] = Shelf(
        policy=policy, entries=entries, version=1
    )
