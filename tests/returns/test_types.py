"""What the types of a return change: warranty, goods on no line, and no sale at all."""

from datetime import date, timedelta

import pytest

from chalicelib.core.errors import Conflict, Invalid, PolicyRefused
from chalicelib.core.runs import Run
from chalicelib.orders.model import DeliveredItem, Order
from chalicelib.returns import quoting, requesting
from chalicelib.returns.blind import sale_task_id
from chalicelib.returns.model import (
    Authorization,
    Disposition,
    LinkedDocument,
    Return,
    ReturnType,
)
from chalicelib.returns.standing import status_of
from chalicelib.returns.wishes import RequestedLine, RequestReturn
from tests.builders import (
    NOW,
    Shop,
    delivery,
    eur,
    failed,
    goes,
    item,
    line,
    order,
    passed,
    restock,
    wish,
)
from tests.returns.undoing import loses

FORM = (LinkedDocument(kind="application_form", ref="F-1"),)


def stranger(sku: str = "WRONG-1", quantity: int = 2) -> RequestedLine:
    return RequestedLine(sku=sku, quantity=quantity, reason="WRONG_ITEM")


def old_order(warranty_end: date | None) -> Order:
    """Delivered 90 days ago under a window of 30."""
    shipped = delivery(
        DeliveredItem(line_no="1", quantity=1),
        shipped_at=NOW - timedelta(days=92),
        delivered_at=NOW - timedelta(days=90),
    )
    return order(line(warranty_end=warranty_end), deliveries=(shipped,))


def window_of(ret: Return) -> tuple[str, dict[str, object]]:
    assert ret.decision is not None
    step = next(step for step in ret.decision.lines[0].trace if step.rule == "window")
    return step.code, dict(step.facts)


def test_a_defect_may_come_back_until_the_warranty_ends(shop: Shop) -> None:
    shop.sells(old_order(NOW.date()))

    ret = shop.asks(type=ReturnType.QUALITY)

    code, facts = window_of(ret)
    assert (code, facts["window_days"]) == ("within_window", None)
    assert ret.decision is not None
    step = next(step for step in ret.decision.lines[0].trace if step.rule == "warranty")
    assert step.facts["warranty_days_left"] == 0


def test_within_the_window_the_trace_says_so_whatever_the_warranty(shop: Shop) -> None:
    shop.sells(order(line(warranty_end=date(2028, 1, 1))))

    code, _ = window_of(shop.asks(type=ReturnType.QUALITY))

    assert code == "within_window"


@pytest.mark.parametrize(
    ("type_", "warranty_end"),
    [
        (ReturnType.QUALITY, NOW.date() - timedelta(days=1)),
        (ReturnType.QUALITY, None),
        (ReturnType.CUSTOMER_RETURN, NOW.date() + timedelta(days=300)),
    ],
    ids=["warranty over", "no warranty", "no defect"],
)
def test_else_the_window_is_all_there_is(
    shop: Shop, type_: ReturnType, warranty_end: date | None
) -> None:
    shop.sells(old_order(warranty_end))

    with pytest.raises(PolicyRefused, match="outside_window"):
        shop.asks(type=type_)


def test_goods_sent_by_error_come_back_beside_what_was_sold(shop: Shop) -> None:
    shop.sells(order(line(quantity=2)))

    ret = shop.asks("O-1", wish(1), stranger(), type=ReturnType.STOCK_ERROR, documents=FORM)

    sold, extra = ret.lines
    assert (extra.order_line_no, extra.sku, extra.groups[0].units) == (
        None,
        "WRONG-1",
        (Run(1, 2),),
    )
    assert extra.value_of(extra.groups[0].units) == eur(0)
    assert sold.value_of(sold.groups[0].units) == eur(1000)
    assert shop.returnable() == 1


def test_goods_on_no_line_are_approved_received_and_rejected_without_a_reservation(
    shop: Shop,
) -> None:
    shop.sells(order(line()))
    ret = shop.asks("O-1", stranger(quantity=3), type=ReturnType.STOCK_ERROR, documents=FORM)
    shop.reports_cause(ret)

    approved = shop.approves(ret, line_1=2)
    shop.receives(ret, item("WRONG-1", 1))
    cancelled = shop.cancels(ret)

    assert status_of(approved) == "PARTLY_APPROVED"
    assert [g.authorization for g in cancelled.lines[0].groups] == [
        Authorization.APPROVED,
        Authorization.CANCELLED,
        Authorization.REJECTED,
    ]
    assert shop.returnable() == 1


def test_goods_on_no_line_are_asked_for_again_after_a_question(shop: Shop) -> None:
    shop.sells(order(line()))
    ret = shop.asks("O-1", stranger(), wish(), type=ReturnType.STOCK_ERROR)

    again = shop.submits(shop.asks_customer(ret))

    assert [x.groups[0].units for x in again.lines] == [(Run(1, 2),), (Run(1, 1),)]


def test_a_quote_shows_goods_on_no_line_worth_nothing(shop: Shop) -> None:
    sold = shop.sells(order(line()))
    command = RequestReturn(
        order_no=sold.order_no, lines=(stranger(), wish()), type=ReturnType.STOCK_ERROR
    )

    quoted = quoting.quote(shop.store.reads(), command, shop.context())

    assert [(x.order_line_no, x.sku, x.amount) for x in quoted.lines] == [
        (None, "WRONG-1", eur(0)),
        ("1", "SKU-1", eur(1000)),
    ]
    assert quoted.eligible
    assert quoted.decision.lines[0].line_no == "sku:WRONG-1"


