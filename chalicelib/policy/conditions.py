"""Conditions over facts: data that is checked once, then compiled to plain functions.

A comparison of a fact that is not known is false, whatever it asks; `known` asks just that.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.core.money import Money

Value = bool | int | str | Money | frozenset[str] | None
"""What a fact may be; None: not known."""
Facts = Mapping[str, Value]
Holds = Callable[[Facts], bool]


class Operator(StrEnum):
    IS = "is"
    IS_NOT = "is_not"
    IN = "in"
    NOT_IN = "not_in"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    ABOVE = "above"
    BELOW = "below"
    HAS_ANY = "has_any"
    HAS_ALL = "has_all"
    HAS_NONE = "has_none"
    STARTS_WITH = "starts_with"
    KNOWN = "known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One fact compared with a value; `in` and `has_*` take several."""

    fact: str
    operator: Operator
    value: bool | int | str | Money | tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Every:
    """All of them hold."""

    of: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Some:
    """At least one of them holds."""

    of: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """It does not hold; a comparison of an unknown fact does not, so its Not does."""

    of: "Condition"


Condition = Comparison | Every | Some | Not


def comparisons_in(condition: Condition) -> Iterator[Comparison]:
    """All comparisons, in the order they are written."""
    match condition:
        case Comparison():
            yield condition
        case Every() | Some():
            for part in condition.of:
                yield from comparisons_in(part)
        case Not():
            yield from comparisons_in(condition.of)


def compiled(condition: Condition | None) -> Holds:
    """The condition as a function of facts."""
    match condition:
        case None:
            return lambda _: True
        case Comparison():
            return _test(condition)
        case Every():
            parts = tuple(compiled(part) for part in condition.of)
            if len(parts) == 2:
                first, second = parts
                return lambda facts: first(facts) and second(facts)
            return lambda facts: all(part(facts) for part in parts)
        case Some():
            parts = tuple(compiled(part) for part in condition.of)
            return lambda facts: any(part(facts) for part in parts)
        case Not():
            part = compiled(condition.of)
            return lambda facts: not part(facts)


def _test(test: Comparison) -> Holds:
    name, value = test.fact, test.value
    if test.operator is Operator.KNOWN:
        return lambda facts: (facts[name] is not None) is value
    if isinstance(value, Money):
        return _money_test(name, test.operator, value)
    if isinstance(value, tuple):
        return _several_test(name, test.operator, frozenset(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return _number_test(name, test.operator, value)
    match test.operator:
        case Operator.IS:
            return lambda facts: facts[name] == value
        case Operator.IS_NOT:
            return lambda facts: facts[name] is not None and facts[name] != value
        case Operator.STARTS_WITH:
            return lambda facts: str(facts[name] or "").startswith(str(value))
    raise AssertionError("documents are checked before they are compiled")


def _several_test(name: str, operator: Operator, values: frozenset[str]) -> Holds:
    match operator:
        case Operator.IN:
            return lambda facts: facts[name] in values
        case Operator.NOT_IN:
            return lambda facts: facts[name] is not None and facts[name] not in values
        case Operator.HAS_ANY:
            return lambda facts: not values.isdisjoint(_set(facts[name]))
        case Operator.HAS_ALL:
            return lambda facts: values <= _set(facts[name])
        case Operator.HAS_NONE:
            return lambda facts: facts[name] is not None and values.isdisjoint(_set(facts[name]))
    raise AssertionError("documents are checked before they are compiled")


def _set(value: Value) -> frozenset[str]:
    return value if isinstance(value, frozenset) else frozenset()


_COMPARE: dict[Operator, Callable[[int, int], bool]] = {
    Operator.IS: int.__eq__,
    Operator.IS_NOT: int.__ne__,
    Operator.AT_LEAST: int.__ge__,
    Operator.AT_MOST: int.__le__,
    Operator.ABOVE: int.__gt__,
    Operator.BELOW: int.__lt__,
}


def _number_test(name: str, operator: Operator, value: int) -> Holds:
    compare = _COMPARE[operator]

    def holds(facts: Facts) -> bool:
        known = facts[name]
        return isinstance(known, int) and compare(known, value)

    return holds


def _money_test(name: str, operator: Operator, value: Money) -> Holds:
    """Amounts of another currency are not compared: the test does not hold."""
    compare, currency, minor = _COMPARE[operator], value.currency, value.minor

    def holds(facts: Facts) -> bool:
        known = facts[name]
        if not isinstance(known, Money) or known.currency != currency:
            return False
        return compare(known.minor, minor)

    return holds
