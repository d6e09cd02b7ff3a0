"""What comes with the product: checklists.json, read when it is first asked for.

These lists are not strict: clients that inspected before there were lists have words of their own,
and what nobody published is held against nobody (docs/decisions/checklists-bind-once-published.md).
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from chalicelib.inspection.checklist import (
    BUILT_IN,
    AnswerKind,
    Cap,
    Checklist,
    Choice,
    Defect,
    Item,
    Section,
    Trigger,
)
from chalicelib.returns.model import Grade

Form = Mapping[str, Any]
"""A JSON object; Any, because each of its members has a form of its own."""
_ALWAYS = datetime(2020, 1, 1, tzinfo=UTC)


@cache
def built_in() -> Mapping[str, Checklist]:
    """The lists by their category."""
    form = _read()
    defects = {code: Defect(code=code, words=words) for code, words in form["defects"].items()}
    items = {item["id"]: item for item in form["items"]}
    return MappingProxyType(
        {one["category"]: _checklist(one, items, defects) for one in form["checklists"]}
    )


@cache
def defect_words() -> Mapping[str, dict[str, str]]:
    """The words of every defect that comes with the product."""
    return MappingProxyType(_read()["defects"])


@cache
def _read() -> dict[str, Any]:  # Any: as in Form
    text = resources.files("chalicelib.inspection").joinpath("checklists.json")
    form: dict[str, Any] = json.loads(text.read_text(encoding="utf-8"))
    return form


def _checklist(form: Form, items: Mapping[str, Form], defects: Mapping[str, Defect]) -> Checklist:
    return Checklist(
        category=form["category"],
        number=BUILT_IN,
        title=form["title"],
        items=tuple(_item(items[name]) for name in form["items"]),
        defects=tuple(defects[code] for code in form["defects"]),
        effective_from=_ALWAYS,
        applies_to=tuple(form["applies_to"]),
        strict=False,
        answers_required=False,
    )


def _item(form: Form) -> Item:
    photo = form.get("photo_when")
    return Item(
        item_id=form["id"],
        section=Section(form["section"]),
        words=form["words"],
        kind=AnswerKind(form.get("kind", AnswerKind.YES_NO)),
        choices=tuple(
            Choice(code=choice["code"], words=choice["words"]) for choice in form.get("choices", ())
        ),
        unit=form.get("unit"),
        at_least=form.get("at_least"),
        at_most=form.get("at_most"),
        required=form.get("required", True),
        photo_when=None if photo is None else _trigger(photo),
        caps=tuple(
            Cap(when=_trigger(cap["when"]), best=Grade(cap["best"]), defect=cap.get("defect"))
            for cap in form.get("caps", ())
        ),
    )


def _trigger(form: Form) -> Trigger:
    return Trigger(
        answers=tuple(form.get("answers", ())), below=form.get("below"), above=form.get("above")
    )
