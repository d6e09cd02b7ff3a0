"""Reasons: the catalogue as a tree, one reason as it is kept, and the tables of other systems."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints

from chalicelib.contracts.fields import Label, Strict, View, Word
from chalicelib.reasons import built_in
from chalicelib.reasons.catalogue import (
    Catalogue,
    Choice,
    Group,
    Question,
    QuestionKind,
    Reason,
)
from chalicelib.reasons.systems import System
from chalicelib.returns.model import FaultParty, Resolution, ReturnType

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""A question, a choice, a kind of evidence."""
Language = Literal["en", "zh-CN"]
WordsBody = Annotated[
    dict[Language, Label], Field(examples=[{"en": "Battery swollen", "zh-CN": "电池鼓包"}])
]


def _plain(words: Mapping[Language, str]) -> dict[str, str]:
    return {str(language): text for language, text in words.items()}


class ReasonChoiceBody(Strict):
    """One answer that may be given."""

    id: Name
    words: WordsBody

    def to_domain(self) -> Choice:
        return Choice(choice_id=self.id, words=_plain(self.words))


class ReasonQuestionBody(Strict):
    """What is asked of who gives the reason; only a `choice` has choices."""

    id: Name
    kind: QuestionKind = QuestionKind.TEXT
    words: WordsBody
    choices: Annotated[tuple[ReasonChoiceBody, ...], Field(max_length=20)] = ()
    required: bool = False

    def to_domain(self) -> Question:
        return Question(
            question_id=self.id,
            kind=self.kind,
            words=_plain(self.words),
            choices=tuple(choice.to_domain() for choice in self.choices),
            required=self.required,
        )


class ReturnReasonBody(Strict):
    """A reason as it is to be; what is left out is not kept from before.

    `outcomes` are the resolutions that may be asked for with it. `like`: the built-in reason that
    other systems are told in place of one of your own.
    """

    group: Word
    words: WordsBody
    fault: FaultParty
    questions: Annotated[tuple[ReasonQuestionBody, ...], Field(max_length=10)] = ()
    evidence: Annotated[tuple[Name, ...], Field(max_length=20)] = ()
    outcomes: Annotated[tuple[Resolution, ...], Field(max_length=10)] = tuple(Resolution)
    types: Annotated[tuple[ReturnType, ...], Field(max_length=10)] = tuple(ReturnType)
    customer_visible: bool = True
    active: bool = True
    note_required: bool = False
    like: Word | None = None

    def to_domain(self, code: str) -> Reason:
        return Reason(
            code=code,
            group=self.group,
            words=_plain(self.words),
            fault=self.fault,
            questions=tuple(question.to_domain() for question in self.questions),
            evidence=self.evidence,
            outcomes=self.outcomes,
            types=self.types,
            customer_visible=self.customer_visible,
            active=self.active,
            note_required=self.note_required,
            like=self.like,
        )


