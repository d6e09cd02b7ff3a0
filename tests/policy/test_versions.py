"""Policies are drafted until they are published; then they are never changed."""

import json
from collections.abc import Callable

import pytest

from chalicelib.core.errors import Conflict, DomainError, NotFound, Stale
from chalicelib.core.events import chain_fault
from chalicelib.policy import versions
from chalicelib.policy.catalogue import starters
from chalicelib.policy.document import VersionState
from tests.builders import Shop
from tests.policy.desk import discards, drafts, form, published, publishes


def refusal(act: Callable[[], object], kind: type[DomainError] = Conflict) -> str:
    """The code with which an act is refused."""
    with pytest.raises(kind) as caught:
        act()
    return caught.value.code


def test_a_draft_is_changed_until_it_is_published_and_then_never(shop: Shop) -> None:
    drafts(shop, form())
    changed = drafts(shop, form(transit_days=5))
    publishes(shop, "p-1")

    with pytest.raises(Conflict) as caught:
        drafts(shop, form(transit_days=9))

    assert caught.value.code == "policy_published"
    stored = shop.store.reads().policy_version("p-1")
    assert stored is not None
    assert (stored.form, stored.digest) == (changed.form, changed.digest)
    assert stored.document.transit_days == 5


def test_the_same_draft_sent_twice_is_one(shop: Shop) -> None:
    first = drafts(shop, form())

    assert drafts(shop, json.loads(json.dumps(form()))) == first


def test_the_document_of_a_published_version_may_be_sent_again(shop: Shop) -> None:
    first = published(shop, form())

    assert drafts(shop, form()) == first


def test_two_people_who_change_a_draft_do_not_overwrite_each_other(shop: Shop) -> None:
    drafts(shop, form())
    drafts(shop, form(transit_days=5), version=1)

    with pytest.raises(Stale):
        drafts(shop, form(transit_days=6), version=1)


def test_all_who_wrote_on_a_draft_are_remembered(shop: Shop) -> None:
    drafts(shop, form(), by="ann")
    drafts(shop, form(transit_days=5), by="ben")

    kept = drafts(shop, form(transit_days=6), by="ann")

    assert (kept.drafters, kept.drafted_by) == (("ann", "ben"), "ann")


def test_a_discarded_draft_keeps_its_name(shop: Shop) -> None:
    drafts(shop, form())
    gone = discards(shop, "p-1")

    refusals = [
        refusal(lambda: drafts(shop, form())),
        refusal(lambda: drafts(shop, form(transit_days=5))),
        refusal(lambda: publishes(shop, "p-1")),
    ]

    assert gone.state is VersionState.DISCARDED
    assert refusals == ["policy_discarded"] * 3
    assert discards(shop, "p-1") == gone


def test_a_published_version_is_not_discarded(shop: Shop) -> None:
    published(shop, form())

    with pytest.raises(Conflict) as caught:
        discards(shop, "p-1")

    assert caught.value.code == "policy_published"


@pytest.mark.parametrize("version_id", ["standard-30d", "holiday-2026"])
def test_the_names_of_built_in_versions_are_taken(shop: Shop, version_id: str) -> None:
    refusals = [
        refusal(lambda: drafts(shop, form(version_id))),
        refusal(lambda: publishes(shop, version_id)),
        refusal(lambda: discards(shop, version_id)),
    ]

    assert refusals == ["policy_built_in"] * 3


@pytest.mark.parametrize("version_id", sorted(starters()))
def test_a_built_in_version_can_be_copied_under_another_name(shop: Shop, version_id: str) -> None:
    shown = versions.version_known(shop.store.reads(), version_id)

    copy = json.loads(shown.form) | {"policy": "mine", "version": "mine-1"}
    published(shop, copy)

    mine = shop.store.reads().policy_version("mine-1")
    assert mine is not None
    assert mine.document.rules == starters()[version_id].rules


def test_what_is_not_there_is_not_found(shop: Shop) -> None:
    refusals = [
        refusal(lambda: publishes(shop, "nothing"), NotFound),
        refusal(lambda: discards(shop, "nothing"), NotFound),
    ]

    assert refusals == ["policy_not_found"] * 2


def test_what_happened_to_a_version_and_its_shelf_is_chained(shop: Shop) -> None:
    drafts(shop, form())
    drafts(shop, form(transit_days=5))
    publishes(shop, "p-1")

    of_version = shop.store.reads().events("policy/p-1")
    of_shelf = shop.store.reads().events("policyshelf/p")

    assert [event.type for event in of_version] == [
        "policy.drafted",
        "policy.redrafted",
        "policy.published",
    ]
    assert chain_fault(of_version) is None
    assert [event.type for event in of_shelf] == ["policyshelf.changed"]
    assert chain_fault(of_shelf) is None


def test_events_name_the_document_by_its_digest_and_hold_none_of_it(shop: Shop) -> None:
    drafts(shop, form(title={"en": "Secret plan", "zh-CN": "机密"}))
    publishes(shop, "p-1")

    reads = shop.store.reads()
    told = [*reads.events("policy/p-1"), *reads.events("policyshelf/p")]

    known = reads.policy_version("p-1")
    assert known is not None
    assert {event.data.get("digest") for event in told[:2]} == {known.digest}
    assert not [event for event in told if "Secret" in json.dumps(event.data)]
