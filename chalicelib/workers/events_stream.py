"""The stream of core: keeps the lists in step, and passes each event on to those who are told.

A record may come twice, late, or out of order: projecting is by version, and an event that is sent
twice has the same id. A record that can never be done goes to the events dead-letter queue from
here, because a stream would hold everything behind it until it expires. For what may pass, the
whole batch fails: all of it is repeated, which is harmless, and AWS halves it to find the cause.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from chalice.app import Blueprint, DynamoDBEvent

from chalicelib import telemetry, wiring
from chalicelib.core.clock import utc_now
from chalicelib.core.errors import Invalid, TransientError
from chalicelib.core.events import Event
from chalicelib.devices.sequence import seen_of
from chalicelib.gateways.queues import QueueMessage
from chalicelib.returns.scanning import ScanOutcome
from chalicelib.settings import settings
from chalicelib.store.codec import record_in
from chalicelib.store.device_lists import SCAN_TYPE, DeviceLists
from chalicelib.store.projection import Image
from chalicelib.store.table import Item
from chalicelib.workers import stock_watching
from chalicelib.workers.boundary import REASON_MAX, Failures

A = TypeVar("A")
B = TypeVar("B")
SOURCE = "project_events"
bp = Blueprint(__name__)
log = telemetry.logger(__name__)

Raw = Any
"""A record as Lambda hands it over: JSON of AWS, and nothing is sure about it until it is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRecord:
    """One change of one item of core: what is there now, or what was there before it went."""

    is_insert: bool
    image: Image


@bp.on_dynamodb_record(
    stream_arn=settings.core_stream_arn, batch_size=100, starting_position="TRIM_HORIZON"
)
def project_events(event: DynamoDBEvent) -> Failures:
    """Raises TransientError where the batch is to be repeated."""
    telemetry.configure()
    with telemetry.bound(function=SOURCE):
        _work(event.to_dict()["Records"])
    # An empty answer is what tells Lambda that all of the batch is done.
    return {"batchItemFailures": []}


def _work(raws: Sequence[Raw]) -> None:
    read = [(raw, record) for raw in raws if (record := _read(raw)) is not None]
    listed = [(raw, record.image) for raw, record in read if record.image.is_listed]
    batch = wiring.projector().batch([image for _, image in listed])
    sound = [(raw, image) for raw, image in listed if _tried(raw, batch.add, image)]
    batch.write()
    projected = sum(bool(_tried(raw, batch.apply, image)) for raw, image in sound)
    _number(read)
    published = [
        (raw, event)
        for raw, record in read
        if record.is_insert
        and _type_of(record) == "EVENT"
        and (event := _tried(raw, _event_in, record)) is not None
    ]
    _publish(published)
    _tell_moved([record.image.item for _, record in read if not record.image.is_gone])
    log.info(
        "stream projected",
        extra={"records": len(raws), "projected": projected, "published": len(published)},
    )


def _number(read: Sequence[tuple[Raw, StreamRecord]]) -> None:
    """Note the numbers of scans by device; outcomes of scans are never deleted."""
    scans = [(raw, record) for raw, record in read if _type_of(record) == SCAN_TYPE]
    outcomes = [(raw, told) for raw, record in scans if (told := _tried(raw, _outcome_in, record))]
    lists = DeviceLists(wiring.views_table())
    for seen in seen_of([told for _, told in outcomes]):
        of_device = next(raw for raw, told in outcomes if told.device_id == seen.device_id)
        _tried(of_device, lists.add, seen)


def _outcome_in(record: StreamRecord) -> ScanOutcome:
    return record_in(record.image.item, ScanOutcome)


def _tried(raw: Raw, act: Callable[[A], B], on: A) -> B | None:
    """What came of it; a record that can never be done is given up on, and holds nothing up."""
    try:
        return act(on)
    except TransientError as error:
        # A body that cannot be read today cannot be read in a second either.
        if error.code != "unreadable_record":
            raise
        _give_up(raw, str(error))
    except Exception as error:  # one record must not hold up its shard
        log.exception("unexpected error")
        _give_up(raw, f"{type(error).__name__}: {error}")
    return None


