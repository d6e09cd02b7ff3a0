"""Metrics: the same as counting all events anew, however often and in whatever order."""

import json
import random
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.analytics import queries
from chalicelib.analytics.folding import DIMENSIONS, OWN_DIMENSIONS, fold
from chalicelib.analytics.model import Interval, MetricRow, rolled_up, start_of
from chalicelib.analytics.service import hourly_run, new_run
from chalicelib.core.errors import Invalid
from chalicelib.core.events import Event
from chalicelib.jobs.model import Job, JobState
from chalicelib.jobs.service import NewJob
from chalicelib.store.codec import body_of, decode
from chalicelib.store.execution import Commands
from tests.builders import NOW, Shop, failed, goes, item, line, order, passed, restock, wish
from tests.fakes import FakeProvider
from tests.stage import Stage
from tests.workbench import Workbench

HOUR = timedelta(hours=1)


@pytest.fixture
def shop(stage: Stage, provider: FakeProvider) -> Shop:
    """Returns over three hours, from 09:00 on."""
    made = Shop(Commands(table=wiring.core_table()), providers={provider.name: provider})
    made.sells(order(line(quantity=5, category="toys"), line("2", quantity=3)))
    defect = {"reason": "QUALITY_DEFECT"}
    ret = made.asks("O-1", wish(3), wish(2, "2", **defect))
    made.now += HOUR
    made.approves(ret, line_1=2, line_2=2)
    made.receives(ret, item(quantity=2), item("SKU-2", 2))
    made.now += HOUR
    made.inspects(ret, passed(2), failed(2, "2", accept_credit=False))
    made.disposes(ret, restock(2), goes(_scrap(), 2, "2"))
    made.settles(ret)
    return made


def _scrap() -> Any:
    from chalicelib.returns.model import Disposition

    return Disposition.SCRAP


def run(stage: Stage, new: NewJob, now: datetime, name: str = "job") -> Job:
    bench = Workbench(stage, now=now)
    job, _ = bench.work(bench.job(new, name))
    assert job.state is JobState.SUCCEEDED, job.error_message
    return job


def all_events(stage: Stage) -> list[Event]:
    bodies = [body_of(i) for i in stage._all("core") if i["type"]["S"] == "EVENT"]
    return [decode(body, Event) for body in bodies if body is not None]


def recount(stage: Stage) -> list[MetricRow]:
    """Every event there is, hour by hour."""
    by_hour: dict[datetime, list[Event]] = {}
    for event in all_events(stage):
        by_hour.setdefault(start_of(event.time, Interval.HOUR), []).append(event)
    rows = [row for hour, events in by_hour.items() for row in fold(events, hour)]
    return sorted(rows, key=_place)


def folded(interval: Interval = Interval.HOUR) -> list[MetricRow]:
    rows = [
        row
        for dimension in (*DIMENSIONS, *OWN_DIMENSIONS)
        for row in wiring.metric_rows().rows(
            dimension, interval, NOW - timedelta(days=2), NOW + timedelta(days=2)
        )
    ]
    return sorted(rows, key=_place)


def _place(row: MetricRow) -> tuple[datetime, str, str]:
    return (row.start, row.dimension, row.group)


def by_reason(rows: list[MetricRow], group: str) -> tuple[Counter[str], Counter[str]]:
    counts: Counter[str] = Counter()
    money: Counter[str] = Counter()
    for row in rows:
        if (row.dimension, row.group) == ("reason", group):
            counts.update(row.counts)
            money.update({name: sum(by.values()) for name, by in row.amounts.items()})
    return counts, money


def test_units_cases_and_money_are_counted_by_reason(shop: Shop, stage: Stage) -> None:
    run(stage, new_run(), shop.now)

    counts, money = by_reason(folded(), "CHANGED_MIND")

    assert counts == {
        "requested": 1, "requested_units": 3, "approved": 1, "approved_units": 2,
        "rejected": 1, "rejected_units": 1, "received": 1, "received_units": 2,
        "inspected": 1, "inspected_units": 2, "accepted_units": 2,
        "dispositioned": 1, "dispositioned_units": 2, "restock_units": 2,
        "settled": 1, "settled_units": 2,
    }  # fmt: skip
    assert (money["requested"], money["settled"]) == (3000, 2000)
    counts, _ = by_reason(folded(), "QUALITY_DEFECT")
    assert (counts["denied_units"], counts["scrap_units"], counts["settled"]) == (2, 2, 0)


def test_other_dimensions_count_the_same_units(shop: Shop, stage: Stage) -> None:
    run(stage, new_run(), shop.now)

    for dimension in ("all", "reason", "category", "warehouse", "type"):
        rows = [row for row in folded() if row.dimension == dimension]
        assert sum(row.counts.get("received_units", 0) for row in rows) == 4, dimension
    [toys] = [r for r in folded(Interval.DAY) if (r.dimension, r.group) == ("category", "toys")]
    assert toys.counts["delivered_units"] == 5


def test_a_run_equals_a_recount_of_everything(shop: Shop, stage: Stage) -> None:
    run(stage, new_run(), shop.now)

    assert folded() == recount(stage)
    assert folded(Interval.DAY) == sorted(rolled_up(recount(stage), Interval.DAY), key=_place)


