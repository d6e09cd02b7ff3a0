"""Writes docs/policy-reference.md: facts, operators, outcomes, limits and findings of policies.

Every finding is shown with an example that the linter really answers so.
"""

import ast
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from chalicelib.policy import (
    linting,
    linting_conditions,
    linting_document,
    linting_giving,
    linting_logic,
    linting_outcomes,
    linting_rules,
)
from chalicelib.policy.conditions import Operator
from chalicelib.policy.facts import FACTS, OF_CUSTOMER, OPERATORS, FactKind
from chalicelib.policy.giving import GiveBack, PromotionRule
from chalicelib.policy.public_holidays import COUNTRIES
from chalicelib.policy.reading import document_of
from chalicelib.policy.vocabulary import OFFERED, RANGES
from tools import policy_schema
from tools.policy_examples import FAULTS, ODDITIES, Example

PAGE = Path(__file__).resolve().parent.parent / "docs" / "policy-reference.md"
_MODULES = (
    linting_document,
    linting_conditions,
    linting_outcomes,
    linting_giving,
    linting_rules,
    linting,
)
_INTRO = """# Policy documents: the reference

What a policy document may ask and state, and what is said about one that is wrong. How policies are
written, published and tried is in [policy.md](policy.md); the exact form is
[policy.schema.json](policy.schema.json) (JSON Schema 2020-12). This page is made from the code by
`python -m tools.reference`.
"""
_FAULTS = (
    "They keep a document from being published. Whether its dates fit those of the other versions"
    " of the policy (`dates_overlap`, `begins_too_soon`) is looked at when it is."
)
_ODDITIES = "They are worth a look; the document can be published all the same."


def page() -> str:
    """The text of docs/policy-reference.md."""
    sections = (
        ("Facts", _facts()),
        ("Operators", _operators()),
        ("Outcomes", _fields("Outcome")),
        ("Windows", _fields("Window") + _holidays()),
        ("Fees", _fields("Fees")),
        ("Deductions by grade", _fields("GradeDeductions") + "\n\n" + _fields("GradeDeduction")),
        ("What else goes back", _fields("Giving") + _giving()),
        ("The document", _fields("Policy")),
        ("Tiers, signals and deadlines", _several("Signal", "RiskTier", "AmountTier", "Deadlines")),
        ("Limits", _limits()),
        ("Faults", _findings(FAULTS, _FAULTS)),
        ("Oddities", _findings(ODDITIES, _ODDITIES)),
    )
    return _INTRO + "".join(f"\n## {title}\n\n{text}\n" for title, text in sections)


def _facts() -> str:
    rows = []
    for name, fact in FACTS.items():
        words = OFFERED.get(name)
        values = {
            "region": "ISO 3166-1 alpha-2",
            "currency": "ISO 4217",
        }.get(name) or (" ".join(f"`{word}`" for word in words) if words else "")
        if name in RANGES:
            values = RANGES[name].words()
        history = "history" if name in OF_CUSTOMER else ""
        rows.append((f"`{name}`", fact.kind.value, fact.words, values, history))
    table = _table(("fact", "kind", "what it is", "what it can be", ""), rows)
    return (
        "A fact that is not known makes every comparison fail but `known`. *history*: read from"
        " what the customer did before, only where a policy asks for it."
        f"\n\n{table}"
    )


def _operators() -> str:
    words = {one: policy_schema.WORDS[f"Condition.{one.value}"] for one in Operator}
    rows = [
        (
            f"`{one.value}`",
            " ".join(kind.value for kind in FactKind if one in OPERATORS[kind]),
            words[one][0].lower() + words[one][1:],
        )
        for one in Operator
    ]
    return _table(("operator", "kinds of facts", "holds where it …"), rows)


def _fields(name: str) -> str:
    schema = policy_schema.schema()
    definition = schema if name == "Policy" else schema["$defs"][name]
    required = definition.get("required", ())
    rows = [
        (
            f"`{field}`" + (" (required)" if field in required else ""),
            described["description"],
            _values(described, schema),
        )
        for field, described in definition["properties"].items()
    ]
    return _table(("field", "what it says", "values"), rows)


