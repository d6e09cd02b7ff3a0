"""Messages of carriers: one, or many at once, each taken or refused by itself."""

from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.api.schemas.problem import FieldErrorView
from chalicelib.api.schemas.shipping import CarrierName, TrackingNo
from chalicelib.contracts.fields import Moment, Strict, View
from chalicelib.shipping.tracking import CarrierNews, CarrierStatus

EVENTS_MAX = 100


class CarrierEvent(Strict):
    """What happened to a parcel. `event_id` is the carrier's; the same one is taken once."""

    event_id: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,128}$")]
    carrier: CarrierName
    tracking_no: TrackingNo
    status: CarrierStatus
    occurred_at: Moment

    def to_domain(self) -> CarrierNews:
        return CarrierNews(
            event_id=self.event_id,
            carrier=self.carrier,
            tracking_no=self.tracking_no,
            status=self.status,
            occurred_at=self.occurred_at,
        )


_ONE = "#/components/schemas/CarrierEvent"


def _one_or_many(schema: dict[str, Any]) -> None:  # Any: a JSON schema
    """What may be sent is told, although the boundary lets any event in to report on it."""
    schema.pop("properties")
    schema.pop("additionalProperties", None)
    many = {
        "type": "object",
        "properties": {
            "events": {
                "type": "array",
                "items": {"$ref": _ONE},
                "minItems": 1,
                "maxItems": EVENTS_MAX,
            }
        },
        "required": ["events"],
        "additionalProperties": False,
    }
    schema["oneOf"] = [{"$ref": _ONE}, many]
    schema.pop("type", None)


class CarrierEventsBody(Strict):
    """One `CarrierEvent`, or `{"events": [...]}` with up to a hundred of one carrier."""

    model_config = ConfigDict(json_schema_extra=_one_or_many)

    # Any: whatever the carrier sent; each event is checked alone, so that one spoils none.
    events: Annotated[tuple[Any, ...], Field(min_length=1, max_length=EVENTS_MAX)] | None = None
    event_id: Any = None
    carrier: Any = None
    tracking_no: Any = None
    status: Any = None
    occurred_at: Any = None

    @model_validator(mode="after")
    def _is_one_or_many(self) -> Self:
        if self.events is not None and len(self.model_fields_set) > 1:
            raise PydanticCustomError("one_or_many", "Give one event, or events")
        return self

    @property
    def sent(self) -> tuple[Any, ...]:
        """Every event as it was sent."""
        if self.events is not None:
            return self.events
        return ({name: getattr(self, name) for name in self.model_fields_set},)


class CarrierEventResultView(View):
    """`index` is the place in the request. `outcome`: `remembered` until its parcel is known,
    `applied`, or `recorded` where it changed nothing."""

    index: int
    event_id: str | None
    accepted: bool
    outcome: str | None = None
    errors: tuple[FieldErrorView, ...] = ()


class CarrierEventResultsView(View):
    results: tuple[CarrierEventResultView, ...]
