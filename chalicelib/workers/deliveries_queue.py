"""Events on their way to those who are told: the archive of events, and carriers.

The archive is one file an event, in folders of days and hours, as Athena and DuckDB read them. Its
key follows from the event, so a message that comes twice writes the same file again, and neither
lateness nor order matters. Carriers are told of labels that an event made needless: what is needed
is looked up when the message is worked on, so an old message never voids what is needed again. The
credit notes of a settlement that is settled get their numbers: those that have one keep it. Money
that was held for replacements sent ahead is let go of when their units are here. Partners that run
warehouses get notices of what comes: what a return is now decides, and each revision is told once.
Stock that moved is looked at, so that what there is to say of it is said.
"""

import json
from datetime import datetime

from chalice.app import Blueprint

from chalicelib import telemetry, wiring
from chalicelib.core.clock import from_rfc3339, rfc3339
from chalicelib.core.errors import Invalid
from chalicelib.core.events import Actor, Context, Json
from chalicelib.core.ids import derived_id
from chalicelib.settings import settings
from chalicelib.shipping import voiding
from chalicelib.workers import exchanges, notes, notices, stock_watching
from chalicelib.workers.boundary import Attempt, batch
from chalicelib.workers.messages import DeliveryMessage, StockMoved

ID_MAX = 64
_ACTOR = Actor(id="deliver_messages", role="system")
bp = Blueprint(__name__)
log = telemetry.logger(__name__)


@bp.on_sqs_message(queue=settings.queue_name("deliveries"), batch_size=10)
@batch(DeliveryMessage, dead_letter=lambda: settings.deliveries_dlq_url)
def deliver_messages(message: DeliveryMessage, attempt: Attempt) -> None:
    """Repeating it writes the same file again, and finds no label left to void."""
    if message.stock is not None:
        _look(message.stock, attempt)
        return
    event = message.event
    key = archive_key(event)
    followed = event.get("correlationid") or attempt.correlation_id
    with telemetry.bound(correlation_id=str(followed)):
        content = json.dumps(event, ensure_ascii=False, separators=(",", ":")) + "\n"
        wiring.files().write(key, content.encode(), content_type="application/json")
        facts = {"event_id": event["id"], "event_type": event.get("type"), "key": key}
        log.info("event archived", extra=facts)
        if event.get("type") in voiding.AFTER:
            _void_unneeded(event, str(followed), attempt)
        if event.get("type") == exchanges.AFTER:
            _release_advances(event, str(followed), attempt)
        if event.get("type") == notes.AFTER:
            _number_notes(event, str(followed), attempt)
        if event.get("type") in notices.AFTER:
            _give_notice(event, str(followed), attempt)


def _void_unneeded(event: dict[str, Json], correlation_id: str, attempt: Attempt) -> None:
    """Raises TransientError while a carrier does not answer: the message comes again."""
    data = event.get("data")
    return_id = data.get("return_id") if isinstance(data, dict) else None
    if not isinstance(return_id, str):
        return
    context = _context("void", event, correlation_id, attempt)
    told = wiring.carrier_desk().void_unneeded(return_id, context)
    if told:
        log.info("labels not needed", extra={"return_id": return_id, "told": told})


def _context(
    occasion: str, event: dict[str, Json], correlation_id: str, attempt: Attempt
) -> Context:
    """The same command for the same event and occasion, however often it comes."""
    return Context(
        actor=_ACTOR,
        now=attempt.started_at,
        command_id=derived_id("cmd", occasion, str(event["id"])),
        correlation_id=correlation_id,
    )


def _look(stock: StockMoved, attempt: Attempt) -> None:
    """Repeating it finds that there is nothing new to say."""
    moment = rfc3339(attempt.started_at)
    context = Context(
        actor=stock_watching.WORKER,
        now=attempt.started_at,
        command_id=stock_watching.command_id_for(stock.warehouse, stock.sku, moment),
        correlation_id=attempt.correlation_id,
    )
    outcome = stock_watching.look(wiring.commands(), stock.warehouse, stock.sku, context)
    facts = {"warehouse": stock.warehouse, "sku": stock.sku, "outcome": outcome.value}
    log.info("stock looked at", extra=facts)


def _release_advances(event: dict[str, Json], correlation_id: str, attempt: Attempt) -> None:
    """Repeating it finds nothing that is held any more."""
    data = event.get("data")
    return_id = data.get("return_id") if isinstance(data, dict) else None
    if not isinstance(return_id, str):
        return
    context = _context("release", event, correlation_id, attempt)
    released = exchanges.look_after_advances(wiring.commands(), return_id, context)
    if released:
        log.info("advances released", extra={"return_id": return_id, "exchanges": released})


def _number_notes(event: dict[str, Json], correlation_id: str, attempt: Attempt) -> None:
    """Raises Conflict or TransientError where too many number at once: the message comes again."""
    data = event.get("data")
    settlement_id = data.get("settlement_id") if isinstance(data, dict) else None
    if not isinstance(settlement_id, str):
        return
    context = _context("number", event, correlation_id, attempt)
    numbered = notes.number_notes(wiring.commands(), settlement_id, context)
    if numbered:
        log.info("notes numbered", extra={"settlement_id": settlement_id, "notes": numbered})


def _give_notice(event: dict[str, Json], correlation_id: str, attempt: Attempt) -> None:
    """Raises TransientError while a partner does not answer: the message comes again."""
    context = Context(
        actor=notices.WORKER,
        now=attempt.started_at,
        command_id=derived_id("cmd", "notice", str(event["id"]), str(attempt.received)),
        correlation_id=correlation_id,
    )
    notices.give_notice(wiring.commands(), wiring.partner_line, event.get("data"), context)


def archive_key(event: dict[str, Json]) -> str:
    """`events/date=2026-11-21/hour=09/<event id>.json`; raises Invalid for what is no event."""
    event_id, moment = event.get("id"), _moment(event.get("time"))
    if not isinstance(event_id, str) or not _is_plain(event_id) or moment is None:
        raise Invalid("malformed_event", "An event has an id and a time.")
    return f"events/date={moment:%Y-%m-%d}/hour={moment:%H}/{event_id}.json"


def _moment(value: Json) -> datetime | None:
    try:
        return from_rfc3339(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _is_plain(event_id: str) -> bool:
    """Letters, digits and underscores: nothing that would mean something in a key."""
    return len(event_id) <= ID_MAX and event_id.isascii() and event_id.replace("_", "a").isalnum()
