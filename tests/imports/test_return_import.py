"""Importing returns: each is made once, refusals name rows, and a kill changes nothing."""

from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.imports import returns
from chalicelib.imports.returns import Reasons
from chalicelib.imports.sheet import read_sheet
from chalicelib.jobs.model import Job, JobState
from chalicelib.orders.model import DeliveredItem
from chalicelib.reasons import managing
from chalicelib.reasons.built_in import built_in
from chalicelib.returns.model import LinkedDocument, Return
from chalicelib.returns.standing import status_of
from chalicelib.store.execution import Commands
from tests.builders import Shop, delivery, line, order
from tests.imports.files import as_csv, read_csv, return_row
from tests.stage import Stage
from tests.workbench import Workbench

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "returns.csv"
FILE = as_csv(
    return_row(quantity="2"),
    return_row(order_line_no="", sku="SKU-2"),
    return_row(external_ref="X2", quantity="x"),
    return_row(external_ref="X2", order_line_no="2"),
    return_row(external_ref="X3", quantity="2"),
    return_row(external_ref="X4", order_no="OLD"),
    return_row(external_ref="X5", submit="false"),
    return_row(external_ref="X6", order_no="", order_line_no="", sku="GONE", customer_id="cus-9"),
)
"""X1 takes two of three units; X2 has a bad cell; X3 asks for more than is left; X4 comes too late;
X5 stays a draft; X6 names no order."""
OUTCOME = {"rows": 8, "accepted": 4, "rejected": 4, "unchanged": 0}


@pytest.fixture
def bench(stage: Stage) -> Workbench:
    return shop_of(Workbench(stage))


def shop_of(bench: Workbench) -> Workbench:
    shop = Shop(Commands(table=wiring.core_table()))
    shop.sells(order(line(quantity=3), line("2"), no="O1"))
    long_ago = shop.now.replace(year=2025)
    sent = delivery(
        DeliveredItem(line_no="1", quantity=1), no="D-9", shipped_at=long_ago, delivered_at=long_ago
    )
    shop.sells(order(line(), no="OLD", deliveries=(sent,)))
    return bench


def outcome(job: Job) -> dict[str, Any]:
    return {name: job.result[name] for name in OUTCOME}


def errors(job: Job) -> list[tuple[int, str, str]]:
    told: Any = job.result["errors"]
    return [(error["row"], error["column"], error["code"]) for error in told]


def everything(stage: Stage) -> list[dict[str, Any]]:
    """All of core but jobs, whose progress may differ."""
    items = [item for item in stage._all("core") if item["type"]["S"] != "JOB"]
    return sorted(items, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))


def made(stage: Stage) -> dict[str, Return]:
    """The returns by their key in the other system."""
    found = {}
    for item in stage._all("core"):
        if item["type"]["S"] == "RETURN":
            ret = wiring.reads().return_(item["pk"]["S"].partition("#")[2])
            assert ret is not None
            (ref,) = [one.ref for one in ret.documents if one.kind == returns.EXTERNAL_REF]
            found[ref] = ret
    return found


def test_good_returns_are_made_and_bad_ones_left_out(bench: Workbench) -> None:
    job, _ = bench.work(bench.upload("returns", FILE))

    assert job.state is JobState.SUCCEEDED
    assert outcome(job) == OUTCOME
    assert errors(job) == [
        (4, "quantity", "not_a_whole_number"),
        (6, "quantity", "not_returnable_quantity"),
        (7, "requested_at", "outside_window"),
    ]
    found = made(bench.stage)
    assert {ref: status_of(ret).value for ref, ret in found.items()} == {
        "X1": "UNDER_REVIEW", "X5": "DRAFT", "X6": "UNDER_REVIEW",
    }  # fmt: skip
    assert [(ret.order_line_no, ret.requested) for ret in found["X1"].lines] == [("1", 2), ("2", 1)]
    assert found["X6"].customer_id == "cus-9"
    assert LinkedDocument(kind="external_ref", ref="X1") in found["X1"].documents


def test_the_rejected_rows_are_a_file_that_is_taken_once_corrected(bench: Workbench) -> None:
    job, _ = bench.work(bench.upload("returns", FILE))
    content = bench.stage.objects("rejects/")[f"rejects/{job.job_id}.csv"]

    rows = read_csv(content)
    assert [(row["external_ref"], row["error_row"], row["error_code"]) for row in rows] == [
        ("X2", "4", "not_a_whole_number"),
        ("X2", "4", "return_has_bad_row"),
        ("X3", "6", "not_returnable_quantity"),
        ("X4", "7", "outside_window"),
    ]
    for row in rows:
        row |= {"order_no": "O1", "order_line_no": "1", "quantity": "1"}
    again, _ = bench.work(bench.upload("returns", as_csv(*rows[2:3]), "corrected"))
    assert again.result["accepted"] == 1


