"""A simulation as a job: over stored returns, killed anywhere, on a sample, with its lists."""

import csv
import io
import json
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.core.errors import Conflict, DomainError, Invalid, NotFound
from chalicelib.jobs.model import Job, JobKind, JobState
from chalicelib.policy import versions
from chalicelib.policy.simulation import Simulation
from chalicelib.policy.simulation_asked import Asked, new_simulation
from chalicelib.policy.simulation_sample import Sampling
from chalicelib.returns.wishes import RequestedLine
from chalicelib.store.execution import Commands
from chalicelib.store.past_returns import StoredPast
from chalicelib.workers.events_stream import project_events
from tests.builders import Shop, line, order, wish
from tests.stage import NOW, LambdaContext, Stage
from tests.workbench import Workbench

DRAFT: dict[str, Any] = {
    "policy": "spring",
    "version": "spring-1",
    "title": {"en": "Spring", "zh-CN": "春季"},
    "time_zone": "UTC",
    "effective_from": "2030-01-01T00:00:00.000Z",
    "rules": [
        {
            "id": "unwanted",
            "title": {"en": "No more wishes changed", "zh-CN": "不再接受改变主意"},
            "when": {"fact": "reason", "is": "CHANGED_MIND"},
            "then": {"eligible": False, "code": "changed_mind"},
        },
        {
            "id": "thirty-days",
            "title": {"en": "30 days", "zh-CN": "30天"},
            "then": {
                "window": {"days": 30},
                "review": "person",
                "fees": {"restocking_percent": "10"},
            },
        },
    ],
}  # fmt: skip
REASONS = ("CHANGED_MIND", "QUALITY_DEFECT", "QUALITY_DEFECT", "CHANGED_MIND", "SIZE_TOO_LARGE")


@pytest.fixture
def bench(stage: Stage) -> Workbench:
    """Five returns of one unit at 10.00 each; the fourth was rejected, a sixth is a draft."""
    bench = Workbench(stage)
    shop = Shop(Commands(table=wiring.core_table()))
    for number, reason in enumerate(REASONS):
        shop.sells(order(line(), no=f"O-{number}", region="DE" if number % 2 else "FR"))
        ret = shop.asks(f"O-{number}", wish(1, reason=reason))
        if number == 3:
            shop.rejects(ret)
    shop.sells(order(line(), no="O-9"))
    shop.asks("O-9", wish(1), submit=False)
    drafted(bench, DRAFT)
    bench.later(hours=1)
    projected(stage)
    bench.handlers[JobKind.SIMULATE_POLICY] = in_small_pages()
    return bench


def in_small_pages() -> Simulation:
    """Two returns a page, each page noted."""
    past = StoredPast(core=wiring.core_table(), views=wiring.views_table(), page=2)
    return Simulation(reads=wiring.reads, past=past, files=wiring.files(), keep_every_s=0.0)


def drafted(bench: Workbench, form: dict[str, Any], name: str = "draft") -> None:
    context = bench.context(name)
    wiring.commands().run(lambda reads: versions.draft(reads, form, context), context=context)


def projected(stage: Stage) -> None:
    stage.observe()
    project_events({"Records": stage.changes}, LambdaContext())


def asked(bench: Workbench, version_id: str = "spring-1", name: str = "sim", **of: Any) -> Job:
    new = new_simulation(wiring.reads(), version_id, Asked(**of), now=bench.now)
    return bench.job(new, name)


def result_of(job: Job) -> Any:
    assert job.state is JobState.SUCCEEDED, (job.error_code, job.error_message)
    return job.result


def listed(bench: Workbench, job: Job) -> list[dict[str, str]]:
    """The rows of the CSV, which say the same as the JSON lines."""
    objects = bench.stage.objects("reports/simulations/")
    numbers = range(1, result_of(job)["parts"] + 1)
    base = f"reports/simulations/{job.created_at:%Y-%m-%d}/{job.job_id}"
    rows = [
        row
        for n in numbers
        for row in csv.DictReader(io.StringIO(objects[f"{base}-{n:04d}.csv"].decode("utf-8-sig")))
    ]
    lines = [
        json.loads(text)
        for n in numbers
        for text in objects[f"{base}-{n:04d}.jsonl"].decode().splitlines()
    ]
    assert [row["return_id"] for row in rows] == [one["return_id"] for one in lines]
    return rows


def test_the_report_says_what_would_change(bench: Workbench) -> None:
    job, _ = bench.work(asked(bench))

    told = result_of(job)

    assert (told["found"], told["simulated"], told["returns"]) == (5, 5, 5)
    assert told["flows"] == {"person>person": 3, "person>refused": 1, "rejected>refused": 1}
    assert told["changes"] == {
        "refused_now": 1, "higher_fees": 3, "lower_refund": 4, "other_giving": 3,
    }  # fmt: skip
    (money,) = told["money"]
    assert (money["refund_before"], money["refund_after"]) == ("40.00", "27.00")
    assert money["fees_after"] == "3.00"
    assert (job.done, job.total) == (5, 5)


