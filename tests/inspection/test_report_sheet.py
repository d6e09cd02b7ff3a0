"""The quality report as it stands on paper, in both languages."""

import pytest

from chalicelib.inspection.report_sheet import sheet_of
from chalicelib.papers.sheet import Sheet
from chalicelib.returns.model import FaultParty, Grade
from chalicelib.uploads.model import PhotoState
from tests.builders import Shop, passed
from tests.inspection.lists import GOOD, checklist, publishes, samples
from tests.inspection.test_answers import came, has_photo
from tests.inspection.test_reporting import report


def sheets(shop: Shop) -> tuple[Sheet, Sheet]:
    publishes(shop, checklist())
    ret = came(shop)
    has_photo(shop, ret, "pho_1", PhotoState.CLEAN)
    answers = {**GOOD, "warranty_card": "no", "battery": "91", "remark": "ok"}
    group = passed(
        grade=Grade.B, checklist=answers, photos=("pho_1",), fault=FaultParty.CUSTOMER, notes="Box!"
    )
    ret = shop.inspects(ret, group)
    told = report(shop, ret)
    return sheet_of(told, "en"), sheet_of(told, "zh-CN")


def test_a_section_says_what_was_seen_of_its_units(shop: Shop) -> None:
    english, _ = sheets(shop)

    (section,) = english.sections
    facts = dict(section.facts)
    assert facts["Grade"] == "B · Opened, complete"
    assert facts["At fault"] == "Customer"
    assert facts["Serial numbers"] == "–"
    assert section.grid is not None
    assert ("Accessories", "No (!)") in {(row[0], row[2]) for row in section.grid.rows}
    assert "(!) lowers the grade." in section.notes
    assert "Note: Box!" in section.notes
    assert any(note.startswith("Proposed (") for note in section.notes)
    assert [one.key for one in english.pictures] == ["clean/pho_1.jpg"]
    assert english.code == english.number


def test_both_languages_have_the_same_parts_and_other_words(shop: Shop) -> None:
    english, chinese = sheets(shop)

    assert len(english.facts) == len(chinese.facts)
    assert not {label for label, _ in english.facts} & {label for label, _ in chinese.facts}
    assert [len(one.notes) for one in english.sections] == [
        len(one.notes) for one in chinese.sections
    ]
    assert english.digest != chinese.digest


def test_an_open_second_look_is_told_without_a_name(shop: Shop) -> None:
    samples(shop)
    ret = came(shop)
    shop.inspects(ret, passed())

    facts = dict(sheet_of(report(shop, ret), "en").facts)

    assert "Second inspection" in facts
    assert "None" not in facts["Second inspection"]


def test_another_language_is_refused(shop: Shop) -> None:
    publishes(shop, checklist())
    ret = shop.inspects(came(shop), passed(checklist=GOOD))

    with pytest.raises(KeyError):
        sheet_of(report(shop, ret), "fr")
