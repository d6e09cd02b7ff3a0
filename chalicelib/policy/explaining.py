"""Why a return was decided as it was: every rule, what it asked, and what it decided.

Pure. A decision keeps its facts, but not the rules that did not hold: those are asked once more, by
the version that decided. Customers are told all that is about their request, nothing that is said
about them (`FOR_STAFF`), and no rule that asks for such things.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from chalicelib.policy.discretion import discreet, discreet_review
from chalicelib.policy.document import Outcome, PolicyDocument, Review, Rule, Window, WindowStart
from chalicelib.policy.evaluation import CompiledPolicy, LineToDecide, facts_as_json
from chalicelib.policy.explaining_told import (
    Explanation,
    FactTold,
    LineTold,
    OtherVersion,
    ReasonTold,
    RuleTold,
    SignalTold,
    StepTold,
    WindowTold,
)
from chalicelib.policy.explaining_words import SPOKEN, Said
from chalicelib.policy.facts import FOR_STAFF
from chalicelib.policy.giving import Giving, PromotionRule
from chalicelib.policy.giving_of import giving_of, second_refunder_above, statutory_giving
from chalicelib.policy.replaying import is_replayable, lines_of, replay, replayed
from chalicelib.policy.terms import giving_says, terms_of
from chalicelib.policy.terms_words import LANGUAGES
from chalicelib.policy.verdict import Decision, LineDecision, RuleTrace
from chalicelib.policy.windows import start_of

_INTERNAL = frozenset({"warehouse", "checklist", "review", "second_refunder_above"})
"""What a rule states for staff alone."""


def explain(
    decision: Decision,
    policies: Mapping[str, CompiledPolicy],
    *,
    language: str,
    for_staff: bool,
) -> Explanation:
    """`policies` are the versions that lines name, and the others that came into question."""
    return _Explaining(decision, policies, language, for_staff=for_staff).whole()


class _Explaining:
    """One decision, as one kind of reader is told it in one language."""

    def __init__(
        self,
        decision: Decision,
        policies: Mapping[str, CompiledPolicy],
        language: str,
        *,
        for_staff: bool,
    ) -> None:
        self.decision, self.policies, self.for_staff = decision, policies, for_staff
        self.language = language if language in SPOKEN else "en"
        self.said: Said = SPOKEN[self.language]
        self.words = LANGUAGES[self.language]
        self.asked = lines_of(decision)
        self.again = {name: replayed(policy, decision) for name, policy in policies.items()}
        self.replay = replay(decision, policies)
        self.hidden = frozenset() if for_staff else FOR_STAFF

    def whole(self) -> Explanation:
        decision, is_staff = self.decision, self.for_staff
        found = self.replay
        places = iter(range(len(self.asked)))
        lines = tuple(
            self._line(line, next(places) if is_replayable(line) else None)
            for line in decision.lines
        )
        review = self._review(decision.review)
        giving = _giving(decision)
        return Explanation(
            language=self.language,
            policy_version=decision.policy_version,
            requested_at=decision.requested_at,
            eligible=decision.eligible,
            review=review,
            review_says=self.words.review[review.value],
            reasons=tuple(map(self._reason, decision.reasons)) if is_staff else (),
            risk_score=decision.risk.score if is_staff else None,
            signals=tuple(self._signals()) if is_staff else (),
            four_eyes=decision.four_eyes if is_staff else (),
            lines=lines,
            giving=giving,
            giving_says=giving_says(giving, self.language),
            second_refunder_above=second_refunder_above(decision) if is_staff else None,
            replays=not found.different if found.same or found.different else None,
        )

    def _review(self, review: Review) -> Review:
        """Customers are told whether a person decides, not which."""
        return review if self.for_staff else discreet_review(review)

    def _line(self, line: LineDecision, place: int | None) -> LineTold:
        policy = self.policies.get(line.policy_version or "")
        rules: tuple[RuleTold, ...] = ()
        window: WindowTold | None = None
        replays: bool | None = None
        if place is not None and policy is not None:
            score = self.again[policy.document.version_id].risk.score
            rules = tuple(_rules(policy, self.asked[place], score, self.language))
            window = _window(policy, self.asked[place], line, rules)
            replays = line.line_no not in self.replay.different
        told = self._shown(rules)
        is_staff = self.for_staff
        open_line = self._open(line)
        return LineTold(
            line_no=line.line_no,
            eligible=line.eligible,
            code=open_line.code,
            says=self._verdict(open_line, told),
            version_id=line.policy_version,
            version_title=None if policy is None else policy.document.title[self.language],
            why_version=self._why(line),
            other=self._other(line, place),
            steps=tuple(
                self._step(step) for step in open_line.trace if step.rule in self.said.steps
            ),
            rules=told if rules else self._kept(line, policy),
            window=window,
            fees=line.fees,
            refund_due=line.refund_due,
            evidence=tuple(dict.fromkeys((*line.evidence, *line.reason_evidence))),
            resolutions=line.resolutions,
            keep_item=line.keep_item,
            review=self._review(line.review),
            warehouse=line.warehouse if is_staff else None,
            checklist=line.checklist if is_staff else None,
            replays=replays,
            grade_deductions=line.grade_deductions,
        )

    def _open(self, line: LineDecision) -> LineDecision:
        """The decision as its reader may know it."""
        return line if self.for_staff else discreet(line)

    def _verdict(self, line: LineDecision, rules: tuple[RuleTold, ...]) -> str:
        """A merchant's own code is said by the title of the rule that refused."""
        if line.eligible:
            return self.said.accepted
        why = self.said.codes.get(line.code)
        if why is None:
            refusing = next((s.rule for s in line.trace if not s.passed), line.code)
            titles = (rule.title for rule in rules if rule.rule == refusing)
            why = next(titles, self.said.codes["not_eligible"])
        return self.said.refused.format(why=why)

    def _why(self, line: LineDecision) -> str:
        if line.policy_version is None:
            return self.said.no_policy
        is_own = line.policy_version == self.decision.policy_version
        return self.said.sold_under if is_own else self.said.better

    def _other(self, line: LineDecision, place: int | None) -> OtherVersion | None:
        if place is None:
            return None
        for name, policy in self.policies.items():
            if name != line.policy_version:
                found = self._open(self.again[name].lines[place])
                return OtherVersion(
                    version_id=name,
                    title=policy.document.title[self.language],
                    eligible=found.eligible,
                    code=found.code,
                    window_ends=found.window_ends,
                    fees=found.fees,
                )
        return None

    def _step(self, step: RuleTrace) -> StepTold:
        return StepTold(
            step=step.rule,
            title=self.said.steps[step.rule],
            passed=step.passed,
            code=step.code,
            words=self.said.codes.get(step.code, step.code),
            facts={name: value for name, value in step.facts.items() if name not in self.hidden},
        )

    def _shown(self, rules: tuple[RuleTold, ...]) -> tuple[RuleTold, ...]:
        """The rules as their reader may know them: none, nor its name, that asks about them."""
        if self.for_staff:
            return rules
        open_ones = [
            rule for rule in rules if self.hidden.isdisjoint(fact.fact for fact in rule.facts)
        ]
        names = {rule.rule for rule in open_ones}
        return tuple(
            replace(
                rule,
                decides=tuple(name for name in rule.decides if name not in _INTERNAL),
                decided_before={
                    name: before
                    for name, before in rule.decided_before.items()
                    if name not in _INTERNAL and before in names
                },
            )
            for rule in open_ones
        )

    def _kept(self, line: LineDecision, policy: CompiledPolicy | None) -> tuple[RuleTold, ...]:
        """What the trace itself keeps, where the rules cannot be asked any more."""
        titles = {} if policy is None else _titles(policy.document, self.language)
        return tuple(
            RuleTold(
                rule=step.rule,
                title=titles.get(step.rule, step.rule),
                held=True,
                facts=tuple(
                    FactTold(fact=name, words=self.words.facts.get(name, name), value=value)
                    for name, value in step.facts.items()
                    if name != "decides" and name not in self.hidden
                ),
                decides=(),
                says=(),
                decided_before={},
            )
            for step in line.trace
            if step.rule not in self.said.steps and (self.for_staff or not self._is_told(step))
        )

    def _is_told(self, step: RuleTrace) -> bool:
        return not self.hidden.isdisjoint(step.facts)

    def _reason(self, code: str) -> ReasonTold:
        titles: dict[str, str] = {}
        for policy in self.policies.values():
            titles |= _titles(policy.document, self.language)
        return ReasonTold(code=code, words=self.said.reason(code, titles))

    def _signals(self) -> Iterator[SignalTold]:
        titles = {
            signal.signal_id: signal.title.get(self.language, signal.signal_id)
            for policy in self.policies.values()
            for signal in policy.document.signals
        }
        for name, points in self.decision.risk.signals.items():
            yield SignalTold(signal=name, title=titles.get(name, name), points=points)


