"""Imports on a store: what is written, what is refused, and that a kill changes nothing."""

from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.inventory.model import Account
from chalicelib.jobs.model import Job, JobState
from tests.imports.files import as_csv, count_row, order_row, read_csv
from tests.stage import Stage
from tests.workbench import Workbench

STOCK = as_csv(*(count_row(sku=f"S{n}", quantity="10") for n in range(1, 4)))
ORDERS = as_csv(
    order_row(),
    order_row(line_no="2", sku="S2"),
    order_row(order_no="O2", quantity="x"),
    order_row(order_no="O2", line_no="2"),
    order_row(order_no="O3", sku="S3", quantity="99"),
    order_row(order_no="O4", sku="S3", quantity="3"),
    order_row(order_no="O5", sku="S1", quantity="1"),
)
TAKEN = {"O1", "O4", "O5"}


@pytest.fixture
def bench(stage: Stage) -> Workbench:
    return stocked(Workbench(stage))


def stocked(bench: Workbench) -> Workbench:
    job, _ = bench.work(bench.upload("stock_counts", STOCK, "stock"))
    assert (job.state, job.result["accepted"]) == (JobState.SUCCEEDED, 3)
    return bench


def emptied(stage: Stage) -> Workbench:
    """As on the first day."""
    for item in stage._all("core"):
        stage.dynamodb.delete_item(TableName="core", Key={"pk": item["pk"], "sk": item["sk"]})
    return Workbench(stage)


def available(sku: str) -> int:
    balances = wiring.reads().balances("W1", [sku])
    return sum(b.quantity for b in balances if b.account is Account.AVAILABLE)


def orders_stored() -> set[str]:
    return {f"O{n}" for n in range(1, 10) if wiring.reads().order(f"O{n}") is not None}


def outcome(job: Job) -> dict[str, Any]:
    return {name: job.result[name] for name in ("rows", "accepted", "rejected", "unchanged")}


def everything(stage: Stage) -> list[dict[str, Any]]:
    """All of core but jobs, whose progress may differ."""
    return [item for item in stage._all("core") if item["type"]["S"] != "JOB"]


def test_good_orders_are_taken_and_bad_ones_left_out(bench: Workbench) -> None:
    job, _ = bench.work(bench.upload("orders", ORDERS))

    assert job.state is JobState.SUCCEEDED
    assert outcome(job) == {"rows": 7, "accepted": 4, "rejected": 3, "unchanged": 0}
    assert orders_stored() == TAKEN
    assert (available("S1"), available("S3")) == (7, 7)
    errors = job.result["errors"]
    assert isinstance(errors, list)
    assert [(e["row"], e["column"], e["code"]) for e in errors if isinstance(e, dict)] == [
        (4, "quantity", "not_a_whole_number"),
        (6, "quantity", "insufficient_stock"),
    ]
    assert (job.done, job.total) == (7, 7)


@pytest.mark.parametrize("is_dry_run", [False, True])
def test_rows_under_a_policy_that_is_not_there_are_left_out(
    bench: Workbench, is_dry_run: bool
) -> None:
    rows = (
        order_row(order_no="O1", policy_version="", policy="standard"),
        order_row(order_no="O2", policy_version="none-such", policy=""),
        order_row(order_no="O3", policy_version="", policy="none-such"),
    )

    job, _ = bench.work(bench.upload("orders", as_csv(*rows), dry_run=is_dry_run))

    errors = job.result["errors"]
    assert isinstance(errors, list)
    assert [(e["row"], e["column"], e["code"]) for e in errors if isinstance(e, dict)] == [
        (3, "policy_version", "unknown_policy_version"),
        (4, "policy", "no_version_in_force"),
    ]
    assert orders_stored() == (set() if is_dry_run else {"O1"})


def test_the_rejected_rows_are_a_file(bench: Workbench) -> None:
    job, _ = bench.work(bench.upload("orders", ORDERS))

    rows = read_csv(bench.stage.objects("rejects/")[f"rejects/{job.job_id}.csv"])

    assert [(row["order_no"], row["error_row"], row["error_code"]) for row in rows] == [
        ("O2", "4", "not_a_whole_number"),
        ("O2", "4", "order_has_bad_row"),
        ("O3", "6", "insufficient_stock"),
    ]


