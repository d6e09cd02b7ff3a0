"""What is wrong or odd around the rules of a policy: dates, names, tiers, signals, holidays."""

import time
from dataclasses import replace
from datetime import date, timedelta
from importlib import resources

import pytest

from chalicelib.api.problems import catalogue
from chalicelib.core.money import Money
from chalicelib.policy.conditions import Condition, Every, Some
from chalicelib.policy.document import (
    AmountTier,
    Deadlines,
    Fees,
    FourEyes,
    PolicyDocument,
    Review,
    RiskTier,
    Rule,
    Signal,
    Window,
)
from chalicelib.policy.linting import faults, oddities
from chalicelib.policy.linting_document import RULES_MAX
from chalicelib.policy.vocabulary import COUNTRIES
from tests.policy.documents import NOW, ask, document, eur, rule
from tools.reference_policy import finding_codes

ANY_TIME = rule("any-time", window=Window(days=None))
WHEN = "/rules/0/when"
FEES = "/rules/0/then/fees"


def found(policy: PolicyDocument) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.code) for fault in faults(policy)]


def odd(policy: PolicyDocument) -> list[tuple[str, str]]:
    return [(finding.pointer, finding.code) for finding in oddities(policy)]


def every(*parts: Condition) -> Every:
    return Every(of=parts)


def some(*parts: Condition) -> Some:
    return Some(of=parts)


def test_dates_zones_and_names_are_checked() -> None:
    assert found(document(ANY_TIME, time_zone="Mars/Olympus")) == [
        ("/time_zone", "unknown_time_zone")
    ]
    for zone in ("Europe", "localtime", "right/Europe/Berlin"):
        assert found(document(ANY_TIME, time_zone=zone)) == [("/time_zone", "unknown_time_zone")]
    for ends in (NOW - timedelta(days=1), NOW):
        policy = document(ANY_TIME, effective_from=NOW, effective_to=ends)
        assert found(policy) == [("/effective_to", "dates_reversed")]
    assert found(document()) == [("/rules", "no_rules")]
    assert found(document(ANY_TIME, ANY_TIME)) == [("/rules/1/id", "duplicate_rule")]
    assert found(document(replace(ANY_TIME, rule_id="window"))) == [
        ("/rules/0/id", "reserved_rule_id")
    ]


def test_a_time_zone_that_is_misspelt_is_told_the_right_one() -> None:
    (fault,) = faults(document(ANY_TIME, time_zone="Europe/Berln"))

    assert fault.message.endswith("Did you mean Europe/Berlin?")


def test_ten_thousand_rules_are_one_clear_fault_at_once() -> None:
    rules = [rule(f"r{no}", ask("nonsense", "is", "x"), eligible=True) for no in range(10_000)]
    policy = document(*rules)

    began = time.perf_counter()
    (fault,) = faults(policy)
    took = time.perf_counter() - began

    assert (fault.pointer, fault.code) == ("/rules", "too_many_rules")
    assert fault.message.startswith(f"10000 rules; a policy has at most {RULES_MAX}.")
    assert took < 0.2
    assert oddities(policy) == []


def test_of_many_faults_the_first_two_hundred_are_told() -> None:
    rules = [rule(f"r{no}", ask("nonsense", "is", "x"), eligible=True) for no in range(500)]

    assert len(faults(document(*rules))) == 200


def _signal(name: str, condition: Condition, weight: int = 20) -> Signal:
    return Signal(signal_id=name, when=condition, weight=weight)


RISKY = _signal("risky", ask("empty_boxes_12m", "above", 0), 30)


def test_signals_are_checked_like_rules() -> None:
    circular = _signal("circular", ask("risk_score", "above", 1))
    never = _signal("never", ask("customer_returns_12m", "below", 0))
    policy = document(ANY_TIME, signals=(circular, never, RISKY, RISKY))

    assert found(policy) == [
        ("/signals/3/id", "duplicate_signal"),
        ("/signals/0/when", "risk_of_risk"),
        ("/signals/1/when/below", "never_matches"),
    ]
    assert faults(policy)[2].message.startswith("Signal never: ")


@pytest.mark.parametrize(
    ("score", "is_fault"), [(30, False), (31, True), (-5, False)], ids=["all", "above", "below"]
)
def test_a_rule_cannot_ask_for_more_risk_than_all_signals_make(
    score: int, *, is_fault: bool
) -> None:
    asks = rule("r", ask("risk_score", "at_least", score), evidence=("photo",))

    codes = [code for _, code in found(document(asks, ANY_TIME, signals=(RISKY,)))]

    assert codes == (["never_matches"] if is_fault else [])


@pytest.mark.parametrize(
    ("tiers", "expected"),
    [
        ([(30, Review.SENIOR), (60, Review.TWO_PERSONS)], []),
        ([(30, Review.SENIOR), (30, Review.TWO_PERSONS)], [("/risk_tiers/1/score", "x")]),
        ([(60, Review.TWO_PERSONS), (30, Review.SENIOR)], [("/risk_tiers/1/score", "x")]),
        ([(30, Review.SENIOR), (60, Review.SENIOR)], [("/risk_tiers/1/review", "x")]),
    ],
)
def test_tiers_of_risk_rise(
    tiers: list[tuple[int, Review]], expected: list[tuple[str, str]]
) -> None:
    policy = document(
        ANY_TIME, risk_tiers=tuple(RiskTier(score=score, review=review) for score, review in tiers)
    )

    assert found(policy) == [(pointer, "tiers_not_rising") for pointer, _ in expected]


