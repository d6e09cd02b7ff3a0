"""What a replacement costs less goes back once; what it costs more is paid before it is sent."""

from collections.abc import Iterator

import pytest

from chalicelib.core.errors import Conflict, Invalid
from chalicelib.core.money import Money
from chalicelib.exchanges.model import Exchange, ExchangeState
from chalicelib.ledger.balances import Balances, faults_of, unposted
from chalicelib.ledger.model import Account
from chalicelib.ledger.posting import postings_for
from chalicelib.reconciliation.returns import bucket_findings
from chalicelib.returns import review
from chalicelib.returns.differences import differences_due
from chalicelib.returns.lifecycle import allowed
from chalicelib.returns.model import Closure, Return
from chalicelib.settlement.model import SettlementState
from tests.builders import Shop, eur, failed, item, line, order, passed, restock, wish
from tests.children import approves, exchange_of, ships, swap, unexchanges
from tests.fakes import FakeProvider
from tests.policies import form, in_memory, publish, rule
from tests.settlement.refunding import above_limit, agrees, takes_back


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """Three sold at 10.00, five blue ones on the shelf."""
    shop.sells(order(line(quantity=3)))
    shop.counts({"BLUE": 5})
    return shop


def swapped(shop: Shop, price: int, quantity: int = 2) -> Return:
    """So many units are to be exchanged for blue ones at this price."""
    return approves(shop, shop.asks("O-1", swap(quantity, for_="BLUE", price=price)))


def comes_back(shop: Shop, ret: Return, quantity: int = 2) -> Return:
    shop.receives(ret, item(quantity=quantity))
    shop.inspects(ret, passed(quantity))
    return shop.disposes(ret, restock(quantity))


@pytest.fixture(autouse=True)
def audited(shop: Shop) -> Iterator[None]:
    """After every story, the nightly audit finds nothing in any return or its money."""
    yield
    audit(shop)


def audit(shop: Shop) -> None:
    reads = shop.store.reads()
    for ret in [one for one in in_memory(shop.store).records.values() if isinstance(one, Return)]:
        postings = reads.postings(ret.subject)
        assert list(bucket_findings(ret)) == []
        assert faults_of(ret.subject, postings) == []
        assert unposted(reads.events(ret.subject), postings) == []
        if ret.closure is Closure.COMPLETED:
            assert Balances.of(postings, ret.currency).owed() == Money.zero(ret.currency)


def booked(shop: Shop, ret: Return) -> dict[Account, int]:
    """The money ledger of a return, as its events say."""
    events = shop.store.reads().events(ret.subject)
    found: dict[Account, int] = {}
    for posting in postings_for(events):
        for entry in posting.entries:
            found[entry.account] = found.get(entry.account, 0) + entry.minor
    return {account: minor for account, minor in found.items() if minor}


def test_a_price_is_kept_with_what_was_paid_for_the_units(shop: Shop) -> None:
    exchange = exchange_of(shop, swapped(shop, 900))

    assert (exchange.value, exchange.price) == (eur(2000), eur(1800))
    assert (exchange.state, exchange.costs_more) == (ExchangeState.RESERVED, None)


def test_the_same_goods_are_even_whatever_they_cost_today(shop: Shop) -> None:
    shop.counts({"SKU-1": 2})

    exchange = exchange_of(shop, approves(shop, shop.asks("O-1", swap(2))))

    assert (exchange.value, exchange.price) == (eur(2000), eur(2000))


def test_other_goods_without_a_price_are_not_promised(shop: Shop) -> None:
    ret = shop.asks("O-1", swap(2, for_="BLUE", price=None))

    with pytest.raises(Conflict, match="replacement_price_required") as refused:
        approves(shop, ret)

    assert refused.value.details == {"line_no": "1", "sku": "BLUE"}
    assert exchange_of(shop, approves(shop, ret, prices={"1": eur(700)})).price == eur(1400)


def test_a_person_may_say_that_other_goods_are_even(shop: Shop) -> None:
    ret = shop.asks("O-1", swap(3, for_="BLUE", price=None))
    command = review.Approve(even_replacements=("1",))

    shop.do(lambda reads, context: review.approve(reads, ret.return_id, command, context))

    exchange = exchange_of(shop, ret)
    assert exchange.price == exchange.value == eur(3000)


