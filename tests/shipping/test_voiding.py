"""Labels that nobody needs: their carrier is told, and what was used already stays."""

import pytest

from chalicelib.core.errors import TransientError
from chalicelib.returns.model import ShipmentState
from chalicelib.shipping.desk import CarrierDesk
from tests.builders import NOW, Shop
from tests.fakes import Killed
from tests.shipping.counter import Desk, cancels
from tests.shipping.stories import (
    approved,
    gives_up,
    sends,
    types_of,
)


def test_labels_of_a_cancelled_return_are_void_and_the_carrier_is_told_once(
    shop: Shop, desk: Desk
) -> None:
    ret = approved(shop)
    desk.labels(ret)
    assert desk.tidies(ret) == 0, "while the goods are to be sent it is needed"
    cancels(shop, ret)

    assert desk.tidies(ret) == 1
    assert desk.tidies(ret) == 0

    assert desk.states(ret) == [ShipmentState.VOIDED]
    assert types_of(shop, ret)[-1] == "label.voided"


def test_a_carrier_that_is_silent_is_told_again(shop: Shop, desk: Desk) -> None:
    ret = approved(shop)
    desk.labels(ret, 1)
    desk.labels(ret, 1)
    cancels(shop, ret)
    desk.carrier.script = ["silent"]

    with pytest.raises(TransientError, match="carrier_silent"):
        desk.tidies(ret)
    assert sorted(desk.states(ret)) == ["LABELLED", "VOIDED"]

    assert desk.tidies(ret) == 1
    assert desk.states(ret) == [ShipmentState.VOIDED, ShipmentState.VOIDED]


def test_a_label_whose_answer_was_lost_is_void_too_and_is_not_made_later(
    shop: Shop, desk: Desk
) -> None:
    ret = approved(shop)
    context = shop.context()
    desk.carrier.script = ["dies before"]
    with pytest.raises(Killed):
        desk.labels(ret, context=context)
    cancels(shop, ret)
    assert desk.tidies(ret) == 1

    desk.labels(ret, context=context)

    assert desk.states(ret) == [ShipmentState.VOIDED]
    assert desk.carrier.parcels == {}


def test_a_label_that_was_used_meanwhile_stays_and_is_not_asked_about_again(
    shop: Shop, desk: Desk
) -> None:
    ret = approved(shop)
    desk.labels(ret)
    desk.carrier.scanned = {desk.shipments(ret)[0].shipment_id}
    cancels(shop, ret)

    assert desk.tidies(ret) == 1
    assert desk.tidies(ret) == 0

    (shipment,) = desk.shipments(ret)
    assert (shipment.state, shipment.reason) == (ShipmentState.LABELLED, "already_scanned")
    assert types_of(shop, ret)[-1] == "label.void_refused"


def test_a_label_for_goods_that_went_otherwise_or_will_not_come_is_not_needed(
    shop: Shop, desk: Desk
) -> None:
    ret = approved(shop, 2)
    desk.labels(ret, 1)
    desk.labels(ret, 1)
    sends(shop, ret, "P-1", 1)
    assert desk.tidies(ret) == 1

    gives_up(shop, ret)

    assert desk.tidies(ret) == 1
    assert desk.states(ret)[:2] == [ShipmentState.VOIDED, ShipmentState.VOIDED]


def test_a_carrier_that_is_not_set_up_any_more_has_nobody_to_tell(shop: Shop, desk: Desk) -> None:
    ret = approved(shop)
    desk.labels(ret)
    cancels(shop, ret)
    without = CarrierDesk(commands=shop.store, carriers={}, files=desk.files, clock=lambda: NOW)

    assert without.void_unneeded(ret.return_id, shop.context()) == 1

    assert desk.states(ret) == [ShipmentState.VOIDED]


def test_nothing_is_void_of_a_return_that_is_not_there(shop: Shop, desk: Desk) -> None:
    assert desk.at_work().void_unneeded("ret_nobody", shop.context()) == 0
