"""Our events as events of EPCIS 2.0: what happened to which goods, where, and for which return.

Pure. One event of ours is told as one ObjectEvent for each business step and disposition in it; its
id follows from ours, so telling it again tells the same.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from chalicelib.core.clock import rfc3339
from chalicelib.core.events import Event, Json
from chalicelib.core.gtins import DIGITS
from chalicelib.epcis import names
from chalicelib.epcis.places import Places
from chalicelib.returns.model import Return, ReturnLine

# The words of CBV 2.0 for each disposition of ours: business step and disposition.
_DISPOSED: dict[str, tuple[str, str]] = {
    "RESTOCK": ("stocking", "sellable_accessible"),
    "HOLD": ("holding", "sellable_not_accessible"),
    "REPACK": ("repackaging", "in_progress"),
    "REPAIR": ("repairing", "needs_replacement"),
    "REFURBISH": ("repairing", "in_progress"),
    "RTV": ("holding", "returned"),
    "SCRAP": ("destroying", "destroyed"),
    "DONATE": ("shipping", "disposed"),
    "SHIP_BACK": ("shipping", "in_transit"),
}
_INSPECTED = {"PASSED": "conformant", "FAILED": "non_conformant"}
_DAMAGED_GRADE = "D"
_EXCEPTIONS = {
    "SERIAL_MISMATCH": "mismatch_instance",
    "WRONG_SKU": "mismatch_class",
    "OVER": "mismatch_quantity",
    "MISSING_PARTS": "non_sellable_other",
    "EMPTY": "mismatch_quantity",
    "DAMAGED_TRANSIT": "damaged",
    "UNKNOWN": "unknown",
    "NOT_EXPECTED": "no_pedigree_match",
}
TOLD = frozenset(
    {"return.received", "return.inspected", "return.dispositioned", "return.sent_to_vendor",
     "exception.opened"}
)  # fmt: skip
"""The types of our events that are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """Units of one line: so many, of which these are known one by one."""

    sku: str
    gtin: str | None
    quantity: int
    lot: str | None = None
    serials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event of EPCIS, before it is written as JSON."""

    event_id: str
    happened_at: datetime
    recorded_at: datetime
    biz_step: str
    disposition: str
    goods: tuple[Goods, ...]
    warehouse: str | None
    number: str | None

    @property
    def epcs(self) -> tuple[str, ...]:
        """Each unit that is known by its serial."""
        return tuple(
            names.item_uri(one.gtin, one.sku, serial=serial)
            for one in self.goods
            for serial in one.serials
        )

    @property
    def classes(self) -> dict[str, int]:
        """How many of the others there are, by what they are."""
        found: dict[str, int] = {}
        for one in self.goods:
            left = one.quantity - len(one.serials)
            if left > 0:
                uri = names.item_uri(one.gtin, one.sku, lot=one.lot)
                found[uri] = found.get(uri, 0) + left
        return found

    def as_json(self, places: Places) -> dict[str, Json]:
        """By the EPCIS 2.0 JSON binding; words of the CBV in their short form."""
        told: dict[str, Json] = {
            "type": "ObjectEvent",
            "eventID": self.event_id,
            "eventTime": rfc3339(self.happened_at),
            "eventTimeZoneOffset": "+00:00",
            "recordTime": rfc3339(self.recorded_at),
            "action": "OBSERVE",
            "bizStep": self.biz_step,
            "disposition": self.disposition,
            "epcList": [*self.epcs],
        }
        if self.classes:
            told["quantityList"] = [
                {"epcClass": uri, "quantity": quantity} for uri, quantity in self.classes.items()
            ]
        if self.warehouse is not None:
            place: dict[str, Json] = {"id": places.uri_of(self.warehouse)}
            told |= {"readPoint": place, "bizLocation": place}
        if self.number is not None:
            told["bizTransactionList"] = [
                {"type": "rma", "bizTransaction": names.return_uri(self.number)}
            ]
        return told


def told_of(event: Event, returns: Mapping[str, Return]) -> list[Told]:
    """What one of our events is in EPCIS; nothing for most of them. `returns` are by their id."""
    if event.type == "exception.opened":
        return list(_exception(event, returns))
    if event.type not in TOLD:
        return []
    data = event.data
    ret = returns.get(_text(data.get("return_id")) or "")
    found: dict[tuple[str, str], list[Goods]] = {}
    lines = data.get("lines")
    for line in lines if isinstance(lines, list) else ():
        if isinstance(line, dict):
            found.setdefault(_words(event.type, line), []).append(_goods(line, ret))
    return [
        _told(
            event,
            words,
            tuple(goods),
            _text(data.get("receipt_warehouse")) or _text(data.get("warehouse")),
            _text(data.get("number")),
        )
        for words, goods in found.items()
    ]


def return_id_of(event: Event) -> str | None:
    """The return that its goods are read from."""
    return _text(event.data.get("return_id")) if event.type in TOLD else None


def _told(
    event: Event,
    words: tuple[str, str],
    goods: tuple[Goods, ...],
    warehouse: str | None,
    number: str | None,
) -> Told:
    stated = _text(event.data.get("received_at"))
    return Told(
        event_id=_event_id(event, *words),
        happened_at=datetime.fromisoformat(stated) if stated is not None else event.time,
        recorded_at=event.time,
        biz_step=words[0],
        disposition=words[1],
        goods=goods,
        warehouse=warehouse,
        number=number,
    )


def _event_id(event: Event, biz_step: str, disposition: str) -> str:
    """A UUID by the name of our event and of the part of it (RFC 9562, version 5)."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'{names.OWN}/{event.id}/{biz_step}/{disposition}')}"


