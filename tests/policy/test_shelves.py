"""What a process remembers of policies is never wrong: versions for good, shelves for a while."""

from datetime import datetime, timedelta

from chalicelib.policy.document import VersionState
from chalicelib.policy.shelves import SHELF_S, KnownPolicies
from chalicelib.policy.versions import PolicyVersion, Shelf, ShelfEntry
from tests import policies
from tests.builders import NOW, Shop
from tests.fakes import FakeStore
from tests.policies import form

ENTRY = ShelfEntry(version_id="v-1", begins=NOW)
BEGUN = NOW + timedelta(days=10)


class Reading:
    """Answers what is stored now, and counts how often it was asked."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.now = NOW
        self.asked = 0

    def __call__(self, policy: str) -> Shelf:
        self.asked += 1
        return self.shelf

    def clock(self) -> datetime:
        return self.now


def test_a_shelf_is_read_again_after_a_while() -> None:
    known, reading = KnownPolicies(), Reading(Shelf(policy="p", entries=(ENTRY,)))
    known.shelf("p", reading, reading.clock)

    reading.now += timedelta(seconds=SHELF_S - 1)
    known.shelf("p", reading, reading.clock)
    assert reading.asked == 1

    reading.now += timedelta(seconds=1)
    known.shelf("p", reading, reading.clock)
    assert reading.asked == 2


def test_an_empty_shelf_is_not_remembered_for_its_first_version_may_begin_at_once() -> None:
    known, reading = KnownPolicies(), Reading(Shelf(policy="p"))
    assert known.shelf("p", reading, reading.clock).entries == ()

    reading.shelf = Shelf(policy="p", entries=(ENTRY,))

    assert known.shelf("p", reading, reading.clock).entries == (ENTRY,)


def test_a_clock_that_goes_back_reads_again() -> None:
    known, reading = KnownPolicies(), Reading(Shelf(policy="p", entries=(ENTRY,)))
    known.shelf("p", reading, reading.clock)

    reading.now -= timedelta(hours=1)
    known.shelf("p", reading, reading.clock)

    assert reading.asked == 2


def test_a_published_version_is_read_once_and_a_draft_never_counts() -> None:
    store, known = FakeStore(clock=lambda: NOW), KnownPolicies()
    policies.publish(store, form("v-1"))
    stored = Shop(store).store.reads().policy_version("v-1")
    assert stored is not None
    read: list[str] = []

    def reads(version_id: str) -> PolicyVersion | None:
        read.append(version_id)
        return stored

    assert known.published("v-1", reads) is known.published("v-1", reads)
    assert read == ["v-1"]
    draft = PolicyVersion(
        version_id="v-2", policy="p", form=stored.form, digest="", drafted_at=NOW, drafted_by="a"
    )
    assert draft.state is VersionState.DRAFT
    assert known.published("v-2", lambda _: draft) is None


def test_a_version_of_the_merchants_own_is_not_replaced_by_one_that_a_release_brings() -> None:
    store = FakeStore(clock=lambda: NOW)
    policies.publish(store, form("standard-30d", policy="mine"))

    known = KnownPolicies().published("standard-30d", Shop(store).store.reads().policy_version)

    assert known is not None
    assert known.document.policy == "mine"


def test_a_draft_under_the_name_of_a_built_in_version_counts_for_nothing() -> None:
    draft = PolicyVersion(
        version_id="standard-30d", policy="p", form="{}", digest="", drafted_at=NOW, drafted_by="a"
    )

    known = KnownPolicies().published("standard-30d", lambda _: draft)

    assert known is not None
    assert known.document.policy == "standard"


def test_what_is_sold_under_terms_to_come_has_no_claim_to_those_that_they_replace() -> None:
    store = FakeStore(clock=lambda: NOW)
    policies.publish(store, form("kind", policy="p"))
    policies.publish(store, form("strict", policy="p"))
    policies.shelve(store, "p", ("kind", NOW), ("strict", NOW + timedelta(days=9)))

    before, after = (store.reads().policies_for("strict", at) for at in (NOW, BEGUN))
    earlier = store.reads().policies_for("kind", BEGUN)

    assert (before.own.document.version_id, before.later) == ("strict", None)
    assert (after.own.document.version_id, after.later) == ("strict", None)
    assert earlier.later is not None
    assert earlier.later.document.version_id == "strict"