def test_the_differing_returns_are_listed(bench: Workbench) -> None:
    job, _ = bench.work(asked(bench))

    rows = listed(bench, job)

    told = {row["order_no"]: (row["verdict_after"], row["codes_after"]) for row in rows}
    assert told == {
        "O-0": ("refused", "changed_mind"),
        "O-1": ("person", ""),
        "O-2": ("person", ""),
        "O-4": ("person", ""),
    }
    assert rows[0]["changes"] == "refused_now;lower_refund"


def test_the_whole_report_has_the_segments(bench: Workbench) -> None:
    job, _ = bench.work(asked(bench))

    report = json.loads(bench.stage.objects()[result_of(job)["report_key"]])

    by_reason = {row["value"]: row["different"] for row in report["segments"]["reason"]}
    assert by_reason == {"CHANGED_MIND": 1, "QUALITY_DEFECT": 2, "SIZE_TOO_LARGE": 1}
    assert report["version_id"] == "spring-1"
    assert report["digest"] == wiring.reads().policy_version("spring-1").digest  # type: ignore[union-attr]


def test_the_version_that_decided_changes_nothing(bench: Workbench) -> None:
    job, _ = bench.work(asked(bench, "standard-30d"))

    assert (result_of(job)["different"], result_of(job)["parts"]) == (0, 0)
    assert list(bench.stage.objects("reports/simulations/")) == [result_of(job)["report_key"]]


def test_a_region_and_a_period_narrow_it(bench: Workbench) -> None:
    of_region, _ = bench.work(asked(bench, name="a", region="DE"))
    before, _ = bench.work(asked(bench, name="b", until=NOW))
    after, _ = bench.work(asked(bench, name="c", since=NOW))

    assert result_of(of_region)["found"] == 2
    assert result_of(before)["found"] == 0
    assert result_of(after)["found"] == 5


@pytest.mark.parametrize(("region", "found"), [("DE", 3), ("DE-BY", 1), ("de", 3), ("FR", 3)])
def test_returns_of_a_country_are_those_of_all_its_regions(
    bench: Workbench, region: str, found: int
) -> None:
    """As policies know them: the fact `region` is the country of the order."""
    shop = Shop(Commands(table=wiring.core_table()), numbers=count(1_000))
    shop.sells(order(line(), no="O-10", region="DE-BY"))
    shop.asks("O-10", wish(1))
    bench.later(hours=1)
    projected(bench.stage)

    job, _ = bench.work(asked(bench, region=region))

    assert result_of(job)["found"] == found


def test_a_sample_is_exact_and_the_same_for_a_seed(bench: Workbench) -> None:
    first, _ = bench.work(asked(bench, name="a", sample=3, seed=1))
    again, _ = bench.work(asked(bench, name="b", sample=3, seed=1))
    other = [
        {row["return_id"] for row in listed(bench, bench.work(asked(
            bench, name=f"s{seed}", sample=3, seed=seed))[0])}
        for seed in range(2, 8)
    ]  # fmt: skip

    assert (result_of(first)["found"], result_of(first)["simulated"]) == (5, 3)
    ids = {row["return_id"] for row in listed(bench, first)}
    assert ids == {row["return_id"] for row in listed(bench, again)}
    assert any(one != ids for one in other)


def test_a_sample_larger_than_all_is_all() -> None:
    sampling = Sampling(size=10, seed=0)
    ids = [f"ret_{number}" for number in range(4)]
    for one in ids:
        sampling.see(one)
    sampling.choose()

    assert sampling.chosen(4) == 4
    assert all(sampling.takes(one) for one in ids)


def test_a_sample_that_is_seen_in_pieces_is_the_same() -> None:
    ids = [f"ret_{number}" for number in range(300)]
    parameters = {"sample": 20, "seed": 7}
    whole, pieces = Sampling.of(None, parameters), Sampling.of(None, parameters)
    for number, one in enumerate(ids):
        whole.see(one)
        pieces.see(one)
        if number % 11 == 0:
            pieces = Sampling.of(pieces.kept(), parameters)
    for sampling in (whole, pieces):
        sampling.choose()

    taken = [one for one in ids if whole.takes(one)]
    assert len(taken) == 20
    assert taken == [one for one in ids if pieces.takes(one)]


def test_returns_that_cannot_be_replayed_are_counted_by_what_they_lack(bench: Workbench) -> None:
    shop = Shop(Commands(table=wiring.core_table()))
    shop.asks(None, RequestedLine(sku="SKU-9", quantity=1, reason="CHANGED_MIND"))
    ret = next(r for r in stored(bench) if r.order_no == "O-0")
    decision = ret.decision
    assert decision is not None
    old = replace(decision, lines=tuple(replace(one, dates=None) for one in decision.lines))
    overwritten(bench, replace(ret, decision=old))
    bench.later(hours=1)
    projected(bench.stage)

    job, _ = bench.work(asked(bench))

    told = result_of(job)
    assert told["not_replayable"] == {"no_decision": 1, "no_facts": 1}
    assert (told["simulated"], told["returns"]) == (6, 4)