def test_tiers_of_amounts_rise_in_each_currency_by_itself() -> None:
    def tier(minor: int, currency: str, review: Review) -> AmountTier:
        return AmountTier(above=Money(minor, currency), review=review)

    rising = (
        tier(500, "EUR", Review.SENIOR),
        tier(100, "CNY", Review.SENIOR),
        tier(900, "EUR", Review.TWO_PERSONS),
    )
    falling = (*rising, tier(90, "CNY", Review.TWO_PERSONS))

    assert found(document(ANY_TIME, amount_tiers=rising)) == []
    assert found(document(ANY_TIME, amount_tiers=falling)) == [
        ("/amount_tiers/3/above", "tiers_not_rising")
    ]


def test_a_pair_of_eyes_is_named_once() -> None:
    twice = (FourEyes.REQUESTER_APPROVER, FourEyes.REQUESTER_APPROVER)

    assert found(document(ANY_TIME, four_eyes=twice)) == [("/four_eyes", "duplicate_item")]


@pytest.mark.parametrize(
    ("rules", "pointer", "code"),
    [
        (
            [rule("r", some(ask("sku", "known", True), ask("sku", "known", False)), eligible=True)],
            WHEN,
            "always_holds",
        ),
        (
            [rule("r", some(ask("sku", "is", "A"), ask("quantity", "is", 0)), eligible=True)],
            f"{WHEN}/any/1",
            "part_never_holds",
        ),
        (
            [rule("r", ask("purchase_month", "at_least", 1), eligible=True)],
            f"{WHEN}/at_least",
            "holds_if_known",
        ),
        (
            [rule("r", ask("sku", "is", "A"), evidence=("qc_report", "photos"))],
            "/rules/0/then/evidence/1",
            "unknown_evidence",
        ),
        (
            [
                rule(
                    "r",
                    ask("sku", "is", "A"),
                    window=Window(days=9, by_resolution={"exchange": 30}),
                    resolutions=("refund", "repair"),
                )
            ],
            "/rules/0/then/window/by_resolution/exchange",
            "resolution_excluded",
        ),
        (
            [rule("r", ask("sku", "is", "A"), eligible=False, code="x", checklist="c")],
            "/rules/0/then/checklist",
            "needless_in_refusal",
        ),
        (
            [rule("r", ask("sku", "is", "A"), fees=Fees(flat=eur(1), shipping=Money(1, "USD")))],
            FEES,
            "fees_in_two_currencies",
        ),
        (
            [
                rule(
                    "r",
                    every(ask("currency", "is", "USD"), ask("line_value", "above", eur(9))),
                    evidence=("photo",),
                )
            ],
            WHEN,
            "currency_excluded",
        ),
    ],
)
def test_what_has_no_effect_or_is_likely_a_slip_is_odd(
    rules: list[Rule], pointer: str, code: str
) -> None:
    policy = document(*rules, replace(ANY_TIME, when=None))

    assert found(policy) == []
    assert (pointer, code) in odd(policy)
    assert odd(document(ANY_TIME)) == []


def test_evidence_of_a_kind_of_ones_own_is_not_odd() -> None:
    assert odd(document(rule("r", evidence=("repair_quote",), window=Window(days=1)))) == []


def test_tiers_signals_and_reminders_without_effect_are_odd() -> None:
    always_senior = rule("all", window=Window(days=None), review=Review.SENIOR)
    silent = _signal("silent", ask("photo_reused", "is", True), 0)
    tiers = (RiskTier(score=20, review=Review.PERSON), RiskTier(score=50, review=Review.SENIOR))
    amounts = (AmountTier(above=eur(1), review=Review.AUTOMATIC),)
    soon = Deadlines(answer_days=7, remind_days=7)

    assert odd(document(always_senior, signals=(RISKY,), risk_tiers=tiers)) == [
        ("/risk_tiers/0/review", "tier_without_effect"),
        ("/risk_tiers/1/review", "tier_without_effect"),
        ("/risk_tiers/1/score", "tier_out_of_reach"),
    ]
    assert odd(document(ANY_TIME, amount_tiers=amounts)) == [
        ("/amount_tiers/0/review", "tier_without_effect")
    ]
    assert odd(document(ANY_TIME, signals=(silent,))) == [
        ("/signals", "signals_without_effect"),
        ("/signals/0/weight", "no_weight"),
    ]
    assert odd(document(ANY_TIME, deadlines=soon)) == [
        ("/deadlines/remind_days", "reminded_at_once")
    ]


def test_holidays_that_move_no_end_of_a_window_are_odd() -> None:
    days = (date(2019, 5, 1), date(2026, 10, 9), date(2026, 10, 9), date(2029, 5, 1))
    window = Window(days=40, to_working_day=True)
    begins, ends = NOW - timedelta(days=300), NOW + timedelta(days=30)

    policy = document(
        rule("all", window=window),
        public_holidays=days,
        effective_from=begins,
        effective_to=ends,
    )
    open_ended = replace(policy, effective_to=None)
    unused = replace(ANY_TIME, rule_id="unused")

    assert odd(policy) == [
        ("/public_holidays/0", "holiday_out_of_force"),
        ("/public_holidays/2", "holiday_listed_twice"),
        ("/public_holidays/3", "holiday_out_of_force"),
    ]
    assert odd(open_ended) == [
        ("/public_holidays/0", "holiday_out_of_force"),
        ("/public_holidays/2", "holiday_listed_twice"),
    ]
    assert odd(document(unused, public_holidays=days[1:2])) == [
        ("/public_holidays", "holidays_unused")
    ]


def test_the_countries_are_those_of_the_time_zone_database() -> None:
    table = resources.files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text("utf-8")
    listed = {line.split("\t")[0] for line in table.splitlines() if not line.startswith("#")}

    assert listed == COUNTRIES


def test_every_code_of_a_finding_has_chinese_words() -> None:
    assert finding_codes() - set(catalogue("zh-CN")["fields"]) == set()
