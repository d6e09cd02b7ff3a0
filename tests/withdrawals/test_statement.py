"""Which units a declaration means: free ones, those of an earlier one, or nobody can tell."""

from typing import Any

import pytest

from chalicelib.orders.model import DeliveredItem, KitComponent, Order
from chalicelib.tasks.model import TaskState
from chalicelib.withdrawals.matching import MatchSale
from chalicelib.withdrawals.model import Unmatched, Withdrawal, WithdrawalState
from tests.builders import NOW, Shop, delivery, line, wish
from tests.fakes import FakeStore
from tests.withdrawals.buyers import Counter, goods_of, line_of, sale

# --- where a person has to look ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "more", "why"),
    [
        ((), {"order_stated": "0-1"}, Unmatched.ORDER_UNKNOWN),
        ((), {"order_stated": None}, Unmatched.ORDER_UNKNOWN),
        ((), {"customer_id": "cus-2"}, Unmatched.NOT_THEIRS),
        ((), {"customer_id": None}, Unmatched.NOT_THEIRS),
        ((line_of("7"),), {}, Unmatched.LINES_UNKNOWN),
        ((goods_of("SKU-7"),), {}, Unmatched.LINES_UNKNOWN),
        ((line_of("1", 4),), {}, Unmatched.LINES_UNKNOWN),
        ((goods_of("SKU-1", 4),), {}, Unmatched.LINES_UNKNOWN),
    ],
)
def test_what_cannot_be_matched_is_acknowledged_and_given_to_a_person(
    counter: Counter, lines: Any, more: dict[str, Any], why: Unmatched
) -> None:
    counter.shop.sells(sale())

    done = counter.takes(*lines, **more)

    task = counter.task(done)
    assert (done.state, done.unmatched) == (WithdrawalState.CONFIRMED, why)
    assert done.receipt is not None
    assert task is not None
    assert (task.state, task.role, task.subject) == (TaskState.OPEN, "support", done.subject)
    assert counter.shop.returnable() == 3


def test_goods_that_did_not_go_out_yet_are_for_a_person(counter: Counter) -> None:
    sent = delivery(DeliveredItem(line_no="1", quantity=1))
    counter.shop.sells(sale(line(quantity=3), deliveries=(sent,)))

    assert counter.takes().unmatched is Unmatched.NOT_SHIPPED
    assert counter.takes(line_of("1", 2)).unmatched is Unmatched.NOT_SHIPPED
    assert counter.takes(line_of("1")).state is WithdrawalState.MATCHED


def test_units_in_another_return_are_for_a_person(counter: Counter) -> None:
    counter.shop.sells(sale())
    counter.shop.asks("O-1", wish(2))

    assert counter.takes().unmatched is Unmatched.UNITS_HELD
    assert counter.takes(line_of("1", 2)).unmatched is Unmatched.UNITS_HELD
    assert counter.takes(line_of("1")).state is WithdrawalState.MATCHED


def test_the_address_of_the_order_proves_whose_it_is(counter: Counter) -> None:
    sold = sale()
    counter.shop.sells(sold)
    counter.introduces(sold, "Anna@Example.com")

    stranger = counter.takes(customer_id=None, email="eve@example.com")
    anna = counter.takes(customer_id=None)

    assert stranger.unmatched is Unmatched.NOT_THEIRS
    assert (anna.state, anna.customer_id) == (WithdrawalState.MATCHED, "cus-1")


def test_a_stated_customer_is_not_overruled_by_an_address(counter: Counter) -> None:
    sold = sale()
    counter.shop.sells(sold)
    counter.introduces(sold, "anna@example.com")

    assert counter.takes(customer_id="cus-2").unmatched is Unmatched.NOT_THEIRS


def test_spaces_around_an_order_number_do_not_hide_it(counter: Counter) -> None:
    counter.shop.sells(sale())

    assert counter.takes(order_stated=" O-1 ").state is WithdrawalState.MATCHED


def tea_sets(quantity: int = 2) -> Order:
    """Sets of two cups and a pot each, sold as one line."""
    parts = (
        KitComponent(sku="CUP", quantity=2, share="0.5"),
        KitComponent(sku="POT", quantity=1, share="0.5"),
    )
    return sale(line(sku="SET", quantity=quantity, kit=parts))


@pytest.mark.parametrize(
    ("lines", "meant"),
    [
        ((line_of("1"),), {"CUP": 2, "POT": 1}),
        ((line_of("1", 2),), {"CUP": 4, "POT": 2}),
        ((line_of("1"), line_of("1.1", 2)), {"CUP": 4, "POT": 1}),
        ((line_of("1.2"),), {"POT": 1}),
        ((), {"CUP": 4, "POT": 2}),
    ],
    ids=["one kit", "all kits", "a kit and parts of the other", "a part", "the order"],
)
def test_a_kit_line_means_its_parts(counter: Counter, lines: Any, meant: dict[str, int]) -> None:
    counter.shop.sells(tea_sets())

    ret = counter.return_of(counter.takes(*lines))

    assert {one.sku: one.requested for one in ret.lines} == meant


