"""Problem documents (RFC 9457) in the caller's language.

`code` and `pointer` are stable; `title`, `detail` and the messages of fields are translated from
locales/<language>.json. English details are the domain's own sentences, which name the facts.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from chalicelib.core.errors import FieldError

LANGUAGES = ("en", "zh-CN")
DEFAULT_LANGUAGE = "en"
TYPE_BASE = "https://tuiku.dev/problems/"
MEDIA_TYPE = "application/problem+json"

_RANGE = re.compile(
    r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)\s*(?:;\s*q=([01](?:\.\d{0,3})?))?"
)
_HEADER_MAX = 256
_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What went wrong, before translation. `message` is the English sentence, if there is one."""

    status: int
    code: str
    message: str | None = None
    fallback: str
    errors: Sequence[FieldError] = ()
    details: Mapping[str, object] = field(default_factory=dict)


def negotiate(accept_language: str | None) -> str:
    """The best language we have: RFC 4647 look-up in the caller's order; English otherwise."""
    for wanted in _wanted(accept_language or ""):
        if wanted == "*":
            return DEFAULT_LANGUAGE
        parts = wanted.lower().split("-")
        while parts:
            for language in LANGUAGES:
                tag = language.lower()
                # A caller who reads any Chinese is served by the one Chinese we have.
                if tag == "-".join(parts) or (len(parts) == 1 and tag.split("-")[0] == parts[0]):
                    return language
            parts.pop()
    return DEFAULT_LANGUAGE


def _wanted(header: str) -> list[str]:
    """Language ranges, the most wanted first; a malformed part counts as absent."""
    weighted = []
    for place, part in enumerate(header[:_HEADER_MAX].split(",")):
        match = _RANGE.fullmatch(part.rstrip())
        if match is None:
            continue
        weight = float(match[2]) if match[2] else 1.0
        if 0 < weight <= 1:
            weighted.append((-weight, place, match[1]))
    return [language for _, _, language in sorted(weighted)]


@cache
def catalogue(language: str) -> dict[str, dict[str, Any]]:  # Any: titles and templates by code
    """The sentences of one language: `problems` by code, `fields` by code."""
    path = Path(__file__).parent / "locales" / f"{language}.json"
    loaded: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def document(problem: Problem, *, language: str, instance: str, trace_id: str) -> dict[str, object]:
    """The JSON of the problem. A code without sentences borrows those of its `fallback`."""
    problems = catalogue(language)["problems"]
    words = problems.get(problem.code) or problems[problem.fallback]
    shown: dict[str, object] = {
        "type": TYPE_BASE + problem.code,
        "title": words["title"],
        "status": problem.status,
        "detail": _detail(problem, words, language),
        "instance": instance,
        "code": problem.code,
        "trace_id": trace_id,
        "errors": [_field(error, language) for error in problem.errors],
    }
    if problem.details:
        shown["details"] = dict(problem.details)
    return shown


def _detail(problem: Problem, words: Mapping[str, str], language: str) -> str:
    if language == DEFAULT_LANGUAGE and problem.message:
        return problem.message
    return _fill(words["detail"], problem.details)


def _field(error: FieldError, language: str) -> dict[str, str]:
    message = error.message
    if language != DEFAULT_LANGUAGE:
        message = catalogue(language)["fields"].get(error.code, message)
    return {"pointer": error.pointer, "code": error.code, "message": message}


def _fill(template: str, details: Mapping[str, object]) -> str:
    """Named facts in the sentence; a fact that is missing leaves its place visible as a dash."""
    return _PLACE.sub(lambda match: str(details.get(match[1], "–")), template)
