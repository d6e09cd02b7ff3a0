"""The catalogue: why goods may come back, in groups, and what follows from each reason.

What comes with the product is in reasons.json (built_in.py); what a merchant makes of it is kept as
amendments and laid over it (managing.py).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.returns.model import FaultParty, Resolution, ReturnType

LANGUAGES = ("en", "zh-CN")
"""Every word that customers read is there in each of them."""
OTHER = "OTHER"
"""The reason for whatever has none; it always stays."""


class QuestionKind(StrEnum):
    CHOICE = "choice"
    TEXT = "text"
    YES_NO = "yes_no"


YES_NO = ("yes", "no")
"""How a question of that kind is answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One answer that may be given; `words` by language, as everywhere here."""

    choice_id: str
    words: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of who gives the reason. Only a CHOICE has choices."""

    question_id: str
    words: dict[str, str]
    kind: QuestionKind = QuestionKind.TEXT
    choices: tuple[Choice, ...] = ()
    required: bool = False

    def admits(self, answer: str) -> bool:
        """Whether this is an answer to it."""
        match self.kind:
            case QuestionKind.CHOICE:
                return any(choice.choice_id == answer for choice in self.choices)
            case QuestionKind.YES_NO:
                return answer in YES_NO
        return bool(answer.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason. `outcomes` are the resolutions that may be asked for with it.

    `fault` and `group` are what it means and never change. `like` is the built-in reason that other
    systems are told in place of one of the merchant's own.
    """

    code: str
    group: str
    words: dict[str, str]
    fault: FaultParty = FaultParty.NONE
    questions: tuple[Question, ...] = ()
    evidence: tuple[str, ...] = ()
    outcomes: tuple[Resolution, ...] = tuple(Resolution)
    types: tuple[ReturnType, ...] = tuple(ReturnType)
    customer_visible: bool = True
    active: bool = True
    note_required: bool = False
    like: str | None = None

    def question(self, question_id: str) -> Question | None:
        return next((one for one in self.questions if one.question_id == question_id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A branch of the tree; `parent` None: it grows from the root."""

    code: str
    words: dict[str, str]
    parent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All reasons by their code, in the order in which they are shown.

    `version` grows whenever anything of it changes, by the merchant or with the product.
    """

    groups: tuple[Group, ...]
    reasons: Mapping[str, Reason]
    built_in: frozenset[str]
    version: int

    def usable(self, *, by_customer: bool) -> Iterator[Reason]:
        """What may be given as a reason today."""
        return (
            reason
            for reason in self.reasons.values()
            if reason.active and (reason.customer_visible or not by_customer)
        )

    def groups_in(self, parent: str | None) -> Iterator[Group]:
        """The branches of a branch, or those of the root."""
        return (group for group in self.groups if group.parent == parent)

    def reasons_in(self, group: str) -> Iterator[Reason]:
        """The reasons that stand directly in a branch."""
        return (reason for reason in self.reasons.values() if reason.group == group)


def evidence_for(catalogue: Catalogue, code: str) -> tuple[str, ...]:
    """The kinds of evidence that this reason asks for; a code that is not known asks for none."""
    reason = catalogue.reasons.get(code)
    return reason.evidence if reason is not None else ()


def fault_of(catalogue: Catalogue, code: str) -> str:
    """Whose fault this reason makes it: us, maker, carrier, customer, or none."""
    reason = catalogue.reasons.get(code)
    return (reason.fault if reason is not None else FaultParty.NONE).value
