"""What there is to say about stock: raised once, followed, ended with its cause."""

from datetime import timedelta

import pytest

from chalicelib.core.events import Actor, Context
from chalicelib.inventory.alert_days import USUAL, AlertDays
from chalicelib.inventory.alerting import Looked, acknowledge, look_after
from chalicelib.inventory.alerts import AlertKind, AlertState, StockAlert
from chalicelib.inventory.model import Account, Transfer
from chalicelib.inventory.planning import SetLevel, TellPurchase, set_level, tell_purchase
from chalicelib.inventory.stating_lots import StateLot, state_lot
from tests.builders import NOW
from tests.inventory.stock import Stock


def looks(stock: Stock, *, days: int = 0, by: AlertDays = USUAL) -> Looked:
    stock.commands += 1
    context = Context(
        actor=Actor(id="watch_stock", role="machine"),
        now=NOW + timedelta(days=days, seconds=stock.commands),
        command_id=f"look-{stock.commands}",
        correlation_id="corr-1",
    )
    return stock.store.run(
        lambda reads: look_after(reads, "A", "S", context, days=by), context=context
    )


def alerts(stock: Stock, *, state: AlertState = AlertState.OPEN) -> list[StockAlert]:
    found = [one for one in stock.store.records.values() if isinstance(one, StockAlert)]
    return [one for one in found if one.state is state]


def level(stock: Stock, reorder_point: int | None, safety_stock: int = 0) -> None:
    command = SetLevel(
        warehouse="A", sku="S", reorder_point=reorder_point, safety_stock=safety_stock
    )
    stock.run(lambda reads, context: set_level(reads, command, context))


def buys(stock: Stock, purchase_id: str, quantity: int, days: int = 10) -> None:
    command = TellPurchase(
        purchase_id=purchase_id,
        warehouse="A",
        sku="S",
        quantity=quantity,
        due_on=NOW.date() + timedelta(days=days),
    )
    stock.run(lambda reads, context: tell_purchase(reads, command, context))


def move(stock: Stock, quantity: int, origin: Account, target: Account, **more: object) -> None:
    fields: dict[str, object] = {"lot": None, **more}
    stock.moves(
        Transfer(
            warehouse="A",
            sku="S",
            quantity=quantity,
            origin=origin,
            target=target,
            **fields,  # type: ignore[arg-type]  # fields of Transfer, as is
        )
    )


def test_low_stock_is_said_once_and_ends_when_goods_come_back(stock: Stock) -> None:
    stock.has("S", 2)
    level(stock, 2)

    assert looks(stock) is Looked.CHANGED
    assert looks(stock) is Looked.SAME
    (alert,) = alerts(stock)
    assert (alert.cause.kind, alert.cause.quantity, alert.cause.limit) == (
        AlertKind.LOW_STOCK,
        2,
        2,
    )
    move(stock, 1, Account.CUSTOMER, Account.AVAILABLE)
    looks(stock)

    assert alerts(stock) == []
    assert len(alerts(stock, state=AlertState.RESOLVED)) == 1


def test_an_alert_follows_its_figures_without_being_told_again(stock: Stock) -> None:
    stock.has("S", 2)
    level(stock, 2)
    looks(stock)
    move(stock, 1, Account.AVAILABLE, Account.CUSTOMER)

    looks(stock)

    (alert,) = alerts(stock)
    assert alert.cause.quantity == 1
    assert [e.type for e in stock.store.reads().events(alert.subject)] == ["stock_alert.raised"]


def test_what_ended_and_begins_again_is_another_alert(stock: Stock) -> None:
    stock.has("S", 2)
    level(stock, 2)
    looks(stock)
    move(stock, 1, Account.CUSTOMER, Account.AVAILABLE)
    looks(stock)
    move(stock, 1, Account.AVAILABLE, Account.CUSTOMER)
    looks(stock)

    assert len(alerts(stock)) == 1
    assert len(alerts(stock, state=AlertState.RESOLVED)) == 1


def test_two_looks_at_once_raise_one_alert(stock: Stock) -> None:
    stock.has("S", 2)
    level(stock, 2)
    stock.store.meanwhile(lambda: looks(stock))

    looks(stock)

    assert len(alerts(stock)) == 1


def test_goods_that_come_back_cover_a_purchase(stock: Stock) -> None:
    stock.has("S", 10)
    level(stock, 10)
    buys(stock, "PO-1", 5)
    looks(stock)
    move(stock, 3, Account.CUSTOMER, Account.AVAILABLE)
    looks(stock)

    (alert,) = alerts(stock)
    assert alert.cause.kind is AlertKind.PURCHASE_COVERED
    assert (alert.cause.purchase_id, alert.cause.quantity, alert.cause.limit) == ("PO-1", 3, 5)


def test_a_purchase_that_fills_up_a_low_stock_is_not_covered(stock: Stock) -> None:
    stock.has("S", 2)
    level(stock, 10)
    buys(stock, "PO-1", 20)
    move(stock, 5, Account.CUSTOMER, Account.AVAILABLE)
    looks(stock)

    assert [one.cause.kind for one in alerts(stock)] == [AlertKind.LOW_STOCK]


def test_the_purchase_that_is_due_last_is_cut_first_and_no_unit_covers_two(
    stock: Stock,
) -> None:
    stock.has("S", 0)
    buys(stock, "PO-1", 5, days=5)
    buys(stock, "PO-2", 2, days=9)
    move(stock, 4, Account.CUSTOMER, Account.AVAILABLE)
    looks(stock)

    cut = {one.cause.purchase_id: one.cause.quantity for one in alerts(stock)}
    assert cut == {"PO-2": 2, "PO-1": 2}


