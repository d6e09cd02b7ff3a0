"""What a payment counts of the legs that go back to it, whatever becomes of them."""

from dataclasses import replace

import pytest

from chalicelib.settlement.legs import cancelled, frozen, thawed
from chalicelib.settlement.model import (
    BESIDE,
    DISPUTED,
    FAILED_LATER,
    WRITTEN_OFF,
    Leg,
    LegState,
)
from chalicelib.settlement.payments import with_legs, with_pending
from tests.builders import eur, line, order, payment

LEG = Leg(
    payment_id="card",
    provider="sandbox",
    provider_ref=None,
    amount=eur(7_00),
    state=LegState.PROCESSING,
    key="stl_1_2:card:1",
)
KEPT, BACK, FREE = (7_00, 0), (0, 7_00), (0, 0)
COUNTED = [
    (replace(LEG, state=LegState.HELD), KEPT),
    (LEG, KEPT),
    (replace(LEG, state=LegState.UNKNOWN), KEPT),
    (replace(LEG, state=LegState.MANUAL), KEPT),
    (replace(LEG, state=LegState.PAID), BACK),
    (replace(LEG, state=LegState.DECLINED), FREE),
    (cancelled(LEG, WRITTEN_OFF), FREE),
    (frozen(replace(LEG, state=LegState.PAID), FAILED_LATER), KEPT),
    (frozen(replace(LEG, state=LegState.HELD), DISPUTED), KEPT),
    (frozen(replace(LEG, state=LegState.MANUAL), DISPUTED), KEPT),
    (frozen(replace(LEG, state=LegState.DECLINED), DISPUTED), FREE),
    (replace(LEG, payment_id=BESIDE), FREE),
]


@pytest.mark.parametrize(("leg", "counted"), COUNTED)
def test_a_leg_counts_as_under_way_as_given_back_or_not_at_all(
    leg: Leg, counted: tuple[int, int]
) -> None:
    sold = order(line(price=10_00))

    after = with_pending(sold, (leg,)).payments[0]

    assert (after.pending.minor, after.refunded_by_us.minor) == counted


@pytest.mark.parametrize("before", [leg for leg, _ in COUNTED])
@pytest.mark.parametrize(("after", "counted"), COUNTED)
def test_wherever_a_leg_comes_from_its_payment_counts_it_as_it_is(
    before: Leg, after: Leg, counted: tuple[int, int]
) -> None:
    other = payment("other", 10_00)
    sold = order(line(price=10_00), payments=(payment("card", 10_00), other))

    card, untouched = with_legs(with_pending(sold, (before,)), (before,), (after,)).payments

    assert (card.pending.minor, card.refunded_by_us.minor) == counted
    assert untouched == other


def test_several_legs_of_a_payment_count_together() -> None:
    sold = order(line(price=20_00))

    card = with_pending(sold, (LEG, LEG, replace(LEG, state=LegState.PAID, amount=eur(1)))).payments

    assert (card[0].pending, card[0].refunded_by_us) == (eur(14_00), eur(1))


def test_a_frozen_leg_knows_what_it_was() -> None:
    waiting = replace(LEG, state=LegState.MANUAL)

    assert thawed(frozen(waiting, DISPUTED)) == waiting
