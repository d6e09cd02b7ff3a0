"""What was decided about a claim and turned out otherwise: the books follow, and nothing twice."""

import pytest

from chalicelib.core.errors import Conflict, NotFound
from chalicelib.ledger.balances import Balances, faults_of, unposted
from chalicelib.ledger.model import Account
from chalicelib.reconciliation.money import money_findings
from chalicelib.returns.model import Disposition, Return
from chalicelib.suppliers import claiming, correcting, drafting, returning
from chalicelib.suppliers.claims import VendorClaim, VendorClaimState
from chalicelib.suppliers.documents import RtvDocument, RtvState
from chalicelib.suppliers.opening import ClaimedLine
from tests.builders import Shop, eur, goes
from tests.fakes import FakeStore
from tests.returns import undoing
from tests.returns.undoing import suspicions
from tests.suppliers.test_scorecard import card
from tests.suppliers.trade import (
    bad_goods,
    claim_of,
    credited,
    does,
    drafts,
    events_of,
    now_is,
    open_tasks,
    opens,
    recovers,
    sends,
    sent_off,
    ships,
    states,
    told,
)

OFF = claiming.WriteOff(code="NOT_WORTH_IT", accountable="buyer-1")


@pytest.fixture(autouse=True)
def acme(shop: Shop) -> None:
    states(shop)


@pytest.fixture
def claim(shop: Shop) -> VendorClaim:
    """6.40 for scrapped goods; the supplier was told."""
    ret = bad_goods(shop, disposition=Disposition.SCRAP)
    return told(shop, opens(shop, ClaimedLine(return_id=ret.return_id, line_no="1", quantity=2)))


def books(shop: Shop, claim_id: str) -> dict[Account, int]:
    reads = shop.store.reads()
    stored = reads.vendor_claim(claim_id)
    assert stored is not None
    events, postings = reads.events(stored.subject), reads.postings(stored.subject)
    assert faults_of(stored.subject, postings) == []
    assert unposted(events, postings) == []
    assert list(money_findings(stored, events, postings)) == []
    balances = Balances.of(postings, "EUR")
    accounts = {account for account, _ in balances.by_account}
    return {account: n for account in accounts if (n := balances.minor(account))}


def reverses(shop: Shop, claim: VendorClaim, reference: str = "CN-1") -> VendorClaim:
    done: VendorClaim = does(shop, correcting.reverse, claim.claim_id, reference)
    return done


def test_money_that_comes_after_a_claim_was_rejected_is_booked(
    shop: Shop, claim: VendorClaim
) -> None:
    does(shop, claiming.reject, claim.claim_id, "NOT_OURS")

    claim = recovers(shop, claim, 4_00)

    assert (claim.state, claim.closed_at, claim.closing_code) == (
        VendorClaimState.PARTLY_RECOVERED,
        None,
        None,
    )
    assert books(shop, claim.claim_id) == {
        Account.SUPPLIER_PAID: 4_00,
        Account.SUPPLIER_RECOVERY: -4_00,
    }


def test_money_that_comes_after_it_was_written_off_takes_the_loss_back(
    shop: Shop, claim: VendorClaim
) -> None:
    does(shop, claiming.acknowledge, claim.claim_id, None, eur(5_00))
    does(shop, claiming.write_off, claim.claim_id, OFF)
    assert books(shop, claim.claim_id)[Account.WRITE_OFF] == 5_00

    claim = recovers(shop, claim, 2_00)

    assert (claim.due, claim.written_off) == (eur(3_00), None)
    assert books(shop, claim.claim_id) == {
        Account.SUPPLIER_PAID: 2_00,
        Account.SUPPLIER_DUE: 3_00,
        Account.SUPPLIER_RECOVERY: -5_00,
    }
    claim = does(shop, claiming.write_off, claim.claim_id, OFF)
    assert books(shop, claim.claim_id)[Account.WRITE_OFF] == 3_00
    assert suspicions(shop) == []


