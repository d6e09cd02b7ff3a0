"""A blind return finds its sale: prices, units and customer come from the order, in one write."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, Invalid, NotFound, Stale
from chalicelib.core.events import Context, chain_fault
from chalicelib.orders.model import DeliveredItem, KitComponent, Order
from chalicelib.returns.blind import sale_task_id
from chalicelib.returns.ending import Cancel, cancel
from chalicelib.returns.exceptions import ExceptionState, ResolutionKind
from chalicelib.returns.model import LinkedDocument, Return, ReturnType
from chalicelib.returns.requesting import create
from chalicelib.returns.sale_found import MatchedLine, MatchLines, match
from chalicelib.returns.selection import NamedQuantity
from chalicelib.returns.standing import Status, status_of
from chalicelib.returns.units import quantities
from chalicelib.returns.wishes import RequestedLine, RequestReturn
from chalicelib.tasks.model import TaskKind, TaskState, task_id_for
from tests.builders import Shop, delivery, line, order, wish

PROOF = LinkedDocument(kind="proof_of_purchase", ref="receipt-17")


def asked(sku: str = "SKU-1", quantity: int = 2, **more: Any) -> RequestedLine:
    return RequestedLine(sku=sku, quantity=quantity, reason="CHANGED_MIND", **more)


def blind(shop: Shop, *lines: RequestedLine, **more: Any) -> Return:
    """Two units of SKU-1 without an order."""
    fields: dict[str, Any] = {"customer_id": "cus-1", "documents": (PROOF,)} | more
    command = RequestReturn(lines=lines or (asked(),), **fields)
    return shop.do(lambda reads, context: create(reads, command, context))


def matched(
    shop: Shop, ret: Return, *pairs: str, order_no: str = "O-1", context: Context | None = None
) -> Return:
    """`1:2` is line 1 of the return, sold on line 2 of the order."""
    lines = tuple(
        MatchedLine(line_no=line_no, order_no=order_no, order_line_no=sold)
        for line_no, sold in (pair.split(":") for pair in pairs or ("1:1",))
    )
    command = MatchLines(lines=lines)
    return shop.do(lambda reads, ctx: match(reads, ret.return_id, command, ctx), context=context)


def sale(**more: Any) -> Order:
    """Three units for 290.00 in France, and two of other goods."""
    fields: dict[str, Any] = {"region": "FR", "channel": "web", "discount": 1000} | more
    return order(line("1", quantity=3, price=10000), line("2", quantity=2, price=0), **fields)


def test_a_blind_return_gets_the_order_its_prices_and_its_units(shop: Shop) -> None:
    shop.sells(sale())

    ret = matched(shop, blind(shop))

    found = ret.lines[0]
    assert (ret.order_no, ret.region, ret.channel, ret.warehouse) == ("O-1", "FR", "web", "A")
    assert (found.order_line_no, found.name, found.sold) == ("1", "A thing", 3)
    assert found.value_of(found.groups[0].units).amount == "193.33"
    assert shop.returnable() == 1
    assert [one.holder_id for one in shop.sold().lines[0].reservations] == [ret.return_id]
    assert ret.decision is not None
    assert ret.decision.policy_version == "standard-30d"


def test_the_review_goes_on_and_ends_as_any_other(shop: Shop) -> None:
    shop.sells(sale())
    ret = matched(shop, blind(shop))
    review = shop.store.reads().task(task_id_for(TaskKind.REVIEW, ret.subject, "1"))
    assert review is not None
    assert (status_of(ret), review.state) == (Status.UNDER_REVIEW, TaskState.OPEN)

    done = shop.accepts(ret, quantity=2)

    shop.settles(done)
    assert status_of(shop.now_is(ret)) is Status.COMPLETED
    assert shop.settlement(ret).amount.amount == "193.33"


def test_what_asked_for_the_sale_is_resolved_in_the_same_write(shop: Shop) -> None:
    shop.sells(sale())
    before = blind(shop, asked(), asked("SKU-2", 1))
    reads = shop.store.reads()
    open_ones = reads.blind_exceptions(before)
    search = reads.task(sale_task_id(before.return_id))
    assert search is not None
    assert (before.open_exceptions, search.state, search.role) == (2, TaskState.OPEN, "support")

    ret = matched(shop, before, "1:1", "2:2")

    exceptions = shop.store.reads().blind_exceptions(ret)
    done = shop.store.reads().task(search.task_id)
    assert ret.open_exceptions == 0
    assert list(open_ones) == list(exceptions) == ["1", "2"]
    for line_no, exception in exceptions.items():
        assert exception.state is ExceptionState.RESOLVED
        assert (exception.open_quantity, exception.resolved_by) == (0, "someone")
        (how,) = exception.resolutions
        assert (how.resolution, how.line_no) == (ResolutionKind.LINE, line_no)
        assert (how.return_id, how.movement_id, how.account) == (ret.return_id, None, None)
        assert chain_fault(shop.store.reads().events(exception.subject)) is None
    assert done is not None
    assert done.state is TaskState.DONE


def test_the_event_tells_of_units_values_and_the_policy(shop: Shop) -> None:
    shop.sells(sale())

    ret = matched(shop, blind(shop))

    event = shop.store.reads().events(ret.subject)[-1]
    data: Any = event.data
    (told,) = data["lines"]
    assert event.type == "return.matched"
    assert (data["order_no"], data["policy_version"]) == ("O-1", "standard-30d")
    assert data["quote"] == {"amount": "193.33", "currency": "EUR"}
    assert (told["units"], told["value"]["amount"]) == ("1-2", "193.33")
    assert len(data["exception_ids"]) == 1


def test_serials_that_were_stated_choose_the_units(shop: Shop) -> None:
    sent = delivery(
        DeliveredItem(line_no="1", quantity=1, lot="L-1", serials=("SN-1",)),
        DeliveredItem(line_no="1", quantity=2, lot="L-2", serials=("SN-2", "SN-3")),
    )
    shop.sells(order(line(quantity=3), deliveries=(sent,)))

    ret = matched(shop, blind(shop, asked(quantity=1, serials=("SN-3",))))

    (group,) = ret.lines[0].groups
    assert (ret.lines[0].serials, group.lot) == ({"3": "SN-3"}, "L-2")


def test_a_foreign_serial_is_refused_by_name(shop: Shop) -> None:
    sent = delivery(DeliveredItem(line_no="1", quantity=1, serials=("SN-1",)))
    shop.sells(order(line(), deliveries=(sent,)))

    with pytest.raises(Conflict, match="serial_not_shipped"):
        matched(shop, blind(shop, asked(quantity=1, serials=("SN-9",))))


def test_two_lines_of_the_return_may_be_of_one_line_of_the_order(shop: Shop) -> None:
    shop.sells(sale())
    before = blind(shop, asked(quantity=1), replace(asked(quantity=2), reason="SIZE_TOO_LARGE"))

    ret = matched(shop, before, "1:1", "2:1")

    units = [one.groups[0].units for one in ret.lines]
    assert [[(run.first, run.count) for run in runs] for runs in units] == [[(1, 1)], [(2, 2)]]
    assert shop.returnable() == 0


def test_more_units_than_are_left_are_refused(shop: Shop) -> None:
    shop.sells(sale())
    shop.asks("O-1", wish(2))

    with pytest.raises(Conflict, match="not_returnable_quantity") as refused:
        matched(shop, blind(shop))

    assert refused.value.details["returnable_quantity"] == 1


def test_outside_of_the_window_a_person_sees_it_and_decides(shop: Shop) -> None:
    sold = sale(
        deliveries=(
            delivery(
                DeliveredItem(line_no="1", quantity=3),
                shipped_at=sale().placed_at.replace(year=2025),
                delivered_at=sale().placed_at.replace(year=2025),
            ),
        )
    )
    shop.sells(sold)

    ret = matched(shop, blind(shop))

    assert ret.decision is not None
    assert ret.decision.lines[0].code == "outside_window"
    assert status_of(ret) is Status.UNDER_REVIEW
    assert shop.returnable() == 1


def test_a_return_without_a_customer_gets_that_of_the_order(shop: Shop) -> None:
    shop.sells(sale())

    assert matched(shop, blind(shop, customer_id=None)).customer_id == "cus-1"


def test_the_sale_of_another_customer_is_refused(shop: Shop) -> None:
    shop.sells(sale(customer_id="cus-2"))

    with pytest.raises(Conflict, match="sale_of_another_customer"):
        matched(shop, blind(shop))


def test_in_another_currency_the_return_takes_that_of_the_order(shop: Shop) -> None:
    pounds = order(line(quantity=2, currency="GBP", price=700, unit_cost=None))
    shop.sells(pounds)

    ret = matched(shop, blind(shop))

    assert ret.currency == "GBP"
    assert str(ret.lines[0].value_of(ret.lines[0].groups[0].units)) == "14.00 GBP"


def test_a_question_that_is_open_stays_open(shop: Shop) -> None:
    shop.sells(sale())
    before = blind(shop)
    shop.asks_customer(before)

    ret = matched(shop, before)

    assert status_of(ret) is Status.NEEDS_INFO
    assert quantities(ret.lines[0]).pending == 2
    assert shop.returnable() == 1


def test_units_that_were_taken_back_hold_nothing(shop: Shop) -> None:
    shop.sells(sale())
    before = blind(shop, asked(quantity=3))
    less = Cancel(reason="KEEPS_IT", lines=(NamedQuantity(line_no="1", quantity=1),))
    shop.do(lambda reads, context: cancel(reads, before.return_id, less, context))

    ret = matched(shop, before)

    counts = quantities(ret.lines[0])
    assert (counts.requested, counts.pending, counts.cancelled) == (3, 2, 1)
    assert shop.returnable() == 1
    assert len(shop.sold().lines[0].reservations) == 1


def test_the_return_names_the_outbound_order_beside_its_own_papers(shop: Shop) -> None:
    shop.sells(sale())

    papers = matched(shop, blind(shop)).documents

    assert [paper.kind for paper in papers] == ["proof_of_purchase", "outbound_order"]


def test_a_line_that_was_taken_back_needs_no_sale_and_stays_worthless(shop: Shop) -> None:
    pounds = order(line(quantity=2, currency="GBP", price=700, unit_cost=None))
    shop.sells(pounds)
    before = blind(shop, asked(), asked("SKU-9", 1))
    gone = Cancel(reason="KEEPS_IT", lines=(NamedQuantity(line_no="2", quantity=1),))
    shop.do(lambda reads, context: cancel(reads, before.return_id, gone, context))

    ret = matched(shop, before)

    left, ended = ret.lines
    assert str(left.value_of(left.groups[0].units)) == "14.00 GBP"
    assert str(ended.value_of(ended.groups[0].units)) == "0.00 GBP"
    assert (ended.order_line_no, ret.open_exceptions) == (None, 1)


def test_an_exception_that_was_resolved_before_is_let_be(shop: Shop) -> None:
    shop.sells(sale())
    before = blind(shop)
    one = shop.store.reads().blind_exceptions(before)["1"]
    done = replace(one, state=ExceptionState.RESOLVED, resolved_by="earlier", version=2)
    shop.do(lambda *_: Decided(result=done, changes=Changes(records=(done,))))

    ret = matched(shop, before)

    assert shop.store.reads().blind_exceptions(ret)["1"] == done
    assert ret.open_exceptions == 1


# --- what is refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pairs", "order_nos", "codes"),
    [
        (("1:1", "2:2"), ("O-1", "O-2"), ["several_orders"]),
        (("1:1",), ("O-1",), ["lines_left_out"]),
        (("1:1", "1:1", "2:2"), ("O-1",) * 3, ["duplicate_line"]),
        (("1:1", "2:2", "9:1"), ("O-1",) * 3, ["unknown_line"]),
    ],
)
def test_a_match_that_cannot_be_is_refused_with_its_reasons(
    shop: Shop, pairs: tuple[str, ...], order_nos: tuple[str, ...], codes: list[str]
) -> None:
    shop.sells(sale())
    before = blind(shop, asked(), asked("SKU-2", 1))
    lines = tuple(
        MatchedLine(line_no=pair.split(":")[0], order_no=no, order_line_no=pair.split(":")[1])
        for pair, no in zip(pairs, order_nos, strict=True)
    )

    with pytest.raises(Invalid, match="sale_does_not_fit") as refused:
        shop.do(lambda reads, ctx: match(reads, before.return_id, MatchLines(lines=lines), ctx))

    assert [error.code for error in refused.value.errors] == codes


def test_the_goods_have_to_be_the_same(shop: Shop) -> None:
    shop.sells(sale())

    with pytest.raises(Conflict, match="other_goods"):
        matched(shop, blind(shop), "1:2")
    with pytest.raises(NotFound, match="order_line_not_found"):
        matched(shop, blind(shop), "1:9")
    with pytest.raises(NotFound, match="order_not_found"):
        matched(shop, blind(shop), order_no="O-9")


def test_a_kit_is_matched_by_its_parts(shop: Shop) -> None:
    parts = (KitComponent(sku="CUP", quantity=2, share="1"),)
    shop.sells(order(line(sku="SET", kit=parts)))

    with pytest.raises(NotFound, match="order_line_not_found"):
        matched(shop, blind(shop, asked("SET", 1)))
    assert matched(shop, blind(shop, asked("CUP")), "1:1.1").lines[0].order_line_no == "1.1"


def test_a_sale_is_found_once(shop: Shop) -> None:
    shop.sells(sale())
    before = blind(shop)
    matched(shop, before)

    with pytest.raises(Conflict, match="sale_known"):
        matched(shop, before)
    with pytest.raises(Stale):
        matched(shop, before, context=shop.context(version=1))


def test_a_return_that_waits_for_no_sale_is_not_matched(shop: Shop) -> None:
    shop.sells(sale())
    ret = blind(shop)
    shop.rejects(ret)

    with pytest.raises(Conflict, match="nothing_to_match"):
        matched(shop, ret)


def test_what_we_sent_by_error_has_no_sale(shop: Shop) -> None:
    shop.sells(sale())

    with pytest.raises(Conflict, match="no_sale_to_find"):
        matched(shop, blind(shop, type=ReturnType.STOCK_ERROR))
