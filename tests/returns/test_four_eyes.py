"""Four eyes: who filed does not approve, who approved or inspected does not pay."""

from dataclasses import replace

import pytest

from chalicelib.core.errors import Conflict, NotAllowed
from chalicelib.returns import appealing, inspecting
from chalicelib.returns.model import AppealAgainst, Return
from chalicelib.returns.standing import status_of
from chalicelib.settlement import booking, outcomes, retrying
from chalicelib.settlement.model import SettlementState
from chalicelib.settlement.ports import RefundOutcome, RefundState
from tests import policies
from tests.builders import Shop, item, line, order, passed, payment
from tests.policies import form, rule
from tests.returns.persons import (
    PAIRS,
    TWO,
    approved,
    by,
    delegated,
    filed,
    pays,
    rejected,
    sold,
    submitted,
    tiered,
)


def accepted(shop: Shop, four_eyes: list[str]) -> Return:
    """Approved by anna, received, inspected by ivan: only the money is missing."""
    ret = approved(shop, tiered(shop, "person", four_eyes=four_eyes), "anna")
    shop.receives(ret, item(quantity=2))
    command, context = inspecting.Inspect(groups=(passed(2),)), by(shop, "ivan", "inspector")
    return shop.do(
        lambda reads, context: inspecting.inspect(reads, ret.return_id, command, context), context
    )


def pair_refused(caught: pytest.ExceptionInfo[Conflict]) -> object:
    assert caught.value.code == "same_person"
    return caught.value.details["pair"]


def test_who_filed_does_not_approve(shop: Shop) -> None:
    ret = tiered(shop, "person", four_eyes=PAIRS)

    with pytest.raises(Conflict) as caught:
        approved(shop, ret, "carla", "admin")

    assert pair_refused(caught) == "requester_approver"
    assert status_of(approved(shop, ret, "anna")) == "APPROVED"


def test_who_submitted_what_somebody_else_drafted_does_not_approve(shop: Shop) -> None:
    draft = filed(shop, sold(shop, four_eyes=PAIRS), who="cus-1", role="customer", submit=False)
    submitted(shop, draft, "sam", "admin")

    with pytest.raises(Conflict, match="same_person"):
        approved(shop, draft, "sam", "admin")


def test_without_the_pair_nobody_asks(shop: Shop) -> None:
    ret = tiered(shop, "person")

    assert status_of(approved(shop, ret, "carla", "admin")) == "APPROVED"


def test_a_rule_approves_what_a_person_filed(shop: Shop) -> None:
    ret = tiered(shop, "automatic", four_eyes=PAIRS)

    assert status_of(ret) == "APPROVED"


def test_who_approved_does_not_pay(shop: Shop) -> None:
    ret = accepted(shop, PAIRS)

    with pytest.raises(Conflict) as caught:
        pays(shop, ret, "anna")

    assert pair_refused(caught) == "approver_refunder"
    assert pays(shop, ret, "fiona").settlements


def test_who_inspected_does_not_pay(shop: Shop) -> None:
    ret = accepted(shop, PAIRS)

    with pytest.raises(Conflict) as caught:
        pays(shop, ret, "ivan")

    assert pair_refused(caught) == "inspector_refunder"


@pytest.mark.parametrize("who", ["anna", "ivan"])
def test_where_policy_asks_for_no_pair_anybody_pays(shop: Shop, who: str) -> None:
    assert pays(shop, accepted(shop, []), who).settlements


def test_a_machine_is_nobody_and_may_always_pay(shop: Shop) -> None:
    ret = accepted(shop, PAIRS)

    assert pays(shop, ret, "anna", "machine").settlements


def test_who_approved_does_not_pay_again_what_was_declined(shop: Shop) -> None:
    paid = pays(shop, accepted(shop, PAIRS), "fiona")
    settlement = paid.settlements[-1]
    declined = {leg.key: RefundOutcome(state=RefundState.DECLINED) for leg in settlement.legs}
    settlement_id = settlement.settlement_id
    shop.do(
        lambda reads, context: outcomes.record_outcomes(reads, settlement_id, declined, context)
    )

    def again(who: str, role: str) -> Return:
        context = by(shop, who, role)
        return shop.do(lambda reads, _: retrying.try_again(reads, settlement_id, context), context)

    with pytest.raises(Conflict, match="same_person"):
        again("anna", "finance")
    assert again("fiona", "finance").settlements[-1].state is SettlementState.PROCESSING


