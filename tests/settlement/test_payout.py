"""Paying out survives its process dying anywhere, answers that are lost, and declines."""

import pytest

from chalicelib.core.errors import Conflict, Invalid
from chalicelib.returns.model import Return
from chalicelib.returns.standing import status_of
from chalicelib.settlement.model import LegState, SettlementState
from chalicelib.settlement.ports import RefundOutcome, RefundState
from tests.builders import Shop, eur, line, order, payment
from tests.fakes import DyingStore, FakeProvider, Killed


@pytest.fixture
def ret(shop: Shop) -> Return:
    """80.00 accepted of an order that was paid by card 60.00 and wallet 40.00."""
    payments = (payment("card", 60_00), payment("wallet", 40_00))
    shop.sells(order(line(quantity=5, price=20_00), payments=payments))
    asked = shop.asks(quantity=4)
    return shop.accepts(asked, 4)


def assert_paid_once(shop: Shop, ret: Return, provider: FakeProvider) -> None:
    settlement = shop.settlement(ret)
    assert settlement.state is SettlementState.SETTLED
    assert (provider.paid_out("card"), provider.paid_out("wallet")) == (60_00, 20_00)
    card, wallet = shop.sold().payments
    assert (card.refunded_by_us, card.pending) == (eur(60_00), eur(0))
    assert (wallet.refunded_by_us, wallet.pending) == (eur(20_00), eur(0))
    assert status_of(shop.now_is(ret)) == "COMPLETED"
    settled = [e for e in shop.store.reads().events(ret.subject) if e.type == "settlement.settled"]
    assert len(settled) == 1


@pytest.mark.parametrize("payment_id", ["card", "wallet"])
@pytest.mark.parametrize("step", ["dies before", "dies after"])
def test_killed_at_the_provider_and_sent_again_each_leg_is_paid_once(
    shop: Shop, ret: Return, provider: FakeProvider, step: str, payment_id: str
) -> None:
    context = shop.context()
    provider.script[payment_id] = [step]
    with pytest.raises(Killed):
        shop.settles(ret, context, key="key")

    shop.settles(ret, context, key="key")

    assert_paid_once(shop, ret, provider)


@pytest.mark.parametrize("before", [True, False], ids=["before the write", "after the write"])
@pytest.mark.parametrize("write", [1, 2])
def test_killed_at_the_store_and_sent_again_each_leg_is_paid_once(
    shop: Shop, ret: Return, provider: FakeProvider, write: int, before: bool
) -> None:
    context = shop.context()
    dying = DyingStore(shop.store, writes_left=write - int(before), before=before)
    with pytest.raises(Killed):
        shop.settles(ret, context, key="key", store=dying)

    shop.settles(ret, context, key="key")

    assert_paid_once(shop, ret, provider)


@pytest.mark.parametrize("step", ["dies before", "dies after", "silent"])
def test_an_abandoned_settlement_is_brought_to_its_end_by_a_retry_of_somebody_else(
    shop: Shop, ret: Return, provider: FakeProvider, step: str
) -> None:
    provider.script["wallet"] = [step]
    try:
        shop.settles(ret, key="key")
    except Killed:
        assert step.startswith("dies")

    shop.retries(shop.settlement(ret))

    assert_paid_once(shop, ret, provider)


def test_a_lost_answer_is_resolved_by_asking_and_nothing_is_sent_again(
    shop: Shop, ret: Return, provider: FakeProvider
) -> None:
    provider.script["card"] = ["lost"]

    shop.settles(ret)

    assert_paid_once(shop, ret, provider)
    assert [request.payment_id for request in provider.sent] == ["card", "wallet"]


def test_keys_that_were_just_stored_are_sent_without_asking_what_became_of_them(
    shop: Shop, ret: Return, provider: FakeProvider
) -> None:
    shop.settles(ret)

    assert provider.asked == []
    assert_paid_once(shop, ret, provider)


def test_keys_that_were_there_before_are_asked_about_first(
    shop: Shop, ret: Return, provider: FakeProvider
) -> None:
    context = shop.context()
    provider.script["card"] = ["dies after"]
    with pytest.raises(Killed):
        shop.settles(ret, context, key="key")

    shop.settles(ret, context, key="key")

    assert provider.asked == [leg.key for leg in shop.settlement(ret).legs]
    assert_paid_once(shop, ret, provider)


def test_no_answer_and_no_trace_keeps_the_key_and_the_money_counted_as_under_way(
    shop: Shop, ret: Return, provider: FakeProvider
) -> None:
    provider.script["card"] = ["silent"]

    shop.settles(ret)

    card = shop.settlement(ret).legs[0]
    assert card.state is LegState.UNKNOWN
    assert shop.settlement(ret).state is SettlementState.PROCESSING
    assert shop.sold().payments[0].pending == eur(60_00)
    shop.retries(shop.settlement(ret))
    assert {request.key for request in provider.sent if request.payment_id == "card"} == {card.key}
    assert_paid_once(shop, ret, provider)


