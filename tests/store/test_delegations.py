"""Delegations on the real store: found by both, used and ended under the condition of a version."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib.core.errors import NotAllowed
from chalicelib.policy.document import Review
from chalicelib.returns import review
from chalicelib.returns.review import Approve
from chalicelib.returns.standing import status_of
from chalicelib.store import keys
from chalicelib.store.codec import decode
from chalicelib.store.execution import Commands
from chalicelib.store.key import Key
from chalicelib.tasks.model import Task
from tests.builders import Shop, line, order
from tests.returns.persons import approved, by, delegated, ended


def test_both_find_a_delegation_until_it_is_over(shop: Shop) -> None:
    later = delegated(shop, "anna", days=9)
    sooner = delegated(shop, "anna", who="sue", days=2)
    reads = shop.store.reads

    assert reads().delegations_of("anna", ending_after=shop.now) == [sooner, later]
    assert reads().delegations_of("sue", ending_after=shop.now) == [sooner]
    assert reads().delegations_of("anna", ending_after=sooner.ends_at) == [later]
    just_before = sooner.ends_at - timedelta(milliseconds=1)
    assert reads().delegations_of("sue", ending_after=just_before) == [sooner]
    assert reads().delegations_of("nobody", ending_after=shop.now) == []
    assert reads().delegation(later.delegation_id) == later


def test_a_right_that_is_taken_back_meanwhile_is_not_used(
    process: Callable[[], Commands], shop: Shop
) -> None:
    given = delegated(shop, "anna")
    shop.sells(order(line()))
    ret = shop.asks()
    command, context = Approve(on_behalf_of="sam"), by(shop, "anna")
    attempts = []
    other = Shop(process(), now=shop.now, numbers=shop.numbers)

    def interrupted(reads: review.ReviewReader) -> object:
        decided = review.approve(reads, ret.return_id, command, context)
        attempts.append(decided)
        if len(attempts) == 1:
            ended(other, given)
        return decided

    with pytest.raises(NotAllowed, match="delegation_missing"):
        shop.store.run(interrupted, context=context)  # type: ignore[arg-type]

    assert len(attempts) == 1, "the second time it was refused"
    assert status_of(shop.now_is(ret)) == "UNDER_REVIEW"


def test_of_two_who_approve_at_once_by_the_same_right_both_are_counted(shop: Shop) -> None:
    given = delegated(shop, "anna")
    shop.sells(order(line(quantity=2)))
    first, second = shop.asks(), shop.asks()

    approved(shop, first, "anna", on_behalf_of="sam")
    approved(shop, second, "anna", on_behalf_of="sam")

    stored = shop.store.reads().delegation(given.delegation_id)
    assert stored is not None
    assert stored.uses == 2


def test_a_task_that_was_stored_before_it_had_grounds_is_still_read() -> None:
    body = (
        '{"task_id":"tsk_1","kind":"review","role":"reviewer","subject":"return/ret_1",'
        '"opened_at":"2026-11-21T09:00:00Z","due_at":"2026-11-22T09:00:00Z"}'
    )

    task = decode(body, Task)

    assert (task.reasons, task.tier, task.amount, task.risk) == ((), None, None, 0)


def test_grounds_are_stored_with_the_task(shop: Shop) -> None:
    shop.sells(order(line()))
    _, _, task = shop.store.reads().review_of(shop.asks().return_id)

    assert task is not None
    assert task.tier is Review.PERSON
    assert task.amount is not None


def test_a_delegation_has_its_own_partition() -> None:
    assert keys.delegations_of("anna") == "DELEGATIONS#anna"
    assert keys.delegation("dlg_1") == Key("DELEGATION#dlg_1", "DELEGATION")
