"""Where goods end up: each test is one sentence of the cases that must pass."""

from chalicelib.inventory.model import Account
from chalicelib.orders.model import DeliveredItem
from chalicelib.returns.exceptions import ExceptionKind
from chalicelib.returns.model import Disposition, Grade, Return
from chalicelib.returns.scanning import Scan
from chalicelib.returns.standing import status_of
from chalicelib.returns.units import quantities
from tests.builders import (
    NOW,
    Shop,
    delivery,
    failed,
    goes,
    item,
    line,
    order,
    passed,
    restock,
    wish,
)
from tests.cases.sentences import sentence


def approved(shop: Shop, quantity: int = 1) -> Return:
    ret = shop.asks(quantity=quantity)
    return shop.approves(ret)


@sentence("good-and-damaged")
def test_good_and_damaged_sellable_2_receive_2_one_damaged_then_sellable_3_and_damaged_1(
    shop: Shop,
) -> None:
    shop.sells(order(line(quantity=2)))
    shop.counts({"SKU-1": 2})
    ret = approved(shop, 2)

    shop.receives(ret, item(quantity=2))
    shop.inspects(ret, passed(1), failed(1, grade=Grade.D))
    shop.disposes(ret, restock(1))

    assert shop.on_hand("SKU-1") == 3
    assert shop.on_hand("SKU-1", Account.DAMAGED) == 1


@sentence("restock-elsewhere")
def test_restock_elsewhere_return_to_b_without_a_stock_row_then_b_is_1_and_a_unchanged(
    shop: Shop,
) -> None:
    shop.sells(order(line(quantity=1)))
    shop.counts({"SKU-1": 7}, warehouse="A")
    ret = approved(shop)

    shop.receives(ret, item(), warehouse="B")
    shop.inspects(ret, passed())
    shop.disposes(ret, restock())

    assert shop.on_hand("SKU-1", warehouse="B") == 1
    assert shop.on_hand("SKU-1", warehouse="A") == 7


@sentence("per-line-restock")
def test_per_line_restock_line_1_yes_line_2_no_is_plus_1_and_plus_0(shop: Shop) -> None:
    shop.sells(order(line("1"), line("2")))
    ret = shop.asks("O-1", wish(1, "1"), wish(1, "2"))
    shop.approves(ret)

    shop.receives(ret, item("SKU-1"), item("SKU-2"))
    shop.inspects(ret, passed(1, "1"), passed(1, "2"))
    shop.disposes(ret, restock(1, "1"), goes(Disposition.SCRAP, 1, "2"))

    assert shop.on_hand("SKU-1") == 1
    assert shop.on_hand("SKU-2") == 0
    assert shop.on_hand("SKU-2", Account.SCRAPPED) == 1


@sentence("rejected-at-inspection")
def test_rejected_at_inspection_is_sellable_0_quarantine_1_no_money_and_ship_back_closes_it(
    shop: Shop,
) -> None:
    shop.sells(order(line()))
    ret = approved(shop)
    shop.receives(ret, item())

    inspected = shop.inspects(ret, failed(grade=Grade.C))
    assert shop.on_hand("SKU-1") == 0
    assert shop.on_hand("SKU-1", Account.QUARANTINE) == 1
    assert quantities(inspected.lines[0]).denied == 1

    closed = shop.disposes(ret, goes(Disposition.SHIP_BACK))
    assert status_of(closed) == "COMPLETED"
    assert closed.settlements == ()
    assert shop.on_hand("SKU-1", Account.QUARANTINE) == 0
    assert shop.on_hand("SKU-1", Account.CUSTOMER) == 1


@sentence("serial-swap")
def test_serial_swap_sn_1_shipped_sn_9_arrives_is_an_exception_in_quarantine_and_no_refund(
    shop: Shop,
) -> None:
    shipped = delivery(DeliveredItem(line_no="1", quantity=1, serials=("SN-1",)))
    shop.sells(order(line(), deliveries=(shipped,)))
    ret = approved(shop)

    received = shop.receives(ret, item(serials=("SN-9",)))

    (exception,) = received.exceptions
    assert exception.kind is ExceptionKind.SERIAL_MISMATCH
    assert exception.serials == ("SN-9",)
    assert quantities(received.ret.lines[0]).received == 0
    assert quantities(received.ret.lines[0]).accepted == 0
    assert shop.on_hand("SKU-1", Account.QUARANTINE) == 1
    assert shop.on_hand("SKU-1", Account.RECEIVING) == 0


@sentence("surplus")
def test_surplus_approved_2_and_3_arrive_is_2_received_and_1_exception_over(shop: Shop) -> None:
    shop.sells(order(line(quantity=3)))
    ret = approved(shop, 2)

    received = shop.receives(ret, item(quantity=3))

    assert quantities(received.ret.lines[0]).received == 2
    assert [(e.kind, e.quantity) for e in received.exceptions] == [(ExceptionKind.OVER, 1)]
    assert shop.on_hand("SKU-1", Account.RECEIVING) == 2
    assert shop.on_hand("SKU-1", Account.QUARANTINE) == 1


@sentence("hold-then-restock")
def test_hold_then_restock_is_exactly_plus_1_once_and_history_shows_both(shop: Shop) -> None:
    shop.sells(order(line()))
    ret = approved(shop)
    shop.receives(ret, item())
    shop.inspects(ret, passed())

    shop.disposes(ret, goes(Disposition.HOLD))
    assert shop.on_hand("SKU-1") == 0
    assert shop.on_hand("SKU-1", Account.QUARANTINE) == 1
    shop.disposes(ret, restock(origin=Disposition.HOLD))

    assert shop.on_hand("SKU-1") == 1
    assert shop.on_hand("SKU-1", Account.QUARANTINE) == 0
    history = shop.store.reads().events(ret.subject)
    lines = [e.data["lines"] for e in history if e.type == "return.dispositioned"]
    said = [entry[0]["disposition"] for entry in lines if isinstance(entry, list)]  # type: ignore[index,call-overload]  # JSON
    assert said == ["HOLD", "RESTOCK"]


@sentence("replay")
def test_replay_the_same_offline_receiving_batch_uploaded_twice_is_the_same_counts(
    shop: Shop,
) -> None:
    shop.sells(order(line(quantity=3)))
    ret = approved(shop, 3)
    batch = [
        Scan(
            scan_id=f"scan-{number}",
            device_id="device-1",
            seq=number,
            captured_at=NOW,
            warehouse="A",
            quantity=1,
            sku="SKU-1",
            return_number=ret.number,
        )
        for number in range(3)
    ]

    first = [shop.scans(scan) for scan in batch]
    events = len(shop.store.reads().events(ret.subject))
    second = [shop.scans(scan) for scan in reversed(batch)]

    assert sorted(second, key=lambda o: o.seq) == first
    assert quantities(shop.now_is(ret).lines[0]).received == 3
    assert shop.on_hand("SKU-1", Account.RECEIVING) == 3
    assert len(shop.store.reads().events(ret.subject)) == events


@sentence("rule-25")
def test_value_goes_back_at_the_original_outbound_cost(shop: Shop) -> None:
    shop.sells(order(line(quantity=2)))
    ret = approved(shop, 1)
    shop.receives(ret, item())

    (lying,) = [
        balance
        for balance in shop.store.reads().balances("A", ["SKU-1"])
        if balance.account is Account.RECEIVING
    ]
    assert lying.value_minor == {"EUR": 400}
