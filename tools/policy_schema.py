"""Writes docs/policy.schema.json: the form of policy documents, for editors and other programs.

The shape is that of contracts/policy.py. Beside it the schema knows which comparisons fit which
fact; what only a look at several rules shows is found by policy/linting.py.
"""

import json
from pathlib import Path
from typing import Any

from chalicelib.contracts.policy import PolicyBody
from chalicelib.policy.conditions import Operator
from chalicelib.policy.facts import FACTS, OPERATORS, FactKind
from chalicelib.policy.linting_document import RULES_MAX
from chalicelib.policy.linting_outcomes import DAYS_MAX
from chalicelib.policy.vocabulary import OFFERED, RANGES

TARGET = Path(__file__).resolve().parent.parent / "docs" / "policy.schema.json"
STARTERS = Path(__file__).resolve().parent.parent / "chalicelib" / "policy" / "starters"
Json = dict[str, Any]  # Any: JSON of the specification
_PERCENT = r"^(100(\.0{1,2})?|[0-9]{1,2}(\.[0-9]{1,2})?)$"

WORDS: dict[str, str] = {
    "Policy.policy": "The policy that this is a version of: all versions of it share one shelf.",
    "Policy.version": "The name of this version; it is never used again.",
    "Policy.title": "What customers and staff read as the name of the policy.",
    "Policy.time_zone": "IANA time zone in which days are counted and windows end.",
    "Policy.effective_from": "From when on it applies to what is sold.",
    "Policy.effective_to": "The first moment after it; absent or null: until the next version.",
    "Policy.transit_days": "Added to the day of shipping where no day of delivery is known.",
    "Policy.rules": "Asked in order: of each thing the first rule that states it decides.",
    "Policy.signals": "What makes a request riskier; the weights of those that hold add up.",
    "Policy.risk_tiers": "From which risk score on who has to decide; they rise.",
    "Policy.amount_tiers": "Above which value of a request who has to decide; they rise.",
    "Policy.four_eyes": "Which two steps may not be done by the same person.",
    "Policy.deadlines": "After how many days what a customer lets lie expires.",
    "Policy.public_holidays": "Days off beside the nationwide ones of the buyer's country.",
    "Words.en": "English.",
    "Words.zh-CN": "Simplified Chinese.",
    "Rule.id": "Its name in traces and findings; unique in the document.",
    "Rule.title": "What customers read of it in the terms.",
    "Rule.when": "When it holds; absent: always.",
    "Rule.then": "What it states where it holds.",
    "Condition.all": "All of these hold.",
    "Condition.any": "At least one of these holds.",
    "Condition.not": "This does not hold; it so holds where the fact it asks is not known.",
    "Condition.fact": "What is asked about; docs/policy-reference.md explains each.",
    "Condition.is": "Is equal to this.",
    "Condition.is_not": "Is known, and not equal to this.",
    "Condition.in": "Is one of these.",
    "Condition.not_in": "Is known, and none of these.",
    "Condition.at_least": "Is this or more; amounts in another currency are not compared.",
    "Condition.at_most": "Is this or less; amounts in another currency are not compared.",
    "Condition.above": "Is more than this; amounts in another currency are not compared.",
    "Condition.below": "Is less than this; amounts in another currency are not compared.",
    "Condition.has_any": "Holds at least one of these.",
    "Condition.has_all": "Holds all of these.",
    "Condition.has_none": "Is known, and holds none of these.",
    "Condition.starts_with": "Begins with this.",
    "Condition.known": "Whether it is known at all; no other comparison of an unknown fact holds.",
    "Outcome.eligible": "false refuses, with a code; true says that something can be returned.",
    "Outcome.code": "Why it is refused, as programs read it: final_sale, contract_required.",
    "Outcome.window": "Until when a return may be asked for.",
    "Outcome.evidence": "Kinds of documents that have to be there before somebody decides.",
    "Outcome.resolutions": "What the customer may want; absent: anything.",
    "Outcome.fees": "What is kept of the refund, never more than the refund itself.",
    "Outcome.refund_due": "What has to happen before the refund falls due; inspection if unstated.",
    "Outcome.warehouse": "Where the goods are sent; absent: where they came from.",
    "Outcome.review": "Who decides about an eligible request; person if no rule states it.",
    "Outcome.keep_item": "Whether the customer is refunded without sending the goods back.",
    "Outcome.checklist": "What is checked on receipt, by the id of the list.",
    "Outcome.giving": "What goes back beside the prices; if unstated nothing does.",
    "Outcome.second_refunder_above": "A refund of more is sent when a second person agreed to it.",
    "Outcome.grade_deductions": "What a grade takes off where the customer is at fault.",
    "GradeDeductions.B": "Of goods that were opened and are complete; not of withdrawals.",
    "GradeDeductions.C": "Of goods that were used, or are incomplete.",
    "GradeDeductions.D": "Of damaged goods that are refunded all the same.",
    "GradeDeduction.percent": "Percent of what was paid for each unit, rounded down.",
    "GradeDeduction.amount": "So much of each unit, never more than was paid for it.",
    "Window.days": "Days after the start, that day not counted; null: no limit.",
    "Window.start": "The day that the window counts from.",
    "Window.by_resolution": "Other lengths for some wishes: 30 days to exchange, 15 to refund.",
    "Window.to_working_day": "A last day that is off gives way to the next working day.",
    "Fees.restocking_percent": "Percent of the refund of each line.",
    "Fees.flat": "Taken once per return.",
    "Fees.shipping": "What the way back costs the customer; taken once per return.",
    "Fees.tax_percent": "The rate of the tax that the fees contain.",
    "Giving.promotions": "What becomes of a promotion that what is kept no longer earns.",
    "Giving.shipping": "When what the delivery cost goes back.",
    "Giving.standard_shipping": "No more of it than the cheapest delivery offered would have cost.",
    "Giving.points_spent": "When points that were paid with are credited again.",
    "Giving.points_earned": "When points that the purchase earned are taken off again.",
    "Giving.coupons": "When used coupons are valid again; `share` is as `whole_order`.",
    "Signal.id": "Its name in risk scores and findings; unique among signals.",
    "Signal.title": "What reviewers read of it.",
    "Signal.when": "When it counts, once where it holds for any line.",
    "Signal.weight": "Its points; negative where it speaks for the customer.",
    "RiskTier.score": "From this many points on.",
    "RiskTier.review": "Who decides at least.",
    "AmountTier.above": "Where a request is worth more than this, in this currency.",
    "AmountTier.review": "Who decides at least.",
    "Deadlines.draft_days": "Until a draft expires.",
    "Deadlines.answer_days": "Until a question to the customer expires.",
    "Deadlines.ship_days": "Until an approved return that was not sent expires.",
    "Deadlines.remind_days": "How long before that the customer is reminded.",
    "Deadlines.refund_days": "How long a refund may take once it is due.",
    "Money.amount": "A decimal number with at most the digits of its currency, as a string.",
    "Money.currency": "ISO 4217.",
}
"""What each field says, by the name of its object."""

