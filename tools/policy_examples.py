"""One example of each finding of the policy linter, for docs/policy-reference.md and its tests."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_WORDS = {"en": "x", "zh-CN": "x"}
_REST = {"id": "rest", "title": _WORDS, "then": {"window": {"days": 30}}}
Json = dict[str, Any]  # Any: the form of a policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A document with one finding; `shown` is the part of it that a reader needs to see."""

    code: str
    shown: str
    document: Mapping[str, Any]


def _document(*rules: Json, **more: Any) -> Json:
    named = [{"title": _WORDS, **rule} for rule in rules]
    return {
        "policy": "p",
        "version": "p-1",
        "title": _WORDS,
        "time_zone": "UTC",
        "effective_from": "2026-01-01T00:00:00.000Z",
        "rules": named,
        **more,
    }


def _when(code: str, when: Json, **more: Any) -> Example:
    """A condition of a rule that asks for a photo."""
    rule = {"id": "r", "when": when, "then": {"evidence": ["photo"]}}
    return Example(code=code, shown=json.dumps(when), document=_document(rule, _REST, **more))


def _then(code: str, then: Json) -> Example:
    """What a rule states about one product."""
    rule = {"id": "r", "when": {"fact": "sku", "is": "A"}, "then": then}
    return Example(code=code, shown=json.dumps(then), document=_document(rule, _REST))


def _rules(code: str, shown: str, *rules: Json, **more: Any) -> Example:
    return Example(code=code, shown=shown, document=_document(*rules, **more))


def _field(code: str, **fields: Any) -> Example:
    """A field of the document beside its rules."""
    shown = json.dumps(fields, ensure_ascii=False)
    shown = shown.replace(f', "title": {json.dumps(_WORDS)}', "")
    return Example(code=code, shown=shown, document=_document(_REST, **fields))


def _rule(name: str, when: Json | None, **then: Any) -> Json:
    return {"id": name, **({} if when is None else {"when": when}), "then": then}


def _nested(levels: int) -> Json:
    condition: Json = {"fact": "sku", "is": "A"}
    for _ in range(levels):
        condition = {"not": condition}
    return condition


def _signal(when: Json, weight: int = 20) -> Json:
    return {"id": "s", "title": _WORDS, "when": when, "weight": weight}


_SHOES: Json = {"fact": "category", "is": "shoes"}
_EUR = {"amount": "3.00", "currency": "EUR"}
_RISKY = _signal({"fact": "photo_reused", "is": True})
_LOW = {"amount": "100.00", "currency": "EUR"}

FAULTS: tuple[Example, ...] = (
    _when("unknown_fact", {"fact": "categorie", "is": "shoes"}),
    _when("operator_not_for_fact", {"fact": "category", "above": 3}),
    _when("wrong_value", {"fact": "line_value", "above": 50}),
    _when("unknown_word", {"fact": "region", "in": ["DE", "UK"]}),
    _when("unknown_word", {"fact": "type", "is": "qualty"}),
    _when("never_matches", {"fact": "purchase_month", "is": 13}),
    _when(
        "never_matches",
        {
            "all": [
                {"fact": "age_days", "above": 30},
                {"not": {"fact": "age_days", "at_least": 20}},
            ]
        },
    ),
    Example(
        code="empty_condition",
        shown='{"all": []}',
        document=_document(_rule("r", {"all": []}, keep_item=True), _REST),
    ),
    Example(
        code="condition_too_long",
        shown='{"any": [41 comparisons]}',
        document=_document(
            _rule(
                "r", {"any": [{"fact": "sku", "is": f"S{no}"} for no in range(41)]}, keep_item=True
            ),
            _REST,
        ),
    ),
    Example(
        code="condition_too_deep",
        shown='{"not": {"not": … 6 times}}',
        document=_document(_rule("r", _nested(6), keep_item=True), _REST),
    ),
    _then("states_nothing", {}),
    _then("refusal_without_code", {"eligible": False}),
    _then("code_without_refusal", {"eligible": True, "code": "final_sale"}),
    _then("contradiction", {"eligible": False, "code": "worn", "fees": {"flat": _EUR}}),
    _then("window_length", {"window": {"days": 5000}}),
    _then("fee_above_refund", {"fees": {"restocking_percent": "120"}}),
    _then(
        "deduction_falls",
        {"grade_deductions": {"B": {"percent": "30"}, "C": {"percent": "20"}}},
    ),
    _then("tax_rate", {"fees": {"flat": _EUR, "tax_percent": "190"}}),
    _then("negative_amount", {"fees": {"flat": {"amount": "-1.00", "currency": "EUR"}}}),
    _rules(
        "currency_never_occurs",
        '{"when": {"fact": "currency", "is": "USD"}, "then": {"fees": {"flat": 3.00 EUR}}}',
        _rule("r", {"fact": "currency", "is": "USD"}, fees={"flat": _EUR}),
        _REST,
    ),
    _rules("reserved_rule_id", '{"id": "window"}', _rule("window", None, window={"days": 30})),
    _rules("duplicate_rule", '{"id": "rest"} twice', _REST, _REST),
    _field("duplicate_signal", signals=[_RISKY, _RISKY]),
    _field("duplicate_item", four_eyes=["requester_approver", "requester_approver"]),
    _rules("no_rules", '{"rules": []}'),
    Example(
        code="too_many_rules",
        shown='{"rules": [10,000 rules]}',
        document=_document(*(_rule(f"r{no}", _SHOES, keep_item=True) for no in range(10_000))),
    ),
    _field("unknown_time_zone", time_zone="Europe/Berln"),
    _field("dates_reversed", effective_to="2025-12-31T00:00:00.000Z"),
    _field("risk_of_risk", signals=[_signal({"fact": "risk_score", "above": 10})]),
    _field(
        "tiers_not_rising",
        amount_tiers=[
            {"above": _LOW, "review": "senior"},
            {"above": _LOW, "review": "two_persons"},
        ],
    ),
)

