"""Reviewers say whether a signal of the risk score was right, for whoever weighs the signals next.

It changes nothing about the decision. Each reviewer has one word on each signal: a later one takes
the place of the former, and the same again changes nothing.
"""

from dataclasses import dataclass, replace
from typing import Protocol

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import FieldError, Invalid
from chalicelib.core.events import Context, Journal, Json
from chalicelib.policy.feedback import RiskFeedback
from chalicelib.returns.facts import header
from chalicelib.returns.loading import found
from chalicelib.returns.model import Return


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveFeedback:
    """Whether the signal was right about this return."""

    signal_id: str
    right: bool
    note: str | None = None


class FeedbackReader(Protocol):
    def return_(self, return_id: str) -> Return | None: ...


def give_feedback(
    reads: FeedbackReader, return_id: str, command: GiveFeedback, context: Context
) -> Decided[Return]:
    """Keep a reviewer's word; raises Invalid for a signal that did not hold for this return."""
    ret = found(reads.return_(return_id), return_id, context)
    held = ret.decision.risk.signals if ret.decision is not None else {}
    if command.signal_id not in held:
        message = f"The decision on this return names no signal {command.signal_id}."
        raise Invalid(
            "unknown_signal",
            message,
            errors=[FieldError(pointer="/signal_id", code="unknown_signal", message=message)],
            signals=sorted(held),
        )
    given = RiskFeedback(
        signal_id=command.signal_id,
        right=command.right,
        by=context.actor.id,
        at=context.now,
        note=command.note,
    )
    if any(replace(given, at=one.at) == one for one in ret.risk_feedback):
        return Decided(result=ret)
    others = (one for one in ret.risk_feedback if (one.signal_id, one.by) != _whose(given))
    ret = replace(
        ret,
        risk_feedback=(*others, given),
        version=ret.version + 1,
        updated_at=context.now,
    )
    journal = Journal(ret.subject, ret.chain, context)
    said: dict[str, Json] = {
        "signal_id": given.signal_id,
        "right": given.right,
        "points": held[given.signal_id],
    }
    journal.record("return.risk_feedback_given", {**header(ret), **said})
    ret = replace(ret, chain=journal.chain)
    return Decided(result=ret, changes=Changes(records=(ret,), events=tuple(journal.events)))


def _whose(given: RiskFeedback) -> tuple[str, str]:
    return given.signal_id, given.by
