"""Legs drain the payments in their order, never above what is left, and nothing gets lost."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.money import Money
from chalicelib.orders.model import Payment
from chalicelib.settlement.model import LegState
from chalicelib.settlement.planning import owed_now, planned
from tests.builders import NOW, Shop, eur, line, order, owing, payment

captures = st.integers(0, 10_000)


def payments() -> st.SearchStrategy[list[Payment]]:
    def build(rows: list[tuple[int, int, int, int]]) -> list[Payment]:
        return [
            replace(
                payment(f"p{place}", captured),
                refunded=eur(refunded),
                refunded_by_us=eur(ours),
                pending=eur(pending),
            )
            for place, (captured, refunded, ours, pending) in enumerate(rows)
        ]

    return st.lists(st.tuples(captures, captures, captures, captures), max_size=5).map(build)


@given(st.integers(0, 40_000), payments())
def test_legs_never_exceed_what_is_refundable_and_with_the_shortfall_make_what_is_owed(
    owed: int, by: list[Payment]
) -> None:
    ret = owing(owed)
    sold = order(line(), payments=tuple(by))

    plan = planned(ret, sold, "stl_1_1", by="a", now=NOW)

    refundable = {p.payment_id: p.refundable for p in by}
    assert all(Money.zero("EUR") < leg.amount <= refundable[leg.payment_id] for leg in plan.legs)
    assert Money.total((leg.amount for leg in plan.legs), "EUR") + plan.shortfall == plan.amount
    assert plan.amount == eur(owed)
    assert plan.shortfall.minor >= 0
    assert len({leg.key for leg in plan.legs}) == len(plan.legs)


@given(st.integers(1, 40_000), payments())
def test_a_payment_is_drained_before_the_next_one_is_touched(owed: int, by: list[Payment]) -> None:
    plan = planned(owing(owed), order(line(), payments=tuple(by)), "stl_1_1", by="a", now=NOW)

    taken = {leg.payment_id: leg.amount for leg in plan.legs}
    names = [p.payment_id for p in by if p.refundable]
    for place, name in enumerate(names):
        if any(later in taken for later in names[place + 1 :]):
            refundable = next(p.refundable for p in by if p.payment_id == name)
            assert taken[name] == refundable
    if plan.shortfall:
        assert sum(p.refundable.minor for p in by) == owed - plan.shortfall.minor


def test_manual_payments_wait_for_a_person(shop: Shop) -> None:
    by = (payment("bank", 10_00, provider="manual"),)

    plan = planned(owing(10_00), order(line(), payments=by), "stl_1_1", by="a", now=NOW)

    assert [leg.state for leg in plan.legs] == [LegState.MANUAL]


def test_nothing_is_owed_before_anything_is_accepted(shop: Shop) -> None:
    shop.sells(order(line()))
    ret = shop.asks()

    owed = owed_now(ret, shop.store.reads().order("O-1"))
    assert (owed.lines, owed.amount) == ((), eur(0))
