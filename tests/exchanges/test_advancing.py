"""A replacement that leaves before its units came: backed by money, and never charged silently."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.errors import Conflict, Invalid, Stale
from chalicelib.exchanges import advancing, chasing
from chalicelib.exchanges.advancing import Charge, CrossShip
from chalicelib.exchanges.chasing import Outcome
from chalicelib.exchanges.model import AdvanceState, Authorisation, Exchange, ExchangeState
from chalicelib.exchanges.sending import Ship
from chalicelib.reconciliation.returns import bucket_findings
from chalicelib.returns.model import Closure, Return
from chalicelib.returns.units import quantities
from chalicelib.tasks.model import TaskKind, task_id_for
from tests.builders import NOW, Shop, eur, item, line, order, passed, restock
from tests.children import approves, exchange_of, swap, unexchanges
from tests.exchanges.test_differences import audit, booked

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
    """Two units of 10.00 are to be exchanged for blue ones of the same price."""
    return approves(shop, shop.asks("O-1", swap(2, for_="BLUE")))


def held(minor: int = 2000, days: int = 40) -> Authorisation:
    return Authorisation(reference="auth-1", amount=eur(minor), expires_at=NOW + days * DAY)


def cross_ships(shop: Shop, ret: Return, **more: Any) -> Exchange:
    exchange = exchange_of(shop, ret)
    if "waived_because" not in more:
        more.setdefault("authorisation", held())
    command = CrossShip(ship=Ship(carrier="post"), **more)
    return shop.do(
        lambda reads, context: advancing.cross_ship(reads, exchange.exchange_id, command, context)
    )


def charges(shop: Shop, exchange: Exchange, minor: int = 2000, proof: str = "cap-1") -> Exchange:
    command = Charge(amount=eur(minor), reference=proof)
    return shop.do(
        lambda reads, context: advancing.charge(reads, exchange.exchange_id, command, context)
    )


def chases(shop: Shop, exchange: Exchange) -> Outcome:
    return shop.do(lambda reads, context: chasing.chase(reads, exchange.exchange_id, context))


def comes_back(shop: Shop, ret: Return, quantity: int = 2) -> Return:
    shop.receives(ret, item(quantity=quantity))
    shop.inspects(ret, passed(quantity))
    return shop.disposes(ret, restock(quantity))


def told(shop: Shop, exchange: Exchange) -> list[str]:
    return [event.type for event in shop.store.reads().events(exchange.subject)]


def test_it_leaves_with_what_backs_it_and_a_day(shop: Shop, ret: Return) -> None:
    sent = cross_ships(shop, ret)

    assert sent.state is ExchangeState.SHIPPED
    assert sent.advance is not None
    assert (sent.advance.state, sent.advance.authorisation) == (AdvanceState.OPEN, held())
    assert sent.advance.due_at == shop.now + 28 * DAY
    assert advancing.allowed_of(sent) == ("release",)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"authorisation": held(1999)}, "authorisation_too_small"),
        ({"authorisation": held(days=20)}, "authorisation_too_short"),
        ({"authorisation": held(), "due_at": NOW}, "due_in_past"),
        ({"authorisation": None}, "authorisation_required"),
    ],
    ids=["too little", "too short", "due already", "nothing"],
)
def test_it_does_not_leave_without_enough_to_back_it(
    shop: Shop, ret: Return, more: dict[str, Any], code: str
) -> None:
    with pytest.raises((Conflict, Invalid), match=code):
        cross_ships(shop, ret, **more)

    assert exchange_of(shop, ret).state is ExchangeState.RESERVED


def test_who_may_waives_it_for_a_reason_that_no_event_tells(shop: Shop, ret: Return) -> None:
    sent = cross_ships(shop, ret, waived_because="Ada is my aunt")

    assert sent.advance is not None
    assert (sent.advance.waived_by, sent.advance.waived_because) == ("someone", "Ada is my aunt")
    assert "aunt" not in repr(shop.store.reads().events(sent.subject))


def test_units_that_come_in_time_set_the_money_free(shop: Shop, ret: Return) -> None:
    sent = cross_ships(shop, ret)
    comes_back(shop, ret, 1)
    with pytest.raises(Conflict, match="goods_awaited") as refused:
        shop.do(lambda reads, context: advancing.release(reads, sent.exchange_id, context))
    assert refused.value.details["awaited"] == 1
    comes_back(shop, ret, 1)

    shop.do(lambda reads, context: advancing.release(reads, sent.exchange_id, context))

    assert told(shop, sent)[-1] == "exchange.authorisation_released"
    assert shop.now_is(ret).closure is Closure.COMPLETED
    with pytest.raises(Conflict, match="exchange_not_open"):
        charges(shop, sent)


def test_it_is_set_free_by_itself_at_the_latest_when_it_is_due(shop: Shop, ret: Return) -> None:
    sent = cross_ships(shop, ret)
    comes_back(shop, ret)

    assert chases(shop, sent) is Outcome.RELEASED
    assert chases(shop, sent) is Outcome.UNCHANGED


def test_units_that_do_not_come_become_a_task_and_nothing_is_charged(
    shop: Shop, ret: Return
) -> None:
    sent = cross_ships(shop, ret)
    comes_back(shop, ret, 1)
    assert chases(shop, sent) is Outcome.UNCHANGED
    shop.now += 29 * DAY

    assert chases(shop, sent) is Outcome.OVERDUE
    assert chases(shop, sent) is Outcome.UNCHANGED

    task = shop.store.reads().task(task_id_for(TaskKind.PAYMENT, sent.subject, "overdue"))
    assert task is not None
    assert (task.role, task.amount, task.reasons) == ("finance", eur(1000), ("exchange_overdue",))
    assert advancing.allowed_of(exchange_of(shop, ret)) == ("release", "charge")


def overdue(shop: Shop, ret: Return, came: int = 0, **more: Any) -> Exchange:
    """One unit came, or none, and the day has passed."""
    sent = cross_ships(shop, ret, **more)
    if came:
        comes_back(shop, ret, came)
    shop.now += 29 * DAY
    chases(shop, sent)
    return exchange_of(shop, ret)


def test_what_is_charged_sells_the_units_that_did_not_come(shop: Shop, ret: Return) -> None:
    exchange = charges(shop, overdue(shop, ret, came=1), 1000)

    after = shop.now_is(ret)
    assert exchange.advance is not None
    assert (exchange.advance.state, exchange.advance.charged) == (AdvanceState.CHARGED, eur(1000))
    assert after.closure is Closure.COMPLETED
    assert (quantities(after.lines[0]).kept, quantities(after.lines[0]).received) == (1, 1)
    assert shop.returnable() == 1
    assert list(bucket_findings(after)) == []
    assert booked(shop, ret) == {"charged": 1000, "returned": 2000, "exchanged": -3000}
    with pytest.raises(Conflict, match="nothing_to_settle"):
        shop.settles(ret)


@pytest.mark.parametrize(
    ("came", "authorised", "minor"), [(0, 2000, 2001), (1, 2000, 1001)], ids=["held", "worth"]
)
def test_no_more_is_charged_than_is_held_or_did_not_come(
    shop: Shop, ret: Return, came: int, authorised: int, minor: int
) -> None:
    exchange = overdue(shop, ret, came, authorisation=held(authorised))

    with pytest.raises(Conflict, match="charge_too_large"):
        charges(shop, exchange, minor)


def test_the_same_charge_stated_again_changes_nothing(shop: Shop, ret: Return) -> None:
    first = charges(shop, overdue(shop, ret))

    assert charges(shop, first) == first
    with pytest.raises(Conflict, match="exchange_not_open"):
        charges(shop, first, proof="cap-2")


def test_a_charge_has_a_proof_and_comes_after_the_day(shop: Shop, ret: Return) -> None:
    sent = cross_ships(shop, ret)

    with pytest.raises(Conflict, match="exchange_not_open"):
        charges(shop, sent)
    with pytest.raises(Invalid, match="proof_required"):
        charges(shop, sent, proof=" ")


def test_goods_that_come_late_may_still_set_it_free(shop: Shop, ret: Return) -> None:
    exchange = overdue(shop, ret)
    comes_back(shop, ret)

    done = shop.do(lambda reads, context: advancing.release(reads, exchange.exchange_id, context))

    assert done.advance is not None
    assert done.advance.state is AdvanceState.RELEASED


def test_a_replacement_that_comes_back_instead_is_awaited_too(shop: Shop, ret: Return) -> None:
    unexchanges(shop, cross_ships(shop, ret))
    with pytest.raises(Conflict, match="goods_awaited"):
        shop.do(
            lambda reads, context: advancing.release(
                reads, exchange_of(shop, ret).exchange_id, context
            )
        )

    shop.receives(ret, item("BLUE", 2))

    assert chases(shop, exchange_of(shop, ret)) is Outcome.RELEASED


def test_what_it_costs_more_is_paid_first(shop: Shop) -> None:
    ret = approves(shop, shop.asks("O-1", swap(1, for_="BLUE", price=1200)))

    with pytest.raises(Conflict, match="payment_awaited"):
        cross_ships(shop, ret)


def test_an_older_version_is_stale(shop: Shop, ret: Return) -> None:
    sent = cross_ships(shop, ret)

    with pytest.raises(Stale, match="stale_version"):
        shop.do(
            lambda reads, context: advancing.release(reads, sent.exchange_id, context),
            shop.context(version=1),
        )


def test_what_is_never_paid_is_reminded_of_and_taken_back(shop: Shop) -> None:
    ret = approves(shop, shop.asks("O-1", swap(1, for_="BLUE", price=1200)))
    exchange = exchange_of(shop, ret)

    assert chases(shop, exchange) is Outcome.UNCHANGED
    shop.now += 7 * DAY
    assert chases(shop, exchange) is Outcome.REMINDED
    assert chases(shop, exchange) is Outcome.UNCHANGED
    shop.now += 7 * DAY
    assert chases(shop, exchange) is Outcome.TAKEN_BACK

    assert exchange_of(shop, ret).reason == "NOT_PAID"
    assert shop.on_hand("BLUE") == 5
    assert shop.now_is(ret).lines[0].resolution == "refund"