def test_a_return_that_cannot_be_read_is_counted(bench: Workbench) -> None:
    ret = stored(bench)[0]
    key = {"pk": {"S": f"RETURN#{ret.return_id}"}, "sk": {"S": "RETURN"}}
    bench.stage.dynamodb.update_item(
        TableName="core", Key=key, UpdateExpression="SET body = :b",
        ExpressionAttributeValues={":b": {"S": "{}"}},
    )  # fmt: skip

    job, _ = bench.work(asked(bench))

    assert result_of(job)["not_replayable"] == {"unreadable": 1}


def test_a_worker_whose_time_is_up_sends_the_simulation_on(bench: Workbench) -> None:
    whole, _ = bench.work(asked(bench, name="whole"))
    job = asked(bench, name="short")
    bench.remaining_s = 29.0

    runs = 0
    while bench.read(job).state not in (JobState.SUCCEEDED, JobState.FAILED):
        job, _ = bench.work(job)
        runs += 1

    assert runs > 3, "a page a run"
    assert told_by(job) == told_by(whole)
    assert listed(bench, job) == listed(bench, whole)


def test_a_cancelled_simulation_stops(bench: Workbench) -> None:
    job, _ = bench.work(asked(bench), dies_at=4)
    context = bench.context("cancel")
    from chalicelib.jobs import service

    wiring.commands().run(lambda reads: service.cancel(reads, job.job_id, context), context=context)
    bench.later(minutes=2)

    job, writes = bench.work(job)

    assert (job.state, writes) == (JobState.CANCELLED, 1)


@pytest.mark.slow
@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
def test_a_worker_killed_at_any_write_leaves_the_same_as_one_that_lived(
    bench: Workbench, is_after: bool
) -> None:
    lived, writes = bench.work(asked(bench, sample=4, seed=3))
    assert writes >= 6

    for dies_at in range(1, writes + 1):
        job = asked(bench, name=f"dies-{dies_at}", sample=4, seed=3)
        bench.work(job, dies_at=dies_at, is_after=is_after)
        bench.later(minutes=2)
        job, _ = bench.work(job)

        assert told_by(job) == told_by(lived), dies_at
        assert listed(bench, job) == listed(bench, lived), dies_at
        bench.now = lived.created_at


def told_by(job: Job) -> Any:
    """Without what names the job and how its list was cut."""
    told = dict(result_of(job))
    for name in ("report_key", "csv_key", "jsonl_key", "to", "parts"):
        told.pop(name)
    return told


def test_a_draft_that_was_changed_meanwhile_is_not_tried(bench: Workbench) -> None:
    job = asked(bench)
    drafted(bench, {**DRAFT, "transit_days": 3}, "redraft")

    job, _ = bench.work(job)

    assert (job.state, job.error_code) == (JobState.FAILED, "policy_changed")


@pytest.mark.parametrize(
    ("version_id", "kind", "code"),
    [
        ("nowhere", NotFound, "policy_not_found"),
        ("gone", Conflict, "policy_discarded"),
        ("faulty", Invalid, "policy_faults"),
    ],
)
def test_what_cannot_be_tried_is_refused_before_there_is_a_job(
    bench: Workbench, version_id: str, kind: type[DomainError], code: str
) -> None:
    unknown = {"fact": "colour", "is": "red"}
    rules = [{**DRAFT["rules"][0], "when": unknown}]
    drafted(bench, {**DRAFT, "version": "faulty", "rules": rules}, "faulty")
    drafted(bench, {**DRAFT, "version": "gone"}, "gone")
    context = bench.context("discard")
    wiring.commands().run(lambda reads: versions.discard(reads, "gone", context), context=context)

    with pytest.raises(kind) as refused:
        asked(bench, version_id)

    assert refused.value.code == code


def test_a_period_that_ends_before_it_begins_is_refused(bench: Workbench) -> None:
    with pytest.raises(Invalid, match="ends before it begins"):
        asked(bench, since=NOW + timedelta(days=1), until=NOW)


def stored(bench: Workbench) -> list[Any]:
    items = [i for i in bench.stage._all("core") if i["type"]["S"] == "RETURN"]
    ids = [item["pk"]["S"].partition("#")[2] for item in items]
    found = [wiring.reads().return_(one) for one in ids]
    return [ret for ret in found if ret is not None and ret.submissions]


def overwritten(bench: Workbench, ret: Any) -> None:
    from chalicelib.store.codec import encode

    key = {"pk": {"S": f"RETURN#{ret.return_id}"}, "sk": {"S": "RETURN"}}
    bench.stage.dynamodb.update_item(
        TableName="core", Key=key, UpdateExpression="SET body = :b",
        ExpressionAttributeValues={":b": {"S": encode(ret)}},
    )  # fmt: skip
