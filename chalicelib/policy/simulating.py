"""What a past return was decided, beside what another version says to the very same request.

Pure. What people decided stays as it was: a draft is only tried on what policy decides. Where it
asks for a person, that person is taken to say what was said then; where it decides alone, all that
was asked for is accepted. What the law or a person set aside (recalls, withdrawals, answers to a
question, overrides), or a promotion of the order refused, stays as it was, too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from chalicelib.core.money import Money
from chalicelib.policy.document import Fees, Review
from chalicelib.policy.evaluation import RANK, CompiledPolicy
from chalicelib.policy.fees import FREE_TYPES, Charged, fees_for, of_kept
from chalicelib.policy.giving import Giving
from chalicelib.policy.replaying import SET_ASIDE, is_replayable, replayed
from chalicelib.policy.verdict import Decision, LineDecision

NEEDS_PERSON = frozenset(
    {
        "documents_missing",
        "documents_unseen",
        "cause_report_missing",
        "asked_about",
        "override",
        "statutory",
        "sale_matched",
        "too_little_stock",
        "replacement_price_missing",
    }
)
"""Reasons for a review by a person that no version of a policy takes away."""
_PERSONAL = frozenset({"asked_about", "override"})
"""Reasons that say that a person decides, whatever policy says."""
NOT_SAID = "-"
"""In the place of a value that nobody said."""
OF_SIGNALS = "risk_score"
"""Follows from the signals of whichever version is asked, so no decision keeps it as a fact."""


class Verdict(StrEnum):
    """How a request stands: refused by policy, rejected by people, or accepted after a review."""

    REFUSED = "refused"
    REJECTED = "rejected"
    AUTOMATIC = "automatic"
    PERSON = "person"
    SENIOR = "senior"
    TWO_PERSONS = "two_persons"


class Change(StrEnum):
    """What would be otherwise. The last seven are terms that this return did not turn on."""

    REFUSED_NOW = "refused_now"
    ACCEPTED_NOW = "accepted_now"
    LESS_REVIEW = "less_review"
    MORE_REVIEW = "more_review"
    LOWER_FEES = "lower_fees"
    HIGHER_FEES = "higher_fees"
    LOWER_REFUND = "lower_refund"
    HIGHER_REFUND = "higher_refund"
    KEEP_ITEM_NOW = "keep_item_now"
    KEEP_ITEM_NO_MORE = "keep_item_no_more"
    LONGER_WINDOW = "longer_window"
    SHORTER_WINDOW = "shorter_window"
    MORE_EVIDENCE = "more_evidence"
    LESS_EVIDENCE = "less_evidence"
    OTHER_DUE = "other_due"
    OTHER_GIVING = "other_giving"
    OTHER_HANDLING = "other_handling"


TERMS = frozenset(
    {
        Change.LONGER_WINDOW,
        Change.SHORTER_WINDOW,
        Change.MORE_EVIDENCE,
        Change.LESS_EVIDENCE,
        Change.OTHER_DUE,
        Change.OTHER_GIVING,
        Change.OTHER_HANDLING,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastLine:
    """One line of a past return, beside its verdict.

    `asked` is the value of what the customer did not take back, `kept` of what of that nobody
    rejected; nothing of what is exchanged, for no money goes back. The units say the same of all.
    `fees_waived`: by a person.
    """

    verdict: LineDecision
    category: str | None
    reason: str
    asked: Money
    kept: Money
    asked_units: int
    kept_units: int
    fees_waived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PastReturn:
    """A return that was submitted, with what it was decided and what came of it."""

    return_id: str
    number: str
    order_no: str | None
    region: str | None
    channel: str | None
    customer_class: str | None
    type: str
    requested_at: datetime
    currency: str
    decision: Decision
    lines: tuple[PastLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineMoney:
    """What one line brings the customer, before fees of the whole return."""

    fees: Money
    refund: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A request under one version: who accepts it, and what the customer gets."""

    verdict: Verdict
    codes: tuple[str, ...]
    fees: Money
    refund: Money
    lines: tuple[LineMoney, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Both sides of a past return, and in what they differ."""

    past: PastReturn
    before: Standing
    after: Standing
    changes: frozenset[Change]

    @property
    def is_different(self) -> bool:
        """Whether this return would have gone otherwise; other terms alone are no difference."""
        return not self.changes <= TERMS


def compare(past: PastReturn, now: Decision) -> Comparison:
    """`now` is what the other version says to all lines that a policy was asked about."""
    said = _paired(past, now)
    before, after = _stood(past), _stands(past, now, said)
    changes = {
        *_outcome_changes(before, after),
        *_money_changes(before, after),
        *(change for line, one in zip(past.lines, said, strict=True)
          for change in _term_changes(line.verdict, one)),
    }  # fmt: skip
    return Comparison(past=past, before=before, after=after, changes=frozenset(changes))


def tried(policy: CompiledPolicy, past: PastReturn) -> Comparison:
    """A past return under this version."""
    return compare(past, replayed(policy, past.decision))


def unknown_facts(policy: CompiledPolicy, decision: Decision) -> frozenset[str]:
    """Facts that the version asks for and that were not known of a line when it was decided."""
    asked = policy.asked_facts - {OF_SIGNALS}
    lines = [line for line in decision.lines if is_replayable(line)]
    return frozenset(
        name
        for name in asked
        if name not in decision.facts and any(name not in line.facts for line in lines)
    )


def _paired(past: PastReturn, now: Decision) -> list[LineDecision]:
    """What is said about each line now; what policy did not decide stays as it was."""
    again = iter(now.lines)
    is_beyond = past.type in SET_ASIDE or not _PERSONAL.isdisjoint(past.decision.reasons)
    said: list[LineDecision] = []
    for line in past.lines:
        verdict = line.verdict
        found = next(again) if is_replayable(verdict) else verdict
        found = replace(found, fees=None) if line.fees_waived else found
        is_set_aside = any(step.rule in SET_ASIDE for step in verdict.trace)
        said.append(verdict if is_beyond or is_set_aside else found)
    assert next(again, None) is None, "each line that a policy was asked about has its answer"
    return said


def _stood(past: PastReturn) -> Standing:
    verdicts = [line.verdict for line in past.lines]
    verdict = Verdict(past.decision.review.value)
    asked = sum(line.asked_units for line in past.lines)
    if not all(one.eligible for one in verdicts):
        verdict = Verdict.REFUSED
    elif asked and not any(line.kept_units for line in past.lines):
        verdict = Verdict.REJECTED
    amounts = [line.kept for line in past.lines]
    return _standing(past, verdict, verdicts, amounts)


def _stands(past: PastReturn, now: Decision, said: Sequence[LineDecision]) -> Standing:
    if not all(one.eligible for one in said):
        return _standing(past, Verdict.REFUSED, said, [])
    review = now.review if now.lines else past.decision.review
    if NEEDS_PERSON.intersection(past.decision.reasons):
        review = max(review, Review.PERSON, key=RANK.__getitem__)
    was_refused = not all(line.verdict.eligible for line in past.lines)
    if review is Review.AUTOMATIC or was_refused:
        amounts = [line.asked for line in past.lines]
        return _standing(past, Verdict(review.value), said, amounts)
    was_asked = any(line.asked_units for line in past.lines)
    is_rejected = was_asked and not any(line.kept_units for line in past.lines)
    verdict = Verdict.REJECTED if is_rejected else Verdict(review.value)
    return _standing(past, verdict, said, [line.kept for line in past.lines])


def _standing(
    past: PastReturn, verdict: Verdict, said: Sequence[LineDecision], amounts: Sequence[Money]
) -> Standing:
    """A request that is refused or rejected brings nothing and costs nothing."""
    nothing = Money.zero(past.currency)
    codes = tuple(dict.fromkeys(one.code for one in said if not one.eligible))
    if verdict in (Verdict.REFUSED, Verdict.REJECTED):
        none = LineMoney(fees=nothing, refund=nothing)
        lines = (none,) * len(past.lines)
        return Standing(verdict=verdict, codes=codes, fees=nothing, refund=nothing, lines=lines)
    charged = [
        Charged(line_no=str(place), refund=amount, fees=_charged(past, one))
        for place, (one, amount) in enumerate(zip(said, amounts, strict=True))
    ]
    fees = fees_for(charged)
    own = {fee.line_no: fee.amount for fee in fees if fee.line_no is not None}
    whole = Money.total((fee.amount for fee in fees), past.currency)
    return Standing(
        verdict=verdict,
        codes=codes,
        fees=whole,
        refund=Money.total(amounts, past.currency) - whole,
        lines=tuple(
            LineMoney(
                fees=own.get(one.line_no, nothing),
                refund=one.refund - own.get(one.line_no, nothing),
            )
            for one in charged
        ),
    )


_NO = frozenset({Verdict.REFUSED, Verdict.REJECTED})


def _outcome_changes(before: Standing, after: Standing) -> Iterable[Change]:
    was_accepted, is_accepted = before.verdict not in _NO, after.verdict not in _NO
    if was_accepted and not is_accepted:
        yield Change.REFUSED_NOW
    if is_accepted and not was_accepted:
        yield Change.ACCEPTED_NOW
    if was_accepted and is_accepted and before.verdict is not after.verdict:
        is_less = RANK[Review(after.verdict.value)] < RANK[Review(before.verdict.value)]
        yield Change.LESS_REVIEW if is_less else Change.MORE_REVIEW


def _money_changes(before: Standing, after: Standing) -> Iterable[Change]:
    if before.fees != after.fees:
        is_lower = after.fees < before.fees
        yield Change.LOWER_FEES if is_lower else Change.HIGHER_FEES
    if before.refund != after.refund:
        is_lower = after.refund < before.refund
        yield Change.LOWER_REFUND if is_lower else Change.HIGHER_REFUND


def _charged(past: PastReturn, verdict: LineDecision) -> Fees | None:
    return None if past.type in FREE_TYPES else of_kept(verdict.fees, keep_item=verdict.keep_item)


def _term_changes(then: LineDecision, now: LineDecision) -> Iterable[Change]:
    if then.eligible and now.eligible and then.keep_item != now.keep_item:
        yield Change.KEEP_ITEM_NOW if now.keep_item else Change.KEEP_ITEM_NO_MORE
    was_until, is_until = _until(then), _until(now)
    if was_until is not None and is_until is not None and was_until != is_until:
        yield Change.LONGER_WINDOW if is_until > was_until else Change.SHORTER_WINDOW
    if not set(now.evidence) <= set(then.evidence):
        yield Change.MORE_EVIDENCE
    if not set(then.evidence) <= set(now.evidence):
        yield Change.LESS_EVIDENCE
    if then.refund_due is not now.refund_due:
        yield Change.OTHER_DUE
    gave, gives = then.giving or Giving(), now.giving or Giving()
    if then.eligible and now.eligible and gave != gives:
        yield Change.OTHER_GIVING
    if _handling(then) != _handling(now):
        yield Change.OTHER_HANDLING


def _handling(verdict: LineDecision) -> tuple[object, ...]:
    limit = verdict.second_refunder_above
    graded = verdict.grade_deductions
    return verdict.resolutions, verdict.warehouse, verdict.checklist, limit, graded


def _until(verdict: LineDecision) -> float | None:
    """The end of the window as a number; None where nothing was there to count from."""
    if verdict.window_ends is not None:
        return verdict.window_ends.timestamp()
    window = next((step for step in verdict.trace if step.rule == "window"), None)
    is_unlimited = verdict.eligible if window is None else window.passed
    return float("inf") if is_unlimited else None
