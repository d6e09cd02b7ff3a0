"""What is wrong with a condition: unknown facts and words, wrong values, that it never holds."""

from collections.abc import Iterator, Sequence

from chalicelib.core.errors import FieldError
from chalicelib.core.money import Money
from chalicelib.policy.conditions import (
    Comparison,
    Condition,
    Every,
    Not,
    Operator,
    Some,
    comparisons_in,
)
from chalicelib.policy.facts import FACTS, OPERATORS, FactKind
from chalicelib.policy.linting_logic import Logic
from chalicelib.policy.linting_places import At, listed, meant, said
from chalicelib.policy.vocabulary import MEANT_COUNTRY, OFFERED, is_country

COMPARISONS_MAX = 40
DEPTH_MAX = 6
_FINDINGS_MAX = 50


def condition_faults(condition: Condition, at: At, logic: Logic) -> list[FieldError]:
    """Every fault of its comparisons; and where there is none, that it can never hold."""
    if _depth_reaches(condition, DEPTH_MAX + 1):
        message = f"A condition has at most {DEPTH_MAX} levels of all, any and not."
        return [at.finding("condition_too_deep", message)]
    count = sum(1 for _ in comparisons_in(condition))
    if count > COMPARISONS_MAX:
        message = (
            f"{count} comparisons; a condition has at most {COMPARISONS_MAX}. "
            "Use in and not_in for many words, or several rules."
        )
        return [at.finding("condition_too_long", message)]
    return [*_shape_faults(condition, at)] or [*never_holding(condition, at, logic)][:_FINDINGS_MAX]


def _depth_reaches(condition: Condition, levels: int) -> bool:
    if levels <= 1:
        return True
    match condition:
        case Comparison():
            return False
        case Not():
            return _depth_reaches(condition.of, levels - 1)
        case Every() | Some():
            return any(_depth_reaches(part, levels - 1) for part in condition.of)


def parts_of(condition: Every | Some | Not, at: At) -> list[tuple[Condition, At]]:
    """What it joins, with the places of each."""
    if isinstance(condition, Not):
        return [(condition.of, at / "not")]
    name = "all" if isinstance(condition, Every) else "any"
    return [(part, at / name / place) for place, part in enumerate(condition.of)]


def _shape_faults(condition: Condition, at: At) -> Iterator[FieldError]:
    if isinstance(condition, Comparison):
        yield from _comparison_faults(condition, at)
        return
    parts = parts_of(condition, at)
    if not parts:
        name = "all" if isinstance(condition, Every) else "any"
        yield (at / name).finding("empty_condition", "It lists nothing; leave `when` out instead.")
    for part, place in parts:
        yield from _shape_faults(part, place)


def _comparison_faults(comparison: Comparison, at: At) -> Iterator[FieldError]:
    name, operator = comparison.fact, comparison.operator
    fact = FACTS.get(name)
    if fact is None:
        message = f"There is no fact {name!r}.{meant(name, FACTS)}"
        yield (at / "fact").finding("unknown_fact", message)
        return
    place = at / operator.value
    if operator not in OPERATORS[fact.kind]:
        kind = _KIND_WORDS[fact.kind]
        can = listed(one.value for one in Operator if one in OPERATORS[fact.kind])
        message = f"{name} is {kind}, which cannot be asked {operator.value}; it can: {can}."
        yield place.finding("operator_not_for_fact", message)
        return
    wanted = _wanted(operator, fact.kind)
    if not _is_right_value(comparison, fact.kind):
        message = f"{name} {operator.value} needs {wanted}, not {_shown(comparison.value)}."
        yield place.finding("wrong_value", message)
        return
    yield from _word_faults(comparison, place)


def _word_faults(comparison: Comparison, place: At) -> Iterator[FieldError]:
    """Words that the fact never is; each points at itself where several are listed."""
    if comparison.operator is Operator.STARTS_WITH or comparison.operator is Operator.KNOWN:
        return
    value = comparison.value
    if isinstance(value, str):
        words: Sequence[tuple[str, At]] = [(value, place)]
    elif isinstance(value, tuple):
        words = [(word, place / number) for number, word in enumerate(value)]
    else:
        return
    for word, where in words:
        message = _unknown_word(comparison.fact, word)
        if message:
            yield where.finding("unknown_word", message)


def _unknown_word(fact: str, word: str) -> str | None:
    if fact == "region":
        if is_country(word):
            return None
        near = MEANT_COUNTRY.get(word) or MEANT_COUNTRY.get(word.upper())
        near = near or (word.upper() if is_country(word.upper()) else None)
        hint = f" Did you mean {near}?" if near else ""
        return (
            f"No region is {word!r}: regions are ISO 3166-1 alpha-2 codes such as DE or CN.{hint}"
        )
    offered = OFFERED.get(fact)
    if offered is None or word in offered:
        return None
    if fact == "currency":
        return f"No currency is {word!r}: currencies are ISO 4217 codes.{meant(word, offered)}"
    return f"{fact} is never {word!r}: it is {listed(offered)}.{meant(word, offered)}"


