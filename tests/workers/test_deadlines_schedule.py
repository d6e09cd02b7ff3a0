"""The daily function: what is due is done, one bad return or a lack of time stops nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

import app
from chalicelib import wiring
from chalicelib.exchanges import chasing
from chalicelib.returns.model import Return
from chalicelib.returns.standing import Status, status_of
from chalicelib.store import keys
from chalicelib.store.execution import Commands
from chalicelib.store.views import Views
from chalicelib.workers.deadlines_schedule import Chasing
from chalicelib.workers.events_stream import project_events
from chalicelib.workers.sweeping import TIME_RESERVE_S
from tests.builders import Shop, item, line, order, wish
from tests.stage import LambdaContext, Stage, run_stream_worker

DAY = timedelta(days=1)


@pytest.fixture
def shop(stage: Stage) -> Shop:
    return Shop(wiring.commands())


def unsent(shop: Shop, number: int) -> list[Return]:
    """So many approved returns that nobody sends, each of an order of its own."""
    made = []
    for place in range(number):
        shop.sells(order(line(), no=f"O-{place}"))
        made.append(shop.approves(shop.asks(f"O-{place}", wish())))
    return made


def listed(stage: Stage) -> None:
    """The stream has been worked on."""
    stage.observe()
    run_stream_worker(project_events, stage.changes)
    stage.changes.clear()


def run(at: datetime, *, remaining_s: Callable[[], float] = lambda: 900.0) -> Chasing:
    chasing = Chasing(
        commands=wiring.commands(),
        views=wiring.views(),
        clock=lambda: at,
        correlation_id="corr-1",
        remaining_s=remaining_s,
    )
    chasing.work()
    return chasing


def counted(chasing: Chasing) -> dict[str, int]:
    done = {outcome.value: number for outcome, number in chasing.done.items()}
    return done | {"failed": chasing.failed, "remaining": chasing.remaining}


def due_at(ret: Return) -> datetime:
    assert ret.deadline is not None
    return ret.deadline.due_at


def test_what_is_due_is_reminded_of_and_later_ended(stage: Stage, shop: Shop) -> None:
    first, second = unsent(shop, 2)
    listed(stage)

    early = run(due_at(first) - 8 * DAY)
    reminding = run(due_at(second) - 7 * DAY)
    listed(stage)
    again = run(due_at(second) - 6 * DAY)
    ending = run(due_at(second))
    listed(stage)
    after = run(due_at(second) + DAY)

    nothing = {"failed": 0, "remaining": 0}
    assert counted(early) == counted(again) == counted(after) == nothing
    assert counted(reminding) == {"reminded": 2} | nothing
    assert counted(ending) == {"expired": 2} | nothing
    assert status_of(shop.now_is(first)) is Status.EXPIRED
    assert shop.returnable("O-1") == 1


def test_a_list_that_lags_behind_changes_nothing(stage: Stage, shop: Shop) -> None:
    (ret,) = unsent(shop, 1)
    listed(stage)
    shop.receives(ret, item())

    assert counted(run(due_at(ret))) == {"unchanged": 1, "failed": 0, "remaining": 0}
    assert status_of(shop.now_is(ret)) is Status.RECEIVED


def test_a_run_that_comes_twice_reminds_once(stage: Stage, shop: Shop) -> None:
    (ret,) = unsent(shop, 1)
    listed(stage)
    at = due_at(ret) - 7 * DAY

    first, again = run(at), run(at)

    assert (counted(first)["reminded"], counted(again)["unchanged"]) == (1, 1)
    told = [event.type for event in wiring.reads().events(ret.subject)]
    assert told.count("return.reminded") == 1


def test_a_return_that_cannot_be_read_does_not_stop_the_others(stage: Stage, shop: Shop) -> None:
    first, second = unsent(shop, 2)
    listed(stage)
    place = keys.return_(first.return_id)
    stage.dynamodb.update_item(
        TableName="core",
        Key={"pk": {"S": place.pk}, "sk": {"S": place.sk}},
        UpdateExpression="SET body = :body",
        ExpressionAttributeValues={":body": {"S": '{"return_id": 7}'}},
    )

    assert counted(run(due_at(second))) == {"expired": 1, "failed": 1, "remaining": 0}
    assert status_of(shop.now_is(second)) is Status.EXPIRED


def test_an_error_that_nobody_foresaw_is_counted_and_passed_over(stage: Stage, shop: Shop) -> None:
    first, second = unsent(shop, 2)
    listed(stage)

    class Broken(Commands):
        """Fails for the first return only."""

        def run(self, decide: Any, *, context: Any) -> Any:
            if first.return_id in seen:
                return super().run(decide, context=context)
            seen.add(first.return_id)
            raise RuntimeError("a bug of ours")

    seen: set[str] = set()
    chasing = Chasing(
        commands=Broken(table=wiring.core_table()),
        views=wiring.views(),
        clock=lambda: due_at(second),
        correlation_id="corr-1",
        remaining_s=lambda: 900.0,
    )
    chasing.work()

    assert counted(chasing) == {"expired": 1, "failed": 1, "remaining": 0}


def test_what_there_is_no_time_for_is_counted_and_done_by_the_next_run(
    stage: Stage, shop: Shop
) -> None:
    made = unsent(shop, 3)
    listed(stage)
    left = iter([900.0, TIME_RESERVE_S - 1])

    short = run(due_at(made[-1]), remaining_s=lambda: next(left))
    listed(stage)
    rest = run(due_at(made[-1]))

    assert counted(short) == {"expired": 1, "failed": 0, "remaining": 2}
    assert counted(rest) == {"expired": 2, "failed": 0, "remaining": 0}


def test_more_than_a_page_is_due(stage: Stage, shop: Shop) -> None:
    made = unsent(shop, 5)
    listed(stage)
    views = wiring.views()

    class SmallPages(Views):
        """Two rows at a time."""

        def deadlines(self, until: datetime, limit: int = 2, cursor: str | None = None) -> Any:
            return views.deadlines(until, 2, cursor)

    chasing = Chasing(
        commands=wiring.commands(),
        views=SmallPages(wiring.views_table()),
        clock=lambda: due_at(made[-1]),
        correlation_id="corr-1",
        remaining_s=lambda: 900.0,
    )
    chasing.work()

    assert counted(chasing) == {"expired": 5, "failed": 0, "remaining": 0}


def test_the_longest_due_come_first_over_the_end_of_a_month(stage: Stage, shop: Shop) -> None:
    made = []
    for place in range(3):
        made += unsent_at(shop, place)
    listed(stage)

    rows = wiring.views().deadlines(due_at(made[-1]) + 365 * DAY).items

    assert [row.return_id for row in rows] == [ret.return_id for ret in made]
    assert len({f"{row.next_at:%Y-%m}" for row in rows}) == 2


def unsent_at(shop: Shop, place: int) -> list[Return]:
    shop.now += 15 * DAY
    shop.sells(order(line(), no=f"M-{place}", policy_version="no-window"))
    return [shop.approves(shop.asks(f"M-{place}", wish()))]


def event(**detail: Any) -> dict[str, Any]:
    return {
        "version": "0",
        "id": "event-1",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "1",
        "time": "2026-11-21T05:30:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": detail,
    }


@pytest.mark.parametrize("detail", [{}, {"seconds": 30}, {"seconds": "soon"}])
def test_the_function_tells_what_it_did(stage: Stage, detail: dict[str, Any]) -> None:
    told = app.app.handler_map["chase_deadlines"](event(**detail), LambdaContext(900))

    deadlines = {"reminded", "expired", "overdue", "unchanged", "failed", "remaining"}
    papers = {"notes_numbered", "notes_failed", "notes_remaining", "forms_lapsed"}
    swapped = {outcome.value for outcome in chasing.Outcome}
    swapped |= {"exchanges_failed", "exchanges_remaining"}
    owed = {"vendor_claim_reminded", "vendor_claims_failed", "vendor_claims_remaining"}
    assert set(told) == deadlines | papers | swapped | owed
    assert set(told.values()) == {0}


@pytest.mark.parametrize(("seconds", "remaining"), [(0, 1), (600, 0)])
def test_a_person_may_say_how_long_it_takes(
    stage: Stage, shop: Shop, seconds: int, remaining: int
) -> None:
    # Far in the past, so that it is due by the clock of the machine.
    shop.now = datetime.fromisoformat("2020-01-10T09:00:00+00:00")
    shop.sells(order(line(), policy_version="no-window"))
    shop.approves(shop.asks("O-1", wish()))
    listed(stage)

    told = app.app.handler_map["chase_deadlines"](event(seconds=seconds), LambdaContext(900))

    assert told["remaining"] == remaining
