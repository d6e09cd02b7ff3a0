"""`tuiku reasons` prints what the API tells: a tree of reasons, and the tables of other systems."""

import json
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from chalicelib.api.schemas.reasons import MappingView, ReasonsView, Shown
from chalicelib.reasons.built_in import built_in
from chalicelib.reasons.systems import system_of
from tools.cli import reasons

CATALOGUE: dict[str, Any] = json.loads(
    ReasonsView.of(built_in(), Shown(language="en", in_all=True)).model_dump_json()
)


def printed(catalogue: dict[str, Any]) -> str:
    out = StringIO()
    Console(file=out, width=200).print(reasons.tree_of(catalogue))
    return out.getvalue()


def test_the_tree_has_every_reason_under_its_groups_in_both_languages() -> None:
    told = printed(CATALOGUE)

    assert all(code in told for code in built_in().reasons)
    assert told.index("PERSONAL") < told.index("FIT") < told.index("SIZE_TOO_LARGE")
    assert "CHANGED_MIND  No longer wanted · 不想要了 / 需求变化  fault customer" in told
    assert "? condition (choice)  How are the goods? · 商品状况如何？" in told


@pytest.mark.parametrize(
    ("code", "marks"),
    [
        ("OTHER", "fault none, needs a note"),
        ("SALES_STRATEGY", "needs sales_contract, needs application_form, not for customers"),
    ],
)
def test_what_is_to_be_known_of_a_reason_stands_beside_it(code: str, marks: str) -> None:
    (line,) = [line for line in printed(CATALOGUE).splitlines() if f" {code} " in line]

    assert line.rstrip().endswith(marks)


def test_a_table_of_another_system_names_what_it_has_no_code_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    mapping = MappingView.of(system_of("x12"), built_in()).model_dump(mode="json")

    reasons._tell_mapping(mapping)

    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["DAMAGED_TRANSIT", "FR"] in lines
    assert ["EXPIRED", "-"] in lines
    assert ["OUTSIDE_WINDOW", "RT"] in lines
    assert ["PICTURE_REQUESTED", "PR"] in lines
