"""Labels: asked for once, whatever happens on the way between us and the carrier."""

import pytest

from chalicelib.core.errors import Conflict, Invalid, Stale, TransientError
from chalicelib.orders.model import Contact
from chalicelib.returns.model import ShipmentState
from chalicelib.shipping.tracking import CarrierStatus
from chalicelib.store import keys
from tests.builders import Shop, line, order
from tests.fakes import DyingStore, FakeStore, Killed
from tests.shipping.counter import Desk
from tests.shipping.stories import (
    approved,
    news,
    sends,
    tells,
    types_of,
    whereabouts,
)


def test_a_label_is_asked_for_kept_and_numbered(shop: Shop, desk: Desk) -> None:
    ret = approved(shop)

    answer = desk.labels(ret)

    (shipment,) = desk.shipments(ret)
    assert answer.body == b"LABELLED FK00000001"
    assert shipment.state is ShipmentState.LABELLED
    assert ret.deadline is not None
    assert shipment.expires_at == ret.deadline.due_at
    assert desk.carrier.asked == [shipment.shipment_id], "the key is the shipment's id"
    key = f"files/labels/{ret.return_id}/{shipment.shipment_id}.pdf"
    assert desk.files.files == {key: b"%PDF-1.4 FK00000001"}
    assert shipment.label_key == key
    assert types_of(shop, ret)[-2:] == ["label.requested", "label.made"]
    assert whereabouts(shop.now_is(ret)) == [{"AWAITING": 2}], "nothing is sent yet"


def test_the_request_is_stored_before_the_carrier_is_asked(shop: Shop, desk: Desk) -> None:
    ret = approved(shop)
    desk.carrier.script = ["dies before"]

    with pytest.raises(Killed):
        desk.labels(ret)

    assert desk.states(ret) == [ShipmentState.REQUESTED]


@pytest.mark.parametrize("script", [["dies before"], ["dies after"]], ids=["before", "after"])
def test_a_process_that_died_is_gone_on_with_by_the_same_request_or_another(
    shop: Shop, desk: Desk, script: list[str]
) -> None:
    ret = approved(shop)
    context = shop.context()
    desk.carrier.script = [*script]
    with pytest.raises(Killed):
        desk.labels(ret, context=context, key="k")

    desk.labels(ret, context=context, key="k")
    desk.labels(approved(shop, no="O-2"), key="other")

    assert desk.states(ret) == [ShipmentState.LABELLED]
    assert len(set(desk.carrier.asked)) == len(desk.carrier.parcels) == 2


@pytest.mark.parametrize("writes", [1, 2])
@pytest.mark.parametrize("before", [False, True], ids=["after", "before"])
def test_wherever_the_process_dies_there_is_one_label(
    shop: Shop, desk: Desk, writes: int, before: bool
) -> None:
    ret = approved(shop)
    context = shop.context()
    dying = DyingStore(store=shop.store, writes_left=writes - before, before=before)
    with pytest.raises(Killed):
        desk.labels(ret, context=context, store=dying)

    desk.labels(ret, context=context)

    assert desk.states(ret) == [ShipmentState.LABELLED]
    assert len(desk.carrier.parcels) == 1


@pytest.mark.parametrize("step", ["lost", "silent"])
def test_a_lost_answer_is_resolved_by_asking_again(shop: Shop, desk: Desk, step: str) -> None:
    ret = approved(shop)
    desk.carrier.script = [step]

    desk.labels(ret)

    assert desk.states(ret) == [ShipmentState.LABELLED]
    assert len(desk.carrier.asked) == 2
    assert len(desk.carrier.parcels) == 1


def test_while_the_carrier_is_silent_the_caller_is_told_to_ask_again(
    shop: Shop, desk: Desk
) -> None:
    ret = approved(shop)
    desk.carrier.script = ["lost", "lost"]
    with pytest.raises(TransientError, match="carrier_silent"):
        desk.labels(ret, key="k")
    assert desk.states(ret) == [ShipmentState.REQUESTED]

    answer = desk.labels(ret, key="another")

    assert answer.body == b"LABELLED FK00000001"
    assert len(set(desk.carrier.asked)) == 1


