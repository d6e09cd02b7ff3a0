"""Goods that fitted nothing become units of a return: those that wait, then more of the sale."""

from collections.abc import Iterator

import pytest

from chalicelib.core import runs
from chalicelib.core.errors import Conflict, DomainError, Invalid, NotFound
from chalicelib.core.money import Money
from chalicelib.inventory.model import Account
from chalicelib.orders.model import DeliveredItem
from chalicelib.returns.exceptions import ExceptionKind, ExceptionState, ResolutionKind
from chalicelib.returns.model import Authorization, Closure, FaultParty, Return
from chalicelib.returns.short_closing import GiveUp, short_close
from chalicelib.returns.units import quantities
from chalicelib.tasks.model import TaskKind, TaskState
from tests.builders import Shop, delivery, failed, item, line, order, wish
from tests.fakes import FakeStore
from tests.returns.undoing import (
    loses,
    lying,
    now_is,
    resolves,
    stray,
    surplus,
    suspicions,
    task_of,
    told,
)

LINE, SHIP_BACK = ResolutionKind.LINE, ResolutionKind.SHIP_BACK


@pytest.fixture
def ret(shop: Shop) -> Return:
    """Five mugs and two plates sold; two mugs asked back and received."""
    shop.sells(order(line("1", quantity=5), line("2", quantity=2)))
    asked = shop.approves(shop.asks(quantity=2))
    return shop.receives(asked, item(quantity=2)).ret


@pytest.fixture
def waiting(shop: Shop) -> Return:
    """Five mugs sold, two of them approved and not here yet."""
    shop.sells(order(line("1", quantity=5), line("2", quantity=2)))
    return shop.approves(shop.asks(quantity=2))


@pytest.fixture(autouse=True)
def books_agree(shop: Shop) -> Iterator[None]:
    """After whatever a test did."""
    yield
    assert suspicions(shop) == []


def test_a_surplus_takes_further_units_of_the_sale(shop: Shop, ret: Return) -> None:
    extra = surplus(shop, ret, 2)

    done = resolves(shop, extra, LINE)

    after = shop.now_is(ret)
    assert quantities(after.lines[0]).received == 4
    assert shop.returnable() == 1
    assert after.open_exceptions == 0
    assert lying(shop) == {Account.RECEIVING: 4}
    assert done.state is ExceptionState.RESOLVED
    (how,) = done.resolutions
    assert (how.quantity, how.return_id, how.line_no) == (2, ret.return_id, "1")
    assert (how.decided_by, how.reason) == ("ann", "looked at it")


def test_units_taken_in_later_are_worth_what_was_paid_for_them(shop: Shop, ret: Return) -> None:
    resolves(shop, surplus(shop, ret), LINE)

    (group,) = shop.now_is(ret).lines[0].groups
    assert runs.as_text(group.units) == "1-3"
    assert shop.now_is(ret).lines[0].value_of(group.units) == Money(3000, "EUR")


def test_units_that_wait_are_taken_before_further_ones(shop: Shop, waiting: Return) -> None:
    found = stray(shop)

    resolves(shop, found, LINE, return_ref=waiting.number)

    counts = quantities(shop.now_is(waiting).lines[0])
    assert (counts.requested, counts.received, counts.awaiting) == (2, 1, 1)
    assert shop.returnable() == 3


def test_the_return_that_took_a_stray_in_may_be_named_by_its_id(
    shop: Shop, waiting: Return
) -> None:
    done = resolves(shop, stray(shop), LINE, return_ref=waiting.return_id)

    assert done.resolutions[0].return_id == waiting.return_id


def test_goods_known_by_gtin_become_units_of_the_sku(shop: Shop) -> None:
    shop.sells(order(line(gtin="4006381333931")))
    ret = shop.approves(shop.asks())
    found = stray(shop, sku=None, gtin="4006381333931")

    resolves(shop, found, LINE, return_ref=ret.number)

    assert lying(shop) == {Account.RECEIVING: 1}
    assert lying(shop, "gtin:4006381333931") == {}


