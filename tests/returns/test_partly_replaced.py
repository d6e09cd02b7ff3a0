"""Where some units are replaced already, the others are taken back, given up or run out alone."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib.core.errors import Conflict
from chalicelib.returns.ending import expire_if_due
from chalicelib.returns.model import AppealAgainst, Authorization, Return
from chalicelib.returns.reminding import Outcome, chase
from chalicelib.returns.units import quantities
from tests.builders import Shop, wish
from tests.children import approves, exchange_of, ships, swap, unexchanges
from tests.fakes import FakeStore
from tests.returns.swaps import reserved, stocked, swapped
from tests.returns.undoing import appeals, decides, suspicions
from tests.shipping.stories import gives_up, turns_away


@pytest.fixture
def shop(shop: Shop) -> Shop:
    return stocked(shop)


def partly_replaced(shop: Shop) -> Return:
    """One unit is replaced; one, that was rejected first, is promised a replacement since."""
    ret = shop.approves(shop.asks("O-1", swap(2, for_="BLUE")), line_1=1)
    ships(shop, exchange_of(shop, ret))
    appeals(shop, ret, AppealAgainst.REJECTION)
    return decides(shop, ret, uphold=True)


def test_of_a_line_that_is_partly_replaced_the_rest_is_taken_back(shop: Shop) -> None:
    ret = partly_replaced(shop)

    after = shop.cancels(ret)

    assert [group.authorization for group in after.lines[0].groups] == [
        Authorization.APPROVED,
        Authorization.CANCELLED,
    ]
    assert (reserved(shop), shop.returnable()) == (0, 4)
    with pytest.raises(Conflict, match="not_allowed_now"):
        shop.cancels(ret, line_1=1)
    assert suspicions(shop) == []


@pytest.mark.parametrize("act", [gives_up, turns_away], ids=["short-close", "refuse"])
def test_of_a_line_that_is_partly_replaced_the_rest_is_given_up(
    shop: Shop, act: Callable[..., Return]
) -> None:
    ret = partly_replaced(shop)

    after = act(shop, ret)

    counts = quantities(after.lines[0])
    assert (counts.awaiting, counts.short_closed + counts.refused) == (1, 1)
    assert (reserved(shop), shop.returnable()) == (0, 4)
    assert suspicions(shop) == []


def chased(shop: Shop, ret: Return) -> Outcome:
    due = shop.now_is(ret).deadline
    assert due is not None, "something is waited for"
    shop.now = max(shop.now, due.due_at)
    return shop.do(lambda reads, context: chase(reads, ret.return_id, context))


def test_of_a_line_that_is_partly_replaced_the_rest_runs_out(shop: Shop) -> None:
    ret = partly_replaced(shop)

    outcomes = [chased(shop, ret), chased(shop, ret)]

    assert outcomes == [Outcome.EXPIRED, Outcome.OVERDUE]
    assert (reserved(shop), shop.returnable()) == (0, 4)
    assert shop.now_is(ret).deadline is None


def test_a_replacement_that_is_to_come_back_and_does_not_is_work_for_a_person(shop: Shop) -> None:
    ret = approves(shop, shop.asks("O-1", swap(1, for_="BLUE"), wish(1, "2")))
    unexchanges(shop, ships(shop, exchange_of(shop, ret)))

    outcomes = [chased(shop, ret), chased(shop, ret)]

    assert outcomes == [Outcome.EXPIRED, Outcome.OVERDUE]
    assert [one.groups[0].authorization for one in shop.now_is(ret).lines] == [
        Authorization.APPROVED,
        Authorization.EXPIRED,
    ]
    with pytest.raises(Conflict, match="not_waited_for"):
        shop.expires(ret)


def test_a_replacement_that_is_to_come_back_is_not_taken_back(shop: Shop) -> None:
    ret = approves(shop, shop.asks("O-1", swap(2, for_="BLUE"), wish(1, "2")))
    unexchanges(shop, ships(shop, exchange_of(shop, ret)))

    with pytest.raises(Conflict, match="replacement_shipped"):
        shop.cancels(ret, line_1=1)
    after = shop.cancels(ret)

    assert [quantities(one).cancelled for one in after.lines] == [0, 1]
    with pytest.raises(Conflict, match="replacement_shipped"):
        shop.cancels(ret)
    assert shop.returnable() == 3


def test_a_deadline_that_is_decided_while_the_replacement_leaves_takes_nothing_back(
    shop: Shop,
) -> None:
    ret = swapped(shop, 1)
    assert ret.deadline is not None
    shop.now = ret.deadline.due_at + timedelta(days=1)
    store = shop.store
    assert isinstance(store, FakeStore)
    store.meanwhile(lambda: ships(shop, exchange_of(shop, ret)))

    shop.do(lambda reads, context: expire_if_due(reads, ret.return_id, context))

    assert shop.now_is(ret).lines[0].groups[0].authorization is Authorization.APPROVED
    assert (reserved(shop), shop.returnable()) == (0, 4)
