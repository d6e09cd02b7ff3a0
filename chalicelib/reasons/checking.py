"""What is wrong with a reason that somebody wants to have in the catalogue. Pure.

Kinds of evidence are the merchant's own words, so any is taken.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from chalicelib.core.errors import FieldError
from chalicelib.policy.vocabulary import OFFERED
from chalicelib.reasons.catalogue import (
    LANGUAGES,
    OTHER,
    Catalogue,
    Question,
    QuestionKind,
    Reason,
)

CODE = re.compile(r"[A-Z][A-Z0-9_]{1,39}")
CHOICES_MIN = 2
CONDITION = "condition"
"""The question whose answer is the fact `stated_condition`."""


def faults_of(reason: Reason, catalogue: Catalogue) -> Iterator[FieldError]:
    """Every fault; the catalogue is the one that the reason is to be a part of."""
    if not CODE.fullmatch(reason.code):
        message = "A code is 2 to 40 capitals, digits and underscores, and begins with a capital."
        yield _fault("/code", "code_malformed", message)
    if reason.group not in {group.code for group in catalogue.groups}:
        known = ", ".join(group.code for group in catalogue.groups)
        yield _fault("/group", "unknown_group", f"Known: {known}.")
    yield from _meaning_faults(reason, catalogue)
    yield from _word_faults(reason.words, "/words")
    for name, kinds in (
        ("evidence", reason.evidence),
        ("outcomes", reason.outcomes),
        ("types", reason.types),
    ):
        yield from _repeated(kinds, f"/{name}")
    if not reason.outcomes:
        yield _fault("/outcomes", "nothing_allowed", "At least one outcome is allowed.")
    if not reason.types:
        yield _fault("/types", "nothing_allowed", "At least one type is allowed.")
    yield from _question_faults(reason.questions)


def _meaning_faults(reason: Reason, catalogue: Catalogue) -> Iterator[FieldError]:
    """A code never comes to mean something else."""
    known = catalogue.reasons.get(reason.code)
    if known is not None and reason.group != known.group:
        message = f"{reason.code} stands under {known.group}; another meaning is another code."
        yield _fault("/group", "meaning_fixed", message)
    if known is not None and reason.fault is not known.fault:
        message = f"{reason.code} is the fault of {known.fault}; another meaning is another code."
        yield _fault("/fault", "meaning_fixed", message)
    if reason.code == OTHER:
        for name, is_so in (
            ("active", reason.active),
            ("customer_visible", reason.customer_visible),
            ("note_required", reason.note_required),
        ):
            if not is_so:
                message = "OTHER is there for whatever has no reason of its own, with a note."
                yield _fault(f"/{name}", "other_stays", message)
    if reason.like is None:
        return
    if reason.code in catalogue.built_in:
        message = "Other systems are told built-in reasons by their own codes."
        yield _fault("/like", "like_is_for_own", message)
    elif reason.like not in catalogue.built_in:
        known_codes = ", ".join(sorted(catalogue.built_in))
        yield _fault("/like", "unknown_reason", f"Known: {known_codes}.")


def _question_faults(questions: Sequence[Question]) -> Iterator[FieldError]:
    yield from _repeated([one.question_id for one in questions], "/questions", "/id")
    for place, question in enumerate(questions):
        at = f"/questions/{place}"
        yield from _word_faults(question.words, f"{at}/words")
        if question.question_id == CONDITION:
            yield from _condition_faults(question, at)
        if question.kind is not QuestionKind.CHOICE:
            if question.choices:
                message = f"A question of kind {question.kind} has no choices."
                yield _fault(f"{at}/choices", "choices_not_asked", message)
            continue
        if len(question.choices) < CHOICES_MIN:
            message = f"There are at least {CHOICES_MIN} choices."
            yield _fault(f"{at}/choices", "too_few_choices", message)
        yield from _repeated([one.choice_id for one in question.choices], f"{at}/choices", "/id")
        for number, choice in enumerate(question.choices):
            yield from _word_faults(choice.words, f"{at}/choices/{number}/words")


def _condition_faults(question: Question, at: str) -> Iterator[FieldError]:
    """Policies and events know the answer as a fact: a word that policies have, no free text."""
    known = OFFERED["stated_condition"]
    if question.kind is not QuestionKind.CHOICE:
        message = f"The answer to {CONDITION} is a fact of policies, so it is a choice."
        yield _fault(f"{at}/kind", "condition_is_chosen", message)
    for number, choice in enumerate(question.choices):
        if choice.choice_id not in known:
            message = f"Policies know: {', '.join(known)}."
            yield _fault(f"{at}/choices/{number}/id", "condition_unknown", message)


def _word_faults(words: Mapping[str, str], at: str) -> Iterator[FieldError]:
    for language in LANGUAGES:
        if not words.get(language, "").strip():
            message = f"Customers read it in {' and '.join(LANGUAGES)}."
            yield _fault(f"{at}/{language}", "words_missing", message)


def _repeated(names: Sequence[str], at: str, end: str = "") -> Iterator[FieldError]:
    """A fault for each name that was there before."""
    for place, name in enumerate(names):
        if name in names[:place]:
            yield _fault(f"{at}/{place}{end}", "named_twice", f"{name} is there already.")


def _fault(pointer: str, code: str, message: str) -> FieldError:
    return FieldError(pointer=pointer, code=code, message=message)