class ReasonsQuery(Strict):
    """`languages=all` adds the words in every language to the label in the caller's."""

    languages: Literal["all"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How words are shown, and to whom: in one language, and in all where they were asked for."""

    language: str
    in_all: bool
    to_customer: bool = False

    def label(self, words: Mapping[str, str]) -> str:
        return words[self.language]

    def words(self, words: Mapping[str, str]) -> dict[str, str] | None:
        return dict(words) if self.in_all else None


class CodeView(View):
    """A code with its label; `words` where every language was asked for."""

    code: str
    label: str
    words: dict[str, str] | None

    @classmethod
    def all_of(cls, codes: Mapping[str, Mapping[str, str]], shown: Shown) -> tuple[Self, ...]:
        return tuple(
            cls(code=code, label=shown.label(words), words=shown.words(words))
            for code, words in codes.items()
        )


class ReasonChoiceView(View):
    id: str
    label: str
    words: dict[str, str] | None


class ReasonQuestionView(View):
    """A question that belongs to a reason."""

    id: str
    kind: QuestionKind
    label: str
    words: dict[str, str] | None
    choices: tuple[ReasonChoiceView, ...]
    required: bool

    @classmethod
    def of(cls, question: Question, shown: Shown) -> Self:
        return cls(
            id=question.question_id,
            kind=question.kind,
            label=shown.label(question.words),
            words=shown.words(question.words),
            choices=tuple(
                ReasonChoiceView(
                    id=choice.choice_id,
                    label=shown.label(choice.words),
                    words=shown.words(choice.words),
                )
                for choice in question.choices
            ),
            required=question.required,
        )


class ReturnReasonView(View):
    """One reason. Customers are not told whose fault it is: they could choose by it."""

    code: str
    group: str
    label: str
    words: dict[str, str] | None
    fault: FaultParty | None
    questions: tuple[ReasonQuestionView, ...]
    evidence: tuple[str, ...]
    outcomes: tuple[Resolution, ...]
    types: tuple[ReturnType, ...]
    customer_visible: bool
    active: bool
    note_required: bool
    like: str | None
    built_in: bool

    @classmethod
    def of(cls, reason: Reason, catalogue: Catalogue, shown: Shown) -> Self:
        return cls(
            code=reason.code,
            group=reason.group,
            label=shown.label(reason.words),
            words=shown.words(reason.words),
            fault=None if shown.to_customer else reason.fault,
            questions=tuple(ReasonQuestionView.of(one, shown) for one in reason.questions),
            evidence=reason.evidence,
            outcomes=reason.outcomes,
            types=reason.types,
            customer_visible=reason.customer_visible,
            active=reason.active,
            note_required=reason.note_required,
            like=reason.like,
            built_in=reason.code in catalogue.built_in,
        )


class ReasonGroupView(View):
    """A branch of the tree: its own branches, then the reasons directly in it."""

    code: str
    label: str
    words: dict[str, str] | None
    groups: tuple["ReasonGroupView", ...]
    reasons: tuple[ReturnReasonView, ...]

    @classmethod
    def of(cls, group: Group, catalogue: Catalogue, shown: Shown) -> Self:
        usable = {reason.code for reason in catalogue.usable(by_customer=True)}
        reasons = (
            reason
            for reason in catalogue.reasons_in(group.code)
            if reason.code in usable or not shown.to_customer
        )
        branches = (cls.of(one, catalogue, shown) for one in catalogue.groups_in(group.code))
        return cls(
            code=group.code,
            label=shown.label(group.words),
            words=shown.words(group.words),
            groups=tuple(one for one in branches if not one.is_bare or not shown.to_customer),
            reasons=tuple(ReturnReasonView.of(reason, catalogue, shown) for reason in reasons),
        )

    @property
    def is_bare(self) -> bool:
        """Whether there is nothing in it to choose."""
        return not self.groups and not self.reasons


class ReasonsView(View):
    """The catalogue at a version. Customers see what they may choose, staff everything.

    `rejections` are why a request is refused, `cancellations` why it is taken back.
    """

    language: str
    version: int
    groups: tuple[ReasonGroupView, ...]
    rejections: tuple[CodeView, ...]
    cancellations: tuple[CodeView, ...]

    @classmethod
    def of(cls, catalogue: Catalogue, shown: Shown) -> Self:
        branches = (ReasonGroupView.of(one, catalogue, shown) for one in catalogue.groups_in(None))
        return cls(
            language=shown.language,
            version=catalogue.version,
            groups=tuple(one for one in branches if not one.is_bare or not shown.to_customer),
            rejections=CodeView.all_of(built_in.rejections(), shown),
            cancellations=CodeView.all_of(built_in.cancellations(), shown),
        )


class SystemView(View):
    """Another system; `codes` is what it calls its list."""

    system: str
    title: str
    codes: str

    @classmethod
    def of(cls, system: System) -> Self:
        return cls(system=system.system, title=system.title, codes=system.codes)


class SystemsView(View):
    items: tuple[SystemView, ...]


class MappingView(View):
    """What a system calls our reasons, rejections and responses: tell it the first code of each.

    A code without any is not known there. `incoming` reads the table backwards: our reason for
    each code of theirs.
    """

    system: str
    title: str
    codes: str
    reasons: dict[str, tuple[str, ...]]
    rejections: dict[str, tuple[str, ...]]
    responses: dict[str, tuple[str, ...]]
    incoming: dict[str, str]

    @classmethod
    def of(cls, system: System, catalogue: Catalogue) -> Self:
        return cls(
            system=system.system,
            title=system.title,
            codes=system.codes,
            reasons={code: system.told(catalogue, code) for code in catalogue.reasons},
            rejections=dict(system.rejections),
            responses=dict(system.responses),
            incoming=system.incoming(),
        )
