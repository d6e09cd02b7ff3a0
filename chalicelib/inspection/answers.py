"""What an inspector answered, held against the checklist in force. Pure.

A strict list refuses what it does not know or what contradicts it; any other list takes answers as
they come (docs/decisions/checklists-bind-once-published.md). What answers mean (a defect that they
stand for) is found with both.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.core.errors import FieldError
from chalicelib.inspection.checklist import Checklist, Item, is_better
from chalicelib.returns.model import Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is said about some units that look alike."""

    grade: Grade
    answers: Mapping[str, str]
    defects: Sequence[str] = ()
    has_photos: bool = False


def faults_of(seen: Seen, checklist: Checklist, at: str) -> Iterator[FieldError]:
    """Everything that does not fit; `at` points to the group."""
    if not checklist.strict:
        return
    for item_id, answer in seen.answers.items():
        item = checklist.item(item_id)
        place = f"{at}/checklist/{item_id}"
        if item is None:
            yield _fault(place, "item_unknown", f"{checklist.name} does not ask {item_id}.")
        elif not item.admits(answer):
            yield _fault(place, "answer_unknown", _expected(item))
    yield from _missing(seen, checklist, at)
    yield from _photos(seen, checklist, at)
    yield from _grade(seen, checklist, at)
    yield from _defects(seen, checklist, at)


def defects_in(seen: Seen, checklist: Checklist) -> tuple[str, ...]:
    """The defects that were named, and those that answers stand for, each once."""
    implied = [
        cap.defect
        for item, answer in _answered(seen, checklist)
        for cap in item.caps
        if cap.defect is not None and cap.when.meets(answer)
    ]
    return tuple(dict.fromkeys((*seen.defects, *implied)))


def best_grade(seen: Seen, checklist: Checklist) -> tuple[Grade, str | None]:
    """The best grade that the answers allow, and which item holds it there."""
    best, why = Grade.A, None
    for item, answer in _answered(seen, checklist):
        for cap in item.caps:
            if cap.when.meets(answer) and is_better(best, cap.best):
                best, why = cap.best, item.item_id
    return best, why


def _answered(seen: Seen, checklist: Checklist) -> Iterator[tuple[Item, str]]:
    """The items that were answered so that they can be understood."""
    for item in checklist.items:
        answer = seen.answers.get(item.item_id)
        if answer is not None and item.admits(answer):
            yield item, answer


def _missing(seen: Seen, checklist: Checklist, at: str) -> Iterator[FieldError]:
    if not seen.answers and not checklist.answers_required:
        return
    for item in checklist.items:
        if item.required and item.item_id not in seen.answers:
            message = f"{checklist.name} asks: {item.words['en']}"
            yield _fault(f"{at}/checklist/{item.item_id}", "answer_missing", message)


def _photos(seen: Seen, checklist: Checklist, at: str) -> Iterator[FieldError]:
    if seen.has_photos:
        return
    wanting = [
        item.item_id
        for item, answer in _answered(seen, checklist)
        if item.photo_when is not None and item.photo_when.meets(answer)
    ]
    if wanting:
        message = f"A photo shows what was answered to {', '.join(wanting)}."
        yield _fault(f"{at}/photos", "photo_missing", message)


def _grade(seen: Seen, checklist: Checklist, at: str) -> Iterator[FieldError]:
    best, why = best_grade(seen, checklist)
    if is_better(seen.grade, best):
        message = f"The answer to {why} allows grade {best.value} at best."
        yield _fault(f"{at}/grade", "grade_above_answers", message)


def _defects(seen: Seen, checklist: Checklist, at: str) -> Iterator[FieldError]:
    for place, code in enumerate(seen.defects):
        if checklist.defect(code) is None:
            known = ", ".join(one.code for one in checklist.defects)
            message = f"{checklist.name} offers: {known}."
            yield _fault(f"{at}/defects/{place}", "defect_not_offered", message)


def _expected(item: Item) -> str:
    if item.choices:
        return f"One of: {', '.join(choice.code for choice in item.choices)}."
    bounds = ""
    if item.at_least is not None or item.at_most is not None:
        bounds = f" from {item.at_least or '…'} to {item.at_most or '…'} {item.unit or ''}".rstrip()
    return {
        "yes_no": "Answer yes or no.",
        "number": f"A number{bounds}.",
        "text": "A text that is not empty.",
    }[item.kind.value]


def _fault(pointer: str, code: str, message: str) -> FieldError:
    return FieldError(pointer=pointer, code=code, message=message)
