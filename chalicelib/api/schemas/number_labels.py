"""Which labels with the number of a return, or of a box, are wanted."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from chalicelib.api.schemas.common import whole_number, word_of
from chalicelib.contracts.fields import Strict
from chalicelib.returns.box_labels import COPIES_MAX
from chalicelib.returns.number_labels import PARCELS_MAX, LabelSize

Parcels = Annotated[
    int,
    BeforeValidator(whole_number),
    Field(ge=1, le=PARCELS_MAX),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": PARCELS_MAX}),
]


Copies = Annotated[
    int,
    BeforeValidator(whole_number),
    Field(ge=1, le=COPIES_MAX),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": COPIES_MAX}),
]


class BoxLabelQuery(Strict):
    """On a roll of A6 or 4 x 6 inches, or four on a sheet of A4; as many copies of the same."""

    size: Annotated[LabelSize, BeforeValidator(word_of(LabelSize))] = LabelSize.A6
    copies: Copies = 1
    language: Literal["en", "zh-CN"] | None = None


class NumberLabelQuery(Strict):
    """On a roll of A6 or 4 x 6 inches, or four on a sheet of A4; one for each of the parcels."""

    size: Annotated[LabelSize, BeforeValidator(word_of(LabelSize))] = LabelSize.A6
    parcels: Parcels = 1
    language: Literal["en", "zh-CN"] | None = None
