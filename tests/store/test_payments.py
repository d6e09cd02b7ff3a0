"""Payments and what was told of them, in the real store: kept, found again, and claimed once."""

from datetime import UTC, datetime

import pytest

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict
from chalicelib.orders.payment_lookup import PaymentOf
from chalicelib.settlement.news import NewsOutcome, PaymentNews
from chalicelib.store.execution import Commands
from tests.builders import Shop
from tests.orders.test_payment_lookup import sold
from tests.store.watched import WatchedTable

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture
def commands(core: WatchedTable) -> Commands:
    return Commands(table=core, clock=lambda: AT, sleep=lambda _: None, chance=lambda: 0.0)


def test_references_are_found_together_whatever_signs_they_have(commands: Commands) -> None:
    shop = Shop(commands)
    shop.sells(sold("O-1", "pi_1", "a:b/c+d e"))

    found = commands.reads().payments_of(
        [("sandbox", "pi_1"), ("sandbox", "unknown"), ("sandbox", "a:b/c+d e")]
    )

    assert [(one.provider_ref, one.order_no, one.payment_id) for one in found] == [
        ("pi_1", "O-1", "card-0"),
        ("a:b/c+d e", "O-1", "card-1"),
    ]
    assert all(isinstance(one, PaymentOf) for one in found)


def test_a_reference_is_claimed_by_one_order(commands: Commands, core: WatchedTable) -> None:
    shop = Shop(commands)
    core.interference.append(lambda: shop.sells(sold("O-1", "pi_1")))

    with pytest.raises(Conflict, match="payment_reference_taken"):
        shop.registers(sold("O-2", "pi_1"))

    assert commands.reads().order("O-2") is None


def test_news_are_found_by_their_provider_and_id(commands: Commands) -> None:
    news = PaymentNews(
        provider="stripe",
        news_id="evt_1",
        about="re_1",
        told_at=AT,
        taken_at=AT,
        outcome=NewsOutcome.BOOKED,
        return_id="ret_1",
    )
    context = Shop(commands).context()
    changes = Changes(records=(news,))
    commands.run(lambda reads: Decided(result=None, changes=changes), context=context)

    assert commands.reads().payment_news("stripe", "evt_1") == news
    assert commands.reads().payment_news("sandbox", "evt_1") is None
