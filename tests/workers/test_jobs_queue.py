"""The function that carries out jobs, called as Lambda calls it; and the schedules of jobs."""

import json
from pathlib import Path
from typing import Any

import pytest

import app
from chalicelib import wiring
from chalicelib.analytics.service import new_run
from chalicelib.core.events import Json
from chalicelib.imports.service import upload_key
from chalicelib.jobs.model import Job, JobKind, JobState
from chalicelib.jobs.service import NewJob
from chalicelib.reconciliation.payments import new_comparison
from chalicelib.reconciliation.service import new_reconciliation
from tests.imports.files import as_csv, count_row
from tests.stage import NOW, LambdaContext, Stage, run_queue_worker
from tests.workbench import Workbench
from tools import sandbox_provider


@pytest.fixture
def bench(stage: Stage) -> Workbench:
    return Workbench(stage)


def message(job: Job) -> str:
    return json.dumps({"job_id": job.job_id, "correlation_id": job.correlation_id})


def run(job: Job, *, remaining_s: float = 900) -> list[str]:
    return run_queue_worker(app.app.handler_map["run_job"], message(job), remaining_s=remaining_s)


@pytest.mark.parametrize(
    "new",
    [new_reconciliation(), new_comparison(NOW), new_run()],
    ids=["reconciliation", "payments", "metrics"],
)
def test_a_job_on_demand_is_carried_out(bench: Workbench, new: NewJob) -> None:
    job = bench.job(new)

    assert run(job) == []
    assert bench.read(job).state is JobState.SUCCEEDED
    assert str(bench.read(job).result["report_key"]) in bench.stage.objects("reports/")


def test_an_import_is_carried_out(bench: Workbench) -> None:
    job = bench.upload("stock_counts", as_csv(count_row()))

    assert run(job) == []
    assert bench.read(job).result["accepted"] == 1


def test_a_job_that_has_no_time_left_is_sent_on(bench: Workbench) -> None:
    job = bench.upload("stock_counts", as_csv(count_row()))

    assert run(job, remaining_s=20) == []

    [sent] = bench.stage.messages("jobs")
    assert json.loads(sent["body"]) == {"job_id": job.job_id, "correlation_id": "corr-1"}
    assert run(job) == []
    assert bench.read(job).state is JobState.SUCCEEDED


def test_an_error_that_nobody_foresaw_fails_the_job_not_the_queue(bench: Workbench) -> None:
    # A kind of count that the code does not know, which no edge would let through.
    parameters: dict[str, Json] = {"mode": "skip_bad", "count_kind": "guess"}
    job = bench.job(NewJob(kind=JobKind.IMPORT_STOCK_COUNTS, parameters=parameters))
    content = as_csv(count_row()).encode()
    wiring.files().write(upload_key(job.job_id), content, content_type="text/csv")

    assert run(job) == []
    failed = bench.read(job)
    assert (failed.state, failed.error_code) == (JobState.FAILED, "internal_error")
    assert bench.stage.messages("jobs-dlq") == []


def test_a_message_about_no_job_is_repeated(bench: Workbench) -> None:
    body = json.dumps({"job_id": "job_unknown"})

    assert run_queue_worker(app.app.handler_map["run_job"], body) == ["m0"]


def test_a_malformed_message_goes_to_the_dead_letters(bench: Workbench) -> None:
    assert run_queue_worker(app.app.handler_map["run_job"], "{}") == []
    assert len(bench.stage.messages("jobs-dlq")) == 1


def _tick(name: str, context: Any = None) -> None:
    event = {
        "version": "0",
        "id": "tick-1",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": "2026-11-21T02:30:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {},
    }
    app.app.handler_map[name](event, context or LambdaContext(900))


@pytest.mark.parametrize("name", ["reconcile_stock", "aggregate_metrics"])
def test_a_schedule_is_one_job_a_window_however_often_it_ticks(bench: Workbench, name: str) -> None:
    for _ in range(3):
        _tick(name)

    jobs = [item for item in bench.stage._all("core") if item["type"]["S"] == "JOB"]
    assert len(jobs) == 1
    [report] = [key for key in bench.stage.objects("reports/") if key.endswith(".json")]
    job_id = jobs[0]["pk"]["S"].removeprefix("JOB#")
    assert job_id in report
    stored = wiring.reads().job(job_id)
    assert stored is not None
    assert stored.state is JobState.SUCCEEDED


@pytest.mark.parametrize("name", ["reconcile_stock", "aggregate_metrics"])
def test_schedules_need_no_queue(
    bench: Workbench, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("JOBS_QUEUE_URL", "JOBS_DLQ_URL"):
        monkeypatch.delenv(variable)
    if name == "reconcile_stock":
        monkeypatch.delenv("VIEWS_TABLE")

    _tick(name)

    assert bench.stage.objects("reports/")


def test_the_comparison_with_providers_is_one_job_a_day_that_run_job_carries_out(
    bench: Workbench,
) -> None:
    for _ in range(3):
        _tick("reconcile_payments")

    sent = [json.loads(one["body"]) for one in bench.stage.messages("jobs")]
    (job_id,) = {one["job_id"] for one in sent}
    assert run_queue_worker(app.app.handler_map["run_job"], json.dumps(sent[0])) == []
    stored = wiring.reads().job(job_id)
    assert stored is not None
    assert (stored.kind, stored.state) == (JobKind.RECONCILE_PAYMENTS, JobState.SUCCEEDED)
    assert stored.result["providers"] == []


def test_a_stage_with_a_sandbox_provider_compares_with_it(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    provider = sandbox_provider.start(tmp_path / "provider.sqlite")
    monkeypatch.setenv("SANDBOX_PROVIDER_URL", provider.url)
    job = bench.job(new_comparison(NOW))

    assert run(job) == []
    provider.stop()
    stored = bench.read(job)
    assert (stored.state, stored.result["providers"]) == (JobState.SUCCEEDED, ["sandbox"])
    assert stored.result["checked"] == {"booked": 0, "listed": 0, "foreign": 0}
