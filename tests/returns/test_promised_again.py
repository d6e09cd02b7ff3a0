"""Units that are approved again are promised a replacement again, but not in a withdrawal."""

import pytest

from chalicelib.core.errors import Conflict
from chalicelib.core.runs import Run
from chalicelib.exchanges.model import ExchangeState
from chalicelib.returns.model import AppealAgainst, Closure, Resolution, Return
from chalicelib.returns.units import quantities
from chalicelib.withdrawals.matching import JoinReturn
from tests.builders import Shop, item, passed, restock
from tests.children import approves, cancels, exchange_of, ships, swap
from tests.returns.swaps import Act, named, reserved, resolution_of, stocked, swapped
from tests.returns.undoing import appeals, decides, reopens, suspicions
from tests.shipping.stories import gives_up
from tests.withdrawals.buyers import Counter


@pytest.fixture
def shop(shop: Shop) -> Shop:
    return stocked(shop)


def test_a_rejected_unit_that_is_approved_after_all_is_promised_a_replacement(shop: Shop) -> None:
    ret = shop.rejects(shop.asks("O-1", swap(2, for_="BLUE")))
    appeals(shop, ret, AppealAgainst.REJECTION)

    decides(shop, ret, uphold=True)

    exchange = exchange_of(shop, ret)
    assert (exchange.state, exchange.units) == (ExchangeState.RESERVED, (Run(1, 2),))
    assert reserved(shop) == 2
    assert suspicions(shop) == []


def test_an_appeal_is_not_upheld_where_there_is_nothing_to_exchange_for(shop: Shop) -> None:
    ret = shop.rejects(shop.asks("O-1", swap(2, for_="BLUE")))
    appeals(shop, ret, AppealAgainst.REJECTION)
    shop.counts({"BLUE": 1})

    with pytest.raises(Conflict, match="replacement_out_of_stock") as refused:
        decides(shop, ret, uphold=True)

    assert refused.value.details["available"] == 1
    assert shop.returnable() == 5


ENDINGS = pytest.mark.parametrize(
    "end",
    [lambda shop, ret: shop.cancels(ret, line_1=1), lambda shop, ret: gives_up(shop, ret, 1)],
    ids=["cancelled", "short-closed"],
)


@ENDINGS
def test_what_had_ended_and_stands_again_is_promised_anew(shop: Shop, end: Act) -> None:
    ret = swapped(shop)
    first = exchange_of(shop, ret)
    end(shop, ret)
    assert reserved(shop) == 1

    reopens(shop, ret, named())

    second = exchange_of(shop, ret)
    assert (second.state, second.previous_id) == (ExchangeState.RESERVED, first.exchange_id)
    assert (reserved(shop), resolution_of(shop, ret)) == (2, Resolution.EXCHANGE)
    assert suspicions(shop) == []


@ENDINGS
def test_nothing_stands_again_where_there_is_nothing_to_exchange_for(shop: Shop, end: Act) -> None:
    ret = swapped(shop)
    end(shop, ret)
    shop.counts({"BLUE": 0})

    with pytest.raises(Conflict, match="replacement_out_of_stock"):
        reopens(shop, ret, named())

    assert shop.returnable() == 4


def test_beside_a_unit_that_was_replaced_another_stands_again_for_money(shop: Shop) -> None:
    ret = swapped(shop)
    shop.cancels(ret, line_1=1)
    ships(shop, exchange_of(shop, ret))

    reopens(shop, ret, named())

    shop.receives(ret, item(quantity=2))
    shop.inspects(ret, passed(2))
    shop.disposes(ret, restock(2))
    shop.settles(ret)
    assert shop.settlement(ret).amount.minor == 1000
    assert shop.now_is(ret).closure is Closure.COMPLETED
    assert suspicions(shop) == []


def test_what_stands_again_under_review_is_promised_when_it_is_approved(shop: Shop) -> None:
    ret = shop.cancels(shop.asks("O-1", swap(2, for_="BLUE")))

    reopens(shop, ret)
    before = reserved(shop)
    approves(shop, ret)

    assert (before, reserved(shop)) == (0, 2)


def half_under_review(shop: Shop) -> Return:
    """One unit is promised a replacement, one of the same line is reviewed again."""
    ret = shop.asks("O-1", swap(2, for_="BLUE"))
    shop.cancels(ret, line_1=1)
    approves(shop, ret)
    return reopens(shop, ret, named())


def test_a_line_that_is_paid_back_instead_is_so_with_what_was_promised_before(shop: Shop) -> None:
    ret = half_under_review(shop)
    assert reserved(shop) == 1

    approves(shop, ret, "1")

    assert exchange_of(shop, ret).state is ExchangeState.CANCELLED
    assert (reserved(shop), resolution_of(shop, ret)) == (0, Resolution.REFUND)
    assert quantities(shop.now_is(ret).lines[0]).awaiting == 2
    assert suspicions(shop) == []


@pytest.mark.parametrize(
    "end",
    [
        lambda shop, ret: shop.rejects(ret),
        lambda shop, ret: shop.approves(ret, line_1=0),
        lambda shop, ret: shop.cancels(ret, line_1=1),
    ],
    ids=["rejected", "not approved", "cancelled"],
)
def test_when_no_unit_can_be_promised_any_more_the_others_are_paid_back(
    shop: Shop, end: Act
) -> None:
    ret = half_under_review(shop)
    cancels(shop, exchange_of(shop, ret))
    assert resolution_of(shop, ret) is Resolution.EXCHANGE

    end(shop, ret)

    assert resolution_of(shop, ret) is Resolution.REFUND


# --- withdrawals -------------------------------------------------------------------------------


def joined(shop: Shop, ret: Return) -> Return:
    """Its customer withdraws from the sale, and a person finds that this return is about it."""
    counter = Counter(shop)
    declared = counter.takes()
    counter.matches(declared, JoinReturn(return_id=ret.return_id))
    return shop.now_is(ret)


def test_who_withdraws_gets_money_and_no_other_goods(shop: Shop) -> None:
    ret = joined(shop, swapped(shop))

    exchange = exchange_of(shop, ret)
    assert exchange.state is ExchangeState.CANCELLED
    assert (reserved(shop), resolution_of(shop, ret)) == (0, Resolution.REFUND)
    assert shop.returnable() == 3, "its units are still on their way back"
    assert suspicions(shop) == []


@pytest.mark.parametrize("is_changed", [False, True], ids=["as it was", "changed"])
def test_what_is_approved_of_a_withdrawal_promises_nothing(shop: Shop, is_changed: bool) -> None:
    ret = joined(shop, shop.asks("O-1", swap(2, for_="BLUE")))
    if is_changed:
        shop.asks_customer(ret)
        shop.edits(ret, swap(2, for_="BLUE"))
        shop.submits(ret)

    approves(shop, ret)

    assert reserved(shop) == 0
    assert resolution_of(shop, ret) is Resolution.REFUND


def test_a_replacement_that_has_left_is_not_taken_back_by_a_withdrawal(shop: Shop) -> None:
    ret = swapped(shop)
    ships(shop, exchange_of(shop, ret))

    after = joined(shop, ret)

    assert quantities(after.lines[0]).settled == 2
    assert exchange_of(shop, ret).state is ExchangeState.SHIPPED
    assert suspicions(shop) == []


def test_what_stands_again_of_a_withdrawal_promises_nothing(shop: Shop) -> None:
    ret = swapped(shop)
    gives_up(shop, ret, 1)
    joined(shop, ret)

    reopens(shop, ret, named())

    assert reserved(shop) == 0