def test_neither_of_two_approvers_pays(shop: Shop) -> None:
    ret = tiered(shop, TWO, four_eyes=PAIRS)
    approved(shop, ret, "anna")
    approved(shop, ret, "bert")
    shop.receives(ret, item(quantity=2))
    shop.inspects(ret, passed(2))

    for who in ("anna", "bert"):
        with pytest.raises(Conflict, match="same_person"):
            pays(shop, ret, who)


def test_of_a_delegation_both_are_seen_to_have_approved(shop: Shop) -> None:
    ret = tiered(shop, "senior", four_eyes=PAIRS)
    delegated(shop, "anna", who="sam")
    approved(shop, ret, "anna", on_behalf_of="sam")
    shop.receives(ret, item(quantity=2))
    shop.inspects(ret, passed(2))

    for who in ("anna", "sam"):
        with pytest.raises(Conflict, match="same_person"):
            pays(shop, ret, who)


def test_who_filed_does_not_approve_through_somebody_else(shop: Shop) -> None:
    order_no = sold(shop, rule("tier", review="senior"), four_eyes=PAIRS)
    ret = filed(shop, order_no, who="sam", role="senior_reviewer")
    delegated(shop, "anna", who="sam")

    with pytest.raises(Conflict, match="same_person"):
        approved(shop, ret, "anna", on_behalf_of="sam")


@pytest.mark.parametrize("tier", ["senior", TWO])
def test_what_is_beyond_a_reviewer_is_so_on_appeal(shop: Shop, tier: str) -> None:
    ret = appealed(shop, tiered(shop, tier))

    with pytest.raises(NotAllowed, match="senior_required"):
        upheld(shop, ret, "bert", "reviewer")

    assert status_of(upheld(shop, ret, "sam", "senior_reviewer")) == "APPROVED"


def test_who_filed_does_not_uphold_the_appeal(shop: Shop) -> None:
    ret = appealed(shop, tiered(shop, "person", four_eyes=PAIRS))

    with pytest.raises(Conflict) as caught:
        upheld(shop, ret, "carla", "admin")

    assert pair_refused(caught) == "requester_approver"


def test_who_upheld_the_appeal_does_not_pay(shop: Shop) -> None:
    ret = appealed(shop, tiered(shop, "person", four_eyes=PAIRS))
    upheld(shop, ret, "bert", "reviewer")
    shop.receives(ret, item(quantity=2))
    shop.inspects(ret, passed(2))

    with pytest.raises(Conflict) as caught:
        pays(shop, ret, "bert")

    assert pair_refused(caught) == "approver_refunder"


def appealed(shop: Shop, ret: Return) -> Return:
    """Rejected by anna, and objected to by the customer."""
    rejected(shop, ret)
    command = appealing.OpenAppeal(against=AppealAgainst.REJECTION, grounds="It was broken.")
    context = by(shop, "cus-1", "customer")
    return shop.do(
        lambda reads, context: appealing.appeal(reads, ret.return_id, command, context), context
    )


def upheld(shop: Shop, ret: Return, who: str, role: str) -> Return:
    command = appealing.DecideAppeal(is_upheld=True, answer="It was.")
    context, own = by(shop, who, role), ret.appeals[-1].appeal_id
    return shop.do(
        lambda reads, context: appealing.decide(reads, ret.return_id, own, command, context),
        context,
    )


def test_who_approved_does_not_confirm_a_payment_by_hand(shop: Shop) -> None:
    any_time = rule("any-time", window={"days": None})
    under = policies.publish(shop.store, form("own", any_time, four_eyes=PAIRS))
    bank = payment("bank", 1000, provider="manual")
    shop.sells(replace(order(line(), policy_version=under), payments=(bank,)))
    ret = approved(shop, filed(shop, quantity=1), "anna")
    shop.receives(ret, item())
    shop.inspects(ret, passed())
    settlement = pays(shop, ret, "fiona").settlements[-1]

    def confirms(who: str) -> Return:
        context = by(shop, who, "finance")
        return shop.do(
            lambda reads, context: booking.confirm(
                reads, settlement.settlement_id, "bank", "proof-1", context
            ),
            context,
        )

    with pytest.raises(Conflict, match="same_person"):
        confirms("anna")
    assert confirms("fiona").settlements[-1].state == "SETTLED"