def _several(*names: str) -> str:
    return "\n\n".join(f"### {name}\n\n{_fields(name)}" for name in names)


def _values(described: dict[str, Any], schema: dict[str, Any]) -> str:
    """Words of an enumeration, bounds of a number, or nothing."""
    forms = [described, *described.get("anyOf", ()), described.get("items", {})]
    for form in forms:
        target = schema["$defs"].get(form.get("$ref", "").rpartition("/")[2], form)
        if "enum" in target:
            return " ".join(f"`{word}`" for word in target["enum"])
        if "minimum" in target:
            default = described.get("default")
            stated = "" if default is None else f"; {default} if unstated"
            return f"{target['minimum']} to {target['maximum']}{stated}"
    if isinstance(described.get("default"), str):
        return f"`{described['default']}` if unstated"
    return ""


def _holidays() -> str:
    countries = " ".join(sorted(COUNTRIES))
    return (
        "\n\nWith `to_working_day` a window goes on over weekends, over the `public_holidays` of"
        " the document, and over the nationwide public holidays of the country that the order was"
        f" sold to, which are known for {countries}."
    )


def _giving() -> str:
    rows = [(f"`{one.value}`", words) for one, words in (*_PROMOTIONS.items(), *_WHEN.items())]
    return "\n\n" + _table(("value", "means"), rows)


_PROMOTIONS = {
    PromotionRule.KEEP: "the customer keeps the advantage, whatever comes back",
    PromotionRule.CLAW_BACK: "what is kept is priced again as if nothing else had been bought;"
    " the refund is lowered by the difference, and never below nothing",
    PromotionRule.BLOCK: "a part that costs a promotion is not taken back",
}
_WHEN = {
    GiveBack.NEVER: "it does not",
    GiveBack.FIRST: "all of it, with the first units",
    GiveBack.SHARE: "by the value of what is back, of the value of all goods",
    GiveBack.WHOLE_ORDER: "all of it, once all goods of the order are back",
}


def _limits() -> str:
    schema = policy_schema.schema()
    words = schema["$defs"]["Condition"]["properties"]["in"]["maxItems"]
    rows = [
        ("rules", str(linting_document.RULES_MAX)),
        ("comparisons in one condition", str(linting_conditions.COMPARISONS_MAX)),
        ("levels of all, any and not", str(linting_conditions.DEPTH_MAX)),
        ("days of a window", str(linting_outcomes.DAYS_MAX)),
        ("words in one list", str(words)),
        ("signals", str(schema["properties"]["signals"]["maxItems"])),
        ("findings that are listed", str(linting.FINDINGS_MAX)),
        ("earlier rules combined against one", str(linting_rules.ROUNDS_MAX)),
        ("steps of reasoning for one document", f"{linting_logic.EFFORT_MAX:,}"),
    ]
    return _table(("what", "at most"), rows)


def _findings(examples: Sequence[Example], words: str) -> str:
    rows = [
        (f"`{one.code}`", f"`{one.shown}`", f"`{pointer}`", message.replace("|", "\\|"))
        for one in examples
        for pointer, message in [told(one)]
    ]
    return f"{words}\n\n{_table(('code', 'example', 'points at', 'says'), rows)}"


def told(example: Example) -> tuple[str, str]:
    """What the linter says about an example: where, and its sentence."""
    document = document_of(example.document)
    for finding in [*linting.faults(document), *linting.oddities(document)]:
        if finding.code == example.code:
            return finding.pointer, finding.message
    raise AssertionError(f"{json.dumps(example.document)} is no example of {example.code}")


def finding_codes() -> set[str]:
    """Every code that the linter gives."""
    return {code for module in _MODULES for code in _codes_of(Path(str(module.__file__)))}


def _codes_of(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "finding":
            yield from (str(one.value) for one in node.args[:1] if isinstance(one, ast.Constant))
        # The names of rules and of signals are checked by one loop over both.
        if isinstance(node, ast.Constant) and str(node.value).startswith("duplicate_"):
            yield str(node.value)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
