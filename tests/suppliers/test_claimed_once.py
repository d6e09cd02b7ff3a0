"""Goods are claimed once, from one party; and what is dealt with is work for nobody any more."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.errors import Conflict, Invalid
from chalicelib.liability import claiming as liability
from chalicelib.liability.opening import Cause, OpenClaim, open_claim
from chalicelib.returns.model import Disposition, FaultParty, Return
from chalicelib.suppliers import claiming, correcting, drafting
from chalicelib.suppliers.chasing import Outcome, chase
from chalicelib.suppliers.claims import VendorClaim
from chalicelib.suppliers.opening import ClaimedLine
from chalicelib.workorders.model import WorkKind, WorkOutcome
from tests.builders import Shop, eur, failed, goes, item, line, order
from tests.returns.undoing import suspicions
from tests.suppliers.trade import (
    ACME,
    bad_goods,
    claim_of,
    credited,
    does,
    drafts,
    open_tasks,
    opens,
    recovers,
    sends,
    states,
    told,
)
from tests.workorders import shop_floor


@pytest.fixture(autouse=True)
def acme(shop: Shop) -> None:
    states(shop)


@pytest.fixture
def claim(shop: Shop) -> VendorClaim:
    """6.40 for scrapped goods; the supplier was told."""
    ret = bad_goods(shop, disposition=Disposition.SCRAP)
    return told(shop, opens(shop, ClaimedLine(return_id=ret.return_id, line_no="1", quantity=2)))


def test_goods_that_were_made_good_here_are_not_claimed_again(shop: Shop) -> None:
    """The supplier credited them and did not want them back: what remains is ours to clear."""
    ret = bad_goods(shop)
    credited(shop, sends(shop, drafts(shop, ret)), 6_40)
    shop.disposes(shop.now_is(ret), goes(Disposition.RTV, 1, origin=Disposition.HOLD))
    shop.disposes(shop.now_is(ret), goes(Disposition.SCRAP, 1, origin=Disposition.HOLD))

    with pytest.raises(Conflict, match="not_waiting_for_vendor"):
        drafts(shop, shop.now_is(ret))
    with pytest.raises(Conflict, match="not_claimable"):
        opens(shop, ClaimedLine(return_id=ret.return_id, line_no="1", quantity=1))


@pytest.fixture
def bounced(shop: Shop) -> tuple[Return, VendorClaim]:
    """Goods that stayed here, credited at first; then the money was taken back."""
    ret = bad_goods(shop)
    rtv = credited(shop, sends(shop, drafts(shop, ret)), 6_40)
    claim = claim_of(shop, rtv)
    does(shop, correcting.reverse, claim.claim_id, "CN-1")
    return shop.now_is(ret), claim


def test_a_credit_that_bounced_is_still_asked_for_by_its_claim_alone(
    shop: Shop, bounced: tuple[Return, VendorClaim]
) -> None:
    ret, _ = bounced
    shop.disposes(ret, goes(Disposition.RTV, 2, origin=Disposition.HOLD))

    with pytest.raises(Conflict, match="not_waiting_for_vendor"):
        drafts(shop, shop.now_is(ret))


@pytest.mark.parametrize("way", ["rejected", "written off"])
def test_goods_whose_credit_bounced_are_claimed_anew_once_the_claim_was_given_up(
    shop: Shop, bounced: tuple[Return, VendorClaim], way: str
) -> None:
    ret, claim = bounced
    if way == "rejected":
        does(shop, claiming.reject, claim.claim_id, "NOT_OURS")
    else:
        lost = claiming.WriteOff(code="INSOLVENT", accountable="usr-1")
        does(shop, claiming.write_off, claim.claim_id, lost)

    shop.disposes(shop.now_is(ret), goes(Disposition.RTV, 1, origin=Disposition.HOLD))
    shop.disposes(shop.now_is(ret), goes(Disposition.SCRAP, 1, origin=Disposition.HOLD))
    anew = drafts(shop, shop.now_is(ret))
    burnt = opens(shop, ClaimedLine(return_id=ret.return_id, line_no="1", quantity=1))

    assert (anew.quantity, burnt.quantity) == (1, 1)
    with pytest.raises(Conflict, match="goods_are_back"):
        recovers(shop, claim, 6_40, "CN-2")
    assert suspicions(shop) == []


def test_goods_that_are_made_good_after_all_are_not_claimed_anew(
    shop: Shop, bounced: tuple[Return, VendorClaim]
) -> None:
    ret, claim = bounced
    recovers(shop, claim, 1_00, "CN-2")
    does(
        shop, claiming.write_off, claim.claim_id, claiming.WriteOff(code="AGREED", accountable="u")
    )
    shop.disposes(shop.now_is(ret), goes(Disposition.RTV, 2, origin=Disposition.HOLD))

    with pytest.raises(Conflict, match="not_waiting_for_vendor"):
        drafts(shop, shop.now_is(ret))


def test_goods_are_made_good_again_by_the_document_that_took_them_anew(
    shop: Shop, bounced: tuple[Return, VendorClaim]
) -> None:
    ret, claim = bounced
    does(shop, claiming.reject, claim.claim_id, "NOT_OURS")
    shop.disposes(shop.now_is(ret), goes(Disposition.RTV, 2, origin=Disposition.HOLD))
    credited(shop, sends(shop, drafts(shop, shop.now_is(ret))), 6_40)
    shop.disposes(shop.now_is(ret), goes(Disposition.SCRAP, 2, origin=Disposition.HOLD))

    with pytest.raises(Conflict, match="not_claimable"):
        opens(shop, ClaimedLine(return_id=ret.return_id, line_no="1", quantity=1))


def test_goods_that_were_lost_at_work_are_not_claimed_as_destroyed(shop: Shop) -> None:
    """Who lost them is asked to pay for them; nobody can show their maker what was wrong."""
    ret = bad_goods(shop, disposition=Disposition.REPAIR)
    work = shop_floor.opens(shop, shop_floor.wanted(ret), kind=WorkKind.REPAIR)
    shop_floor.sends(shop, work)
    gone = (shop_floor.comes(WorkOutcome.LOST, 1), shop_floor.comes(WorkOutcome.SCRAP, 1))
    shop_floor.takes_back(shop, work, *gone)

    with pytest.raises(Conflict, match="not_claimable") as refused:
        opens(shop, ClaimedLine(return_id=ret.return_id, line_no="1", quantity=2))

    assert refused.value.details["possible"] == 1


def test_what_a_credit_note_says_otherwise_than_it_was_stated_is_not_confirmed(
    shop: Shop, claim: VendorClaim
) -> None:
    does(shop, claiming.state_credit, claim.claim_id, eur(6_40), "CN-1", role="supplier")

    claim = recovers(shop, claim, 1_00)

    assert [one.is_confirmed for one in claim.stated] == [False]
    assert open_tasks(shop) == [], "finance looked at it"
    with pytest.raises(Conflict, match="reference_known"):
        does(shop, claiming.state_credit, claim.claim_id, eur(1_00), "CN-1", role="supplier")


def test_there_is_one_reminder_at_a_time(shop: Shop, claim: VendorClaim) -> None:
    for _ in range(3):
        shop.now += timedelta(days=14)
        assert shop.do(lambda reads, own: chase(reads, claim.subject, own)) is Outcome.REMINDED

    assert len(open_tasks(shop)) == 1


@pytest.mark.parametrize("end", ["sent", "cancelled"])
def test_a_draft_that_is_dealt_with_reminds_nobody(shop: Shop, end: str) -> None:
    rtv = drafts(shop, bad_goods(shop))
    shop.now += timedelta(days=84)
    shop.do(lambda reads, own: chase(reads, rtv.subject, own))
    assert len(open_tasks(shop)) == 1

    if end == "sent":
        sends(shop, rtv)
    else:
        does(shop, drafting.cancel, rtv.rtv_id)

    assert open_tasks(shop) == []


def damaged_by_carrier(shop: Shop, disposition: Disposition) -> Any:
    shop.sells(order(line(quantity=2, supplier_id=ACME)))
    ret = shop.approves(shop.asks(quantity=2))
    shop.receives(ret, item(quantity=2))
    shop.inspects(ret, failed(2, fault=FaultParty.CARRIER))
    return shop.disposes(ret, goes(disposition, 2))


def from_carrier(shop: Shop, return_id: str) -> Any:

    command = OpenClaim(
        return_ref=return_id,
        line_no="1",
        cause=Cause.DAMAGED,
        reason="A wet box.",
        carrier="dhl",
        amount=eur(8_00),
    )
    return does(shop, open_claim, command, role="support")


@pytest.mark.parametrize("disposition", [Disposition.RTV, Disposition.SCRAP])
def test_what_a_carrier_is_asked_for_is_not_claimed_from_the_supplier(
    shop: Shop, disposition: Disposition
) -> None:
    ret = damaged_by_carrier(shop, disposition)
    asked = from_carrier(shop, ret.return_id)
    unit = ClaimedLine(return_id=ret.return_id, line_no="1", quantity=1)

    with pytest.raises(Conflict, match=r"not_waiting_for_vendor|not_claimable"):
        drafts(shop, ret) if disposition is Disposition.RTV else opens(shop, unit)

    refused = liability.Reject(reason="They had signed for a dry box.")
    does(shop, liability.reject, asked.claim_id, refused)
    assert (drafts(shop, ret) if disposition is Disposition.RTV else opens(shop, unit)).quantity


@pytest.mark.parametrize("disposition", [Disposition.RTV, Disposition.SCRAP])
def test_what_the_supplier_is_asked_for_is_not_claimed_from_the_carrier(
    shop: Shop, disposition: Disposition
) -> None:
    ret = damaged_by_carrier(shop, disposition)
    if disposition is Disposition.RTV:
        drafts(shop, ret)
    else:
        opens(shop, ClaimedLine(return_id=ret.return_id, line_no="1", quantity=2))

    with pytest.raises(Conflict, match="nothing_to_claim"):
        from_carrier(shop, ret.return_id)


def test_what_came_did_not_come_in_the_future(shop: Shop) -> None:
    rtv = sends(shop, drafts(shop, bad_goods(shop)))
    early = claiming.Recover(
        amount=eur(1_00), reference="CN-1", received_at=shop.now + timedelta(days=2)
    )

    with pytest.raises(Invalid, match="received_in_future"):
        does(shop, claiming.recover, claim_of(shop, rtv).claim_id, early)
