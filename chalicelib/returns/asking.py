"""Asking the customer before deciding: the units stay held while the question is open.

The question itself is a message of the conversation; events only tell that there is one.
"""

from dataclasses import dataclass, replace
from typing import Protocol

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.events import Context, Journal
from chalicelib.returns.asked_about import has_question
from chalicelib.returns.conversation import AnswerReader, open_answer, question_message
from chalicelib.returns.deadlines import deadline_for
from chalicelib.returns.facts import header
from chalicelib.returns.handover import tasks_done
from chalicelib.returns.lifecycle import fitting, require
from chalicelib.returns.loading import found
from chalicelib.returns.model import Authorization, Return
from chalicelib.returns.ports import ReturnReader
from chalicelib.returns.selection import facts_of, moved
from chalicelib.returns.transitions import Command
from chalicelib.returns.units import units_where


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestInfo:
    """What the customer has to answer."""

    question: str


class AskingReader(ReturnReader, AnswerReader, Protocol):
    """What asking reads: the review, and the conversation that the question goes into."""


def request_info(
    reads: AskingReader, return_id: str, command: RequestInfo, context: Context
) -> Decided[Return]:
    """Ask about all that is under review; the review is done until there is an answer."""
    ret, _, task = reads.review_of(return_id)
    ret = found(ret, return_id, context)
    require(ret, Command.REQUEST_INFO)
    was_asked = has_question(ret)
    units = {line.line_no: units_where(line, fitting(Command.REQUEST_INFO)) for line in ret.lines}
    ret = moved(ret, units, authorization=Authorization.NEEDS_INFO)
    ret = replace(
        ret,
        reviewed_by=context.actor.id,
        reviewers=tuple(dict.fromkeys((*ret.reviewers, context.actor.id))),
        version=ret.version + 1,
        updated_at=context.now,
    )
    ret = replace(ret, deadline=deadline_for(ret, context.now))
    journal = Journal(ret.subject, ret.chain, context)
    journal.record("return.info_requested", {**header(ret), "lines": facts_of(ret, units)})
    ret = replace(ret, chain=journal.chain)
    # Who asks once more has read what was answered before.
    answer = open_answer(reads, return_id) if was_asked else None
    records = (ret, *tasks_done((task, answer), context))
    asked = question_message(reads, ret, command.question, context)
    return Decided(
        result=ret, changes=Changes(records=records, events=tuple(journal.events)) + asked
    )
