"""What a language has to say for terms to be put together from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """One language. Templates name their places; `names` are words for values of a fact.

    `giving` has a sentence for each rule of each part of it.
    """

    tag: str
    intro: str
    both: str
    either: str
    comma: str
    brackets: str
    negation: str
    not_returnable: str
    returnable: str
    any_time: str
    working_day: str
    no_fee: str
    keep_item: str
    send_back: str
    no_evidence: str
    individually: str
    facts: Mapping[str, str]
    names: Mapping[str, Mapping[str, str]]
    operators: Mapping[str, str]
    yes: str
    no: str
    known: str
    unknown: str
    windows: Mapping[str, str]
    other_window: str
    other_any_time: str
    templates: Mapping[str, str]
    giving: Mapping[str, Mapping[str, str]]
    standard_shipping: str
    refund_due: Mapping[str, str]
    review: Mapping[str, str]
    date_form: str
    from_day: str
    from_to: str
    never: str
    closing_form: str

    def named(self, fact: str, value: str) -> str:
        """A value as people say it; the merchant's own words stay as they are."""
        return self.names.get(fact, {}).get(value, value)

    def with_reasons(self, reasons: Mapping[str, Mapping[str, str]]) -> "Vocabulary":
        """With the labels of reasons, which are data and not words of ours."""
        labels = {code: label[self.tag] for code, label in reasons.items() if self.tag in label}
        return replace(self, names={**self.names, "reason": labels})

    def listed(self, parts: Sequence[str]) -> str:
        return self.comma.join(parts)

    def joined(self, parts: Sequence[str], word: str) -> str:
        return word.join(parts)

    def negated(self, text: str) -> str:
        return self.negation.format(text=text)

    def yes_no(self, fact: str, value: bool, *, is_known: bool) -> str:
        if is_known:
            return (self.known if value else self.unknown).format(fact=fact)
        return (self.yes if value else self.no).format(fact=fact)

    def compared(self, fact: str, operator: str, value: str) -> str:
        return self.operators[operator].format(fact=fact, value=value)

    def window(self, days: int, start: str) -> str:
        return self.windows[start].format(days=days)

    def window_for(self, resolution: str, days: int | None) -> str:
        form = self.other_any_time if days is None else self.other_window
        return form.format(resolution=resolution, days=days)

    def restocking(self, percent: str) -> str:
        return self.templates["restocking"].format(percent=percent)

    def flat_fee(self, amount: str) -> str:
        return self.templates["flat"].format(amount=amount)

    def way_back(self, amount: str) -> str:
        return self.templates["shipping"].format(amount=amount)

    def fee_tax(self, percent: str) -> str:
        return self.templates["fee_tax"].format(percent=percent)

    def graded(self, deductions: Mapping[str, str]) -> str:
        """What is deducted, by grade."""
        if not deductions:
            return self.templates["not_graded"]
        form = self.templates["grade"]
        parts = [
            form.format(grade=self.named("grade", grade), deduction=deduction)
            for grade, deduction in deductions.items()
        ]
        return self.templates["graded"].format(listed=self.listed(parts))

    def resolutions(self, listed: str) -> str:
        return self.templates["resolutions"].format(listed=listed)

    def gives(self, part: str, rule: str) -> str:
        """What a rule of giving back means for a part of what was paid, or earned, or used."""
        return self.giving[part][rule]

    def evidence(self, listed: str) -> str:
        return self.templates["evidence"].format(listed=listed)

    def day(self, day: date) -> str:
        return self.date_form.format(day=day)

    def in_force(self, begins: str, ends: str | None) -> str:
        if ends is None:
            return self.from_day.format(begins=begins)
        return self.from_to.format(begins=begins, ends=ends)

    def closing(self, time_zone: str, transit_days: int) -> str:
        return self.closing_form.format(time_zone=time_zone, transit_days=transit_days)
