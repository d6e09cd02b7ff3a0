"""A person finds the sale, joins a return that is under way, or finds nothing."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.errors import Conflict, Invalid, NotFound, Stale
from chalicelib.orders.model import DeliveredItem, Order
from chalicelib.returns.standing import Status, status_of
from chalicelib.tasks.model import TaskState
from chalicelib.withdrawals.matching import JoinReturn, Match, MatchSale, NoSale
from chalicelib.withdrawals.model import Withdrawal, WithdrawalState
from tests.builders import delivery, line, order, wish
from tests.withdrawals.buyers import Counter, line_of


def sale(**more: Any) -> Order:
    return order(line(quantity=3), **({"region": "DE"} | more))


def unknown(counter: Counter, *lines: Any) -> Withdrawal:
    """Declared about an order whose number was mistyped."""
    return counter.takes(*lines, order_stated="0-1", customer_id=None)


def test_the_sale_that_a_person_found_gets_its_return(counter: Counter) -> None:
    counter.shop.sells(sale())
    before = unknown(counter)
    counter.shop.now += timedelta(days=3)

    done = counter.matches(before, MatchSale(order_no="O-1"))

    task, ret = counter.task(done), counter.return_of(done)
    assert (done.state, done.order_no, done.customer_id) == (
        WithdrawalState.MATCHED,
        "O-1",
        "cus-1",
    )
    assert status_of(ret) is Status.APPROVED
    assert task is not None
    assert (task.state, task.done_by) == (TaskState.DONE, "someone")
    assert counter.told(done.subject)[-1] == "withdrawal.matched"


def test_it_is_measured_when_it_was_declared_however_long_finding_took(counter: Counter) -> None:
    counter.shop.sells(sale())
    before = unknown(counter)
    assert before.declared_at is not None
    counter.shop.now += timedelta(days=60)

    done = counter.matches(before, MatchSale(order_no="O-1"))

    ret = counter.return_of(done)
    assert status_of(ret) is Status.APPROVED
    assert ret.withdrawal_declared_at == before.declared_at
    assert done.refund_due_at == before.declared_at + timedelta(days=14)
    assert ret.deadline is not None
    assert ret.deadline.due_at == counter.shop.now + timedelta(days=14)


def test_the_person_names_the_lines_where_the_buyer_named_others(counter: Counter) -> None:
    counter.shop.sells(sale())
    before = unknown(counter, line_of("9"))

    with pytest.raises(Invalid, match="lines_not_of_order"):
        counter.matches(before, MatchSale(order_no="O-1"))
    done = counter.matches(before, MatchSale(order_no="O-1", lines=(line_of("1", 2),)))

    assert counter.return_of(done).lines[0].requested == 2


def test_without_lines_all_that_is_left_of_the_order_is_taken(counter: Counter) -> None:
    counter.shop.sells(sale())
    counter.shop.asks("O-1", wish(1))
    before = counter.takes()

    done = counter.matches(before, MatchSale(order_no="O-1"))

    assert counter.return_of(done).lines[0].requested == 2


def test_what_may_mean_other_units_is_matched_by_a_person(counter: Counter) -> None:
    counter.shop.sells(sale())
    counter.takes(line_of("1"))
    again = counter.takes(line_of("1"))

    done = counter.matches(again, MatchSale(order_no="O-1"))

    assert (done.state, done.repeats, done.unmatched) == (WithdrawalState.MATCHED, None, None)
    assert counter.shop.returnable() == 1


def test_units_of_another_return_are_not_taken_from_it(counter: Counter) -> None:
    counter.shop.sells(sale())
    other = counter.shop.asks("O-1", wish(3))
    before = counter.takes()

    with pytest.raises(Conflict, match="nothing_left_to_return") as refused:
        counter.matches(before, MatchSale(order_no="O-1"))
    with pytest.raises(Conflict, match="not_returnable_quantity"):
        counter.matches(before, MatchSale(order_no="O-1", lines=(line_of("1"),)))

    assert refused.value.details["holders"] == [other.return_id]


def test_goods_that_did_not_go_out_are_not_matched(counter: Counter) -> None:
    sent = delivery(DeliveredItem(line_no="1", quantity=1))
    counter.shop.sells(sale(deliveries=(sent,)))
    before = unknown(counter)

    with pytest.raises(Conflict, match="units_not_shipped"):
        counter.matches(before, MatchSale(order_no="O-1", lines=(line_of("1", 2),)))

    assert counter.matches(before, MatchSale(order_no="O-1")).include_shipping is True


def test_a_withdrawal_joins_the_return_that_brings_its_units_back(counter: Counter) -> None:
    counter.shop.sells(sale())
    under_way = counter.shop.approves(counter.shop.asks("O-1", wish(3)))
    before = counter.takes()

    done = counter.matches(before, JoinReturn(return_id=under_way.return_id))

    ret = counter.shop.now_is(under_way)
    assert (done.state, done.return_id) == (WithdrawalState.MATCHED, under_way.return_id)
    assert ret.withdrawal_id == done.withdrawal_id
    assert ret.refund_due_at == done.refund_due_at is not None
    assert ret.lines == under_way.lines
    assert counter.told(ret.subject)[-1] == "return.withdrawn"
    assert done.include_shipping


def test_a_return_stands_for_one_withdrawal_only(counter: Counter) -> None:
    counter.shop.sells(sale())
    first, other = counter.takes(), unknown(counter)
    assert first.return_id is not None

    with pytest.raises(Conflict, match="return_not_joinable"):
        counter.matches(other, JoinReturn(return_id=first.return_id))


def test_a_return_that_holds_nothing_any_more_is_not_joined(counter: Counter) -> None:
    counter.shop.sells(sale())
    rejected = counter.shop.rejects(counter.shop.asks("O-1", wish(3)))

    with pytest.raises(Conflict, match="return_not_joinable"):
        counter.matches(unknown(counter), JoinReturn(return_id=rejected.return_id))


def test_where_no_sale_is_found_it_is_set_aside_and_may_still_be_matched(counter: Counter) -> None:
    counter.shop.sells(sale())

    aside = counter.matches(unknown(counter), NoSale())
    task = counter.task(aside)
    found = counter.matches(aside, MatchSale(order_no="O-1"))

    assert (aside.state, aside.return_id) == (WithdrawalState.SET_ASIDE, None)
    assert aside.receipt is not None
    assert task is not None
    assert task.state is TaskState.DONE
    assert found.state is WithdrawalState.MATCHED
    assert counter.told(found.subject)[-2:] == ["withdrawal.set_aside", "withdrawal.matched"]


@pytest.mark.parametrize(
    "command",
    [MatchSale(order_no="O-1"), JoinReturn(return_id="ret_1"), NoSale()],
    ids=["sale", "return", "none"],
)
def test_what_is_not_confirmed_or_has_its_return_is_not_matched(
    counter: Counter, command: Match
) -> None:
    counter.shop.sells(sale())
    stated = counter.states()

    with pytest.raises(Conflict, match="withdrawal_not_confirmed"):
        counter.matches(stated, command)
    done = counter.confirms(stated)
    with pytest.raises(Conflict, match="withdrawal_already_matched"):
        counter.matches(done, command)


def test_what_is_not_there_cannot_be_matched_with(counter: Counter) -> None:
    before = unknown(counter)

    with pytest.raises(NotFound, match="order_not_found"):
        counter.matches(before, MatchSale(order_no="O-1"))
    with pytest.raises(NotFound, match="return_not_found"):
        counter.matches(before, JoinReturn(return_id="ret_nobody"))
    with pytest.raises(Stale):
        counter.matches(before, NoSale(), counter.shop.context(version=1))
