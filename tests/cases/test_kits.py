"""Kits come back by their parts: each test is one sentence of the cases that must pass."""

import pytest

from chalicelib.core.errors import Conflict
from chalicelib.inventory.model import Account
from chalicelib.orders.model import KitComponent
from tests.builders import Shop, line, order, wish
from tests.cases.sentences import sentence

FIVE_KITS = order(
    line("1", sku="KIT", quantity=5, kit=(KitComponent(sku="PART", quantity=5, share="1"),))
)


@sentence("kit")
def test_kit_5_kits_of_5_parts_out_stock_50_to_25_then_10_parts_back_is_35(shop: Shop) -> None:
    shop.counts({"PART": 50})
    shop.registers(FIVE_KITS)
    assert shop.on_hand("PART") == 25

    shop.accepts(shop.asks("O-1", wish(10, "1.1")), 10)

    assert shop.on_hand("PART") == 35
    assert shop.on_hand("PART", Account.CUSTOMER) == 15


@sentence("kit")
def test_kit_at_most_25_parts_ever_come_back(shop: Shop) -> None:
    shop.sells(FIVE_KITS)
    shop.asks("O-1", wish(10, "1.1"))
    shop.asks("O-1", wish(3, "1"))

    for asked in (wish(1, "1"), wish(1, "1.1")):
        with pytest.raises(Conflict, match="not_returnable_quantity"):
            shop.asks("O-1", asked)

    assert shop.returnable(line_no="1.1") == 0
