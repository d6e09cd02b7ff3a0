"""Claims against carriers for what they lost or damaged: each unit once, with a reminder."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.errors import Conflict, Invalid, NotFound
from chalicelib.liability import claiming
from chalicelib.liability.claiming import Recover, Reject
from chalicelib.liability.model import LiabilityClaim, LiabilityState
from chalicelib.liability.opening import Cause, OpenClaim, disproved, open_claim
from chalicelib.returns.model import FaultParty, Return
from chalicelib.tasks.model import Task, TaskKind, TaskState, task_id_for
from tests.builders import Shop, eur, failed, item
from tests.returns.undoing import reinspects
from tests.shipping.stories import approved, loses, sends, types_of


def claims(shop: Shop, ret: Return, cause: Cause = Cause.LOST, **more: Any) -> LiabilityClaim:
    fields: dict[str, Any] = {
        "return_ref": ret.return_id,
        "line_no": "1",
        "cause": cause,
        "reason": "never came",
    }
    command = OpenClaim(**(fields | more))
    return shop.do(lambda reads, context: open_claim(reads, command, context))


def lost(shop: Shop, quantity: int = 2) -> Return:
    """A return of which so many units were lost on their way with dhl."""
    ret = approved(shop, quantity)
    sends(shop, ret)
    loses(shop, ret, quantity)
    return shop.now_is(ret)


def reminder(shop: Shop, claim: LiabilityClaim) -> Task:
    task = shop.store.reads().task(task_id_for(TaskKind.LIABILITY, claim.subject, "opened"))
    assert task is not None, "opened with the claim"
    return task


def test_lost_units_are_claimed_from_their_carrier_at_what_was_paid_for_them(shop: Shop) -> None:
    ret = lost(shop)

    claim = claims(shop, ret)

    assert (claim.party, claim.quantity, claim.amount) == ("dhl", 2, eur(2000))
    assert (claim.return_id, claim.state) == (ret.return_id, LiabilityState.OPEN)
    assert types_of(shop, ret)[-1] == "return.liability_claimed"


def test_damage_that_an_inspector_lays_on_the_carrier_is_claimed(shop: Shop) -> None:
    ret = approved(shop)
    sends(shop, ret)
    shop.receives(ret, item(quantity=2))
    shop.inspects(ret, failed(1, fault=FaultParty.CARRIER), failed(1, fault=FaultParty.MAKER))

    claim = claims(shop, ret, Cause.DAMAGED, amount=eur(700))

    assert (claim.quantity, claim.amount, claim.party) == (1, eur(700), "dhl")


def test_a_unit_is_claimed_once(shop: Shop) -> None:
    ret = lost(shop, 3)
    claims(shop, ret, quantity=2)

    with pytest.raises(Conflict, match="nothing_to_claim") as refused:
        claims(shop, ret, quantity=2)

    assert refused.value.details["possible"] == 1
    assert claims(shop, ret).quantity == 1


def test_what_was_refused_may_be_claimed_again_and_what_was_made_good_may_not(shop: Shop) -> None:
    ret = lost(shop)
    first = claims(shop, ret)
    command = Reject(reason="late")
    shop.do(lambda reads, context: claiming.reject(reads, first.claim_id, command, context))

    second = claims(shop, ret)
    paid = Recover(amount=eur(2000))
    shop.do(lambda reads, context: claiming.recover(reads, second.claim_id, paid, context))

    with pytest.raises(Conflict, match="nothing_to_claim"):
        claims(shop, ret)


def test_of_two_who_claim_the_same_unit_one_is_told(shop: Shop) -> None:
    ret = lost(shop)
    shop.store.meanwhile(lambda: claims(shop, ret))  # type: ignore[attr-defined]  # in memory

    with pytest.raises(Conflict, match="nothing_to_claim"):
        claims(shop, ret)


def test_who_had_them_must_be_known_or_said(shop: Shop) -> None:
    ret = approved(shop)
    loses(shop, ret, 2)

    with pytest.raises(Invalid, match="carrier_unknown"):
        claims(shop, ret)

    assert claims(shop, ret, carrier="ups").party == "ups"


def test_what_is_not_there_cannot_be_claimed(shop: Shop) -> None:
    ret = approved(shop)

    with pytest.raises(NotFound, match="return_not_found"):
        claims(shop, ret, return_ref="ret_x")
    with pytest.raises(Invalid, match="unknown_line"):
        claims(shop, ret, line_no="9")
    with pytest.raises(Invalid, match="photo_unknown"):
        claims(shop, ret, evidence=("pho_x",))
    with pytest.raises(Conflict, match="nothing_to_claim"):
        claims(shop, ret)


def test_a_person_is_reminded_until_the_claim_ends(shop: Shop) -> None:
    claim = claims(shop, lost(shop))
    opened = reminder(shop, claim)

    shop.do(lambda reads, context: claiming.acknowledge(reads, claim.claim_id, "x", context))
    later = reminder(shop, claim)
    paid = Recover(amount=eur(100))
    shop.do(lambda reads, context: claiming.recover(reads, claim.claim_id, paid, context))

    assert opened.due_at - claim.opened_at == timedelta(days=14)
    assert later.due_at - claim.opened_at > timedelta(days=29)
    assert reminder(shop, claim).state is TaskState.DONE


def test_units_that_came_after_all_are_owed_no_more(shop: Shop) -> None:
    ret = lost(shop, 3)
    claim = claims(shop, ret, quantity=2)
    assert disproved(shop.store.reads(), claim) == 0

    shop.receives(ret, item(quantity=2))

    assert disproved(shop.store.reads(), claim) == 2


def test_damage_that_is_not_the_carriers_any_more_is_owed_no_more(shop: Shop) -> None:
    ret = approved(shop)
    sends(shop, ret)
    shop.receives(ret, item(quantity=2))
    shop.inspects(ret, failed(2, fault=FaultParty.CARRIER))
    claim = claims(shop, ret, Cause.DAMAGED)
    assert disproved(shop.store.reads(), claim) == 0

    reinspects(shop, ret)
    assert disproved(shop.store.reads(), claim) == 0
    shop.inspects(ret, failed(1, fault=FaultParty.CARRIER), failed(1, fault=FaultParty.MAKER))

    assert disproved(shop.store.reads(), claim) == 1


def test_more_than_was_claimed_is_recovered_only_with_a_reason(shop: Shop) -> None:
    claim = claims(shop, lost(shop))

    def recovers(**more: Any) -> LiabilityClaim:
        command = Recover(amount=eur(20000), **more)
        return shop.do(
            lambda reads, context: claiming.recover(reads, claim.claim_id, command, context)
        )

    with pytest.raises(Conflict, match="above_claimed"):
        recovers()
    after = recovers(reason="with interest")
    assert (after.recovered, after.closing_reason) == (eur(20000), "with interest")
