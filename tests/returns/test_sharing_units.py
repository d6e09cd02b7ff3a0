"""Entries of one order line share out its units: who needs particular ones is served first."""

import pytest

from chalicelib.core.errors import Conflict
from chalicelib.core.runs import Run, Runs
from chalicelib.orders.model import DeliveredItem
from chalicelib.returns.wishes import RequestedLine
from tests.builders import Shop, delivery, line, order, wish


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """Four units; the second and the last have serial numbers that were read."""
    shipped = delivery(
        DeliveredItem(line_no="1", quantity=4, serials=("S1", "S2", "S3", "S4")),
    )
    shop.sells(order(line(quantity=4), deliveries=(shipped,)))
    return shop


def any_of(quantity: int) -> RequestedLine:
    return wish(quantity, note="any")


def of(quantity: int, *among: Run) -> RequestedLine:
    return wish(quantity, reason="QUALITY_DEFECT", among=among)


def shares(shop: Shop, *entries: RequestedLine) -> list[Runs]:
    return [quoted.units for quoted in shop.quotes("O-1", *entries).lines]


@pytest.mark.parametrize("is_first", [True, False], ids=["before", "after"])
def test_an_entry_that_takes_any_unit_leaves_those_that_another_needs(
    shop: Shop, is_first: bool
) -> None:
    needy, other = of(2, Run(1, 2)), any_of(2)
    entries = (other, needy) if is_first else (needy, other)

    found = dict(zip(entries, shares(shop, *entries), strict=True))

    assert found == {needy: (Run(1, 2),), other: (Run(3, 2),)}


def test_who_has_the_fewest_to_choose_from_chooses_first(shop: Shop) -> None:
    assert shares(shop, of(1, Run(1, 3)), of(1, Run(1, 1)), of(1, Run(1, 2)), any_of(1)) == [
        (Run(3, 1),),
        (Run(1, 1),),
        (Run(2, 1),),
        (Run(4, 1),),
    ]


def test_named_serials_come_before_all_of_them(shop: Shop) -> None:
    named = wish(1, serials=("S1",))

    assert shares(shop, of(1, Run(1, 2)), named) == [(Run(2, 1),), (Run(1, 1),)]


def test_what_others_hold_leaves_fewer_to_choose_from(shop: Shop) -> None:
    shop.asks("O-1", wish(1, serials=("S2",)))

    assert shares(shop, of(1, Run(3, 2)), of(1, Run(1, 3))) == [(Run(3, 1),), (Run(1, 1),)]
    assert shares(shop, of(1, Run(3, 2)), of(1, Run(2, 2))) == [(Run(4, 1),), (Run(3, 1),)]


def test_more_than_is_left_of_the_units_that_are_needed_is_refused(shop: Shop) -> None:
    with pytest.raises(Conflict, match="not_returnable_quantity") as refused:
        shares(shop, any_of(1), of(3, Run(1, 2)))

    assert refused.value.details["returnable_quantity"] == 2
