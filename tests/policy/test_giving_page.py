"""The amounts that docs/policy.md tells of giving back are those that are paid."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chalicelib.contracts.policy import PolicyBody
from chalicelib.core.money import Money
from chalicelib.orders.model import Order
from chalicelib.orders.promotions import BulkTier, Promotion, PromotionKind
from chalicelib.policy.giving import Giving
from chalicelib.policy.reading import document_of
from chalicelib.settlement.components import give_back, withheld_of
from chalicelib.settlement.giving import with_given
from tests.builders import eur, line, order
from tests.policies import form, rule
from tests.settlement.sales import units

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "policy.md").read_text("utf-8")
SECTION = PAGE[PAGE.index("## What else goes back") : PAGE.index("## Which version applies")]
FIVE = Promotion(
    promotion_id="5-for-3",
    kind=PromotionKind.BULK,
    line_nos=("1",),
    bulk=(
        BulkTier(from_quantity=1, unit_price=eur(500)),
        BulkTier(from_quantity=5, unit_price=eur(300)),
    ),
)


def rows() -> list[list[str]]:
    """The rows with amounts: what is stated, four back, the fifth, all."""
    cells = [
        [cell.strip() for cell in row.strip("| ").split("|")]
        for row in SECTION.splitlines()
        if re.search(r"\d\.\d\d", row) and row.startswith("|")
    ]
    assert len(cells) == 6
    return cells


def sold() -> Order:
    return order(
        line("1", quantity=5, price=300),
        shipping=eur(600),
        standard_shipping=eur(400),
        promotions=(FIVE,),
    )


def giving(stated: str) -> Giving:
    """As it is read from a document."""
    words: dict[str, Any] = dict(re.findall(r"`(\w+): (\w+)`", stated))
    if "standard_shipping" in words:
        words["standard_shipping"] = words["standard_shipping"] == "true"
    document = form("p", rule("all", window={"days": None}, giving=words))
    PolicyBody.model_validate_json(json.dumps(document))
    found = document_of(document).rules[0].then.giving
    assert found is not None
    return found


def told(cell: str) -> Money:
    """The sum of the amounts in a cell; what is in brackets explains."""
    plain = re.sub(r"\(.*?\)", "", cell)
    parts = (Money.parse(part, "EUR") for part in re.findall(r"\d+\.\d\d", plain))
    return Money.total(parts, "EUR")


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_four_of_five_and_then_the_fifth_bring_what_the_page_says(row: list[str]) -> None:
    stated, four, fifth, whole = row
    rules, sale = giving(stated), sold()

    if "refused" in four:
        assert withheld_of(sale, [units("1", 1, 4)]) != {}
        assert withheld_of(sale, [units("1", 1, 5)]) == {}
        assert give_back(sale, [units("1", 1, 5)], rules).total == told(whole)
        return
    first = give_back(sale, [units("1", 1, 4)], rules)
    after = replace(sale, given=with_given(sale.given, first))
    second = give_back(after, [units("1", 5)], rules)

    assert (first.total, second.total) == (told(four), told(fifth))
    assert first.total + second.total == told(whole)


def test_the_example_of_the_page_is_a_form_that_is_accepted() -> None:
    found = re.search(r"```\n(\"giving\".*?)```", SECTION, re.DOTALL)
    assert found is not None

    document = form("p", rule("all", window={"days": None}, **json.loads(f"{{{found[1]}}}")))

    PolicyBody.model_validate_json(json.dumps(document))
