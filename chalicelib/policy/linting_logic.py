"""Whether a condition can hold: exact within a written limit of effort, and never a guess.

Every comparison asks one fact. So of each fact it is enough to try one value of every kind that its
comparisons tell apart (the words that are named, and one that is not; the numbers at each border
and beside it), and to search among those. What a comparison means is asked of conditions.py.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from chalicelib.core.money import Money
from chalicelib.policy.conditions import (
    Comparison,
    Condition,
    Every,
    Facts,
    Holds,
    Not,
    Operator,
    Some,
    Value,
    compiled,
)
from chalicelib.policy.facts import FACTS, FactKind
from chalicelib.policy.vocabulary import Domains, Range

EFFORT_MAX = 600_000
"""Steps for one document: about a second."""
KINDS_OF_SETS_MAX = 2_000
"""Of so many kinds of sets at most one is tried each."""


class TooHard(Exception):
    """The search was given up: nothing is known about the condition."""


@dataclass(slots=True)
class Effort:
    """How many steps may still be taken; the same document always takes the same."""

    left: int

    def spend(self, steps: int = 1) -> None:
        self.left -= steps
        if self.left < 0:
            raise TooHard


@dataclass(frozen=True, slots=True)
class _Literal:
    """One comparison, or that it does not hold."""

    comparison: Comparison
    is_wanted: bool


@dataclass(frozen=True, slots=True)
class _All:
    of: "tuple[_Formula, ...]"


@dataclass(frozen=True, slots=True)
class _Any:
    of: "tuple[_Formula, ...]"


_Formula = _Literal | _All | _Any | bool
_Truths = Mapping[Comparison, bool]


@dataclass(slots=True)
class Logic:
    """Answers about the conditions of one document."""

    domains: Domains = field(default_factory=Domains)
    effort: Effort = field(default_factory=lambda: Effort(EFFORT_MAX))
    _tests: dict[Comparison, Holds] = field(default_factory=dict)

    def example(
        self, holding: Iterable[Condition], failing: Iterable[Condition] = ()
    ) -> dict[str, Value] | None:
        """Facts under which all of `holding` hold and none of `failing`; None: there are none.

        Raises TooHard.
        """
        parts = [_formula(one, is_wanted=True) for one in holding]
        parts += [_formula(one, is_wanted=False) for one in failing]
        found = self._search(_joined(parts), self._values(parts))
        return None if found is None else {**dict.fromkeys(FACTS), **found}

    def can_hold(self, *conditions: Condition) -> bool:
        """Whether all can hold at once; what is too hard to tell may."""
        try:
            return self.example(conditions) is not None
        except TooHard:
            return True

    def always_holds(self, condition: Condition) -> bool:
        """Whether no facts, known or not, make it fail."""
        try:
            return self.example((), (condition,)) is None
        except TooHard:
            return False

    def implies(self, narrow: Condition, wide: Condition) -> bool:
        """Whether `wide` surely holds where `narrow` does; False where that was too hard to see."""
        try:
            return self.example((narrow,), (wide,)) is None
        except TooHard:
            return False

    def _search(
        self, formula: _Formula, values: Mapping[str, Sequence[Value]]
    ) -> dict[str, Value] | None:
        if isinstance(formula, bool):
            return {} if formula else None
        open_ones = [*_comparisons(formula)]
        fact = open_ones[0].fact
        asked = tuple(dict.fromkeys(c for c in open_ones if c.fact == fact))
        tried: set[tuple[bool, ...]] = set()
        for value in values[fact]:
            self.effort.spend(len(asked))
            truths = self._truths(asked, fact, value)
            kind = tuple(truths.values())
            if kind in tried:
                continue
            tried.add(kind)
            self.effort.spend(len(open_ones))
            found = self._search(_reduced(formula, truths), values)
            if found is not None:
                return {fact: value, **found}
        return None

    def _truths(
        self, asked: Sequence[Comparison], fact: str, value: Value
    ) -> dict[Comparison, bool]:
        facts: Facts = {fact: value}
        return {comparison: self._test(comparison)(facts) for comparison in asked}

    def _test(self, comparison: Comparison) -> Holds:
        if comparison not in self._tests:
            self._tests[comparison] = compiled(comparison)
        return self._tests[comparison]

    def _values(self, parts: Iterable[_Formula]) -> dict[str, list[Value]]:
        by_fact: dict[str, list[Comparison]] = {}
        for part in parts:
            for comparison in _comparisons(part):
                by_fact.setdefault(comparison.fact, []).append(comparison)
        return {
            fact: [*self._values_of(fact, tuple(dict.fromkeys(asked))), None]
            for fact, asked in by_fact.items()
        }

    def _values_of(self, fact: str, asked: Sequence[Comparison]) -> Iterable[Value]:
        match FACTS[fact].kind:
            case FactKind.TEXT:
                closed = self.domains.words.get(fact)
                return closed if closed is not None else _texts(asked)
            case FactKind.NUMBER:
                return _numbers(asked, self.domains.numbers.get(fact, Range()))
            case FactKind.MONEY:
                return _amounts(asked)
            case FactKind.YES_NO:
                return (True, False)
            case FactKind.SET:
                return _sets(asked, self.effort)


def _formula(condition: Condition, *, is_wanted: bool) -> _Formula:
    match condition:
        case Comparison():
            return _Literal(condition, is_wanted)
        case Not():
            return _formula(condition.of, is_wanted=not is_wanted)
        case Every() | Some():
            parts = [_formula(part, is_wanted=is_wanted) for part in condition.of]
            return _joined(parts) if isinstance(condition, Every) is is_wanted else _either(parts)


def _joined(parts: Sequence[_Formula]) -> _Formula:
    """All of them, as plainly as can be said: literals first, for they leave the least choice."""
    if any(part is False for part in parts):
        return False
    open_parts = [part for part in parts if part is not True]
    if not open_parts:
        return True
    open_parts.sort(key=lambda part: not isinstance(part, _Literal))
    return open_parts[0] if len(open_parts) == 1 else _All(tuple(open_parts))


def _either(parts: Sequence[_Formula]) -> _Formula:
    if any(part is True for part in parts):
        return True
    open_parts = [part for part in parts if part is not False]
    if not open_parts:
        return False
    return open_parts[0] if len(open_parts) == 1 else _Any(tuple(open_parts))


def _reduced(formula: _Formula, truths: _Truths) -> _Formula:
    """What is left to be settled once these comparisons are."""
    match formula:
        case _Literal():
            known = truths.get(formula.comparison)
            return formula if known is None else known is formula.is_wanted
        case _All():
            return _joined([_reduced(part, truths) for part in formula.of])
        case _Any():
            return _either([_reduced(part, truths) for part in formula.of])
        case _:
            return formula


def _comparisons(formula: _Formula) -> Iterator[Comparison]:
    match formula:
        case _Literal():
            yield formula.comparison
        case _All() | _Any():
            for part in formula.of:
                yield from _comparisons(part)


def _named(asked: Iterable[Comparison], *operators: Operator) -> list[str]:
    found: dict[str, None] = {}
    for comparison in asked:
        if not operators or comparison.operator in operators:
            value = comparison.value
            words = value if isinstance(value, tuple) else (value,)
            found.update((word, None) for word in words if isinstance(word, str))
    return list(found)


def _texts(asked: Sequence[Comparison]) -> Iterator[str]:
    """Each word that is named; and of the rest one for every beginning, and one for none."""
    named = _named(asked)
    other = _unnamed(named)
    yield from named
    yield from (f"{begin}{other}" for begin in _named(asked, Operator.STARTS_WITH))
    yield other


def _unnamed(named: Iterable[str]) -> str:
    """A sign that no word begins with, nor goes on with."""
    used = set("".join(named))
    return next(sign for sign in map(chr, range(0x2020, 0x10FFFF)) if sign not in used)


def _numbers(asked: Sequence[Comparison], limits: Range) -> list[int]:
    """Each number that is named, and both beside it, as far as the fact can be so."""
    named = sorted(
        {
            comparison.value
            for comparison in asked
            if isinstance(comparison.value, int) and not isinstance(comparison.value, bool)
        }
    )
    near = [*named, *(one + 1 for one in named), *(one - 1 for one in named)]
    low, high = limits.lowest, limits.highest
    near += [one for one in (low, high) if one is not None] or [0]
    return [
        one
        for one in dict.fromkeys(near)
        if (low is None or one >= low) and (high is None or one <= high)
    ]


def _amounts(asked: Sequence[Comparison]) -> list[Money]:
    """As with numbers, in each currency that is named and in one that is not; none is negative."""
    by_currency: dict[str, set[int]] = {}
    for comparison in asked:
        if isinstance(comparison.value, Money):
            minor = comparison.value.minor
            near = {minor, minor + 1, minor - 1, 0}
            by_currency.setdefault(comparison.value.currency, set()).update(near)
    found = [
        Money(minor, currency)
        for currency, minors in by_currency.items()
        for minor in sorted(minors, reverse=True)
        if minor >= 0
    ]
    # ISO 4217 keeps XXX for what is in no currency.
    return [*found, Money(0, "XXX")]


def _sets(asked: Sequence[Comparison], effort: Effort) -> list[Value]:
    """Words that are named together everywhere count alike: none, some or all of them are there."""
    patterns: dict[tuple[bool, ...], list[str]] = {}
    members = [frozenset(_named([comparison])) for comparison in asked]
    for word in _named(asked):
        patterns.setdefault(tuple(word in member for member in members), []).append(word)
    choices = [
        [frozenset(group), frozenset(group[:1]), frozenset[str]()]
        if len(group) > 1
        else [frozenset(group), frozenset[str]()]
        for group in patterns.values()
    ]
    count = 1
    for choice in choices:
        count *= len(choice)
        if count > KINDS_OF_SETS_MAX:
            raise TooHard
    effort.spend(count)
    return [frozenset[str]().union(*chosen) for chosen in product(*choices)]
