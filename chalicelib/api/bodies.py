"""From bytes to a checked model: all that is wrong with the shape of a request, in one answer.

JSON is read twice: once by the standard library for what pydantic lets pass (a key given twice,
NaN, absurd numbers), once by pydantic for types. The size limit of the boundary bounds both.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import NoReturn, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from chalicelib.core.errors import FieldError

Model = TypeVar("Model", bound=BaseModel)

ERRORS_MAX = 100
INTEGER_DIGITS_MAX = 19
_CODES = {
    "missing": "required",
    "extra_forbidden": "unknown_field",
    "string_too_long": "too_long",
    "too_long": "too_long",
    "string_too_short": "too_short",
    "too_short": "too_short",
    "string_pattern_mismatch": "bad_format",
    "greater_than": "too_small",
    "greater_than_equal": "too_small",
    "less_than": "too_large",
    "less_than_equal": "too_large",
    "literal_error": "unknown_value",
    "enum": "unknown_value",
    "int_parsing": "wrong_type",
    "bool_parsing": "wrong_type",
}


class Unreadable(Exception):
    """The bytes are not JSON that we accept; `reason` is a short English phrase."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Misshapen(Exception):
    """A body or a query that does not fit its schema: every bad field is listed."""

    def __init__(self, code: str, errors: Sequence[FieldError]) -> None:
        super().__init__(f"{len(errors)} bad fields")
        self.code = code
        self.errors = tuple(errors)


def parse(raw: bytes, model: type[Model]) -> tuple[Model, bytes]:
    """The model and the canonical form of what was sent; raises Unreadable or Misshapen."""
    # No body at all is read as {}: commands without fields need none, others list what is missing.
    raw = raw if raw.strip() else b"{}"
    sent = _strict_json(raw)
    try:
        checked = model.model_validate_json(raw)
    except ValidationError as error:
        raise _misshapen(error, prefix="") from error
    return checked, json.dumps(sent, sort_keys=True, separators=(",", ":")).encode()


def parse_query(query: Mapping[str, Sequence[str]], model: type[Model]) -> Model:
    """The model of a query string, whose values are all text; a name given twice is refused."""
    repeated = [
        FieldError(pointer=f"query:{name}", code="repeated", message="Given more than once")
        for name, values in query.items()
        if len(values) > 1
    ]
    if repeated:
        raise Misshapen("query_invalid", repeated)
    try:
        return model.model_validate({name: values[0] for name, values in query.items()})
    except ValidationError as error:
        raise _misshapen(error, prefix="query:") from error


def fingerprint(path: str, canonical: bytes) -> str:
    """What was asked, of which object: tells a retry from another request under the same key."""
    return hashlib.sha256(path.encode() + b"\n" + canonical).hexdigest()


def _strict_json(raw: bytes) -> object:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable("it is not UTF-8") from error
    try:
        return json.loads(
            text, object_pairs_hook=_unique, parse_constant=_constant, parse_int=_integer
        )
    except RecursionError as error:
        raise Unreadable("it is nested too deeply") from error
    except json.JSONDecodeError as error:
        raise Unreadable(f"{error.msg} at line {error.lineno}, column {error.colno}") from error


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    seen: dict[str, object] = {}
    for name, value in pairs:
        if name in seen:
            raise Unreadable(f"the name {name[:64]!a} is given twice in one object")
        seen[name] = value
    return seen


def _constant(name: str) -> NoReturn:
    raise Unreadable(f"{name} is not a JSON number")


def _integer(digits: str) -> int:
    if len(digits) > INTEGER_DIGITS_MAX + 1:
        raise Unreadable("a number has too many digits")
    return int(digits)


def _misshapen(error: ValidationError, *, prefix: str) -> Misshapen | Unreadable:
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return Unreadable(first["msg"].removeprefix("Invalid JSON: "))
    code = "query_invalid" if prefix else "body_invalid"
    return Misshapen(code, field_errors(error, prefix=prefix))


def field_errors(error: ValidationError, *, prefix: str = "") -> list[FieldError]:
    """Every bad field with our code for it; the values that were sent are not repeated."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    problems = [problem for problem in found if not _is_only_an_echo(problem, found)]
    return [
        FieldError(
            pointer=_pointer(problem["loc"], prefix),
            code=_code(problem["type"]),
            message=problem["msg"],
        )
        for problem in problems[:ERRORS_MAX]
    ]


def _is_only_an_echo(problem: ErrorDetails, found: Sequence[ErrorDetails]) -> bool:
    """Pydantic counts the items that passed: a list of one bad item is too short for it."""
    place = problem["loc"]
    return problem["type"] == "too_short" and any(
        other["loc"][: len(place)] == place and len(other["loc"]) > len(place) for other in found
    )


def _pointer(loc: Sequence[int | str], prefix: str) -> str:
    """RFC 6901 for a body (`/lines/0/sku`), `query:limit` for a query."""
    if prefix:
        return prefix + ".".join(str(part) for part in loc)
    # Keys may come from the caller: cut, so that an error cannot be made to echo a whole body.
    steps = (str(part)[:64].replace("~", "~0").replace("/", "~1") for part in loc)
    return "".join(f"/{step}" for step in steps)


def _code(kind: str) -> str:
    if kind.endswith("_type"):
        return "wrong_type"
    return _CODES.get(kind, kind)
