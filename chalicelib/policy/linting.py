"""What is wrong with a policy document, and what is odd: each finding points at its rule.

`faults` keep a document from being published; `oddities` are worth a look. Pointers are those of
the JSON form. What conditions can be is settled by linting_logic.py: nothing is guessed.
"""

from chalicelib.core.errors import FieldError
from chalicelib.policy.conditions import Condition, comparisons_in
from chalicelib.policy.document import PolicyDocument, Rule, Signal
from chalicelib.policy.linting_conditions import condition_faults, needless_parts
from chalicelib.policy.linting_document import (
    RULES_MAX,
    domains_of,
    header_faults,
    header_oddities,
    name_faults,
    tier_faults,
)
from chalicelib.policy.linting_giving import giving_oddities, giving_relations
from chalicelib.policy.linting_logic import Logic
from chalicelib.policy.linting_outcomes import currency_faults, outcome_faults, outcome_oddities
from chalicelib.policy.linting_places import At
from chalicelib.policy.linting_rules import relations

FINDINGS_MAX = 200
"""More are not listed: they tend to have one cause."""
_ROOT = At("")


def faults(document: PolicyDocument) -> list[FieldError]:
    """Everything that makes the document mean nothing, or something impossible."""
    found = [*header_faults(document, _ROOT)]
    if len(document.rules) > RULES_MAX:
        return found
    found += [*name_faults(document, _ROOT), *tier_faults(document, _ROOT)]
    logic = Logic(domains_of(document))
    for place, rule in enumerate(document.rules):
        found += _rule_faults(rule, _of_rule(place, rule), logic)
    for place, signal in enumerate(document.signals):
        found += _signal_faults(signal, _of_signal(place, signal), logic)
    return found[:FINDINGS_MAX]


def oddities(document: PolicyDocument) -> list[FieldError]:
    """What has no effect, or says otherwise than an earlier rule; only of what has no fault."""
    if len(document.rules) > RULES_MAX:
        return []
    logic = Logic(domains_of(document))
    found = [*header_oddities(document, _ROOT)]
    sound: list[tuple[int, Rule]] = []
    for place, rule in enumerate(document.rules):
        at = _of_rule(place, rule)
        if rule.when is None or not condition_faults(rule.when, at / "when", logic):
            sound.append((place, rule))
            found += outcome_oddities(rule, at, logic)
            found += giving_oddities(rule, at)
            found += _needless(rule.when, at, logic)
    for place, signal in enumerate(document.signals):
        at = _of_signal(place, signal)
        if not _signal_faults(signal, at, logic):
            found += _needless(signal.when, at, logic)
    found += relations(sound, _ROOT, logic)
    return [*found, *giving_relations(sound, _ROOT, logic)][:FINDINGS_MAX]


def _rule_faults(rule: Rule, at: At, logic: Logic) -> list[FieldError]:
    found: list[FieldError] = []
    if rule.when is not None:
        found += condition_faults(rule.when, at / "when", logic)
    is_sound = not found
    found += outcome_faults(rule, at)
    return [*found, *currency_faults(rule, at, logic)] if is_sound else found


def _signal_faults(signal: Signal, at: At, logic: Logic) -> list[FieldError]:
    if any(comparison.fact == "risk_score" for comparison in comparisons_in(signal.when)):
        message = "Signals make the risk score; they cannot ask for it."
        return [(at / "when").finding("risk_of_risk", message)]
    return condition_faults(signal.when, at / "when", logic)


def _needless(when: Condition | None, at: At, logic: Logic) -> list[FieldError]:
    return [] if when is None else [*needless_parts(when, at / "when", logic)]


def _of_rule(place: int, rule: Rule) -> At:
    return (_ROOT / "rules" / place).of(f"Rule {rule.rule_id}")


def _of_signal(place: int, signal: Signal) -> At:
    return (_ROOT / "signals" / place).of(f"Signal {signal.signal_id}")