def test_the_same_file_again_changes_nothing(bench: Workbench) -> None:
    bench.work(bench.upload("orders", ORDERS, "first"))
    before = everything(bench.stage)

    job, _ = bench.work(bench.upload("orders", ORDERS, "second"))

    assert outcome(job) == {"rows": 7, "accepted": 0, "rejected": 3, "unchanged": 4}
    assert everything(bench.stage) == before


def test_a_count_again_posts_nothing(bench: Workbench) -> None:
    job, _ = bench.work(bench.upload("stock_counts", STOCK, "second"))

    assert outcome(job) == {"rows": 3, "accepted": 0, "rejected": 0, "unchanged": 3}
    assert available("S1") == 10


def test_a_dry_run_says_the_same_and_writes_nothing(bench: Workbench) -> None:
    before = everything(bench.stage)

    dry, _ = bench.work(bench.upload("orders", ORDERS, "dry", dry_run=True))

    assert everything(bench.stage) == before
    assert dry.state is JobState.SUCCEEDED
    real, _ = bench.work(bench.upload("orders", ORDERS, "real"))
    assert outcome(dry) == outcome(real)
    assert [e["code"] for e in _errors(dry)] == [e["code"] for e in _errors(real)]


def test_a_dry_run_of_counts_writes_nothing(bench: Workbench) -> None:
    before = everything(bench.stage)
    text = as_csv(count_row(quantity="11"), count_row(sku="S2"), count_row(sku="", lot="L"))

    job, _ = bench.work(bench.upload("stock_counts", text, "dry", dry_run=True))

    assert outcome(job) == {"rows": 3, "accepted": 1, "rejected": 1, "unchanged": 1}
    assert everything(bench.stage) == before


@pytest.mark.parametrize("bad", ["cell", "stock"])
def test_all_or_nothing_writes_nothing_where_a_row_is_bad(bench: Workbench, bad: str) -> None:
    rows = {
        "cell": order_row(order_no="O2", quantity="x"),
        "stock": order_row(order_no="O2", sku="S1", quantity="9"),
    }
    before = everything(bench.stage)

    text = as_csv(order_row(), rows[bad])
    job, _ = bench.work(bench.upload("orders", text, mode="all_or_nothing"))

    assert (job.state, job.error_code) == (JobState.FAILED, "import_has_bad_rows")
    assert outcome(job) == {"rows": 2, "accepted": 0, "rejected": 1, "unchanged": 0}
    assert everything(bench.stage) == before


def test_all_or_nothing_writes_all_where_every_row_is_good(bench: Workbench) -> None:
    text = as_csv(order_row(), order_row(order_no="O2", sku="S1", quantity="8"))

    job, _ = bench.work(bench.upload("orders", text, mode="all_or_nothing"))

    assert job.state is JobState.SUCCEEDED
    assert outcome(job) == {"rows": 2, "accepted": 2, "rejected": 0, "unchanged": 0}
    assert available("S1") == 0


def test_all_or_nothing_of_counts_writes_nothing_where_a_row_is_bad(bench: Workbench) -> None:
    text = as_csv(count_row(quantity="11"), count_row(sku="S2", quantity="many"))

    job, _ = bench.work(bench.upload("stock_counts", text, mode="all_or_nothing"))

    assert (job.state, job.error_code) == (JobState.FAILED, "import_has_bad_rows")
    assert available("S1") == 10


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"\xff\xfe", "not_utf8"), (b"sku\n1\n", "bad_header"), (b"", "empty_file")],
)
def test_a_bad_file_fails_the_job_and_says_why(bench: Workbench, content: bytes, code: str) -> None:
    job, _ = bench.work(bench.upload("orders", content))

    assert (job.state, job.error_code) == (JobState.FAILED, code)