def test_a_late_credit_keeps_goods_where_they_are(shop: Shop) -> None:
    rtv = sent_off(shop, bad_goods(shop))
    does(shop, returning.reject, rtv.rtv_id, "NOT_OURS")

    recovers(shop, claim_of(shop, rtv), 6_40)

    after = now_is(shop, rtv)
    assert (after.state, after.credited) == (RtvState.CREDITED, eur(6_40))
    with pytest.raises(Conflict, match="rtv_not_in_state"):
        does(shop, returning.take_back, rtv.rtv_id)


@pytest.mark.parametrize("way", ["taken back", "never left"])
def test_what_is_ours_again_is_not_paid_by_its_old_claim(shop: Shop, way: str) -> None:
    ret = bad_goods(shop)
    rtv = sent_off(shop, ret) if way == "taken back" else sends(shop, drafts(shop, ret))
    does(shop, returning.reject, rtv.rtv_id, "NOT_OURS")
    if way == "taken back":
        does(shop, returning.take_back, rtv.rtv_id)

    with pytest.raises(Conflict, match="goods_are_back"):
        recovers(shop, claim_of(shop, rtv), 6_40)


def test_a_recovery_that_bounced_is_owed_no_more_than_before(
    shop: Shop, claim: VendorClaim
) -> None:
    does(shop, claiming.acknowledge, claim.claim_id, None, eur(3_00))
    recovers(shop, claim, 6_40)

    claim = reverses(shop, claim)

    assert (claim.state, claim.recovered, claim.accepted, claim.closed_at) == (
        VendorClaimState.ACKNOWLEDGED,
        eur(0),
        eur(3_00),
        None,
    )
    assert books(shop, claim.claim_id) == {
        Account.SUPPLIER_DUE: 3_00,
        Account.SUPPLIER_RECOVERY: -3_00,
    }
    claim = recovers(shop, claim, 6_40)
    assert claim.state is VendorClaimState.RECOVERED
    assert card(shop).recovered == eur(6_40)
    assert suspicions(shop) == []


def test_one_of_two_recoveries_is_reversed(shop: Shop, claim: VendorClaim) -> None:
    recovers(shop, claim, 2_00)
    recovers(shop, claim, 4_40, "CN-2")

    claim = reverses(shop, claim, "CN-2")

    assert (claim.state, claim.recovered) == (VendorClaimState.PARTLY_RECOVERED, eur(2_00))
    assert books(shop, claim.claim_id)[Account.SUPPLIER_PAID] == 2_00
    with pytest.raises(NotFound, match="recovery_not_found"):
        reverses(shop, claim, "CN-2")


def test_what_was_agreed_is_owed_whichever_of_several_recoveries_bounced(
    shop: Shop, claim: VendorClaim
) -> None:
    """5.00 was accepted; 3.00 and 3.40 came, so 1.40 more was. Without the first 1.60 is owed."""
    does(shop, claiming.acknowledge, claim.claim_id, "R-1", eur(5_00))
    recovers(shop, claim, 3_00, "CN-1")
    recovers(shop, claim, 3_40, "CN-2")

    after = reverses(shop, claim, "CN-1")

    assert (after.accepted, after.recovered, after.due) == (eur(5_00), eur(3_40), eur(1_60))
    found = books(shop, claim.claim_id)
    assert (found[Account.SUPPLIER_DUE], found[Account.SUPPLIER_PAID]) == (1_60, 3_40)
    last = reverses(shop, claim, "CN-2")
    assert (last.accepted, last.due) == (eur(5_00), eur(5_00))


def test_what_came_and_was_agreed_to_later_is_owed_when_it_bounces(
    shop: Shop, claim: VendorClaim
) -> None:
    recovers(shop, claim, 3_00, "CN-1")
    does(shop, correcting.accept, claim.claim_id, eur(5_00))
    recovers(shop, claim, 3_40, "CN-2")

    after = reverses(shop, claim, "CN-1")

    assert (after.accepted, after.due) == (eur(5_00), eur(1_60))
    assert books(shop, claim.claim_id)[Account.SUPPLIER_DUE] == 1_60