def test_running_again_and_again_changes_nothing(shop: Shop, stage: Stage) -> None:
    run(stage, new_run(), shop.now)
    before = folded(), folded(Interval.DAY)

    for number in range(3):
        run(stage, new_run(), shop.now + timedelta(seconds=number), f"again-{number}")

    assert (folded(), folded(Interval.DAY)) == before


def test_runs_that_come_hourly_twice_late_or_not_at_all_equal_one(shop: Shop, stage: Stage) -> None:
    for hours, minutes in ((1, 10), (1, 10), (4, 10), (5, 10)):
        now = NOW + timedelta(hours=hours, minutes=minutes)
        run(stage, hourly_run(now), now, f"run-{hours}")

    assert folded() == recount(stage)
    assert wiring.metric_rows().complete_until() == NOW + timedelta(hours=5)


def test_an_hour_is_complete_only_after_the_lag(shop: Shop, stage: Stage) -> None:
    now = NOW + timedelta(hours=2, minutes=4)

    run(stage, hourly_run(now), now)

    assert wiring.metric_rows().complete_until() == NOW + HOUR
    assert {row.start for row in folded()} == {NOW}


def test_a_run_on_demand_shows_the_hour_that_is_going_on(shop: Shop, stage: Stage) -> None:
    run(stage, new_run(), shop.now)

    assert max(row.start for row in folded()) == start_of(shop.now, Interval.HOUR)
    assert wiring.metric_rows().complete_until() == NOW + HOUR


def test_a_slow_run_does_not_overwrite_a_later_count(shop: Shop, stage: Stage) -> None:
    rows = wiring.metric_rows()
    slow = fold(list(rows.events(NOW))[:1], NOW)
    run(stage, new_run(), shop.now)

    rows.save(Interval.HOUR, slow, as_of=shop.now - timedelta(minutes=1))

    assert folded() == recount(stage)


def test_what_was_lost_is_counted_again_on_demand(shop: Shop, stage: Stage) -> None:
    run(stage, new_run(), shop.now)
    stage.empty_views()
    run(stage, hourly_run(shop.now + timedelta(days=9)), shop.now + timedelta(days=9))
    assert folded() == []

    run(stage, new_run(since=NOW), shop.now + timedelta(days=9), "recount")

    assert folded() == recount(stage)


def test_the_work_of_a_run_follows_new_events_not_history(shop: Shop, stage: Stage) -> None:
    run(stage, new_run(), shop.now)
    idle = NOW + timedelta(hours=8, minutes=10)
    run(stage, hourly_run(idle), idle, "first")

    job = run(stage, hourly_run(idle + HOUR), idle + HOUR, "second")

    assert (job.result["hours"], job.result["events"], job.result["rows"]) == (3, 0, 0)


def test_the_order_of_events_does_not_matter(shop: Shop, stage: Stage) -> None:
    events = all_events(stage)
    shuffled = random.Random(7).sample(events, len(events))

    assert fold(events, NOW) == fold(shuffled, NOW)


def test_a_question_is_answered_from_folded_rows(shop: Shop, stage: Stage) -> None:
    run(stage, new_run(), shop.now)

    found = queries.metrics(
        wiring.metric_rows(),
        since=NOW + timedelta(minutes=30),
        until=NOW + 2 * HOUR,
        interval="hour",
        group_by="reason",
    )

    assert [(row.start, row.group) for row in found.rows] == [
        (NOW, "CHANGED_MIND"),
        (NOW, "QUALITY_DEFECT"),
        (NOW + HOUR, "CHANGED_MIND"),
        (NOW + HOUR, "QUALITY_DEFECT"),
    ]
    assert found.complete_until == NOW + HOUR


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"until": NOW + timedelta(days=32)}, "period_too_long"),
        ({"group_by": "colour"}, "unknown_dimension"),
    ],
)
def test_a_question_without_bounds_is_refused(
    stage: Stage, changed: dict[str, Any], code: str
) -> None:
    asked: dict[str, Any] = {
        "since": NOW, "until": NOW + HOUR, "interval": "hour", "group_by": None,
    }  # fmt: skip

    with pytest.raises(Invalid) as refused:
        queries.metrics(wiring.metric_rows(), **(asked | changed))

    assert refused.value.code == code


def test_reports_are_json_and_csv_without_formulas(shop: Shop, stage: Stage) -> None:
    shop.sells(order(line(category="=1+1"), no="O-9"))

    job = run(stage, new_run(), shop.now)

    files = stage.objects("reports/metrics/")
    report = json.loads(files[str(job.result["report_key"])])
    assert any(row["group"] == "CHANGED_MIND" for row in report["rows"])
    assert ",'=1+1," in files[str(job.result["csv_key"])].decode("utf-8-sig")


@pytest.mark.parametrize("dies_at", [1, 2, 3])
@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
def test_a_run_that_is_killed_anywhere_is_made_good_by_the_next(
    shop: Shop, stage: Stage, dies_at: int, is_after: bool
) -> None:
    bench = Workbench(stage, now=shop.now)
    job = bench.job(new_run())
    bench.work(job, dies_at=dies_at, is_after=is_after)
    bench.later(minutes=2)

    job, _ = bench.work(job)

    assert job.state is JobState.SUCCEEDED
    assert folded() == recount(stage)
