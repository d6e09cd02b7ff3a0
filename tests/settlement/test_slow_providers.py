"""However long providers take, what is known of the money is booked before the time is up."""

from dataclasses import dataclass, field, replace

from chalicelib.returns.model import Return
from chalicelib.settlement.model import Leg, LegState, SettlementState
from chalicelib.settlement.payout import ALL_CALLS_S, PROVIDER_TIMEOUT_S
from chalicelib.settlement.ports import RefundOutcome, RefundRequest, RefundState
from tests.builders import NOW, Shop, payment, said
from tests.fakes import FakeProvider, FakeStore
from tests.settlement.refunding import accepted, card, paid

CONNECT_S = 1.0
PAYMENTS = 20


@dataclass(slots=True)
class SlowProvider(FakeProvider):
    """Takes its time for every call; who has less time than that hears nothing."""

    call_s: float = 0.0
    passed_s: float = 0.0
    timeouts: list[float] = field(default_factory=list)

    def refund(self, request: RefundRequest, *, timeout_s: float) -> RefundOutcome:
        if not self._waits(timeout_s):
            return RefundOutcome(state=RefundState.UNKNOWN, reason="timeout")
        return FakeProvider.refund(self, request, timeout_s=timeout_s)

    def find(self, key: str, *, timeout_s: float, provider_ref: str | None = None) -> RefundOutcome:
        if not self._waits(timeout_s):
            return RefundOutcome(state=RefundState.UNKNOWN, reason="timeout")
        return FakeProvider.find(self, key, timeout_s=timeout_s, provider_ref=provider_ref)

    def _waits(self, timeout_s: float) -> bool:
        self.timeouts.append(timeout_s)
        self.passed_s += min(self.call_s, timeout_s + CONNECT_S)
        return self.call_s <= timeout_s


def large(call_s: float) -> tuple[Shop, SlowProvider, Return]:
    """A return that goes back to many payments, through a provider that takes so long a call."""
    provider = SlowProvider(call_s=call_s)
    shop = Shop(FakeStore(clock=lambda: NOW), providers={provider.name: provider})
    payments = tuple(card(1_00, f"card-{number}") for number in range(PAYMENTS))
    return shop, provider, accepted(shop, PAYMENTS * 100, *payments)


def settles(shop: Shop, provider: SlowProvider, ret: Return) -> float:
    """How long that took with the provider."""
    before = provider.passed_s
    payout = replace(shop.payout(), monotonic=lambda: provider.passed_s)
    payout.execute(ret.return_id, shop.context(), render=said, idempotency=None)
    return provider.passed_s - before


def retries(shop: Shop, provider: SlowProvider, ret: Return) -> float:
    before = provider.passed_s
    payout = replace(shop.payout(), monotonic=lambda: provider.passed_s)
    own = shop.settlement(ret).settlement_id
    payout.retry(own, shop.context(), render=said, idempotency=None)
    return provider.passed_s - before


def legs(shop: Shop, ret: Return) -> tuple[Leg, ...]:
    return shop.settlement(ret).legs


def test_it_ends_in_time_however_many_payments_it_goes_back_to() -> None:
    for call_s in (0.5, 1.5, 3.0, 4.9, 60.0):
        shop, provider, ret = large(call_s)

        took_s = settles(shop, provider, ret)

        assert took_s <= ALL_CALLS_S + 2 * (1.0 + CONNECT_S)
        assert max(provider.timeouts) <= PROVIDER_TIMEOUT_S


def test_what_was_paid_by_then_is_booked_and_the_rest_is_under_way() -> None:
    shop, provider, ret = large(1.5)

    settles(shop, provider, ret)

    done = [leg for leg in legs(shop, ret) if leg.state is LegState.PAID]
    assert 0 < len(done) == len(provider.sent) < PAYMENTS
    assert {leg.state for leg in legs(shop, ret)} == {LegState.PAID, LegState.PROCESSING}
    assert paid(shop, "card-0").refunded_by_us.minor == 1_00


def test_each_retry_brings_it_further_and_each_leg_is_paid_once() -> None:
    shop, provider, ret = large(2.0)
    settles(shop, provider, ret)

    for _ in range(PAYMENTS):
        if shop.settlement(ret).state is SettlementState.SETTLED:
            break
        before = sum(leg.state is LegState.PAID for leg in legs(shop, ret))
        retries(shop, provider, ret)
        assert sum(leg.state is LegState.PAID for leg in legs(shop, ret)) > before

    assert shop.settlement(ret).state is SettlementState.SETTLED
    assert len(provider.sent) == len({request.key for request in provider.sent}) == PAYMENTS


def test_a_provider_that_always_hangs_does_not_keep_the_others_waiting_for_ever() -> None:
    hangs = SlowProvider(call_s=60.0)
    shop = Shop(FakeStore(clock=lambda: NOW), providers={"sandbox": hangs})
    shop.providers["stripe"] = FakeProvider(name="stripe")
    cards = tuple(card(1_00, f"card-{number}") for number in range(4))
    ret = accepted(shop, 5_00, *cards, payment("wallet", 1_00, provider="stripe"))
    settles(shop, hangs, ret)
    assert legs(shop, ret)[-1].state is LegState.PROCESSING

    for _ in cards:
        retries(shop, hangs, ret)

    assert legs(shop, ret)[-1].state is LegState.PAID


def test_one_payment_that_hangs_is_asked_for_all_the_same() -> None:
    shop, provider, ret = large(60.0)

    settles(shop, provider, ret)

    assert legs(shop, ret)[0].state is LegState.UNKNOWN
