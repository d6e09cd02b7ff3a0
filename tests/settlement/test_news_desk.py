"""What providers tell: a reason to ask, booked once, and never believed against what is known."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.core.errors import TransientError
from chalicelib.ledger.balances import Balances, faults_of
from chalicelib.settlement.model import LegState, SettlementState
from chalicelib.settlement.news import NewsOutcome
from chalicelib.settlement.ports import RefundOutcome, RefundState
from tests.builders import NOW, Shop, eur
from tests.fakes import FakeStore
from tests.settlement.refunding import paid, payment_tasks
from tests.settlement.telling import TellingProvider, hears, leg_of, settling, sold


@pytest.fixture
def provider() -> TellingProvider:
    return TellingProvider()


@pytest.fixture
def shop(provider: TellingProvider) -> Shop:
    return Shop(FakeStore(clock=lambda: NOW), providers={provider.name: provider})


def events_of(shop: Shop, subject: str, type_: str) -> list[dict[str, object]]:
    found = shop.store.reads().events(subject)
    return [dict(event.data) for event in found if event.type == type_]


# --- refunds of ours ----------------------------------------------------------------------------


def test_a_lost_answer_is_booked_when_the_provider_tells_of_it(
    shop: Shop, provider: TellingProvider
) -> None:
    ret = settling(shop, provider, "silent")
    assert leg_of(shop, ret).state is LegState.UNKNOWN

    done = hears(shop, provider, provider.becomes(leg_of(shop, ret), "succeeded"))

    assert (done.outcome, done.return_id) == (NewsOutcome.BOOKED, ret.return_id)
    assert shop.settlement(ret).state is SettlementState.SETTLED
    assert (paid(shop).refunded_by_us, paid(shop).pending) == (eur(1000), eur(0))


def test_a_decline_that_is_told_is_booked_with_its_task(
    shop: Shop, provider: TellingProvider
) -> None:
    ret = settling(shop, provider, "silent")

    hears(shop, provider, provider.becomes(leg_of(shop, ret), "declined"))

    assert leg_of(shop, ret).state is LegState.DECLINED
    assert paid(shop).pending == eur(0)
    assert [task.reasons for task in payment_tasks(shop)] == [("declined",)]


def test_the_truth_is_booked_and_not_what_was_told(shop: Shop, provider: TellingProvider) -> None:
    ret = settling(shop, provider, "silent")
    told = provider.becomes(leg_of(shop, ret), "succeeded")
    lie = replace(
        told, outcome=RefundOutcome(state=RefundState.SUCCEEDED, amount=eur(1), refund_id="x")
    )
    provider.becomes(leg_of(shop, ret), "declined")

    assert hears(shop, provider, lie).outcome is NewsOutcome.BOOKED

    assert leg_of(shop, ret).state is LegState.DECLINED


def test_the_same_news_again_ask_nobody_and_write_nothing(
    shop: Shop, provider: TellingProvider
) -> None:
    ret = settling(shop, provider, "silent")
    news = provider.becomes(leg_of(shop, ret), "succeeded")
    first = hears(shop, provider, news)
    assert isinstance(shop.store, FakeStore)
    writes, asked = shop.store.writes, len(provider.asked)

    again = hears(shop, provider, news)

    assert again == first
    assert (shop.store.writes, len(provider.asked)) == (writes, asked)


def test_news_of_what_is_booked_change_nothing(shop: Shop, provider: TellingProvider) -> None:
    ret = settling(shop, provider)
    before = shop.now_is(ret)

    done = hears(shop, provider, provider.tells_of(leg_of(shop, ret).key))

    assert done.outcome is NewsOutcome.UNCHANGED
    assert shop.now_is(ret) == before


def test_a_refund_that_is_under_way_still_is_not_remembered(
    shop: Shop, provider: TellingProvider
) -> None:
    ret = settling(shop, provider, "silent")
    news = provider.becomes(leg_of(shop, ret), "pending")

    assert hears(shop, provider, news).outcome is NewsOutcome.PENDING
    provider.becomes(leg_of(shop, ret), "succeeded")

    assert hears(shop, provider, news).outcome is NewsOutcome.BOOKED


@pytest.mark.parametrize("state", [RefundState.UNKNOWN, RefundState.NOT_FOUND])
def test_while_the_provider_cannot_say_it_has_to_tell_again(
    shop: Shop, provider: TellingProvider, state: RefundState
) -> None:
    ret = settling(shop, provider, "silent")
    before = shop.now_is(ret)
    key = leg_of(shop, ret).key
    news = provider.tells_of(key)
    if state is RefundState.UNKNOWN:
        provider.is_away = True

    with pytest.raises(TransientError, match="provider_silent"):
        hears(shop, provider, news)

    assert shop.now_is(ret) == before
    assert shop.store.reads().payment_news(provider.name, news.news_id) is None


def test_a_failure_that_the_provider_does_not_show_yet_has_to_be_told_again(
    shop: Shop, provider: TellingProvider
) -> None:
    ret = settling(shop, provider)
    leg = leg_of(shop, ret)
    news = provider.becomes(leg, "declined")
    provider.becomes(leg, "succeeded")

    with pytest.raises(TransientError, match="provider_silent"):
        hears(shop, provider, news)

    provider.becomes(leg, "declined")
    assert hears(shop, provider, news).outcome is NewsOutcome.FAILED_LATER


def test_a_refund_that_fails_days_later_freezes_its_leg(
    shop: Shop, provider: TellingProvider
) -> None:
    ret = settling(shop, provider)

    done = hears(shop, provider, provider.becomes(leg_of(shop, ret), "declined"))

    assert done.outcome is NewsOutcome.FAILED_LATER
    leg = leg_of(shop, ret)
    assert (leg.state, leg.reason) == (LegState.FROZEN, "failed_later")
    assert (paid(shop).refunded_by_us, paid(shop).pending) == (eur(0), eur(1000))
    assert [task.reasons for task in payment_tasks(shop)] == [("failed_later",)]


def test_a_failure_after_a_new_attempt_is_of_the_old_one(
    shop: Shop, provider: TellingProvider
) -> None:
    ret = settling(shop, provider)
    first = leg_of(shop, ret)
    failed = provider.becomes(first, "declined")
    hears(shop, provider, failed)
    shop.retries(shop.settlement(ret))
    second = leg_of(shop, ret)
    assert (second.attempt, second.state) == (2, LegState.PAID)

    done = hears(shop, provider, provider.tells_of(first.key))

    assert done.outcome is NewsOutcome.UNCHANGED
    assert leg_of(shop, ret) == second


@pytest.mark.parametrize("key", ["", "x", "stl_a_b:card:1", "another system's key", "a:b:c:d"])
def test_keys_that_are_none_of_ours_are_left_alone(
    shop: Shop, provider: TellingProvider, key: str
) -> None:
    settling(shop, provider)
    assert isinstance(shop.store, FakeStore)
    before = dict(shop.store.records)

    assert hears(shop, provider, provider.tells_of(key)).outcome is NewsOutcome.NOT_OURS

    assert shop.store.records == before


def test_a_provider_speaks_for_its_own_legs_only(shop: Shop, provider: TellingProvider) -> None:
    ret = settling(shop, provider, "silent")
    other = TellingProvider(name="stripe")

    done = hears(shop, other, other.becomes(leg_of(shop, ret), "succeeded"))

    assert done.outcome is NewsOutcome.NOT_OURS
    assert leg_of(shop, ret).state is LegState.UNKNOWN


# --- what does not fit --------------------------------------------------------------------------

Change = Callable[[Shop, TellingProvider], None]


@pytest.mark.parametrize(
    ("step", "changes", "difference"),
    [
        ("silent", {"state": "succeeded", "amount": eur(999)}, "amount_differs"),
        ("paid", {"state": "succeeded", "amount": eur(999)}, "amount_differs"),
        ("paid", {"state": "declined", "amount": eur(1)}, "amount_differs"),
        ("paid", {"state": "succeeded", "refund_id": "rf-other"}, "refund_differs"),
        ("paid", {"state": "declined", "refund_id": "rf-other"}, "refund_differs"),
        ("declined", {"state": "succeeded"}, "paid_after_all"),
        ("silent", {"state": "unknown", "reason": "several_refunds"}, "several_refunds"),
        ("silent", {"state": "unknown", "reason": "wrong_refund"}, "wrong_refund"),
    ],
)
def test_what_does_not_fit_moves_no_money_and_is_a_task_once(
    shop: Shop,
    provider: TellingProvider,
    step: str,
    changes: dict[str, object],
    difference: str,
) -> None:
    ret = settling(shop, provider, step)
    before, tasks = shop.settlement(ret), len(payment_tasks(shop))
    money = paid(shop)
    news = [provider.becomes(leg_of(shop, ret), **changes) for _ in range(2)]  # type: ignore[arg-type]

    outcomes = [hears(shop, provider, one).outcome for one in news]

    assert outcomes == [NewsOutcome.CONTRADICTED] * 2
    assert shop.settlement(ret) == before
    assert paid(shop) == money
    (said,) = events_of(shop, ret.subject, "refund.contradicted")
    assert said["difference"] == difference
    assert [task.reasons for task in payment_tasks(shop)[tasks:]] == [(difference,)]


def test_news_of_another_payment_than_the_leg_s_are_not_booked(
    shop: Shop, provider: TellingProvider
) -> None:
    ret = settling(shop, provider, "silent")
    provider.becomes(leg_of(shop, ret), "succeeded")
    news = provider.tells_of(leg_of(shop, ret).key, frozenset({"pay-of-somebody"}))

    assert hears(shop, provider, news).outcome is NewsOutcome.CONTRADICTED

    assert leg_of(shop, ret).state is LegState.UNKNOWN
    (said,) = events_of(shop, ret.subject, "refund.contradicted")
    assert said["difference"] == "payment_differs"


def test_an_earlier_attempt_that_was_paid_after_all_is_a_task(
    shop: Shop, provider: TellingProvider
) -> None:
    ret = settling(shop, provider, "declined")
    first = leg_of(shop, ret)
    shop.retries(shop.settlement(ret))
    second = leg_of(shop, ret)

    done = hears(shop, provider, provider.becomes(first, "succeeded"))

    assert done.outcome is NewsOutcome.CONTRADICTED
    assert leg_of(shop, ret) == second
    (said,) = events_of(shop, ret.subject, "refund.contradicted")
    assert (said["difference"], said["refund_id"]) == ("earlier_attempt_paid", f"rf-{first.key}")


# --- refunds made elsewhere ---------------------------------------------------------------------


def test_what_others_refunded_is_counted_on_the_payment_once(
    shop: Shop, provider: TellingProvider
) -> None:
    sold(shop)
    news = provider.is_refunded_elsewhere(300)

    outcomes = [hears(shop, provider, news).outcome for _ in range(2)]

    assert outcomes == [NewsOutcome.REFUNDED_ELSEWHERE] * 2
    assert (paid(shop).refunded, paid(shop).refundable) == (eur(300), eur(700))
    (said,) = events_of(shop, "order/O-1", "payment.refunded_elsewhere")
    assert said["amount"] == {"amount": "3.00", "currency": "EUR"}
    assert said["refund_id"] == news.refund_id


def test_it_is_what_the_provider_lists_and_not_what_was_told(
    shop: Shop, provider: TellingProvider
) -> None:
    settling(shop, provider, minor=2000)
    first = provider.is_refunded_elsewhere(300)
    provider.is_refunded_elsewhere(200)
    provider.is_refunded_elsewhere(9000, stands=False)
    lie = replace(first, outcome=replace(first.outcome, amount=eur(5000)))

    hears(shop, provider, lie)

    assert paid(shop).refunded == eur(500), "refunds of ours are not counted again"
    outcomes = [hears(shop, provider, one).outcome for one in provider.news[1:]]
    assert outcomes == [NewsOutcome.UNCHANGED] * 2


def test_what_the_shop_told_is_never_made_less(shop: Shop, provider: TellingProvider) -> None:
    sold(shop)
    (card,) = shop.sold().payments
    shop.registers(replace(shop.sold(), payments=(replace(card, refunded=eur(400)),)))

    hears(shop, provider, provider.is_refunded_elsewhere(300))

    assert (paid(shop).refunded, paid(shop).refunded_seen) == (eur(400), eur(300))


def test_one_that_failed_does_not_hold_the_payment_once_the_shop_says_so(
    shop: Shop, provider: TellingProvider
) -> None:
    sold(shop)
    hears(shop, provider, provider.is_refunded_elsewhere(300))
    provider.elsewhere[0] = replace(provider.elsewhere[0], stands=False)

    hears(shop, provider, provider.tells_of_elsewhere(provider.elsewhere[0]))
    assert (paid(shop).refunded, paid(shop).refunded_seen) == (eur(300), eur(0))
    (card,) = shop.sold().payments
    shop.registers(replace(shop.sold(), payments=(replace(card, refunded=eur(0)),)))

    assert paid(shop).refunded == eur(0)


def test_another_currency_is_a_task(shop: Shop, provider: TellingProvider) -> None:
    sold(shop)
    news = [provider.is_refunded_elsewhere(300, currency="USD") for _ in range(2)]

    assert [hears(shop, provider, one).outcome for one in news] == [NewsOutcome.CONTRADICTED] * 2

    assert paid(shop).refunded == eur(0)
    assert {task.reasons for task in payment_tasks(shop)} == {("currency_differs",)}


def test_one_that_the_provider_does_not_list_yet_has_to_be_told_again(
    shop: Shop, provider: TellingProvider
) -> None:
    sold(shop)
    news = provider.is_refunded_elsewhere(300)
    refund = provider.elsewhere.pop()

    with pytest.raises(TransientError, match="provider_silent"):
        hears(shop, provider, news)

    provider.elsewhere.append(refund)
    assert hears(shop, provider, news).outcome is NewsOutcome.REFUNDED_ELSEWHERE


def test_a_payment_of_no_order_is_left_alone_and_nobody_is_asked(
    shop: Shop, provider: TellingProvider
) -> None:
    sold(shop)
    provider.is_refunded_elsewhere(300)
    provider.is_away = True
    stranger = provider.tells_of_elsewhere(provider.elsewhere[0], "pay-of-nobody")

    assert hears(shop, provider, stranger).outcome is NewsOutcome.NOT_OURS
    with pytest.raises(TransientError, match="provider_silent"):
        hears(shop, provider, provider.news[0])


def test_the_ledger_says_what_was_booked(shop: Shop, provider: TellingProvider) -> None:
    ret = settling(shop, provider, "silent")
    hears(shop, provider, provider.becomes(leg_of(shop, ret), "succeeded"))
    hears(shop, provider, provider.becomes(leg_of(shop, ret), "declined"))

    postings = shop.store.reads().postings(ret.subject)

    assert faults_of(ret.subject, postings) == []
    balances = Balances.of(postings, "EUR")
    assert (balances.owed(), balances.under_way()) == (eur(1000), eur(0))
