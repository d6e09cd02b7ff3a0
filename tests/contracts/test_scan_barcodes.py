"""A scan with the text as it was scanned: what it says counts as if it had been stated."""

import json
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from chalicelib.api.schemas.received_items import ReceivedItemBody
from chalicelib.contracts.barcodes import FNC1
from chalicelib.contracts.scan import Scan, ScanMessage
from tests.contracts.test_barcodes import GTIN, NUMBER, SSCC

CARTON = f"010{GTIN}1727013110A-1{FNC1}21S7"


def scan(**more: Any) -> Scan:
    body = {
        "scan_id": "s-1",
        "device_id": "dev-7",
        "seq": 1,
        "captured_at": "2026-11-22T10:00:00Z",
        "warehouse": "WH1",
        **more,
    }
    return Scan.model_validate_json(json.dumps(body))


def item(**more: Any) -> ReceivedItemBody:
    return ReceivedItemBody.model_validate_json(json.dumps({"quantity": 1, **more}))


def refusal(make: Any, **more: Any) -> tuple[str, str]:
    with pytest.raises(ValidationError) as raised:
        make(**more)
    (fault,) = raised.value.errors()
    return "/".join(str(step) for step in fault["loc"]), fault["type"]


def test_a_barcode_fills_what_it_says() -> None:
    told = scan(barcode=CARTON).to_domain()

    assert (told.gtin, told.lot, told.serial) == (GTIN, "A-1", "S7")
    assert told.expires_on == date(2027, 1, 31)
    assert scan(sku="X", barcode=NUMBER).to_domain().return_number == NUMBER
    assert scan(sku="X", barcode=SSCC).to_domain().parcel == SSCC


def test_a_barcode_may_say_again_what_is_stated() -> None:
    told = scan(gtin=f"0{GTIN}", lot="A-1", serial="S7", barcode=CARTON).to_domain()

    assert (told.gtin, told.lot, told.serial) == (f"0{GTIN}", "A-1", "S7")


@pytest.mark.parametrize(
    "stated",
    [
        {"gtin": "036000291452"},
        {"lot": "A-2"},
        {"serial": "S8"},
        {"sku": "X", "parcel": "BOX-1", "barcode": SSCC},
        {"sku": "X", "return_number": "R26AAAAAAAA0", "barcode": NUMBER},
    ],
)
def test_a_field_that_the_barcode_contradicts_is_a_fault_of_the_barcode(
    stated: dict[str, Any],
) -> None:
    assert refusal(scan, **{"barcode": CARTON, **stated}) == ("barcode", "barcode_contradicts")


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        ({"barcode": "4006381333932"}, "barcode_check_digit"),
        ({"barcode": "(21)A*B"}, "barcode_serial_unusable"),
        ({"barcode": "(10)(x"}, "barcode_lot_unusable"),
        ({"barcode": ""}, "string_too_short"),
        ({"barcode": "1" * 2001}, "string_too_long"),
    ],
)
def test_a_barcode_that_cannot_be_gone_by_is_a_fault(stated: dict[str, Any], code: str) -> None:
    assert refusal(scan, **stated) == ("barcode", code)
    assert refusal(item, **stated) == ("barcode", code)


@pytest.mark.parametrize("make", [scan, item])
def test_goods_are_named_by_a_sku_or_by_a_gtin_wherever_that_stands(make: Any) -> None:
    assert refusal(make, sku="X", barcode=GTIN) == ("", "sku_or_gtin")
    assert refusal(make, barcode=NUMBER) == ("", "sku_or_gtin")
    assert make(sku="X", barcode="(10)A").to_domain().lot == "A"


def test_a_serial_of_a_barcode_is_one_unit_of_a_scan() -> None:
    assert refusal(scan, barcode=CARTON, quantity=2) == ("", "one_serial_one_unit")


@pytest.mark.parametrize("named", [{"barcode": SSCC}, {"barcode": f"(00){SSCC}"}, {"parcel": SSCC}])
def test_a_scan_may_name_a_box_and_nothing_else(named: dict[str, Any]) -> None:
    told = scan(**named).to_domain()

    assert (told.parcel, told.names_goods, told.quantity) == (SSCC, False, 1)


@pytest.mark.parametrize(
    "more", [{"lot": "A"}, {"serial": "S"}, {"quantity": 2}, {"return_number": NUMBER}]
)
def test_what_is_said_of_goods_needs_goods(more: dict[str, Any]) -> None:
    assert refusal(scan, barcode=SSCC, **more) == ("", "sku_or_gtin")


def test_a_label_of_a_box_counts_its_goods() -> None:
    label = f"(00){SSCC}(02)0{GTIN}(37)24(10)A-1"

    told = scan(barcode=label).to_domain()

    assert (told.parcel, told.gtin, told.lot, told.quantity) == (SSCC, GTIN, "A-1", 24)
    assert scan(barcode=label, quantity=24).to_domain().quantity == 24
    assert refusal(scan, barcode=label, quantity=1) == ("barcode", "barcode_contradicts")
    assert refusal(scan, barcode=label, serial="S") == ("", "one_serial_one_unit")
    message = ScanMessage(**dict(scan(barcode=label)))
    again = ScanMessage.model_validate_json(message.model_dump_json(exclude_none=True))
    assert again.to_domain().quantity == 24


def test_of_goods_that_were_counted_their_count_is_gone_by() -> None:
    label = f"(02)0{GTIN}(37)24"

    assert item(quantity=23, barcode=label).to_domain().quantity == 23


def test_a_scan_with_a_barcode_passes_through_the_queue_as_it_was_sent() -> None:
    message = ScanMessage(**dict(scan(barcode=CARTON)), correlation_id="c-1")

    again = ScanMessage.model_validate_json(message.model_dump_json(exclude_none=True))

    assert again.to_domain() == scan(barcode=CARTON).to_domain()


def test_an_item_of_a_receipt_takes_a_barcode_in_the_same_way() -> None:
    told = item(quantity=2, barcode=CARTON).to_domain()

    assert (told.gtin, told.lot, told.serials) == (GTIN, "A-1", ("S7",))
    assert (told.quantity, told.expires_on) == (2, date(2027, 1, 31))
    both = item(quantity=2, serials=["S6", "S7"], barcode=CARTON)
    assert both.to_domain().serials == ("S6", "S7")
    wrong = refusal(item, quantity=2, serials=["S6"], barcode=CARTON)
    assert wrong == ("barcode", "barcode_contradicts")
