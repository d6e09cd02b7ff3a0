"""A disposition that was a mistake is reversed by a counter-entry, and its goods are on hold."""

import pytest

from chalicelib.core.errors import Conflict, Invalid, NotFound
from chalicelib.inventory.model import Account, Movement, MovementKind
from chalicelib.returns.disposition_records import DispositionRecord
from chalicelib.returns.model import Closure, Disposition, Grade, Return
from tests.builders import Shop, failed, goes, item, line, order, passed, restock
from tests.fakes import FakeStore
from tests.returns.undoing import lying, reverses, suspicions, told


@pytest.fixture
def ret(shop: Shop) -> Return:
    """Four units here: two passed, one failed, one damaged."""
    shop.sells(order(line(quantity=4)))
    asked = shop.approves(shop.asks(quantity=4))
    shop.receives(asked, item(quantity=4))
    return shop.inspects(asked, passed(2), failed(1), failed(1, grade=Grade.D))


def records(shop: Shop) -> list[DispositionRecord]:
    assert isinstance(shop.store, FakeStore)
    found = [one for one in shop.store.records.values() if isinstance(one, DispositionRecord)]
    return sorted(found, key=lambda one: one.decided_at)


def last_movement(shop: Shop, ret: Return) -> Movement:
    movements = shop.store.reads().movements_of(ret.subject)
    return max(movements, key=lambda movement: movement.posted_at)


def test_goods_shelved_by_mistake_are_on_hold_by_a_counter_entry(shop: Shop, ret: Return) -> None:
    shop.disposes(ret, restock(2))
    posted = last_movement(shop, ret)

    after = reverses(shop, ret, 2)

    movement = last_movement(shop, ret)
    assert (movement.kind, movement.reverses) == (MovementKind.REVERSAL, posted.movement_id)
    assert shop.on_hand("SKU-1") == 0
    assert lying(shop) == {Account.QUARANTINE: 3, Account.DAMAGED: 1}
    assert {g.disposition for g in after.groups() if g.grade is Grade.A} == {Disposition.HOLD}
    assert told(shop, ret.subject)[-1] == "return.disposition_reversed"
    assert suspicions(shop) == []


def test_after_a_reversal_goods_go_any_other_way(shop: Shop, ret: Return) -> None:
    shop.disposes(ret, restock(2))
    reverses(shop, ret, 1)

    shop.disposes(ret, goes(Disposition.REFURBISH, 1, origin=Disposition.HOLD))

    assert shop.on_hand("SKU-1") == 1
    assert shop.on_hand("SKU-1", Account.REPAIR) == 1
    assert suspicions(shop) == []


def test_only_what_one_disposition_decided_is_taken_back(shop: Shop, ret: Return) -> None:
    shop.disposes(ret, restock(1))
    shop.disposes(ret, restock(1))
    first, second = records(shop)

    reverses(shop, ret, disposition_id=second.disposition_id)

    assert last_movement(shop, ret).reverses == second.movement_id
    assert records(shop)[-1].reverses == second.disposition_id
    with pytest.raises(Conflict, match="fewer_units_fit"):
        reverses(shop, ret, disposition_id=second.disposition_id)
    reverses(shop, ret, disposition_id=first.disposition_id)
    assert shop.on_hand("SKU-1") == 0


def test_what_was_sold_meanwhile_cannot_be_taken_back(shop: Shop, ret: Return) -> None:
    shop.disposes(ret, restock(2))
    shop.counts({"SKU-1": 1})

    with pytest.raises(Conflict, match="insufficient_stock"):
        reverses(shop, ret, 2)


@pytest.mark.parametrize(
    "way", [Disposition.REPACK, Disposition.REPAIR, Disposition.REFURBISH, Disposition.RTV]
)
def test_what_is_still_in_the_house_can_be_taken_back(
    shop: Shop, ret: Return, way: Disposition
) -> None:
    shop.disposes(ret, goes(way, 4))

    after = reverses(shop, ret)

    assert {group.disposition for group in after.groups()} == {Disposition.HOLD}
    assert lying(shop) == {Account.QUARANTINE: 4}
    assert suspicions(shop) == []


@pytest.mark.parametrize("way", [Disposition.SCRAP, Disposition.DONATE])
def test_what_is_carried_out_cannot_be_taken_back(
    shop: Shop, ret: Return, way: Disposition
) -> None:
    shop.disposes(ret, goes(way, 4))

    with pytest.raises(Conflict, match="not_allowed_now"):
        reverses(shop, ret, 1)


def test_more_than_went_that_way_is_refused(shop: Shop, ret: Return) -> None:
    shop.disposes(ret, restock(2))

    with pytest.raises(Conflict, match="fewer_units_fit") as refused:
        reverses(shop, ret, 3)

    assert refused.value.details["possible"] == 2


def test_a_completed_return_is_open_again_and_its_money_stays(shop: Shop, ret: Return) -> None:
    shop.disposes(ret, restock(2))
    shop.disposes(ret, goes(Disposition.SCRAP, 2))
    shop.settles(ret)
    paid = shop.now_is(ret)
    assert paid.closure is Closure.COMPLETED

    after = reverses(shop, ret, 1)

    assert after.closure is Closure.REOPENED
    assert after.settlements == paid.settlements
    shop.disposes(ret, restock(1, origin=Disposition.HOLD))
    assert shop.now_is(ret).closure is Closure.COMPLETED
    assert suspicions(shop) == []


def test_a_disposition_that_never_was_is_not_found(shop: Shop, ret: Return) -> None:
    shop.disposes(ret, restock(2))

    with pytest.raises(NotFound, match="disposition_not_found"):
        reverses(shop, ret, disposition_id="dsp_never")


def test_a_reason_is_one_of_the_list(shop: Shop, ret: Return) -> None:
    shop.disposes(ret, restock(2))

    with pytest.raises(Invalid, match="unknown_reason"):
        reverses(shop, ret, reason="BECAUSE")
