"""What comes with the product: reasons.json and answers.json, read when they are first asked for.

A cold start parses neither. `edition` grows with every change of the two files, so that nobody
takes a newer catalogue for the one they know.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from chalicelib.reasons.catalogue import (
    Catalogue,
    Choice,
    Group,
    Question,
    QuestionKind,
    Reason,
)
from chalicelib.returns.model import FaultParty, Resolution, ReturnType

Form = Mapping[str, Any]
"""A JSON object; Any, because each of its members has a form of its own."""
Words = Mapping[str, str]
"""A text by language."""


@cache
def built_in() -> Catalogue:
    """The catalogue as nobody has changed it."""
    form = read("reasons.json")
    reasons = {reason["code"]: _reason(reason) for reason in form["reasons"]}
    return Catalogue(
        groups=tuple(
            Group(code=group["code"], words=group["words"], parent=group.get("parent"))
            for group in form["groups"]
        ),
        reasons=MappingProxyType(reasons),
        built_in=frozenset(reasons),
        version=form["edition"],
    )


@cache
def rejections() -> Mapping[str, Words]:
    """Why a request is refused."""
    return MappingProxyType(read("answers.json")["rejections"])


@cache
def cancellations() -> Mapping[str, Words]:
    """Why a request is taken back."""
    return MappingProxyType(read("answers.json")["cancellations"])


@cache
def responses() -> Mapping[str, Words]:
    """What else may be said to a request: other systems have codes for it."""
    return MappingProxyType(read("answers.json")["responses"])


def read(*path: str) -> dict[str, Any]:  # Any: as in Form
    """A file of this package."""
    text = resources.files("chalicelib.reasons").joinpath(*path).read_text(encoding="utf-8")
    form: dict[str, Any] = json.loads(text)
    return form


def _reason(form: Form) -> Reason:
    return Reason(
        code=form["code"],
        group=form["group"],
        words=form["words"],
        fault=FaultParty(form["fault"]),
        questions=tuple(_question(question) for question in form["questions"]),
        evidence=tuple(form["evidence"]),
        outcomes=tuple(Resolution(outcome) for outcome in form["outcomes"]),
        types=_types(form.get("types")),
        customer_visible=form["customer_visible"],
        note_required=form["note_required"],
    )


def _types(names: Sequence[str] | None) -> tuple[ReturnType, ...]:
    """Those that are named, or all."""
    return tuple(ReturnType) if names is None else tuple(ReturnType(name) for name in names)


def _question(form: Form) -> Question:
    return Question(
        question_id=form["id"],
        words=form["words"],
        kind=QuestionKind(form["kind"]),
        choices=tuple(
            Choice(choice_id=choice["id"], words=choice["words"])
            for choice in form.get("choices", ())
        ),
        required=form["required"],
    )
