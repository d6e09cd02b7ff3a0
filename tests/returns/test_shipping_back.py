"""Goods go back to the customer unpaid, seen or unseen; and the customer may ask for them again."""

import pytest

from chalicelib.core.errors import Conflict, Invalid
from chalicelib.inventory.model import Account
from chalicelib.returns.disposing import DispositionRecord
from chalicelib.returns.model import Closure, Disposition, FaultParty, Return
from chalicelib.returns.units import quantities
from tests.builders import Shop, failed, goes, item, line, order, passed, restock
from tests.fakes import FakeStore
from tests.returns.undoing import lying, reinspects, ships_back, suspicions, told


@pytest.fixture
def ret(shop: Shop) -> Return:
    """Three of five are here, and nobody looked at them yet."""
    shop.sells(order(line(quantity=5)))
    asked = shop.approves(shop.asks(quantity=3))
    return shop.receives(asked, item(quantity=3)).ret


def test_goods_that_nobody_looked_at_go_back(shop: Shop, ret: Return) -> None:
    after = ships_back(shop, ret, 2, carrier="dhl", tracking_no="B-1")

    counts = quantities(after.lines[0])
    assert (counts.received, counts.uninspected, counts.ship_back, counts.denied) == (3, 1, 2, 2)
    assert lying(shop) == {Account.RECEIVING: 1}
    assert shop.returnable() == 4
    assert told(shop, ret.subject)[-1] == "return.dispositioned"
    assert suspicions(shop) == []


def test_its_record_says_how_they_travel(shop: Shop, ret: Return) -> None:
    ships_back(shop, ret, carrier="dhl", tracking_no="B-1", note="as agreed")

    assert isinstance(shop.store, FakeStore)
    (record,) = [r for r in shop.store.records.values() if isinstance(r, DispositionRecord)]
    assert (record.carrier, record.tracking_no, record.reason) == ("dhl", "B-1", "NOT_ACCEPTED")
    assert record.items[0].note == "as agreed"


def test_all_sent_back_completes_the_return(shop: Shop, ret: Return) -> None:
    assert ships_back(shop, ret, 3).closure is Closure.COMPLETED
    assert shop.returnable() == 5


def test_what_went_back_may_be_asked_for_again(shop: Shop, ret: Return) -> None:
    ships_back(shop, ret, 3)

    again = shop.approves(shop.asks(quantity=5))
    shop.receives(again, item(quantity=5))

    assert lying(shop) == {Account.RECEIVING: 5}
    assert suspicions(shop) == []


def test_units_on_hold_and_failed_ones_go_back(shop: Shop, ret: Return) -> None:
    shop.inspects(ret, failed(3, fault=FaultParty.CUSTOMER))
    shop.disposes(ret, goes(Disposition.HOLD, 2))

    ships_back(shop, ret, 3)

    assert lying(shop) == {}
    assert suspicions(shop) == []


def test_what_waits_for_another_inspection_goes_back_as_it_is(shop: Shop, ret: Return) -> None:
    shop.inspects(ret, failed(3))
    reinspects(shop, ret, 3)

    ships_back(shop, ret, 3)

    assert lying(shop) == {}
    assert suspicions(shop) == []


def test_units_accepted_for_the_refund_go_last_and_are_not_paid_then(
    shop: Shop, ret: Return
) -> None:
    shop.inspects(ret, passed(1), failed(2, fault=FaultParty.CUSTOMER))

    first = ships_back(shop, ret, 2)
    assert quantities(first.lines[0]).accepted == 1
    last = ships_back(shop, ret)

    assert quantities(last.lines[0]).accepted == 0
    assert last.closure is Closure.COMPLETED


def test_what_is_paid_or_went_another_way_stays(shop: Shop, ret: Return) -> None:
    shop.inspects(ret, passed(2), failed(1))
    shop.disposes(ret, restock(1))
    shop.settles(ret)

    with pytest.raises(Conflict, match="fewer_units_fit") as refused:
        ships_back(shop, ret, 2)

    assert refused.value.details["possible"] == 1


def test_a_reason_is_one_of_the_list(shop: Shop, ret: Return) -> None:
    with pytest.raises(Invalid, match="unknown_reason"):
        ships_back(shop, ret, reason="BECAUSE")
    with pytest.raises(Invalid, match="note_required"):
        ships_back(shop, ret, reason="OTHER")


def test_goods_that_are_not_here_cannot_go_back(shop: Shop) -> None:
    shop.sells(order(line(quantity=2)))
    ret = shop.approves(shop.asks())

    with pytest.raises(Conflict, match="not_allowed_now"):
        ships_back(shop, ret)


def test_disposing_with_ship_back_frees_the_units_too(shop: Shop, ret: Return) -> None:
    shop.inspects(ret, failed(3, fault=FaultParty.CUSTOMER))

    shop.disposes(
        ret,
        goes(Disposition.SHIP_BACK, 1),
        goes(Disposition.SCRAP, 1),
        goes(Disposition.SHIP_BACK, 1),
    )

    assert shop.returnable() == 4
    assert suspicions(shop) == []
