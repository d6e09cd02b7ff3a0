"""What is let lie is reminded of once, and then ended; a withdrawal is only reminded of."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, NotFound
from chalicelib.core.events import Context
from chalicelib.returns.model import DeadlineKind, Return
from chalicelib.returns.reminding import NextStep, Outcome, Step, chase, next_step, remind
from chalicelib.returns.standing import Status, status_of
from chalicelib.withdrawals.matching import JoinReturn
from tests.builders import Shop, item, line, order, wish
from tests.children import exchange_of, ships, swap
from tests.fake_reads import Reader
from tests.shipping.stories import sends, types_of
from tests.withdrawals.buyers import Counter

DAY = timedelta(days=1)


def sell(shop: Shop) -> None:
    shop.sells(order(line(quantity=2), region="DE"))


def draft(shop: Shop) -> Return:
    sell(shop)
    return shop.asks("O-1", wish(2), submit=False)


def question(shop: Shop) -> Return:
    sell(shop)
    ret = shop.asks("O-1", wish(2))
    shop.asks_customer(ret)
    return shop.now_is(ret)


def unsent(shop: Shop) -> Return:
    sell(shop)
    return shop.approves(shop.asks("O-1", wish(2)))


LET_LIE = pytest.mark.parametrize(
    ("let_lie", "kind", "days"),
    [
        (draft, DeadlineKind.DRAFT, 30),
        (question, DeadlineKind.ANSWER, 14),
        (unsent, DeadlineKind.SHIP, 28),
    ],
    ids=["draft", "question", "unsent"],
)


def chased(shop: Shop, ret: Return, at: datetime) -> Outcome:
    shop.now = at
    return shop.do(lambda reads, context: chase(reads, ret.return_id, context))


@LET_LIE
def test_it_is_reminded_of_once_and_then_ended_and_its_units_are_free(
    shop: Shop, let_lie: object, kind: DeadlineKind, days: int
) -> None:
    assert callable(let_lie)
    ret: Return = let_lie(shop)
    assert ret.deadline is not None
    began = ret.deadline.due_at - days * DAY
    assert ret.deadline.kind is kind

    outcomes = [
        chased(shop, ret, began + after)
        for after in (
            (days - 8) * DAY,
            (days - 7) * DAY,
            (days - 6) * DAY,
            (days - 1) * DAY,
            days * DAY,
            (days + 1) * DAY,
        )
    ]

    assert outcomes == [
        Outcome.UNCHANGED,
        Outcome.REMINDED,
        Outcome.UNCHANGED,
        Outcome.UNCHANGED,
        Outcome.EXPIRED,
        Outcome.UNCHANGED,
    ]
    assert status_of(shop.now_is(ret)) is Status.EXPIRED
    assert shop.returnable() == 2


def test_a_reminder_is_told_with_what_is_waited_for_and_until_when(shop: Shop) -> None:
    ret = unsent(shop)
    assert ret.deadline is not None
    chased(shop, ret, ret.deadline.remind_at)

    stored = shop.now_is(ret)
    event = shop.store.reads().events(ret.subject)[-1]
    assert stored.deadline is not None
    assert stored.deadline.reminded_at == shop.now
    assert (stored.deadline.due_at, stored.lines) == (ret.deadline.due_at, ret.lines)
    assert event.type == "return.reminded"
    assert (event.data["waiting_for"], event.data["expires"]) == ("ship", True)


def test_what_was_sent_meanwhile_is_let_be_however_old_the_list(shop: Shop) -> None:
    ret = unsent(shop)
    assert ret.deadline is not None
    shop.receives(ret, item(quantity=2))

    assert chased(shop, ret, ret.deadline.due_at + DAY) is Outcome.UNCHANGED
    assert status_of(shop.now_is(ret)) is Status.RECEIVED


def test_what_is_partly_sent_ends_for_the_rest_only(shop: Shop) -> None:
    ret = unsent(shop)
    assert ret.deadline is not None
    shop.receives(ret, item(quantity=1))

    assert chased(shop, ret, ret.deadline.due_at) is Outcome.EXPIRED
    assert shop.returnable() == 1


def test_what_was_replaced_and_never_sent_is_for_a_person(shop: Shop) -> None:
    sell(shop)
    shop.counts({"BLUE": 1})
    ret = shop.approves(shop.asks("O-1", swap(1, for_="BLUE")))
    ships(shop, exchange_of(shop, ret))
    assert ret.deadline is not None

    outcomes = [chased(shop, ret, ret.deadline.due_at), chased(shop, ret, shop.now + DAY)]

    assert outcomes == [Outcome.OVERDUE, Outcome.UNCHANGED]
    assert shop.returnable() == 1


def test_past_its_end_it_ends_even_if_nobody_was_reminded(shop: Shop) -> None:
    ret = unsent(shop)
    assert ret.deadline is not None

    assert chased(shop, ret, ret.deadline.due_at) is Outcome.EXPIRED


def test_a_reminder_that_comes_twice_is_one(shop: Shop) -> None:
    ret = unsent(shop)
    assert ret.deadline is not None
    shop.now = ret.deadline.remind_at

    def reminding(reads: Reader, context: Context) -> Decided[Return]:
        return remind(reads, ret.return_id, context)

    first = shop.do(reminding)
    again = shop.do(reminding)

    assert again == first


def test_a_deadline_that_nothing_waits_for_is_no_reason_to_act(shop: Shop) -> None:
    ret = unsent(shop)
    assert ret.deadline is not None
    arrived = shop.receives(ret, item(quantity=2)).ret
    stale = replace(arrived, deadline=ret.deadline, version=arrived.version + 1)
    shop.do(lambda *_: Decided(result=stale, changes=Changes(records=(stale,))))

    outcomes = [chased(shop, ret, at) for at in (ret.deadline.remind_at, ret.deadline.due_at)]

    assert outcomes == [Outcome.UNCHANGED, Outcome.UNCHANGED]
    assert next_step(stale) is None


def test_nobody_is_reminded_of_what_is_not_there(shop: Shop) -> None:
    shop.now += 365 * DAY

    assert shop.do(lambda reads, context: chase(reads, "ret_x", context)) is Outcome.UNCHANGED
    with pytest.raises(NotFound):
        shop.do(lambda reads, context: remind(reads, "ret_x", context))


def test_the_next_step_is_the_reminder_and_then_the_end(shop: Shop) -> None:
    ret = unsent(shop)
    assert ret.deadline is not None
    assert next_step(ret) == NextStep(step=Step.REMIND, at=ret.deadline.remind_at)

    chased(shop, ret, ret.deadline.remind_at)
    assert next_step(shop.now_is(ret)) == NextStep(step=Step.EXPIRE, at=ret.deadline.due_at)

    chased(shop, ret, ret.deadline.due_at)
    assert next_step(shop.now_is(ret)) is None


@pytest.mark.parametrize("is_joined", [False, True], ids=["made for it", "joined"])
def test_a_withdrawal_is_reminded_of_and_never_ends_by_silence(shop: Shop, is_joined: bool) -> None:
    counter = Counter(shop)
    if is_joined:
        ret = unsent(shop)
        counter.matches(counter.takes(), JoinReturn(return_id=ret.return_id))
        ret = shop.now_is(ret)
    else:
        sell(shop)
        ret = counter.return_of(counter.takes())
    assert ret.deadline is not None

    reminded = chased(shop, ret, ret.deadline.remind_at)
    past = chased(shop, ret, ret.deadline.due_at + 100 * DAY)

    assert (reminded, past) == (Outcome.REMINDED, Outcome.UNCHANGED)
    assert next_step(shop.now_is(ret)) is None
    assert status_of(shop.now_is(ret)) is Status.APPROVED
    event = shop.store.reads().events(ret.subject)[-1]
    assert event.data["expires"] is False
    with pytest.raises(Conflict, match="not_allowed_now"):
        shop.expires(ret)


def untracked(shop: Shop) -> Return:
    sell(shop)
    ret = shop.approves(shop.asks("O-1", wish(2)))
    sends(shop, ret, None)
    return shop.now_is(ret)


def test_what_was_sent_without_a_number_and_does_not_come_is_looked_into(shop: Shop) -> None:
    ret = untracked(shop)
    began = shop.now

    outcomes = [chased(shop, ret, began + days * DAY) for days in (21, 27, 28, 29)]

    assert outcomes == [
        Outcome.UNCHANGED,
        Outcome.UNCHANGED,
        Outcome.OVERDUE,
        Outcome.UNCHANGED,
    ]
    assert "return.reminded" not in types_of(shop, ret), "nobody is told to send what was sent"
    assert status_of(shop.now_is(ret)) is Status.IN_TRANSIT
    assert shop.returnable() == 0


def test_what_was_sent_late_without_a_number_has_its_time_from_then_on(shop: Shop) -> None:
    sell(shop)
    ret = shop.approves(shop.asks("O-1", wish(2)))
    shop.now += 27 * DAY

    sends(shop, ret, None)

    following = next_step(shop.now_is(ret))
    assert following == NextStep(step=Step.EXPIRE, at=shop.now + 28 * DAY)


@pytest.mark.parametrize("number", [None, "P-1"], ids=["that came", "with a number"])
def test_nothing_is_chased_of_goods(shop: Shop, number: str | None) -> None:
    sell(shop)
    ret = shop.approves(shop.asks("O-1", wish(2)))
    sends(shop, ret, number)
    if number is None:
        shop.receives(ret, item(quantity=2))

    assert shop.now_is(ret).deadline is None


def test_a_part_sent_without_a_number_does_not_give_the_rest_more_time(shop: Shop) -> None:
    ret = unsent(shop)
    before = ret.deadline
    shop.now += 20 * DAY
    sends(shop, ret, None, 1)
    assert shop.now_is(ret).deadline == before

    assert before is not None
    assert chased(shop, ret, before.due_at) is Outcome.EXPIRED
    assert chased(shop, ret, before.due_at + DAY) is Outcome.OVERDUE