def test_a_purchase_that_arrived_has_no_alert_any_more(stock: Stock) -> None:
    buys(stock, "PO-1", 5)
    move(stock, 4, Account.CUSTOMER, Account.AVAILABLE)
    looks(stock)
    buys(stock, "PO-1", 0)
    looks(stock)

    assert alerts(stock) == []


@pytest.mark.parametrize(
    ("account", "days"),
    [(Account.RECEIVING, 3), (Account.QUARANTINE, 14), (Account.DAMAGED, 30)],
)
def test_goods_that_lie_too_long_are_said_to_be_old(
    stock: Stock, account: Account, days: int
) -> None:
    move(stock, 2, Account.CUSTOMER, account)
    looks(stock)

    looks(stock, days=days - 1)
    assert alerts(stock) == []
    looks(stock, days=days)
    (alert,) = alerts(stock)
    assert (alert.cause.kind, alert.cause.account) == (AlertKind.AGEING, account)
    assert (alert.cause.quantity, alert.cause.limit) == (2, days)


def test_the_clock_of_an_account_begins_anew_when_it_was_empty(stock: Stock) -> None:
    move(stock, 1, Account.CUSTOMER, Account.RECEIVING)
    looks(stock)
    move(stock, 1, Account.RECEIVING, Account.AVAILABLE)
    looks(stock, days=2)
    move(stock, 1, Account.CUSTOMER, Account.RECEIVING)
    looks(stock, days=2)

    looks(stock, days=4)

    assert alerts(stock) == []
    watch = stock.store.reads().stock_watch("A", "S")
    assert watch.next_at is not None
    assert watch.next_at.date() == (NOW + timedelta(days=5)).date()


def test_a_lot_is_said_to_expire_while_there_is_time_to_sell_it(stock: Stock) -> None:
    expires_on = NOW.date() + timedelta(days=40)
    move(stock, 2, Account.CUSTOMER, Account.AVAILABLE, lot="L1", expires_on=expires_on)
    looks(stock)
    assert alerts(stock) == []

    looks(stock, days=11)

    (alert,) = alerts(stock)
    assert (alert.cause.kind, alert.cause.lot) == (AlertKind.LOT_EXPIRING, "L1")
    assert alert.cause.expires_on == expires_on


def test_dates_that_contradict_each_other_are_said_until_one_is_stated(stock: Stock) -> None:
    for days in (90, 120):
        expires_on = NOW.date() + timedelta(days=days)
        move(stock, 1, Account.CUSTOMER, Account.RECEIVING, lot="L1", expires_on=expires_on)
    looks(stock)
    (alert,) = alerts(stock)
    assert alert.cause.kind is AlertKind.LOT_CONTRADICTED

    stated = StateLot(sku="S", lot="L1", expires_on=NOW.date() + timedelta(days=90))
    stock.run(lambda reads, context: state_lot(reads, stated, context))
    looks(stock)

    assert alerts(stock) == []


def test_an_alert_that_somebody_looks_after_stays_until_its_cause_is_gone(stock: Stock) -> None:
    stock.has("S", 2)
    level(stock, 2)
    looks(stock)
    (alert,) = alerts(stock)

    seen = stock.run(lambda reads, context: acknowledge(reads, alert.alert_id, context))
    looks(stock)

    assert seen.state is AlertState.ACKNOWLEDGED
    assert [one.alert_id for one in alerts(stock, state=AlertState.ACKNOWLEDGED)] == [
        alert.alert_id
    ]
    level(stock, None)
    looks(stock)
    assert alerts(stock, state=AlertState.ACKNOWLEDGED) == []


def test_of_stock_that_nobody_plans_there_is_nothing_to_say(stock: Stock) -> None:
    stock.has("S", 0)

    assert looks(stock) is Looked.SAME


def test_goods_are_old_after_the_days_of_their_warehouse(stock: Stock) -> None:
    move(stock, 2, Account.CUSTOMER, Account.QUARANTINE)
    looks(stock)

    looks(stock, days=5, by=AlertDays(lying={Account.QUARANTINE: 5}))

    (alert,) = alerts(stock)
    assert (alert.cause.kind, alert.cause.limit) == (AlertKind.AGEING, 5)


def test_where_no_days_are_set_nobody_is_told_of_old_goods(stock: Stock) -> None:
    move(stock, 2, Account.CUSTOMER, Account.QUARANTINE)
    expires_on = NOW.date() + timedelta(days=40)
    move(stock, 2, Account.CUSTOMER, Account.AVAILABLE, lot="L1", expires_on=expires_on)
    never = AlertDays(lying={Account.QUARANTINE: 0}, expiring=0)
    looks(stock, by=never)

    looks(stock, days=300, by=never)

    assert alerts(stock) == []
    assert stock.store.reads().stock_watch("A", "S").next_at is None


def test_a_lot_with_two_dates_is_sold_off_by_the_earliest(stock: Stock) -> None:
    for days in (90, 40):
        expires_on = NOW.date() + timedelta(days=days)
        move(stock, 1, Account.CUSTOMER, Account.AVAILABLE, lot="L1", expires_on=expires_on)

    looks(stock, days=11)

    expiring = [one.cause for one in alerts(stock) if one.cause.kind is AlertKind.LOT_EXPIRING]
    assert [one.expires_on for one in expiring] == [NOW.date() + timedelta(days=40)]
