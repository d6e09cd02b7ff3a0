"""What work does not bring back is written off: by two persons above a limit, and claimed."""

from typing import TypeVar

import pytest

from chalicelib.inventory.model import Account
from chalicelib.liability.model import LiabilityClaim, Liable
from chalicelib.returns.model import Disposition
from chalicelib.returns.scrap_proposals import DecideScrap, ScrapProposal, decide_scrap
from chalicelib.returns.scrapping import SecondAbove
from chalicelib.suppliers.correcting import withdraw
from chalicelib.suppliers.opening import OpenClaim, open_claim
from chalicelib.tasks.model import TaskKind, TaskState, task_id_for
from chalicelib.workorders.model import WorkOutcome
from tests.builders import Shop, eur
from tests.fakes import FakeStore
from tests.returns.undoing import by, lying, suspicions
from tests.suppliers.trade import states
from tests.workorders.shop_floor import (
    at_work,
    comes,
    opens,
    sends,
    shelved,
    takes_back,
    waiting,
    wanted,
)

T = TypeVar("T")


def found(shop: Shop, kind: type[T]) -> list[T]:
    assert isinstance(shop.store, FakeStore)
    return [one for one in shop.store.records.values() if isinstance(one, kind)]


def test_scrap_above_the_limit_waits_for_a_second_person(shop: Shop) -> None:
    ret, work = at_work(shop, 4)

    after = takes_back(
        shop,
        work,
        comes(WorkOutcome.SCRAP, 3),
        shelved(1),
        limits=SecondAbove({"EUR": 1000}),
    )

    (proposal,) = found(shop, ScrapProposal)
    assert proposal.source == work.subject
    assert after.lines[0].back[0].proposal_id == proposal.proposal_id
    assert lying(shop) == {Account.QUARANTINE: 3, Account.AVAILABLE: 1}
    held = {g.held_by for g in shop.now_is(ret).groups() if g.disposition is Disposition.HOLD}
    assert held == {proposal.subject}
    assert suspicions(shop) == []


@pytest.mark.parametrize("is_approved", [True, False], ids=["agreed", "not agreed"])
def test_what_is_said_to_be_lost_above_the_limit_takes_two(
    shop: Shop, *, is_approved: bool
) -> None:
    """Nobody has to show goods that are lost, so losing them is no way around a second person."""
    _, work = at_work(shop, 2)

    takes_back(shop, work, comes(WorkOutcome.LOST, 2), limits=SecondAbove({"EUR": 100}))

    (proposal,) = found(shop, ScrapProposal)
    assert lying(shop) == {Account.QUARANTINE: 2}
    command = DecideScrap(is_approved=is_approved)
    shop.do(
        lambda reads, context: decide_scrap(reads, proposal.proposal_id, command, context),
        by(shop, "bob"),
    )
    assert lying(shop) == {Account.MISSING if is_approved else Account.QUARANTINE: 2}
    assert suspicions(shop) == []


def test_scrap_of_several_returns_counts_together(shop: Shop) -> None:
    first, second = waiting(shop, 2, "O-1"), waiting(shop, 2, "O-2")
    work = sends(shop, opens(shop, wanted(first), wanted(second)))

    takes_back(
        shop,
        work,
        comes(WorkOutcome.SCRAP, 2, "1"),
        comes(WorkOutcome.SCRAP, 2, "2"),
        limits=SecondAbove({"EUR": 1000}),
    )

    (proposal,) = found(shop, ScrapProposal)
    assert proposal.return_id == second.return_id
    assert lying(shop)[Account.SCRAPPED] == 2


def test_a_workshop_that_loses_goods_is_asked_to_pay(shop: Shop) -> None:
    _, work = at_work(shop, 2)

    after = takes_back(shop, work, comes(WorkOutcome.LOST, 2, claim=True))

    (claim,) = found(shop, LiabilityClaim)
    assert (claim.against, claim.party, claim.amount) == (Liable.SUPPLIER, "ws-1", eur(800))
    assert after.lines[0].back[0].claim_id == claim.claim_id
    assert lying(shop) == {Account.MISSING: 2}
    assert suspicions(shop) == []


def test_only_what_is_claimed_names_its_claim(shop: Shop) -> None:
    _, work = at_work(shop, 3)

    after = takes_back(
        shop,
        work,
        comes(WorkOutcome.LOST, 1),
        comes(WorkOutcome.LOST, 1, claim=True),
        comes(WorkOutcome.LOST, 1, claim=True),
    )

    claims = [claim.claim_id for claim in found(shop, LiabilityClaim)]
    first, *others = (done.claim_id for done in after.lines[0].back)
    assert first is None
    assert sorted(str(one) for one in others) == sorted(claims)


def test_somebody_looks_after_a_claim_on_a_workshop(shop: Shop) -> None:
    _, work = at_work(shop, 2)

    takes_back(shop, work, comes(WorkOutcome.LOST, 2, claim=True))

    (claim,) = found(shop, LiabilityClaim)
    task = shop.store.reads().task(task_id_for(TaskKind.LIABILITY, claim.subject, "opened"))
    assert task is not None
    assert (task.state, task.warehouse) == (TaskState.OPEN, "A")


def test_once_a_vendor_claim_pursues_it_that_one_reminds(shop: Shop) -> None:
    states(shop, "ws-1")
    _, work = at_work(shop, 2)
    takes_back(shop, work, comes(WorkOutcome.LOST, 2, claim=True))
    (claim,) = found(shop, LiabilityClaim)

    command = OpenClaim(liability_claim_id=claim.claim_id)
    shop.do(lambda reads, context: open_claim(reads, "ws-1", command, context))

    task = shop.store.reads().task(task_id_for(TaskKind.LIABILITY, claim.subject, "opened"))
    assert task is not None
    assert task.state is TaskState.DONE


def test_once_that_vendor_claim_is_withdrawn_somebody_looks_after_it_again(shop: Shop) -> None:
    states(shop, "ws-1")
    _, work = at_work(shop, 2)
    takes_back(shop, work, comes(WorkOutcome.LOST, 2, claim=True))
    (claim,) = found(shop, LiabilityClaim)
    command = OpenClaim(liability_claim_id=claim.claim_id)
    pursued = shop.do(lambda reads, context: open_claim(reads, "ws-1", command, context))

    shop.do(lambda reads, context: withdraw(reads, pursued.claim_id, context))

    task = shop.store.reads().task(task_id_for(TaskKind.LIABILITY, claim.subject, "opened"))
    assert task is not None
    assert (task.state, task.done_by) == (TaskState.OPEN, None)


def test_the_sum_of_a_return_is_not_that_of_the_others_it_came_back_with(shop: Shop) -> None:
    """Bob scrapped 8.00 of the second return; 4.00 more of it is allowed, and so is 8.00 a day."""
    first, second = waiting(shop, 1, "O-1"), waiting(shop, 3, "O-2")
    work = sends(shop, opens(shop, wanted(first), wanted(second)))
    limits = SecondAbove({"EUR": 1200})
    takes_back(shop, work, comes(WorkOutcome.SCRAP, 2, "2"), who="bob", limits=limits)

    takes_back(
        shop,
        work,
        comes(WorkOutcome.SCRAP, 1, "1"),
        comes(WorkOutcome.SCRAP, 1, "2"),
        limits=limits,
    )

    assert found(shop, ScrapProposal) == []
    assert lying(shop)[Account.SCRAPPED] == 4
