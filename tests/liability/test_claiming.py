"""A liability claim ends once, in one of three ways, and its evidence ends with it."""

from collections.abc import Callable, Iterator

import pytest

from chalicelib.core.commands import Decided
from chalicelib.core.errors import Conflict, Invalid, NotFound, Stale
from chalicelib.core.events import Context
from chalicelib.inventory.model import Account
from chalicelib.liability import claiming
from chalicelib.liability.claiming import LiabilityReader, Recover, Reject, WriteOff
from chalicelib.liability.model import LiabilityClaim, LiabilityState, Liable
from chalicelib.returns.exceptions import ResolutionKind
from chalicelib.returns.rulings import ClaimAgainst
from tests.builders import Shop, eur, item, line, order
from tests.returns.undoing import by, lying, reports, resolves, surplus, suspicions, told

Decide = Callable[[LiabilityReader, Context], Decided[LiabilityClaim]]


@pytest.fixture
def claim(shop: Shop) -> LiabilityClaim:
    """Two units too many, claimed from the carrier at 10.00."""
    shop.sells(order(line(quantity=3)))
    ret = shop.approves(shop.asks())
    shop.receives(ret, item())
    asked = ClaimAgainst(against=Liable.CARRIER, party="dhl", amount=eur(1000))
    done = resolves(shop, surplus(shop, ret, 2), ResolutionKind.CLAIM, claim=asked)
    return stored(shop, str(done.resolutions[0].claim_id))


@pytest.fixture(autouse=True)
def books_agree(shop: Shop) -> Iterator[None]:
    """After whatever a test did."""
    yield
    assert suspicions(shop) == []


def stored(shop: Shop, claim_id: str) -> LiabilityClaim:
    found = shop.store.reads().liability_claim(claim_id)
    assert found is not None, "claims do not vanish"
    return found


def acknowledges(shop: Shop, claim: LiabilityClaim) -> LiabilityClaim:
    return shop.do(
        lambda reads, context: claiming.acknowledge(reads, claim.claim_id, "their-1", context)
    )


ENDS: list[tuple[str, LiabilityState, Callable[[str], Decide]]] = [
    (
        "recovered",
        LiabilityState.RECOVERED,
        lambda own: lambda reads, ctx: claiming.recover(reads, own, Recover(amount=eur(700)), ctx),
    ),
    (
        "rejected",
        LiabilityState.REJECTED,
        lambda own: lambda reads, ctx: claiming.reject(reads, own, Reject(reason="late"), ctx),
    ),
    (
        "written_off",
        LiabilityState.WRITTEN_OFF,
        lambda own: (
            lambda reads, ctx: claiming.write_off(
                reads, own, WriteOff(reason="too small", accountable="bo"), ctx
            )
        ),
    ),
]


@pytest.mark.parametrize("is_acknowledged", [True, False])
@pytest.mark.parametrize(("name", "state", "end"), ENDS, ids=[name for name, *_ in ENDS])
def test_each_end_is_final_and_lets_the_evidence_go(
    shop: Shop,
    claim: LiabilityClaim,
    name: str,
    state: LiabilityState,
    end: Callable[[str], Decide],
    is_acknowledged: bool,
) -> None:
    if is_acknowledged:
        acknowledges(shop, claim)

    done = shop.do(end(claim.claim_id))

    assert (done.state, done.closed_by, done.goods_went) == (state, "someone", Account.SCRAPPED)
    assert lying(shop) == {Account.RECEIVING: 1, Account.SCRAPPED: 2}
    assert told(shop, claim.subject)[-1] == f"liability_claim.{name}"
    for _, _, other in ENDS:
        with pytest.raises(Conflict, match="liability_claim_ended"):
            shop.do(other(claim.claim_id))


def test_the_party_names_its_own_reference_once(shop: Shop, claim: LiabilityClaim) -> None:
    seen = acknowledges(shop, claim)

    assert (seen.state, seen.reference) == (LiabilityState.ACKNOWLEDGED, "their-1")
    with pytest.raises(Conflict, match="already_acknowledged"):
        acknowledges(shop, claim)


def test_goods_may_be_handed_over_to_whoever_paid(shop: Shop, claim: LiabilityClaim) -> None:
    command = Recover(amount=eur(1000), goods=Account.VENDOR)
    done = shop.do(lambda reads, ctx: claiming.recover(reads, claim.claim_id, command, ctx))

    assert done.recovered == eur(1000)
    assert lying(shop) == {Account.RECEIVING: 1, Account.VENDOR: 2}


def test_what_is_recovered_is_in_the_claimed_currency(shop: Shop, claim: LiabilityClaim) -> None:
    command = Recover(amount=type(eur(1))(700, "USD"))

    with pytest.raises(Invalid, match="currency_differs"):
        shop.do(lambda reads, ctx: claiming.recover(reads, claim.claim_id, command, ctx))


def test_a_claim_without_goods_moves_none(shop: Shop, claim: LiabilityClaim) -> None:
    ret = shop.approves(shop.asks())
    asked = ClaimAgainst(against=Liable.SUPPLIER)
    done = resolves(shop, reports(shop, ret), ResolutionKind.CLAIM, claim=asked)
    other = stored(shop, str(done.resolutions[0].claim_id))

    ended = shop.do(
        lambda reads, ctx: claiming.reject(reads, other.claim_id, Reject(reason="no"), ctx)
    )

    assert (ended.goods_went, ended.movement_id) == (None, None)


def test_a_claim_is_changed_as_it_was_seen(shop: Shop, claim: LiabilityClaim) -> None:
    acknowledges(shop, claim)
    command = Reject(reason="late")

    with pytest.raises(Stale):
        shop.do(
            lambda reads, ctx: claiming.reject(reads, claim.claim_id, command, ctx),
            by(shop, "ann", version=1),
        )
    with pytest.raises(NotFound, match="liability_claim_not_found"):
        shop.do(lambda reads, ctx: claiming.reject(reads, "lia_none", command, ctx))


def test_no_event_holds_what_a_person_wrote(shop: Shop, claim: LiabilityClaim) -> None:
    command = WriteOff(reason="Mr Smith forgot it", accountable="bo")
    shop.do(lambda reads, ctx: claiming.write_off(reads, claim.claim_id, command, ctx))

    assert "Smith" not in str([e.data for e in shop.store.reads().events(claim.subject)])