def test_a_file_that_is_not_there_fails_the_job(bench: Workbench) -> None:
    job = bench.upload("orders", ORDERS)
    bench.stage.s3.delete_object(Bucket="tuiku-test-files", Key=f"uploads/imports/{job.job_id}")

    job, _ = bench.work(job)

    assert (job.state, job.error_code) == (JobState.FAILED, "file_not_found")


def test_a_file_that_changes_between_runs_fails_the_job(bench: Workbench) -> None:
    job = bench.upload("orders", ORDERS)
    bench.remaining_s = 10
    bench.work(job)
    wiring.files().write(
        f"uploads/imports/{job.job_id}", as_csv(order_row()).encode(), content_type="text/csv"
    )

    bench.remaining_s = 900
    job, _ = bench.work(job)

    assert job.error_code == "file_changed"


def test_a_worker_whose_time_is_up_sends_the_job_on(bench: Workbench) -> None:
    job = bench.upload("orders", ORDERS)
    bench.remaining_s = 29

    job, _ = bench.work(job)

    assert job.state is JobState.RUNNING
    assert job.lease_until is None
    assert bench.queue.puts == [(job.job_id, 0)]
    bench.remaining_s = 900
    job, _ = bench.work(job)
    assert outcome(job) == {"rows": 7, "accepted": 4, "rejected": 3, "unchanged": 0}


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["skip_bad", "all_or_nothing"])
@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
def test_a_worker_killed_at_any_write_leaves_the_same_as_one_that_lived(
    stage: Stage, mode: str, is_after: bool
) -> None:
    text = ORDERS if mode == "skip_bad" else as_csv(order_row(), order_row(order_no="O5", sku="S1"))
    bench = stocked(Workbench(stage))
    lived, writes = bench.work(bench.upload("orders", text, mode=mode))
    expected = _contents(stage)

    assert writes >= 6
    for dies_at in range(1, writes + 1):
        bench = emptied(stage)
        stocked(bench)
        job = bench.upload("orders", text, mode=mode)
        bench.work(job, dies_at=dies_at, is_after=is_after)
        bench.later(minutes=2)
        job, _ = bench.work(job)
        assert (job.state, job.result) == (lived.state, lived.result), dies_at
        assert _contents(stage) == expected, dies_at


@pytest.mark.slow
@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
def test_a_count_killed_at_any_write_is_posted_once(stage: Stage, is_after: bool) -> None:
    rows = [count_row(sku=f"S{n}", warehouse=f"W{n % 3}", quantity="5") for n in range(9)]
    for dies_at in range(1, 9):
        bench = emptied(stage)
        job = bench.upload("stock_counts", as_csv(*rows))
        bench.work(job, dies_at=dies_at, is_after=is_after)
        bench.later(minutes=2)
        job, _ = bench.work(job)
        assert outcome(job) == {"rows": 9, "accepted": 9, "rejected": 0, "unchanged": 0}
        movements = [i for i in stage._all("core") if i["type"]["S"] == "MOVEMENT"]
        assert len(movements) == 3


def test_a_cancelled_import_stops_at_its_next_checkpoint(bench: Workbench) -> None:
    from chalicelib.jobs import service

    job = bench.upload("orders", ORDERS)
    bench.work(job, dies_at=3)
    context = bench.context("cancel")
    wiring.commands().run(lambda reads: service.cancel(reads, job.job_id, context), context=context)
    bench.later(minutes=2)

    job, _ = bench.work(job)

    assert job.state is JobState.CANCELLED
    assert "O5" not in orders_stored()


def _errors(job: Job) -> list[dict[str, Any]]:
    errors: Any = job.result["errors"]
    return list(errors)


def _contents(stage: Stage) -> list[tuple[str, str, str]]:
    """What is stored, but for when: a killed worker's orders are of another second."""
    found = []
    for item in everything(stage):
        kind = item["type"]["S"]
        if kind in ("BALANCE", "ORDER", "MOVEMENT", "EVENT"):
            quantity = item.get("quantity", {}).get("N", "")
            found.append((item["pk"]["S"], item["sk"]["S"], quantity + item.get("v", {})["N"]))
    return sorted(found)
