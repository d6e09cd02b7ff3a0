"""A refund that its provider paid after all, although it was declined, given up or paid by hand:
a person is told, and nobody sends it a second time."""

from collections.abc import Callable

import pytest

from chalicelib.core.errors import Conflict
from chalicelib.returns.model import Return
from chalicelib.settlement.model import Leg, LegState, SettlementState
from chalicelib.settlement.news import NewsOutcome
from chalicelib.settlement.ports import RefundOutcome, RefundRequest, RefundState
from chalicelib.tasks import working
from chalicelib.tasks.model import Task
from tests.builders import NOW, Shop, eur
from tests.fakes import FakeStore
from tests.settlement.refunding import (
    books,
    paid,
    payment_tasks,
    pays_otherwise,
    takes_back,
    told,
    writes_off,
)
from tests.settlement.telling import TellingProvider, hears, leg_of, settling


@pytest.fixture
def provider() -> TellingProvider:
    return TellingProvider()


@pytest.fixture
def shop(provider: TellingProvider) -> Shop:
    return Shop(FakeStore(clock=lambda: NOW), providers={provider.name: provider})


@pytest.fixture
def declined(shop: Shop, provider: TellingProvider) -> Return:
    return settling(shop, provider, "declined")


def contradictions(shop: Shop, ret: Return) -> list[object]:
    return [event.data["difference"] for event in told(shop, ret.subject, "refund.contradicted")]


def is_looked_at(shop: Shop, reason: str) -> Task:
    """A person does the task of this reason."""
    (task,) = (one for one in payment_tasks(shop) if one.reasons == (reason,))
    done = working.Complete(outcome="It was not.")
    worker = working.Worker(roles=frozenset({"finance"}))
    return shop.do(
        lambda reads, context: working.complete(reads, task.task_id, done, worker, context)
    )


# --- what became of the leg meanwhile -------------------------------------------------------------


def by_hand(shop: Shop, ret: Return) -> None:
    pays_otherwise(shop, shop.settlement(ret), "card")


def by_hand_and_confirmed(shop: Shop, ret: Return) -> None:
    by_hand(shop, ret)
    shop.confirms(shop.settlement(ret), "card", "SEPA 1")


def by_hand_and_given_up(shop: Shop, ret: Return) -> None:
    by_hand(shop, ret)
    writes_off(shop, shop.settlement(ret), "card")


def given_up(shop: Shop, ret: Return) -> None:
    writes_off(shop, shop.settlement(ret), "card")


def taken_back(shop: Shop, ret: Return) -> None:
    takes_back(shop, shop.settlement(ret))


@pytest.mark.parametrize(
    ("meanwhile", "difference"),
    [
        (by_hand, "earlier_attempt_paid"),
        (by_hand_and_confirmed, "earlier_attempt_paid"),
        (by_hand_and_given_up, "earlier_attempt_paid"),
        (given_up, "paid_after_all"),
        (taken_back, "paid_after_all"),
    ],
)
def test_a_provider_that_pays_after_all_is_never_passed_over(
    shop: Shop,
    provider: TellingProvider,
    declined: Return,
    meanwhile: Callable[[Shop, Return], None],
    difference: str,
) -> None:
    first = leg_of(shop, declined)
    meanwhile(shop, declined)
    before = leg_of(shop, declined)

    done = hears(shop, provider, provider.becomes(first, "succeeded"))

    assert (done.outcome, done.return_id) == (NewsOutcome.CONTRADICTED, declined.return_id)
    assert contradictions(shop, declined) == [difference]
    assert (difference,) in [task.reasons for task in payment_tasks(shop)]
    assert leg_of(shop, declined) == before, "no money is booked that we did not ask for"


def test_the_provider_is_asked_of_the_payment_that_it_was_sent_to(
    shop: Shop, provider: TellingProvider, declined: Return
) -> None:
    first = leg_of(shop, declined)
    by_hand(shop, declined)
    news = provider.becomes(first, "succeeded")
    asked: list[str | None] = []

    class Asked(TellingProvider):
        def find(
            self, key: str, *, timeout_s: float, provider_ref: str | None = None
        ) -> RefundOutcome:
            asked.append(provider_ref)
            return TellingProvider.find(self, key, timeout_s=timeout_s, provider_ref=provider_ref)

    hears(shop, Asked(refunds=provider.refunds), news)

    assert asked == ["pay-of-card"]