def test_a_reversal_after_the_rest_was_given_up_opens_the_claim_again(
    shop: Shop, claim: VendorClaim
) -> None:
    does(shop, claiming.acknowledge, claim.claim_id, None, eur(5_00))
    recovers(shop, claim, 2_00)
    does(shop, claiming.write_off, claim.claim_id, OFF)

    claim = reverses(shop, claim)

    assert (claim.state, claim.due) == (VendorClaimState.ACKNOWLEDGED, eur(5_00))
    assert books(shop, claim.claim_id) == {
        Account.SUPPLIER_DUE: 5_00,
        Account.SUPPLIER_RECOVERY: -5_00,
    }


def test_a_document_says_what_is_left_of_its_credit(shop: Shop) -> None:
    rtv = credited(shop, sent_off(shop, bad_goods(shop)), 6_40)

    reverses(shop, claim_of(shop, rtv))

    after = now_is(shop, rtv)
    assert (after.state, after.credited) == (RtvState.CREDITED, None)
    assert events_of(shop, rtv.subject)[-1] == "rtv.credit_reversed"


def withdraws(shop: Shop, claim: VendorClaim) -> VendorClaim:
    done: VendorClaim = does(shop, correcting.withdraw, claim.claim_id)
    return done


def test_a_claim_made_in_error_is_withdrawn_and_its_units_are_free(
    shop: Shop, claim: VendorClaim
) -> None:
    claim = withdraws(shop, claim)
    again = ClaimedLine(return_id=claim.units[0].return_id, line_no="1", quantity=2)

    assert claim.state is VendorClaimState.WITHDRAWN
    assert opens(shop, again).quantity == 2
    assert card(shop).claimed == eur(0)
    assert books(shop, claim.claim_id) == {}
    assert suspicions(shop) == []
    with pytest.raises(Conflict, match="vendor_claim_not_in_state"):
        recovers(shop, claim, 1_00)


def test_what_was_accepted_or_given_is_not_withdrawn(shop: Shop, claim: VendorClaim) -> None:
    does(shop, claiming.acknowledge, claim.claim_id, None, eur(1_00))

    with pytest.raises(Conflict, match="claim_accepted"):
        withdraws(shop, claim)


def test_the_claim_of_a_document_is_withdrawn_with_it(shop: Shop) -> None:
    rtv = sends(shop, drafts(shop, bad_goods(shop)))

    with pytest.raises(Conflict, match="claim_of_document"):
        withdraws(shop, claim_of(shop, rtv))


def test_a_document_that_was_sent_is_taken_back_and_drafted_anew(shop: Shop) -> None:
    good, broken = bad_goods(shop, "O-1"), bad_goods(shop, "O-2")
    rtv = sends(shop, drafts(shop, good, broken))

    does(shop, drafting.cancel, rtv.rtv_id)

    assert now_is(shop, rtv).state is RtvState.CANCELLED
    assert claim_of(shop, rtv).state is VendorClaimState.WITHDRAWN
    anew = ships(shop, sends(shop, drafts(shop, good)))
    assert anew.quantity == 2
    (free,) = undoing.reverses(shop, shop.now_is(broken)).groups()
    assert free.disposition is Disposition.HOLD
    assert suspicions(shop) == []


def accepted(shop: Shop, rtv: RtvDocument) -> None:
    does(shop, returning.acknowledge, rtv.rtv_id, None, eur(1_00))


@pytest.mark.parametrize("way", ["accepted", "shipped", "rejected"])
def test_what_went_further_is_not_cancelled(shop: Shop, way: str) -> None:
    rtv = sends(shop, drafts(shop, bad_goods(shop)))
    if way == "accepted":
        accepted(shop, rtv)
    elif way == "shipped":
        ships(shop, rtv)
    else:
        does(shop, returning.reject, rtv.rtv_id, "NOT_OURS")

    with pytest.raises(Conflict, match=r"claim_accepted|rtv_not_in_state"):
        does(shop, drafting.cancel, rtv.rtv_id)


def test_of_ship_and_cancel_at_once_one_is_done(shop: Shop) -> None:
    rtv = sends(shop, drafts(shop, bad_goods(shop)))
    assert isinstance(shop.store, FakeStore)
    shop.store.interference.append(lambda: does(shop, drafting.cancel, rtv.rtv_id))

    with pytest.raises(Conflict, match="rtv_not_in_state"):
        ships(shop, rtv)

    assert suspicions(shop) == []


