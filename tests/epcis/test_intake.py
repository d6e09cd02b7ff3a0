"""What an event asks of us: every step, action, way of naming, and what is refused or not used."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from chalicelib.contracts.epcis import EpcisEvent, fingerprint, unused
from chalicelib.epcis.intake import Plan, plan_of
from chalicelib.epcis.model import Verdict
from tests.contracts.test_barcodes import NUMBER, SSCC, with_check
from tests.epcis.documents import (
    COMPANY,
    GLN,
    GTIN,
    LINK,
    PLACES,
    SGTIN,
    SSCC_URN,
    box_event,
    object_event,
    rma,
)

PALLET = with_check("34012345000000099")


def plan(event: dict[str, Any]) -> Plan:
    read = EpcisEvent.model_validate_json(json.dumps(event))
    return plan_of(read.to_domain(event, PLACES), "dev-1")


def refusal(event: dict[str, Any]) -> str:
    planned = plan(event)
    assert planned.told.verdict is Verdict.REFUSED
    assert planned.scans == ()
    return planned.told.faults[0].code


def test_received_units_become_scans_of_their_return() -> None:
    planned = plan(object_event(f"{SGTIN}.S7", f"{LINK}/21/S8", **rma(NUMBER)))

    first, second = planned.scans
    assert planned.told.verdict is Verdict.SCANNED
    assert (first.gtin, first.serial, first.quantity, first.step) == (GTIN, "S7", 1, "receiving")
    assert (second.gtin, second.serial) == (GTIN, "S8")
    assert first.return_number == second.return_number == NUMBER
    assert first.captured_at == datetime(2026, 11, 22, 9, tzinfo=UTC)
    assert (first.warehouse, first.device_id, first.parcel) == ("WH1", "dev-1", None)
    assert planned.told.scan_ids == (first.scan_id, second.scan_id)


@pytest.mark.parametrize(
    ("epc_class", "lot"),
    [
        (f"urn:epc:class:lgtin:{COMPANY}.033393.L-1", "L-1"),
        (f"urn:epc:idpat:sgtin:{COMPANY}.033393.*", None),
        (f"{LINK}/10/L-1", "L-1"),
        (LINK, None),
    ],
)
def test_counted_goods_become_one_scan_of_their_lot(epc_class: str, lot: str | None) -> None:
    counted = [{"epcClass": epc_class, "quantity": 4}]

    (scan,) = plan(object_event(epcList=None, quantityList=counted)).scans

    assert (scan.gtin, scan.lot, scan.serial, scan.quantity) == (GTIN, lot, None, 4)


@pytest.mark.parametrize(
    "step",
    [
        "receiving",
        "urn:epcglobal:cbv:bizstep:receiving",
        "https://ref.gs1.org/cbv/BizStep-receiving",
        "cbv:BizStep-receiving",
    ],
)
def test_a_word_of_the_vocabulary_is_read_however_it_is_written(step: str) -> None:
    assert plan(object_event(LINK, bizStep=step)).scans[0].step == "receiving"


@pytest.mark.parametrize("step", ["arriving", "accepting", "inspecting"])
def test_steps_around_receiving_verify_and_book_nothing_again(step: str) -> None:
    assert plan(object_event(LINK, bizStep=step)).scans[0].step == "verifying"


@pytest.mark.parametrize(
    ("place", "warehouse"),
    [
        ("https://merchant.example/warehouses/WH1", "WH1"),
        ("urn:merchant:warehouse:WH1", "WH1"),
        (f"https://id.gs1.org/414/{GLN}", "WH1"),
        (f"https://id.gs1.org/414/{GLN}/254/dock-1", "WH1"),
        (f"urn:epc:id:sgln:{COMPANY}.00001.0", "WH1"),
    ],
)
def test_a_place_is_a_warehouse_by_its_gln_or_its_last_part(place: str, warehouse: str) -> None:
    assert plan(object_event(LINK, bizLocation={"id": place})).scans[0].warehouse == warehouse
    read = plan(object_event(LINK, bizLocation=None, readPoint={"id": place}))
    assert read.scans[0].warehouse == warehouse


@pytest.mark.parametrize(
    ("step", "scanned"),
    [
        ("receiving", "receiving"),
        ("arriving", "receiving"),
        ("accepting", "verifying"),
        ("inspecting", "verifying"),
    ],
)
def test_boxes_without_goods_beside_them_are_scanned_themselves(step: str, scanned: str) -> None:
    other = f"https://id.gs1.org/00/{PALLET}"

    first, second = plan(object_event(SSCC_URN, other, bizStep=step)).scans
    (child,) = plan(box_event(other, bizStep=step)).scans

    assert (first.parcel, second.parcel, child.parcel) == (SSCC, PALLET, PALLET)
    assert {one.step for one in (first, second, child)} == {scanned}
    assert not any(one.names_goods for one in (first, second, child))
    assert plan(object_event(other, SSCC_URN, bizStep=step)).scans == (first, second)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (object_event(LINK, type="TransformationEvent"), "type_not_used"),
        (object_event(LINK, type="AssociationEvent"), "type_not_used"),
        (object_event(LINK, type="TransactionEvent"), "type_not_used"),
        (object_event(LINK, action="DELETE"), "action_not_used"),
        (object_event(LINK, bizStep="shipping"), "step_not_used"),
        (object_event(LINK, bizStep=None), "step_not_used"),
        (object_event(), "no_goods"),
        (box_event(LINK, bizStep="packing"), "no_goods"),
    ],
)
def test_what_is_not_for_us_is_accepted_and_not_used(event: dict[str, Any], reason: str) -> None:
    planned = plan(event)

    assert (planned.told.verdict, planned.told.reason) == (Verdict.NOT_USED, reason)
    assert planned.scans == ()


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (object_event(LINK, action=None), "action_required"),
        (object_event(LINK, bizLocation=None), "place_required"),
        (object_event(LINK, bizLocation={"id": "https://x.example/a%20b"}), "place_required"),
        (
            object_event(LINK, bizLocation={"id": f"urn:epc:id:sgln:{COMPANY}.00002.0"}),
            "gln_unknown",
        ),
        (object_event("urn:epc:id:giai:4006381.1"), "unknown_epc"),
        (object_event("https://merchant.example/things/7"), "unknown_epc"),
        (object_event(LINK, **rma("4711")), "not_a_return_number"),
        (box_event(LINK, parentID=None), "sscc_required"),
        (box_event(LINK, parentID=LINK), "sscc_required"),
    ],
)
def test_what_cannot_be_booked_is_refused_with_its_reason(event: dict[str, Any], code: str) -> None:
    assert refusal(event) == code


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"eventTimeZoneOffset": None}, "eventTimeZoneOffset"),
        ({"eventTimeZoneOffset": "CET"}, "eventTimeZoneOffset"),
        ({"eventTime": "yesterday"}, "eventTime"),
        ({"eventTime": "2026-11-22T10:00:00"}, "eventTime"),
        ({"action": "MOVE"}, "action"),
        ({"epcList": [LINK, LINK]}, "epcList"),
        ({"epcList": ["https://id.gs1.org/01/04006381333932"]}, "epcList"),
        ({"epcList": [f"{LINK}/21/A%2AB"]}, "epcList"),
        ({"quantityList": [{"epcClass": LINK}]}, "quantityList"),
        ({"quantityList": [{"epcClass": LINK, "quantity": 0.5}]}, "quantityList"),
        ({"quantityList": [{"epcClass": LINK, "quantity": 1.5}]}, "quantityList"),
        ({"quantityList": [{"epcClass": LINK, "quantity": 2, "uom": "KGM"}]}, "quantityList"),
        ({"quantityList": [{"epcClass": f"{LINK}/21/S", "quantity": 2}]}, "quantityList"),
        ({"bizLocation": "WH1"}, "bizLocation"),
    ],
)
def test_a_shape_that_is_not_epcis_is_told_by_its_place(
    changes: dict[str, Any], place: str
) -> None:
    with pytest.raises(ValueError, match=place):
        plan(object_event(LINK, **changes) if "epcList" not in changes else object_event(**changes))


_WEIGHED = {"quantityList": [{"epcClass": LINK, "quantity": 2.5, "uom": "KGM"}]}


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (object_event(LINK, bizStep="shipping", **_WEIGHED), "step_not_used"),
        (object_event(LINK, action="DELETE", **_WEIGHED), "action_not_used"),
        (object_event(LINK, type="TransformationEvent", **_WEIGHED), "type_not_used"),
        (box_event("https://id.gs1.org/01/04006381333932", bizStep="packing"), "no_goods"),
        (object_event(LINK, **_WEIGHED), None),
        (object_event(LINK, action=None, bizStep="shipping", **_WEIGHED), None),
        (object_event(LINK, action="MOVE", bizStep="shipping"), None),
        (box_event(bizStep="packing", **rma(NUMBER)) | {"parentID": 1}, None),
        ({"type": "Other"}, None),
        ({"type": "ObjectEvent", "action": "OBSERVE", "bizStep": 7}, None),
        ([], None),
    ],
)
def test_what_cannot_be_read_is_let_by_where_it_is_none_of_our_business(
    event: Any, reason: str | None
) -> None:
    assert unused(event) == reason


def test_what_partners_say_beyond_is_let_by() -> None:
    more = {"example:note": {"a": [1]}, "sensorElementList": [], "ilmd": {"x": "y"}}

    assert plan(object_event(LINK, **more)).told.verdict is Verdict.SCANNED


def test_a_box_with_returns_in_it_is_grouped_and_its_goods_are_scanned() -> None:
    planned = plan(box_event(f"{SGTIN}.S7", **rma(NUMBER)))
    packed = plan(box_event(f"{SGTIN}.S7", bizStep="packing", action="ADD", **rma(NUMBER)))

    assert (planned.told.parcel, planned.numbers) == (SSCC, (NUMBER,))
    assert (planned.scans[0].parcel, planned.scans[0].return_number) == (SSCC, NUMBER)
    assert (packed.told.verdict, packed.told.parcel) == (Verdict.GROUPED, SSCC)
    assert packed.scans == ()


def test_goods_beside_the_number_of_their_box_are_out_of_that_box() -> None:
    (scan,) = plan(object_event(SSCC_URN, LINK)).scans

    assert (scan.parcel, scan.gtin) == (SSCC, GTIN)


def test_an_event_sent_again_makes_the_same_scans_whatever_its_form() -> None:
    one = object_event(f"{LINK}/21/A", f"{LINK}/21/B")
    again = dict(reversed(one.items())) | {
        "eventTime": "2026-11-22T09:00:00.000Z",
        "recordTime": "2026-11-22T09:00:01Z",
        "errorDeclaration": {"declarationTime": "2026-11-23T09:00:00Z"},
    }
    other = one | {"eventTime": "2026-11-22T09:00:01Z"}

    assert fingerprint(one) == fingerprint(again) != fingerprint(other)
    assert plan(one).told.scan_ids == plan(again).told.scan_ids
    assert plan(one).told.scan_ids != plan(other).told.scan_ids


def test_an_event_with_an_id_is_known_by_it() -> None:
    one = plan(object_event(LINK, eventID="urn:uuid:1"))
    again = plan(object_event(LINK, eventID="urn:uuid:1", disposition="damaged"))

    assert one.told.scan_ids == again.told.scan_ids
    assert one.told.scan_ids != plan(object_event(LINK, eventID="urn:uuid:2")).told.scan_ids


def test_a_declaration_of_error_books_nothing() -> None:
    declared = {"declarationTime": "2026-11-23T09:00:00Z", "correctiveEventIDs": ["urn:uuid:2"]}

    planned = plan(object_event(LINK, errorDeclaration=declared))

    assert planned.told.verdict is Verdict.DECLARED_ERRONEOUS
    assert planned.is_retraction


def test_the_same_goods_make_the_same_scans_in_whatever_order_they_are_listed() -> None:
    first, second = f"{LINK}/21/S1", f"{SGTIN}.S2"
    counted = [{"epcClass": LINK, "quantity": 2}, {"epcClass": f"{LINK}/10/L1", "quantity": 3}]
    event = object_event(first, second, eventID="urn:uuid:1", quantityList=counted)
    turned = {**event, "epcList": [second, first], "quantityList": counted[::-1]}

    scans, again = plan(event).scans, plan(turned).scans

    assert {scan.scan_id: scan for scan in scans} == {scan.scan_id: scan for scan in again}
    assert len({scan.scan_id for scan in scans}) == 4


def test_the_name_of_an_event_is_worth_nothing_in_another_warehouse() -> None:
    here = object_event(LINK, eventID="urn:uuid:1")
    there = {**here, "bizLocation": {"id": "https://merchant.example/warehouses/WH2"}}

    assert plan(here).scans[0].scan_id != plan(there).scans[0].scan_id


def test_a_number_is_the_same_however_it_is_written() -> None:
    event = object_event(quantityList=[{"epcClass": LINK, "quantity": 5}])
    other = object_event(quantityList=[{"epcClass": LINK, "quantity": 5.0}])

    assert fingerprint(event) == fingerprint(other)


def test_moments_are_told_apart_as_finely_as_they_are_written() -> None:
    times = (
        "2026-11-22T10:00:00.1234Z",
        "2026-11-22T10:00:00.1239Z",
        "2026-11-22T11:00:00.1234+01:00",
    )

    first, second, same = (fingerprint(object_event(LINK, eventTime=one)) for one in times)

    assert first != second
    assert first == same


@pytest.mark.parametrize("quantity", [True, "2", 0, 1.5, 1e300, -1])
def test_a_quantity_is_a_whole_number_of_units(quantity: object) -> None:
    counted = [{"epcClass": LINK, "quantity": quantity}]

    with pytest.raises(ValidationError):
        plan(object_event(epcList=None, quantityList=counted))


def test_a_box_that_was_told_of_by_mistake_is_said_to_stay() -> None:
    told = {"errorDeclaration": {"declarationTime": "2026-11-23T09:00:00Z"}}

    planned = plan(box_event(bizStep="packing", **rma(NUMBER), **told))

    assert (planned.told.verdict, planned.told.reason) == (
        Verdict.DECLARED_ERRONEOUS,
        "box_stays",
    )
