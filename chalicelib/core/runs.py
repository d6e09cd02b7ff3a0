"""Runs of unit ordinals: which units of a line, kept as few (first, count) pairs however many."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Run:
    """Units first .. first+count−1 of a line, counted from 1."""

    first: int
    count: int

    @property
    def last(self) -> int:
        return self.first + self.count - 1

    def __post_init__(self) -> None:
        assert self.first >= 1, "ordinals count from 1"
        assert self.count >= 1, "a run is never empty"


Runs = tuple[Run, ...]


def size(runs: Iterable[Run]) -> int:
    """How many units."""
    return sum(run.count for run in runs)


def merged(runs: Iterable[Run]) -> Runs:
    """Sorted, neighbours joined. The runs must not overlap."""
    joined: list[Run] = []
    for run in sorted(runs):
        if joined:
            assert joined[-1].last < run.first, "runs overlap"
            if joined[-1].last + 1 == run.first:
                joined[-1] = Run(joined[-1].first, joined[-1].count + run.count)
                continue
        joined.append(run)
    return tuple(joined)


def minus(runs: Iterable[Run], taken: Iterable[Run]) -> Runs:
    """What is left of `runs` without the units of `taken`."""
    left: list[Run] = []
    holes, place = sorted(taken), 0
    for run in sorted(runs):
        while place < len(holes) and holes[place].last < run.first:
            place += 1
        first, here = run.first, place
        while here < len(holes) and holes[here].first <= run.last:
            hole, here = holes[here], here + 1
            if first < hole.first:
                left.append(Run(first, hole.first - first))
            first = max(first, hole.last + 1)
        if first <= run.last:
            left.append(Run(first, run.last - first + 1))
    return tuple(left)


def common(runs: Iterable[Run], others: Iterable[Run]) -> Runs:
    """The units in both."""
    runs = tuple(runs)
    return minus(runs, minus(runs, others))


def holds(runs: Runs, ordinal: int) -> bool:
    """Whether this unit is among them; the runs are sorted."""
    place = bisect_right(runs, ordinal, key=_first)
    return place > 0 and ordinal <= runs[place - 1].last


def _first(run: Run) -> int:
    return run.first


def lowest(runs: Iterable[Run], count: int) -> Runs:
    """The `count` lowest units; there must be as many."""
    picked: list[Run] = []
    for run in sorted(runs):
        if count == 0:
            break
        part = Run(run.first, min(run.count, count))
        picked.append(part)
        count -= part.count
    assert count == 0, "more units were asked for than there are"
    return tuple(picked)


def highest(runs: Iterable[Run], count: int) -> Runs:
    """The `count` highest units; there must be as many."""
    runs = tuple(runs)
    return minus(runs, lowest(runs, size(runs) - count))


def as_text(runs: Iterable[Run]) -> str:
    """`1-3,7`, as people and events write it."""
    return ",".join(
        str(run.first) if run.count == 1 else f"{run.first}-{run.last}" for run in sorted(runs)
    )


def of_ordinals(ordinals: Iterable[int]) -> Runs:
    """The runs that hold exactly these ordinals (each named once)."""
    return merged(Run(ordinal, 1) for ordinal in ordinals)
