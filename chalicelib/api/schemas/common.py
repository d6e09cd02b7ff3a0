"""Pages, their queries, and bodies without fields."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from chalicelib.contracts.fields import Note, Strict

LIMIT_MAX = 200
LIMIT_DEFAULT = 50
Word = TypeVar("Word", bound=StrEnum)


PersonId = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@|~+-]{0,127}$", max_length=128)
]
"""The id of a person as their token says it."""


class NoFields(Strict):
    """A command that needs no more than its address; its body is {} or empty."""


def whole_number(value: object) -> object:
    """The values of a query are text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 4:
        return int(value)
    if isinstance(value, int):
        return value
    raise PydanticCustomError("wrong_type", "Input should be a whole number")


Limit = Annotated[
    int,
    BeforeValidator(whole_number),
    Field(ge=1, le=LIMIT_MAX),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": LIMIT_MAX}),
]
Cursor = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.~=-]{1,1024}$")]


class ReasonBody(Strict):
    """Why, in the words of who decides it."""

    reason: Note


class PageQuery(Strict):
    """A page of a list: how many, and from where on."""

    limit: Limit = LIMIT_DEFAULT
    cursor: Cursor | None = None


def word_of(kind: type[Word]) -> Callable[[Any], Word]:  # Any: the text of a query
    """Reads one value of an enumeration from the text of a query."""

    def read(value: Any) -> Word:  # Any: as above
        try:
            return kind(value)
        except ValueError:
            known = ", ".join(member.value for member in kind)
            raise PydanticCustomError(
                "unknown_value", "Input should be one of {known}", {"known": known}
            ) from None

    return read
