"""Documents of a small policy, and the people who draft and publish them through a shop."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.core.events import Actor, Context
from chalicelib.policy import publishing, versions
from chalicelib.policy.versions import PolicyVersion, Shelf
from tests.builders import NOW, Shop

WORDS = {"en": "x", "zh-CN": "x"}


def form(version: str = "p-1", begins_in: float = 1, lasts: int | None = None, **more: Any) -> Any:
    """A document of policy `p` that begins in so many days."""
    begins = NOW + timedelta(days=begins_in)
    ends = None if lasts is None else (begins + timedelta(days=lasts)).isoformat()
    return {
        "policy": "p",
        "version": version,
        "title": WORDS,
        "time_zone": "UTC",
        "effective_from": begins.isoformat(),
        "effective_to": ends,
        "rules": [{"id": "all", "title": WORDS, "then": {"window": {"days": 30}}}],
    } | more


def drafts(
    shop: Shop, document: Any, version: int | None = None, by: str = "someone"
) -> PolicyVersion:
    context = _by(by, shop.context(version=version))
    return shop.do(lambda reads, given: versions.draft(reads, document, given), context).version


def publishes(
    shop: Shop, version_id: str, version: int | None = None, by: str = "someone"
) -> PolicyVersion:
    context = _by(by, shop.context(version=version))
    return shop.do(
        lambda reads, given: publishing.publish(reads, version_id, given), context
    ).version


def published(shop: Shop, document: Any) -> PolicyVersion:
    drafts(shop, document)
    return publishes(shop, document["version"])


def discards(shop: Shop, version_id: str) -> PolicyVersion:
    return shop.do(lambda reads, given: versions.discard(reads, version_id, given))


def ends(shop: Shop, version_id: str, at: datetime) -> Shelf:
    return shop.do(lambda reads, given: publishing.end(reads, version_id, at, given)).shelf


def shelf(shop: Shop, policy: str = "p") -> Shelf:
    return shop.store.reads().policy_shelf(policy)


def _by(person: str, context: Context) -> Context:
    return replace(context, actor=Actor(id=person, role="admin"))
