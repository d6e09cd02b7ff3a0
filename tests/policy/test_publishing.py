"""Versions are put in force with dates that never reach into the past."""

import json
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import Conflict, Invalid, Stale
from chalicelib.policy import publishing
from chalicelib.policy.versions import PolicyVersion, Shelf, ShelfEntry
from tests.builders import NOW, Shop
from tests.policy.desk import drafts, ends, form, published, publishes, shelf

MINUTE = 1 / 24 / 60


def faults_of(caught: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(error.pointer, error.code) for error in caught.value.errors]


def refused(shop: Shop, version_id: str) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        publishes(shop, version_id)
    assert caught.value.code == "policy_faults"
    return faults_of(caught)


def in_force(shop: Shop, *days: float, policy: str = "p") -> list[str | None]:
    return [shelf(shop, policy).in_force(NOW + timedelta(days=day)) for day in days]


def test_a_published_version_can_be_published_again_without_effect(shop: Shop) -> None:
    first = published(shop, form())

    assert publishes(shop, "p-1") == first
    assert len(shelf(shop).entries) == 1


def test_a_draft_with_faults_is_kept_but_not_published(shop: Shop) -> None:
    drafts(shop, form(time_zone="Mars/Olympus"))

    assert refused(shop, "p-1") == [("/time_zone", "unknown_time_zone")]
    assert shelf(shop).entries == ()


def test_very_many_faults_are_counted_and_the_first_hundred_told(shop: Shop) -> None:
    rules = [{"id": f"r{no}", "title": {"en": "x", "zh-CN": "x"}, "then": {}} for no in range(130)]
    drafts(shop, form(rules=rules))

    with pytest.raises(Invalid) as caught:
        publishes(shop, "p-1")

    assert len(caught.value.errors) == 100
    assert caught.value.details == {"count": 130}


def test_a_draft_that_was_changed_since_it_was_read_is_not_published(shop: Shop) -> None:
    drafts(shop, form())
    drafts(shop, form(transit_days=5))

    with pytest.raises(Stale):
        publishes(shop, "p-1", version=1)


def test_the_next_version_ends_the_one_before_where_that_has_no_end(shop: Shop) -> None:
    published(shop, form("p-1", 1))
    published(shop, form("p-2", 10))

    assert in_force(shop, 0, 5, 10, 500) == [None, "p-1", "p-2", "p-2"]


def test_versions_whose_own_dates_overlap_are_refused(shop: Shop) -> None:
    published(shop, form("p-1", 1, lasts=10))
    drafts(shop, form("p-2", 5))

    with pytest.raises(Invalid) as caught:
        publishes(shop, "p-2")

    assert faults_of(caught) == [("/effective_from", "dates_overlap")]
    assert "p-1" in caught.value.errors[0].message


def test_the_first_version_of_a_policy_may_have_begun_long_ago(shop: Shop) -> None:
    published(shop, form("p-1", -100))

    assert in_force(shop, -50) == ["p-1"]


@pytest.mark.parametrize(
    ("begins_in", "faults"),
    [
        (-1, [("/effective_from", "begins_too_soon")]),
        (MINUTE / 2, [("/effective_from", "begins_too_soon")]),
        (2 * MINUTE, []),
    ],
    ids=["in the past", "in half a minute", "in two minutes"],
)
def test_a_later_version_begins_a_minute_after_it_is_published_or_later(
    shop: Shop, begins_in: float, faults: list[tuple[str, str]]
) -> None:
    published(shop, form("p-1", -100))
    drafts(shop, form("p-2", begins_in))

    if faults:
        assert refused(shop, "p-2") == faults
    else:
        publishes(shop, "p-2")
        assert in_force(shop, MINUTE, 3 * MINUTE) == ["p-1", "p-2"]


def test_the_shelf_of_a_built_in_policy_begins_with_its_built_in_version(shop: Shop) -> None:
    drafts(shop, form("standard-2025", -1, policy="standard"))

    assert refused(shop, "standard-2025") == [("/effective_from", "begins_too_soon")]


def test_a_newer_version_of_a_built_in_policy_follows_it(shop: Shop) -> None:
    published(shop, form("standard-2027", 10, policy="standard"))

    assert in_force(shop, -400, 9, 10, policy="standard") == [
        "standard-30d",
        "standard-30d",
        "standard-2027",
    ]


def test_a_version_may_be_ended_early(shop: Shop) -> None:
    published(shop, form("p-1", -100))

    ends(shop, "p-1", NOW + timedelta(days=3))

    assert in_force(shop, 2, 4) == ["p-1", None]


def test_the_same_end_said_twice_is_one(shop: Shop) -> None:
    published(shop, form("p-1", -100))

    first = ends(shop, "p-1", NOW + timedelta(days=3))

    assert ends(shop, "p-1", NOW + timedelta(days=3)) == first
    assert len(shop.store.reads().events("policyshelf/p")) == 2


