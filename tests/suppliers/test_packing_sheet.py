"""The packing list as it stands on paper, in both languages."""

from datetime import UTC, datetime

import pytest

from chalicelib.suppliers.packing import PackedLine, PackingList
from chalicelib.suppliers.packing_sheet import PICTURES_MAX, sheet_of

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def line(number: int, **more: object) -> PackedLine:
    said: dict[str, object] = {
        "number": number,
        "sku": f"MUG-{number}",
        "name": "Blue mug",
        "gtin": "04012345678901",
        "lot": "L7",
        "serials": ("SN-1", "SN-2"),
        "quantity": 2,
        "grade": "C",
        "fault": "maker",
        "reason": "QUALITY_DEFECT",
        "defects": ({"en": "Rim chipped", "zh-CN": "杯口破损"},),
        "photos": ("files/photos/a.jpg",),
        "return_id": "ret_1",
        "inspection_id": "ins_1",
        "value": None,
        **more,
    }
    return PackedLine(**said)  # type: ignore[arg-type]  # each of its own type


def packed(*lines: PackedLine) -> PackingList:
    return PackingList(
        rtv_id="rtv_1",
        number="V26R1K5YYY5T",
        barcode="V26R1K5YYY5T",
        supplier_id="sup-1",
        supplier_name="Mugs Ltd",
        address_ref="ADR-1",
        warehouse="BER",
        carrier=None,
        tracking_no=None,
        reference=None,
        drafted_at=NOW,
        sent_at=None,
        lines=lines,
        units=sum(one.quantity for one in lines),
        skus=len(lines),
        value=None,
    )


@pytest.mark.parametrize(
    ("language", "defect", "unknown"), [("en", "Rim chipped", "–"), ("zh-CN", "杯口破损", "–")]
)
def test_a_line_says_what_it_is_and_what_is_wrong(language: str, defect: str, unknown: str) -> None:
    sheet = sheet_of(packed(line(1), line(2, lot=None, serials=(), defects=())), language)

    first, second = sheet.sections[0].grid.rows  # type: ignore[union-attr]  # it has a table
    assert first[1] == "Blue mug (MUG-1, 04012345678901)"
    assert first[2] == "L7 SN-1, SN-2"
    assert defect in first[5]
    assert second[2] == unknown
    assert sheet.code == sheet.number == "V26R1K5YYY5T"
    assert [one.key for one in sheet.pictures] == ["files/photos/a.jpg"] * 2


def test_both_languages_say_the_same_facts() -> None:
    english, chinese = (sheet_of(packed(line(1)), language) for language in ("en", "zh-CN"))

    assert [value for _, value in english.facts] == [value for _, value in chinese.facts]
    assert not {label for label, _ in english.facts} & {label for label, _ in chinese.facts}


def test_a_list_of_very_many_photos_shows_some() -> None:
    keys = tuple(f"files/photos/{number}.jpg" for number in range(100))

    assert len(sheet_of(packed(line(1, photos=keys)), "en").pictures) == PICTURES_MAX
