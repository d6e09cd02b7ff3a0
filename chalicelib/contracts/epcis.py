"""EPCIS 2.0 documents in JSON or JSON-LD: what is read of them. All else they may say is let by.

Each event is checked by itself, so that one that cannot be read need not spoil the others.
"""

import hashlib
import json
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from chalicelib.contracts.barcode_fields import USABLE
from chalicelib.contracts.barcodes import BarcodeFault, read
from chalicelib.contracts.fields import QUANTITY_MAX, Moment
from chalicelib.epcis import names
from chalicelib.epcis.intake import STEPS, unused_reason
from chalicelib.epcis.model import BizTransaction, CapturedEvent, Thing
from chalicelib.epcis.places import Place, Places

EVENTS_MAX = 500
THINGS_MAX = 500
EventType = Literal[
    "ObjectEvent",
    "AggregationEvent",
    "TransactionEvent",
    "TransformationEvent",
    "AssociationEvent",
]
EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)
Uri = Annotated[str, StringConstraints(min_length=1, max_length=512, pattern=r"^[\x21-\x7e]+$")]
Word = Annotated[str, StringConstraints(min_length=1, max_length=200)]
_Of = tuple[Any, ...]  # Any: an event of a document, before it is known what it holds
# What is said of the event and not by it: the same event may come without, and stays itself.
_ABOUT = frozenset({"recordTime", "errorDeclaration", "eventID", "@context", "certificationInfo"})


class _Lenient(BaseModel):
    """Partners may say more than is read; what is read is not coerced."""

    model_config = ConfigDict(
        strict=True,
        extra="ignore",
        frozen=True,
        defer_build=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
    )


class EpcisEvents(_Lenient):
    """The events, each checked by itself when it is read."""

    event_list: Annotated[_Of, Field(min_length=1, max_length=EVENTS_MAX)] = Field(
        alias="eventList"
    )


class EpcisCapture(_Lenient):
    """An EPCISDocument with its events, or one event by itself."""

    model_config = ConfigDict(extra="allow")

    type: Literal["EPCISDocument"] | EventType
    schema_version: str | float | None = Field(default=None, alias="schemaVersion")
    epcis_body: EpcisEvents | None = Field(default=None, alias="epcisBody")

    @model_validator(mode="after")
    def _has_events(self) -> Self:
        if self.type == "EPCISDocument" and self.epcis_body is None:
            raise PydanticCustomError("missing", "A document has an epcisBody")
        return self

    def events(self) -> tuple[Any, ...]:  # Any: as they were sent
        """Of the document, or the one event."""
        if self.epcis_body is not None:
            return self.epcis_body.event_list
        return ({**(self.model_extra or {}), "type": self.type},)


class _Quantity(_Lenient):
    """How many of a class; what is weighed or measured has a unit and is no count.

    EPCIS lets the quantity be left out where nobody knows it: then it is no count either.
    """

    epc_class: Uri = Field(alias="epcClass")
    quantity: Annotated[float, Field(ge=1, le=QUANTITY_MAX)]
    uom: str | None = None

    @field_validator("quantity", mode="before")
    @classmethod
    def _whole(cls, value: object) -> object:
        if isinstance(value, float) and not value.is_integer():
            raise PydanticCustomError("not_whole", "Goods are counted in whole units")
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return float(value) if is_number else value  # type: ignore[arg-type]  # asked before

    @field_validator("uom")
    @classmethod
    def _counted(cls, uom: str | None) -> str | None:
        if uom not in (None, "EA", "H87"):
            raise PydanticCustomError("not_counted", "Goods are counted, not measured")
        return uom


class _Place(_Lenient):
    id: Uri


class _Transaction(_Lenient):
    type: Word | None = None
    transaction: Uri = Field(alias="bizTransaction")


class _Declaration(_Lenient):
    declaration_time: Moment = Field(alias="declarationTime")
    reason: Word | None = None
    corrective_event_ids: Annotated[tuple[Uri, ...], Field(max_length=100)] = Field(
        default=(), alias="correctiveEventIDs"
    )