def _giving(decision: Decision) -> Giving:
    """As it is paid: a withdrawal is decided by a law, and a recall costs no promotion."""
    giving = statutory_giving(giving_of(decision), decision.policy_version)
    is_recall = decision.facts.get("type") == "recall"
    return replace(giving, promotions=PromotionRule.KEEP) if is_recall else giving


def _rules(
    policy: CompiledPolicy, line: LineToDecide, score: int, language: str
) -> Iterator[RuleTold]:
    """Every rule, asked once more, in the order of the document."""
    facts = {**line.facts, "risk_score": score}
    words, known = LANGUAGES[language], facts_as_json(facts)
    decided: dict[str, str] = {}
    for entry in policy.rules:
        rule, held = entry.rule, entry.holds(facts)
        before = {name: decided[name] for name in entry.states if name in decided} if held else {}
        decides = tuple(name for name in entry.states if name not in decided) if held else ()
        decided.update(dict.fromkeys(decides, rule.rule_id))
        yield RuleTold(
            rule=rule.rule_id,
            title=rule.title.get(language, rule.rule_id),
            held=held,
            facts=tuple(
                FactTold(fact=name, words=words.facts.get(name, name), value=known.get(name))
                for name in entry.asks
            ),
            decides=decides,
            says=_says(policy.document, rule, decides, language),
            decided_before=before,
        )


