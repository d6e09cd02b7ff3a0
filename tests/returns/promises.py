"""Acts on exchanges for random plays, and what must hold of every promise whatever was done."""

from collections.abc import Iterable

from chalicelib.core import runs
from chalicelib.exchanges.model import Exchange, ExchangeState
from chalicelib.inventory.model import Account
from chalicelib.returns.model import (
    Authorization,
    Closure,
    Disposition,
    Logistics,
    Resolution,
    Return,
    ReturnLine,
    UnitGroup,
)
from chalicelib.returns.units import PENDING, quantities, units_where
from chalicelib.settlement.model import SettlementState
from tests.builders import Shop
from tests.children import approves, cancels, ships, unexchanges
from tests.fakes import FakeStore

_GIVEN_UP = frozenset({Logistics.SHORT_CLOSED, Logistics.REFUSED})


def exchanges_of(shop: Shop) -> list[Exchange]:
    """Every exchange of the shop, in whatever state."""
    store = shop.store
    assert isinstance(store, FakeStore), "the records are read from memory"
    found = (one for one in store.records.values() if isinstance(one, Exchange))
    return sorted(found, key=lambda one: one.exchange_id)


def goes_on(shop: Shop, number: int) -> None:
    """One exchange is sent, taken back by a person, or comes back in place of what was sold."""
    known = exchanges_of(shop)
    exchange = known[number % len(known)]
    if number % 5 == 0:
        cancels(shop, exchange)
    elif number % 5 < 3:
        ships(shop, exchange)
    else:
        unexchanges(shop, exchange, 1 if number % 2 else None)


def decides_about(shop: Shop, ret: Return, number: int) -> None:
    """Approved, all but one unit of line 1, or all with line 1 paid back instead of exchanged."""
    if number % 4 == 0:
        approves(shop, ret, "1")
    elif number % 4 == 1:
        pending = quantities(shop.now_is(ret).lines[0]).pending
        shop.approves(ret, line_1=max(0, pending - 1))
    else:
        shop.approves(ret)


def assert_promises_are_kept_or_ended(shop: Shop, returns: Iterable[Return]) -> None:
    """What is reserved is promised, to units that may still get it; and none waits in vain."""
    open_ones = [one for one in exchanges_of(shop) if one.state is ExchangeState.RESERVED]
    assert _reserved(shop) == sum(one.quantity for one in open_ones)
    for exchange in open_ones:
        ret = shop.store.reads().return_(exchange.return_id)
        assert ret is not None
        line = ret.line(exchange.line_no)
        assert line is not None
        assert ret.closure is not Closure.COMPLETED
        assert line.resolution is Resolution.EXCHANGE, "or it would be paid back too"
        assert runs.minus(exchange.units, units_where(line, _may_be_replaced)) == ()
    promised = {(one.return_id, one.line_no) for one in open_ones}
    for ret in returns:
        for line in shop.now_is(ret).lines:
            assert (ret.return_id, line.line_no) in promised or not _waits_in_vain(line)


def _reserved(shop: Shop) -> int:
    store = shop.store
    assert isinstance(store, FakeStore), "the balances are read from memory"
    return sum(one.quantity for one in store.stock.values() if one.account is Account.RESERVED)


def _may_be_replaced(group: UnitGroup) -> bool:
    return (
        group.authorization is Authorization.APPROVED
        and group.logistics not in _GIVEN_UP
        and group.disposition is not Disposition.SHIP_BACK
        and group.credit is not False
        and group.settlement is SettlementState.NONE
    )


def _waits_in_vain(line: ReturnLine) -> bool:
    """Units are to be exchanged though nothing is promised, and no approval will promise it."""
    is_undecided = any(group.authorization in PENDING for group in line.groups)
    is_exchange = line.resolution is Resolution.EXCHANGE
    return is_exchange and not is_undecided and bool(units_where(line, _may_be_replaced))
