"""What docs/domain.md shows of the code is what the code is."""

import re

from tools import reference_domain
from tools.reference_domain import PAGE, PARTS, marks

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_marked_parts_are_made_from_the_code_as_it_is() -> None:
    assert reference_domain.page(TEXT) == TEXT


def test_every_part_is_shown_once() -> None:
    assert sorted(marks(TEXT)) == sorted(PARTS)


def test_links_lead_to_pages_that_are_there() -> None:
    linked = re.findall(r"\]\(([^)#]+\.md)[^)]*\)", TEXT)

    assert linked
    assert [name for name in linked if not (PAGE.parent / name).exists()] == []
