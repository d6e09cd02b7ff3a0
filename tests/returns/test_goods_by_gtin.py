"""Goods that are known by a GTIN only belong to the line that has it, in however many digits."""

import pytest

from chalicelib.returns.taking_in import Goods


@pytest.mark.parametrize(
    ("of_the_line", "is_same"),
    [("4006381333931", True), ("04006381333931", True), ("4006381333948", False), (None, False)],
)
def test_goods_are_the_line_with_their_gtin(of_the_line: str | None, is_same: bool) -> None:
    goods = Goods(sku="gtin:4006381333931", quantity=1, warehouse="A", gtin="4006381333931")

    assert goods.are("MUG", of_the_line) is is_same