def test_a_decline_frees_the_money_and_a_retry_pays_exactly_the_remainder_under_a_new_key(
    shop: Shop, ret: Return, provider: FakeProvider
) -> None:
    provider.script["wallet"] = ["declined", "declined"]
    shop.settles(ret)
    assert shop.settlement(ret).state is SettlementState.PARTIAL
    assert shop.sold().payments[1].refundable == eur(40_00)

    shop.retries(shop.settlement(ret))
    assert shop.settlement(ret).state is SettlementState.PARTIAL
    shop.retries(shop.settlement(ret))

    assert_paid_once(shop, ret, provider)
    sent = [request for request in provider.sent if request.payment_id == "wallet"]
    assert [request.amount for request in sent] == [eur(20_00)] * 3
    assert len({request.key for request in sent}) == 3


def test_all_legs_declined_is_failed_and_said_to_be_retried(
    shop: Shop, ret: Return, provider: FakeProvider
) -> None:
    provider.script = {"card": ["declined"], "wallet": ["declined"]}

    shop.settles(ret)

    assert shop.settlement(ret).state is SettlementState.FAILED
    shop.retries(shop.settlement(ret))
    assert_paid_once(shop, ret, provider)


def test_a_repeated_retry_is_told_what_it_was_told_and_makes_no_new_attempt(
    shop: Shop, ret: Return, provider: FakeProvider
) -> None:
    provider.script["wallet"] = ["declined", "declined"]
    shop.settles(ret)
    context = shop.context()
    first = shop.retries(shop.settlement(ret), context, key="retry")
    sent = len(provider.sent)

    second = shop.retries(shop.settlement(ret), context, key="retry")

    assert (second.body, second.replayed) == (first.body, True)
    assert len(provider.sent) == sent
    assert shop.settlement(ret).state is SettlementState.PARTIAL


def test_a_key_of_another_request_pays_nothing(
    shop: Shop, ret: Return, provider: FakeProvider
) -> None:
    shop.sells(order(line(), no="O-2"))
    other = shop.accepts(shop.asks("O-2"))
    shop.settles(other, key="key")
    sent = len(provider.sent)

    with pytest.raises(Invalid, match="idempotency_key_reused"):
        shop.settles(ret, key="key")

    assert len(provider.sent) == sent
    assert shop.now_is(ret).settlements == ()


def test_a_settled_settlement_is_not_retried(shop: Shop, ret: Return) -> None:
    shop.settles(ret)

    with pytest.raises(Conflict, match="already_settled"):
        shop.retries(shop.settlement(ret))


def test_an_amount_that_is_not_ours_is_never_believed(
    shop: Shop, ret: Return, provider: FakeProvider
) -> None:
    provider.script["card"] = ["dies before"]
    with pytest.raises(Killed):
        shop.settles(ret)
    leg = shop.settlement(ret).legs[0]
    provider.refunds[leg.key] = RefundOutcome(
        state=RefundState.SUCCEEDED, refund_id="rf", amount=eur(1)
    )

    shop.retries(shop.settlement(ret))

    leg = shop.settlement(ret).legs[0]
    assert (leg.state, leg.reason) == (LegState.UNKNOWN, "amount_mismatch")
    assert shop.sold().payments[0].pending == eur(60_00)


def test_asked_of_a_leg_the_provider_is_told_of_which_payment(
    shop: Shop, ret: Return, provider: FakeProvider
) -> None:
    """Whose key it is does not say whose money went back."""
    named: list[str | None] = []

    class Asked(FakeProvider):
        def find(
            self, key: str, *, timeout_s: float, provider_ref: str | None = None
        ) -> RefundOutcome:
            named.append(provider_ref)
            return FakeProvider.find(self, key, timeout_s=timeout_s, provider_ref=provider_ref)

    shop.providers["sandbox"] = Asked(script={"card": ["lost"], "wallet": ["silent"]})
    shop.settles(ret)
    shop.retries(shop.settlement(ret))

    assert named == ["card", "wallet", "wallet"]


def test_a_provider_that_is_not_set_up_leaves_the_leg_unanswered(shop: Shop, ret: Return) -> None:
    shop.providers.clear()

    shop.settles(ret)

    assert [leg.reason for leg in shop.settlement(ret).legs] == ["provider_not_configured"] * 2


def test_nothing_paid_is_settled_without_asking_anybody(shop: Shop, provider: FakeProvider) -> None:
    shop.sells(order(line(price=0), no="O-2"))
    free = shop.accepts(shop.asks("O-2"))

    shop.settles(free)

    assert shop.settlement(free).state is SettlementState.SETTLED
    assert (provider.sent, provider.asked) == ([], [])
    assert status_of(shop.now_is(free)) == "COMPLETED"
