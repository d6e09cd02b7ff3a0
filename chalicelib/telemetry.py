"""Logs as one JSON object a line, with the correlation id of what is being worked on.

Own formatter on the standard library: a logging package costs 25 ms of every cold start. Personal
data is masked here, whoever logs it. Business metrics are EMF lines, which CloudWatch reads.
"""

import json
import logging
import re
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from chalicelib.core.clock import rfc3339
from chalicelib.settings import settings

MASK = "***"
_PERSONAL = frozenset(
    {
        "name", "customer_name", "first_name", "last_name", "email", "e_mail", "phone", "mobile",
        "address", "street", "city", "postcode", "zip", "contact", "iban", "account_no", "proof",
        "token", "id_token", "access_token", "refresh_token", "authorization", "password",
        "secret", "cookie", "signature",
    }
)  # fmt: skip
_EMAIL = re.compile(r"[^\s@\"'<>(),:;]{1,64}@[^\s@\"'<>(),:;]{1,255}")
_JWT = re.compile(r"\bey[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*")
_PHONE = re.compile(r"(?<![\w.:-])\+\d[\d ()-]{6,18}\d\b")
_TEXT_MAX = 4000
_DEPTH_MAX = 6
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

_NOTHING: Mapping[str, str] = MappingProxyType({})
_bound: ContextVar[Mapping[str, str]] = ContextVar("tuiku_log_context", default=_NOTHING)


def logger(name: str) -> logging.Logger:
    """Log facts as `extra`: `log.info("scan taken", extra={"scan_id": scan.scan_id})`."""
    return logging.getLogger(name)


@contextmanager
def bound(**ids: str) -> Iterator[None]:
    """Adds ids (correlation_id, function, request_id, ...) to every line logged within."""
    token = _bound.set({**_bound.get(), **ids})
    try:
        yield
    finally:
        _bound.reset(token)


def correlation_id() -> str:
    """The id by which the present work is followed, or an empty string outside of any."""
    return _bound.get().get("correlation_id", "")


def configure() -> None:
    """Once a process: our handler replaces the one that Lambda puts on the root logger."""
    root = logging.getLogger()
    if not any(isinstance(handler.formatter, JsonFormatter) for handler in root.handlers):
        handler = _StandardOutput()
        handler.setFormatter(JsonFormatter())
        others = [other for other in root.handlers if not _is_lambdas_own(other)]
        root.handlers = [*others, handler]
        # Libraries at DEBUG would print whole requests, personal data included.
        for library in ("botocore", "boto3", "urllib3", "pynamodb", "PIL"):
            logging.getLogger(library).setLevel(logging.WARNING)
    level = logging.getLevelNamesMapping().get(settings.log_level, logging.INFO)
    # Setting it, even to what it is, empties the caches of every logger.
    if root.level != level:
        root.setLevel(level)


def _is_lambdas_own(handler: logging.Handler) -> bool:
    """The runtime's handler would print every line a second time, unmasked."""
    return type(handler).__name__.startswith("LambdaLogger")


class _StandardOutput(logging.Handler):
    """Writes to what sys.stdout is now, not to what it was when logging was configured."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stdout.write(self.format(record) + "\n")
        except (OSError, ValueError):
            self.handleError(record)


class JsonFormatter(logging.Formatter):
    """One line: when, how grave, what, the bound ids, and the masked extra facts."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": rfc3339(datetime.fromtimestamp(record.created, tz=UTC)),
            "level": record.levelname,
            "logger": record.name,
            "message": mask_text(record.getMessage()),
            **_bound.get(),
        }
        facts = {key: value for key, value in vars(record).items() if key not in _STANDARD}
        line.update(mask(facts))
        if record.exc_info:
            # The end of a traceback says most, so a long one loses its beginning.
            line["exception"] = mask_text(self.formatException(record.exc_info)[-_TEXT_MAX:])
        return json.dumps(line, ensure_ascii=False, default=str, separators=(",", ":"))


def mask(facts: Mapping[str, Any], depth: int = 0) -> dict[str, object]:  # Any: facts to log
    """The facts with personal fields hidden, at any depth."""
    return {
        str(key): MASK if _is_personal(str(key)) and value is not None else _masked(value, depth)
        for key, value in facts.items()
    }


def _is_personal(key: str) -> bool:
    return key.lower().replace("-", "_") in _PERSONAL


def _masked(value: object, depth: int) -> object:
    if depth > _DEPTH_MAX:
        return "..."
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, Mapping):
        return mask(value, depth + 1)
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(item, depth + 1) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return mask_text(str(value))


def mask_text(text: str) -> str:
    """Hides what looks like a mail address, a telephone number or a token inside a sentence."""
    if len(text) > _TEXT_MAX:
        text = text[:_TEXT_MAX] + "..."
    for pattern in (_EMAIL, _JWT, _PHONE):
        text = pattern.sub(MASK, text)
    return text


def count(name: str, value: int = 1, *, unit: str = "Count", **dimensions: str) -> None:
    """One business metric as an EMF line; `dimensions` have few values and nothing personal."""
    stated = {"stage": settings.stage, **dimensions}
    line = {
        "_aws": {
            "Timestamp": int(time.time() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": "tuiku",
                    "Dimensions": [list(stated)],
                    "Metrics": [{"Name": name, "Unit": unit}],
                }
            ],
        },
        name: value,
        **stated,
    }
    sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
