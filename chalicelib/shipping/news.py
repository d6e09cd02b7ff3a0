"""A message of a carrier: remembered under its number, and followed by whose parcel it is.

A message may come before its shipment is known, twice, late or out of order. What became of it is
stored under its id in the same write, so that a repeat only reads it; and parcels follow the record
of their number, in which order makes no difference.
"""

from dataclasses import replace
from typing import Protocol

from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.events import Context, Event, Journal
from chalicelib.returns.following import follow
from chalicelib.returns.model import Return
from chalicelib.shipping.tracking import CarrierEvent, CarrierNews, TrackedParcel, Tracking

REMEMBERED = "remembered"
APPLIED = "applied"
RECORDED = "recorded"


class NewsReader(Protocol):
    """What a message reads: whether it came before, its number, and the returns in the parcel."""

    def carrier_event(self, carrier: str, event_id: str) -> CarrierEvent | None: ...

    def tracking(self, carrier: str, tracking_no: str) -> Tracking | None: ...

    def return_(self, return_id: str) -> Return | None: ...


def take_news(reads: NewsReader, news: CarrierNews, context: Context) -> Decided[CarrierEvent]:
    """Take a message once. Whatever state its returns are in, it is never an error."""
    done = reads.carrier_event(news.carrier, news.event_id)
    if done is not None:
        return Decided(result=done)
    known = reads.tracking(news.carrier, news.tracking_no)
    tracking = known or Tracking(carrier=news.carrier, tracking_no=news.tracking_no)
    tracking = tracking.after(news)
    outcome = CarrierEvent(
        event_id=news.event_id,
        carrier=news.carrier,
        tracking_no=news.tracking_no,
        status=news.status,
        occurred_at=news.occurred_at,
        taken_at=context.now,
        outcome=RECORDED if tracking.parcels else REMEMBERED,
    )
    records: list[Record] = []
    events: list[Event] = []
    for parcel in tracking.parcels:
        ret = reads.return_(parcel.return_id)
        if ret is None:
            continue
        changes, tracking, exception_ids = _followed(ret, parcel, tracking, context)
        records += changes.records
        events += changes.events
        outcome = replace(
            outcome,
            outcome=APPLIED if changes.records else outcome.outcome,
            return_ids=(*outcome.return_ids, ret.return_id),
            exception_ids=(*outcome.exception_ids, *exception_ids),
        )
    tracking = replace(tracking, version=tracking.version + 1)
    return Decided(
        result=outcome,
        changes=Changes(records=(outcome, tracking, *records), events=tuple(events)),
    )


def _followed(
    ret: Return, parcel: TrackedParcel, tracking: Tracking, context: Context
) -> tuple[Changes, Tracking, tuple[str, ...]]:
    """What the message changes of one return; nothing where it was late, or all is over."""
    journal = Journal(ret.subject, ret.chain, context)
    before = ret
    ret = replace(ret, version=ret.version + 1, updated_at=context.now)
    followed = follow(ret, parcel.shipment_id, tracking, journal, context)
    if followed.ret == ret and not followed.records:
        return Changes(), tracking, ()
    assert followed.ret.version == before.version + 1, "one message, one version"
    ret = replace(followed.ret, chain=journal.chain)
    tracking = replace(tracking, raised=(*tracking.raised, *followed.raised))
    changes = Changes(records=(ret, *followed.records), events=(*journal.events, *followed.events))
    return changes, tracking, followed.exception_ids
