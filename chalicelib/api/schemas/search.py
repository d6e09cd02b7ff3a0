"""Looking up whatever was scanned or typed."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from chalicelib.contracts.fields import Label, Strict, View


class FoundKind(StrEnum):
    RETURN = "return"
    ORDER = "order"
    EXCEPTION = "exception"
    TASK = "task"
    PARCEL = "parcel"


class SearchQuery(Strict):
    """A number, id or tracking number, whole, as it is printed."""

    q: Annotated[Label, Field(examples=["R26K7WM3P9TM"])]


class FoundView(View):
    """What bears the number; `href` is where to read it."""

    kind: FoundKind
    id: str
    title: str
    href: str


class FoundsView(View):
    items: tuple[FoundView, ...]
