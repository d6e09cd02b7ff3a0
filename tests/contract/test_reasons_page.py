"""What docs/reasons.md shows of the catalogue is what comes with the product."""

import re

from chalicelib.reasons.built_in import built_in
from chalicelib.reasons.systems import systems
from tools import reference_reasons
from tools.reference_domain import marks
from tools.reference_reasons import PAGE, PARTS

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_marked_parts_are_made_from_the_data_as_it_is() -> None:
    assert reference_reasons.page(TEXT) == TEXT


def test_every_part_is_shown_once() -> None:
    assert sorted(marks(TEXT)) == sorted(PARTS)


def test_every_reason_and_every_system_is_there() -> None:
    assert all(f"`{code}`" in TEXT for code in built_in().reasons)
    assert all(f"`{name}`" in TEXT for name in systems())


def test_links_lead_to_pages_that_are_there() -> None:
    linked = re.findall(r"\]\(([^)#]+\.md)[^)]*\)", TEXT)

    assert linked
    assert [name for name in linked if not (PAGE.parent / name).exists()] == []