def test_outbound_orders_of_goods_on_no_line_are_all_of_the_order(shop: Shop) -> None:
    shop.sells(order(line()))

    ret = shop.asks("O-1", stranger(), type=ReturnType.STOCK_ERROR)

    assert ret.documents == (LinkedDocument(kind="outbound_order", ref="D-1"),)


_ASKED_FOR = [t for t in ReturnType if t not in (ReturnType.STOCK_ERROR, ReturnType.WITHDRAWAL)]


@pytest.mark.parametrize("type_", _ASKED_FOR)
def test_other_types_name_lines_of_their_order(shop: Shop, type_: ReturnType) -> None:
    shop.sells(order(line()))

    with pytest.raises(Invalid) as refused:
        shop.asks("O-1", stranger(), type=type_)

    assert [e.code for e in refused.value.errors] == ["line_reference"]


def test_a_blind_return_is_approved_only_where_there_is_no_sale_to_find(shop: Shop) -> None:
    blind = shop.asks(None, stranger())
    error = shop.asks(None, stranger(), type=ReturnType.STOCK_ERROR)
    for kind in ("outbound_order", "application_form"):
        shop.links(error, kind)
    shop.reports_cause(error)

    with pytest.raises(Conflict, match="sale_not_found_yet"):
        shop.approves(blind)

    assert status_of(shop.approves(error)) == "APPROVED"
    assert (blind.open_exceptions, error.open_exceptions) == (1, 0)


def test_goods_that_nobody_bought_come_back_for_nothing_and_the_return_ends(shop: Shop) -> None:
    ret = shop.asks(None, stranger(quantity=3), type=ReturnType.STOCK_ERROR)
    for kind in ("outbound_order", "application_form"):
        shop.links(ret, kind)
    shop.reports_cause(ret)
    shop.approves(ret)
    shop.receives(ret, item("WRONG-1", 3))
    shop.inspects(ret, passed(2), failed(1))

    shop.disposes(ret, restock(2))
    ret = shop.disposes(ret, goes(Disposition.SCRAP))

    assert {group.credit for group in ret.groups()} == {None}
    assert status_of(ret) == "COMPLETED"
    with pytest.raises(Conflict, match="nothing_to_settle"):
        shop.settles(ret)


def test_lost_goods_that_nobody_bought_are_settled_with_nothing(shop: Shop) -> None:
    ret = shop.asks(None, stranger(), type=ReturnType.STOCK_ERROR)
    for kind in ("outbound_order", "application_form"):
        shop.links(ret, kind)
    shop.reports_cause(ret)
    shop.approves(ret)
    ret = loses(shop, ret)

    shop.settles(ret)

    assert shop.settlement(ret).amount == eur(0)
    assert status_of(shop.now_is(ret)) == "COMPLETED"


def test_equal_blind_entries_are_one_line(shop: Shop) -> None:
    ret = shop.asks(None, stranger(), stranger(), stranger("OTHER-1"))

    assert [(x.sku, x.requested) for x in ret.lines] == [("WRONG-1", 4), ("OTHER-1", 2)]
    assert ret.open_exceptions == 2


def test_a_blind_return_is_asked_about_answered_and_asked_again(shop: Shop) -> None:
    ret = shop.asks(None, stranger())

    asked = shop.asks_customer(ret)
    answered = shop.submits(asked)
    rejected = shop.rejects(answered)
    again = shop.submits(rejected)

    assert status_of(asked) == "NEEDS_INFO"
    assert (status_of(answered), answered.deadline) == ("UNDER_REVIEW", None)
    assert again.lines[0].groups[0].refusal_code is None
    assert again.submissions == 3
    assert again.open_exceptions == 1, "the sale is looked for once"


def test_the_lines_of_a_blind_return_stay_as_they_are(shop: Shop) -> None:
    ret = shop.asks_customer(shop.asks(None, stranger()))

    with pytest.raises(Conflict, match="blind_lines_fixed"):
        shop.edits(ret, stranger(quantity=1))

    assert shop.edits(ret, warehouse="B").warehouse == "B"


def test_a_blind_return_is_taken_back_and_expires(shop: Shop) -> None:
    ret = shop.asks(None, stranger())
    other = shop.asks_customer(shop.asks(None, stranger()))

    assert status_of(shop.cancels(ret)) == "CANCELLED"
    assert status_of(shop.expires(other)) == "EXPIRED"
    for ended in (ret, other):
        search = shop.store.reads().task(sale_task_id(ended.return_id))
        assert search is not None
        assert search.state == "done", "nobody has to find its sale any more"


def test_the_sale_of_a_blind_return_is_looked_for_until_it_is_refused_and_again_when_asked_anew(
    shop: Shop,
) -> None:
    ret = shop.asks(None, stranger())
    states = []
    for step in (shop.rejects, shop.submits, shop.cancels):
        ret = step(ret)
        search = shop.store.reads().task(sale_task_id(ret.return_id))
        assert search is not None
        states.append(search.state.value)

    assert states == ["done", "open", "done"]


def test_a_withdrawal_is_declared_and_never_asked_for_like_a_favour(shop: Shop) -> None:
    shop.sells(order(line()))
    command = RequestReturn(order_no="O-1", lines=(wish(),), type=ReturnType.WITHDRAWAL)

    with pytest.raises(Invalid) as caught:
        shop.do(lambda reads, context: requesting.create(reads, command, context))
    with pytest.raises(Invalid) as quoted:
        quoting.quote(shop.store.reads(), command, shop.context())

    assert caught.value.code == quoted.value.code == "withdrawal_is_declared"
