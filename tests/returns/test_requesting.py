"""Asking: a quote equals what submit decides, a draft is evaluated anew, faults are all named."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.errors import Conflict, DomainError, Invalid, NotFound, PolicyRefused, Stale
from chalicelib.core.money import Money
from chalicelib.inventory.model import Account
from chalicelib.orders.model import DeliveredItem
from chalicelib.returns import requesting, review
from chalicelib.returns.model import Authorization
from chalicelib.returns.standing import status_of
from chalicelib.returns.wishes import RequestedLine, RequestReturn
from tests.builders import NOW, Shop, delivery, eur, line, order, wish
from tests.fakes import FakeStore


@given(st.integers(1, 7), st.integers(0, 9999), st.data())
@settings(max_examples=40)
def test_a_quote_equals_what_is_then_submitted(
    quantity: int, discount: int, data: st.DataObject
) -> None:
    shop = Shop(FakeStore(clock=lambda: NOW))
    shop.sells(
        order(line("1", quantity=quantity, price=2003), line("2", price=8000), discount=discount)
    )
    wishes = [wish(data.draw(st.integers(1, quantity)), "1"), wish(1, "2")]

    quoted = shop.quotes("O-1", *wishes)
    ret = shop.asks("O-1", *wishes)

    assert [x.units for x in quoted.lines] == [x.groups[0].units for x in ret.lines]
    values = [x.value_of(x.groups[0].units) for x in ret.lines]
    assert [x.amount for x in quoted.lines] == values
    assert quoted.total == Money.total(values, "EUR")


def test_a_draft_holds_nothing_until_it_is_submitted(shop: Shop) -> None:
    shop.sells(order(line(quantity=2)))
    ret = shop.asks(quantity=2, submit=False)
    assert shop.returnable() == 2

    submitted = shop.submits(ret)

    assert shop.returnable() == 0
    assert status_of(submitted) == "UNDER_REVIEW"


def test_a_draft_is_worth_what_the_order_says_when_it_is_submitted(shop: Shop) -> None:
    sold = shop.sells(order(line(price=1000)))
    ret = shop.asks(submit=False)
    shop.registers(replace(sold, lines=(replace(sold.lines[0], unit_price=eur(700)),)))

    submitted = shop.submits(ret)

    assert submitted.lines[0].value_of(submitted.lines[0].groups[0].units) == eur(700)


def test_a_draft_of_what_is_taken_meanwhile_is_refused_at_submit(shop: Shop) -> None:
    shop.sells(order(line()))
    ret = shop.asks(submit=False)
    shop.asks()

    with pytest.raises(Conflict, match="not_returnable_quantity"):
        shop.submits(ret)

    assert status_of(shop.now_is(ret)) == "DRAFT"


def test_serials_of_a_draft_are_the_units_that_submit_takes(shop: Shop) -> None:
    shipped = delivery(DeliveredItem(line_no="1", quantity=3, serials=("a", "b", "c")))
    shop.sells(order(line(quantity=3), deliveries=(shipped,)))

    ret = shop.submits(shop.asks("O-1", wish(1, serials=("c",)), submit=False))

    assert ret.lines[0].serials == {"3": "c"}
    assert ret.lines[0].groups[0].units[0].first == 3


def test_what_policy_refuses_comes_with_the_whole_trace(shop: Shop) -> None:
    shop.sells(order(line(final_sale=True)))

    with pytest.raises(PolicyRefused, match="final_sale") as refused:
        shop.asks()

    trace = json.dumps(refused.value.details["lines"])
    assert [rule in trace for rule in ("shipped", "goods", "final_sale", "window")] == [True] * 4
    assert shop.returnable() == 1


def test_every_fault_of_a_request_is_named(shop: Shop) -> None:
    bad = (
        wish(0),
        wish(1, reason="NO_SUCH"),
        wish(1, reason="OTHER"),
        wish(1, serials=("a", "b")),
        RequestedLine(quantity=1, reason="OTHER", sku="S", note="why"),
    )

    with pytest.raises(Invalid) as refused:
        shop.asks("O-1", *bad)

    assert [(e.pointer, e.code) for e in refused.value.errors] == [
        ("/lines/0/quantity", "not_positive"),
        ("/lines/1/reason", "unknown_reason"),
        ("/lines/2/note", "note_required"),
        ("/lines/3/serials", "serial_count"),
        ("/lines/4/order_line_no", "line_reference"),
    ]


@pytest.mark.parametrize(
    ("wishes", "error"),
    [
        ((wish(1, "9"),), NotFound),
        ((wish(1, serials=("zzz",)),), Conflict),
        ((wish(2, serials=("a", "a")),), Conflict),
    ],
    ids=["unknown line", "serial never shipped", "serial twice"],
)
def test_what_was_never_sold_is_refused(
    shop: Shop, wishes: tuple[RequestedLine, ...], error: type[DomainError]
) -> None:
    shipped = delivery(DeliveredItem(line_no="1", quantity=3, serials=("a", "b", "c")))
    shop.sells(order(line(quantity=3), deliveries=(shipped,)))

    with pytest.raises(error):
        shop.asks("O-1", *wishes)


def test_an_unknown_order_is_not_found(shop: Shop) -> None:
    with pytest.raises(NotFound, match="order_not_found"):
        shop.asks("O-9")


def test_a_return_without_an_order_waits_for_a_person_to_find_its_sale(shop: Shop) -> None:
    command = RequestReturn(
        customer_id="cus-1",
        lines=(RequestedLine(sku="SKU-1", quantity=2, reason="CHANGED_MIND"),),
    )

    ret = shop.do(lambda reads, context: requesting.create(reads, command, context))

    assert ret.is_blind
    assert status_of(ret) == "UNDER_REVIEW"
    assert ret.open_exceptions == 1
    assert ret.lines[0].value_of(ret.lines[0].groups[0].units) == eur(0)
    assert shop.on_hand("SKU-1", Account.QUARANTINE) == 0
    with pytest.raises(Conflict, match="sale_not_found_yet"):
        shop.approves(ret)
    assert status_of(shop.rejects(ret)) == "REJECTED"


def test_a_command_on_an_older_version_is_stale(shop: Shop) -> None:
    shop.sells(order(line()))
    ret = shop.asks()
    context = shop.context(version=ret.version + 1)

    with pytest.raises(Stale, match="stale_version"):
        shop.do(
            lambda reads, context: review.approve(reads, ret.return_id, review.Approve(), context),
            context,
        )


def test_a_request_may_state_when_it_was_made(shop: Shop) -> None:
    shop.sells(order(line()))
    command = RequestReturn(order_no="O-1", lines=(wish(),), requested_at=NOW + timedelta(days=60))

    with pytest.raises(PolicyRefused, match="outside_window"):
        shop.do(lambda reads, context: requesting.create(reads, command, context))


def test_an_approval_names_a_line_once_and_never_above_what_is_pending(shop: Shop) -> None:
    shop.sells(order(line(quantity=2)))
    ret = shop.asks(quantity=2)

    for lines in (
        (review.ApprovedQuantity(line_no="1", quantity=3),),
        (review.ApprovedQuantity(line_no="9", quantity=1),),
        (review.ApprovedQuantity(line_no="1", quantity=1),) * 2,
        (),
    ):
        command = review.Approve(lines=lines)
        with pytest.raises(Invalid):
            shop.do(
                lambda reads, context, command=command: review.approve(  # type: ignore[misc]  # bound now
                    reads, ret.return_id, command, context
                )
            )
    assert shop.now_is(ret).lines[0].groups[0].authorization is Authorization.UNDER_REVIEW


def test_the_review_task_is_done_when_nothing_is_pending(shop: Shop) -> None:
    shop.sells(order(line("1"), line("2")))
    ret = shop.asks("O-1", wish(1, "1"), wish(1, "2"))

    shop.approves(ret, line_1=1)
    _, _, task = shop.store.reads().review_of(ret.return_id)
    assert task is not None
    assert task.state == "open"
    shop.rejects(ret)

    _, _, task = shop.store.reads().review_of(ret.return_id)
    assert task is not None
    assert task.state == "done"
