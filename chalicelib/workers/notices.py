"""Telling partners that run warehouses what comes: after each event that may change what is said.

It may be said twice, late, out of order or never: what the return is now makes the notice, and a
revision that the partner has is not sent again. While the partner does not answer, the message
comes back; after its last time a person has a task.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from chalicelib import telemetry
from chalicelib.core.commands import Decided
from chalicelib.core.errors import TransientError
from chalicelib.core.events import Actor, Context, Json
from chalicelib.notices.model import AdvanceNotice
from chalicelib.notices.preparing import prepare_for_pallet, prepare_for_return
from chalicelib.notices.sending import (
    PartnerLine,
    Told,
    is_given_up,
    message_id_of,
    message_of,
    record_answer,
)
from chalicelib.store.execution import Commands
from chalicelib.store.reads import Reads

AFTER = frozenset(
    {
        "return.approved",
        "return.appeal_upheld",
        "return.matched",
        "return.received",
        "return.reopened",
        "return.shipped",
        "return.edited",
        "return.cancelled",
        "return.expired",
        "return.rejected",
        "return.lost",
        "return.short_closed",
        "return.refused",
        "return.loss_revised",
        "return.item_kept",
        "label.made",
        "label.voided",
        "pickup.booked",
        "pickup.cancelled",
        "return.returned_to_sender",
        "pallet.stacked",
    }
)
"""The events after which a notice may have to say something else."""
WORKER = Actor(id="deliver_messages", role="system")
log = telemetry.logger(__name__)


def give_notice(
    commands: Commands, line: Callable[[], PartnerLine], data: Json, context: Context
) -> int:
    """Bring the notices up to date and send what is new in them; how many were sent."""
    about = data if isinstance(data, dict) else {}
    if about.get("receipt_warehouse", "") == about.get("warehouse"):
        return 0  # A receipt where it was announced: the partner counted it, or will be told of it.
    pallet_no, return_id = about.get("parcel_no"), about.get("return_id")
    if isinstance(pallet_no, str):
        prepared = commands.run(partial(_for_pallet, pallet_no, context), context=context)
    elif isinstance(return_id, str):
        prepared = commands.run(partial(_for_return, return_id, context), context=context)
    else:
        return 0
    waiting = [one for one in prepared if one.is_to_be_sent and not is_given_up(one)]
    answers = [
        _sent(commands, line(), notice, _part(context, place))
        for place, notice in enumerate(waiting)
    ]
    if not all(answers):
        raise TransientError("partner_unreachable", "A partner does not answer; it is told again.")
    return len(answers)


def _sent(commands: Commands, line: PartnerLine, notice: AdvanceNotice, context: Context) -> bool:
    """Whether that is done with: it was taken, or given up."""
    partner = commands.reads().partner(notice.warehouse)
    if partner is None or not partner.is_on:
        return True
    told = line.tell(partner, message_id_of(notice), message_of(notice), now=context.now)
    after = commands.run(partial(_answered, notice, told, context), context=context)
    facts = {"notice_id": notice.notice_id, "answer": told.answer.value, "fault": told.fault}
    log.info("partner told", extra=facts)
    return after is None or not after.is_to_be_sent or is_given_up(after)


def _part(context: Context, place: int) -> Context:
    return replace(context, command_id=f"{context.command_id}.{place}")


def _for_return(
    return_id: str, context: Context, reads: Reads
) -> Decided[tuple[AdvanceNotice, ...]]:
    return prepare_for_return(reads, return_id, context)


def _for_pallet(
    pallet_no: str, context: Context, reads: Reads
) -> Decided[tuple[AdvanceNotice, ...]]:
    return prepare_for_pallet(reads, pallet_no, context)


def _answered(
    notice: AdvanceNotice, told: Told, context: Context, reads: Reads
) -> Decided[AdvanceNotice | None]:
    return record_answer(reads, notice.notice_id, notice.revision, told, context)