@pytest.mark.parametrize(
    ("wished", "price", "code"),
    [
        (swap(1), eur(900), "replacement_is_even"),
        (swap(1, for_="BLUE"), Money(900, "USD"), "currency_differs"),
        (swap(1, for_="BLUE"), eur(900), "not_exchanged"),
    ],
    ids=["the same goods", "other money", "another line"],
)
def test_a_price_fits_what_it_is_about(shop: Shop, wished: object, price: Money, code: str) -> None:
    ret = shop.asks("O-1", wished)  # type: ignore[arg-type]  # a wish
    line_no = "2" if code == "not_exchanged" else "1"

    with pytest.raises(Invalid, match=code):
        approves(shop, ret, prices={line_no: price})


def test_what_it_costs_less_is_owed_once_the_goods_are_accepted(shop: Shop) -> None:
    ret = swapped(shop, 900)
    ships(shop, exchange_of(shop, ret))

    with pytest.raises(Conflict, match="nothing_to_settle"):
        shop.settles(ret)
    after = comes_back(shop, ret)
    assert after.closure is Closure.OPEN
    assert "settle" in allowed(after)
    shop.settles(ret)

    assert shop.settlement(ret).paid == eur(200)
    assert shop.now_is(ret).closure is Closure.COMPLETED
    assert shop.sold().payments[0].refunded_by_us == eur(200)
    with pytest.raises(Conflict, match="nothing_to_settle"):
        shop.settles(ret)
    assert booked(shop, ret) == {
        Account.RETURNED: 2000,
        Account.EXCHANGED: -1800,
        Account.REFUNDED: -200,
    }


def test_nothing_is_paid_before_the_replacement_left(shop: Shop) -> None:
    ret = swapped(shop, 900)
    comes_back(shop, ret)

    with pytest.raises(Conflict, match="nothing_to_settle"):
        shop.settles(ret)
    ships(shop, exchange_of(shop, ret))
    shop.settles(ret)

    assert shop.settlement(ret).paid == eur(200)


def test_accepted_units_get_theirs_and_denied_ones_get_none(shop: Shop) -> None:
    ret = swapped(shop, 900)
    ships(shop, exchange_of(shop, ret))
    shop.receives(ret, item(quantity=2))
    shop.inspects(ret, passed(1), failed(1))

    shop.settles(ret)

    assert shop.settlement(ret).paid == eur(100)
    assert differences_due(shop.now_is(ret)) == ()


def test_units_that_come_one_by_one_sum_to_the_difference(shop: Shop) -> None:
    shop.sells(order(line(quantity=3), no="O-2", discount=1000))
    ret = approves(shop, shop.asks("O-2", swap(3, for_="BLUE", price=401)))
    ships(shop, exchange_of(shop, ret))

    for _ in range(3):
        comes_back(shop, ret, 1)
        shop.settles(ret)

    paid = [one.paid.minor for one in shop.now_is(ret).settlements]
    assert sum(paid) == 2000 - 3 * 401
    assert all(265 <= part <= 266 for part in paid)
    assert shop.now_is(ret).closure is Closure.COMPLETED


def test_a_refund_of_another_line_and_a_difference_are_one_settlement(shop: Shop) -> None:
    ret = approves(shop, shop.asks("O-1", swap(1, for_="BLUE", price=600), wish(1)))
    ships(shop, exchange_of(shop, ret))
    shop.receives(ret, item(quantity=2))
    for number in ("1", "2"):
        shop.inspects(ret, passed(1, line_no=number))
        shop.disposes(ret, restock(1, line_no=number))

    shop.settles(ret)

    (settlement,) = shop.now_is(ret).settlements
    assert (settlement.amount, settlement.paid) == (eur(1400), eur(1400))
    assert [part.amount for part in settlement.lines] == [eur(1000)]
    assert [part.amount for part in settlement.differences] == [eur(400)]


def test_a_declined_difference_stays_owed_until_it_is_paid(
    shop: Shop, provider: FakeProvider
) -> None:
    provider.script = {"card": ["declined"]}
    ret = swapped(shop, 900)
    ships(shop, exchange_of(shop, ret))
    comes_back(shop, ret)
    shop.settles(ret)

    assert shop.now_is(ret).lines[0].groups[0].settlement is SettlementState.FAILED
    assert shop.now_is(ret).closure is Closure.OPEN
    shop.retries(shop.settlement(ret))

    assert shop.settlement(ret).paid == eur(200)
    assert shop.now_is(ret).lines[0].groups[0].settlement is SettlementState.SETTLED


