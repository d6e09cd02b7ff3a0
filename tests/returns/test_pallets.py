"""Pallets: what is on one, its arrival, and goods taken off it."""

import pytest

from chalicelib.core.errors import Invalid, NotFound, Stale
from chalicelib.returns.arriving import Arrive, arrive
from chalicelib.returns.model import Return
from chalicelib.returns.parcels import GroupedParcel, group, grouped, stack
from chalicelib.returns.receiving import Receive
from chalicelib.returns.unpacking import unpack
from tests.builders import NOW, Shop, item
from tests.shipping.stories import approved, sends, types_of, whereabouts


def boxes(shop: Shop, *names: str, version: int | None = None) -> GroupedParcel:
    return shop.do(
        lambda reads, context: stack(reads, "PAL", names, context), shop.context(version=version)
    )


def boxed(shop: Shop, box: str, no: str) -> Return:
    ret = approved(shop, no=no)
    shop.do(lambda reads, context: group(reads, box, (ret.number,), context))
    return ret


def arrives(shop: Shop, name: str = "PAL", version: int | None = None) -> GroupedParcel:
    command = Arrive(warehouse="A", arrived_at=NOW)
    return shop.do(
        lambda reads, context: arrive(reads, name, command, context), shop.context(version=version)
    )


def test_a_pallet_says_which_boxes_and_returns_are_on_it(shop: Shop) -> None:
    first, second = boxed(shop, "B-1", "O-1"), boxed(shop, "B-2", "O-2")

    told = boxes(shop, "B-1", "B-2", "B-1")
    read = grouped(shop.store.reads(), "PAL")

    assert told.parcel.holds == ("B-1", "B-2")
    assert read is not None
    assert [one.return_id for one in read.returns] == [first.return_id, second.return_id]
    assert boxes(shop, "B-1", "B-2").parcel.version == 1
    with pytest.raises(Stale):
        boxes(shop, "B-2", version=7)


def test_a_pallet_holds_known_boxes_and_no_pallets(shop: Shop) -> None:
    boxed(shop, "B-1", "O-1")
    boxes(shop, "B-1")

    for names in (("B-9",), ("PAL",)):
        with pytest.raises(Invalid, match="unknown_parcel"):
            boxes(shop, *names)
    for count in (0, 41):
        with pytest.raises(Invalid, match="parcel_count"):
            boxes(shop, *(f"B-{n}" for n in range(count)))


def test_the_arrival_of_a_pallet_is_that_of_all_that_was_on_its_way(shop: Shop) -> None:
    first, second = boxed(shop, "B-1", "O-1"), boxed(shop, "B-2", "O-2")
    sends(shop, first)
    shop.receives(second, item(quantity=1))
    boxes(shop, "B-1", "B-2")

    told = arrives(shop)

    assert (told.parcel.warehouse, told.parcel.arrived_at) == ("A", NOW)
    assert whereabouts(shop.now_is(first)) == [{"ARRIVED": 2}]
    assert whereabouts(shop.now_is(second)) == [{"ARRIVED": 1, "RECEIVED": 1}]
    assert types_of(shop, first)[-1] == "return.arrived"


def test_an_arrival_said_again_changes_nothing(shop: Shop) -> None:
    ret = boxed(shop, "B-1", "O-1")
    boxes(shop, "B-1")
    arrives(shop)
    before = shop.now_is(ret)

    again = arrives(shop)

    assert (again.parcel.version, shop.now_is(ret)) == (2, before)


def test_only_a_box_that_was_told_of_arrives_and_at_the_version_that_was_seen(shop: Shop) -> None:
    boxed(shop, "B-1", "O-1")

    with pytest.raises(NotFound, match="parcel_not_found"):
        arrives(shop, "B-9")
    with pytest.raises(Stale):
        arrives(shop, "B-1", version=4)


def test_goods_off_a_pallet_go_to_the_returns_that_wait_for_them(shop: Shop) -> None:
    first, second = boxed(shop, "B-1", "O-1"), boxed(shop, "B-2", "O-2")
    boxes(shop, "B-1", "B-2")
    arrives(shop)
    command = Receive(warehouse="A", items=(item(quantity=4),))

    shop.do(lambda reads, context: unpack(reads, "PAL", command, context))

    assert whereabouts(shop.now_is(first)) == [{"RECEIVED": 2}]
    assert whereabouts(shop.now_is(second)) == [{"RECEIVED": 2}]
