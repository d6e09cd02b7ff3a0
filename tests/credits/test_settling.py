"""Returns settled with store credit: given in the same write, once, and to the cent."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.core.errors import Conflict
from chalicelib.credits.changing import GRACE, Issue, issue, reverse
from chalicelib.credits.model import CreditReason, account_id_for
from chalicelib.credits.settling import given_as_credit
from chalicelib.ledger.model import Account
from chalicelib.orders.model import Payment
from chalicelib.returns.model import Closure, Return
from chalicelib.settlement.model import LegState, SettlementState
from tests.builders import NOW, Shop, eur, owing, payment
from tests.credits.stories import (
    CREDIT,
    REFUND,
    accepted,
    account,
    balance,
    books,
    settled,
    spent,
    told,
)
from tests.fakes import FakeProvider, FakeStore
from tests.settlement.refunding import above_limit, agrees


def test_credit_is_given_with_the_settlement_and_nobody_else_is_asked(
    shop: Shop, provider: FakeProvider
) -> None:
    ret = accepted(shop, CREDIT)

    settlement = settled(shop, ret)

    (leg,) = settlement.legs
    assert (leg.state, leg.provider, leg.amount) == (LegState.PAID, "store_credit", eur(10_00))
    assert settlement.state is SettlementState.SETTLED
    assert leg.reference == settlement.credit_id == account(shop).lots[0].credit_id
    assert balance(shop) == eur(10_00)
    assert shop.now_is(ret).closure is Closure.COMPLETED
    assert provider.sent == []


def test_what_was_given_as_credit_counts_as_given_back_of_the_payment(shop: Shop) -> None:
    settled(shop, accepted(shop, CREDIT))

    (paid,) = shop.sold().payments
    assert (paid.refundable, paid.pending, paid.refunded_by_us) == (eur(0), eur(0), eur(10_00))


def test_the_return_says_what_it_gave_and_the_account_where_it_came_from(shop: Shop) -> None:
    ret = accepted(shop, CREDIT)
    settlement = settled(shop, ret)

    events = {event.type: event.data for event in shop.store.reads().events(ret.subject)}
    (given,) = shop.store.reads().events(account(shop).subject)

    assert events["settlement.started"]["legs"] == []
    credited = events["settlement.credited"]
    assert credited["amount"] == {"amount": "10.00", "currency": "EUR"}
    assert credited["credit_id"] == given.data["credit_id"] == settlement.credit_id
    assert (given.data["return_id"], given.data["reason"]) == (ret.return_id, "settlement")
    assert told(shop, ret)[-2:] == ["settlement.settled", "return.completed"]


def test_the_ledgers_of_the_return_and_of_the_account_come_to_the_same(shop: Shop) -> None:
    ret = accepted(shop, CREDIT, CREDIT)

    settled(shop, ret)

    balances = books(shop, ret)
    assert (balances.owed(), balances.under_way()) == (eur(0), eur(0))
    assert balances.minor(Account.STORE_CREDIT) == -20_00
    assert balances.minor(Account.RETURNED) == 20_00
    assert balances.minor(Account.COMPENSATION) == 0


def test_the_same_command_again_gives_nothing(shop: Shop) -> None:
    ret = accepted(shop, CREDIT)

    first = settled(shop, ret, command="c-1")
    again = settled(shop, ret, command="c-1")

    assert again == first
    assert balance(shop) == eur(10_00)


def test_of_two_settlements_at_once_none_is_lost(shop: Shop) -> None:
    """Both have read the same account: the second is decided anew."""
    assert isinstance(shop.store, FakeStore)
    first, second = accepted(shop, CREDIT), accepted(shop, CREDIT, no="O-2")
    settled(shop, accepted(shop, CREDIT, no="O-3"))
    shop.store.meanwhile(lambda: settled(shop, second))

    settled(shop, first)

    assert balance(shop) == eur(30_00)
    assert account(shop).version == 3


def test_money_and_credit_of_one_return_are_two_settlements(
    shop: Shop, provider: FakeProvider
) -> None:
    ret = accepted(shop, CREDIT, REFUND)

    shop.settles(ret)
    by_credit = settled(shop, ret)

    assert [part.line_no for part in by_credit.lines] == ["1"]
    assert provider.paid_out("card") == 10_00
    assert balance(shop) == eur(10_00)
    balances = books(shop, ret)
    assert (balances.refunded("card"), balances.owed()) == (eur(10_00), eur(0))


def test_credit_stays_unless_the_shop_says_for_how_long(shop: Shop) -> None:
    settled(shop, accepted(shop, CREDIT))

    assert account(shop).lots[0].expires_at is None


def test_credit_is_valid_through_the_whole_of_its_last_day(shop: Shop) -> None:
    settled(shop, accepted(shop, CREDIT), days=365)

    assert account(shop).lots[0].expires_at == datetime(2027, 11, 22, tzinfo=UTC)


def credit(minor: int, provider_ref: str | None = None) -> Payment:
    paid = payment("credit", minor, provider="store_credit")
    return replace(paid, provider_ref=provider_ref)


def given_by_hand(shop: Shop, minor: int, days: int | None = None) -> None:
    expires_at = None if days is None else shop.now + timedelta(days=days)
    wanted = Issue(customer_id="cus-1", amount=eur(minor), expires_at=expires_at)
    shop.do(lambda reads, context: issue(reads, wanted, context))


def test_what_was_paid_with_credit_goes_back_as_credit(shop: Shop, provider: FakeProvider) -> None:
    """Also where money was asked for: of the card no more goes back than it paid."""
    payments = (payment("card", 12_00), credit(8_00))
    ret = accepted(shop, REFUND, REFUND, payments=payments)

    shop.settles(ret)

    assert provider.paid_out("card") == 12_00
    assert balance(shop) == eur(8_00)
    settlement = shop.settlement(ret)
    assert settlement.state is SettlementState.SETTLED
    assert {leg.payment_id: leg.reference for leg in settlement.legs} == {
        "card": f"rf-{settlement.settlement_id}:card:1",
        "credit": settlement.credit_id,
    }
    assert books(shop, ret).owed() == eur(0)


def test_a_retry_of_the_card_gives_no_credit_again(shop: Shop, provider: FakeProvider) -> None:
    ret = accepted(shop, REFUND, REFUND, payments=(payment("card", 12_00), credit(8_00)))
    provider.script["card"] = ["declined"]
    shop.settles(ret)
    assert shop.settlement(ret).state is SettlementState.PARTIAL

    shop.retries(shop.settlement(ret))

    assert shop.settlement(ret).state is SettlementState.SETTLED
    assert balance(shop) == eur(8_00)
    assert account(shop).version == 1


@pytest.mark.parametrize(("valid", "least"), [(90, 90), (5, GRACE.days)])
def test_buying_and_returning_does_not_renew_a_credit(shop: Shop, valid: int, least: int) -> None:
    began = shop.now
    given_by_hand(shop, 10_00, days=valid)
    entry = spent(shop, 10_00, order_no="O-1")

    settled(shop, accepted(shop, REFUND, payments=(credit(10_00, entry.entry_id),)), days=999)

    (lot,) = account(shop).lots
    assert lot.expires_at is not None
    assert timedelta(0) <= lot.expires_at - began - timedelta(days=least) < timedelta(minutes=1)


def test_a_payment_with_a_reference_of_another_kind_is_credit_like_any_other(shop: Shop) -> None:
    settled(shop, accepted(shop, REFUND, payments=(credit(10_00, "voucher-4711"),)))

    assert account(shop).lots[0].expires_at is None


@pytest.mark.parametrize(("days", "valid"), [(None, None), (40, 60), (90, 90)])
def test_credit_for_money_and_for_credit_is_one_and_valid_for_the_longer(
    shop: Shop, days: int | None, valid: int | None
) -> None:
    given_by_hand(shop, 4_00, days=60)
    entry = spent(shop, 4_00, order_no="O-1")
    payments = (payment("card", 6_00), credit(4_00, entry.entry_id))

    settled(shop, accepted(shop, CREDIT, payments=payments), days=days)

    (lot,) = account(shop).lots
    lasts = None if lot.expires_at is None else (lot.expires_at - NOW).days
    assert (lot.left, lasts) == (eur(10_00), valid)


def test_credit_in_place_of_credit_is_not_renewed(shop: Shop) -> None:
    given_by_hand(shop, 10_00, days=60)
    entry = spent(shop, 10_00, order_no="O-1")

    settled(shop, accepted(shop, CREDIT, payments=(credit(10_00, entry.entry_id),)))

    (lot,) = account(shop).lots
    assert lot.expires_at is not None
    assert (lot.expires_at - NOW).days == 60


def test_credit_above_the_limit_is_given_when_a_second_person_agrees(shop: Shop) -> None:
    ret = above_limit(shop, accepted(shop, CREDIT))
    shop.settles(ret)
    assert shop.store.reads().credit_accounts("cus-1") == []

    agrees(shop, shop.settlement(ret))

    settlement = shop.settlement(ret)
    assert settlement.state is SettlementState.SETTLED
    assert [lot.credit_id for lot in account(shop).lots] == [settlement.credit_id]
    assert books(shop, ret).owed() == eur(0)


def test_nobody_takes_back_by_hand_what_a_settlement_gave(shop: Shop) -> None:
    settlement = settled(shop, accepted(shop, CREDIT))
    assert settlement.credit_id is not None
    entry_id = settlement.credit_id.replace("crd_", "cre_")

    with pytest.raises(Conflict, match="not_reversible"):
        shop.do(lambda reads, context: reverse(reads, entry_id, context))

    assert balance(shop) == eur(10_00)


def test_credit_of_nobody_is_not_given(shop: Shop) -> None:
    settlement = settled(shop, accepted(shop, CREDIT))
    unknown: Return = replace(owing(10_00), customer_id=None)
    fresh = replace(settlement, legs=tuple(replace(leg, reference=None) for leg in settlement.legs))

    with pytest.raises(Conflict, match="customer_unknown"):
        given_as_credit(shop.store.reads(), unknown, fresh, shop.context())


def test_an_entry_says_why_it_was_given(shop: Shop) -> None:
    settled(shop, accepted(shop, CREDIT), command="c-1")
    lot = account(shop).lots[0]

    entry = shop.store.reads().credit_entry(lot.credit_id.replace("crd_", "cre_"))

    assert entry is not None
    assert (entry.reason, entry.settles) == (CreditReason.SETTLEMENT, eur(10_00))
    assert entry.account_id == account_id_for("cus-1", "EUR")
