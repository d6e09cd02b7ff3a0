"""The operator's commands on the deployed application, as an operator types them."""

import csv
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.operator import Operator
from tools.stack.client import Stack

_LEFT_BY_OTHERS = {"dead letters", "errors", "API"}
"""Other tests of this run share the stack, and what they let fail shows; also in the health."""


@pytest.fixture
def operator(stack: Stack) -> Operator:
    return Operator(stack)


def test_doctor_finds_a_stack_well_and_owns_up_to_what_it_cannot_know(operator: Operator) -> None:
    told = operator.types("doctor", codes=(0, 1))

    by_verdict: dict[str, set[str]] = {"ok": set(), "problem": set(), "unknown": set()}
    for check in told["checks"]:
        by_verdict[check["verdict"]].add(check["name"])
    assert {name.partition(" of ")[0] for name in by_verdict["problem"]} <= _LEFT_BY_OTHERS
    assert {"backups of core", "expiry in core", "bucket policy", "clock"} <= by_verdict["unknown"]
    assert {"machine token", "stream of core", "source of run_job"} <= by_verdict["ok"]


def test_an_import_an_export_and_a_comparison_of_what_came_of_it(
    operator: Operator, tmp_path: Path
) -> None:
    rows = ["warehouse,sku,lot,quantity,unit_cost,currency"]
    # New ones each time: on a stack that stays up they would be unchanged.
    run = f"OPS{time.time_ns()}"
    rows += [f"{run},OPS-{number},,{10 + number},2.50,EUR" for number in range(20)]
    file = tmp_path / "counts.csv"
    file.write_text("\n".join([*rows, f"{run},OPS-BAD,,-1,2.50,EUR"]) + "\n")
    rejects = tmp_path / "rejects.csv"

    job = operator.types(
        "import", str(file), "--kind", "stock_counts", "--rejects", str(rejects), codes=(1,)
    )
    assert (job["result"]["accepted"], job["result"]["rejected"]) == (20, 1)
    assert "OPS-BAD" in rejects.read_text("utf-8-sig")

    out = tmp_path / "stock.csv"
    operator.types("export", "stock", "--out", str(out))
    with out.open(encoding="utf-8-sig", newline="") as opened:
        stock = [row for row in csv.DictReader(opened) if row["warehouse"] == run]
    counted = {row["sku"]: row["quantity"] for row in stock if row["account"] == "available"}
    assert counted == {f"OPS-{number}": str(10 + number) for number in range(20)}

    assert operator.types("rebuild-views", "--check")["differences"] == {}


def test_views_that_lost_a_row_have_it_again(operator: Operator, stack: Stack) -> None:
    run = f"OPS{time.time_ns()}"
    counts = {"warehouse": run, "kind": "opening", "items": [{"sku": "OPS-X", "quantity": 3}]}
    warehouse = stack.api("warehouse")
    warehouse.request("POST", "/v1/stock/counts", counts, {"Idempotency-Key": run}).expect(201)
    path = f"/v1/stock?warehouse={run}&sku=OPS-X"
    _until(lambda: len(warehouse.get(path).expect(200)["items"]) == 2)
    place = {"pk": {"S": f"STOCK#warehouse={run}"}, "sk": {"S": "OPS-X#available#"}}
    stack.boto("dynamodb").delete_item(TableName=stack.state.tables["views"], Key=place)

    told = operator.types("rebuild-views")

    assert told["differences"]["row_missing"] >= 1
    assert told["left"] == []
    items = warehouse.get(path).expect(200)["items"]
    assert {item["account"] for item in items} == {"available", "adjustment"}


def _until(is_so: Callable[[], bool]) -> None:
    """The stream is quick, but it is not at once."""
    for _ in range(100):
        if is_so():
            return
        time.sleep(0.1)
    raise AssertionError("it did not become so in ten seconds")


def test_a_stage_is_found_by_its_stacks_with_the_credentials_of_the_caller(
    operator: Operator, stack: Stack
) -> None:
    state = stack.state

    verified = operator.types(
        "verify",
        "--stage",
        state.stage,
        AWS_ENDPOINT_URL=state.endpoint,
        AWS_ACCESS_KEY_ID=state.access_key,
        AWS_SECRET_ACCESS_KEY=state.secret_key,
        AWS_DEFAULT_REGION=state.region,
    )

    assert verified["items"] > 0
    assert verified["findings"] == []
