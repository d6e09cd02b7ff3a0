"""A scan ends in a receipt or an exception, once, whatever it says and how often it comes."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.inventory.model import Account
from chalicelib.returns.exceptions import ExceptionKind
from chalicelib.returns.model import Return
from chalicelib.returns.scanning import Scan
from chalicelib.returns.units import quantities
from tests.builders import NOW, Shop, line, order
from tests.fakes import FakeStore


@pytest.fixture
def ret(shop: Shop) -> Return:
    shop.sells(order(line(quantity=2)))
    return shop.asks(quantity=2)


def scan(**more: Any) -> Scan:
    fields: dict[str, Any] = {
        "scan_id": "scan-1",
        "device_id": "device-1",
        "seq": 1,
        "captured_at": NOW,
        "warehouse": "A",
        "quantity": 1,
        "sku": "SKU-1",
    }
    return Scan(**(fields | more))


def kind_of(shop: Shop, exception_ids: tuple[str, ...]) -> list[ExceptionKind]:
    found = [shop.store.reads().exception(one) for one in exception_ids]
    return [exception.kind for exception in found if exception is not None]


def test_a_scan_of_a_waiting_unit_is_a_receipt(shop: Shop, ret: Return) -> None:
    shop.approves(ret)

    outcome = shop.scans(scan(return_number=ret.number))

    assert (outcome.state, outcome.return_id) == ("done", ret.return_id)
    assert outcome.receipt_id is not None
    assert quantities(shop.now_is(ret).lines[0]).received == 1


def test_the_same_scan_again_only_reads_its_outcome(shop: Shop, ret: Return) -> None:
    shop.approves(ret)
    first = shop.scans(scan(return_number=ret.number))

    again = shop.scans(scan(return_number=ret.number, quantity=2))

    assert again == first
    assert quantities(shop.now_is(ret).lines[0]).received == 1


def test_the_same_scan_twice_at_once_is_booked_once(ret: Return, shop: Shop) -> None:
    shop.approves(ret)
    store = shop.store
    assert isinstance(store, FakeStore)
    store.meanwhile(lambda: shop.scans(scan(return_number=ret.number)))

    shop.scans(scan(return_number=ret.number))

    assert shop.on_hand("SKU-1", Account.RECEIVING) == 1


@pytest.mark.parametrize("number", [None, "R26AAAAAAAA0", "nonsense"])
def test_an_unknown_parcel_becomes_an_exception(shop: Shop, number: str | None) -> None:
    outcome = shop.scans(scan(return_number=number))

    assert kind_of(shop, outcome.exception_ids) == [ExceptionKind.UNKNOWN]
    assert shop.on_hand("SKU-1", Account.QUARANTINE) == 1


def test_goods_of_a_return_that_expects_none_become_an_exception(shop: Shop, ret: Return) -> None:
    shop.rejects(ret)

    outcome = shop.scans(scan(return_number=ret.number))

    assert kind_of(shop, outcome.exception_ids) == [ExceptionKind.NOT_EXPECTED]
    assert outcome.return_id == ret.return_id
    assert shop.now_is(ret).open_exceptions == 1
    last = shop.store.reads().events(ret.subject)[-1]
    assert last.type == "return.exception_opened"


def test_one_scan_more_than_was_expected_is_a_surplus(shop: Shop, ret: Return) -> None:
    shop.approves(ret)
    shop.scans(scan(scan_id="a", return_number=ret.number, quantity=2))

    outcome = shop.scans(scan(scan_id="b", return_number=ret.number))

    assert kind_of(shop, outcome.exception_ids) == [ExceptionKind.OVER]


def test_other_goods_under_a_known_number_are_an_exception_of_that_return(
    shop: Shop, ret: Return
) -> None:
    shop.approves(ret)

    outcome = shop.scans(scan(return_number=ret.number, sku="STRANGE"))

    assert kind_of(shop, outcome.exception_ids) == [ExceptionKind.WRONG_SKU]
    assert shop.now_is(ret).open_exceptions == 1


def test_goods_known_by_gtin_only_have_a_name_in_quarantine(shop: Shop) -> None:
    shop.scans(scan(sku=None, gtin="4006381333931"))

    assert shop.on_hand("gtin:4006381333931", Account.QUARANTINE) == 1


def test_scans_in_any_order_come_to_the_same_counts(shop: Shop, ret: Return) -> None:
    shop.approves(ret)
    scans = [scan(scan_id=f"s{n}", seq=n, return_number=ret.number) for n in (3, 1, 2)]

    for one in [*scans, *scans]:
        shop.scans(replace(one))

    assert shop.on_hand("SKU-1", Account.RECEIVING) == 2
    assert shop.on_hand("SKU-1", Account.QUARANTINE) == 1
