"""What each carrier did with our parcels, as counts of each event: folded by hour and day.

Pure. Days from the first scan to the arrival are counted by number (`days_3`), so that days of many
rows can be added and still have a median. What they come to is said by scorecards.py.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chalicelib.core.clock import from_rfc3339
from chalicelib.core.events import Event, Json
from chalicelib.core.money import Money

DIMENSION = "carrier"
DAYS_MAX = 60
"""A parcel that took longer counts as this many days."""
DAYS = "days_"
_ENDS = {
    "liability_claim.recovered": "claims_recovered",
    "liability_claim.rejected": "claims_refused",
    "liability_claim.written_off": "claims_refused",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """So many more of a measure; of money where there is a currency."""

    carrier: str
    measure: str
    number: int = 1
    currency: str | None = None


def counts_of(event: Event) -> Iterator[Count]:
    """What an event counts for, of whichever carrier."""
    data = event.data
    carrier = data.get("carrier")
    if isinstance(carrier, str) and carrier:
        yield from _of_one(event.type, carrier, data)
    if event.type == "return.lost":
        yield from _of_several(data, "lost_units")
    if event.type == "return.found":
        yield from _of_several(data, "found_units")
    if event.type == "return.inspected":
        yield from _of_inspection(data)
    if event.type.startswith("liability_claim.") and data.get("against") == "carrier":
        yield from _of_claim(event.type, data)


def _of_one(event_type: str, carrier: str, data: Mapping[str, Json]) -> Iterator[Count]:
    units = _units(data)
    if event_type == "return.shipped":
        yield Count(carrier=carrier, measure="shipments")
        yield Count(carrier=carrier, measure="shipped_units", number=units)
    if event_type == "return.arrived":
        yield Count(carrier=carrier, measure="delivered")
        yield Count(carrier=carrier, measure="delivered_units", number=units)
        days = _between(data.get("scanned_at"), data.get("arrived_at"))
        if days is not None:
            yield Count(carrier=carrier, measure=f"{DAYS}{days}")
    if event_type == "shipment.tracked" and data.get("status") == "damaged":
        yield Count(carrier=carrier, measure="damage_reports")
    if event_type == "return.count_differs":
        yield Count(carrier=carrier, measure="count_differences")
        collected, counted = data.get("collected"), data.get("counted")
        if isinstance(collected, int) and isinstance(counted, int) and collected > counted:
            yield Count(carrier=carrier, measure="units_missing", number=collected - counted)


def _of_several(data: Mapping[str, Json], measure: str) -> Iterator[Count]:
    for one in _listed(data.get("carriers")):
        carrier, quantity = one.get("carrier"), one.get("quantity")
        if isinstance(carrier, str) and isinstance(quantity, int):
            yield Count(carrier=carrier, measure=measure, number=quantity)


def _of_inspection(data: Mapping[str, Json]) -> Iterator[Count]:
    """Units that an inspector says the carrier damaged, of the one carrier that had them."""
    carriers = _listed(data.get("carriers"))
    units = sum(
        quantity
        for line in _listed(data.get("lines"))
        if line.get("fault") == "carrier" and isinstance(quantity := line.get("quantity"), int)
    )
    carrier = carriers[0].get("carrier") if len(carriers) == 1 else None
    if units and isinstance(carrier, str):
        yield Count(carrier=carrier, measure="damaged_units", number=units)


def _of_claim(event_type: str, data: Mapping[str, Json]) -> Iterator[Count]:
    party = data.get("party")
    if not isinstance(party, str):
        return
    if event_type == "liability_claim.opened":
        yield Count(carrier=party, measure="claims_opened")
        yield from _money(party, "claimed", data.get("amount"))
    measure = _ENDS.get(event_type)
    if measure is not None:
        yield Count(carrier=party, measure=measure)
        days = data.get("age_days")
        if isinstance(days, int):
            yield Count(carrier=party, measure="claim_days", number=days)
        yield from _money(party, "ended", data.get("amount"))
        yield from _money(party, "recovered", data.get("recovered"))


def _money(carrier: str, measure: str, told: Json) -> Iterator[Count]:
    if isinstance(told, dict):
        amount, currency = told.get("amount"), told.get("currency")
        if isinstance(amount, str) and isinstance(currency, str):
            minor = Money.parse(amount, currency).minor
            yield Count(carrier=carrier, measure=measure, number=minor, currency=currency)


def _units(data: Mapping[str, Json]) -> int:
    quantities = (line.get("quantity") for line in _listed(data.get("lines")))
    return sum(quantity for quantity in quantities if isinstance(quantity, int))


def _listed(value: Json) -> list[dict[str, Json]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _between(first: Json, last: Json) -> int | None:
    """Whole days, begun ones counted."""
    if not isinstance(first, str) or not isinstance(last, str):
        return None
    seconds = (from_rfc3339(last) - from_rfc3339(first)).total_seconds()
    return min(DAYS_MAX, max(0, -int(-seconds // 86_400)))