@pytest.mark.parametrize(
    "lines",
    [(line_of("1", 3),), (line_of("1", 2), line_of("1.1")), (line_of("1"), goods_of("SET", 2))],
    ids=["too many kits", "a part more", "named twice"],
)
def test_more_kits_or_parts_than_were_sold_are_for_a_person(counter: Counter, lines: Any) -> None:
    counter.shop.sells(tea_sets())

    assert counter.takes(*lines).unmatched is Unmatched.LINES_UNKNOWN


def test_a_person_may_name_the_kit_line_too(counter: Counter) -> None:
    counter.shop.sells(tea_sets())
    before = counter.takes(order_stated="0-1", customer_id=None)

    done = counter.matches(before, MatchSale(order_no="O-1", lines=(line_of("1"),)))

    assert {x.sku: x.requested for x in counter.return_of(done).lines} == {"CUP": 2, "POT": 1}


def test_whether_a_kit_or_one_like_it_is_meant_only_a_person_can_tell(counter: Counter) -> None:
    kit = line("1", kit=(KitComponent(sku="CUP", quantity=1, share="1"),), sku="SET")
    counter.shop.sells(sale(kit, line("2", sku="SET")))

    assert counter.takes(goods_of("SET")).unmatched is Unmatched.LINES_UNKNOWN
    assert counter.takes(line_of("2")).state is WithdrawalState.MATCHED


def test_goods_are_found_on_every_line_that_has_them(counter: Counter) -> None:
    counter.shop.sells(sale(line("1", sku="MUG"), line("2", sku="MUG", quantity=2)))

    ret = counter.return_of(counter.takes(goods_of("MUG", 2), goods_of("MUG")))

    assert {one.order_line_no: one.requested for one in ret.lines} == {"1": 1, "2": 2}


# --- the same order again ---------------------------------------------------------------------


def repeated(done: Withdrawal, first: Withdrawal) -> bool:
    is_repeated = done.state is WithdrawalState.REPEATED
    return is_repeated and done.repeats == first.withdrawal_id and done.return_id is None


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((), ()),
        ((), (line_of("1", 3),)),
        ((line_of("1", 3),), ()),
        ((line_of("1", 3),), (goods_of("SKU-1", 3),)),
        ((line_of("1", 3),), (line_of("1"),)),
    ],
)
def test_a_second_declaration_points_at_the_first_and_makes_no_return(
    counter: Counter, first: Any, second: Any
) -> None:
    counter.shop.sells(sale())
    before = counter.takes(*first)

    again = counter.takes(*second)

    assert repeated(again, before)
    assert again.receipt is not None
    assert (again.unmatched, counter.task(again)) == (None, None)
    assert len(counter.shop.sold().lines[0].reservations) == 1


def test_the_same_words_about_units_that_are_left_are_for_a_person(counter: Counter) -> None:
    counter.shop.sells(sale())
    first = counter.takes(line_of("1"))

    again = counter.takes(line_of("1"))

    assert repeated(again, first)
    assert again.unmatched is Unmatched.PERHAPS_REPEATED
    assert counter.task(again) is not None
    assert counter.shop.returnable() == 2


def test_the_rest_of_an_order_is_withdrawn_from_after_a_part(counter: Counter) -> None:
    counter.shop.sells(sale())
    counter.takes(line_of("1"))

    rest = counter.takes()

    assert rest.include_shipping
    assert counter.return_of(rest).lines[0].requested == 2


def test_what_several_declarations_took_points_at_the_first_of_them(counter: Counter) -> None:
    numbers = [str(number) for number in range(1, 6)]
    counter.shop.sells(sale(*(line(number) for number in numbers)))
    taken = [counter.takes(line_of(number)) for number in numbers]

    again = counter.takes(*(line_of(number) for number in numbers))

    assert repeated(again, taken[0])


def test_another_line_of_the_order_is_another_withdrawal(counter: Counter) -> None:
    counter.shop.sells(sale(line("1"), line("2")))
    counter.takes(line_of("1"))

    assert counter.takes(line_of("2")).state is WithdrawalState.MATCHED


def test_after_the_first_return_ended_the_order_may_be_withdrawn_from_again(
    counter: Counter,
) -> None:
    counter.shop.sells(sale(region="GB"))
    counter.shop.rejects(counter.return_of(counter.takes()))

    assert counter.takes().state is WithdrawalState.MATCHED


def test_two_at_the_same_moment_make_one_return() -> None:
    store = FakeStore(clock=lambda: NOW)
    counter = Counter(Shop(store))
    counter.shop.sells(sale())
    one, other = counter.states(), counter.states()
    store.meanwhile(lambda: counter.confirms(other))

    late = counter.confirms(one)

    assert repeated(late, other)
    assert len(counter.shop.sold().lines[0].reservations) == 1
