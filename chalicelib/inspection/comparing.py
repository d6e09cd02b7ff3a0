"""How far two inspectors agree about the same units. Pure.

Units with serial numbers are compared one by one. Of the others nobody knows which is which: those
that were seen alike are paired first, the rest from the best grade to the worst.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.core import runs
from chalicelib.core.runs import Runs
from chalicelib.inspection.second_records import Comparison, GradePair
from chalicelib.returns.inspection_records import InspectedGroup
from chalicelib.returns.model import FaultParty, Grade, InspectionResult, Return


@dataclass(frozen=True, slots=True, order=True)
class Verdict:
    """What is compared of a unit."""

    grade: Grade
    result: InspectionResult
    fault: FaultParty
    defects: tuple[str, ...]

    @classmethod
    def of(cls, group: InspectedGroup) -> "Verdict":
        return cls(group.grade, group.result, group.fault, tuple(sorted(set(group.defects))))


Pairs = Counter[tuple[Verdict, Verdict]]


def compared(
    ret: Return,
    line_units: Mapping[str, Runs],
    first: Sequence[InspectedGroup],
    second: Sequence[InspectedGroup],
) -> Comparison:
    """The agreement about these units, each counted once."""
    pairs: Pairs = Counter()
    for line_no, units in line_units.items():
        ordinals = _ordinals(ret, line_no)
        pairs.update(_of_line(units, _about(line_no, first), _about(line_no, second), ordinals))
    return _summed(pairs)


def _about(line_no: str, groups: Sequence[InspectedGroup]) -> list[InspectedGroup]:
    return [group for group in groups if group.line_no == line_no]


def _ordinals(ret: Return, line_no: str) -> dict[str, int]:
    line = ret.line(line_no)
    return {} if line is None else {serial: int(no) for no, serial in line.serials.items()}


def _of_line(
    units: Runs,
    first: Sequence[InspectedGroup],
    second: Sequence[InspectedGroup],
    ordinals: Mapping[str, int],
) -> Pairs:
    pairs: Pairs = Counter()
    named: list[int] = []
    rest: Counter[Verdict] = Counter()
    for group in second:
        own = sorted({ordinals[one] for one in group.serials if one in ordinals})
        for ordinal in own:
            pairs.update({(_verdict_on(ordinal, first), Verdict.of(group)): 1})
        named += own
        rest[Verdict.of(group)] += group.quantity - len(own)
    unnamed = runs.minus(units, runs.of_ordinals(sorted(named)))
    before: Counter[Verdict] = Counter()
    for group in first:
        before[Verdict.of(group)] += runs.size(runs.common(group.units, unnamed))
    pairs.update(_paired(before, rest))
    return pairs


def _verdict_on(ordinal: int, groups: Sequence[InspectedGroup]) -> Verdict:
    return next(Verdict.of(group) for group in groups if runs.holds(group.units, ordinal))


def _paired(first: Counter[Verdict], second: Counter[Verdict]) -> Pairs:
    alike = first & second
    pairs: Pairs = Counter({(one, one): count for one, count in alike.items()})
    for pair in zip(_each(first - alike), _each(second - alike), strict=False):
        pairs[pair] += 1
    return pairs


def _each(verdicts: Counter[Verdict]) -> Iterator[Verdict]:
    for one in sorted(verdicts):
        for _ in range(verdicts[one]):
            yield one


def _summed(pairs: Pairs) -> Comparison:
    grades: Counter[tuple[Grade, Grade]] = Counter()
    alike = dict.fromkeys(("agreed", "grade", "result", "fault", "defects"), 0)
    for (one, other), count in pairs.items():
        grades[one.grade, other.grade] += count
        alike["agreed"] += count * (one == other)
        alike["grade"] += count * (one.grade is other.grade)
        alike["result"] += count * (one.result is other.result)
        alike["fault"] += count * (one.fault is other.fault)
        alike["defects"] += count * (one.defects == other.defects)
    found = tuple(
        GradePair(first=first, second=second, units=count)
        for (first, second), count in sorted(grades.items())
        if count
    )
    return Comparison(units=sum(pairs.values()), pairs=found, **alike)