_KIND_WORDS = {
    FactKind.TEXT: "a text",
    FactKind.NUMBER: "a whole number",
    FactKind.MONEY: "an amount",
    FactKind.YES_NO: "true or false",
    FactKind.SET: "a list of texts",
}


def _wanted(operator: Operator, kind: FactKind) -> str:
    if operator is Operator.KNOWN or kind is FactKind.YES_NO:
        return "true or false"
    if operator in (Operator.IN, Operator.NOT_IN) or kind is FactKind.SET:
        return "a list of at least one text"
    return {
        FactKind.NUMBER: "a whole number without quotes",
        FactKind.MONEY: 'an amount such as {"amount": "10.00", "currency": "EUR"}',
    }.get(kind, "a text")


def _shown(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Money():
            return f"the amount {value.amount} {value.currency}"
        case tuple():
            return "a list" if value else "an empty list"
        case str():
            return f"the text {value[:40]!r}"
        case _:
            return f"the number {value}"


def _is_right_value(comparison: Comparison, kind: FactKind) -> bool:
    value = comparison.value
    if comparison.operator is Operator.KNOWN or kind is FactKind.YES_NO:
        return isinstance(value, bool)
    if comparison.operator in (Operator.IN, Operator.NOT_IN) or kind is FactKind.SET:
        return isinstance(value, tuple) and bool(value) and all(isinstance(v, str) for v in value)
    match kind:
        case FactKind.NUMBER:
            return isinstance(value, int) and not isinstance(value, bool)
        case FactKind.MONEY:
            return isinstance(value, Money)
        case _:
            return isinstance(value, str)


def never_holding(condition: Condition, at: At, logic: Logic) -> Iterator[FieldError]:
    """That no facts make it hold, pointing at the smallest part of which that is true."""
    if logic.can_hold(condition):
        return
    match condition:
        case Comparison():
            message = f"{said(condition)} never holds{_because(condition, logic)}."
            yield (at / condition.operator.value).finding("never_matches", message)
        case Not():
            message = f"It never holds, because {said(condition.of)} always does."
            yield (at / "not").finding("never_matches", message)
        case Some():
            for part, place in parts_of(condition, at):
                yield from never_holding(part, place, logic)
        case Every():
            alone = [
                found
                for part, place in parts_of(condition, at)
                for found in never_holding(part, place, logic)
            ]
            yield from alone or [_excluding(condition, at, logic)]


def _because(comparison: Comparison, logic: Logic) -> str:
    limits = logic.domains.numbers.get(comparison.fact)
    if limits is not None:
        if comparison.fact == "risk_score":
            return f": the signals of this policy add up to {limits.words()}"
        return f": {comparison.fact} is {limits.words()}"
    if isinstance(comparison.value, Money):
        return f": {comparison.fact} is never negative"
    words = logic.domains.words.get(comparison.fact)
    return f": {comparison.fact} is {listed(words)}" if words else ""


def _excluding(condition: Every, at: At, logic: Logic) -> FieldError:
    """The fewest of its parts that exclude each other already."""
    needed = [*condition.of]
    for part in condition.of:
        fewer = [one for one in needed if one is not part]
        if not logic.can_hold(*fewer):
            needed = fewer
    message = f"It never holds: {' and '.join(said(part) for part in needed)} exclude each other."
    return (at / "all").finding("never_matches", message)


def needless_parts(condition: Condition, at: At, logic: Logic) -> Iterator[FieldError]:
    """What holds always, or never while the rest can: it may be left out."""
    if logic.always_holds(condition):
        message = f"{said(condition)} always holds; leave it out."
        yield at.finding("always_holds", message)
        return
    match condition:
        case Comparison():
            yield from _says_only_known(condition, at, logic)
        case Not():
            yield from needless_parts(condition.of, at / "not", logic)
        case Every() | Some():
            for part, place in parts_of(condition, at):
                if logic.can_hold(part):
                    yield from needless_parts(part, place, logic)
                else:
                    message = f"{said(part)} never holds; this part may be left out."
                    yield place.finding("part_never_holds", message)


def _says_only_known(comparison: Comparison, at: At, logic: Logic) -> Iterator[FieldError]:
    if comparison.operator is Operator.KNOWN or FACTS[comparison.fact].kind is FactKind.SET:
        return
    known = Comparison(fact=comparison.fact, operator=Operator.KNOWN, value=True)
    if logic.implies(known, comparison):
        message = f"{said(comparison)} holds for every {comparison.fact} that is known."
        yield (at / comparison.operator.value).finding("holds_if_known", message)