def _event_in(record: StreamRecord) -> Event:
    return record_in(record.image.item, Event)


def _read(raw: Raw) -> StreamRecord | None:
    """The record, or None for one of a kind that is not ours to tell about."""
    try:
        change = raw["dynamodb"]
        is_gone = raw["eventName"] == "REMOVE"
        item: Item = change["OldImage"] if is_gone else change["NewImage"]
        record = StreamRecord(
            is_insert=raw["eventName"] == "INSERT", image=Image(item=item, is_gone=is_gone)
        )
        if record.image.is_listed:
            # Both are asked of it when the batch is put together, where it could spoil the others.
            assert record.image.key.pk, "an item has a key"
            assert record.image.version >= 0, "an item has a version"
    except Exception as error:  # whatever it is, it stays what it is
        log.exception("malformed stream record")
        _give_up(raw, f"malformed: {type(error).__name__}")
        return None
    return record


def _type_of(record: StreamRecord) -> str | None:
    return record.image.item.get("type", {}).get("S")


def _publish(published: Sequence[tuple[Raw, Event]]) -> None:
    """Hand the events to the deliveries queue, in the form in which others know them."""
    if not published:
        return
    source = f"tuiku/{settings.stage}"
    messages = [
        QueueMessage(
            body=json.dumps(
                {"event": event.as_cloudevent(source)}, ensure_ascii=False, separators=(",", ":")
            )
        )
        for _, event in published
    ]
    sent = wiring.queues().send_many(settings.deliveries_queue_url, messages)
    for (raw, event), result in zip(published, sent, strict=True):
        facts = {"event_id": event.id, "event_type": event.type, "subject": event.subject}
        with telemetry.bound(correlation_id=event.correlation_id):
            if result.is_accepted:
                log.info("event published", extra=facts)
            elif result.code == "message_too_large":
                _give_up(raw, "message_too_large: the event is above what SQS takes")
            else:
                log.warning("event not published", extra={**facts, "code": result.code})
    if any(not result.is_accepted and result.code != "message_too_large" for result in sent):
        raise TransientError("queue_unavailable", "SQS did not take all events.")


def _tell_moved(items: Sequence[Item]) -> None:
    """Have stock looked at that moved, or whose expiry is news, each SKU of a warehouse once."""
    places = dict.fromkeys(stock_watching.moved(items))
    for sku, lot in stock_watching.dated(items):
        for warehouse in stock_watching.places_of(wiring.views(), sku, lot):
            places[warehouse, sku] = None
    messages = [
        QueueMessage(body=json.dumps({"stock": {"warehouse": warehouse, "sku": sku}}))
        for warehouse, sku in places
    ]
    if not messages:
        return
    sent = wiring.queues().send_many(settings.deliveries_queue_url, messages)
    if any(not result.is_accepted for result in sent):
        raise TransientError("queue_unavailable", "SQS did not take all that moved.")


def _give_up(raw: Raw, reason: str) -> None:
    """To the dead-letter queue, complete enough to be handed to us again."""
    reason = telemetry.mask_text(reason)[:REASON_MAX]
    body = json.dumps(_without_old_image(raw), ensure_ascii=False, separators=(",", ":"))
    try:
        wiring.queues().send_dead(
            settings.events_dlq_url, body, reason=reason, source=SOURCE, failed_at=utc_now()
        )
    except Invalid:
        # Larger than a message may be: the log is all that can hold on to it.
        log.exception("could not be given up on", extra={"reason": reason})
    log.error("given up on", extra={"reason": reason, "keys": str(_keys(raw))})
    telemetry.count("dead_letters", source=SOURCE)


def _without_old_image(raw: Raw) -> Raw:
    """A message holds one image of the largest item, not two."""
    change = raw.get("dynamodb") if isinstance(raw, Mapping) else None
    if not isinstance(change, Mapping) or "NewImage" not in change:
        return raw
    return {**raw, "dynamodb": {k: v for k, v in change.items() if k != "OldImage"}}


def _keys(raw: Raw) -> object:
    change = raw.get("dynamodb") if isinstance(raw, Mapping) else None
    return change.get("Keys") if isinstance(change, Mapping) else None