def test_a_refusal_is_a_state_with_its_reason_and_another_request_is_a_new_one(
    shop: Shop, desk: Desk
) -> None:
    ret = approved(shop)
    desk.carrier.script = ["refused"]

    answer = desk.labels(ret, key="k")

    (shipment,) = desk.shipments(ret)
    assert answer.body == b"REFUSED None"
    assert (shipment.state, shipment.reason) == (ShipmentState.REFUSED, "no_route")
    assert desk.labels(ret, key="k").replayed
    desk.labels(ret, key="k2")
    assert desk.states(ret) == [ShipmentState.REFUSED, ShipmentState.LABELLED]


def test_a_repeated_request_is_answered_without_asking(shop: Shop, desk: Desk) -> None:
    ret = approved(shop)
    first = desk.labels(ret, key="k")

    again = desk.labels(ret, key="k")

    assert (again.body, again.replayed) == (first.body, True)
    assert len(desk.carrier.asked) == 1


def test_what_has_a_label_needs_no_other_of_the_same_carrier(shop: Shop, desk: Desk) -> None:
    ret = approved(shop, 3)
    desk.labels(ret, 1)
    desk.labels(ret, 2)

    with pytest.raises(Conflict, match="already_labelled"):
        desk.labels(ret)
    with pytest.raises(Conflict, match="fewer_units_fit"):
        desk.labels(ret, 1)

    assert len(desk.carrier.parcels) == 2


def test_a_label_of_another_carrier_takes_the_place_of_the_first(shop: Shop, desk: Desk) -> None:
    ret = approved(shop)
    desk.labels(ret)

    desk.labels(ret, carrier="other")
    assert desk.tidies(ret) == 1

    assert desk.states(ret) == [ShipmentState.VOIDED, ShipmentState.LABELLED]
    assert desk.carrier.void_keys == {desk.shipments(ret)[0].shipment_id}


def test_a_label_is_made_only_by_who_makes_them_for_what_waits(shop: Shop, desk: Desk) -> None:
    ret = approved(shop, 1)
    desk.other.makes_labels = False
    with pytest.raises(Conflict, match="label_not_offered"):
        desk.labels(ret, carrier="other")
    with pytest.raises(Invalid, match="unknown_carrier"):
        desk.labels(ret, carrier="nobody")
    with pytest.raises(Stale):
        desk.labels(ret, context=shop.context(version=99))
    sends(shop, ret)
    with pytest.raises(Conflict, match="not_allowed_now"):
        desk.labels(ret)
    assert desk.carrier.asked == []


def test_the_address_goes_to_the_carrier_and_nowhere_else(shop: Shop, desk: Desk) -> None:
    shop.sells(order(line(), contact_ref="con-1"))
    store = shop.store
    assert isinstance(store, FakeStore)
    contact = Contact(contact_id="con-1", customer_id="cus-1", address="Main Street 1, Town")
    store.records[keys.contact("con-1")] = contact
    ret = shop.approves(shop.asks())

    desk.labels(ret)

    assert desk.carrier.senders == ["Main Street 1, Town"]
    told = [str(event.data) for event in store.reads().events(ret.subject)]
    assert not [text for text in told if "Main Street" in text]


def test_a_parcel_with_a_label_is_followed_and_may_be_told_of(shop: Shop, desk: Desk) -> None:
    ret = approved(shop)
    desk.labels(ret)

    sends(shop, ret, "FK00000001", carrier="sandbox")
    tells(shop, news(CarrierStatus.DELIVERED, 5, number="FK00000001", carrier="sandbox"))

    assert desk.states(ret) == [ShipmentState.DELIVERED]
    assert whereabouts(shop.now_is(ret)) == [{"ARRIVED": 2}]


def test_the_number_of_our_label_is_ours_whoever_named_it_before(shop: Shop, desk: Desk) -> None:
    shop.sells(order(line(), no="O-9", customer_id="cus-9"))
    stranger = shop.approves(shop.asks("O-9"))
    sends(shop, stranger, "FK00000001", carrier="sandbox")
    ret = approved(shop)
    desk.labels(ret)

    tells(shop, news(CarrierStatus.DELIVERED, 5, number="FK00000001", carrier="sandbox"))

    assert whereabouts(shop.now_is(ret)) == [{"ARRIVED": 2}]
    assert whereabouts(shop.now_is(stranger)) == [{"IN_TRANSIT": 1}]
