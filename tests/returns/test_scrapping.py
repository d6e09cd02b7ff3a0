"""What is scrapped or given away above a limit waits on hold until a second person agrees."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.errors import Conflict, Invalid, NotFound, Stale
from chalicelib.inventory.model import Account, MovementKind
from chalicelib.returns import disposing, scrap_proposals
from chalicelib.returns.disposition_records import DisposedItem
from chalicelib.returns.model import Closure, Disposition, Grade, Return
from chalicelib.returns.scrap_proposals import ProposalState, ScrapProposal
from chalicelib.returns.scrapping import Proof, SecondAbove, second_above
from chalicelib.tasks.model import TaskKind, TaskState, task_id_for
from tests.builders import Shop, failed, goes, item, line, order, passed, restock
from tests.fakes import FakeStore
from tests.returns.undoing import by, lying, reinspects, ships_back, suspicions, told

LIMIT = SecondAbove({"EUR": 1000})
"""Units cost 4.00: two are below it, three above."""


def received(shop: Shop, quantity: int = 4, order_no: str = "O-1", **more: Any) -> Return:
    """So many failed units, one of them damaged."""
    shop.sells(order(line(quantity=quantity, **more), no=order_no))
    ret = shop.approves(shop.asks(order_no, quantity=quantity))
    shop.receives(ret, item(quantity=quantity))
    return shop.inspects(ret, failed(quantity - 1), failed(1, grade=Grade.D))


def disposes(
    shop: Shop, ret: Return, *items: DisposedItem, who: str = "ann", limits: SecondAbove = LIMIT
) -> Return:
    command = disposing.Dispose(items=items)
    return shop.do(
        lambda reads, context: disposing.dispose(reads, ret.return_id, command, context, limits),
        by(shop, who),
    )


def decides(
    shop: Shop,
    proposal: ScrapProposal,
    *,
    who: str = "bob",
    is_approved: bool = True,
    **more: Any,
) -> ScrapProposal:
    command = scrap_proposals.DecideScrap(is_approved=is_approved, **more)
    return shop.do(
        lambda reads, context: scrap_proposals.decide_scrap(
            reads, proposal.proposal_id, command, context
        ),
        by(shop, who),
    )


def proposals(shop: Shop) -> list[ScrapProposal]:
    assert isinstance(shop.store, FakeStore)
    return [one for one in shop.store.records.values() if isinstance(one, ScrapProposal)]


def task_of(shop: Shop, proposal: ScrapProposal) -> TaskState:
    task = shop.store.reads().task(
        task_id_for(TaskKind.SCRAP_APPROVAL, proposal.subject, "proposed")
    )
    assert task is not None, "a proposal asks somebody"
    return task.state


def test_below_the_limit_one_person_scraps(shop: Shop) -> None:
    ret = received(shop)

    disposes(shop, ret, goes(Disposition.SCRAP, 2))

    assert lying(shop)[Account.SCRAPPED] == 2
    assert proposals(shop) == []


def test_above_it_the_goods_are_on_hold_for_a_second_person(shop: Shop) -> None:
    ret = received(shop)

    after = disposes(shop, ret, goes(Disposition.SCRAP, 4))

    (proposal,) = proposals(shop)
    assert {g.disposition for g in after.groups()} == {Disposition.HOLD}
    assert {g.held_by for g in after.groups()} == {proposal.subject}
    assert lying(shop) == {Account.QUARANTINE: 4}
    assert task_of(shop, proposal) is TaskState.OPEN
    assert [str(worth.amount) for worth in proposal.worth] == ["16.00"]
    assert suspicions(shop) == []


def test_who_proposed_it_never_agrees_to_it(shop: Shop) -> None:
    disposes(shop, received(shop), goes(Disposition.SCRAP, 4))
    (proposal,) = proposals(shop)

    with pytest.raises(Conflict, match="same_person"):
        decides(shop, proposal, who="ann")

    assert lying(shop) == {Account.QUARANTINE: 4}


def test_agreed_to_the_goods_leave_the_stock(shop: Shop) -> None:
    ret = received(shop)
    disposes(shop, ret, goes(Disposition.SCRAP, 4))
    (proposal,) = proposals(shop)

    after = decides(shop, proposal, proof=Proof(photos=("pho_1",), certificate="cert-9"))

    now = shop.now_is(ret)
    assert (after.state, after.decided_by) == (ProposalState.APPROVED, "bob")
    assert {(g.disposition, g.held_by) for g in now.groups()} == {(Disposition.SCRAP, None)}
    assert lying(shop) == {Account.SCRAPPED: 4}
    assert task_of(shop, proposal) is TaskState.DONE
    assert told(shop, proposal.subject) == ["scrap.proposed", "scrap.approved"]
    kinds = [one.kind for one in shop.store.reads().movements_of(ret.subject)]
    assert MovementKind.SCRAP in kinds
    assert suspicions(shop) == []


def test_declined_they_are_on_hold_as_any_others(shop: Shop) -> None:
    ret = received(shop)
    disposes(shop, ret, goes(Disposition.SCRAP, 4))
    (proposal,) = proposals(shop)

    decides(shop, proposal, is_approved=False)

    assert {(g.disposition, g.held_by) for g in shop.now_is(ret).groups()} == {
        (Disposition.HOLD, None)
    }
    disposes(shop, ret, goes(Disposition.REPAIR, 4, origin=Disposition.HOLD))
    assert lying(shop) == {Account.REPAIR: 4}
    assert told(shop, proposal.subject)[-1] == "scrap.declined"
    assert suspicions(shop) == []


@pytest.mark.parametrize("is_approved", [True, False])
def test_it_is_decided_once(shop: Shop, *, is_approved: bool) -> None:
    disposes(shop, received(shop), goes(Disposition.SCRAP, 4))
    (proposal,) = proposals(shop)
    decides(shop, proposal, is_approved=is_approved)

    with pytest.raises(Conflict, match="proposal_decided"):
        decides(shop, proposal, who="cid")


@pytest.mark.parametrize(
    "act",
    [
        lambda shop, ret: shop.disposes(ret, goes(Disposition.RTV, 1, origin=Disposition.HOLD)),
        lambda shop, ret: ships_back(shop, ret, 1),
        lambda shop, ret: reinspects(shop, ret, 1),
    ],
    ids=["dispose", "ship back", "inspect again"],
)
def test_what_waits_for_a_second_person_does_not_move(
    shop: Shop, act: Callable[[Shop, Return], Return]
) -> None:
    ret = received(shop)
    disposes(shop, ret, goes(Disposition.SCRAP, 4))

    with pytest.raises(Conflict, match="not_allowed_now"):
        act(shop, ret)


def test_small_pieces_of_one_return_are_counted_together(shop: Shop) -> None:
    ret = received(shop)
    disposes(shop, ret, goes(Disposition.SCRAP, 1), who="ann")
    disposes(shop, ret, goes(Disposition.SCRAP, 1), who="bob")

    disposes(shop, ret, goes(Disposition.SCRAP, 1), who="cid")

    assert len(proposals(shop)) == 1
    assert lying(shop)[Account.SCRAPPED] == 2


def test_small_pieces_of_many_returns_are_counted_over_the_day_of_a_person(shop: Shop) -> None:
    first, second, third = (received(shop, 2, no) for no in ("O-1", "O-2", "O-3"))
    disposes(shop, first, goes(Disposition.SCRAP, 1))
    disposes(shop, second, goes(Disposition.DONATE, 1))

    disposes(shop, third, goes(Disposition.SCRAP, 1), who="bob")
    assert proposals(shop) == []
    disposes(shop, third, goes(Disposition.SCRAP, 1))

    assert len(proposals(shop)) == 1


def test_another_day_begins_anew(shop: Shop) -> None:
    first, second = (received(shop, 2, no) for no in ("O-1", "O-2"))
    disposes(shop, first, goes(Disposition.SCRAP, 2))
    shop.now += timedelta(days=1)

    disposes(shop, second, goes(Disposition.SCRAP, 2))

    assert proposals(shop) == []


def test_without_a_cost_it_is_worth_what_was_paid(shop: Shop) -> None:
    ret = received(shop, unit_cost=None)

    disposes(shop, ret, goes(Disposition.SCRAP, 2))

    (proposal,) = proposals(shop)
    assert [worth.amount for worth in proposal.worth] == ["20.00"]


def test_another_currency_than_those_of_the_limits_takes_two(shop: Shop) -> None:
    ret = received(shop)

    disposes(shop, ret, goes(Disposition.SCRAP, 1), limits=SecondAbove({"CNY": 10_000}))

    assert len(proposals(shop)) == 1


def test_without_limits_one_person_may_always(shop: Shop) -> None:
    ret = received(shop)

    disposes(shop, ret, goes(Disposition.SCRAP, 4), limits=SecondAbove())

    assert lying(shop) == {Account.SCRAPPED: 4}


def test_what_is_no_write_off_goes_at_once_in_the_same_command(shop: Shop) -> None:
    shop.sells(order(line(quantity=5)))
    ret = shop.approves(shop.asks(quantity=5))
    shop.receives(ret, item(quantity=5))
    shop.inspects(ret, passed(1), failed(4))

    disposes(shop, ret, restock(1), goes(Disposition.DONATE, 3), goes(Disposition.REPAIR, 1))

    assert shop.on_hand("SKU-1") == 1
    assert lying(shop)[Account.REPAIR] == 1
    assert lying(shop)[Account.QUARANTINE] == 3
    assert Account.DONATED not in lying(shop)
    assert suspicions(shop) == []


def test_the_last_approval_completes_a_paid_return(shop: Shop) -> None:
    shop.sells(order(line(quantity=3)))
    ret = shop.approves(shop.asks(quantity=3))
    shop.receives(ret, item(quantity=3))
    shop.inspects(ret, passed(3))
    shop.settles(ret)
    disposes(shop, ret, goes(Disposition.SCRAP, 3))
    assert shop.now_is(ret).closure is not Closure.COMPLETED
    (proposal,) = proposals(shop)

    decides(shop, proposal)

    assert shop.now_is(ret).closure is Closure.COMPLETED


def test_a_proposal_names_what_its_caller_looked_at(shop: Shop) -> None:
    disposes(shop, received(shop), goes(Disposition.SCRAP, 4))
    (proposal,) = proposals(shop)
    command = scrap_proposals.DecideScrap(is_approved=True)

    with pytest.raises(Stale):
        shop.do(
            lambda reads, context: scrap_proposals.decide_scrap(
                reads, proposal.proposal_id, command, context
            ),
            by(shop, "bob", version=7),
        )
    with pytest.raises(NotFound, match="scrap_proposal_not_found"):
        shop.do(
            lambda reads, context: scrap_proposals.decide_scrap(reads, "scr_none", command, context)
        )


@pytest.mark.parametrize(
    ("way", "proof"),
    [
        (Disposition.SCRAP, Proof(recipient="red-cross")),
        (Disposition.DONATE, Proof(certificate="cert-1")),
        (Disposition.REPAIR, Proof(photos=("pho_1",))),
    ],
)
def test_proof_of_another_thing_is_refused(shop: Shop, way: Disposition, proof: Proof) -> None:
    with pytest.raises(Invalid, match="proof_of_other_thing"):
        disposes(shop, received(shop), goes(way, 1, proof=proof))


def test_what_the_second_person_shows_is_added_to_what_the_first_one_showed(shop: Shop) -> None:
    first = Proof(photos=("pho_1",), witness="ann")
    disposes(shop, received(shop), goes(Disposition.SCRAP, 4, proof=first))

    more = Proof(photos=("pho_1", "pho_2"), certificate="cert-1")
    done = decides(shop, proposals(shop)[0], proof=more)

    assert done.parts[0].proof == Proof(
        photos=("pho_1", "pho_2"), witness="ann", certificate="cert-1"
    )


def test_proof_goes_with_what_it_is_of(shop: Shop) -> None:
    """Some are destroyed and some given away, by one proposal."""
    ret = received(shop)
    disposes(shop, ret, goes(Disposition.SCRAP, 2), goes(Disposition.DONATE, 2))

    done = decides(shop, proposals(shop)[0], proof=Proof(certificate="cert-1"))

    shown = {part.disposition: part.proof for part in done.parts}
    assert shown == {Disposition.SCRAP: Proof(certificate="cert-1"), Disposition.DONATE: None}


def test_proof_of_nothing_that_is_approved_is_refused_where_it_was_given(shop: Shop) -> None:
    disposes(shop, received(shop), goes(Disposition.SCRAP, 4))

    with pytest.raises(Invalid, match="proof_of_other_thing") as refused:
        decides(shop, proposals(shop)[0], proof=Proof(recipient="red-cross"))

    assert [fault.pointer for fault in refused.value.errors] == ["/proof"]


def test_limits_are_read_from_a_line_of_text() -> None:
    assert second_above("EUR=500.00, JPY=80000").limits == {"EUR": 50_000, "JPY": 80_000}
    assert second_above("").limits == {}
    for wrong in ("EUR", "EUR=1 EUR=2", "EUR=x", "XXQ=1"):
        with pytest.raises(Invalid):
            second_above(wrong)
