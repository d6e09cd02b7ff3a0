"""A stored return as a simulation looks at it: each verdict beside the units it was about."""

from dataclasses import replace

import pytest

from chalicelib.policy.simulating import PastReturn
from chalicelib.policy.simulation_past import NO_DECISION, NO_FACTS, past_of
from chalicelib.returns.model import Resolution, Return
from tests.builders import NOW, Shop, eur, line, order, wish
from tests.fakes import FakeStore


@pytest.fixture
def shop() -> Shop:
    """An order of three lines at 10.00, 20.00 and 30.00 a unit, three units each."""
    shop = Shop(FakeStore(clock=lambda: NOW))
    lines = [line(str(no), quantity=3, price=1000 * no, category=f"c{no}") for no in (1, 2, 3)]
    shop.sells(order(*lines, region="DE", channel="web"))
    return shop


def past(ret: Return) -> PastReturn:
    found = past_of(ret)
    assert isinstance(found, PastReturn), found
    return found


def test_each_verdict_is_beside_the_line_it_was_about(shop: Shop) -> None:
    ret = shop.asks("O-1", wish(2, "3", reason="SIZE_TOO_LARGE"), wish(1, "2"))

    told = past(ret)

    assert [(one.reason, one.category, one.asked, one.kept) for one in told.lines] == [
        ("SIZE_TOO_LARGE", "c3", eur(6000), eur(6000)),
        ("CHANGED_MIND", "c2", eur(2000), eur(2000)),
    ]
    assert (told.region, told.channel, told.type) == ("DE", "web", "customer_return")


def test_two_wishes_for_one_line_are_two(shop: Shop) -> None:
    ret = shop.asks("O-1", wish(1, "3", reason="SIZE_TOO_LARGE"), wish(2, "3"))

    told = past(ret)

    assert [(one.reason, one.asked_units) for one in told.lines] == [
        ("SIZE_TOO_LARGE", 1),
        ("CHANGED_MIND", 2),
    ]


def test_what_people_rejected_is_not_kept(shop: Shop) -> None:
    ret = shop.asks("O-1", wish(3, "1"))
    ret = shop.rejects(ret)

    (only,) = past(ret).lines

    assert (only.asked, only.kept) == (eur(3000), eur(0))
    assert (only.asked_units, only.kept_units) == (3, 0)


def test_what_the_customer_took_back_is_not_asked_for(shop: Shop) -> None:
    ret = shop.cancels(shop.asks("O-1", wish(3, "1")))

    (only,) = past(ret).lines

    assert (only.asked_units, only.kept_units, only.asked) == (0, 0, eur(0))


def test_what_is_exchanged_brings_no_money(shop: Shop) -> None:
    shop.counts({"SKU-9": 5})
    ret = shop.asks(
        "O-1", wish(2, "3", resolution=Resolution.EXCHANGE, exchange_for="SKU-9"), wish(1, "2")
    )

    exchanged, refunded = past(ret).lines

    assert (exchanged.asked, exchanged.kept) == (eur(0), eur(0))
    assert (exchanged.asked_units, exchanged.kept_units) == (2, 2)
    assert refunded.kept == eur(2000)


def test_what_was_not_decided_or_kept_no_facts_is_told_as_that(shop: Shop) -> None:
    draft = shop.asks("O-1", wish(1, "1"), submit=False)
    ret = shop.asks("O-1", wish(1, "1"))
    assert ret.decision is not None
    old = replace(ret.decision, lines=tuple(replace(one, dates=None) for one in ret.decision.lines))

    assert past_of(draft) == NO_DECISION
    assert past_of(replace(ret, decision=old)) == NO_FACTS
