"""The problem document, as the API promises it (RFC 9457)."""

from typing import Any, Self

from pydantic import Field

from chalicelib.contracts.fields import View
from chalicelib.core.errors import FieldError


class FieldErrorView(View):
    """`pointer` is a JSON pointer into the body, or `query:`, `path:` and a name."""

    pointer: str = Field(examples=["/lines/0/quantity"])
    code: str = Field(examples=["too_small"])
    message: str

    @classmethod
    def of(cls, error: FieldError) -> Self:
        return cls(pointer=error.pointer, code=error.code, message=error.message)


class ProblemView(View):
    """`code` is stable; `title`, `detail` and the messages follow Accept-Language."""

    type: str = Field(examples=["https://tuiku.dev/problems/stale_version"])
    title: str
    status: int
    detail: str
    instance: str
    code: str = Field(examples=["stale_version"])
    trace_id: str
    errors: tuple[FieldErrorView, ...]
    details: dict[str, Any] | None = None  # Any: facts that differ by code
