"""Whatever providers tell, in any order and however often: the books end the same, and true."""

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.errors import TransientError
from chalicelib.ledger.balances import Balances
from chalicelib.orders.model import Order
from chalicelib.settlement.model import Leg, LegState
from chalicelib.settlement.news import News
from chalicelib.settlement.ports import RefundState
from tests.builders import NOW, Shop, eur
from tests.fakes import FakeStore
from tests.settlement.refunding import books, paid
from tests.settlement.telling import TellingProvider, hears, leg_of, settling

DISPUTES = [(), ("inquired", "closed"), ("open", "won"), ("inquired", "open", "lost"), ("open",)]
STEPS = st.sampled_from(["silent", "paid", "declined", "lost"])


def world(step: str) -> tuple[Shop, TellingProvider, str]:
    """A return of 10.00 that was settled, with what became of its refund at first."""
    provider = TellingProvider()
    shop = Shop(FakeStore(clock=lambda: NOW), providers={provider.name: provider})
    ret = settling(shop, provider, step)
    return shop, provider, ret.return_id


def happens(
    shop: Shop,
    provider: TellingProvider,
    return_id: str,
    disputes: tuple[str, ...],
    disputed: int,
    others: int,
) -> None:
    """All that becomes true of the payment, and is told; nobody has heard of it yet."""
    ret = shop.store.reads().return_(return_id)
    assert ret is not None
    leg = leg_of(shop, ret)
    if leg.state is LegState.UNKNOWN:
        provider.becomes(leg, "pending")
        provider.becomes(leg, "succeeded")
    elif leg.state is LegState.PAID:
        provider.tells_of(leg.key)
        provider.becomes(leg, "declined")
    for minor in range(1, others + 1):
        provider.is_refunded_elsewhere(minor)
    for standing in disputes:
        provider.is_disputed(standing, disputed)


def end(shop: Shop, return_id: str) -> tuple[object, ...]:
    """What money is where, apart from moments and versions."""
    ret = shop.store.reads().return_(return_id)
    assert ret is not None
    legs = [(one.key, one.state, one.reference, one.reason) for one in shop.settlement(ret).legs]
    card = paid(shop)
    payment = (card.refunded, card.refunded_by_us, card.pending, card.refunded_seen)
    disputes = [(one.dispute_id, one.state, one.amount) for one in card.disputes]
    subjects = (ret.subject, "order/O-1")
    sums = [_sums(books(shop, subject)) for subject in subjects]
    types = [event.type for one in subjects for event in shop.store.reads().events(one)]
    return legs, payment, disputes, sums, [one for one in types if one.endswith(".contradicted")]


def _sums(balances: Balances) -> dict[tuple[str, str | None], int]:
    return {
        (place[0].value, place[1]): minor for place, minor in balances.by_account.items() if minor
    }


@settings(deadline=None, max_examples=150)
@given(
    step=STEPS,
    disputes=st.sampled_from(DISPUTES),
    disputed=st.sampled_from([400, 1000]),
    others=st.integers(0, 2),
    data=st.data(),
)
def test_the_books_end_the_same_in_any_order_and_multiplicity(
    step: str, disputes: tuple[str, ...], disputed: int, others: int, data: st.DataObject
) -> None:
    shop, provider, return_id = world(step)
    happens(shop, provider, return_id, disputes, disputed, others)
    for news in provider.news:
        hears(shop, provider, news)
    expected = end(shop, return_id)

    shop, provider, return_id = world(step)
    happens(shop, provider, return_id, disputes, disputed, others)
    again = data.draw(st.lists(st.sampled_from(provider.news), max_size=6)) if provider.news else []
    for news in data.draw(st.permutations([*provider.news, *again])):
        hears(shop, provider, news)

    assert _without_ids(end(shop, return_id)) == _without_ids(expected)


def _without_ids(told: tuple[object, ...]) -> str:
    """Keys of legs hang on the id of their return, which is another one in another shop."""
    legs, *rest = told
    assert isinstance(legs, list)
    return repr(([(*one[1:2], *one[3:]) for one in legs], *rest))


ACTS = st.lists(
    st.sampled_from(["succeed", "fail", "tell", "again", "away", "back", "elsewhere", "retry"]),
    max_size=14,
)


@settings(deadline=None, max_examples=200)
@given(acts=ACTS, data=st.data())
def test_whenever_news_come_the_books_end_as_the_provider_s_own(
    acts: list[str], data: st.DataObject
) -> None:
    shop, provider, return_id = world("silent")
    for act in acts:
        _does(act, shop, provider, return_id, data)
    provider.is_away = False
    ret = shop.store.reads().return_(return_id)
    assert ret is not None
    for news in [*provider.news, provider.tells_of(leg_of(shop, ret).key)]:
        _hears_or_not(shop, provider, news)
    for refund in provider.elsewhere:
        hears(shop, provider, provider.tells_of_elsewhere(refund))

    truth = sum(
        one.amount.minor
        for one in provider.refunds.values()
        if one.state is RefundState.SUCCEEDED and one.amount is not None
    )
    assert books(shop, ret.subject).refunded("card") == eur(truth)
    assert paid(shop).refunded_by_us == eur(truth)
    assert truth <= 1000
    assert paid(shop).refunded == eur(sum(one.amount.minor for one in provider.elsewhere))


def _does(
    act: str, shop: Shop, provider: TellingProvider, return_id: str, data: st.DataObject
) -> None:
    ret = shop.store.reads().return_(return_id)
    assert ret is not None
    leg: Leg = leg_of(shop, ret)
    known = provider.refunds.get(leg.key)
    match act:
        case "succeed" if known is None:
            provider.becomes(leg, "succeeded")
        case "fail" if known is not None and known.state is RefundState.SUCCEEDED:
            provider.becomes(leg, "declined")
        case "tell" if provider.news:
            _hears_or_not(shop, provider, provider.news[-1])
        case "again" if provider.news:
            _hears_or_not(shop, provider, data.draw(st.sampled_from(provider.news)))
        case "away" | "back":
            provider.is_away = act == "away"
        case "elsewhere" if len(provider.elsewhere) < 3:
            provider.is_refunded_elsewhere(1)
        case "retry" if leg.state in (LegState.DECLINED, LegState.FROZEN):
            order: Order = shop.sold()
            if order.payments[0].refundable >= leg.amount or leg.state is LegState.FROZEN:
                shop.retries(shop.settlement(ret))


def _hears_or_not(shop: Shop, provider: TellingProvider, news: News) -> None:
    """Who is not answered well tells again later."""
    try:
        hears(shop, provider, news)
    except TransientError:
        return
