"""A checklist: what an inspector looks at in goods of one kind, and what the answers mean.

Data with versions: one that was published is never edited. What comes with the product is in
checklists.json (built_in.py); which list goods are inspected by is choosing.py's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from chalicelib.returns.model import Grade

LANGUAGES = ("en", "zh-CN")
"""Every word that inspectors and reports read is there in each of them."""
DEFAULT = "default"
"""The list of whatever has none of its own."""
BUILT_IN = 1
"""The number of a version that comes with the product; the merchant's own follow it."""
YES_NO = ("yes", "no")
TEXT_MAX = 500
Words = dict[str, str]
"""A text by language."""


class Section(StrEnum):
    """The parts of every list, in the order in which they are gone through."""

    PACKAGING = "packaging"
    ACCESSORIES = "accessories"
    APPEARANCE = "appearance"
    FUNCTION = "function"


class AnswerKind(StrEnum):
    YES_NO = "yes_no"
    CHOICE = "choice"
    NUMBER = "number"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    code: str
    words: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """Which answers are meant: these, or a number below or above a bound (a decimal string)."""

    answers: tuple[str, ...] = ()
    below: str | None = None
    above: str | None = None

    def meets(self, answer: str) -> bool:
        if answer in self.answers:
            return True
        number = number_in(answer)
        if number is None:
            return False
        is_below = self.below is not None and number < Decimal(self.below)
        return is_below or (self.above is not None and number > Decimal(self.above))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """Where such an answer is given, the grade is `best` at best, and `defect` is a defect."""

    when: Trigger
    best: Grade
    defect: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing to look at. Only a CHOICE has choices, only a NUMBER a unit and bounds."""

    item_id: str
    section: Section
    words: Words
    kind: AnswerKind = AnswerKind.YES_NO
    choices: tuple[Choice, ...] = ()
    unit: str | None = None
    at_least: str | None = None
    at_most: str | None = None
    required: bool = True
    photo_when: Trigger | None = None
    caps: tuple[Cap, ...] = ()

    def admits(self, answer: str) -> bool:
        """Whether this is an answer to it."""
        match self.kind:
            case AnswerKind.YES_NO:
                return answer in YES_NO
            case AnswerKind.CHOICE:
                return any(choice.code == answer for choice in self.choices)
            case AnswerKind.NUMBER:
                number = number_in(answer)
                return number is not None and self._is_within(number)
        return bool(answer.strip()) and len(answer) <= TEXT_MAX

    def _is_within(self, number: Decimal) -> bool:
        is_low = self.at_least is not None and number < Decimal(self.at_least)
        return not is_low and (self.at_most is None or number <= Decimal(self.at_most))


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """What may be wrong with goods, as a code that reports count by."""

    code: str
    words: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """One version of the list of a category.

    `applies_to` are the categories that orders name, in any language and case. With `strict`
    answers are held against it; else they are written down as they come. `answers_required` False:
    they may be left out altogether. `second_share` is how many of 10,000 inspections by it a second
    inspector repeats unseen; None: as many as of any other (rules.py).
    """

    category: str
    number: int
    title: Words
    items: tuple[Item, ...]
    defects: tuple[Defect, ...]
    effective_from: datetime
    applies_to: tuple[str, ...] = ()
    strict: bool = True
    answers_required: bool = True
    second_share: int | None = None
    published_at: datetime | None = None
    published_by: str | None = None
    version: int = 1

    @property
    def name(self) -> str:
        """`electronics@3`, as inspections and reports name it."""
        return f"{self.category}@{self.number}"

    def item(self, item_id: str) -> Item | None:
        return next((one for one in self.items if one.item_id == item_id), None)

    def in_section(self, section: Section) -> Iterator[Item]:
        return (one for one in self.items if one.section is section)

    def defect(self, code: str) -> Defect | None:
        return next((one for one in self.defects if one.code == code), None)


def number_in(answer: str) -> Decimal | None:
    """The number that is meant; None where it is none."""
    try:
        number = Decimal(answer)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


GRADES = (Grade.A, Grade.B, Grade.C, Grade.D)
"""From the best to the worst."""


def is_better(one: Grade, other: Grade) -> bool:
    """Whether the first is better than the second."""
    return GRADES.index(one) < GRADES.index(other)
