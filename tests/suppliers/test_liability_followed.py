"""A liability claim that is pursued as a vendor claim goes the way of that one, and money once."""

import pytest

from chalicelib.inventory.model import Account
from chalicelib.liability.claiming import Recover, recover
from chalicelib.liability.model import LiabilityClaim, LiabilityState, Liable
from chalicelib.returns.exceptions import ResolutionKind
from chalicelib.returns.rulings import ClaimAgainst
from chalicelib.suppliers import claiming, correcting
from chalicelib.suppliers.claims import VendorClaim, VendorClaimState
from tests.builders import Shop, eur
from tests.returns import undoing
from tests.returns.undoing import suspicions
from tests.suppliers.trade import ACME, does, events_of, opens, recovers, states, told

OFF = claiming.WriteOff(code="NOT_WORTH_IT", accountable="buyer-1")


@pytest.fixture(autouse=True)
def acme(shop: Shop) -> None:
    states(shop)


def pursued(shop: Shop) -> tuple[str, VendorClaim]:
    """3.00 for a strange unit that is kept as evidence, asked for as a vendor claim."""
    stray = undoing.stray(shop)
    asked = ClaimAgainst(against=Liable.SUPPLIER, party=ACME, amount=eur(3_00))
    done = undoing.resolves(shop, stray, ResolutionKind.CLAIM, claim=asked)
    liability_id = done.resolutions[0].claim_id
    assert liability_id is not None
    return liability_id, told(shop, opens(shop, liability_claim_id=liability_id))


def liability_of(shop: Shop, claim_id: str) -> LiabilityClaim:
    stored = shop.store.reads().liability_claim(claim_id)
    assert stored is not None
    return stored


def reverses(shop: Shop, claim: VendorClaim, reference: str = "CN-1") -> None:
    does(shop, correcting.reverse, claim.claim_id, reference)


def withdraws(shop: Shop, claim: VendorClaim) -> None:
    does(shop, correcting.withdraw, claim.claim_id)


def test_a_liability_claim_is_free_again_once_its_vendor_claim_is_withdrawn(shop: Shop) -> None:
    liability_id, claim = pursued(shop)

    withdraws(shop, claim)

    assert liability_of(shop, liability_id).vendor_claim_id is None
    anew = told(shop, opens(shop, liability_claim_id=liability_id))
    assert recovers(shop, anew, 3_00).state is VendorClaimState.RECOVERED
    assert suspicions(shop) == []


def test_a_liability_claim_is_owed_again_when_what_ended_it_bounces(shop: Shop) -> None:
    liability_id, claim = pursued(shop)
    recovers(shop, claim, 3_00)
    ended = liability_of(shop, liability_id)

    reverses(shop, claim)

    again = liability_of(shop, liability_id)
    assert (again.state, again.closed_at, again.vendor_claim_id) == (
        LiabilityState.OPEN,
        None,
        claim.claim_id,
    )
    assert events_of(shop, again.subject)[-1] == "liability_claim.reopened"
    assert (again.goods_went, again.movement_id) == (ended.goods_went, ended.movement_id)
    assert suspicions(shop) == []

    does(shop, claiming.write_off, claim.claim_id, OFF)

    last = liability_of(shop, liability_id)
    assert (last.state, last.closed_at) == (LiabilityState.WRITTEN_OFF, shop.now)
    assert last.goods_went is Account.SCRAPPED
    assert shop.on_hand("SKU-1", Account.SCRAPPED) == 1, "the evidence left once"
    assert suspicions(shop) == []


def test_a_liability_claim_follows_money_that_comes_after_it_was_refused(shop: Shop) -> None:
    liability_id, claim = pursued(shop)
    does(shop, claiming.reject, claim.claim_id, "NOT_OURS")

    recovers(shop, claim, 1_00)
    assert liability_of(shop, liability_id).state is LiabilityState.OPEN

    recovers(shop, claim, 2_00, "CN-2")
    assert liability_of(shop, liability_id).state is LiabilityState.RECOVERED
    assert shop.store.reads().postings(f"liability/{liability_id}") == []
    assert suspicions(shop) == []


def test_a_refused_liability_claim_is_recovered_by_all_of_it_coming_late(shop: Shop) -> None:
    liability_id, claim = pursued(shop)
    does(shop, claiming.reject, claim.claim_id, "NOT_OURS")

    recovers(shop, claim, 3_00)

    assert liability_of(shop, liability_id).state is LiabilityState.RECOVERED
    assert suspicions(shop) == []


def test_once_its_credit_bounced_and_its_vendor_claim_is_withdrawn_it_is_pursued_by_itself(
    shop: Shop,
) -> None:
    liability_id, claim = pursued(shop)
    recovers(shop, claim, 3_00)
    reverses(shop, claim)
    withdraws(shop, claim)

    command = Recover(amount=eur(2_00))
    ended = does(shop, recover, liability_id, command)

    assert (ended.state, ended.recovered) == (LiabilityState.RECOVERED, eur(2_00))
    assert shop.on_hand("SKU-1", Account.SCRAPPED) == 1
    assert suspicions(shop) == []