def _says(
    document: PolicyDocument, rule: Rule, decides: tuple[str, ...], language: str
) -> tuple[str, ...]:
    """The sentences of the terms, of what this rule decides alone."""
    stated = {name: value for name, value in rule.then.stated().items() if name in decides}
    if not stated:
        return ()
    then = Outcome(**stated)  # type: ignore[arg-type]  # the rule's own fields
    alone = replace(document, rules=(replace(rule, when=None, then=then),))
    return tuple(text for clause in terms_of(alone, language).clauses for text in clause.says)


def _window(
    policy: CompiledPolicy,
    asked: LineToDecide,
    line: LineDecision,
    rules: tuple[RuleTold, ...],
) -> WindowTold | None:
    deciding = next((rule.rule for rule in rules if "window" in rule.decides), None)
    if deciding is None:
        return None
    entry = next(one for one in policy.rules if one.rule.rule_id == deciding)
    window: Window | None = entry.rule.then.window
    assert window is not None, "it decides the window"
    dates = asked.dates
    counted_from = start_of(window, dates, policy.document.transit_days)
    is_estimated = (
        window.start is WindowStart.DELIVERY
        and dates.delivered_at is None
        and counted_from is not None
    )
    return WindowTold(
        days=window.days_for(str(asked.facts["resolution"])),
        start=window.start,
        counted_from=counted_from,
        is_estimated=is_estimated,
        ends_before=line.window_ends,
        time_zone=policy.document.time_zone,
    )


def _titles(document: PolicyDocument, language: str) -> dict[str, str]:
    return {rule.rule_id: rule.title.get(language, rule.rule_id) for rule in document.rules}
