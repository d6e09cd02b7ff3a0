"""docs/epcis.md: what it says can be read is read."""

import re
from pathlib import Path

import pytest

from chalicelib.contracts.barcodes import read

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "epcis.md").read_text("utf-8")
TABLE = PAGE[PAGE.index("| read | example |") :].split("\n\n")[0]
EXAMPLES = re.findall(r"\| `([^`]+)` \|$", TABLE, re.MULTILINE)


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_barcode_of_the_page_can_be_read(example: str) -> None:
    read(example.replace("\\u001d", "\x1d"))


def test_the_page_has_an_example_of_each_form() -> None:
    assert len(EXAMPLES) == TABLE.count("\n") - 1