def test_an_earlier_attempt_that_stays_declined_is_no_news(
    shop: Shop, provider: TellingProvider, declined: Return
) -> None:
    first = leg_of(shop, declined)
    by_hand(shop, declined)

    done = hears(shop, provider, provider.becomes(first, "declined"))

    assert (done.outcome, contradictions(shop, declined)) == (NewsOutcome.UNCHANGED, [])


# --- nobody sends it again before a person looked at it -------------------------------------------


def test_what_was_paid_after_all_is_not_sent_again(
    shop: Shop, provider: TellingProvider, declined: Return
) -> None:
    hears(shop, provider, provider.becomes(leg_of(shop, declined), "succeeded"))
    sent = len(provider.sent)

    with pytest.raises(Conflict, match="refund_contradicted"):
        shop.retries(shop.settlement(declined))

    assert len(provider.sent) == sent
    assert provider.paid_out("card") == 1000


def test_nor_is_what_came_back_and_did_not(shop: Shop, provider: TellingProvider) -> None:
    ret = settling(shop, provider)
    first = leg_of(shop, ret)
    hears(shop, provider, provider.becomes(first, "declined"))
    hears(shop, provider, provider.becomes(first, "succeeded"))

    with pytest.raises(Conflict, match="refund_contradicted"):
        shop.retries(shop.settlement(ret))


def test_nor_is_it_sent_in_another_settlement(
    shop: Shop, provider: TellingProvider, declined: Return
) -> None:
    hears(shop, provider, provider.becomes(leg_of(shop, declined), "succeeded"))

    with pytest.raises(Conflict, match="refund_contradicted"):
        takes_back(shop, shop.settlement(declined))


def test_who_looked_at_it_says_what_was_paid_and_by_which_refund(
    shop: Shop, provider: TellingProvider, declined: Return
) -> None:
    news = provider.becomes(leg_of(shop, declined), "succeeded")
    hears(shop, provider, news)

    by_hand(shop, declined)
    shop.confirms(shop.settlement(declined), "card", news.refund_id)

    assert shop.settlement(declined).state is SettlementState.SETTLED
    assert paid(shop).refunded_by_us == eur(1000)
    assert books(shop, declined.subject).refunded("card") == eur(1000)


def test_who_looked_at_it_may_have_it_sent_again(
    shop: Shop, provider: TellingProvider, declined: Return
) -> None:
    first = leg_of(shop, declined)
    hears(shop, provider, provider.becomes(first, "succeeded"))
    provider.becomes(first, "declined")
    is_looked_at(shop, "paid_after_all")

    shop.retries(shop.settlement(declined))

    assert shop.settlement(declined).state is SettlementState.SETTLED
    assert provider.paid_out("card") == 1000


@pytest.mark.parametrize("step", ["declined", "silent"])
def test_a_second_attempt_is_not_sent_again_where_the_first_was_paid(
    shop: Shop, provider: TellingProvider, declined: Return, step: str
) -> None:
    first = leg_of(shop, declined)
    provider.script["card"] = [step]
    shop.retries(shop.settlement(declined))
    hears(shop, provider, provider.becomes(first, "succeeded"))
    sent = len(provider.sent)

    with pytest.raises(Conflict, match="refund_contradicted"):
        shop.retries(shop.settlement(declined))

    assert len(provider.sent) == sent
    assert provider.paid_out("card") == 1000


# --- told before the answer is booked -------------------------------------------------------------


class Hasty(TellingProvider):
    """Tells what became of a refund before it answers who asked for it."""

    shop: Shop

    def refund(self, request: RefundRequest, *, timeout_s: float) -> RefundOutcome:
        outcome = TellingProvider.refund(self, request, timeout_s=timeout_s)
        self.refunds.setdefault(request.key, outcome)
        refs = frozenset({request.provider_ref or request.payment_id})
        hears(self.shop, self, self.tells_of(request.key, refs))
        return outcome


@pytest.mark.parametrize("step", ["paid", "declined", "lost"])
def test_news_that_come_before_the_answer_are_booked_and_the_answer_changes_nothing(
    step: str,
) -> None:
    provider = Hasty()
    shop = Shop(FakeStore(clock=lambda: NOW), providers={provider.name: provider})
    provider.shop = shop

    ret = settling(shop, provider, step)

    leg: Leg = leg_of(shop, ret)
    is_paid = step != "declined"
    assert leg.state is (LegState.PAID if is_paid else LegState.DECLINED)
    assert (paid(shop).refunded_by_us, paid(shop).pending) == (eur(1000 * is_paid), eur(0))
    assert len(told(shop, ret.subject, f"refund.{'paid' if is_paid else 'declined'}")) == 1
    assert provider.refunds[leg.key].state is not RefundState.UNKNOWN
