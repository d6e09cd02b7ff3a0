"""What is wrong with a checklist that somebody wants to publish. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from chalicelib.core.errors import FieldError
from chalicelib.inspection.checklist import (
    LANGUAGES,
    YES_NO,
    AnswerKind,
    Checklist,
    Item,
    Trigger,
    number_in,
)

CATEGORY = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
CHOICES_MIN = 2


def faults_of(checklist: Checklist) -> Iterator[FieldError]:
    """Every fault, with a pointer to where it is."""
    if not CATEGORY.fullmatch(checklist.category):
        message = "A category is 1 to 40 small letters, digits and hyphens."
        yield _fault("/category", "category_malformed", message)
    yield from _words(checklist.title, "/title")
    yield from _repeated([item.item_id for item in checklist.items], "/items", "/id")
    yield from _repeated([one.code for one in checklist.defects], "/defects", "/code")
    folded = [name.casefold() for name in checklist.applies_to]
    yield from _repeated(folded, "/applies_to")
    if not checklist.items:
        yield _fault("/items", "checklist_empty", "There is at least one thing to look at.")
    for place, defect in enumerate(checklist.defects):
        yield from _words(defect.words, f"/defects/{place}/words")
    for place, item in enumerate(checklist.items):
        yield from _item(item, checklist, f"/items/{place}")


def _item(item: Item, checklist: Checklist, at: str) -> Iterator[FieldError]:
    yield from _words(item.words, f"{at}/words")
    if item.kind is AnswerKind.CHOICE:
        if len(item.choices) < CHOICES_MIN:
            message = f"There are at least {CHOICES_MIN} choices."
            yield _fault(f"{at}/choices", "too_few_choices", message)
        yield from _repeated([one.code for one in item.choices], f"{at}/choices", "/code")
        for place, choice in enumerate(item.choices):
            yield from _words(choice.words, f"{at}/choices/{place}/words")
    elif item.choices:
        message = f"An item of kind {item.kind} has no choices."
        yield _fault(f"{at}/choices", "choices_not_asked", message)
    yield from _bounds(item, at)
    if item.photo_when is not None:
        yield from _trigger(item.photo_when, item, f"{at}/photo_when")
    for place, cap in enumerate(item.caps):
        yield from _trigger(cap.when, item, f"{at}/caps/{place}/when")
        if cap.defect is not None and checklist.defect(cap.defect) is None:
            known = ", ".join(one.code for one in checklist.defects)
            message = f"The list offers: {known}."
            yield _fault(f"{at}/caps/{place}/defect", "defect_not_offered", message)


def _bounds(item: Item, at: str) -> Iterator[FieldError]:
    named = (("unit", item.unit), ("at_least", item.at_least), ("at_most", item.at_most))
    if item.kind is not AnswerKind.NUMBER:
        for name, value in named:
            if value is not None:
                yield _fault(f"{at}/{name}", "only_for_numbers", "Only a number has this.")
        return
    if item.unit is None:
        yield _fault(f"{at}/unit", "unit_missing", "A number is measured in a unit.")
    low, high = item.at_least, item.at_most
    if low is not None and high is not None and Decimal(low) > Decimal(high):
        yield _fault(f"{at}/at_most", "bounds_cross", f"No number is from {low} to {high}.")


def _trigger(trigger: Trigger, item: Item, at: str) -> Iterator[FieldError]:
    """Answers that the item cannot have would never be met."""
    bounds = [bound for bound in (trigger.below, trigger.above) if bound is not None]
    if item.kind is AnswerKind.NUMBER:
        if trigger.answers or not bounds:
            message = "Of a number a bound is named: below, or above."
            yield _fault(at, "bound_expected", message)
        return
    if bounds or not trigger.answers:
        yield _fault(at, "answers_expected", "The answers that are meant are named.")
    for place, answer in enumerate(trigger.answers):
        if item.kind is AnswerKind.TEXT or not item.admits(answer):
            known = YES_NO if item.kind is AnswerKind.YES_NO else _codes(item)
            message = f"Nobody can answer {answer}; known: {', '.join(known)}."
            yield _fault(f"{at}/answers/{place}", "answer_unknown", message)


def _codes(item: Item) -> tuple[str, ...]:
    return tuple(choice.code for choice in item.choices)


def _words(words: Mapping[str, str], at: str) -> Iterator[FieldError]:
    for language in LANGUAGES:
        if not words.get(language, "").strip():
            message = f"Inspectors read it in {' and '.join(LANGUAGES)}."
            yield _fault(f"{at}/{language}", "words_missing", message)


def _repeated(names: Sequence[str], at: str, end: str = "") -> Iterator[FieldError]:
    for place, name in enumerate(names):
        if name in names[:place]:
            yield _fault(f"{at}/{place}{end}", "named_twice", f"{name} is there already.")


def is_number(text: str) -> bool:
    """Whether bounds may be written so."""
    return number_in(text) is not None


def _fault(pointer: str, code: str, message: str) -> FieldError:
    return FieldError(pointer=pointer, code=code, message=message)