def test_no_cell_of_the_rejects_is_a_formula(bench: Workbench) -> None:
    text = as_csv(return_row(quantity="x", note="=HYPERLINK(1)", external_ref="-1"))

    job, _ = bench.work(bench.upload("returns", text))

    (row,) = read_csv(bench.stage.objects("rejects/")[f"rejects/{job.job_id}.csv"])
    assert (row["note"], row["external_ref"]) == ("'=HYPERLINK(1)", "'-1")


def test_the_same_file_again_changes_nothing(bench: Workbench) -> None:
    bench.work(bench.upload("returns", FILE, "first"))
    before = everything(bench.stage)

    job, _ = bench.work(bench.upload("returns", FILE, "second"))

    assert outcome(job) == {**OUTCOME, "accepted": 0, "unchanged": 4}
    assert everything(bench.stage) == before


def test_a_key_that_says_something_else_now_is_refused(bench: Workbench) -> None:
    bench.work(bench.upload("returns", as_csv(return_row()), "first"))

    job, _ = bench.work(bench.upload("returns", as_csv(return_row(quantity="2")), "second"))

    assert errors(job) == [(2, "external_ref", "return_differs")]
    assert made(bench.stage)["X1"].lines[0].requested == 1


def test_the_same_key_of_another_order_is_another_return(bench: Workbench) -> None:
    shop = Shop(Commands(table=wiring.core_table()), numbers=count(100))
    shop.sells(order(line(), no="O2"))

    first, _ = bench.work(bench.upload("returns", as_csv(return_row()), "first"))
    second, _ = bench.work(bench.upload("returns", as_csv(return_row(order_no="O2")), "second"))

    assert (first.result["accepted"], second.result["accepted"]) == (1, 1)


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (return_row(order_no="NONE"), "order_no", "order_not_found"),
        (return_row(order_line_no="9"), "order_line_no", "order_line_not_found"),
        (return_row(order_line_no="", sku="S9"), "sku", "sku_not_in_order"),
        (return_row(sku="SKU-2"), "sku", "sku_differs"),
        (return_row(serials="S1"), "serials", "serial_not_shipped"),
        (return_row(order_no="OLD"), "requested_at", "outside_window"),
        (
            return_row(order_no="", order_line_no="", sku="S", submit="false"),
            "submit",
            "blind_draft",
        ),
    ],
)  # fmt: skip
def test_a_refusal_is_the_fault_of_its_row(
    bench: Workbench, row: dict[str, str], column: str, code: str
) -> None:
    good = return_row(external_ref="X0", order_line_no="2")

    job, _ = bench.work(bench.upload("returns", as_csv(good, row)))

    assert errors(job) == [(3, column, code)]
    assert job.result["accepted"] == 1


def test_each_refused_line_of_a_return_is_named_at_its_own_row(bench: Workbench) -> None:
    shop = Shop(Commands(table=wiring.core_table()), numbers=count(100))
    shop.sells(order(line(), line("2", final_sale=True), line("3", final_sale=True), no="O3"))
    rows = [return_row(order_no="O3", order_line_no=str(number)) for number in (1, 2, 3)]
    rows[2] |= {"order_line_no": "", "sku": "SKU-3"}

    job, _ = bench.work(bench.upload("returns", as_csv(*rows)))

    assert [(row, code) for row, _, code in errors(job)] == [(3, "final_sale"), (4, "final_sale")]
    assert job.result["rejected"] == 3


def test_a_machine_may_state_when_it_was_asked(bench: Workbench) -> None:
    text = as_csv(return_row(order_no="OLD", requested_at="2025-11-22T09:00:00Z"))

    job, _ = bench.work(bench.upload("returns", text))

    assert job.result["accepted"] == 1
    assert made(bench.stage)["X1"].requested_at.year == 2025


def test_a_dry_run_says_the_same_and_writes_nothing(bench: Workbench) -> None:
    before = everything(bench.stage)

    dry, _ = bench.work(bench.upload("returns", FILE, "dry", dry_run=True))

    assert everything(bench.stage) == before
    real, _ = bench.work(bench.upload("returns", FILE, "real"))
    assert outcome(dry) == outcome(real)
    assert errors(dry) == errors(real)


