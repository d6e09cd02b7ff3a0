"""Counting at the door: blind or beside the announcement, and what its close books."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.core.errors import Conflict, Invalid, NotFound, Stale
from chalicelib.core.events import Actor, Context, Event
from chalicelib.inventory.model import Account
from chalicelib.receivings import closing, opening
from chalicelib.receivings.model import Mode, Receiving, State
from chalicelib.returns.exceptions import ExceptionKind, ReturnException
from chalicelib.returns.model import Return
from chalicelib.returns.parcels import group, stack
from chalicelib.returns.receiving import ReceivedItem
from chalicelib.returns.units import quantities
from tests.builders import Shop, item, line, order, wish
from tests.shipping.stories import approved, loses

BOX = "BOX-1"


def who(shop: Shop, name: str = "ann", version: int | None = None) -> Context:
    return replace(shop.context(version=version), actor=Actor(id=name, role="warehouse"))


def opens(shop: Shop, parcel: str | None = BOX, **more: Any) -> Receiving:
    fields: dict[str, Any] = {"warehouse": "A", "mode": Mode.BLIND, "parcel": parcel} | more
    command = opening.Open(**fields)
    return shop.do(
        lambda reads, context: opening.open_receiving(reads, command, context), who(shop)
    )


def counts(
    shop: Shop,
    receiving: Receiving,
    *items: ReceivedItem,
    name: str = "ann",
    ids: tuple[str | None, ...] = (),
    taken_back: tuple[str, ...] = (),
) -> Receiving:
    things = tuple(
        opening.CountedThing(item=one, item_id=ids[place] if ids else None)
        for place, one in enumerate(items)
    )
    command = opening.Add(items=things, taken_back=taken_back)
    return shop.do(
        lambda reads, context: opening.add(reads, receiving.receiving_id, command, context),
        who(shop, name),
    )


def closes(
    shop: Shop, receiving: Receiving, *, name: str = "ann", empty: bool = False
) -> Receiving:
    command = closing.Close(is_empty=empty)
    return shop.do(
        lambda reads, context: closing.close(reads, receiving.receiving_id, command, context),
        who(shop, name),
    )


def boxed(shop: Shop, *returns: Return, box: str = BOX) -> None:
    names = tuple(ret.number for ret in returns)
    shop.do(lambda reads, context: group(reads, box, names, context))


def received(shop: Shop, ret: Return) -> int:
    return sum(quantities(one).received for one in shop.now_is(ret).lines)


def exceptions(shop: Shop, receiving: Receiving) -> list[ReturnException]:
    found = [shop.store.reads().exception(one) for one in receiving.exception_ids]
    return [one for one in found if one is not None]


def kinds(shop: Shop, receiving: Receiving) -> list[ExceptionKind]:
    return [one.kind for one in exceptions(shop, receiving)]


def last(shop: Shop, subject: str) -> Event:
    return shop.store.reads().events(subject)[-1]


# --- opening -------------------------------------------------------------------------------------


def test_it_begins_with_what_is_announced_and_still_to_come(shop: Shop) -> None:
    first, second = approved(shop), approved(shop, 3, no="O-2")
    loses(shop, second, 1)
    boxed(shop, first, second)

    receiving = opens(shop)

    assert [(one.sku, one.announced) for one in receiving.announced] == [("SKU-1", 4)]
    assert last(shop, receiving.subject).type == "receiving.opened"


def test_one_thing_is_counted_by_one_at_a_time(shop: Shop) -> None:
    ret = approved(shop)
    boxed(shop, ret)
    first = opens(shop)

    with pytest.raises(Conflict, match="receiving_open") as refused:
        opens(shop)

    assert refused.value.details["receiving_id"] == first.receiving_id
    cancelled = shop.do(
        lambda reads, context: opening.cancel(reads, first.receiving_id, context), who(shop)
    )
    assert cancelled.state is State.CANCELLED
    assert opens(shop).receiving_id != first.receiving_id


def test_what_is_cancelled_booked_nothing_and_takes_nothing_more(shop: Shop) -> None:
    ret = approved(shop)
    receiving = opens(shop, None, return_ref=ret.number)
    counts(shop, receiving, item(quantity=2))

    def cancel() -> Receiving:
        return shop.do(
            lambda reads, context: opening.cancel(reads, receiving.receiving_id, context),
            who(shop),
        )

    assert cancel() == cancel()
    assert received(shop, ret) == 0
    with pytest.raises(Conflict, match="receiving_over"):
        counts(shop, receiving, item())


def test_a_return_that_is_not_there_cannot_be_counted_and_a_strange_box_can(shop: Shop) -> None:
    with pytest.raises(NotFound, match="return_not_found"):
        opens(shop, None, return_ref="ret_nobody")
    with pytest.raises(NotFound, match="receiving_not_found"):
        shop.do(lambda reads, context: opening.cancel(reads, "rcv_x", context), who(shop))

    assert opens(shop, "NOBODYS").announced == ()


# --- counting ------------------------------------------------------------------------------------


def test_a_scan_that_comes_twice_is_counted_once(shop: Shop) -> None:
    receiving = opens(shop)

    counts(shop, receiving, item(), ids=("scan-1",))
    again = counts(shop, receiving, item(), ids=("scan-1",))
    more = counts(shop, receiving, item(), ids=("scan-2",))

    assert [one.quantity for one in again.goods()] == [1]
    assert [one.quantity for one in more.goods()] == [2]
    with pytest.raises(Conflict, match="item_id_reused"):
        counts(shop, receiving, item(quantity=9), ids=("scan-1",))


def test_what_was_counted_wrongly_is_taken_back(shop: Shop) -> None:
    receiving = opens(shop)
    counts(shop, receiving, item(), item("SKU-9"), ids=("a", "b"))

    after = counts(shop, receiving, taken_back=("b",))

    assert [one.sku for one in after.goods()] == ["SKU-1"]


def test_a_count_names_goods_and_has_an_end(shop: Shop) -> None:
    receiving = opens(shop)

    for wrong in (ReceivedItem(quantity=1), item(quantity=0), item(serials=("a", "b"))):
        with pytest.raises(Invalid):
            counts(shop, receiving, wrong)
    with pytest.raises(Conflict, match="too_many_items"):
        counts(shop, receiving, *(item(f"SKU-{n}") for n in range(201)))


def test_who_looked_at_an_older_version_is_told(shop: Shop) -> None:
    receiving = opens(shop)
    counts(shop, receiving, item())
    command = opening.Add(items=(opening.CountedThing(item=item()),))

    with pytest.raises(Stale):
        shop.do(
            lambda reads, context: opening.add(reads, receiving.receiving_id, command, context),
            who(shop, version=1),
        )


# --- closing -------------------------------------------------------------------------------------


def test_the_close_books_one_receipt_for_each_return(shop: Shop) -> None:
    first, second = approved(shop), approved(shop, 3, no="O-2")
    boxed(shop, first, second)
    receiving = opens(shop, mode=Mode.ANNOUNCED)
    counts(shop, receiving, item(quantity=2))
    counts(shop, receiving, item(quantity=3), name="bob")

    closed = closes(shop, receiving)

    assert (received(shop, first), received(shop, second)) == (2, 3)
    assert (len(closed.receipt_ids), closed.exception_ids) == (2, ())
    assert (closed.state, closed.counters) == (State.CLOSED, ("ann", "bob"))
    assert [(one.announced, one.counted) for one in closed.tallies] == [(5, 5)]
    assert closed.duration_s is not None
    assert closed.duration_s > 0
    told = last(shop, closed.subject)
    assert told.type == "receiving.closed"
    assert told.data["tallies"] == [{"sku": "SKU-1", "announced": 5, "counted": 5}]
    with pytest.raises(Conflict, match="receiving_over"):
        closes(shop, receiving)


def test_approved_two_and_three_arrive(shop: Shop) -> None:
    ret = approved(shop)
    receiving = opens(shop, None, return_ref=ret.return_id)
    counts(shop, receiving, item(quantity=3))

    closed = closes(shop, receiving)

    (over,) = exceptions(shop, closed)
    assert (over.kind, over.quantity) == (ExceptionKind.OVER, 1)
    assert closed.tallies[0].over == 1
    assert shop.on_hand("SKU-1", Account.RECEIVING) == 2
    assert shop.on_hand("SKU-1", Account.QUARANTINE) == 1


def test_thirty_sold_and_thirty_five_come_back(shop: Shop) -> None:
    ret = approved(shop, 30)
    receiving = opens(shop, None, return_ref=ret.return_id)
    counts(shop, receiving, *(item() for _ in range(35)))

    closed = closes(shop, receiving)

    (over,) = exceptions(shop, closed)
    assert (over.kind, over.quantity) == (ExceptionKind.OVER, 5)
    assert (received(shop, ret), closed.tallies[0].over) == (30, 5)
    assert shop.on_hand("SKU-1", Account.QUARANTINE) == 5


def test_a_return_in_two_parcels_is_counted_twice_and_received_once(shop: Shop) -> None:
    ret = approved(shop, 3)
    for box, quantity in (("B-1", 2), ("B-2", 1)):
        boxed(shop, ret, box=box)
        receiving = opens(shop, box)
        counts(shop, receiving, item(quantity=quantity))
        closed = closes(shop, receiving)

    assert received(shop, ret) == 3
    assert [(one.announced, one.counted) for one in closed.tallies] == [(1, 1)]
    assert shop.on_hand("SKU-1", Account.QUARANTINE) == 0


def test_what_is_missing_is_told_as_short_and_stays_awaited(shop: Shop) -> None:
    ret = approved(shop, 3)
    receiving = opens(shop, None, return_ref=ret.return_id)
    counts(shop, receiving, item(quantity=1))

    closed = closes(shop, receiving)

    assert (closed.tallies[0].short, closed.exception_ids) == (2, ())
    assert quantities(shop.now_is(ret).lines[0]).lost == 0
    later = opens(shop, None, return_ref=ret.return_id)
    assert [one.announced for one in later.announced] == [2]


def test_other_goods_are_the_wrong_ones(shop: Shop) -> None:
    ret = approved(shop)
    receiving = opens(shop, None, return_ref=ret.return_id)
    counts(shop, receiving, item(quantity=2), item("SKU-9"))

    assert kinds(shop, closes(shop, receiving)) == [ExceptionKind.WRONG_SKU]


def test_a_box_that_nobody_told_of_holds_unknown_goods(shop: Shop) -> None:
    receiving = opens(shop, "NOBODYS")
    counts(shop, receiving, item(quantity=2), item("SKU-9", quantity=3))

    closed = closes(shop, receiving)

    assert kinds(shop, closed) == [ExceptionKind.UNKNOWN] * 2
    assert shop.on_hand("SKU-9", Account.QUARANTINE) == 3


def test_goods_of_a_return_that_takes_none_are_not_expected(shop: Shop) -> None:
    ret = shop.rejects(shop.asks(shop.sells(order(line())).order_no))
    receiving = opens(shop, None, return_ref=ret.return_id)
    counts(shop, receiving, item(), item("SKU-9"))

    closed = closes(shop, receiving)

    assert kinds(shop, closed) == [ExceptionKind.NOT_EXPECTED] * 2
    assert shop.now_is(ret).open_exceptions == 2


def test_an_empty_box_must_be_called_so(shop: Shop) -> None:
    first, second = approved(shop), approved(shop, no="O-2")
    boxed(shop, first, second)
    receiving = opens(shop)

    with pytest.raises(Conflict, match="nothing_counted"):
        closes(shop, receiving)
    closed = closes(shop, receiving, empty=True)

    assert [(one.kind, one.quantity) for one in exceptions(shop, closed)] == [
        (ExceptionKind.EMPTY, 2),
        (ExceptionKind.EMPTY, 2),
    ]
    assert received(shop, first) == 0
    other = opens(shop)
    counts(shop, other, item())
    with pytest.raises(Conflict, match="not_empty"):
        closes(shop, other, empty=True)


def test_a_pallet_is_counted_as_one(shop: Shop) -> None:
    first, second = approved(shop), approved(shop, no="O-2")
    boxed(shop, first, box="B-1")
    boxed(shop, second, box="B-2")
    shop.do(lambda reads, context: stack(reads, "PAL", ("B-1", "B-2"), context))
    receiving = opens(shop, "PAL")
    counts(shop, receiving, item(quantity=4))

    closed = closes(shop, receiving)

    assert len(closed.receipt_ids) == 2
    assert (received(shop, first), received(shop, second)) == (2, 2)


def test_goods_known_by_their_gtin_are_counted_under_their_sku(shop: Shop) -> None:
    gtin = "4006381333931"
    shop.sells(order(line(gtin=gtin)))
    ret = shop.approves(shop.asks("O-1", wish(1)))
    receiving = opens(shop, None, return_ref=ret.return_id)
    counts(shop, receiving, ReceivedItem(gtin=gtin, quantity=1))

    closed = closes(shop, receiving)

    assert [(one.sku, one.counted) for one in closed.tallies] == [("SKU-1", 1)]
    assert received(shop, ret) == 1


# --- a second person -----------------------------------------------------------------------------


# --- what a driver counted -----------------------------------------------------------------------
