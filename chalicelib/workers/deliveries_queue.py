"""Events on their way to those who are told: each is kept once in the archive of events.

The archive is one file an event, in folders of days and hours, as Athena and DuckDB read them. Its
key follows from the event, so a message that comes twice writes the same file again, and neither
lateness nor order matters.
"""

import json
from datetime import datetime

from chalice.app import Blueprint

from chalicelib import telemetry, wiring
from chalicelib.core.clock import from_rfc3339
from chalicelib.core.errors import Invalid
from chalicelib.core.events import Json
from chalicelib.settings import settings
from chalicelib.workers.boundary import Attempt, batch
from chalicelib.workers.messages import DeliveryMessage

ID_MAX = 64
bp = Blueprint(__name__)
log = telemetry.logger(__name__)


@bp.on_sqs_message(queue=settings.queue_name("deliveries"), batch_size=10)
@batch(DeliveryMessage, dead_letter=lambda: settings.deliveries_dlq_url)
def deliver_messages(message: DeliveryMessage, attempt: Attempt) -> None:
    """Repeating it writes the same file again."""
    event = message.event
    key = archive_key(event)
    followed = event.get("correlationid") or attempt.correlation_id
    with telemetry.bound(correlation_id=str(followed)):
        content = json.dumps(event, ensure_ascii=False, separators=(",", ":")) + "\n"
        wiring.files().write(key, content.encode(), content_type="application/json")
        facts = {"event_id": event["id"], "event_type": event.get("type"), "key": key}
        log.info("event archived", extra=facts)


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
