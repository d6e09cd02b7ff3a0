"""How much may come back: each test is one sentence of the cases that must pass."""

import pytest

from chalicelib.core.errors import Conflict
from chalicelib.core.runs import Run
from chalicelib.orders.model import DeliveredItem, HolderKind
from chalicelib.orders.returnable import choose, reserve
from chalicelib.returns.receiving import Receive, receive
from chalicelib.returns.standing import status_of
from chalicelib.returns.units import quantities
from tests.builders import Shop, delivery, item, line, order, said, wish
from tests.builders import idempotency as key_of
from tests.cases.sentences import sentence


@sentence("cap-over-documents")
def test_cap_over_documents_shipped_10_return_of_6_open_then_5_asked_is_refused_saying_4_left(
    shop: Shop,
) -> None:
    shop.sells(order(line(quantity=10)))
    shop.asks(quantity=6)

    with pytest.raises(Conflict, match="not_returnable_quantity") as refused:
        shop.asks(quantity=5)

    assert refused.value.details["returnable_quantity"] == 4
    assert "4 left" in refused.value.message
    assert shop.asks(quantity=4).lines[0].groups[0].units == (Run(7, 4),)


@sentence("cap-over-kinds")
def test_cap_over_kinds_shipped_1_with_an_open_exchange_a_return_is_refused() -> None:
    sold = order(line(quantity=1))
    sold = reserve(sold, "1", holder_id="exc_1", kind=HolderKind.EXCHANGE, units=(Run(1, 1),))

    with pytest.raises(Conflict, match="not_returnable_quantity"):
        choose(sold, sold.lines[0], 1)


@sentence("duplicate-entries")
def test_duplicate_entries_shipped_1_one_request_lists_the_line_twice_is_refused(
    shop: Shop,
) -> None:
    shop.sells(order(line(quantity=1)))

    with pytest.raises(Conflict, match="not_returnable_quantity"):
        shop.asks("O-1", wish(1), wish(1))

    assert shop.returnable() == 1


@sentence("duplicate-entries", "rule-3")
def test_duplicate_entries_shipped_2_are_merged_to_2(shop: Shop) -> None:
    shop.sells(order(line(quantity=2)))

    ret = shop.asks("O-1", wish(1), wish(1))

    assert [x.requested for x in ret.lines] == [2]
    assert shop.returnable() == 0


@sentence("rule-1")
def test_the_same_sku_on_two_lines_is_counted_by_order_line(shop: Shop) -> None:
    shop.sells(order(line("1", sku="SAME", quantity=1), line("2", sku="SAME", quantity=1)))
    shop.asks("O-1", wish(1, "1"))

    with pytest.raises(Conflict, match="Line 1 has 0 left"):
        shop.asks("O-1", wish(1, "1"))

    assert shop.returnable(line_no="2") == 1


@sentence("partial-request")
def test_partial_request_ordered_3_asks_2_then_2_reserved_2_refunded_1_left(shop: Shop) -> None:
    shop.sells(order(line(quantity=3, price=1000)))

    ret = shop.asks(quantity=2)
    shop.accepts(ret, 2)
    shop.settles(ret)

    assert shop.returnable() == 1
    assert shop.settlement(ret).paid.minor == 2000
    assert quantities(shop.now_is(ret).lines[0]).settled == 2


@sentence("two-parcels")
def test_two_parcels_approved_2_received_1_then_1_is_received_2_and_a_retry_stays_2(
    shop: Shop,
) -> None:
    shop.sells(order(line(quantity=2)))
    ret = shop.asks(quantity=2)
    shop.approves(ret)

    def parcel(key: str) -> str:
        context = shop.context()
        command = Receive(warehouse="A", items=(item(quantity=1),))
        answer = shop.store.answer(
            lambda reads: receive(reads, ret.return_id, command, context),
            context=context,
            render=lambda received: said(received.ret),
            idempotency=key_of(key),
        )
        return answer.body.decode()

    parcel("first")
    assert status_of(shop.now_is(ret)) == "PARTLY_RECEIVED"
    told = parcel("second")
    again = parcel("second")

    assert again == told
    assert quantities(shop.now_is(ret).lines[0]).received == 2
    assert status_of(shop.now_is(ret)) == "RECEIVED"
    assert shop.now_is(ret).open_exceptions == 0


@sentence("rule-6")
def test_refund_only_what_came_2_of_3_sent_is_2_paid(shop: Shop) -> None:
    shop.sells(order(line(quantity=3, price=1000)))
    ret = shop.asks(quantity=3)

    shop.accepts(ret, 2)
    shop.settles(ret)

    assert shop.settlement(ret).amount.minor == 2000
    assert status_of(shop.now_is(ret)) == "PARTLY_RECEIVED"


@sentence("reject-releases")
def test_reject_releases_2_asked_and_rejected_then_returnable_is_2_again(shop: Shop) -> None:
    shop.sells(order(line(quantity=2)))
    ret = shop.asks(quantity=2)
    assert shop.returnable() == 0

    rejected = shop.rejects(ret)

    assert status_of(rejected) == "REJECTED"
    assert shop.returnable() == 2
    assert shop.asks(quantity=2).lines[0].groups[0].units == (Run(1, 2),)


@sentence("rule-5")
def test_what_a_partial_approval_leaves_out_is_returnable_again(shop: Shop) -> None:
    shop.sells(order(line(quantity=5)))
    ret = shop.asks(quantity=5)

    approved = shop.approves(ret, line_1=3)

    assert shop.returnable() == 2
    assert status_of(approved) == "PARTLY_APPROVED"


@sentence("outbound-never-posted")
def test_outbound_never_posted_is_refused_and_stock_untouched(shop: Shop) -> None:
    shop.counts({"SKU-1": 3})
    shop.registers(order(line(quantity=1), deliveries=()))

    with pytest.raises(Exception, match="not_shipped"):
        shop.asks()

    assert shop.on_hand("SKU-1") == 3


@sentence("rule-29")
def test_only_what_was_shipped_of_an_order_may_come_back(shop: Shop) -> None:
    shipped = delivery(DeliveredItem(line_no="1", quantity=2))
    shop.sells(order(line(quantity=5), deliveries=(shipped,)))

    with pytest.raises(Conflict, match="2 left to return"):
        shop.asks(quantity=3)
