"""Exchanges that wait are found when they are due, and money is let go of when goods come."""

from datetime import datetime, timedelta

import pytest

from chalicelib import wiring
from chalicelib.core.commands import Answer
from chalicelib.core.events import Actor, Context
from chalicelib.exchanges import advancing
from chalicelib.exchanges.advancing import CrossShip
from chalicelib.exchanges.chasing import Outcome
from chalicelib.exchanges.desk import PaymentDesk
from chalicelib.exchanges.model import AdvanceState, Authorisation, Exchange, ExchangeState
from chalicelib.exchanges.sending import Ship
from chalicelib.returns.model import Return
from chalicelib.workers.events_stream import project_events
from chalicelib.workers.exchanges import ChasingExchanges, look_after_advances
from tests.builders import NOW, Shop, eur, item, line, order
from tests.children import approves, exchange_of, swap
from tests.exchanges.links import FakeLinks
from tests.stage import Stage, run_stream_worker

DAY = timedelta(days=1)


@pytest.fixture
def shop(stage: Stage) -> Shop:
    shop = Shop(wiring.commands())
    shop.sells(order(line(quantity=3)))
    shop.counts({"BLUE": 5})
    return shop


def listed(stage: Stage) -> None:
    """The stream has been worked on."""
    stage.observe()
    run_stream_worker(project_events, stage.changes)
    stage.changes.clear()


def run(at: datetime, links: FakeLinks | None = None) -> ChasingExchanges:
    chasing = ChasingExchanges(
        commands=wiring.commands(),
        views=wiring.views(),
        desk=PaymentDesk(commands=wiring.commands(), links=links, clock=lambda: at),
        clock=lambda: at,
        correlation_id="corr-1",
        remaining_s=lambda: 900.0,
    )
    chasing.work()
    return chasing


def unpaid(shop: Shop) -> Return:
    return approves(shop, shop.asks("O-1", swap(1, for_="BLUE", price=1200)))


def sent_ahead(shop: Shop) -> tuple[Return, Exchange]:
    ret = approves(shop, shop.asks("O-1", swap(1, for_="BLUE")))
    held = Authorisation(reference="a", amount=eur(1000), expires_at=NOW + 40 * DAY)
    command = CrossShip(ship=Ship(), authorisation=held)
    exchange_id = exchange_of(shop, ret).exchange_id
    sent = shop.do(
        lambda reads, context: advancing.cross_ship(reads, exchange_id, command, context)
    )
    return ret, sent


def test_what_is_not_paid_is_reminded_of_and_taken_back(stage: Stage, shop: Shop) -> None:
    ret = unpaid(shop)
    listed(stage)

    early = run(NOW + 6 * DAY)
    reminded = run(NOW + 8 * DAY)
    listed(stage)
    again = run(NOW + 9 * DAY)
    ended = run(NOW + 15 * DAY)
    listed(stage)
    after = run(NOW + 16 * DAY)

    assert (early.done, again.done, after.done) == ({}, {}, {})
    assert dict(reminded.done) == {Outcome.REMINDED: 1}
    assert dict(ended.done) == {Outcome.TAKEN_BACK: 1}
    assert exchange_of(shop, ret).state is ExchangeState.CANCELLED


def test_a_payment_of_the_last_minute_is_found_before_it_ends(stage: Stage, shop: Shop) -> None:
    ret, links = unpaid(shop), FakeLinks()
    desk = PaymentDesk(commands=wiring.commands(), links=links)
    desk.link(
        exchange_of(shop, ret).exchange_id,
        shop.context(),
        render=_nothing,
        idempotency=None,
    )
    links.paid(exchange_of(shop, ret))
    listed(stage)

    ended = run(NOW + 15 * DAY, links)

    assert dict(ended.done) == {Outcome.UNCHANGED: 1}
    assert exchange_of(shop, ret).state is ExchangeState.RESERVED


def _nothing(_: Exchange) -> Answer:
    return Answer(status=200, body=b"")


def test_units_that_do_not_come_are_told_to_finance(stage: Stage, shop: Shop) -> None:
    ret, _ = sent_ahead(shop)
    listed(stage)

    late = run(NOW + 29 * DAY)

    assert dict(late.done) == {Outcome.OVERDUE: 1}
    advance = exchange_of(shop, ret).advance
    assert advance is not None
    assert advance.state is AdvanceState.OVERDUE


def test_money_is_let_go_of_when_the_units_are_received(stage: Stage, shop: Shop) -> None:
    ret, sent = sent_ahead(shop)
    context = Context(
        actor=Actor(id="w", role="system"), now=NOW + DAY, command_id="cmd_1", correlation_id="c"
    )
    before = look_after_advances(wiring.commands(), ret.return_id, context)
    shop.receives(ret, item())

    released = look_after_advances(wiring.commands(), ret.return_id, context)
    again = look_after_advances(wiring.commands(), ret.return_id, context)

    assert (before, released, again) == (0, 1, 0)
    assert shop.store.reads().events(sent.subject)[-1].type == "exchange.authorisation_released"
