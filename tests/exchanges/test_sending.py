"""A promised replacement leaves, arrives or is taken back; its return waits for goods or money."""

from typing import Any

import pytest

from chalicelib.core.errors import Conflict, Invalid, NotFound, Stale
from chalicelib.core.events import chain_fault
from chalicelib.core.runs import Run
from chalicelib.exchanges import sending
from chalicelib.exchanges.model import ExchangeState
from chalicelib.inventory.model import Account
from chalicelib.returns.model import Closure, Resolution, Return
from chalicelib.returns.units import quantities
from chalicelib.store import keys
from tests.builders import Shop, eur, failed, item, line, order, passed, restock, wish
from tests.children import (
    approves,
    cancels,
    exchange_of,
    fulfils,
    ships,
    swap,
    unexchanges,
)
from tests.fakes import FakeStore


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """Three sold and delivered, five blue ones on the shelf."""
    shop.sells(order(line(quantity=3)))
    shop.counts({"BLUE": 5})
    return shop


@pytest.fixture
def ret(shop: Shop) -> Return:
    """Two are to come back for blue ones."""
    return approves(shop, shop.asks("O-1", swap(2, for_="BLUE")))


def comes_back(shop: Shop, ret: Return, quantity: int = 2) -> Return:
    shop.receives(ret, item(quantity=quantity))
    shop.inspects(ret, passed(quantity))
    return shop.disposes(ret, restock(quantity))


def test_shipping_takes_the_stock_to_the_customer(shop: Shop, ret: Return) -> None:
    sent = ships(shop, exchange_of(shop, ret), carrier="post", tracking_no="T1")

    assert (sent.state, sent.carrier, sent.tracking_no) == (ExchangeState.SHIPPED, "post", "T1")
    assert shop.on_hand("BLUE", Account.RESERVED) == 0
    assert shop.on_hand("BLUE", Account.CUSTOMER) == 2
    assert quantities(shop.now_is(ret).lines[0]).settled == 2


def test_the_return_closes_when_the_goods_are_back_and_the_replacement_left(
    shop: Shop, ret: Return
) -> None:
    ships(shop, exchange_of(shop, ret))

    after = comes_back(shop, ret)

    assert after.closure is Closure.COMPLETED
    assert shop.returnable() == 1


def test_the_return_closes_when_the_replacement_leaves_last(shop: Shop, ret: Return) -> None:
    open_ = comes_back(shop, ret)

    ships(shop, exchange_of(shop, ret))

    assert open_.closure is Closure.OPEN
    assert shop.now_is(ret).closure is Closure.COMPLETED
    types = [event.type for event in shop.store.reads().events(ret.subject)]
    assert types[-3:] == ["return.replaced", "settlement.exchanged", "return.completed"]


def test_what_is_exchanged_is_not_paid_back(shop: Shop, ret: Return) -> None:
    comes_back(shop, ret)

    with pytest.raises(Conflict, match="nothing_to_settle"):
        shop.settles(ret)
    ships(shop, exchange_of(shop, ret))
    with pytest.raises(Conflict, match="nothing_to_settle"):
        shop.settles(ret)

    assert shop.sold().payments[0].refundable == eur(3000)


def test_a_replacement_arrives_once(shop: Shop, ret: Return) -> None:
    sent = ships(shop, exchange_of(shop, ret))

    assert fulfils(shop, sent).state is ExchangeState.FULFILLED
    with pytest.raises(Conflict, match="exchange_not_open"):
        fulfils(shop, sent)


def test_cancelling_frees_the_stock_and_the_money_goes_back(shop: Shop, ret: Return) -> None:
    comes_back(shop, ret)

    cancelled = cancels(shop, exchange_of(shop, ret))
    shop.settles(ret)

    assert (cancelled.state, cancelled.reason) == (ExchangeState.CANCELLED, "CUSTOMER_WISH")
    assert (shop.on_hand("BLUE"), shop.on_hand("BLUE", Account.RESERVED)) == (5, 0)
    after = shop.now_is(ret)
    assert after.lines[0].resolution is Resolution.REFUND
    assert shop.settlement(ret).paid == eur(2000)
    assert after.closure is Closure.COMPLETED


def test_denied_units_get_no_replacement_and_free_their_stock(shop: Shop, ret: Return) -> None:
    shop.receives(ret, item(quantity=2))
    shop.inspects(ret, passed(1), failed(1))

    sent = ships(shop, exchange_of(shop, ret))

    assert (sent.quantity, sent.units) == (1, (Run(1, 1),))
    assert (shop.on_hand("BLUE"), shop.on_hand("BLUE", Account.CUSTOMER)) == (4, 1)
    assert shop.on_hand("BLUE", Account.RESERVED) == 0


