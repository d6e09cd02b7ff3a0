"""Inspected units are looked at again: by a counter-entry, with nothing decided, and on record."""

import pytest

from chalicelib.core.errors import Conflict, Invalid
from chalicelib.inventory.model import Account, Movement, MovementKind
from chalicelib.returns.inspecting import Inspection
from chalicelib.returns.model import Disposition, Grade, InspectionResult, Return
from chalicelib.returns.units import quantities
from tests.builders import Shop, failed, goes, item, line, order, passed, restock
from tests.fakes import FakeStore
from tests.returns.undoing import lying, reinspects, suspicions, told


@pytest.fixture
def ret(shop: Shop) -> Return:
    """Four units here, two passed and two failed, one of these damaged."""
    shop.sells(order(line(quantity=4)))
    asked = shop.approves(shop.asks(quantity=4))
    shop.receives(asked, item(quantity=4))
    return shop.inspects(asked, passed(2), failed(1), failed(1, grade=Grade.D))


def last_movement(shop: Shop, ret: Return) -> Movement:
    movements = shop.store.reads().movements_of(ret.subject)
    return max(movements, key=lambda movement: movement.posted_at)


def test_units_are_back_in_receiving_with_nothing_decided(shop: Shop, ret: Return) -> None:
    after = reinspects(shop, ret)

    (group,) = after.lines[0].groups
    assert group.inspection is InspectionResult.NEEDS_REINSPECTION
    assert (group.grade, group.credit, group.fault, group.disposition) == (None,) * 4
    assert quantities(after.lines[0]).reinspection == 4
    assert lying(shop) == {Account.RECEIVING: 4}
    assert told(shop, ret.subject)[-1] == "return.reinspection_ordered"
    assert suspicions(shop) == []


def test_another_inspection_is_added_and_the_first_is_kept(shop: Shop, ret: Return) -> None:
    reinspects(shop, ret)

    after = shop.inspects(ret, passed(4))

    assert quantities(after.lines[0]).passed == 4
    assert isinstance(shop.store, FakeStore)
    kept = [one for one in shop.store.records.values() if isinstance(one, Inspection)]
    assert len(kept) == 2
    assert after.inspected_by == "someone"
    assert suspicions(shop) == []


def test_goods_on_the_shelf_are_taken_off_it(shop: Shop, ret: Return) -> None:
    shop.disposes(ret, restock(2))
    posted = last_movement(shop, ret)

    reinspects(shop, ret, 2)

    movement = last_movement(shop, ret)
    assert (movement.kind, movement.reverses) == (MovementKind.REVERSAL, posted.movement_id)
    assert shop.on_hand("SKU-1") == 0
    assert suspicions(shop) == []


def test_a_counter_entry_of_several_movements_names_none(shop: Shop, ret: Return) -> None:
    shop.disposes(ret, restock(1))
    shop.disposes(ret, restock(1))

    reinspects(shop, ret, 2)

    assert last_movement(shop, ret).reverses is None


def test_passed_units_in_receiving_stay_where_they_are(shop: Shop) -> None:
    shop.sells(order(line(quantity=1)))
    ret = shop.approves(shop.asks())
    shop.receives(ret, item())
    shop.inspects(ret, passed())
    before = len(shop.store.reads().movements_of(ret.subject))

    reinspects(shop, ret)

    assert len(shop.store.reads().movements_of(ret.subject)) == before


def test_what_was_sold_from_the_shelf_meanwhile_cannot_come_back(shop: Shop, ret: Return) -> None:
    shop.disposes(ret, restock(2))
    shop.counts({"SKU-1": 1})

    with pytest.raises(Conflict, match="insufficient_stock"):
        reinspects(shop, ret, 2)


@pytest.mark.parametrize("disposition", [Disposition.SCRAP, Disposition.RTV, Disposition.DONATE])
def test_what_is_gone_cannot_be_looked_at(
    shop: Shop, ret: Return, disposition: Disposition
) -> None:
    shop.disposes(ret, goes(disposition, 4))

    with pytest.raises(Conflict, match="not_allowed_now"):
        reinspects(shop, ret)


def test_what_is_paid_cannot_be_graded_anew(shop: Shop, ret: Return) -> None:
    shop.settles(ret)

    with pytest.raises(Conflict, match="fewer_units_fit") as refused:
        reinspects(shop, ret, 3)

    assert refused.value.details["possible"] == 2


def test_a_reason_is_one_of_the_list(shop: Shop, ret: Return) -> None:
    with pytest.raises(Invalid, match="unknown_reason"):
        reinspects(shop, ret, reason="BECAUSE")
