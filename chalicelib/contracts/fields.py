"""The building blocks of all schemas: strict models, ids, text, moments, quantities and money.

Shape only: what a value means is the domain's business. Nothing is coerced, nothing unknown passes.
"""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from chalicelib.core.clock import rfc3339, to_millis
from chalicelib.core.errors import DomainError
from chalicelib.core.money import CURRENCY_DIGITS, Money

QUANTITY_MAX = 1_000_000
YEAR_MIN, YEAR_MAX = 2000, 2099
ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._~-]{0,63}$"

_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]([01]\d|2[0-3]):\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# C0, C1, DEL; the marks that turn the direction of text and so can make a label lie (U+202E);
# line and paragraph separators; the byte order mark.
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


class Strict(BaseModel):
    """Base of every request: no coercion, no unknown fields, no change after parsing."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        defer_build=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
    )


class View(BaseModel):
    """Base of every answer. Made by our own code from domain objects; what it checks is us."""

    model_config = ConfigDict(
        frozen=True, defer_build=True, extra="forbid", hide_input_in_errors=True
    )


def _visible(text: str) -> str:
    if _HIDDEN.search(text):
        raise PydanticCustomError("hidden_characters", "Text has control or direction characters")
    return text


def _moment(value: object) -> object:
    """RFC 3339 with an offset only; pydantic alone would also read "1700000000" as a moment."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        raise PydanticCustomError("rfc3339", "Input should be an RFC 3339 time with an offset")
    try:
        moment = datetime.fromisoformat(value.upper())
    except ValueError:
        raise PydanticCustomError("rfc3339", "There is no such time") from None
    if not YEAR_MIN <= moment.year <= YEAR_MAX:
        raise PydanticCustomError(
            "year_range",
            "The year should be from {low} to {high}",
            {"low": YEAR_MIN, "high": YEAR_MAX},
        )
    return to_millis(moment)


def _day(value: object) -> object:
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise PydanticCustomError("date_form", "Input should be a date as YYYY-MM-DD")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError("date_form", "There is no such day") from None


def _rate(text: str) -> str:
    if Decimal(text) > 1_000_000:
        raise PydanticCustomError("rate_range", "Input should be at most 1000000")
    return text


Id = Annotated[str, StringConstraints(pattern=ID_PATTERN, max_length=64)]
"""Our ids and the merchant's own numbers: safe in a URL as they are."""
CorrelationId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._~-]{1,128}$")]
"""By which one piece of work is followed through requests, messages, events and logs."""
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:~/ +-]{0,63}$")]
"""The merchant's words for goods: sku, lot, serial, coupon, promotion."""
Word = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,63}$")]
"""A code of ours, such as CHANGED_MIND."""
RuleName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
"""What a policy calls one of its rules or signals."""
Label = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_visible)]
Note = Annotated[str, StringConstraints(min_length=1, max_length=2000), AfterValidator(_visible)]
Text = Annotated[
    str,
    StringConstraints(min_length=1, max_length=4000, pattern=r"\S"),
    AfterValidator(_visible),
]
"""What people write to each other; not of spaces alone."""
Quantity = Annotated[int, Field(ge=1, le=QUANTITY_MAX)]
Count = Annotated[int, Field(ge=0, le=QUANTITY_MAX)]
Gtin = Annotated[str, StringConstraints(pattern=r"^[0-9]{8}$|^[0-9]{12,14}$")]
Rate = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{1,7}(\.[0-9]{1,12})?$"), AfterValidator(_rate)
]
"""An exact decimal without sign, as a string: 0.20"""
Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]


class MoneyModel(Strict):
    """An exact amount: a decimal string with at most the currency's own number of digits."""

    amount: Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,4})?$")] = Field(
        examples=["96.67"]
    )
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = Field(examples=["EUR"])

    @model_validator(mode="after")
    def _fits_its_currency(self) -> Self:
        if self.currency not in CURRENCY_DIGITS:
            raise PydanticCustomError("unknown_currency", "Currency is not in ISO 4217")
        try:
            Money.parse(self.amount, self.currency)
        except DomainError as error:
            raise PydanticCustomError(
                "bad_amount", "Amount has more digits than its currency, or is too large"
            ) from error
        return self

    def to_domain(self) -> Money:
        return Money.parse(self.amount, self.currency)


def _not_negative(money: MoneyModel) -> MoneyModel:
    if money.amount.startswith("-"):
        raise PydanticCustomError("negative_amount", "Amount should not be negative")
    return money


Price = Annotated[MoneyModel, AfterValidator(_not_negative)]


def _money_json(money: Money) -> dict[str, str]:
    return {"amount": money.amount, "currency": money.currency}


MoneyOut = Annotated[
    Money,
    PlainSerializer(_money_json, return_type=dict[str, str]),
    WithJsonSchema(
        {
            "type": "object",
            "properties": {
                "amount": {"type": "string", "examples": ["96.67"]},
                "currency": {"type": "string", "examples": ["EUR"]},
            },
            "required": ["amount", "currency"],
        }
    ),
]
"""The domain's money in an answer."""
MomentOut = Annotated[
    datetime,
    PlainSerializer(rfc3339, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""The domain's moment in an answer: UTC with Z, milliseconds."""
