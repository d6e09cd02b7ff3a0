"""What providers tell of disputes: they freeze, end once, and fit what is known, or are a task."""

import pytest

from chalicelib.core.errors import TransientError
from chalicelib.settlement.model import LegState
from chalicelib.settlement.news import DisputeFound, DisputeStanding, NewsOutcome
from tests.builders import NOW, Shop, eur
from tests.fakes import FakeStore
from tests.settlement.refunding import paid, payment_tasks, told
from tests.settlement.telling import TellingProvider, hears, leg_of, settling, sold


@pytest.fixture
def provider() -> TellingProvider:
    return TellingProvider()


@pytest.fixture
def shop(provider: TellingProvider) -> Shop:
    return Shop(FakeStore(clock=lambda: NOW), providers={provider.name: provider})


def types(shop: Shop, subject: str) -> list[str]:
    return [event.type for event in shop.store.reads().events(subject)]


def test_a_dispute_freezes_and_its_end_is_booked(shop: Shop, provider: TellingProvider) -> None:
    ret = settling(shop, provider, "declined")

    opened = hears(shop, provider, provider.is_disputed("open"))
    assert leg_of(shop, ret).state is LegState.FROZEN
    won = hears(shop, provider, provider.is_disputed("won"))

    assert [opened.outcome, won.outcome] == [NewsOutcome.DISPUTED] * 2
    assert leg_of(shop, ret).state is LegState.DECLINED
    heard = [one for one in types(shop, "order/O-1") if one.startswith("payment.")]
    assert heard == ["payment.charged_back", "payment.chargeback_won"]


def test_the_end_of_a_dispute_that_comes_first_tells_all_of_it(
    shop: Shop, provider: TellingProvider
) -> None:
    sold(shop)
    opened, lost = provider.is_disputed("open"), provider.is_disputed("lost")

    outcomes = [hears(shop, provider, one).outcome for one in (lost, opened)]

    assert outcomes == [NewsOutcome.DISPUTED, NewsOutcome.UNCHANGED]
    heard = [one for one in types(shop, "order/O-1") if one.startswith("payment.")]
    assert heard == ["payment.charged_back", "payment.chargeback_lost"]


@pytest.mark.parametrize("end", ["won", "lost"])
def test_an_end_that_the_provider_does_not_show_yet_has_to_be_told_again(
    shop: Shop, provider: TellingProvider, end: str
) -> None:
    sold(shop)
    news = provider.is_disputed(end)
    provider.is_disputed("open")

    with pytest.raises(TransientError, match="provider_silent"):
        hears(shop, provider, news)

    provider.is_disputed(end)
    assert hears(shop, provider, news).outcome is NewsOutcome.DISPUTED
    assert [one.state.value for one in paid(shop).disputes] == [end.upper()]


def test_an_inquiry_takes_nothing_and_is_a_task_until_it_is_over(
    shop: Shop, provider: TellingProvider
) -> None:
    ret = settling(shop, provider, "declined")
    news = [provider.is_disputed("inquired") for _ in range(2)]

    outcomes = [hears(shop, provider, one).outcome for one in news]

    assert outcomes == [NewsOutcome.INQUIRED, NewsOutcome.UNCHANGED]
    assert leg_of(shop, ret).state is LegState.DECLINED
    assert paid(shop).disputed == eur(0)
    assert ("inquired",) in [task.reasons for task in payment_tasks(shop)]
    hears(shop, provider, provider.is_disputed("closed"))
    assert ("inquired",) not in [task.reasons for task in payment_tasks(shop)]


def test_an_inquiry_may_become_a_dispute(shop: Shop, provider: TellingProvider) -> None:
    sold(shop)
    hears(shop, provider, provider.is_disputed("inquired"))

    hears(shop, provider, provider.is_disputed("open"))

    assert paid(shop).disputed == eur(1000)
    assert [task.reasons for task in payment_tasks(shop)] == [("disputed",)]


@pytest.mark.parametrize(
    ("then", "minor", "difference"),
    [
        ("open", 999, "dispute_differs"),
        ("won", 999, "dispute_differs"),
        ("open", 1001, "dispute_amount"),
    ],
)
def test_a_dispute_that_does_not_fit_is_a_task_once(
    shop: Shop, provider: TellingProvider, then: str, minor: int, difference: str
) -> None:
    sold(shop)
    hears(shop, provider, provider.is_disputed("open"))
    before = paid(shop)
    news = [provider.is_disputed(then, minor) for _ in range(2)]

    assert [hears(shop, provider, one).outcome for one in news] == [NewsOutcome.CONTRADICTED] * 2

    assert paid(shop) == before
    (said,) = told(shop, "order/O-1", "payment.contradicted")
    assert said.data["difference"] == difference


def test_a_dispute_of_no_payment_here_is_left_alone(shop: Shop, provider: TellingProvider) -> None:
    news = provider.is_disputed("open")

    assert hears(shop, provider, news).outcome is NewsOutcome.NOT_OURS


def test_a_dispute_that_the_provider_does_not_know_is_left_alone(
    shop: Shop, provider: TellingProvider
) -> None:
    sold(shop)
    news = provider.is_disputed("open")
    provider.disputes["dp-1"] = DisputeFound(standing=DisputeStanding.NOT_FOUND)

    assert hears(shop, provider, news).outcome is NewsOutcome.NOT_OURS
    provider.is_away = True
    with pytest.raises(TransientError, match="provider_silent"):
        hears(shop, provider, provider.is_disputed("won"))
