"""Notices follow a return: to another warehouse, onto a pallet, and back when more of it comes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.events import Context
from chalicelib.notices.model import AdvanceNotice, NoticeState
from chalicelib.notices.partners import SetUp
from chalicelib.notices.preparing import prepare_for_pallet, prepare_for_return
from chalicelib.notices.sending import PartnerAnswer, message_of
from chalicelib.returns.model import PickupSlot, Return
from chalicelib.returns.parcels import stack
from tests.builders import NOW, Shop, item, line, order, wish
from tests.fake_reads import Reader
from tests.notices.stories import (
    answered,
    boxed,
    cancels,
    coming,
    prepares,
    with_partner,
)
from tests.shipping.stories import loses

OTHER = SetUp(endpoint="https://other.example.com/notices", secret="other")


def follows(shop: Shop, ret: Return) -> dict[str, AdvanceNotice]:
    """All notices that were brought up to date, by warehouse and pallet."""

    def decide(reads: Reader, context: Context) -> Decided[tuple[AdvanceNotice, ...]]:
        return prepare_for_return(reads, ret.return_id, context)

    return {notice.pallet_no or notice.warehouse: notice for notice in shop.do(decide)}


def partly_approved(shop: Shop) -> Return:
    """Line 1 is approved and comes to A; of line 2 something is asked, so it may be changed."""
    with_partner(shop)
    shop.sells(order(line("1", quantity=2), line("2")))
    ret = shop.approves(shop.asks("O-1", wish(2, "1"), wish(1, "2")), line_1=2)
    return shop.asks_customer(ret)


def on_a_pallet(shop: Shop, *returns: Return) -> AdvanceNotice:
    for number, ret in enumerate(returns):
        boxed(shop, f"B-{number}", ret)
    boxes = tuple(f"B-{number}" for number in range(len(returns)))
    shop.do(lambda reads, context: stack(reads, "PAL", boxes, context, warehouse="A"))
    whole, *_ = shop.do(lambda reads, context: prepare_for_pallet(reads, "PAL", context))
    return whole


def picks_up(shop: Shop, ret: Return, days: int) -> None:
    """A pickup is booked, as the return keeps it."""
    slot = PickupSlot(
        slot_id="s", carrier="dhl", day=(NOW + timedelta(days=days)).date(), window="09:00-12:00"
    )

    def decide(reads: Reader, context: Context) -> Decided[None]:
        stored = reads.return_(ret.return_id)
        assert stored is not None, "approved before"
        after = replace(stored, pickup=slot, version=stored.version + 1)
        return Decided(result=None, changes=Changes(records=(after,)))

    shop.do(decide)


# --- another warehouse ---------------------------------------------------------------------------


def test_a_return_that_goes_elsewhere_is_called_off_there_and_announced_here(shop: Shop) -> None:
    ret = partly_approved(shop)
    with_partner(shop, "B", OTHER)
    first = prepares(shop, ret)
    assert first is not None
    answered(shop, first)

    shop.edits(ret, warehouse="B")
    told = follows(shop, ret)

    assert {name: one.state for name, one in told.items()} == {
        "A": NoticeState.CANCELLED,
        "B": NoticeState.PREPARED,
    }
    assert all(one.is_to_be_sent for one in told.values())
    assert message_of(told["A"])["type"] == "notice.cancelled"
    assert told["B"].units == 2


def test_one_that_goes_to_a_warehouse_of_ours_is_only_called_off(shop: Shop) -> None:
    ret = partly_approved(shop)
    first = prepares(shop, ret)
    assert first is not None
    answered(shop, first)

    shop.edits(ret, warehouse="B")

    called_off = follows(shop, ret)
    assert {name: one.state for name, one in called_off.items()} == {"A": NoticeState.CANCELLED}
    answered(shop, called_off["A"])
    assert follows(shop, ret) == {}


def test_until_the_partner_was_told_that_it_goes_elsewhere_it_is_told_again(shop: Shop) -> None:
    ret = partly_approved(shop)
    first = prepares(shop, ret)
    assert first is not None
    answered(shop, first)
    shop.edits(ret, warehouse="B")
    called_off = follows(shop, ret)["A"]

    assert answered(shop, called_off, PartnerAnswer.UNKNOWN).is_to_be_sent
    again = follows(shop, ret)["A"]

    assert (again.revision, again.is_to_be_sent) == (called_off.revision, True)


def test_one_that_comes_back_is_announced_again_under_its_id(shop: Shop) -> None:
    ret = partly_approved(shop)
    first = prepares(shop, ret)
    assert first is not None
    answered(shop, first)
    shop.edits(ret, warehouse="B")
    called_off = follows(shop, ret)["A"]

    shop.edits(ret, warehouse="A")
    again = follows(shop, ret)["A"]

    assert (again.notice_id, again.state) == (first.notice_id, NoticeState.PREPARED)
    assert again.revision == called_off.revision + 1
    assert (again.cancelled_at, again.is_to_be_sent, again.units) == (None, True, 2)


def test_goods_that_came_in_elsewhere_are_not_waited_for_by_the_partner(shop: Shop) -> None:
    with_partner(shop)
    ret = coming(shop, 3)
    first = prepares(shop, ret)
    assert first is not None
    answered(shop, first)

    shop.receives(ret, item(quantity=2), warehouse="B")
    assert follows(shop, ret)["A"].units == 1
    shop.receives(ret, item(quantity=1), warehouse="B")

    assert follows(shop, ret)["A"].state is NoticeState.CANCELLED


# --- more of it, or later ------------------------------------------------------------------------


def test_units_that_are_approved_after_all_was_called_off_are_announced(shop: Shop) -> None:
    with_partner(shop)
    shop.sells(order(line("1", quantity=2), line("2")))
    ret = shop.approves(shop.asks("O-1", wish(2, "1"), wish(1, "2")), line_1=2)
    first = prepares(shop, ret)
    assert first is not None
    answered(shop, first)
    shop.cancels(ret, line_1=2)
    assert follows(shop, ret)["A"].state is NoticeState.CANCELLED

    shop.approves(ret)
    again = follows(shop, ret)["A"]

    assert (again.state, again.units) == (NoticeState.PREPARED, 1)


def test_goods_that_the_partner_got_though_they_were_given_up_are_not_announced_again(
    shop: Shop,
) -> None:
    with_partner(shop)
    ret = coming(shop)
    first = prepares(shop, ret)
    assert first is not None
    answered(shop, first)
    loses(shop, ret, 2)
    called_off = follows(shop, ret)["A"]
    assert called_off.state is NoticeState.CANCELLED

    shop.receives(ret, item(quantity=2))

    assert follows(shop, ret)["A"] == called_off


def test_a_pickup_that_is_booked_or_moved_is_told(shop: Shop) -> None:
    with_partner(shop)
    ret = coming(shop)
    first = prepares(shop, ret)
    assert first is not None

    picks_up(shop, ret, 2)
    second = follows(shop, ret)["A"]
    picks_up(shop, ret, 4)
    third = follows(shop, ret)["A"]

    assert [one.revision for one in (first, second, third)] == [1, 2, 3]
    assert third.expected_on == (NOW + timedelta(days=4)).date()


# --- pallets -------------------------------------------------------------------------------------


def test_a_pallet_is_told_anew_when_a_return_on_it_changes(shop: Shop) -> None:
    with_partner(shop)
    first, second = coming(shop, 3), coming(shop, no="O-2")
    whole = on_a_pallet(shop, first, second)
    answered(shop, whole)

    loses(shop, first, 1)
    told = follows(shop, first)

    assert list(told) == ["PAL"]
    assert (told["PAL"].units, told["PAL"].revision) == (4, 2)


def test_a_pallet_whose_returns_are_all_cancelled_is_called_off(shop: Shop) -> None:
    with_partner(shop)
    ret = coming(shop)
    answered(shop, on_a_pallet(shop, ret))

    cancels(shop, ret)

    assert follows(shop, ret)["PAL"].state is NoticeState.CANCELLED


def test_a_return_that_is_taken_off_the_pallet_has_its_own_notice_again(shop: Shop) -> None:
    with_partner(shop)
    first, second = coming(shop), coming(shop, no="O-2")
    answered(shop, on_a_pallet(shop, first, second))

    shop.do(lambda reads, context: stack(reads, "PAL", ("B-1",), context, warehouse="A"))
    told = shop.do(lambda reads, context: prepare_for_pallet(reads, "PAL", context))

    assert first.number not in [one.return_number for one in told[0].returns]
    by_return = {one.returns[0].return_number: one for one in told if one.pallet_no is None}
    assert told[0].units == 2
    assert by_return[first.number].state is NoticeState.PREPARED
    assert list(follows(shop, first)) == ["A"]


def test_one_that_was_taken_off_is_told_of_until_the_partner_answers(shop: Shop) -> None:
    with_partner(shop)
    first, second = coming(shop), coming(shop, no="O-2")
    answered(shop, on_a_pallet(shop, first, second))
    shop.do(lambda reads, context: stack(reads, "PAL", ("B-1",), context, warehouse="A"))

    def told() -> list[AdvanceNotice]:
        notices = shop.do(lambda reads, context: prepare_for_pallet(reads, "PAL", context))
        return [one for one in notices if one.is_to_be_sent]

    def is_kept() -> bool:
        links = shop.store.reads().notices_of(["parcel/PAL"])
        return links["parcel/PAL"].taken_off != ()

    assert [one.pallet_no for one in told()] == ["PAL", None]
    assert [one.pallet_no for one in told()] == ["PAL", None]
    for notice in told():
        answered(shop, notice)
    assert (told(), is_kept()) == ([], False)


def test_a_pallet_that_was_taken_apart_is_told_of_until_the_partner_answers(shop: Shop) -> None:
    with_partner(shop)
    ret = coming(shop)
    answered(shop, on_a_pallet(shop, ret))
    boxed(shop, "PAL", ret)

    assert follows(shop, ret)["PAL"].is_to_be_sent
    again = follows(shop, ret)["PAL"]
    assert (again.state, again.is_to_be_sent) == (NoticeState.CANCELLED, True)
    answered(shop, again)
    follows(shop, ret)
    assert list(follows(shop, ret)) == ["A"]


def test_a_pallet_that_is_no_pallet_any_more_is_called_off(shop: Shop) -> None:
    with_partner(shop)
    ret = coming(shop)
    answered(shop, on_a_pallet(shop, ret))

    boxed(shop, "PAL", ret)
    told = follows(shop, ret)

    assert (told["PAL"].state, told["A"].state) == (NoticeState.CANCELLED, NoticeState.PREPARED)


def test_a_pallet_that_goes_elsewhere_is_called_off_there(shop: Shop) -> None:
    with_partner(shop)
    with_partner(shop, "B", OTHER)
    ret = coming(shop)
    first = on_a_pallet(shop, ret)
    answered(shop, first)

    shop.do(lambda reads, context: stack(reads, "PAL", ("B-0",), context, warehouse="B"))
    told = shop.do(lambda reads, context: prepare_for_pallet(reads, "PAL", context))

    assert {one.warehouse: one.state for one in told} == {
        "A": NoticeState.CANCELLED,
        "B": NoticeState.PREPARED,
    }


def test_a_return_of_which_nothing_comes_is_called_off_once_beside_its_pallet(shop: Shop) -> None:
    with_partner(shop)
    first, second = coming(shop), coming(shop, no="O-2")
    on_a_pallet(shop, first, second)
    cancels(shop, first)

    told = follows(shop, first)

    assert told["PAL"].units == 2
    assert follows(shop, first)["PAL"].version == told["PAL"].version
    assert "A" not in told


# --- who may have heard of it --------------------------------------------------------------------


def test_a_partner_that_may_have_heard_of_it_is_told_that_it_is_over(shop: Shop) -> None:
    with_partner(shop)
    ret = coming(shop)
    first = prepares(shop, ret)
    assert first is not None
    answered(shop, first, PartnerAnswer.UNKNOWN)

    cancels(shop, ret)

    assert follows(shop, ret)["A"].is_to_be_sent


@pytest.mark.parametrize("answer", [PartnerAnswer.TAKEN, PartnerAnswer.UNKNOWN])
def test_one_that_was_being_told_while_it_was_called_off_is_told_that(
    shop: Shop, answer: PartnerAnswer
) -> None:
    with_partner(shop)
    ret = coming(shop)
    first = prepares(shop, ret)
    assert first is not None
    cancels(shop, ret)
    follows(shop, ret)

    after = answered(shop, first, answer)

    assert (after.state, after.is_to_be_sent) == (NoticeState.CANCELLED, True)
    assert not answered(shop, after).is_to_be_sent
