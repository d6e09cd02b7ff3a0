"""Checklists as they are published and shown."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from chalicelib.api.schemas.common import whole_number
from chalicelib.contracts.fields import Label, Moment, MomentOut, Strict, View, Word
from chalicelib.inspection.checking import is_number
from chalicelib.inspection.checklist import (
    AnswerKind,
    Cap,
    Checklist,
    Choice,
    Defect,
    Item,
    Section,
    Trigger,
)
from chalicelib.inspection.rules import PARTS
from chalicelib.returns.model import Grade

Category = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
ItemId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
ChoiceCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]{0,39}$")]
Percent = Annotated[str, StringConstraints(pattern=r"^(100(\.0{1,2})?|[0-9]{1,2}(\.[0-9]{1,2})?)$")]
Words = Annotated[
    dict[Literal["en", "zh-CN"], Label],
    Field(examples=[{"en": "Does it power on?", "zh-CN": "能否开机？"}]),
]


def _number(text: str) -> str:
    if not is_number(text):
        raise PydanticCustomError("not_a_number", "Input should be a decimal number")
    return text


Number = Annotated[
    str,
    StringConstraints(pattern=r"^-?[0-9]{1,9}(\.[0-9]{1,4})?$"),
    AfterValidator(_number),
]


def parts_of(percent: str) -> int:
    """`"12.5"` per cent as parts of 10,000, exactly."""
    return int(Decimal(percent) * PARTS / 100)


def percent_of(parts: int) -> str:
    return f"{(Decimal(parts) * 100 / PARTS).normalize():f}"


def _plain(words: dict[Literal["en", "zh-CN"], str]) -> dict[str, str]:
    return {str(language): text for language, text in words.items()}


class TriggerBody(Strict):
    """Which answers are meant: some of them, or numbers below or above a bound."""

    answers: Annotated[tuple[ChoiceCode, ...], Field(max_length=30)] = ()
    below: Number | None = None
    above: Number | None = None

    def to_domain(self) -> Trigger:
        return Trigger(answers=self.answers, below=self.below, above=self.above)

    @classmethod
    def of(cls, trigger: Trigger) -> Self:
        return cls(answers=trigger.answers, below=trigger.below, above=trigger.above)


class CapBody(Strict):
    """Where such an answer is given the grade is `best` at best, and `defect` is a defect."""

    when: TriggerBody
    best: Grade
    defect: Word | None = None

    def to_domain(self) -> Cap:
        return Cap(when=self.when.to_domain(), best=self.best, defect=self.defect)


class CheckChoiceBody(Strict):
    code: ChoiceCode
    words: Words

    def to_domain(self) -> Choice:
        return Choice(code=self.code, words=_plain(self.words))


class DefectBody(Strict):
    code: Word
    words: Words

    def to_domain(self) -> Defect:
        return Defect(code=self.code, words=_plain(self.words))


class CheckItemBody(Strict):
    """One thing to look at. Only a `choice` has choices, only a `number` a unit and bounds."""

    id: ItemId
    section: Section
    words: Words
    kind: AnswerKind = AnswerKind.YES_NO
    choices: Annotated[tuple[CheckChoiceBody, ...], Field(max_length=30)] = ()
    unit: Label | None = None
    at_least: Number | None = None
    at_most: Number | None = None
    required: bool = True
    photo_when: TriggerBody | None = None
    caps: Annotated[tuple[CapBody, ...], Field(max_length=10)] = ()

    def to_domain(self) -> Item:
        return Item(
            item_id=self.id,
            section=self.section,
            words=_plain(self.words),
            kind=self.kind,
            choices=tuple(choice.to_domain() for choice in self.choices),
            unit=self.unit,
            at_least=self.at_least,
            at_most=self.at_most,
            required=self.required,
            photo_when=self.photo_when.to_domain() if self.photo_when else None,
            caps=tuple(cap.to_domain() for cap in self.caps),
        )


class ChecklistBody(Strict):
    """A new version. `effective_from` absent: from now on.

    `applies_to` are the categories that orders name. With `strict` answers are held against it.
    `answers_required` false: they may be left out altogether. `second_share_percent` of inspections
    are repeated by a second inspector; absent: as many as of others.
    """

    title: Words
    items: Annotated[tuple[CheckItemBody, ...], Field(max_length=50)]
    defects: Annotated[tuple[DefectBody, ...], Field(max_length=100)] = ()
    applies_to: Annotated[tuple[Label, ...], Field(max_length=100)] = ()
    effective_from: Moment | None = None
    strict: bool = True
    answers_required: bool = True
    second_share_percent: Percent | None = None

    def to_domain(self, category: str, now: datetime) -> Checklist:
        share = self.second_share_percent
        return Checklist(
            category=category,
            number=0,
            title=_plain(self.title),
            items=tuple(item.to_domain() for item in self.items),
            defects=tuple(defect.to_domain() for defect in self.defects),
            effective_from=self.effective_from or now,
            applies_to=self.applies_to,
            strict=self.strict,
            answers_required=self.answers_required,
            second_share=None if share is None else parts_of(share),
        )


class TriggerView(View):
    answers: tuple[str, ...]
    below: str | None
    above: str | None

    @classmethod
    def of(cls, trigger: Trigger) -> Self:
        return cls(answers=trigger.answers, below=trigger.below, above=trigger.above)


class CapView(View):
    when: TriggerView
    best: Grade
    defect: str | None


class CheckChoiceView(View):
    code: str
    words: dict[str, str]


class DefectView(View):
    code: str
    words: dict[str, str]


class CheckItemView(View):
    """One thing to look at, as it may be published again."""

    id: str
    section: Section
    words: dict[str, str]
    kind: AnswerKind
    choices: tuple[CheckChoiceView, ...]
    unit: str | None
    at_least: str | None
    at_most: str | None
    required: bool
    photo_when: TriggerView | None
    caps: tuple[CapView, ...]

    @classmethod
    def of(cls, item: Item) -> Self:
        return cls(
            id=item.item_id,
            section=item.section,
            words=item.words,
            kind=item.kind,
            choices=tuple(CheckChoiceView(code=c.code, words=c.words) for c in item.choices),
            unit=item.unit,
            at_least=item.at_least,
            at_most=item.at_most,
            required=item.required,
            photo_when=TriggerView.of(item.photo_when) if item.photo_when else None,
            caps=tuple(
                CapView(when=TriggerView.of(cap.when), best=cap.best, defect=cap.defect)
                for cap in item.caps
            ),
        )


class ChecklistView(View):
    """One version; without `published_at` it comes with the product, and is not strict."""

    category: str
    version: int
    title: dict[str, str]
    applies_to: tuple[str, ...]
    items: tuple[CheckItemView, ...]
    defects: tuple[DefectView, ...]
    effective_from: MomentOut
    strict: bool
    answers_required: bool
    second_share_percent: str | None
    published_at: MomentOut | None
    published_by: str | None

    @classmethod
    def of(cls, checklist: Checklist) -> Self:
        share = checklist.second_share
        return cls(
            category=checklist.category,
            version=checklist.number,
            title=checklist.title,
            applies_to=checklist.applies_to,
            items=tuple(CheckItemView.of(item) for item in checklist.items),
            defects=tuple(DefectView(code=d.code, words=d.words) for d in checklist.defects),
            effective_from=checklist.effective_from,
            strict=checklist.strict,
            answers_required=checklist.answers_required,
            second_share_percent=None if share is None else percent_of(share),
            published_at=checklist.published_at,
            published_by=checklist.published_by,
        )


class ChecklistsView(View):
    """The lists in force, by category."""

    items: tuple[ChecklistView, ...]


class VersionQuery(Strict):
    """`version`: that one, in force or not."""

    version: Annotated[int, BeforeValidator(whole_number), Field(ge=1, le=1_000_000)] | None = None