def test_nothing_is_shipped_for_units_that_were_all_denied(shop: Shop, ret: Return) -> None:
    shop.receives(ret, item(quantity=2))
    promise = exchange_of(shop, ret)
    shop.inspects(ret, failed(2))

    with pytest.raises(Conflict, match="exchange_not_open"):
        ships(shop, promise)

    assert (shop.on_hand("BLUE"), shop.on_hand("BLUE", Account.RESERVED)) == (5, 0)


def test_nor_where_their_promise_was_made_before_denials_ended_any(shop: Shop, ret: Return) -> None:
    shop.receives(ret, item(quantity=2))
    promise = exchange_of(shop, ret)
    shop.inspects(ret, failed(2))
    assert isinstance(shop.store, FakeStore)
    shop.store.records[keys.key_of(promise)] = promise

    with pytest.raises(Conflict, match="replacement_not_owed"):
        ships(shop, promise)


COMMANDS: dict[str, Any] = {
    "ship": ships,
    "fulfil": fulfils,
    "cancel": cancels,
    "unexchange": unexchanges,
}
BEFORE: dict[ExchangeState, tuple[str, ...]] = {
    ExchangeState.AWAITING_PAYMENT: (),
    ExchangeState.RESERVED: (),
    ExchangeState.SHIPPED: ("ship",),
    ExchangeState.FULFILLED: ("ship", "fulfil"),
    ExchangeState.CANCELLED: ("cancel",),
}


@pytest.mark.parametrize("command", list(COMMANDS))
@pytest.mark.parametrize("state", list(ExchangeState))
def test_each_state_admits_its_commands_and_no_others(
    shop: Shop, ret: Return, state: ExchangeState, command: str
) -> None:
    if state is ExchangeState.AWAITING_PAYMENT:
        ret = approves(shop, shop.asks("O-1", swap(1, for_="BLUE")), prices={"1": eur(1100)})
    exchange = exchange_of(shop, ret)
    for before in BEFORE[state]:
        exchange = COMMANDS[before](shop, exchange)

    if command in sending.ALLOWED[state]:
        assert COMMANDS[command](shop, exchange).version == exchange.version + 1
        return
    is_unpaid = state is ExchangeState.AWAITING_PAYMENT and command == "ship"
    code = "payment_awaited" if is_unpaid else "exchange_not_open"
    with pytest.raises(Conflict, match=code) as refused:
        COMMANDS[command](shop, exchange)
    assert refused.value.details == {
        "state": state.value,
        "allowed": list(sending.ALLOWED[state]),
    }


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (sending.Cancel(reason="BORED"), "unknown_reason"),
        (sending.Cancel(reason="OTHER"), "note_required"),
    ],
    ids=["unknown", "without a note"],
)
def test_a_cancellation_has_a_reason(
    shop: Shop, ret: Return, command: sending.Cancel, code: str
) -> None:
    exchange = exchange_of(shop, ret)

    with pytest.raises(Invalid, match=code):
        shop.do(
            lambda reads, context: sending.cancel(reads, exchange.exchange_id, command, context)
        )


def test_an_older_version_is_stale_and_a_stranger_is_not_found(shop: Shop, ret: Return) -> None:
    exchange = exchange_of(shop, ret)

    with pytest.raises(Stale, match="stale_version"):
        shop.do(
            lambda reads, context: sending.fulfil(reads, exchange.exchange_id, context),
            shop.context(version=7),
        )
    for stranger in ("exg_nobody_x", "nothing"):
        with pytest.raises(NotFound, match="exchange_not_found"):
            shop.do(lambda reads, context, it=stranger: sending.fulfil(reads, it, context))  # type: ignore[misc]  # mypy infers no default


def test_the_events_of_an_exchange_are_chained_and_say_nothing_that_people_wrote(
    shop: Shop, ret: Return
) -> None:
    exchange = exchange_of(shop, ret)
    command = sending.Cancel(reason="OTHER", note="Ada moved to Rome")

    shop.do(lambda reads, context: sending.cancel(reads, exchange.exchange_id, command, context))

    events = shop.store.reads().events(exchange.subject)
    assert chain_fault(events) is None
    assert [event.type for event in events] == ["exchange.reserved", "exchange.cancelled"]
    assert exchange_of(shop, ret).note == "Ada moved to Rome"
    assert "Rome" not in repr(events) + repr(shop.store.reads().events(ret.subject))


def test_another_line_of_the_return_is_paid_as_ever(shop: Shop) -> None:
    ret = approves(shop, shop.asks("O-1", swap(1, for_="BLUE"), wish(1)))
    shop.receives(ret, item(quantity=2))
    for number in ("1", "2"):
        shop.inspects(ret, passed(1, line_no=number))
        shop.disposes(ret, restock(1, line_no=number))

    shop.settles(ret)

    assert shop.settlement(ret).amount == eur(1000)
    assert [part.line_no for part in shop.settlement(ret).lines] == ["2"]
