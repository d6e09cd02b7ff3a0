"""Runs of ordinals behave as the sets of ints that they stand for."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import runs
from chalicelib.core.runs import Run, Runs

ordinals = st.sets(st.integers(1, 60), max_size=40)


def ints(some: Runs) -> set[int]:
    return {ordinal for run in some for ordinal in range(run.first, run.last + 1)}


def is_tidy(some: Runs) -> bool:
    """Sorted, without overlaps, neighbours joined."""
    return all(one.last + 1 < other.first for one, other in pairwise(some))


@given(ordinals)
def test_runs_hold_exactly_the_ordinals_they_were_made_of(some: set[int]) -> None:
    made = runs.of_ordinals(some)

    assert ints(made) == some
    assert runs.size(made) == len(some)
    assert is_tidy(made)


@given(ordinals, ordinals)
def test_minus_and_common_are_those_of_sets(one: set[int], other: set[int]) -> None:
    first, second = runs.of_ordinals(one), runs.of_ordinals(other)

    assert ints(runs.minus(first, second)) == one - other
    assert {no for no in range(60) if runs.holds(first, no)} == {no for no in one if no < 60}
    assert ints(runs.common(first, second)) == one & other
    assert is_tidy(runs.minus(first, second))
    assert is_tidy(runs.common(first, second))


@given(ordinals, ordinals)
def test_disjoint_runs_merge_to_their_union(one: set[int], other: set[int]) -> None:
    first, second = runs.of_ordinals(one), runs.of_ordinals(other - one)

    assert runs.merged((*first, *second)) == runs.of_ordinals(one | other)


@given(ordinals, st.data())
def test_the_lowest_and_the_highest_are_those(some: set[int], data: st.DataObject) -> None:
    count = data.draw(st.integers(0, len(some)))

    assert ints(runs.lowest(runs.of_ordinals(some), count)) == set(sorted(some)[:count])
    assert ints(runs.highest(runs.of_ordinals(some), count)) == set(
        sorted(some)[len(some) - count :]
    )


def test_runs_that_overlap_are_never_merged() -> None:
    with pytest.raises(AssertionError, match="overlap"):
        runs.merged((Run(1, 3), Run(3, 1)))


def test_more_units_than_there_are_is_a_fault_of_ours() -> None:
    with pytest.raises(AssertionError, match="more units"):
        runs.lowest((Run(1, 2),), 3)


@pytest.mark.parametrize(("first", "count"), [(0, 1), (1, 0), (-1, 2)])
def test_a_run_counts_from_one_and_is_never_empty(first: int, count: int) -> None:
    with pytest.raises(AssertionError):
        Run(first, count)


def test_runs_are_written_as_people_do() -> None:
    assert runs.as_text(runs.of_ordinals([7, 1, 2, 3])) == "1-3,7"
    assert runs.as_text(()) == ""