def _words(event_type: str, line: Mapping[str, Json]) -> tuple[str, str]:
    """The business step and the disposition of the units of one line."""
    match event_type:
        case "return.received":
            return "receiving", "returned"
        case "return.inspected" if line.get("grade") == _DAMAGED_GRADE:
            return "inspecting", "damaged"
        case "return.inspected":
            return "inspecting", _INSPECTED.get(str(line.get("result")), "in_progress")
        case "return.sent_to_vendor":
            return "shipping", "returned"
    return _DISPOSED.get(str(line.get("disposition")), ("holding", "in_progress"))


def _goods(line: Mapping[str, Json], ret: Return | None) -> Goods:
    """The event's own facts, and what the return knows of these units beyond them."""
    known = ret.line(str(line.get("line_no"))) if ret is not None else None
    quantity = line.get("quantity")
    ordinals = _ordinals(_text(line.get("units")) or "")
    return Goods(
        sku=_text(line.get("sku")) or "unknown",
        gtin=_gtin(known),
        quantity=quantity if isinstance(quantity, int) else 0,
        serials=tuple(
            serial
            for ordinal, serial in (known.serials.items() if known is not None else ())
            if any(first <= int(ordinal) <= last for first, last in ordinals)
        ),
    )


def _gtin(line: ReturnLine | None) -> str | None:
    """Of the goods that came: what came in place of others has another number."""
    if line is None or line.received_as is not None or line.gtin is None:
        return None
    return line.gtin if len(line.gtin) <= DIGITS else None


def _ordinals(text: str) -> list[tuple[int, int]]:
    """`1-3,7` as runs.as_text writes them."""
    ends = [part.partition("-") for part in text.split(",") if part]
    return [(int(first), int(last or first)) for first, _, last in ends]


def _exception(event: Event, returns: Mapping[str, Return]) -> Iterator[Told]:
    """Goods that fit nothing; requests without goods are no event of goods."""
    data = event.data
    disposition = _EXCEPTIONS.get(str(data.get("kind")))
    sku, quantity, serials = _text(data.get("sku")), data.get("quantity"), data.get("serials")
    if disposition is None or sku is None or not isinstance(quantity, int):
        return
    gtin = sku.removeprefix("gtin:") if sku.startswith("gtin:") else None
    ret = returns.get(_text(data.get("return_id")) or "")
    if gtin is None and ret is not None:
        gtin = next((line.gtin for line in ret.lines if line.goods == sku), None)
    goods = Goods(
        sku=sku,
        gtin=gtin,
        quantity=quantity,
        lot=_text(data.get("lot")),
        serials=tuple(str(one) for one in serials) if isinstance(serials, list) else (),
    )
    number = _text(data.get("return_number"))
    words = ("receiving", disposition)
    yield _told(event, words, (goods,), _text(data.get("warehouse")), number)


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) and value else None
