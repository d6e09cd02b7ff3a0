"""What counts in a customer's history, and what does not."""

from datetime import datetime, timedelta

import pytest

from chalicelib.core.money import Money
from chalicelib.customers import lists
from chalicelib.liability.model import Liable
from chalicelib.orders.model import DeliveredItem
from chalicelib.policy.facts import OF_CUSTOMER
from chalicelib.policy.history import CustomerHistory, facts
from chalicelib.returns import reporting, resolving
from chalicelib.returns.exceptions import ExceptionKind, ResolutionKind, ReturnException
from chalicelib.returns.model import FaultParty, Grade, Return, ReturnType
from chalicelib.returns.rulings import ClaimAgainst, Resolve
from tests.builders import NOW, Shop, delivery, failed, item, line, order, passed
from tests.returns.acts import short_closes

YEAR = timedelta(days=365)


@pytest.fixture
def ret(shop: Shop) -> Return:
    """Ten units bought, four of them asked back."""
    shop.sells(order(line(quantity=10)))
    return shop.asks(quantity=4)


def history(shop: Shop, at: datetime | None = None, without: str | None = None) -> CustomerHistory:
    return shop.store.reads().customer_history("cus-1", at or shop.now, without)


def test_of_a_stranger_nothing_is_known(shop: Shop) -> None:
    nobody = history(shop)

    assert nobody == CustomerHistory()
    assert nobody.return_rate is None


def test_a_return_counts_with_its_units_and_their_value(shop: Shop, ret: Return) -> None:
    known = history(shop)

    assert (known.returns_12m, known.returns_30d) == (1, 1)
    assert (known.units_returned_12m, known.units_bought_12m) == (4, 10)
    assert known.returned_value_12m == {"EUR": 4000}
    assert known.return_rate == 40


def test_what_others_did_does_not_count(shop: Shop, ret: Return) -> None:
    assert shop.store.reads().customer_history("cus-2", shop.now) == CustomerHistory()


def test_the_return_that_is_decided_does_not_count_against_itself(shop: Shop, ret: Return) -> None:
    assert history(shop, without=ret.return_id) == CustomerHistory(units_bought_12m=10)


def test_a_draft_does_not_count(shop: Shop) -> None:
    shop.sells(order(line(quantity=2)))
    shop.asks(submit=False)

    assert history(shop).returns_12m == 0


def test_what_was_taken_back_does_not_count(shop: Shop, ret: Return) -> None:
    shop.cancels(ret, line_1=1)
    assert (history(shop).returns_12m, history(shop).units_returned_12m) == (1, 3)

    shop.cancels(ret)
    assert history(shop) == CustomerHistory(units_bought_12m=10, returned_value_12m={})


def test_a_rejected_request_was_filed_but_returned_nothing(shop: Shop, ret: Return) -> None:
    shop.rejects(ret)

    known = history(shop)
    assert (known.returns_12m, known.units_returned_12m) == (1, 0)
    assert known.returned_value_12m == {"EUR": 0}


def test_units_that_never_came_were_not_returned(shop: Shop, ret: Return) -> None:
    shop.approves(ret)
    shop.receives(ret, item(quantity=3))
    short_closes(shop, ret)

    assert history(shop).units_returned_12m == 3


def test_what_we_call_back_ourselves_does_not_count(shop: Shop) -> None:
    shop.sells(order(line(quantity=2)))
    shop.asks(type=ReturnType.RECALL)

    assert history(shop) == CustomerHistory(units_bought_12m=2)


@pytest.mark.parametrize(
    ("age", "counted"),
    [
        (timedelta(0), (1, 1)),
        (timedelta(days=30), (1, 1)),
        (timedelta(days=30, milliseconds=1), (1, 0)),
        (YEAR, (1, 0)),
        (YEAR + timedelta(milliseconds=1), (0, 0)),
        (timedelta(milliseconds=-1), (0, 0)),
    ],
    ids=["now", "30 days", "more than 30 days", "365 days", "more than 365 days", "not yet"],
)
def test_a_history_looks_back_30_and_365_days(
    shop: Shop, ret: Return, age: timedelta, counted: tuple[int, int]
) -> None:
    known = history(shop, ret.requested_at + age)

    assert (known.returns_12m, known.returns_30d) == counted


def test_an_order_counts_from_the_day_it_was_placed(shop: Shop, ret: Return) -> None:
    placed_at = shop.sold().placed_at

    assert history(shop, placed_at + YEAR).units_bought_12m == 10
    assert history(shop, placed_at + YEAR + timedelta(seconds=1)).units_bought_12m == 0


