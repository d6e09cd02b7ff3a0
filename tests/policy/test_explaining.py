"""Why a return was decided as it was, rule by rule, for staff and for its customer."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given, settings

from chalicelib.policy.document import Fees, PolicyDocument, Review, Signal, Window
from chalicelib.policy.evaluation import (
    Applicable,
    CompiledPolicy,
    LineToDecide,
    decide,
    decide_best,
)
from chalicelib.policy.explaining import explain
from chalicelib.policy.explaining_told import Explanation, LineTold, RuleTold
from chalicelib.policy.explaining_words import SPOKEN
from chalicelib.policy.verdict import Decision, RuleTrace
from tests.policy.documents import ask, document, documents, eur, known_facts, line, rule


def titled(policy: PolicyDocument) -> PolicyDocument:
    """With a title for each rule, as every checked document has."""
    rules = tuple(
        replace(one, title={"en": f"Rule {one.rule_id}", "zh-CN": f"规则{one.rule_id}"})
        for one in policy.rules
    )
    return replace(policy, rules=rules)


POLICY = titled(
    document(
        rule("sale", ask("final_sale", "is", True), eligible=False, code="final_sale"),
        rule("blocked", ask("customer_lists", "has_any", ("block",)), review=Review.SENIOR),
        rule("hygiene", ask("category", "is", "soap"), eligible=False, code="opened_hygiene"),
        rule(
            "thirty", window=Window(days=30), review=Review.PERSON, warehouse="W1",
            fees=Fees(restocking=1000),
        ),
        rule("sixty", window=Window(days=60)),
    )
)  # fmt: skip


def explained(
    *lines: LineToDecide,
    policy: PolicyDocument = POLICY,
    language: str = "en",
    for_staff: bool = True,
    decision: Decision | None = None,
) -> Explanation:
    compiled = CompiledPolicy(policy)
    decided = decision or decide(compiled, lines or (line(),))
    versions = {policy.version_id: compiled}
    return explain(decided, versions, language=language, for_staff=for_staff)


def only(told: Explanation) -> LineTold:
    (one,) = told.lines
    return one


def by_id(rules: Sequence[RuleTold]) -> dict[str, RuleTold]:
    return {one.rule: one for one in rules}


def test_every_rule_is_told_whether_it_held_or_not() -> None:
    rules = only(explained(line(final_sale=False, category="books"))).rules

    assert [(one.rule, one.held) for one in rules] == [
        ("sale", False),
        ("blocked", False),
        ("hygiene", False),
        ("thirty", True),
        ("sixty", True),
    ]


def test_a_rule_tells_the_facts_that_it_asked() -> None:
    rules = by_id(only(explained(line(final_sale=False))).rules)

    (known,), (unknown,) = rules["sale"].facts, rules["hygiene"].facts
    assert (known.fact, known.value) == ("final_sale", False)
    assert known.words == "it was sold as final sale"
    assert (unknown.fact, unknown.value) == ("category", None)


def test_a_rule_tells_what_it_decided_and_what_another_had_decided_before() -> None:
    rules = by_id(only(explained()).rules)

    assert set(rules["thirty"].decides) == {"window", "review", "warehouse", "fees"}
    assert "You have 30 days from the day after delivery." in rules["thirty"].says
    assert rules["sixty"].decides == ()
    assert rules["sixty"].decided_before == {"window": "thirty"}


def test_a_rule_that_did_not_hold_decided_nothing() -> None:
    rule_told = by_id(only(explained(line(category="books"))).rules)["hygiene"]

    assert (rule_told.decides, rule_told.says, rule_told.decided_before) == ((), (), {})


def test_the_window_is_told_with_its_dates() -> None:
    window = only(explained(line(delivered_days_ago=2))).window

    assert window is not None
    assert (window.days, window.is_estimated, window.time_zone) == (30, False, "UTC")
    assert window.counted_from is not None
    assert window.ends_before is not None
    assert (window.ends_before - window.counted_from).days == 30


def test_a_window_without_a_delivery_is_told_as_estimated() -> None:
    window = only(explained(line(delivered_days_ago=None, shipped_days_ago=3))).window

    assert window is not None
    assert window.is_estimated


def test_a_refusal_is_told_in_words() -> None:
    known = only(explained(line(final_sale=True)))
    own = only(explained(line(category="soap")))

    assert known.says == "It cannot be returned: it was sold as final sale."
    assert (own.code, own.says) == ("opened_hygiene", "It cannot be returned: Rule hygiene.")


def test_everything_is_told_in_the_language_that_is_asked_for() -> None:
    told = explained(line(category="soap"), language="zh-CN")

    assert told.language == "zh-CN"
    assert only(told).says == "不可退货：规则hygiene。"
    assert by_id(only(told).rules)["thirty"].title == "规则thirty"
    assert [step.title for step in only(told).steps][:2] == ["是否已发货", "是否为实物商品"]
    assert explained(language="fr").language == "en"


def test_both_languages_say_the_same_things() -> None:
    english, chinese = SPOKEN["en"], SPOKEN["zh-CN"]

    assert set(english.reasons) == set(chinese.reasons)
    assert set(english.steps) == set(chinese.steps)
    assert set(english.codes) == set(chinese.codes)


RISKY = replace(
    POLICY,
    signals=(
        Signal(
            signal_id="used-photo", when=ask("photo_reused", "is", True), weight=40,
            title={"en": "A photo used before", "zh-CN": "照片重复"},
        ),
    ),
)  # fmt: skip


def test_staff_see_reasons_and_risk() -> None:
    told = explained(line(customer_lists=frozenset({"block"}), photo_reused=True), policy=RISKY)

    assert [(reason.code, reason.words) for reason in told.reasons] == [
        ("rule:blocked", "Rule blocked")
    ]
    assert (told.review, told.risk_score) == (Review.SENIOR, 40)
    assert [(s.signal, s.title, s.points) for s in told.signals] == [
        ("used-photo", "A photo used before", 40)
    ]


def test_a_customer_sees_nothing_that_is_said_about_them() -> None:
    decided = decide(
        CompiledPolicy(RISKY),
        [line(customer_lists=frozenset({"block"}), photo_reused=True, customer_returns_12m=9)],
    )
    told = explained(policy=RISKY, decision=decided, for_staff=False)

    assert (told.review, told.reasons, told.risk_score, told.signals) == (
        Review.PERSON, (), None, (),
    )  # fmt: skip
    assert [one.rule for one in only(told).rules] == ["sale", "hygiene", "thirty", "sixty"]
    assert set(by_id(only(told).rules)["thirty"].decides) == {"window", "fees"}
    assert (only(told).warehouse, only(told).checklist) == (None, None)
    for secret in ("block", "used-photo", "customer_returns_12m", "photo_reused", "senior"):
        assert secret not in repr(told)


def test_a_customer_whom_a_hidden_rule_refused_is_told_no_more_than_that() -> None:
    policy = titled(
        document(
            rule("often", ask("customer_returns_12m", "above", 5), eligible=False, code="often"),
            rule("thirty", window=Window(days=30)),
        )
    )

    told = explained(line(customer_returns_12m=9), policy=policy, for_staff=False)

    assert only(told).says == "It cannot be returned: a rule refuses it."
    assert "Rule often" not in repr(told)


def test_a_customer_is_not_told_which_hidden_rule_decided_before() -> None:
    policy = titled(
        document(
            rule("fraud-list", ask("customer_lists", "has_any", ("block",)), fees=Fees()),
            rule("thirty", window=Window(days=30), fees=Fees(restocking=1000)),
            rule("sixty", window=Window(days=60)),
        )
    )
    asked = line(customer_lists=frozenset({"block"}))

    told = explained(asked, policy=policy, for_staff=False)

    assert "fraud-list" not in repr(told)
    assert by_id(only(told).rules)["sixty"].decided_before == {"window": "thirty"}
    staff = by_id(only(explained(asked, policy=policy)).rules)
    assert staff["thirty"].decided_before == {"fees": "fraud-list"}


BLOCKING = titled(
    document(
        rule(
            "listed", ask("customer_lists", "has_any", ("block",)),
            eligible=False, code="on_a_list",
        ),
        rule("thirty", window=Window(days=30)),
        version_id="p-2",
    )
)  # fmt: skip


def test_a_customer_is_not_told_which_hidden_refusal_a_person_set_aside() -> None:
    decided = decide(CompiledPolicy(BLOCKING), [line(customer_lists=frozenset({"block"}))])
    (refused,) = decided.lines
    step = RuleTrace(
        rule="override", facts={"set_aside": ["on_a_list"]}, passed=True, code="overridden"
    )
    kept = replace(refused, eligible=True, code="eligible", trace=(*refused.trace, step))

    told = explained(policy=BLOCKING, decision=replace(decided, lines=(kept,)), for_staff=False)

    assert "on_a_list" not in repr(told)
    assert [one.step for one in only(told).steps][-1] == "override"
    staff = explained(policy=BLOCKING, decision=replace(decided, lines=(kept,)))
    assert only(staff).steps[-1].facts == {"set_aside": ["on_a_list"]}


def test_a_customer_is_not_told_by_which_code_a_hidden_rule_refuses() -> None:
    asked = line(customer_lists=frozenset({"block"}))
    own, later = CompiledPolicy(POLICY), CompiledPolicy(BLOCKING)
    decided = decide_best(Applicable(own=own, later=later), [asked])
    versions = {one.document.version_id: one for one in (own, later)}

    told = explain(decided, versions, language="en", for_staff=False)

    other = only(told).other
    assert other is not None
    assert (other.eligible, other.code) == (False, "individual_decision")
    refused = only(explained(asked, policy=BLOCKING, for_staff=False))
    assert refused.code == "individual_decision"
    assert "on_a_list" not in repr(told) + repr(refused)


def test_machine_reasons_are_told_as_sentences() -> None:
    decided = decide(CompiledPolicy(POLICY), [line()])
    codes = ("rule:default", "risk:70", "amount_above:500.00 EUR", "documents_missing", "own")
    told = explained(decision=replace(decided, reasons=codes))

    assert [reason.words for reason in told.reasons] == [
        "No rule says who decides, so a person does.",
        "The risk score is 70.",
        "More than 500.00 EUR of the order is in returns.",
        "Papers are missing.",
        "own",
    ]


def test_a_later_version_that_is_better_is_told_beside_the_one_that_was_sold_under() -> None:
    own = replace(titled(document(rule("short", window=Window(days=1)))), version_id="own")
    later = replace(titled(document(rule("long", window=Window(days=90)))), version_id="later")
    versions = {"own": CompiledPolicy(own), "later": CompiledPolicy(later)}
    best = Applicable(own=versions["own"], later=versions["later"])
    decided = decide_best(best, [line(delivered_days_ago=5)])

    told = explain(decided, versions, language="en", for_staff=True)

    chosen = only(told)
    assert (chosen.version_id, chosen.eligible) == ("later", True)
    assert chosen.why_version == SPOKEN["en"].better
    assert chosen.other is not None
    assert (chosen.other.version_id, chosen.other.code) == ("own", "outside_window")
    assert told.replays is True


def test_the_version_of_the_sale_is_told_as_that() -> None:
    assert only(explained()).why_version == SPOKEN["en"].sold_under
    assert only(explained()).other is None


def test_a_replay_that_differs_is_told() -> None:
    decided = decide(CompiledPolicy(POLICY), [line(delivered_days_ago=5)])
    changed = replace(POLICY, rules=titled(document(rule("never", eligible=False))).rules)

    told = explained(policy=changed, decision=decided)

    assert (told.replays, only(told).replays) == (False, False)


def test_a_decision_without_facts_is_told_by_its_trace() -> None:
    old = decide(CompiledPolicy(POLICY), [line(category="soap")])
    old = replace(old, lines=tuple(replace(one, dates=None) for one in old.lines))

    told = explained(decision=old)

    assert (told.replays, only(told).replays, only(told).window) == (None, None, None)
    assert [one.rule for one in only(told).rules] == ["hygiene", "thirty"]
    assert [fact.value for fact in only(told).rules[0].facts] == ["soap"]


def test_what_set_the_policy_aside_is_told_as_a_step() -> None:
    decided = decide(CompiledPolicy(POLICY), [line(final_sale=True)])
    (verdict,) = decided.lines
    aside = RuleTrace(rule="recall", facts={}, passed=True, code="called_back")
    verdict = replace(verdict, eligible=True, code="eligible", trace=(*verdict.trace, aside))

    told = only(explained(decision=replace(decided, lines=(verdict,))))

    assert told.says == "It can be returned."
    assert told.steps[-1].words == "it is called back, whatever the terms say"


def test_two_wishes_for_one_line_are_told_apart() -> None:
    told = explained(line("1", category="soap"), line("1", category="books"))

    assert [one.code for one in told.lines] == ["opened_hygiene", "eligible"]
    assert told.replays is True


@settings(max_examples=60)
@given(policy=documents(), known=known_facts())
def test_what_is_told_is_what_was_decided(policy: PolicyDocument, known: dict[str, Any]) -> None:
    asked = line("1", **known)
    told = explained(asked, policy=titled(policy))

    (decided,) = decide(CompiledPolicy(titled(policy)), [asked]).lines
    applied = {
        step.rule: set(map(str, step.facts["decides"]))  # type: ignore[arg-type]
        for step in decided.trace
        if "decides" in step.facts
    }
    assert applied == {one.rule: set(one.decides) for one in only(told).rules if one.decides}
    assert told.replays is True
    assert (only(told).fees, only(told).eligible) == (decided.fees, decided.eligible)


def test_fees_are_told_as_they_are_charged() -> None:
    assert only(explained(line(unit_price=eur(100)))).fees == Fees(restocking=1000)
