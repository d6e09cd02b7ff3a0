"""Checklists in a few words, published for a store in memory."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.core.commands import Decided
from chalicelib.core.events import Context
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
from chalicelib.inspection.publishing import publish
from chalicelib.inspection.rules import InspectionRules, Sampling, Thresholds, change_rules
from chalicelib.returns.model import Grade
from tests.builders import NOW, Shop
from tests.fake_reads import Reader


def words(text: str) -> dict[str, str]:
    return {"en": text, "zh-CN": text}


def ask(item_id: str, *, best: Grade | None = None, defect: str | None = None, **more: Any) -> Item:
    """A yes/no item; with `best` a no caps the grade. `more` are fields of Item, as is."""
    caps: tuple[Cap, ...] = ()
    if best is not None:
        caps = (Cap(when=Trigger(answers=("no",)), best=best, defect=defect),)
    fields: dict[str, Any] = {"section": Section.FUNCTION, "caps": caps} | more
    return Item(item_id=item_id, words=words(item_id), **fields)


POWERED = ask("powered_on", best=Grade.C, photo_when=Trigger(answers=("no",)))
CARD = ask("warranty_card", best=Grade.B, defect="MISSING_PARTS", section=Section.ACCESSORIES)
LOOK = Item(
    item_id="look",
    section=Section.APPEARANCE,
    words=words("look"),
    kind=AnswerKind.CHOICE,
    choices=(Choice(code="new", words=words("new")), Choice(code="worn", words=words("worn"))),
    required=False,
)
BATTERY = Item(
    item_id="battery",
    section=Section.FUNCTION,
    words=words("battery"),
    kind=AnswerKind.NUMBER,
    unit="%",
    at_least="0",
    at_most="100",
    required=False,
    caps=(Cap(when=Trigger(below="80"), best=Grade.C, defect="WORN"),),
)
REMARK = Item(
    item_id="remark",
    section=Section.FUNCTION,
    words=words("remark"),
    kind=AnswerKind.TEXT,
    required=False,
)


def checklist(*items: Item, category: str = "phones", **more: Any) -> Checklist:
    fields: dict[str, Any] = {
        "title": words(category),
        "items": items or (POWERED, CARD, LOOK, BATTERY, REMARK),
        "defects": tuple(
            Defect(code=code, words=words(code)) for code in ("MISSING_PARTS", "WORN", "BROKEN")
        ),
        "effective_from": NOW,
        "number": 0,
    } | more
    return Checklist(category=category, **fields)


def publishes(shop: Shop, wanted: Checklist) -> Checklist:
    """From now on, unless it says from when."""

    def decide(reads: Reader, context: Context) -> Decided[Checklist]:
        begins = max(wanted.effective_from, context.now)
        return publish(reads, _from(wanted, begins), context)

    return shop.do(decide)


def _from(wanted: Checklist, begins: datetime) -> Checklist:
    return replace(wanted, effective_from=begins)


def samples(
    shop: Shop, share: int = 10_000, thresholds: Thresholds | None = None, **more: Any
) -> InspectionRules:
    """Second inspections of so many of 10,000."""
    sampling = Sampling(share=share, **more)
    table = thresholds or Thresholds()
    return shop.do(lambda reads, context: change_rules(reads, sampling, table, context))


GOOD = {"powered_on": "yes", "warranty_card": "yes"}