_EXAMPLES: dict[str, list[Json]] = {
    "Condition": [
        {"fact": "category", "in": ["phones", "cameras"]},
        {
            "all": [
                {"fact": "stated_condition", "is": "opened"},
                {"fact": "line_value", "above": {"amount": "50.00", "currency": "EUR"}},
                {"not": {"fact": "fault", "in": ["us", "maker", "carrier"]}},
            ]
        },
    ],
    "Outcome": [
        {"eligible": False, "code": "final_sale"},
        {
            "window": {"days": 15, "by_resolution": {"exchange": 30}},
            "fees": {"restocking_percent": "15", "tax_percent": "19"},
            "review": "person",
        },
        {
            "giving": {"promotions": "claw_back", "shipping": "share", "standard_shipping": True},
            "second_refunder_above": {"amount": "500.00", "currency": "EUR"},
        },
    ],
    "Signal": [
        {
            "id": "empty-boxes",
            "title": {"en": "Empty boxes before", "zh-CN": "曾寄回空包裹"},
            "when": {"fact": "empty_boxes_12m", "at_least": 1},
            "weight": 40,
        }
    ],
}


def rendered() -> str:
    """The schema as it is committed."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def schema() -> Json:
    """The schema of a policy document, JSON Schema 2020-12."""
    made: Json = PolicyBody.model_json_schema(by_alias=True)
    definitions: Json = _renamed(made.pop("$defs"))
    root = _renamed(made)
    definitions["Condition"] = _condition(definitions["Condition"])
    definitions["Window"]["properties"]["days"]["anyOf"][0]["maximum"] = DAYS_MAX
    for name in ("restocking_percent", "tax_percent"):
        definitions["Fees"]["properties"][name]["pattern"] = _PERCENT
    percent = definitions["GradeDeduction"]["properties"]["percent"]["anyOf"][0]
    percent["pattern"] = _PERCENT
    root["properties"]["rules"] |= {"minItems": 1, "maxItems": RULES_MAX}
    for name, one in [("Policy", root), *definitions.items()]:
        _described(name, one)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://tuiku.dev/policy.schema.json",
        **root,
        "title": "Policy of returns",
        "examples": [json.loads((STARTERS / "standard-30d.json").read_text("utf-8"))],
        "$defs": dict(sorted(definitions.items())),
    }


def _renamed(node: Any) -> Any:
    """Without the names of our own classes, and titles that only repeat the names of fields."""
    if isinstance(node, list):
        return [_renamed(one) for one in node]
    if not isinstance(node, dict):
        return node
    made = {}
    for name, value in node.items():
        is_noise = name == "title" and isinstance(value, str)
        if is_noise or (name == "default" and value is None):
            continue
        if name == "$ref":
            made[name] = _plain(value)
        elif isinstance(value, dict) and name.endswith(("Body", "Model")):
            made[_plain(name)] = _renamed(value)
        else:
            made[name] = _renamed(value)
    return made


def _plain(name: str) -> str:
    return name.removesuffix("Body").removesuffix("Model")


def _described(name: str, definition: Json) -> None:
    definition.pop("default", None)
    for field, described in definition.get("properties", {}).items():
        described["description"] = WORDS[f"{name}.{field}"]
    if name in _EXAMPLES:
        definition["examples"] = _EXAMPLES[name]


def _condition(definition: Json) -> Json:
    """Said more exactly than by the models: one thing at a time, and what fits which fact."""
    properties: Json = {}
    for name, value in definition["properties"].items():
        forms = [one for one in value["anyOf"] if one != {"type": "null"}]
        properties[name] = forms[0] if len(forms) == 1 else {"anyOf": forms}
    properties["fact"] = {"enum": list(FACTS)}
    joins = [{"required": [name], "maxProperties": 1} for name in ("all", "any", "not")]
    asked = [{"required": ["fact", one.value], "maxProperties": 2} for one in Operator]
    return {
        **{name: value for name, value in definition.items() if name != "properties"},
        "properties": properties,
        "oneOf": [*joins, *asked],
        "allOf": [
            *(_of_kind(kind) for kind in FactKind),
            *(_of_words(fact, words) for fact, words in OFFERED.items() if fact != "currency"),
            *(_of_range(fact) for fact in RANGES),
        ],
    }


def _if_fact(names: list[str], then: Json) -> Json:
    asked = {"properties": {"fact": {"enum": names}}, "required": ["fact"]}
    return {"if": asked, "then": then}


def _of_kind(kind: FactKind) -> Json:
    names = [name for name, fact in FACTS.items() if fact.kind is kind]
    operators = [one.value for one in Operator if one in OPERATORS[kind]]
    then: Json = {"propertyNames": {"enum": ["fact", *operators]}}
    value = {
        FactKind.NUMBER: {"type": "integer"},
        FactKind.MONEY: {"$ref": "#/$defs/Money"},
        FactKind.YES_NO: {"type": "boolean"},
        FactKind.TEXT: {"type": ["string", "array"]},
    }.get(kind)
    if value is not None:
        then["properties"] = {name: value for name in operators if name != "known"}
    return _if_fact(names, then)


def _of_words(fact: str, words: tuple[str, ...]) -> Json:
    one = {"enum": [str(word) for word in words]}
    several = {"items": one}
    then = {"properties": {"is": one, "is_not": one, "in": several, "not_in": several}}
    return _if_fact([fact], then)


def _of_range(fact: str) -> Json:
    limits = RANGES[fact]
    within: Json = {} if limits.lowest is None else {"minimum": limits.lowest}
    within |= {} if limits.highest is None else {"maximum": limits.highest}
    return _if_fact([fact], {"properties": {"is": within}})
