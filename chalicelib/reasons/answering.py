"""Whether a reason may be given for this, by whom, and whether its questions are answered. Pure.

Faults point into the request, as all others of it do (returns/wishes.py).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from chalicelib.core.errors import FieldError
from chalicelib.core.events import Context
from chalicelib.reasons.catalogue import YES_NO, Catalogue, Question, QuestionKind, Reason
from chalicelib.returns.model import Resolution, ReturnType

_CUSTOMER = "customer"
_MACHINES = frozenset({"machine", "device"})


class Wish(Protocol):
    """What is said of one line."""

    @property
    def reason(self) -> str: ...

    @property
    def note(self) -> str | None: ...

    @property
    def resolution(self) -> Resolution: ...

    @property
    def answers(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who gives reasons. Machines pass on what they were told: nobody is there to be asked.

    `kept` are reasons that the return has already: they stay good, whatever became of them.
    """

    by_customer: bool = False
    answers_due: bool = True
    kept: frozenset[str] = frozenset()


def asker_of(
    context: Context, *, answers_due: bool = True, kept: frozenset[str] = frozenset()
) -> Asker:
    """Who sends a command, as far as reasons go."""
    role = context.actor.role
    return Asker(
        by_customer=role == _CUSTOMER,
        answers_due=answers_due and role not in _MACHINES,
        kept=kept,
    )


def owes_evidence(context: Context) -> bool:
    """Whether who asks has to show what a reason wants to see: customers do, of their own requests.

    Staff who file a request have spoken to the customer or seen the goods.
    """
    return context.actor.role == _CUSTOMER


def reason_faults(
    catalogue: Catalogue, wish: Wish, at: str, *, type_: ReturnType, asker: Asker
) -> Iterator[FieldError]:
    """Every fault of one line's reason; `at` is the pointer of the line."""
    reason = catalogue.reasons.get(wish.reason)
    is_kept = wish.reason in asker.kept
    usable = {one.code for one in catalogue.usable(by_customer=asker.by_customer)}
    if reason is None or (reason.code not in usable and not is_kept):
        known = ", ".join(sorted(usable))
        yield _fault(f"{at}/reason", "unknown_reason", f"Known: {known}.")
        return
    if type_ not in reason.types and not is_kept:
        types = ", ".join(reason.types)
        message = f"{reason.code} is for returns of type {types}."
        yield _fault(f"{at}/reason", "reason_not_for_type", message)
    if wish.resolution not in reason.outcomes:
        outcomes = ", ".join(reason.outcomes)
        message = f"With {reason.code} may be asked for: {outcomes}."
        yield _fault(f"{at}/resolution", "resolution_not_for_reason", message)
    if reason.note_required and not wish.note:
        yield _fault(f"{at}/note", "note_required", f"{reason.code} needs a note.")
    yield from _answer_faults(reason, wish.answers, f"{at}/answers", asker)


def _answer_faults(
    reason: Reason, answers: Mapping[str, str], at: str, asker: Asker
) -> Iterator[FieldError]:
    for question_id, answer in answers.items():
        question = reason.question(question_id)
        if question is None:
            asked = ", ".join(one.question_id for one in reason.questions) or "nothing"
            message = f"{reason.code} asks {asked}."
            yield _fault(f"{at}/{question_id}", "unknown_question", message)
        elif not question.admits(answer):
            yield _fault(f"{at}/{question_id}", "unknown_answer", _expected(question))
    for question in reason.questions if asker.answers_due else ():
        if question.required and question.question_id not in answers:
            message = f"{reason.code} asks: {question.words['en']}"
            yield _fault(f"{at}/{question.question_id}", "answer_required", message)


def _expected(question: Question) -> str:
    match question.kind:
        case QuestionKind.CHOICE:
            return f"One of {', '.join(choice.choice_id for choice in question.choices)}."
        case QuestionKind.YES_NO:
            return f"One of {', '.join(YES_NO)}."
    return "Some words are expected."


def _fault(pointer: str, code: str, message: str) -> FieldError:
    return FieldError(pointer=pointer, code=code, message=message)