@pytest.mark.parametrize("bad", ["cell", "policy", "quantity"])
def test_all_or_nothing_makes_nothing_where_a_row_is_bad(bench: Workbench, bad: str) -> None:
    rows = {
        "cell": return_row(external_ref="X2", quantity="x"),
        "policy": return_row(external_ref="X2", order_no="OLD"),
        "quantity": return_row(external_ref="X2", quantity="3"),
    }
    before = everything(bench.stage)

    text = as_csv(return_row(), rows[bad])
    job, _ = bench.work(bench.upload("returns", text, mode="all_or_nothing"))

    assert (job.state, job.error_code) == (JobState.FAILED, "import_has_bad_rows")
    assert outcome(job) == {"rows": 2, "accepted": 0, "rejected": 1, "unchanged": 0}
    assert everything(bench.stage) == before


def test_all_or_nothing_makes_all_where_every_row_is_good(bench: Workbench) -> None:
    text = as_csv(return_row(quantity="2"), return_row(external_ref="X2"))

    job, _ = bench.work(bench.upload("returns", text, mode="all_or_nothing"))

    assert outcome(job) == {"rows": 2, "accepted": 2, "rejected": 0, "unchanged": 0}
    assert sorted(made(bench.stage)) == ["X1", "X2"]


def test_a_worker_whose_time_is_up_sends_the_job_on(bench: Workbench) -> None:
    job = bench.upload("returns", FILE)
    bench.remaining_s = 29

    job, _ = bench.work(job)

    assert job.state is JobState.RUNNING
    assert bench.queue.puts == [(job.job_id, 0)]
    bench.remaining_s = 900
    job, _ = bench.work(job)
    assert outcome(job) == OUTCOME


def test_a_file_with_reasons_of_another_system_is_taken_in_its_words(
    bench: Workbench, stage: Stage
) -> None:
    text = as_csv(
        return_row(reason="RTN_NOT_WANT"), return_row(external_ref="X2", reason="CHANGED_MIND")
    )

    job, _ = bench.work(bench.upload("returns", text, reason_system="ofbiz"))

    assert (job.result["accepted"], job.result["rejected"]) == (1, 1)
    assert errors(job) == [(3, "reason", "reason_not_in_system")]
    (line_,) = made(stage)["X1"].lines
    assert line_.reason == "CHANGED_MIND"
    (rejected,) = read_csv(next(iter(stage.objects("rejects/").values())))
    assert rejected["reason"] == "CHANGED_MIND"


def test_questions_of_a_reason_are_not_asked_of_a_file(bench: Workbench, stage: Stage) -> None:
    shop = Shop(Commands(table=wiring.core_table()))
    mind = built_in().reasons["CHANGED_MIND"]
    asked = replace(mind, questions=tuple(replace(q, required=True) for q in mind.questions))
    shop.do(lambda reads, context: managing.put(reads, asked, context))

    job, _ = bench.work(bench.upload("returns", as_csv(return_row())))

    assert (job.result["accepted"], job.result["rejected"]) == (1, 0)
    assert made(stage)["X1"].lines[0].answers == {}


def test_the_example_file_can_be_read() -> None:
    sheet = read_sheet(EXAMPLE.read_bytes(), returns.COLUMNS)
    groups = list(returns.grouped(sheet))

    reasons = Reasons(catalogue=built_in())
    torn = returns.torn_apart(groups)
    read = [
        returns.read_return(sheet, group, torn=torn, currency="EUR", reasons=reasons)
        for group in groups
    ]

    assert [one.errors for one in read] == [()] * len(groups)
    assert len(groups) >= 3


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["skip_bad", "all_or_nothing"])
@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
def test_a_worker_killed_at_any_write_leaves_the_same_as_one_that_lived(
    bench: Workbench, mode: str, is_after: bool
) -> None:
    good = as_csv(return_row(quantity="2"), return_row(external_ref="X2", order_line_no="2"))
    text = FILE if mode == "skip_bad" else good
    lived, writes = bench.work(bench.upload("returns", text, mode=mode))
    expected = _contents(bench.stage)

    assert writes >= 5
    for dies_at in range(1, writes + 1):
        _empty(bench.stage)
        shop_of(bench)
        job = bench.upload("returns", text, mode=mode)
        bench.work(job, dies_at=dies_at, is_after=is_after)
        bench.later(minutes=2)
        job, _ = bench.work(job)
        assert (job.state, job.result) == (lived.state, lived.result), dies_at
        assert _contents(bench.stage) == expected, dies_at


def _empty(stage: Stage) -> None:
    for item in stage._all("core"):
        stage.dynamodb.delete_item(TableName="core", Key={"pk": item["pk"], "sk": item["sk"]})


def _contents(stage: Stage) -> list[tuple[str, str, str]]:
    """What is stored, but for when, and for the numbers that are drawn by lot."""
    return [
        (item["pk"]["S"], item["sk"]["S"], item["v"]["N"])
        for item in everything(stage)
        if item["type"]["S"] not in ("NUMBER", "BALANCE")
    ]