def test_values_of_different_currencies_are_not_added(shop: Shop, ret: Return) -> None:
    shop.sells(order(line(sku="S-2", quantity=1, price=700, currency="SEK"), no="O-2"))
    shop.asks("O-2")

    known = history(shop)
    assert known.returned_value_12m == {"EUR": 4000, "SEK": 700}
    assert facts(known, "SEK")["customer_returned_value_12m"] == Money(700, "SEK")
    assert facts(known, "JPY")["customer_returned_value_12m"] == Money(0, "JPY")


@pytest.mark.parametrize(
    ("grade", "fault", "used"),
    [
        (Grade.C, FaultParty.CUSTOMER, 2),
        (Grade.D, FaultParty.CUSTOMER, 2),
        (Grade.B, FaultParty.CUSTOMER, 0),
        (Grade.C, FaultParty.NONE, 0),
        (Grade.D, FaultParty.CARRIER, 0),
    ],
)
def test_used_is_what_came_back_used_by_the_customer(
    shop: Shop, ret: Return, grade: Grade, fault: FaultParty, used: int
) -> None:
    shop.approves(ret)
    shop.receives(ret, item(quantity=4))
    shop.inspects(ret, failed(2, grade=grade, fault=fault), passed(2))

    assert history(shop).returned_used_12m == used


def test_a_foreign_serial_counts_as_a_mismatch(shop: Shop) -> None:
    sold = order(
        line(quantity=2),
        deliveries=(delivery(DeliveredItem(line_no="1", quantity=2, serials=("SN-1", "SN-2"))),),
    )
    shop.sells(sold)
    ret = shop.asks(quantity=2)
    shop.approves(ret)
    shop.receives(ret, item(quantity=1, serials=("SN-9",)))

    assert history(shop).serial_mismatches_12m == 1


def empty_box(shop: Shop, ret: Return) -> ReturnException:
    shop.approves(ret)
    command = reporting.ReportException(kind=ExceptionKind.EMPTY, quantity=1, line_no="1")
    return shop.do(lambda reads, context: reporting.report(reads, ret.return_id, command, context))


def resolves(shop: Shop, exception: ReturnException, how: Resolve) -> None:
    shop.do(lambda reads, context: resolving.resolve(reads, exception.exception_id, how, context))


@pytest.mark.parametrize(
    ("against", "counted"),
    [(None, 1), (Liable.CUSTOMER, 1), (Liable.CARRIER, 0), (Liable.SUPPLIER, 0)],
)
def test_an_empty_box_counts_unless_somebody_else_is_liable(
    shop: Shop, ret: Return, against: Liable | None, counted: int
) -> None:
    exception = empty_box(shop, ret)
    assert history(shop).empty_boxes_12m == 1

    how = Resolve(resolution=ResolutionKind.NO_GOODS, reason="Nothing in it.")
    if against is not None:
        claim = ClaimAgainst(against=against, party="dhl")
        how = Resolve(resolution=ResolutionKind.CLAIM, reason="Opened on the way.", claim=claim)
    resolves(shop, exception, how)

    assert history(shop).empty_boxes_12m == counted


def test_other_exceptions_do_not_count(shop: Shop, ret: Return) -> None:
    shop.approves(ret)
    shop.receives(ret, item(quantity=5), item("SKU-OTHER", 1))

    known = history(shop)
    assert (known.serial_mismatches_12m, known.empty_boxes_12m) == (0, 0)


def listed(shop: Shop, list_name: str, until: datetime | None) -> None:
    command = lists.PutOnList(list_name=list_name, reason="Known to us.", until=until)
    shop.do(lambda reads, context: lists.put_on_list(reads, "cus-1", command, context))


def test_the_lists_that_hold_at_that_moment_are_part_of_the_history(shop: Shop) -> None:
    listed(shop, "vip", None)
    listed(shop, "watched", NOW + timedelta(days=9))

    assert history(shop, NOW + timedelta(days=8)).lists == {"vip", "watched"}
    assert history(shop, NOW + timedelta(days=9)).lists == {"vip"}


def test_a_history_gives_every_fact_that_policies_ask_of_a_customer() -> None:
    assert set(facts(CustomerHistory(), "EUR")) == OF_CUSTOMER


def test_a_rate_is_rounded_down() -> None:
    assert CustomerHistory(units_returned_12m=2, units_bought_12m=3).return_rate == 66
    assert CustomerHistory(units_returned_12m=3, units_bought_12m=2).return_rate == 150
