"""A scan to verify says whether goods fit what is announced, and nothing moves by it."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.core.commands import Decided
from chalicelib.core.events import Context
from chalicelib.inventory.model import Account
from chalicelib.orders.model import DeliveredItem
from chalicelib.returns import refused_scans
from chalicelib.returns.model import Return
from chalicelib.returns.parcels import group
from chalicelib.returns.scanning import Scan, ScanOutcome
from tests.builders import NOW, Shop, delivery, item, line, order
from tests.fake_reads import Reader
from tests.shipping.stories import approved, loses


def scan(number: int, **more: Any) -> Scan:
    fields: dict[str, Any] = {
        "scan_id": f"scan-{number}",
        "device_id": "device-1",
        "seq": number,
        "captured_at": NOW,
        "warehouse": "A",
        "quantity": 1,
        "sku": "SKU-1",
        "step": "verifying",
    }
    return Scan(**(fields | more))


def takes(shop: Shop, one: Scan) -> ScanOutcome:
    def decide(reads: Reader, context: Context) -> Decided[ScanOutcome]:
        return refused_scans.take(reads, one, context)

    return shop.do(decide)


def fit(shop: Shop, ret: Return, number: int = 1, **more: Any) -> tuple[str | None, str | None]:
    outcome = takes(shop, scan(number, return_number=ret.number, **more))
    return outcome.reason, outcome.return_id


def with_serials(shop: Shop, *serials: str) -> Return:
    shipped = delivery(DeliveredItem(line_no="1", quantity=len(serials), serials=serials))
    shop.sells(order(line(quantity=len(serials)), deliveries=(shipped,)))
    return shop.approves(shop.asks(quantity=len(serials)))


@pytest.mark.parametrize(
    ("more", "answer"),
    [
        ({"quantity": 2}, "expected"),
        ({"quantity": 3}, "surplus"),
        ({"sku": "SKU-9"}, "wrong_goods"),
    ],
    ids=["as announced", "more than announced", "something else"],
)
def test_goods_are_compared_with_what_is_announced(
    shop: Shop, more: dict[str, Any], answer: str
) -> None:
    ret = approved(shop)

    assert fit(shop, ret, **more) == (answer, ret.return_id)


def test_nothing_but_the_outcome_is_written(shop: Shop) -> None:
    ret = approved(shop)
    known = set(shop.store.reads().store.records)  # type: ignore[attr-defined]  # in memory

    outcome = takes(shop, scan(1, return_number=ret.number, quantity=5))

    assert (outcome.state, outcome.receipt_id, outcome.exception_ids) == ("done", None, ())
    assert shop.now_is(ret) == ret
    assert shop.on_hand("SKU-1", Account.QUARANTINE) == 0
    written = set(shop.store.reads().store.records) - known  # type: ignore[attr-defined]
    assert [key.sk for key in written] == ["SCAN"]


def test_what_is_here_already_is_said_so_and_lost_goods_may_still_come(shop: Shop) -> None:
    ret = approved(shop)
    shop.receives(ret, item(quantity=2))
    other = approved(shop, no="O-2")
    loses(shop, other, 2)

    assert fit(shop, ret, 1)[0] == "already_received"
    assert fit(shop, other, 2)[0] == "expected"


def test_a_serial_fits_exactly_its_unit(shop: Shop) -> None:
    ret = with_serials(shop, "SN-1", "SN-2")
    shop.receives(ret, item(serials=("SN-1",)))

    answers = [fit(shop, ret, n, serial=f"SN-{n}")[0] for n in (1, 2, 3)]

    assert answers == ["already_received", "expected", "serial_mismatch"]


def test_a_number_that_nobody_knows_and_a_return_that_takes_nothing(shop: Shop) -> None:
    rejected = shop.rejects(shop.asks(shop.sells(order(line())).order_no))

    unknown = takes(shop, scan(1, return_number="R26AAAAAAAA0"))

    assert (unknown.reason, unknown.return_id) == ("unknown", None)
    assert fit(shop, rejected, 2) == ("not_expected", rejected.return_id)


def test_of_a_box_the_return_answers_that_the_goods_fit_best(shop: Shop) -> None:
    first, second = approved(shop), approved(shop, no="O-2")
    shop.receives(first, item(quantity=2))
    shop.do(lambda reads, context: group(reads, "BOX", (first.number, second.number), context))

    outcome = takes(shop, scan(1, parcel="BOX"))

    assert (outcome.reason, outcome.return_id) == ("expected", second.return_id)


def test_the_same_scan_is_answered_as_before_whatever_happened_since(shop: Shop) -> None:
    ret = approved(shop)
    first = takes(shop, scan(1, return_number=ret.number))
    shop.receives(ret, item(quantity=2))

    assert takes(shop, scan(1, return_number=ret.number)) == first


def test_a_step_that_nobody_knows_is_refused_and_gives_way_once_it_is_mended(shop: Shop) -> None:
    ret = approved(shop)
    wrong = scan(1, return_number=ret.number, step="juggling")

    refused = takes(shop, wrong)
    mended = takes(shop, replace(wrong, step="receiving"))

    assert (refused.state, refused.reason, refused.return_id) == ("refused", "unknown_step", None)
    assert (mended.state, mended.version) == ("done", 2)
    assert shop.on_hand("SKU-1", Account.RECEIVING) == 1
    assert shop.on_hand("SKU-1", Account.QUARANTINE) == 0