class EpcisEvent(_Lenient):
    """What is read of one event."""

    type: EventType
    event_time: Moment = Field(alias="eventTime")
    time_zone: Annotated[
        str, StringConstraints(pattern=r"^[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00)$")
    ] = Field(alias="eventTimeZoneOffset")
    event_id: Uri | None = Field(default=None, alias="eventID")
    action: Literal["ADD", "OBSERVE", "DELETE"] | None = None
    biz_step: Word | None = Field(default=None, alias="bizStep")
    epc_list: Annotated[tuple[Uri, ...], Field(max_length=THINGS_MAX)] = Field(
        default=(), alias="epcList"
    )
    quantity_list: Annotated[tuple[_Quantity, ...], Field(max_length=THINGS_MAX)] = Field(
        default=(), alias="quantityList"
    )
    parent_id: Uri | None = Field(default=None, alias="parentID")
    child_epcs: Annotated[tuple[Uri, ...], Field(max_length=THINGS_MAX)] = Field(
        default=(), alias="childEPCs"
    )
    child_quantity_list: Annotated[tuple[_Quantity, ...], Field(max_length=THINGS_MAX)] = Field(
        default=(), alias="childQuantityList"
    )
    read_point: _Place | None = Field(default=None, alias="readPoint")
    biz_location: _Place | None = Field(default=None, alias="bizLocation")
    transactions: Annotated[tuple[_Transaction, ...], Field(max_length=100)] = Field(
        default=(), alias="bizTransactionList"
    )
    declared: _Declaration | None = Field(default=None, alias="errorDeclaration")

    @field_validator("epc_list", "child_epcs")
    @classmethod
    def _once(cls, uris: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(uris)) < len(uris):
            raise PydanticCustomError("repeated", "An EPC stands once in a list")
        return uris

    @field_validator("epc_list", "child_epcs", "parent_id")
    @classmethod
    def _known_uris(cls, uris: Any) -> Any:  # Any: one URI or several
        for uri in (uris,) if isinstance(uris, str) else uris or ():
            _thing(uri, 1)
        return uris

    @field_validator("quantity_list", "child_quantity_list")
    @classmethod
    def _known_classes(cls, quantities: tuple[_Quantity, ...]) -> tuple[_Quantity, ...]:
        for one in quantities:
            if _thing(one.epc_class, int(one.quantity)).serial and one.quantity != 1:
                raise PydanticCustomError("one_serial_one_unit", "A serial is one unit")
        return quantities

    def to_domain(
        self,
        sent: dict[str, Any],  # Any: the event as it was sent
        places: Places,
    ) -> CapturedEvent:
        """`sent` is what it is known by again, where it has no id of its own."""
        content = fingerprint(sent)
        named = self.biz_location or self.read_point
        place = places.at(named.id) if named is not None else Place()
        singles = [_thing(uri, 1) for uri in (*self.epc_list, *self.child_epcs)]
        counted = (*self.quantity_list, *self.child_quantity_list)
        return CapturedEvent(
            key=self.event_id or content,
            content=content,
            type=self.type,
            happened_at=self.event_time,
            event_id=self.event_id,
            action=self.action,
            biz_step=names.word(self.biz_step) if self.biz_step is not None else None,
            things=(*singles, *(_thing(one.epc_class, int(one.quantity)) for one in counted)),
            parent=_thing(self.parent_id, 1) if self.parent_id is not None else None,
            warehouse=place.warehouse,
            unknown_gln=place.unknown_gln,
            transactions=tuple(_transaction(one) for one in self.transactions),
            corrected_by=self.declared.corrective_event_ids if self.declared else None,
        )


class _Head(_Lenient):
    """By what an event is none of our business, whatever else it says."""

    type: EventType
    action: Literal["ADD", "OBSERVE", "DELETE"] | None = None
    biz_step: Word | None = Field(default=None, alias="bizStep")
    transactions: Any = Field(default=None, alias="bizTransactionList")  # Any: not read here


def unused(sent: Any) -> str | None:  # Any: an event as it was sent
    """Why an event that cannot be read is none that we would use; None: it might be one.

    Partners send what they have: goods by weight that were shipped stop no return that came.
    """
    try:
        head = _Head.model_validate(sent)
    except ValidationError:
        return None
    step = names.word(head.biz_step) if head.biz_step is not None else None
    reason = unused_reason(head.type, head.action, step)
    if reason is None and head.type == "AggregationEvent" and head.action is not None:
        is_nothing = step not in STEPS and not head.transactions
        return "no_goods" if is_nothing else None
    return reason


def fingerprint(sent: dict[str, Any]) -> str:  # Any: JSON
    """By what an event is known again without its id: all that it says, in one order and form.

    Lists of an event are sets, times are moments, and what is said about the event (when it was
    recorded, that it was wrong) is no part of it. Words of the CBV count as they were written.
    """
    said = {name: value for name, value in sent.items() if name not in _ABOUT}
    text = json.dumps(_ordered(said), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha-256;{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _ordered(value: Any) -> Any:  # Any: JSON
    if isinstance(value, dict):
        return {name: _moment(name, _ordered(part)) for name, part in value.items()}
    if isinstance(value, list):
        return sorted(
            (_ordered(one) for one in value), key=lambda one: json.dumps(one, sort_keys=True)
        )
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _moment(name: str, value: Any) -> Any:  # Any: JSON
    if name != "eventTime" or not isinstance(value, str):
        return value
    try:
        moment = datetime.fromisoformat(value.upper())
        return moment.astimezone(UTC).isoformat() if moment.tzinfo is not None else value
    except (ValueError, OverflowError):  # no moment, or one that UTC has no year for
        return value


def canonical(uri: str) -> str:
    """The name under which our answers have the same thing; others stay as they are."""
    try:
        thing = _thing(uri, 1)
    except PydanticCustomError:
        return uri
    if thing.gtin is None:
        return uri
    # A unit is known by its serial: which lot it is of is no part of its name.
    lot = thing.lot if thing.serial is None else None
    return names.item_uri(thing.gtin, "", lot=lot, serial=thing.serial)


def _transaction(one: _Transaction) -> BizTransaction:
    kind = names.word(one.type) if one.type is not None else None
    return BizTransaction(type=kind, name=names.last_part(one.transaction) or one.transaction)


def _thing(uri: str, quantity: int) -> Thing:
    """What a URI names; one of another kind names nothing that we take in."""
    lower = uri[:8].lower()
    if not lower.startswith(("http://", "https://")):
        thing = names.thing_of_urn(uri) or Thing(uri=uri)
    else:
        thing = _linked(uri)
    for value in (thing.serial, thing.lot):
        if value is not None and not USABLE.fullmatch(value):
            raise PydanticCustomError("value_unusable", "It has signs that are not kept")
    return Thing(
        uri=uri,
        gtin=thing.gtin,
        serial=thing.serial,
        lot=thing.lot,
        sscc=thing.sscc,
        quantity=quantity,
    )


def _linked(uri: str) -> Thing:
    try:
        said = read(uri)
    except BarcodeFault as fault:
        # An address that is no Digital Link may well name something: of the partner's own.
        if fault.code in ("barcode_not_gs1", "barcode_says_nothing"):
            return Thing(uri=uri)
        raise PydanticCustomError("bad_digital_link", "{why}", {"why": fault.message}) from None
    return Thing(uri=uri, gtin=said.gtin, serial=said.serial, lot=said.lot, sscc=said.sscc)