def test_lots_leave_quarantine_as_they_came_and_arrive_as_they_were_sold(shop: Shop) -> None:
    shipped = delivery(DeliveredItem(line_no="1", quantity=2, lot="L1"))
    shop.sells(order(line(quantity=2), deliveries=(shipped,)))
    ret = shop.approves(shop.asks())
    shop.receives(ret, item(lot="L1"))
    extra = surplus(shop, ret, lot="L9")
    assert shop.on_hand("SKU-1", Account.QUARANTINE, lot="L9") == 1

    resolves(shop, extra, LINE)

    assert shop.on_hand("SKU-1", Account.QUARANTINE, lot="L9") == 0
    assert shop.on_hand("SKU-1", Account.RECEIVING, lot="L1") == 2


def test_a_serial_number_names_the_unit_that_it_becomes(shop: Shop) -> None:
    shipped = delivery(DeliveredItem(line_no="1", quantity=3, serials=("S1", "S2", "S3")))
    shop.sells(order(line(quantity=3), deliveries=(shipped,)))
    ret = shop.approves(shop.asks("O-1", wish(1, serials=("S1",))))
    swapped = surplus(shop, ret, serial="S3")
    assert swapped.kind is ExceptionKind.SERIAL_MISMATCH
    shop.receives(ret, item(serials=("S1",)))

    resolves(shop, swapped, LINE)

    (line_,) = shop.now_is(ret).lines
    assert line_.serials == {"1": "S1", "3": "S3"}
    assert runs.as_text(line_.groups[0].units) == "1,3"


def test_the_sku_of_another_line_of_the_sale_gets_a_line(shop: Shop, ret: Return) -> None:
    stranger = surplus(shop, ret, 2, "SKU-2")

    resolves(shop, stranger, LINE)

    added = shop.now_is(ret).lines[1]
    assert (added.line_no, added.order_line_no, added.sku) == ("2", "2", "SKU-2")
    assert quantities(added).received == 2
    assert shop.returnable(line_no="2") == 0


def test_units_that_were_closed_short_come_back_as_themselves(shop: Shop, waiting: Return) -> None:
    command = GiveUp(reason="NOT_SENT")
    shop.do(lambda reads, context: short_close(reads, waiting.return_id, command, context))
    assert shop.returnable() == 5

    resolves(shop, surplus(shop, waiting), LINE)

    counts = quantities(shop.now_is(waiting).lines[0])
    assert (counts.requested, counts.received, counts.short_closed) == (2, 1, 1)
    assert shop.returnable() == 4


def test_more_than_was_sold_needs_a_second_person(shop: Shop) -> None:
    shop.sells(order(line(quantity=30)))
    ret = shop.approves(shop.asks(quantity=30))
    extra = shop.receives(ret, item(quantity=35)).exceptions[0]
    before = shop.sold()

    proposed = resolves(shop, extra, LINE)

    assert (proposed.state, proposed.open_quantity) == (ExceptionState.OPEN, 5)
    assert proposed.proposal is not None
    assert proposed.proposal.proposed_by == "ann"
    assert lying(shop) == {Account.RECEIVING: 30, Account.QUARANTINE: 5}
    task = task_of(shop, TaskKind.EXCEPTION, extra.subject, "opened")
    assert (task.role, task.state) == ("reviewer", TaskState.OPEN)
    with pytest.raises(Conflict, match="same_person"):
        resolves(shop, extra, LINE)

    done = resolves(shop, extra, LINE, who="ben")

    added = shop.now_is(ret).lines[1]
    assert added.order_line_no is None
    assert added.value_of(added.groups[0].units) == Money(0, "EUR")
    assert quantities(added).received == 5
    assert shop.sold() == before, "nothing is held for what was never sold"
    assert (done.resolutions[0].proposed_by, done.resolutions[0].decided_by) == ("ann", "ben")
    assert lying(shop) == {Account.RECEIVING: 35}


def test_another_wish_of_the_second_person_is_a_proposal_of_their_own(shop: Shop) -> None:
    shop.sells(order(line(quantity=1)))
    ret = shop.approves(shop.asks())
    extra = shop.receives(ret, item(quantity=3)).exceptions[0]
    resolves(shop, extra, LINE)

    other = resolves(shop, extra, LINE, who="ben", quantity=1)

    assert other.proposal is not None
    assert (other.proposal.proposed_by, other.proposal.quantity) == ("ben", 1)


