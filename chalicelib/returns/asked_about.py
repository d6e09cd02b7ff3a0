"""Which units of a return a submission or a change is about; all others stay as they are.

While a question is open it is about the units in question, whatever became of the others. Without
one it is about all but those that were cancelled or expired.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count

from chalicelib.core import runs
from chalicelib.core.runs import Run
from chalicelib.policy.verdict import kept_with
from chalicelib.returns.model import Authorization, Return, ReturnLine, UnitGroup
from chalicelib.returns.units import TAKEN_BACK, Where


def needs_info(group: UnitGroup) -> bool:
    return group.authorization is Authorization.NEEDS_INFO


def has_question(ret: Return) -> bool:
    """Whether a question is open: its units are held."""
    return any(needs_info(group) for group in ret.groups())


def asking(ret: Return) -> tuple[ReturnLine, ...]:
    """The lines that a submission is about, each with no other units than those."""
    is_asked = _asked(ret)
    return _narrowed(ret.lines, is_asked)


def decided(ret: Return) -> tuple[ReturnLine, ...]:
    """The lines with units that it is not about, each with no others."""
    is_asked = _asked(ret)
    return _narrowed(ret.lines, lambda group: not is_asked(group))


def decided_before(ret: Return) -> tuple[ReturnLine, ...]:
    """The same lines with what was decided about them, for a return that is to be decided anew."""
    verdicts = {}
    if ret.decision is not None:
        known = ret.decision.facts
        verdicts = {one.line_no: kept_with(one, known) for one in ret.decision.lines}
    return tuple(
        replace(line, verdict=verdicts.get(line.line_no, line.verdict)) for line in decided(ret)
    )


def apart(ret: Return) -> Return:
    """The return with what is asked for anew on lines of its own, where nothing of it is held.

    Units that ended keep their line: what is asked for may get the same ones once more.
    """
    if has_question(ret):
        return ret
    ended = decided(ret)
    numbers = free_numbers(ret.lines)
    busy = {line.line_no for line in ended}
    anew = (
        replace(line, line_no=next(numbers)) if line.line_no in busy else line
        for line in asking(ret)
    )
    return replace(ret, lines=in_order((*ended, *anew)))


def free_numbers(lines: Iterable[ReturnLine]) -> Iterator[str]:
    """The numbers that a further line may have, the lowest first."""
    used = {line.line_no for line in lines}
    return (str(number) for number in count(1) if str(number) not in used)


def in_order(lines: Iterable[ReturnLine]) -> tuple[ReturnLine, ...]:
    """The lines by their numbers."""
    return tuple(sorted(lines, key=lambda line: (len(line.line_no), line.line_no)))


def serials_of(line: ReturnLine, groups: Iterable[UnitGroup]) -> dict[str, str]:
    """The serial numbers of these units of the line."""
    units = runs.merged(run for group in groups for run in group.units)
    return {
        ordinal: serial
        for ordinal, serial in line.serials.items()
        if runs.common(units, (Run(int(ordinal), 1),))
    }


def _asked(ret: Return) -> Where:
    if has_question(ret):
        return needs_info
    return lambda group: group.authorization not in TAKEN_BACK


def _narrowed(lines: Iterable[ReturnLine], where: Where) -> tuple[ReturnLine, ...]:
    narrowed = []
    for line in lines:
        groups = tuple(group for group in line.groups if where(group))
        if groups == line.groups:
            narrowed.append(line)
        elif groups:
            narrowed.append(replace(line, groups=groups, serials=serials_of(line, groups)))
    return tuple(narrowed)
