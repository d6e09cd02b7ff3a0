"""Taking back labels and pickups that nobody needs any more.

The carrier is told first and what it said is stored then: telling it again is harmless, while a
label that is void with us only could still be used. So nothing is lost where the process ends in
between, and whoever ends units (cancel, expire, ...) need not know of labels: their event does it.
"""

from collections.abc import Mapping
from dataclasses import replace

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.events import Context, Journal, Json
from chalicelib.returns.loading import found
from chalicelib.returns.model import Return, Shipment, ShipmentState
from chalicelib.returns.shipments import shipment_facts, units_in, with_shipment
from chalicelib.returns.shipping import ShippingReader
from chalicelib.shipping.fetching import is_pickup

AFTER = frozenset(
    {
        "return.cancelled",
        "return.expired",
        "return.short_closed",
        "return.refused",
        "return.lost",
        "return.received",
        "return.shipped",
        "label.made",
        "pickup.booked",
    }
)
"""Events after which a label may not be needed any more."""
_ENDED = frozenset({ShipmentState.VOIDED, ShipmentState.REFUSED})
_OPEN = frozenset({ShipmentState.REQUESTED, ShipmentState.LABELLED})


def record_voids(
    reads: ShippingReader,
    return_id: str,
    told: Mapping[str, str | None],
    context: Context,
) -> Decided[Return]:
    """Keep what carriers said, by shipment: None, it is void; else why they did not take it back.

    What a carrier has scanned meanwhile is on its way and stays so.
    """
    ret = found(reads.return_(return_id), return_id, context)
    open_ones = [s for s in ret.shipments if s.shipment_id in told and s.state in _OPEN]
    if not open_ones:
        return Decided(result=ret)
    ret = replace(ret, version=ret.version + 1, updated_at=context.now)
    journal = Journal(ret.subject, ret.chain, context)
    for shipment in open_ones:
        refusal = told[shipment.shipment_id]
        if refusal is None:
            shipment = replace(shipment, state=ShipmentState.VOIDED)
        else:
            shipment = replace(shipment, reason=refusal)
        ret = _without_pickup(with_shipment(ret, shipment))
        event_type, facts = _told(ret, shipment, refusal)
        journal.record(event_type, facts)
    ret = replace(ret, chain=journal.chain)
    return Decided(result=ret, changes=Changes(records=(ret,), events=tuple(journal.events)))


def _told(ret: Return, shipment: Shipment, refusal: str | None) -> tuple[str, dict[str, Json]]:
    facts = shipment_facts(ret, shipment, units_in(shipment))
    voided = "pickup.cancelled" if is_pickup(shipment) else "label.voided"
    kept = "pickup.cancellation_refused" if is_pickup(shipment) else "label.void_refused"
    return (voided, facts) if refusal is None else (kept, {**facts, "reason": refusal})


def _without_pickup(ret: Return) -> Return:
    """The slot goes with the last booking for it."""
    is_fetched = any(is_pickup(one) and one.state not in _ENDED for one in ret.shipments)
    return ret if is_fetched else replace(ret, pickup=None)
