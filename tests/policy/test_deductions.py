"""What a grade takes off: by ordinals, so that any order of parts comes to the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.money import Money
from chalicelib.core.runs import Run
from chalicelib.orders.value import Paid, value_of_units
from chalicelib.policy.deductions import deducted
from tests.builders import eur

amounts = st.integers(min_value=0, max_value=200_000)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Paid, int, list[int], dict[str, object]]:
    """A line, its units in any order, and a rule."""
    sold = draw(st.integers(min_value=1, max_value=40))
    paid = Paid(net=eur(draw(amounts)), tax=eur(draw(amounts)))
    order = draw(st.permutations(range(1, sold + 1)))
    rule: dict[str, object] = draw(
        st.one_of(
            st.integers(min_value=0, max_value=10_000).map(lambda parts: {"parts": parts}),
            amounts.map(lambda minor: {"per_unit": eur(minor)}),
        )
    )
    return paid, sold, list(order), rule


@given(cases())
def test_any_partial_inspections_come_to_what_one_of_everything_does(
    case: tuple[Paid, int, list[int], dict[str, object]],
) -> None:
    paid, sold, order, rule = case

    each = [deducted(paid, sold, (Run(no, 1),), **rule) for no in order]  # type: ignore[arg-type]  # one of the rules

    whole = deducted(paid, sold, (Run(1, sold),), **rule)  # type: ignore[arg-type]  # as above
    assert Money.total(each, "EUR") == whole


@given(cases())
def test_no_unit_loses_more_than_was_paid_for_it_and_none_gains(
    case: tuple[Paid, int, list[int], dict[str, object]],
) -> None:
    paid, sold, order, rule = case

    for no in order:
        taken = deducted(paid, sold, (Run(no, 1),), **rule)  # type: ignore[arg-type]  # one of the rules
        assert eur(0) <= taken <= value_of_units(paid, sold, (Run(no, 1),)).total


def test_all_of_it_may_be_taken() -> None:
    paid = Paid(net=eur(1001), tax=eur(190))

    assert deducted(paid, 3, (Run(1, 3),), parts=10_000) == eur(1191)


@pytest.mark.parametrize(("minor", "taken"), [(100, 200), (333, 666), (334, 667), (900, 667)])
def test_an_amount_is_taken_of_each_unit_up_to_its_own_value(minor: int, taken: int) -> None:
    paid = Paid(net=eur(1000), tax=eur(0))  # units of 333, 334 and 333

    assert deducted(paid, 3, (Run(1, 2),), per_unit=eur(minor)) == eur(taken)


def test_an_amount_in_another_currency_is_not_taken() -> None:
    paid = Paid(net=eur(1000), tax=eur(0))

    assert deducted(paid, 1, (Run(1, 1),), per_unit=Money(500, "USD")) == eur(0)
