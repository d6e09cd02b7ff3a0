"""Where a replacement costs more, it is paid before it is sent, once and to the cent."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.errors import Conflict, Invalid, TransientError
from chalicelib.core.money import Money
from chalicelib.exchanges import paying
from chalicelib.exchanges.model import Exchange, ExchangeState, LinkState
from chalicelib.exchanges.paying import Paid
from chalicelib.inventory.model import Account
from chalicelib.returns.model import Closure, Return
from chalicelib.settlement.model import LegState
from chalicelib.tasks.model import TaskKind, task_id_for
from tests.builders import Shop, eur, failed, item, line, order, passed, restock
from tests.children import approves, cancels, exchange_of, ships, swap, unexchanges
from tests.exchanges.links import EXPIRES, FakeLinks, desk, linked
from tests.exchanges.test_differences import audit, booked
from tests.fakes import Killed

DAY = timedelta(days=1)


@pytest.fixture
def shop(shop: Shop) -> Shop:
    shop.sells(order(line(quantity=3)))
    shop.counts({"BLUE": 5})
    return shop


@pytest.fixture(autouse=True)
def audited(shop: Shop) -> Iterator[None]:
    yield
    audit(shop)


@pytest.fixture
def ret(shop: Shop) -> Return:
    """Two units of 10.00 are to be exchanged for blue ones of 12.50."""
    return approves(shop, shop.asks("O-1", swap(2, for_="BLUE", price=1250)))


@pytest.fixture
def links() -> FakeLinks:
    return FakeLinks()


def pays(shop: Shop, exchange: Exchange, minor: int = 500, reference: str = "bank-1") -> Exchange:
    """Finance states a payment with its proof."""
    command = Paid(amount=eur(minor), reference=reference)
    return shop.do(
        lambda reads, context: paying.state_paid(reads, exchange.exchange_id, command, context)
    )


def comes_back(shop: Shop, ret: Return, quantity: int = 2, sku: str = "SKU-1") -> None:
    shop.receives(ret, item(sku, quantity))
    line_no = shop.now_is(ret).lines[-1].line_no
    shop.inspects(ret, passed(quantity, line_no))
    shop.disposes(ret, restock(quantity, line_no))


def task_of(shop: Shop, ret: Return, exchange: Exchange) -> Any:
    occasion = f"{exchange.exchange_id}-on-top-{exchange.version}"
    return shop.store.reads().task(task_id_for(TaskKind.PAYMENT, ret.subject, occasion))


def test_its_stock_is_promised_and_waits_for_the_difference(shop: Shop, ret: Return) -> None:
    exchange = exchange_of(shop, ret)

    assert (exchange.state, exchange.costs_more) == (ExchangeState.AWAITING_PAYMENT, eur(500))
    assert shop.on_hand("BLUE", Account.RESERVED) == 2
    with pytest.raises(Conflict, match="payment_awaited"):
        ships(shop, exchange)


def test_once_it_is_paid_it_is_sent_and_no_more_is_owed(shop: Shop, ret: Return) -> None:
    paid = pays(shop, exchange_of(shop, ret))
    ships(shop, paid)
    comes_back(shop, ret)

    assert paid.state is ExchangeState.RESERVED
    assert shop.now_is(ret).closure is Closure.COMPLETED
    assert booked(shop, ret) == {
        "charged": 500,
        "returned": 2000,
        "exchanged": -2500,
    }


@pytest.mark.parametrize("amount", [eur(499), eur(501), Money(500, "USD")])
def test_what_was_paid_is_the_difference_to_the_cent(
    shop: Shop, ret: Return, amount: Money
) -> None:
    exchange = exchange_of(shop, ret)
    command = Paid(amount=amount, reference="bank-1")

    with pytest.raises(Conflict, match="amount_differs") as refused:
        shop.do(
            lambda reads, context: paying.state_paid(reads, exchange.exchange_id, command, context)
        )

    assert refused.value.details["due"] == {"amount": "5.00", "currency": "EUR"}


def test_a_payment_has_a_proof(shop: Shop, ret: Return) -> None:
    with pytest.raises(Invalid, match="proof_required"):
        pays(shop, exchange_of(shop, ret), reference=" ")


def test_the_same_payment_stated_again_changes_nothing(shop: Shop, ret: Return) -> None:
    first = pays(shop, exchange_of(shop, ret))

    again = pays(shop, first)

    assert again == first
    with pytest.raises(Conflict, match="exchange_not_open"):
        pays(shop, first, reference="bank-2")


def test_a_link_is_made_once_and_shown_again(shop: Shop, ret: Return, links: FakeLinks) -> None:
    linked(shop, links, exchange_of(shop, ret))
    linked(shop, links, exchange_of(shop, ret))

    link = exchange_of(shop, ret).link
    assert link is not None
    assert (link.state, link.amount, link.attempt) == (LinkState.OPEN, eur(500), 1)
    assert link.url == f"https://pay.example/{link.key}"
    assert len(links.made) == 1


def test_without_a_maker_of_links_people_state_what_was_paid(shop: Shop, ret: Return) -> None:
    with pytest.raises(Conflict, match="no_payment_links"):
        linked(shop, None, exchange_of(shop, ret))


@pytest.mark.parametrize("fault", ["lost", "silent"])
def test_a_lost_answer_is_asked_for_by_the_same_key(
    shop: Shop, ret: Return, links: FakeLinks, fault: str
) -> None:
    links.script = [fault]
    with pytest.raises(TransientError, match="payment_link_unknown"):
        linked(shop, links, exchange_of(shop, ret))

    linked(shop, links, exchange_of(shop, ret))

    link = exchange_of(shop, ret).link
    assert link is not None
    assert (link.state, link.attempt, len(links.made)) == (LinkState.OPEN, 1, 1)


def test_a_process_that_dies_leaves_the_key_behind(
    shop: Shop, ret: Return, links: FakeLinks
) -> None:
    links.script = ["dies after"]
    with pytest.raises(Killed):
        linked(shop, links, exchange_of(shop, ret))
    left = exchange_of(shop, ret).link

    linked(shop, links, exchange_of(shop, ret))

    assert left is not None
    assert left.state is LinkState.ASKED
    assert list(links.made) == [left.key]


def test_the_provider_is_asked_what_was_paid(shop: Shop, ret: Return, links: FakeLinks) -> None:
    linked(shop, links, exchange_of(shop, ret))
    links.paid(exchange_of(shop, ret))

    desk(shop, links).check(exchange_of(shop, ret).exchange_id, shop.context())
    desk(shop, links).check(exchange_of(shop, ret).exchange_id, shop.context())

    exchange = exchange_of(shop, ret)
    assert exchange.paid is not None
    assert (exchange.state, exchange.paid.amount) == (ExchangeState.RESERVED, eur(500))
    told = [event.type for event in shop.store.reads().events(ret.subject)]
    assert told.count("settlement.exchanged") == 1


def test_another_amount_is_no_payment(shop: Shop, ret: Return, links: FakeLinks) -> None:
    linked(shop, links, exchange_of(shop, ret))
    links.paid(exchange_of(shop, ret), eur(50))

    desk(shop, links).check(exchange_of(shop, ret).exchange_id, shop.context())

    assert exchange_of(shop, ret).state is ExchangeState.AWAITING_PAYMENT


def test_an_expired_link_is_followed_by_a_new_one(
    shop: Shop, ret: Return, links: FakeLinks
) -> None:
    linked(shop, links, exchange_of(shop, ret))
    links.expired(exchange_of(shop, ret))

    linked(shop, links, exchange_of(shop, ret))

    link = exchange_of(shop, ret).link
    assert link is not None
    assert (link.attempt, link.state, len(links.made)) == (2, LinkState.OPEN, 2)
    assert link.expires_at is not None
    assert link.expires_at - EXPIRES <= link.asked_at


def test_what_was_paid_for_a_cancelled_exchange_goes_back_by_hand(shop: Shop, ret: Return) -> None:
    exchange = cancels(shop, pays(shop, exchange_of(shop, ret)))
    comes_back(shop, ret)
    shop.settles(ret)

    settlement = shop.settlement(ret)
    by_hand = next(leg for leg in settlement.legs if leg.payment_id == exchange.exchange_id)
    assert (by_hand.state, by_hand.amount, by_hand.provider_ref) == (
        LegState.MANUAL,
        eur(500),
        "bank-1",
    )
    assert task_of(shop, ret, exchange).reasons == ("paid_on_top",)
    assert shop.now_is(ret).closure is Closure.OPEN
    shop.confirms(settlement, exchange.exchange_id)
    assert shop.now_is(ret).closure is Closure.COMPLETED
    assert shop.sold().payments[0].refunded_by_us == eur(2000)
    assert booked(shop, ret) == {
        "charged": 500,
        "exchanged": -500,
        "returned": 2500,
        "refunded": -2500,
    }


def test_what_was_paid_for_denied_units_goes_back(shop: Shop, ret: Return) -> None:
    pays(shop, exchange_of(shop, ret))
    shop.receives(ret, item(quantity=2))
    shop.inspects(ret, passed(1), failed(1))

    sent = ships(shop, exchange_of(shop, ret))
    shop.settles(ret)

    assert (sent.value, sent.price) == (eur(1000), eur(1250))
    assert [leg.amount for leg in shop.settlement(ret).legs] == [eur(250)]


def test_a_payment_that_comes_too_late_is_booked_and_owed_back(
    shop: Shop, ret: Return, links: FakeLinks
) -> None:
    linked(shop, links, exchange_of(shop, ret))
    links.paid(exchange_of(shop, ret))
    cancels(shop, exchange_of(shop, ret))
    comes_back(shop, ret)
    shop.settles(ret)
    assert shop.now_is(ret).closure is Closure.COMPLETED

    desk(shop, links).check(exchange_of(shop, ret).exchange_id, shop.context())

    assert shop.now_is(ret).closure is Closure.REOPENED
    shop.settles(ret)
    assert [leg.amount for leg in shop.settlement(ret).legs] == [eur(500)]


def test_who_keeps_the_old_unit_gets_back_what_was_paid_on_top(shop: Shop, ret: Return) -> None:
    sent = ships(shop, pays(shop, exchange_of(shop, ret)))
    unexchanges(shop, sent)
    with pytest.raises(Conflict, match="nothing_to_settle"):
        shop.settles(ret)
    comes_back(shop, ret, sku="BLUE")

    shop.settles(ret)

    settlement = shop.settlement(ret)
    assert {leg.payment_id: leg.amount for leg in settlement.legs} == {
        sent.exchange_id: eur(500),
        "card": eur(2000),
    }


def test_who_keeps_one_of_two_gets_back_half(shop: Shop, ret: Return) -> None:
    sent = ships(shop, pays(shop, exchange_of(shop, ret)))
    unexchanges(shop, sent, 1)
    comes_back(shop, ret, 1, sku="BLUE")

    shop.settles(ret)

    assert shop.settlement(ret).amount == eur(1250)


def test_somebody_is_reminded_of_it_once(shop: Shop, ret: Return) -> None:
    exchange = exchange_of(shop, ret)
    assert exchange.payment_due_at is not None
    assert exchange.remind_at is not None

    def reminds() -> Exchange:
        return shop.do(lambda reads, context: paying.remind(reads, exchange.exchange_id, context))

    assert reminds() == exchange
    shop.now = exchange.remind_at
    assert reminds().reminded_at is not None
    assert reminds().version == exchange.version + 1
