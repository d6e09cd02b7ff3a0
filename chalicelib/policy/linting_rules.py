"""Rules beside each other: what is never reached, and what says otherwise than a rule before it.

Of each thing the first rule that holds and states it decides. A statement is dead where some of the
earlier rules that state the same always hold when its own rule does. Facts that prove the contrary
are looked for, and each earlier rule that holds under them is taken into account, until facts are
found that none of them covers or it is plain that there are none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chalicelib.core.errors import FieldError
from chalicelib.core.money import Money
from chalicelib.policy.conditions import Condition, Every, Facts, Holds, compiled
from chalicelib.policy.deductions import GradeDeduction, GradeDeductions
from chalicelib.policy.document import Fees, Rule, Window
from chalicelib.policy.fees import PARTS
from chalicelib.policy.giving import Giving
from chalicelib.policy.linting_logic import Logic, TooHard
from chalicelib.policy.linting_places import At, listed

ROUNDS_MAX = 40
"""So many earlier rules are combined at most to show that a statement is dead."""
_ALWAYS = Every(of=())


@dataclass(frozen=True, slots=True)
class _Known:
    """A rule without a fault of its own; `states` has no code: that belongs to the refusal."""

    place: int
    rule: Rule
    when: Condition
    holds: Holds
    states: frozenset[str]

    @property
    def is_always(self) -> bool:
        return self.when is _ALWAYS

    def value(self, field: str) -> object:
        then = self.rule.then
        return (then.eligible, then.code) if field == "eligible" else getattr(then, field)


def relations(rules: Sequence[tuple[int, Rule]], root: At, logic: Logic) -> list[FieldError]:
    """Oddities of these rules, each with its place in the document."""
    found: list[FieldError] = []
    earlier: list[_Known] = []
    too_hard: list[str] = []
    for place, rule in rules:
        states = frozenset(rule.then.stated()) - {"code"}
        when = _ALWAYS if rule.when is None else rule.when
        known = _Known(place, rule, when, compiled(when), states)
        at = (root / "rules" / place).of(f"Rule {rule.rule_id}")
        try:
            found += _against_earlier(known, earlier, at, logic)
        except TooHard:
            too_hard.append(rule.rule_id)
        earlier.append(known)
    if too_hard:
        more = f" and {len(too_hard) - 3} more" if len(too_hard) > 3 else ""
        message = f"Not compared with the rules before, being too complex: {listed(too_hard[:3])}"
        found.append((root / "rules").finding("not_compared", f"{message}{more}."))
    if not too_hard:
        found += _no_default(earlier, root, logic)
    return found


def _against_earlier(
    known: _Known, earlier: Sequence[_Known], at: At, logic: Logic
) -> Iterator[FieldError]:
    if not known.states:
        return
    start = logic.example([known.when])
    if start is None:
        return
    dead = {}
    for field in sorted(known.states):
        culprits = _deciding_before(known, field, earlier, start, logic)
        if culprits:
            dead[field] = culprits
    if len(dead) == len(known.states):
        yield _never_used({one.place: one for all_ in dead.values() for one in all_}, dead, at)
    for field, culprits in dead.items():
        others = [one for one in culprits if one.value(field) != known.value(field)]
        if others:
            yield _contradiction(known, field, culprits, others[0], at)


def _deciding_before(
    known: _Known, field: str, earlier: Sequence[_Known], start: Facts, logic: Logic
) -> list[_Known]:
    """The earlier rules of which one always states this first; none where it may be decided."""
    stating = [one for one in earlier if field in one.states]
    always = next((one for one in stating if one.is_always), None)
    if always is not None:
        return [always]
    facts: Facts | None = start
    chosen: list[_Known] = []
    for round_no in range(ROUNDS_MAX):
        if facts is None:
            return _fewest(known, chosen, logic)
        # The widest rules tend to stand last, the likest ones next to the rule: so take turns.
        from_ends = reversed(stating) if round_no % 2 else iter(stating)
        covers = next((one for one in from_ends if one.holds(facts)), None)
        if covers is None:
            return []
        chosen.append(covers)
        facts = logic.example([known.when], [one.when for one in chosen])
    raise TooHard


def _fewest(known: _Known, chosen: Sequence[_Known], logic: Logic) -> list[_Known]:
    """One of them if that is enough; else those that are needed."""
    for one in chosen:
        if logic.implies(known.when, one.when):
            return [one]
    needed = [*chosen]
    for one in chosen:
        fewer = [other for other in needed if other is not one]
        if logic.example([known.when], [other.when for other in fewer]) is None:
            needed = fewer
    return sorted(needed, key=lambda one: one.place)


def _never_used(culprits: dict[int, _Known], dead: dict[str, list[_Known]], at: At) -> FieldError:
    rules = [culprits[place] for place in sorted(culprits)]
    names = listed(one.rule.rule_id for one in rules)
    what = listed(dead)
    if len(rules) == 1 and not rules[0].is_always:
        message = f"never decides: whenever it holds, rule {names} has decided {what} before."
        return at.finding("shadowed_rule", message)
    if len(rules) == 1:
        message = f"never decides: rule {names} always holds and has decided {what} before."
    else:
        message = f"never decides: one of the rules {names} has always decided {what} before."
    return at.finding("unreachable_rule", message)


def _contradiction(
    known: _Known, field: str, culprits: Sequence[_Known], other: _Known, at: At
) -> FieldError:
    own, its = shown(known.value(field)), shown(other.value(field))
    if len(culprits) > 1:
        names = listed(one.rule.rule_id for one in culprits)
        why = f"one of {names} always decides it before; {other.rule.rule_id} states {its}"
    elif other.is_always:
        why = f"rule {other.rule.rule_id}, which always holds and comes first, states {its}"
    else:
        why = (
            f"rule {other.rule.rule_id}, which comes first and holds whenever this one does, "
            f"states {its}"
        )
    message = f"it states {field} {own}, which is never used: {why}."
    return (at / "then" / field).finding("contradicting_rules", message)


def _no_default(rules: Sequence[_Known], root: At, logic: Logic) -> Iterator[FieldError]:
    """Whether there are facts under which no rule states eligible or window."""
    stating = [one for one in rules if one.states & {"eligible", "window"}]
    if any(one.is_always for one in stating):
        return
    chosen: list[_Known] = []
    for _ in range(ROUNDS_MAX):
        try:
            facts = logic.example([], [one.when for one in chosen])
        except TooHard:
            return
        if facts is None:
            return
        covers = next((one for one in stating if one.holds(facts)), None)
        if covers is None:
            message = (
                "No rule that always holds states eligible or window: "
                "what none of the others allows is refused as no_rule_applies."
            )
            yield (root / "rules").finding("no_default", message)
            return
        chosen.append(covers)


def shown(value: object) -> str:
    """A value that a rule states, in few words."""
    match value:
        case (bool() as eligible, code):
            return "true" if eligible else f"false ({code})"
        case bool():
            return "true" if value else "false"
        case Window():
            lengths = [value.days, *value.by_resolution.values()]
            return " / ".join("no limit" if one is None else f"{one} days" for one in lengths)
        case Fees():
            amounts = [one for one in (value.flat, value.shipping) if one is not None]
            fixed = [f"{one.amount} {one.currency}" for one in amounts]
            return " + ".join([f"{value.restocking / (PARTS / 100):g} %", *fixed])
        case Giving():
            return listed(f"{name} {_plain(one)}" for name, one in value.stated().items())
        case GradeDeductions():
            return listed(f"{grade} {_taken(one)}" for grade, one in value.by_grade.items())
        case Money():
            return f"{value.amount} {value.currency}"
        case tuple():
            return f"[{listed(value)}]"
        case _:
            return str(value)


def _taken(one: GradeDeduction) -> str:
    if one.amount is not None:
        return f"{one.amount.amount} {one.amount.currency}"
    return f"{one.parts / (PARTS / 100):g} %"


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
