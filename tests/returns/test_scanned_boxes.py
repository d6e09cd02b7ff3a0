"""A scan that names a box and no goods: the box, or the pallet, came in at the door."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib.returns.parcels import Parcel, group, stack
from chalicelib.returns.scanned_boxes import take_box
from chalicelib.returns.scanning import Scan
from tests.builders import NOW, Shop, item
from tests.contracts.test_barcodes import SSCC, with_check
from tests.returns.test_pallets import boxed
from tests.returns.test_verifying import scan, takes
from tests.shipping.stories import approved, sends, whereabouts

PALLET = with_check("34012345000000099")


def box(number: int, parcel: str = SSCC, **more: Any) -> Scan:
    return scan(number, **{"sku": None, "parcel": parcel, "step": "receiving", **more})


def stored(shop: Shop, name: str) -> Parcel:
    parcel = shop.store.reads().parcel(name)
    assert parcel is not None
    return parcel


def test_the_scan_of_a_box_is_the_arrival_of_what_is_in_it(shop: Shop) -> None:
    ret = boxed(shop, SSCC, "O-1")
    sends(shop, ret)

    outcome = takes(shop, box(1))

    assert (outcome.state, outcome.reason, outcome.parcel) == ("done", "arrived", SSCC)
    assert outcome.return_id == ret.return_id
    assert whereabouts(shop.now_is(ret)) == [{"ARRIVED": 2}]
    assert stored(shop, SSCC).warehouse == "A"


def test_the_scan_of_a_pallet_is_the_arrival_of_all_its_boxes(shop: Shop) -> None:
    first, second = boxed(shop, "B-1", "O-1"), boxed(shop, SSCC, "O-2")
    for ret in (first, second):
        sends(shop, ret)
    shop.do(lambda reads, context: stack(reads, PALLET, ("B-1", SSCC), context))

    outcome = takes(shop, box(1, PALLET))

    assert (outcome.reason, outcome.parcel, outcome.return_id) == ("arrived", PALLET, None)
    assert [whereabouts(shop.now_is(ret)) for ret in (first, second)] == [[{"ARRIVED": 2}]] * 2


def test_the_same_scan_again_and_another_of_the_same_box_change_nothing(shop: Shop) -> None:
    ret = boxed(shop, SSCC, "O-1")
    sends(shop, ret)
    first = takes(shop, box(1))
    before = (shop.now_is(ret), stored(shop, SSCC))

    assert takes(shop, box(1)) == first
    assert takes(shop, box(2)).reason == "already_arrived"
    assert (shop.now_is(ret), stored(shop, SSCC)) == before


def test_a_box_that_nobody_told_of_is_refused_until_somebody_has(shop: Shop) -> None:
    ret = approved(shop, no="O-1")
    sends(shop, ret)

    refused = takes(shop, box(1))
    shop.do(lambda reads, context: group(reads, SSCC, (ret.number,), context))
    mended = takes(shop, box(1))

    assert (refused.state, refused.reason, refused.parcel) == ("refused", "unknown_box", SSCC)
    assert (mended.state, mended.reason) == ("done", "arrived")


def test_a_box_arrives_when_its_device_says_so_as_far_as_that_can_be(shop: Shop) -> None:
    asked = boxed(shop, SSCC, "O-1").requested_at
    now = NOW + timedelta(hours=5)
    said = {NOW + timedelta(hours=3): NOW + timedelta(hours=3), now + timedelta(1): now}

    for captured, arrived in {**said, NOW - timedelta(days=9): asked}.items():
        told = box(1, captured_at=captured)
        decided = take_box(shop.store.reads(), told, replace(shop.context(), now=now))
        (parcel,) = [one for one in decided.changes.records if isinstance(one, Parcel)]
        assert parcel.arrived_at == arrived


def test_to_verify_a_box_moves_nothing_and_says_whether_it_is_waited_for(shop: Shop) -> None:
    ret = boxed(shop, SSCC, "O-1")
    sends(shop, ret)
    before = shop.now_is(ret)

    waited, stranger = (takes(shop, box(n, p, step="verifying")) for n, p in ((1, SSCC), (2, "X")))
    same = shop.now_is(ret) == before
    shop.receives(ret, item(quantity=2))
    here = takes(shop, box(3, step="verifying"))

    assert same
    assert (waited.reason, waited.return_id) == ("expected", ret.return_id)
    assert (stranger.state, stranger.reason) == ("done", "unknown")
    assert here.reason == "already_received"


def test_steps_that_need_goods_are_refused_for_a_box(shop: Shop) -> None:
    assert takes(shop, box(1, step="counting")).reason == "goods_required"
    assert takes(shop, box(2, step="dancing")).reason == "unknown_step"