def test_a_difference_that_is_taken_back_is_owed_again(shop: Shop, provider: FakeProvider) -> None:
    provider.script = {"card": ["declined"]}
    ret = swapped(shop, 900)
    ships(shop, exchange_of(shop, ret))
    comes_back(shop, ret)
    shop.settles(ret)

    takes_back(shop, shop.settlement(ret))

    assert shop.now_is(ret).lines[0].groups[0].settlement is SettlementState.APPROVED
    shop.settles(ret)
    assert shop.settlement(ret).paid == eur(200)
    assert shop.sold().payments[0].refunded_by_us == eur(200)


def test_a_large_difference_waits_for_a_second_person(shop: Shop) -> None:
    ret = swapped(shop, 100)
    ships(shop, exchange_of(shop, ret))
    shop.receives(ret, item(quantity=2))
    shop.inspects(ret, passed(2))
    above_limit(shop, shop.now_is(ret), eur(500))

    shop.settles(ret)
    held = shop.settlement(ret)
    agrees(shop, held)

    assert held.state is SettlementState.QUOTED
    assert shop.settlement(ret).paid == eur(1800)


def test_what_keeps_the_old_unit_is_paid_back_less_the_difference(shop: Shop) -> None:
    """Of three, one comes back and is paid its difference; the others keep what was sold."""
    ret = swapped(shop, 900, 3)
    sent = ships(shop, exchange_of(shop, ret))
    comes_back(shop, ret, 1)
    shop.settles(ret)
    unexchanges(shop, sent)
    expected = shop.now_is(ret).lines[-1]
    shop.receives(ret, item("BLUE", 2))
    shop.inspects(ret, passed(2, expected.line_no))
    shop.disposes(ret, restock(2, expected.line_no))

    shop.settles(ret)

    assert [one.paid for one in shop.now_is(ret).settlements] == [eur(100), eur(2000)]
    assert shop.now_is(ret).closure is Closure.COMPLETED


def test_a_difference_that_was_paid_is_not_paid_a_second_time(shop: Shop) -> None:
    ret = due_at_approval(shop)
    sent = paid_early(shop, ret)

    unexchanges(shop, sent)
    shop.receives(ret, item("BLUE", 2))
    shop.inspects(ret, passed(2))
    shop.disposes(ret, restock(2))
    shop.settles(ret)

    assert [one.paid for one in shop.now_is(ret).settlements] == [eur(200), eur(1800)]
    assert shop.sold("O-9").payments[0].refunded_by_us == eur(2000)


def due_at_approval(shop: Shop) -> Return:
    """Two units at 9.00 for 10.00, of a sale whose refunds are due when they are approved."""
    early = rule("all", window={"days": None}, refund_due="approval")
    shop.sells(
        order(line(quantity=2), no="O-9", policy_version=publish(shop.store, form("own", early)))
    )
    return approves(shop, shop.asks("O-9", swap(2, for_="BLUE", price=900)))


def paid_early(shop: Shop, ret: Return) -> Exchange:
    """The replacement left, and what it cost less was due before the goods came."""
    sent = ships(shop, exchange_of(shop, ret))
    shop.settles(ret)
    return sent


def test_while_it_is_under_way_nobody_changes_their_mind(
    shop: Shop, provider: FakeProvider
) -> None:
    provider.script = {"card": ["declined"]}
    ret = due_at_approval(shop)
    sent = paid_early(shop, ret)

    with pytest.raises(Conflict, match="difference_under_way"):
        unexchanges(shop, sent)


def test_goods_worth_nothing_are_exchanged_for_their_price(shop: Shop) -> None:
    shop.sells(order(line(quantity=2, price=0), line("2"), no="O-2"))

    exchange = exchange_of(shop, approves(shop, shop.asks("O-2", swap(2, for_="BLUE", price=300))))

    assert (exchange.costs_more, exchange.state) == (eur(600), ExchangeState.AWAITING_PAYMENT)
