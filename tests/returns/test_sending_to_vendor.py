"""Goods for a supplier stay with us until they are sent; what it refuses is back on hold."""

from dataclasses import dataclass

import pytest

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict
from chalicelib.core.events import Context
from chalicelib.core.runs import Runs
from chalicelib.inventory.model import Account
from chalicelib.returns.model import Closure, Disposition, Grade, Return
from chalicelib.returns.sending_to_vendor import (
    returned_by_vendor,
    sent_to_vendor,
    waits_for_vendor,
)
from chalicelib.returns.units import units_where
from tests.builders import Shop, failed, goes, item, line, order, passed
from tests.fake_reads import Reader
from tests.returns.undoing import lying, suspicions, told

DOCUMENT = "rtv/rtv_1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """So many units of line 1 of some returns."""

    quantities: dict[str, int]


def one_of(shop: Shop, order_no: str, *, grade: Grade = Grade.C) -> Return:
    """Two units of a return, one of them meant for the supplier."""
    shop.sells(order(line(quantity=2), no=order_no))
    ret = shop.approves(shop.asks(order_no, quantity=2))
    shop.receives(ret, item(quantity=2))
    shop.inspects(ret, passed(1), failed(1, grade=grade))
    return shop.disposes(ret, goes(Disposition.RTV, 1, grade=grade))


def lowest(ret: Return, quantity: int) -> dict[str, Runs]:
    (line_,) = ret.lines
    return {line_.line_no: runs.lowest(units_where(line_, waits_for_vendor), quantity)}


def sends(shop: Shop, *returns: Return) -> None:
    """One command of another area about several returns: their changes are written with its own."""

    def decide(reads: Reader, context: Context) -> Decided[None]:
        changes = Changes()
        for return_id in [ret.return_id for ret in returns]:
            ret = reads.return_(return_id)
            assert ret is not None
            changes += sent_to_vendor(ret, lowest(ret, 1), context, source=DOCUMENT).changes
        return Decided(result=None, changes=changes)

    shop.do(decide)


def takes_back(shop: Shop, ret: Return, units: dict[str, Runs]) -> Return:
    def decide(reads: Reader, context: Context) -> Decided[Return]:
        now = reads.return_(ret.return_id)
        assert now is not None
        return returned_by_vendor(now, units, context, source=DOCUMENT)

    return shop.do(decide)


@pytest.mark.parametrize("grade", [Grade.C, Grade.D])
def test_goods_for_the_supplier_wait_in_quarantine(shop: Shop, grade: Grade) -> None:
    ret = one_of(shop, "O-1", grade=grade)

    assert lying(shop) == {Account.RECEIVING: 1, Account.QUARANTINE: 1}
    assert ret.lines[0].groups[1].account is Account.QUARANTINE
    assert suspicions(shop) == []


def test_one_command_sends_units_of_several_returns(shop: Shop) -> None:
    first, second = one_of(shop, "O-1"), one_of(shop, "O-2")

    sends(shop, first, second)

    assert lying(shop) == {Account.RECEIVING: 2, Account.VENDOR: 2}
    for ret in (first, second):
        after = shop.now_is(ret)
        assert after.version == ret.version + 1
        assert [group.account for group in after.groups()] == [Account.RECEIVING, Account.VENDOR]
        assert told(shop, ret.subject)[-1] == "return.sent_to_vendor"
    assert suspicions(shop) == []


def test_what_is_sent_is_sent_once(shop: Shop) -> None:
    ret = one_of(shop, "O-1")
    units = lowest(ret, 1)
    sends(shop, ret)

    with pytest.raises(Conflict, match="not_waiting_for_vendor") as refused:
        shop.do(
            lambda reads, context: sent_to_vendor(shop.now_is(ret), units, context, source=DOCUMENT)
        )

    assert refused.value.details["possible"] == 0


def test_what_the_supplier_does_not_take_is_on_hold_with_us(shop: Shop) -> None:
    ret = one_of(shop, "O-1")
    units = lowest(ret, 1)
    sends(shop, ret)

    after = takes_back(shop, ret, units)

    (back,) = [group for group in after.groups() if group.disposition is not None]
    assert (back.disposition, back.account) == (Disposition.HOLD, Account.QUARANTINE)
    assert lying(shop) == {Account.RECEIVING: 1, Account.QUARANTINE: 1}
    assert told(shop, ret.subject)[-1] == "return.returned_by_vendor"
    shop.disposes(ret, goes(Disposition.SCRAP, 1, origin=Disposition.HOLD))
    assert suspicions(shop) == []


def test_what_never_left_cannot_come_back(shop: Shop) -> None:
    ret = one_of(shop, "O-1")

    with pytest.raises(Conflict, match="not_at_vendor"):
        takes_back(shop, ret, lowest(ret, 1))


def test_a_completed_return_is_open_again_when_goods_come_back(shop: Shop) -> None:
    shop.sells(order(line()))
    ret = shop.approves(shop.asks())
    shop.receives(ret, item())
    shop.inspects(ret, passed(1))
    ret = shop.disposes(ret, goes(Disposition.RTV))
    units = lowest(ret, 1)
    shop.settles(ret)
    assert shop.now_is(ret).closure is Closure.COMPLETED
    sends(shop, ret)
    assert shop.now_is(ret).closure is Closure.COMPLETED

    after = takes_back(shop, ret, units)

    assert after.closure is Closure.REOPENED
    assert told(shop, ret.subject)[-2:] == ["return.returned_by_vendor", "return.reopened"]
    assert suspicions(shop) == []
