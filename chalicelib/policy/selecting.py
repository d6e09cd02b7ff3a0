"""Finding the rules that decide without asking all of them; what comes out is the same.

A rule is passed over where it could not decide anything: everything that it states is decided, or
a fact has another value than its condition needs. What is about the request as a whole is asked for
its first line only. Rules are bits of a number, the first rule the lowest, so that many are passed
over at once.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.policy.conditions import (
    Comparison,
    Condition,
    Every,
    Facts,
    Holds,
    Operator,
    Value,
    comparisons_in,
    compiled,
)
from chalicelib.policy.document import OUTCOME_FIELDS, Rule
from chalicelib.policy.facts import OF_REQUEST

_OF_REQUEST = OF_REQUEST | {"risk_score"}


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule that is ready to be asked; `asks` are its facts in the order of the condition."""

    rule: Rule
    holds: Holds
    states: Mapping[str, object]
    asks: tuple[str, ...]

    @classmethod
    def of(cls, rule: Rule) -> "CompiledRule":
        stated = rule.then.stated()
        stated.pop("code", None)  # It goes with the refusal, and decides nothing alone.
        compared = () if rule.when is None else comparisons_in(rule.when)
        return cls(
            rule=rule,
            holds=compiled(rule.when),
            states=stated,
            asks=tuple(dict.fromkeys(one.fact for one in compared)),
        )


@dataclass(slots=True)
class Remembered:
    """What is known of a request so far: which rules were asked, and which of them hold."""

    asked: int = 0
    held: int = 0


class Selection:
    """The rules of one version, by what they state and by what they need."""

    def __init__(self, rules: Sequence[CompiledRule]) -> None:
        self.rules = tuple(rules)
        self._stating = dict.fromkeys(OUTCOME_FIELDS, 0)
        self._of_request = 0
        self._always = 0
        by_fact: dict[str, dict[Value, int]] = {}
        choices = [_needs(entry.rule.when) for entry in rules]
        # The fact that tells most rules apart passes over most of them.
        common = Counter(fact for needs in choices for fact in needs)
        for place, (entry, needs) in enumerate(zip(rules, choices, strict=True)):
            bit = 1 << place
            for name in entry.states:
                self._stating[name] |= bit
            if entry.asks and _OF_REQUEST.issuperset(entry.asks):
                self._of_request |= bit
            if not needs:
                self._always |= bit
                continue
            fact = min(needs, key=lambda name: (len(needs[name]), -common[name]))
            values = by_fact.setdefault(fact, {})
            for value in needs[fact]:
                values[value] = values.get(value, 0) | bit
        self._by_fact = tuple(by_fact.items())
        asked = {name for entry in rules for name in entry.asks}
        self._shared = tuple(sorted(asked & OF_REQUEST))

    def remembered(self, lines: Sequence[Facts]) -> Remembered | None:
        """What may be remembered from line to line; None where they are not of one request."""
        told = [tuple(line[name] for name in self._shared) for line in lines]
        return Remembered() if all(one == told[0] for one in told) else None

    def deciding(
        self, facts: Facts, remembered: Remembered | None
    ) -> Iterator[tuple[CompiledRule, dict[str, object]]]:
        """The rules that hold and decide something, in their order, each with what it decides."""
        left = self._always
        for fact, values in self._by_fact:
            left |= values.get(facts[fact], 0)
        of_request = 0 if remembered is None else self._of_request
        undecided = dict(self._stating)
        while left:
            bit = left & -left
            left ^= bit
            entry = self.rules[bit.bit_length() - 1]
            if remembered is not None and bit & of_request:
                if not remembered.asked & bit:
                    remembered.asked |= bit
                    remembered.held |= bit if entry.holds(facts) else 0
                if not remembered.held & bit:
                    continue
            elif not entry.holds(facts):
                continue
            decides = {name: v for name, v in entry.states.items() if name in undecided}
            if not decides:
                continue
            yield entry, decides
            rest = 0
            for name in decides:
                del undecided[name]
            for stating in undecided.values():
                rest |= stating
            left &= rest


def _needs(when: Condition | None) -> dict[str, frozenset[str | bool]]:
    """By fact the values of which it must have one for the condition to hold at all."""
    if isinstance(when, Comparison):
        value = when.value
        if when.operator is Operator.IS and isinstance(value, str | bool):
            return {when.fact: frozenset({value})}
        if when.operator is Operator.IN and isinstance(value, tuple):
            return {when.fact: frozenset(value)}
        return {}
    if not isinstance(when, Every):
        return {}
    found: dict[str, frozenset[str | bool]] = {}
    for part in when.of:
        for fact, values in _needs(part).items():
            found[fact] = found[fact] & values if fact in found else values
    return found
