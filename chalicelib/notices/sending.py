"""Telling the partner what a notice says now: once for each revision, and again until it answers.

The name of a message follows from the notice and its revision, so the partner knows a repeat. One
that never answers, or refuses, is a task for a person; it can still read the notice by itself.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from chalicelib.core.clock import rfc3339
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.events import Context, Json
from chalicelib.notices.model import AdvanceNotice, NoticeState
from chalicelib.notices.partners import Partner
from chalicelib.notices.preparing import told
from chalicelib.tasks.model import TaskKind, open_task

TRIES_MAX = 5
"""As often as the queue brings a message before it gives it up."""


class PartnerAnswer(StrEnum):
    """TAKEN: by a 2xx. REFUSED: a definite no. UNKNOWN: ask again."""

    TAKEN = "taken"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How the partner answered; `fault` is a code of ours."""

    answer: PartnerAnswer
    fault: str | None = None


class PartnerLine(Protocol):
    """Reaches partners."""

    def tell(
        self, partner: Partner, message_id: str, body: dict[str, Json], *, now: datetime
    ) -> Told: ...


class SendingReader(Protocol):
    def notice(self, notice_id: str) -> AdvanceNotice | None: ...


def message_id_of(notice: AdvanceNotice) -> str:
    """The same for every try of one revision."""
    return f"{notice.notice_id}.{notice.revision}"


def message_of(notice: AdvanceNotice) -> dict[str, Json]:
    """What the partner is told; docs/receiving.md is its contract."""
    is_cancelled = notice.state is NoticeState.CANCELLED
    said: dict[str, Json] = {
        "type": "notice.cancelled" if is_cancelled else "notice.announced",
        "timestamp": rfc3339(notice.cancelled_at or notice.prepared_at),
        "data": as_told(notice),
    }
    return said


def as_told(notice: AdvanceNotice) -> dict[str, Json]:
    """A notice as data: goods, numbers and dates."""
    return {
        "id": notice.notice_id,
        "revision": notice.revision,
        "state": notice.state.value,
        "warehouse": notice.warehouse,
        "pallet": notice.pallet_no,
        "expected_on": notice.expected_on.isoformat() if notice.expected_on else None,
        "parcels": [
            {"carrier": one.carrier, "tracking_no": one.tracking_no} for one in notice.parcels
        ],
        "returns": [
            {
                "number": ret.return_number,
                "lines": [
                    {
                        "line_no": line.line_no,
                        "sku": line.sku,
                        "gtin": line.gtin,
                        "lot": line.lot,
                        "quantity": line.quantity,
                        "serials": list(line.serials),
                    }
                    for line in ret.lines
                ],
            }
            for ret in notice.returns
        ],
    }


def record_answer(
    reads: SendingReader, notice_id: str, revision: int, answered: Told, context: Context
) -> Decided[AdvanceNotice | None]:
    """Note what came of a try. Of a revision that is past, it says nothing any more.

    But where the notice was called off meanwhile, as one that nobody had heard of: who may have
    heard of it now is told that it is over.
    """
    notice = reads.notice(notice_id)
    if notice is None:
        return Decided(result=None)
    if notice.revision != revision and _was_unheard(notice):
        if answered.answer is PartnerAnswer.REFUSED:
            return Decided(result=notice)
        heard = replace(notice, sent_revision=revision, version=notice.version + 1)
        return Decided(result=heard, changes=Changes(records=(heard,)))
    if notice.revision != revision or not notice.is_to_be_sent:
        return Decided(result=notice)
    if answered.answer is PartnerAnswer.TAKEN:
        is_new = notice.state is NoticeState.PREPARED
        sent = replace(
            notice,
            state=NoticeState.SENT if is_new else notice.state,
            sent_revision=revision,
            sent_at=context.now,
            fault=None,
            version=notice.version + 1,
        )
        sent, changes = told(sent, "notice.sent", context)
        return Decided(result=sent, changes=changes)
    tries = TRIES_MAX if answered.answer is PartnerAnswer.REFUSED else notice.tries + 1
    tried = replace(notice, tries=tries, fault=answered.fault, version=notice.version + 1)
    if not is_given_up(tried) or is_given_up(notice):
        return Decided(result=tried, changes=Changes(records=(tried,)))
    tried, changes = told(tried, "notice.not_delivered", context)
    task: Record = open_task(
        TaskKind.NOTICE,
        notice.subject,
        occasion=str(revision),
        now=context.now,
        warehouse=notice.warehouse,
    )
    return Decided(result=tried, changes=changes + Changes(records=(task,)))


def _was_unheard(notice: AdvanceNotice) -> bool:
    """Called off before the partner was told anything, as far as was known then."""
    is_silent = notice.sent_at is None and notice.acknowledged_at is None
    return notice.state is NoticeState.CANCELLED and is_silent and not notice.is_to_be_sent


def is_given_up(notice: AdvanceNotice) -> bool:
    """It was tried often enough; a person was told."""
    return notice.is_to_be_sent and notice.tries >= TRIES_MAX
