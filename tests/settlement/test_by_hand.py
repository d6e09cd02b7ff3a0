"""What was asked for instead of money is given by a person, and never paid out by a provider."""

import pytest

from chalicelib.core.money import Money
from chalicelib.returns.model import Resolution, Return
from chalicelib.settlement import booking
from chalicelib.settlement.model import LegState, Settlement, SettlementState
from chalicelib.tasks.model import TaskKind, task_id_for
from tests.builders import Shop, eur, item, line, order, passed, payment, wish
from tests.fakes import FakeProvider


def accepted(shop: Shop, *wanted: Resolution) -> Return:
    """A return with one unit of 10.00 for each wish, received and found good."""
    lines = [line(str(no)) for no in range(1, len(wanted) + 1)]
    shop.sells(order(*lines, payments=(payment("card", 10_00 * len(lines)),)))
    wishes = [
        wish(line_no=str(no), resolution=one, reason="QUALITY_DEFECT")
        for no, one in enumerate(wanted, start=1)
    ]
    ret = shop.approves(shop.asks("O-1", *wishes))
    shop.receives(ret, *(item(f"SKU-{no}") for no in range(1, len(lines) + 1)))
    return shop.inspects(ret, *(passed(line_no=str(no)) for no in range(1, len(lines) + 1)))


def started(shop: Shop, ret: Return) -> Settlement:
    after = shop.do(lambda reads, context: booking.start(reads, ret.return_id, context))
    return after.settlements[-1]


@pytest.mark.parametrize("wanted", [Resolution.STORE_CREDIT, Resolution.REPAIR])
def test_no_provider_is_asked_for_what_is_given_by_hand(
    shop: Shop, provider: FakeProvider, wanted: Resolution
) -> None:
    settlement = started(shop, accepted(shop, wanted))

    (leg,) = settlement.legs
    assert (leg.state, leg.provider, leg.amount) == (LegState.MANUAL, "manual", eur(10_00))
    assert provider.sent == []
    assert settlement.state is SettlementState.MANUAL


def test_with_its_proof_it_is_settled_and_counts_against_the_payment(shop: Shop) -> None:
    ret = accepted(shop, Resolution.STORE_CREDIT)
    settlement = started(shop, ret)

    done = shop.confirms(settlement, "card", "voucher 4711")

    assert done.settlements[-1].state is SettlementState.SETTLED
    sold = shop.store.reads().order("O-1")
    assert sold is not None
    (paid,) = sold.payments
    assert (paid.refundable, paid.refunded_by_us) == (Money.zero("EUR"), eur(10_00))


def test_money_goes_back_first_and_the_rest_is_settled_apart(shop: Shop) -> None:
    ret = accepted(shop, Resolution.STORE_CREDIT, Resolution.REFUND)

    money, by_hand = started(shop, ret), started(shop, ret)

    assert [part.line_no for part in money.lines] == ["2"]
    assert [leg.state for leg in money.legs] == [LegState.PROCESSING]
    assert [part.line_no for part in by_hand.lines] == ["1"]
    assert [leg.state for leg in by_hand.legs] == [LegState.MANUAL]


def test_somebody_has_to_give_it(shop: Shop) -> None:
    ret = accepted(shop, Resolution.REPAIR)

    settlement = started(shop, ret)

    (group,) = shop.now_is(ret).groups()
    assert group.settlement is SettlementState.MANUAL
    occasion = f"{settlement.settlement_id}-started"
    task = shop.store.reads().task(task_id_for(TaskKind.PAYMENT, ret.subject, occasion))
    assert task is not None
