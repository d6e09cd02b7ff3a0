"""A box with several returns in it: every unit goes to whoever waits for it, or to quarantine."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.errors import Conflict, Invalid, NotFound, Stale
from chalicelib.inventory.model import Account
from chalicelib.orders.model import DeliveredItem
from chalicelib.returns.exceptions import ExceptionKind
from chalicelib.returns.model import Return
from chalicelib.returns.parcels import GroupedParcel, group
from chalicelib.returns.receiving import Receive, ReceivedItem
from chalicelib.returns.scanning import Scan
from chalicelib.returns.units import quantities
from chalicelib.returns.unpacking import Unpacked, unpack
from tests.builders import NOW, Shop, delivery, item, line, order, wish
from tests.fakes import FakeStore
from tests.shipping.stories import approved, loses

BOX = "BOX-1"


def groups(shop: Shop, *names: str, version: int | None = None) -> GroupedParcel:
    return shop.do(
        lambda reads, context: group(reads, BOX, names, context), shop.context(version=version)
    )


def unpacks(shop: Shop, *items: ReceivedItem, version: int | None = None) -> Unpacked:
    command = Receive(warehouse="A", items=items)
    return shop.do(
        lambda reads, context: unpack(reads, BOX, command, context), shop.context(version=version)
    )


def scan(number: int, **more: object) -> Scan:
    fields: dict[str, object] = {
        "scan_id": f"scan-{number}",
        "device_id": "device-1",
        "seq": number,
        "captured_at": NOW,
        "warehouse": "A",
        "quantity": 1,
        "sku": "SKU-1",
        "parcel": BOX,
    }
    return Scan(**(fields | more))  # type: ignore[arg-type]  # fields of a scan by name


def received(shop: Shop, ret: Return) -> int:
    return sum(quantities(one).received for one in shop.now_is(ret).lines)


def with_serials(shop: Shop, no: str, *serials: str) -> Return:
    shipped = delivery(DeliveredItem(line_no="1", quantity=len(serials), serials=serials))
    shop.sells(order(line(quantity=len(serials)), no=no, deliveries=(shipped,)))
    return shop.approves(shop.asks(no, quantity=len(serials)))


# --- which returns are in the box ----------------------------------------------------------------


def test_returns_are_named_by_id_or_by_number_and_each_once(shop: Shop) -> None:
    first, second = approved(shop), approved(shop, no="O-2")

    box = groups(shop, first.return_id, second.number, first.number)

    assert box.parcel.return_ids == (first.return_id, second.return_id)


def test_the_same_box_again_changes_nothing_and_another_content_is_a_new_version(
    shop: Shop,
) -> None:
    first, second = approved(shop), approved(shop, no="O-2")
    groups(shop, first.return_id)

    assert groups(shop, first.number, version=7).parcel.version == 1
    assert groups(shop, first.number, second.number, version=1).parcel.version == 2
    with pytest.raises(Stale):
        groups(shop, first.number, version=1)


def test_a_box_holds_known_returns_and_not_too_many(shop: Shop) -> None:
    with pytest.raises(Invalid, match="unknown_return"):
        groups(shop, "ret_nobody")
    with pytest.raises(Invalid, match="unknown_return"):
        groups(shop, "R26AAAAAAAA0")
    for names in ((), ("ret_x",) * 21):
        with pytest.raises(Invalid, match="return_count"):
            groups(shop, *names)


# --- scans of the box ----------------------------------------------------------------------------


def test_a_scan_goes_to_the_return_that_waits_for_the_serial(shop: Shop) -> None:
    first = with_serials(shop, "O-1", "SN-1", "SN-2")
    second = with_serials(shop, "O-2", "SN-3")
    groups(shop, first.number, second.number)

    outcome = shop.scans(scan(1, serial="SN-3"))

    assert outcome.return_id == second.return_id
    assert (received(shop, first), received(shop, second)) == (0, 1)


def test_a_scan_without_a_serial_goes_to_the_first_that_waits_for_the_goods(shop: Shop) -> None:
    first, second = approved(shop, 1), approved(shop, 1, no="O-2")
    groups(shop, first.number, second.number)

    done = [shop.scans(scan(place)) for place in (1, 2, 3)]

    assert [one.return_id for one in done] == [
        first.return_id,
        second.return_id,
        first.return_id,
    ]
    assert (received(shop, first), received(shop, second)) == (1, 1)
    (surplus,) = done[2].exception_ids
    found = shop.store.reads().exception(surplus)
    assert found is not None
    assert (found.kind, found.parcel) == (ExceptionKind.OVER, BOX)


def test_a_scan_of_several_units_is_shared_out(shop: Shop) -> None:
    first, second = approved(shop, 2), approved(shop, 1, no="O-2")
    groups(shop, first.number, second.number)

    outcome = shop.scans(scan(1, quantity=3))

    assert outcome.exception_ids == ()
    assert (received(shop, first), received(shop, second)) == (2, 1)
    assert shop.scans(scan(1, quantity=3)) == outcome, "the same scan is only read"


def test_a_number_that_was_read_counts_more_than_the_box(shop: Shop) -> None:
    first, second = approved(shop, 1), approved(shop, 1, no="O-2")
    groups(shop, first.number, second.number)

    outcome = shop.scans(scan(1, return_number=second.number))

    assert outcome.return_id == second.return_id


def test_a_box_that_nobody_told_of_stays_unknown(shop: Shop) -> None:
    approved(shop)

    outcome = shop.scans(scan(1))

    assert (outcome.return_id, outcome.reason) == (None, "UNKNOWN")


def test_a_box_whose_returns_expect_nothing_becomes_an_exception(shop: Shop) -> None:
    shop.sells(order(line()))
    ret = shop.asks()
    groups(shop, ret.number)

    outcome = shop.scans(scan(1))

    assert (outcome.return_id, outcome.reason) == (ret.return_id, "NOT_EXPECTED")


# --- receipts of the box -------------------------------------------------------------------------


def test_a_box_is_booked_into_its_returns_in_one_command(shop: Shop) -> None:
    first, second = approved(shop, 2), approved(shop, 1, no="O-2")
    groups(shop, first.number, second.number)
    store = shop.store
    assert isinstance(store, FakeStore)
    writes = store.writes

    done = unpacks(shop, item(quantity=4), item("STRANGE"))

    assert store.writes == writes + 1
    assert (received(shop, first), received(shop, second)) == (2, 1)
    kinds = [one.kind for part in done.received for one in part.exceptions]
    assert kinds == [ExceptionKind.OVER, ExceptionKind.WRONG_SKU]
    assert shop.on_hand("SKU-1", Account.RECEIVING) == 3
    assert shop.on_hand("SKU-1", Account.QUARANTINE) == 1


def test_units_that_were_given_up_come_last_in_the_whole_box(shop: Shop) -> None:
    first, second = approved(shop, 1), approved(shop, 1, no="O-2")
    loses(shop, first)
    groups(shop, first.number, second.number)

    unpacks(shop, item())

    assert (received(shop, first), received(shop, second)) == (0, 1)


def test_a_box_that_is_not_there_or_was_changed_meanwhile_is_not_booked(shop: Shop) -> None:
    with pytest.raises(NotFound, match="parcel_not_found"):
        unpacks(shop, item())
    ret = approved(shop)
    groups(shop, ret.number)
    with pytest.raises(Stale):
        unpacks(shop, item(), version=2)
    unpacks(shop, item(quantity=2), version=1)


def test_of_two_who_saw_the_same_box_one_books_it(shop: Shop) -> None:
    ret = approved(shop)
    groups(shop, ret.number)

    assert unpacks(shop, item(), version=1).box.parcel.version == 2

    with pytest.raises(Stale):
        unpacks(shop, item(), version=1)
    assert received(shop, ret) == 1


def test_a_box_of_returns_that_expect_nothing_is_not_booked(shop: Shop) -> None:
    shop.sells(order(line()))
    groups(shop, shop.asks().number)

    with pytest.raises(Conflict, match="parcel_expects_nothing"):
        unpacks(shop, item())


SERIALS = ("SN-1", "SN-2", "SN-3", "SN-9")


@st.composite
def contents(draw: st.DrawFn) -> ReceivedItem:
    quantity = draw(st.integers(1, 4))
    serials = draw(st.lists(st.sampled_from(SERIALS), max_size=quantity, unique=True))
    sku = draw(st.sampled_from(["SKU-1", "SKU-2", "STRANGE"]))
    return ReceivedItem(sku=sku, quantity=quantity, serials=tuple(serials))


@given(st.lists(contents(), min_size=1, max_size=5))
@settings(max_examples=80)
def test_every_unit_of_the_box_is_booked_exactly_once(counted: list[ReceivedItem]) -> None:
    shop = Shop(FakeStore(clock=lambda: NOW))
    first = with_serials(shop, "O-1", "SN-1", "SN-2")
    second = with_serials(shop, "O-2", "SN-3")
    shop.sells(order(line("1", quantity=2), line("2", quantity=3), no="O-3"))
    third = shop.approves(shop.asks("O-3", wish(2, "1"), wish(2, "2")))
    groups(shop, first.number, second.number, third.number)

    done = unpacks(shop, *counted)

    came = Counter(shop_unit for one in counted for shop_unit in [one.sku] * one.quantity)
    booked = Counter[str | None]()
    for sku in came:
        assert sku is not None
        booked[sku] = sum(
            shop.on_hand(sku, account) for account in (Account.RECEIVING, Account.QUARANTINE)
        )
    assert booked == came
    strange = sum(one.quantity for part in done.received for one in part.exceptions)
    inside = sum(received(shop, ret) for ret in (first, second, third))
    assert inside + strange == came.total()
    assert len({part.receipt.receipt_id for part in done.received}) == len(done.received)
