"""Delegation: a senior's right lent for a time; who lent it and who used it are both on record."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from chalicelib.core.events import chain_fault
from chalicelib.returns import delegating
from chalicelib.returns.delegating import Delegate
from chalicelib.returns.standing import status_of
from tests.builders import Shop
from tests.returns.persons import TWO, approved, by, delegated, ended, tiered


def test_the_right_of_who_delegated_is_what_counts_and_is_recorded(shop: Shop) -> None:
    ret = tiered(shop, "senior")
    given = delegated(shop, "anna", who="sam")

    done = approved(shop, ret, "anna", on_behalf_of="sam")

    assert status_of(done) == "APPROVED"
    (approval,) = done.approvals
    assert (approval.by, approval.on_behalf_of, approval.role, approval.delegation_id) == (
        "anna",
        "sam",
        "senior_reviewer",
        given.delegation_id,
    )
    event = shop.store.reads().events(ret.subject)[-1]
    assert (event.actor.id, event.data["on_behalf_of"]) == ("anna", "sam")


def test_each_use_is_counted_and_raises_its_version(shop: Shop) -> None:
    given = delegated(shop, "anna")

    approved(shop, tiered(shop, "senior"), "anna", on_behalf_of="sam")

    stored = shop.store.reads().delegation(given.delegation_id)
    assert stored is not None
    assert (stored.uses, stored.version) == (1, 2)


def test_who_has_a_delegation_acts_for_themselves_unless_they_say_so(shop: Shop) -> None:
    delegated(shop, "anna")

    with pytest.raises(NotAllowed, match="senior_required"):
        approved(shop, tiered(shop, "senior"), "anna")


@pytest.mark.parametrize(
    ("who", "on_behalf_of", "given"),
    [
        ("bert", "sam", {}),
        ("anna", "sue", {}),
        ("anna", "sam", {"starts_in": 1}),
    ],
    ids=["to somebody else", "by somebody else", "from tomorrow on"],
)
def test_no_delegation_that_holds_now_no_right(
    shop: Shop, who: str, on_behalf_of: str, given: dict[str, int]
) -> None:
    delegated(shop, "anna", who="sam", **given)

    with pytest.raises(NotAllowed, match="delegation_missing"):
        approved(shop, tiered(shop, "senior"), who, on_behalf_of=on_behalf_of)


def test_a_delegation_is_over_when_its_time_is(shop: Shop) -> None:
    ret = tiered(shop, "senior")
    delegated(shop, "anna", days=1)
    shop.now += timedelta(days=1)

    with pytest.raises(NotAllowed, match="delegation_missing"):
        approved(shop, ret, "anna", on_behalf_of="sam")


@pytest.mark.parametrize(
    ("who", "role"), [("sam", "reviewer"), ("anna", "reviewer"), ("root", "admin")]
)
def test_what_was_ended_holds_no_more(shop: Shop, who: str, role: str) -> None:
    given = delegated(shop, "anna")

    over = ended(shop, given, who, role)

    assert (over.ended_by, over.version) == (who, 2)
    with pytest.raises(NotAllowed, match="delegation_missing"):
        approved(shop, tiered(shop, "senior"), "anna", on_behalf_of="sam")
    events = shop.store.reads().events(given.subject)
    assert [event.type for event in events] == ["delegation.created", "delegation.ended"]
    assert chain_fault(events) is None


def test_ended_twice_is_ended_once(shop: Shop) -> None:
    given = delegated(shop, "anna")
    over = ended(shop, given)

    assert ended(shop, given, "anna") == over


def test_a_strangers_delegation_does_not_exist(shop: Shop) -> None:
    given = delegated(shop, "anna")

    with pytest.raises(NotFound, match="delegation_not_found"):
        ended(shop, given, "bert")


def test_what_is_over_cannot_be_ended(shop: Shop) -> None:
    given = delegated(shop, "anna", days=1)
    shop.now += timedelta(days=2)

    with pytest.raises(Conflict, match="delegation_over"):
        ended(shop, given)


def test_who_ends_a_delegation_has_seen_it_as_it_is(shop: Shop) -> None:
    given = delegated(shop, "anna")
    approved(shop, tiered(shop, "senior"), "anna", on_behalf_of="sam")
    context = by(shop, "sam")
    with pytest.raises(Stale):
        delegating.end(
            shop.store.reads(), given.delegation_id, replace(context, expected_version=1)
        )


@pytest.mark.parametrize(
    ("to", "days", "code"),
    [
        ("sam", 7, "delegate_is_delegator"),
        ("anna", 0, "delegation_ends_early"),
        ("anna", 93, "delegation_too_long"),
    ],
)
def test_a_delegation_that_cannot_be_is_refused(shop: Shop, to: str, days: int, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        delegated(shop, to, who="sam", days=days)

    assert [error.code for error in refused.value.errors] == [code]


def test_the_reason_is_in_no_event(shop: Shop) -> None:
    given = delegated(shop, "anna", reason="A broken leg.")

    assert given.reason == "A broken leg."
    assert "leg." not in str(shop.store.reads().events(given.subject))


def test_both_find_what_is_not_over_the_first_to_end_at_the_top(shop: Shop) -> None:
    later = delegated(shop, "anna", days=9)
    sooner = delegated(shop, "anna", who="sue", days=2)
    reads = shop.store.reads()

    assert reads.delegations_of("anna", ending_after=shop.now) == [sooner, later]
    assert reads.delegations_of("sam", ending_after=shop.now) == [later]
    assert reads.delegations_of("anna", ending_after=sooner.ends_at) == [later]


@pytest.mark.parametrize(("first", "second"), [("sam", "anna"), ("anna", "sam")])
def test_a_delegate_is_no_second_person_beside_who_delegated(
    shop: Shop, first: str, second: str
) -> None:
    ret = tiered(shop, TWO)
    delegated(shop, "anna", who="sam")

    def says_yes(who: str) -> None:
        more: dict[str, Any] = {"on_behalf_of": "sam"} if who == "anna" else {}
        approved(shop, ret, who, "reviewer" if who == "anna" else "senior_reviewer", **more)

    says_yes(first)
    with pytest.raises(Conflict, match="same_person"):
        says_yes(second)


def test_a_delegation_starts_now_where_nobody_says_when(shop: Shop) -> None:
    context = by(shop, "sam", "senior_reviewer")
    command = Delegate(delegate="anna", ends_at=context.now + timedelta(hours=1), reason="Lunch.")

    given = delegating.delegate(command, context).result

    assert given.starts_at == context.now
    assert given.lasts_at(context.now)
    assert not given.lasts_at(given.ends_at)