@pytest.mark.parametrize(
    ("days", "code"),
    [
        (-1, "ends_too_soon"),
        (MINUTE / 2, "ends_too_soon"),
        (-200, "ends_before_it_begins"),
        (11, "dates_overlap"),
    ],
)
def test_an_end_is_in_the_future_and_before_the_next_version(
    shop: Shop, days: float, code: str
) -> None:
    published(shop, form("p-1", -100))
    published(shop, form("p-2", 10))

    with pytest.raises(Invalid) as caught:
        ends(shop, "p-1", NOW + timedelta(days=days))

    assert caught.value.code == code
    assert faults_of(caught) == [("/at", code)]


def test_an_end_that_is_near_is_not_put_off(shop: Shop) -> None:
    """Processes that remember the shelf would take the version for ended while it is in force."""
    published(shop, form("p-1", -100))
    near = NOW + timedelta(minutes=2)
    ends(shop, "p-1", near)
    shop.now = near - timedelta(seconds=20)

    with pytest.raises(Invalid) as caught:
        ends(shop, "p-1", NOW + timedelta(days=3))

    assert caught.value.code == "ends_too_soon"
    assert in_force(shop, 1) == [None]


def test_an_end_that_is_far_may_be_put_off(shop: Shop) -> None:
    published(shop, form("p-1", -100))
    ends(shop, "p-1", NOW + timedelta(days=2))

    ends(shop, "p-1", NOW + timedelta(days=3))

    assert in_force(shop, 2.5, 3) == ["p-1", None]


def test_what_has_ended_is_not_revived(shop: Shop) -> None:
    published(shop, form("p-1", -100, lasts=50))

    with pytest.raises(Conflict) as caught:
        ends(shop, "p-1", NOW + timedelta(days=3))

    assert caught.value.code == "policy_ended"


def test_a_version_that_has_not_begun_is_taken_back_by_ending_it_at_its_beginning(
    shop: Shop,
) -> None:
    published(shop, form("p-1", -100))
    published(shop, form("p-2", 10))

    ends(shop, "p-2", NOW + timedelta(days=10))

    assert in_force(shop, 5, 10, 20) == ["p-1", "p-1", "p-1"]
    published(shop, form("p-3", 10))
    assert in_force(shop, 5, 10) == ["p-1", "p-3"]
    with pytest.raises(Conflict) as caught:
        ends(shop, "p-2", NOW + timedelta(days=30))
    assert caught.value.code == "policy_ended"


def test_only_what_is_published_ends(shop: Shop) -> None:
    drafts(shop, form())

    with pytest.raises(Conflict) as caught:
        ends(shop, "p-1", NOW + timedelta(days=3))

    assert caught.value.code == "policy_not_published"


def test_a_built_in_version_is_ended_by_the_next_one_only(shop: Shop) -> None:
    with pytest.raises(Conflict) as caught:
        ends(shop, "standard-30d", NOW + timedelta(days=3))

    assert caught.value.code == "policy_built_in"


@pytest.fixture
def four_eyes() -> Any:
    return {"four_eyes": ["drafter_publisher"]}


def test_where_policy_asks_for_it_another_person_publishes(shop: Shop, four_eyes: Any) -> None:
    drafts(shop, form(**four_eyes), by="ann")
    drafts(shop, form(transit_days=5, **four_eyes), by="ben")

    for writer in ("ann", "ben"):
        with pytest.raises(Conflict) as caught:
            publishes(shop, "p-1", by=writer)
        assert caught.value.code == "same_person"

    assert publishes(shop, "p-1", by="cem").published_by == "cem"


def test_a_draft_that_leaves_the_second_person_out_is_still_looked_at_by_one(
    shop: Shop, four_eyes: Any
) -> None:
    drafts(shop, form("p-1", **four_eyes), by="ann")
    publishes(shop, "p-1", by="ben")
    drafts(shop, form("p-2", 5), by="ann")

    with pytest.raises(Conflict):
        publishes(shop, "p-2", by="ann")

    publishes(shop, "p-2", by="ben")


@given(st.lists(st.tuples(st.integers(1, 40), st.none() | st.integers(0, 20)), max_size=6))
def test_at_no_moment_two_versions_are_in_force(spans: list[tuple[int, int | None]]) -> None:
    """Whatever passes the check of dates, spans on the shelf never overlap."""
    entries: tuple[ShelfEntry, ...] = ()
    for no, (begins_in, lasts) in enumerate(spans):
        begins = NOW + timedelta(days=begins_in)
        end = None if lasts is None else begins + timedelta(days=lasts)
        now = Shelf(policy="p", entries=entries)
        document = PolicyVersion(
            version_id=f"p-{no}",
            policy="p",
            form=json.dumps(form(f"p-{no}", begins_in, lasts)),
            digest="",
            drafted_at=NOW,
            drafted_by="x",
        ).document
        if not publishing.date_faults(document, now, NOW):
            entry = ShelfEntry(version_id=f"p-{no}", begins=begins, ends=end)
            entries = tuple(sorted((*entries, entry), key=lambda one: one.begins))

    spans_now = Shelf(policy="p", entries=entries).spans()

    for (_, earlier_end), (later, _) in pairwise(spans_now):
        assert earlier_end is not None
        assert earlier_end <= later.begins