def test_what_a_supplier_accepts_is_owed_once_finance_agrees(
    shop: Shop, claim: VendorClaim
) -> None:
    claim = does(shop, claiming.acknowledge, claim.claim_id, "R-1", eur(5_00), role="supplier")

    assert (claim.state, claim.accepted, claim.offered) == (
        VendorClaimState.ACKNOWLEDGED,
        None,
        eur(5_00),
    )
    assert books(shop, claim.claim_id) == {}
    assert [task.reasons for task in open_tasks(shop)] == [("offered",)]

    claim = does(shop, correcting.accept, claim.claim_id, eur(5_00))

    assert claim.accepted == eur(5_00)
    assert books(shop, claim.claim_id)[Account.SUPPLIER_DUE] == 5_00
    assert open_tasks(shop) == []
    with pytest.raises(Conflict, match="accepted_before"):
        does(shop, correcting.accept, claim.claim_id, eur(4_00))
    with pytest.raises(Conflict, match="above_claimed"):
        does(shop, correcting.accept, claim.claim_id, eur(6_41))


def test_what_was_agreed_before_the_answer_is_not_owed_twice_by_it(
    shop: Shop, claim: VendorClaim
) -> None:
    does(shop, correcting.accept, claim.claim_id, eur(3_00))
    with pytest.raises(Conflict, match="accepted_before"):
        does(shop, claiming.acknowledge, claim.claim_id, "R-1", eur(2_00))

    claim = does(shop, claiming.acknowledge, claim.claim_id, "R-1", eur(5_00))

    assert (claim.accepted, claim.due) == (eur(5_00), eur(5_00))
    assert books(shop, claim.claim_id) == {
        Account.SUPPLIER_DUE: 5_00,
        Account.SUPPLIER_RECOVERY: -5_00,
    }


def test_an_answer_may_say_what_was_agreed_already(shop: Shop, claim: VendorClaim) -> None:
    does(shop, correcting.accept, claim.claim_id, eur(3_00))

    claim = does(shop, claiming.acknowledge, claim.claim_id, "R-1", eur(3_00))

    assert claim.state is VendorClaimState.ACKNOWLEDGED
    assert books(shop, claim.claim_id)[Account.SUPPLIER_DUE] == 3_00


def test_a_document_is_acknowledged_by_its_claim_and_after_its_goods_left(shop: Shop) -> None:
    by_claim = sends(shop, drafts(shop, bad_goods(shop, "O-1")))
    does(shop, claiming.acknowledge, claim_of(shop, by_claim).claim_id, "R-1", None)
    late = sent_off(shop, bad_goods(shop, "O-2"))
    does(shop, returning.acknowledge, late.rtv_id, "R-2", None)

    first, second = now_is(shop, by_claim), now_is(shop, late)
    assert (first.state, first.reference) == (RtvState.ACKNOWLEDGED, "R-1")
    assert (second.state, second.reference) == (RtvState.GOODS_SHIPPED, "R-2")
    assert second.acknowledged_at is not None


def test_goods_whose_credit_bounced_come_back_once_the_claim_is_refused(shop: Shop) -> None:
    ret = bad_goods(shop)
    rtv = credited(shop, sent_off(shop, ret), 6_40)
    reverses(shop, claim_of(shop, rtv))

    does(shop, claiming.reject, claim_of(shop, rtv).claim_id, "NOT_OURS")

    after = now_is(shop, rtv)
    assert (after.state, after.closing_code) == (RtvState.REJECTED, "NOT_OURS")
    does(shop, returning.take_back, rtv.rtv_id)
    assert drafts_again(shop, ret).quantity == 2
    assert suspicions(shop) == []


def drafts_again(shop: Shop, ret: Return) -> RtvDocument:
    shop.disposes(shop.now_is(ret), goes(Disposition.RTV, 2, origin=Disposition.HOLD))
    return drafts(shop, shop.now_is(ret))