ODDITIES: tuple[Example, ...] = (
    _rules(
        "shadowed_rule",
        "shoes: fees; then shoes in the web shop: fees",
        _rule("shoes", _SHOES, fees={"restocking_percent": "10"}),
        _rule(
            "web-shoes",
            {"all": [_SHOES, {"fact": "channel", "is": "web"}]},
            fees={"restocking_percent": "10"},
        ),
        _REST,
    ),
    _rules(
        "unreachable_rule",
        "up to 10 days: fees; above 10 days: fees; above 5 days: fees",
        _rule("early", {"fact": "age_days", "at_most": 10}, fees={"restocking_percent": "5"}),
        _rule("late", {"fact": "age_days", "above": 10}, fees={"restocking_percent": "9"}),
        _rule("later", {"fact": "age_days", "above": 5}, fees={"restocking_percent": "9"}),
        _REST,
    ),
    _rules(
        "contradicting_rules",
        "final sale: refused; then final sale: allowed",
        _rule("final", {"fact": "final_sale", "is": True}, eligible=False, code="final_sale"),
        _rule("but", {"fact": "final_sale", "is": True}, eligible=True),
        _REST,
    ),
    _rules("no_default", "one rule, for shoes", _rule("shoes", _SHOES, window={"days": 30})),
    Example(
        code="not_compared",
        shown="a rule with 13 has_any of overlapping tags",
        document=_document(
            _rule(
                "r",
                {
                    "all": [
                        {"fact": "tags", "has_any": [f"t{no}", f"t{no + 1}"]} for no in range(13)
                    ]
                },
                keep_item=True,
            ),
            _REST,
        ),
    ),
    _when(
        "always_holds",
        {"any": [{"fact": "sku", "known": True}, {"fact": "sku", "known": False}]},
    ),
    _when("part_never_holds", {"any": [_SHOES, {"fact": "quantity", "below": 1}]}),
    _when("holds_if_known", {"fact": "purchase_month", "at_most": 12}),
    _when(
        "currency_excluded",
        {"all": [{"fact": "currency", "is": "USD"}, {"fact": "line_value", "above": _EUR}]},
    ),
    _then("unknown_evidence", {"evidence": ["photos"]}),
    _then(
        "resolution_excluded",
        {
            "resolutions": ["refund"],
            "window": {"days": 15, "by_resolution": {"exchange": 30}},
        },
    ),
    _then("needless_in_refusal", {"eligible": False, "code": "worn", "window": {"days": 9}}),
    _then(
        "fees_in_two_currencies",
        {"fees": {"flat": _EUR, "shipping": {"amount": "4.00", "currency": "USD"}}},
    ),
    _then(
        "deduction_after_refund",
        {"refund_due": "approval", "grade_deductions": {"C": {"percent": "20"}}},
    ),
    _then("no_shipping_back", {"giving": {"standard_shipping": True}}),
    _then("coupons_are_whole", {"giving": {"coupons": "share"}}),
    _rules(
        "blocks_what_is_owed",
        'always: {"giving": {"promotions": "block"}}',
        _rule("r", None, giving={"promotions": "block"}),
        _REST,
    ),
    _rules(
        "limit_in_other_currency",
        "shoes: 100.00 EUR; then in CNY: 800.00 CNY",
        _rule("shoes", _SHOES, second_refunder_above=_LOW),
        _rule(
            "yuan",
            {"fact": "currency", "is": "CNY"},
            second_refunder_above={"amount": "800.00", "currency": "CNY"},
        ),
        _REST,
    ),
    _field("tier_without_effect", amount_tiers=[{"above": _LOW, "review": "person"}]),
    _field("tier_out_of_reach", signals=[_RISKY], risk_tiers=[{"score": 50, "review": "senior"}]),
    _field("signals_without_effect", signals=[_RISKY]),
    _field("no_weight", signals=[_signal({"fact": "photo_reused", "is": True}, 0)]),
    _field("reminded_at_once", deadlines={"answer_days": 7, "remind_days": 7}),
    _field("holidays_unused", public_holidays=["2026-12-24"]),
    _rules(
        "holiday_out_of_force",
        '{"public_holidays": ["2019-12-24"]}',
        _rule("rest", None, window={"days": 14, "to_working_day": True}),
        public_holidays=["2019-12-24"],
    ),
    _rules(
        "holiday_listed_twice",
        '{"public_holidays": ["2026-12-24", "2026-12-24"]}',
        _rule("rest", None, window={"days": 14, "to_working_day": True}),
        public_holidays=["2026-12-24", "2026-12-24"],
    ),
)