def test_a_proposal_is_gone_once_the_goods_are_sent_back_instead(shop: Shop) -> None:
    shop.sells(order(line(quantity=1)))
    ret = shop.approves(shop.asks())
    extra = shop.receives(ret, item(quantity=2)).exceptions[0]
    resolves(shop, extra, LINE)

    assert resolves(shop, extra, SHIP_BACK).proposal is None


def test_goods_of_an_undecided_return_wait_for_its_decision(shop: Shop) -> None:
    shop.sells(order(line(quantity=2)))
    ret = shop.asks()
    found = stray(shop, return_number=ret.number)

    with pytest.raises(Conflict, match="return_not_decided"):
        resolves(shop, found, LINE)
    shop.approves(ret)
    resolves(shop, found, LINE)

    assert quantities(shop.now_is(ret).lines[0]).received == 1


def test_goods_of_a_rejected_return_may_be_taken_in_after_all(shop: Shop) -> None:
    shop.sells(order(line(quantity=1)))
    ret = shop.rejects(shop.asks())
    found = stray(shop, return_number=ret.number)

    resolves(shop, found, LINE)

    (group,) = shop.now_is(ret).groups()
    assert (group.authorization, group.refusal_code) == (Authorization.APPROVED, None)
    assert shop.returnable() == 0


def test_units_that_another_document_holds_by_now_are_not_taken(shop: Shop) -> None:
    shop.sells(order(line(quantity=1)))
    ret = shop.rejects(shop.asks())
    found = stray(shop, return_number=ret.number)
    shop.asks()

    assert resolves(shop, found, LINE).proposal is not None, "above what is left of the sale"


@pytest.mark.parametrize(
    ("more", "error", "code"),
    [
        ({}, Invalid, "return_required"),
        ({"return_ref": "ret_nobody"}, NotFound, "return_not_found"),
        ({"return_ref": "R26AAAAAAAA0"}, NotFound, "return_not_found"),
    ],
    ids=["none", "unknown id", "unknown number"],
)
def test_a_stray_needs_a_return_to_go_into(
    shop: Shop, ret: Return, more: dict[str, str], error: type[DomainError], code: str
) -> None:
    with pytest.raises(error, match=code):
        resolves(shop, stray(shop), LINE, **more)


def test_goods_do_not_go_into_a_line_about_others(shop: Shop, ret: Return) -> None:
    stranger = surplus(shop, ret, 1, "SKU-2")

    with pytest.raises(Conflict, match="goods_differ"):
        resolves(shop, stranger, LINE, line_no="1")
    with pytest.raises(Invalid, match="unknown_line"):
        resolves(shop, stranger, LINE, line_no="9")


def test_a_lost_unit_out_of_a_strange_box_is_found_and_looked_into(
    shop: Shop, waiting: Return
) -> None:
    loses(shop, waiting)
    shop.settles(waiting)
    assert shop.now_is(waiting).closure is Closure.COMPLETED

    resolves(shop, stray(shop), LINE, return_ref=waiting.number)

    after = shop.now_is(waiting)
    assert after.closure is Closure.REOPENED
    assert (quantities(after.lines[0]).lost, quantities(after.lines[0]).received) == (1, 1)
    assert "return.found" in told(shop, waiting.subject)
    failed_now = shop.inspects(waiting, failed(1, fault=FaultParty.CUSTOMER))
    assert quantities(failed_now.lines[0]).accepted == 2, "no grade takes money back"


def test_taken_into_another_return_it_counts_on_its_own_no_more(shop: Shop, ret: Return) -> None:
    extra = surplus(shop, ret)
    other = shop.approves(shop.asks("O-1", wish(1)))

    resolves(shop, extra, LINE, return_ref=other.number)

    assert shop.now_is(ret).open_exceptions == 0
    assert quantities(shop.now_is(other).lines[0]).received == 1
    assert quantities(shop.now_is(ret).lines[0]).received == 2


def test_a_race_for_the_last_unit_of_the_sale_has_one_winner(shop: Shop) -> None:
    shop.sells(order(line(quantity=2)))
    ret = shop.approves(shop.asks())
    extra = shop.receives(ret, item(quantity=2)).exceptions[0]
    assert isinstance(shop.store, FakeStore)
    shop.store.meanwhile(shop.asks)

    proposed = resolves(shop, extra, LINE)

    assert proposed.proposal is not None
    assert now_is(shop, extra).open_quantity == 1
