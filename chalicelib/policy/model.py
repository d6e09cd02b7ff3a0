"""Policy versions as data, and what an evaluation says about each line."""

from dataclasses import dataclass
from enum import StrEnum

from chalicelib.core.events import Json


class Review(StrEnum):
    """Who decides about an eligible request."""

    PERSON = "person"
    AUTOMATIC = "automatic"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyVersion:
    """One published version. `window_days` counts from the day after delivery; None: no window.

    `transit_days` stands in for a missing delivery date: shipped + transit_days. What a customer
    lets lie expires: a draft, an unanswered question, an approved return that is never sent.
    """

    version: str
    title: str
    window_days: int | None
    time_zone: str
    review: Review
    transit_days: int = 7
    draft_days: int = 30
    answer_days: int = 14
    ship_days: int = 28
    remind_days: int = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTrace:
    """One rule that was asked: the facts it used and its verdict."""

    rule: str
    facts: dict[str, Json]
    passed: bool
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDecision:
    """The verdict on one line; `code` is the first refusal, or `eligible`."""

    line_no: str
    eligible: bool
    code: str
    trace: tuple[RuleTrace, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The verdict on a request under one policy version."""

    policy_version: str
    review: Review
    lines: tuple[LineDecision, ...]

    @property
    def eligible(self) -> bool:
        return all(line.eligible for line in self.lines)
