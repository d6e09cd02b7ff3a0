"""The replay of a small file with every ugliness of the real one, killed and run again."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tools.stack.client import Stack
from tools.stack.places import ROOT

HEADER = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country"
WIDE = 52
"""SKUs of the widest order: more than one transaction holds, and so is its return."""
STARTED_S = 120.0


@pytest.fixture
def run() -> str:
    """Begins every invoice and customer, so that runs on one stack never clash."""
    return str(time.time_ns() // 10**8)


def lines(run: str) -> Iterator[str]:
    """Invoices first, then credits; what is odd about a line stands beside it."""
    sale, credit = f"{run}1", f"C{run}2"
    one, two, three = f"{run}01", f"{run}02", f"{run}03"
    yield f"{sale}1,22065,CANDLE,5,2010-06-01T09:00:00,1.25,{one}.0,France"
    yield f"{sale}1,22065,CANDLE,3,2010-06-01T09:00:00,1.00,{one}.0,France"  # the SKU again
    yield f"{sale}1,POST,POSTAGE,1,2010-06-01T09:00:00,18,{one}.0,France"  # no goods
    yield f"{sale}2,22065,CANDLE,2,2010-06-02T09:00:00,2.00,{one},France"
    yield f"{sale}2,22065a,CANDLE £,4,2010-06-02T09:01:00,0.001,{one},France"  # a later minute
    yield f"{sale}3,84406B,GIFT,9,2010-06-02T09:00:00,0,{two},EIRE"  # for nothing
    yield f"{sale}4,M,MANUAL,1,2010-06-02T09:00:00,40.00,{two},EIRE"  # no goods at all
    yield f"{sale}5,22423,STAND,6,2010-06-03T09:00:00,10.95,,United Kingdom"  # nobody's
    yield f"{sale}6,22423,,-7,2010-06-03T09:00:00,0,,United Kingdom"  # written off
    for number in range(WIDE):
        yield f"{sale}7,{30000 + number},THING {number},2,2010-06-04T09:00:00,0.85,{three},Japan"
    yield f"{credit}1,22065,CANDLE,-6,2010-06-03T09:00:00,1.25,{one},France"  # three lines' units
    yield f"{credit}1,22065a,CANDLE £,-1,2010-06-03T09:00:00,0.001,{one},France"
    yield f"{credit}2,84406B,GIFT,-4,2010-06-01T08:00:00,0,{two},EIRE"  # before its sale
    yield f"{credit}3,84406B,GIFT,-12,2010-06-05T08:00:00,0,{two},EIRE"  # more than was bought
    yield f"{credit}4,22423,STAND,-2,2010-06-05T08:00:00,10.95,,United Kingdom"  # nobody's
    yield f"{credit}5,POST,POSTAGE,-1,2010-06-05T08:00:00,18,{one},France"  # no goods
    for number in range(WIDE):
        yield f"{credit}6,{30000 + number},THING {number},-1,2010-06-07T09:00:00,0.85,{three},Japan"


EXPECTED = {
    "orders": "4",
    "goods order lines": str(5 + WIDE),
    "units delivered": str(23 + 2 * WIDE),
    "C-lines full": str(2 + WIDE),
    "C-lines partial": "1",
    "C-lines none": "2",
    "units matched": str(6 + 1 + 9 + WIDE),
    "units unmatched": str(4 + 3 + 2),
    # 2 at 2.00, 3 at 1.00, 1 at 1.25, and the wide order's units at 0.85.
    "refund total, GBP": f"{8.25 + 0.85 * WIDE:.2f}",
    "returns": "4",
    "blind returns": "3",
    "reconciliation findings": "0",
}


def test_a_replay_killed_half_way_ends_with_the_figures_of_the_file(
    stack: Stack, run: str, tmp_path: Path
) -> None:
    file = tmp_path / "sales.csv"
    file.write_bytes("\r\n".join([HEADER, *lines(run)]).encode("cp1252"))
    command = [
        sys.executable, "-m", "tools.replay", str(file), "--json",
        "--name", stack.state.name, "--warehouse", f"W{run}",
    ]  # fmt: skip

    _kill_once_returns_are_made(command, stack, run)
    ended = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    told: dict[str, Any] = json.loads(ended.stdout)
    figures = {row["figure"]: row["system"] for row in told["figures"]}
    assert {name: figures[name] for name in EXPECTED} == EXPECTED


def test_a_replay_under_the_standard_policy_says_why_each_return_was_decided_so(
    stack: Stack, run: str, tmp_path: Path
) -> None:
    sale, credit, customer = f"{run}8", f"C{run}9", f"{run}04"
    rows = [
        f"{sale}1,22065,CANDLE,5,2010-06-01T09:00:00,1.25,{customer},France",
        f"{credit}1,22065,CANDLE,-2,2010-07-01T23:30:00,1.25,{customer},France",  # the 30th day
        f"{credit}2,22065,CANDLE,-1,2010-07-02T09:00:00,1.25,{customer},France",  # a day too late
        f"{credit}3,22065,CANDLE,-1,2010-06-03T09:00:00,1.25,,France",  # nobody's
    ]
    file = tmp_path / "sales.csv"
    file.write_text("\n".join([HEADER, *rows]), encoding="utf-8")
    command = [
        sys.executable, "-m", "tools.replay", str(file), "--json", "--explain",
        "--policy", "standard-30d", "--name", stack.state.name, "--warehouse", f"S{run}",
    ]  # fmt: skip

    ended = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    told: dict[str, Any] = json.loads(ended.stdout)
    rulings = {one["invoice"]: (one["ruling"], one["code"]) for one in told["returns"]}
    assert rulings == {
        f"{credit}1": ("review", "rule:thirty-days"),
        f"{credit}2": ("refused", "outside_window"),
        f"{credit}3": ("review", "blind_return"),
    }
    assert all("30 days after 2010-06-01" in one["why"] for one in told["returns"][:2])


def _kill_once_returns_are_made(command: list[str], stack: Stack, run: str) -> None:
    journal = ROOT / "build" / "replay" / stack.state.name / "journal.jsonl"
    running = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + STARTED_S
    while not _has_returns(journal, run):
        if running.poll() is not None or time.monotonic() > deadline:
            running.kill()
            pytest.fail(f"it ended before it made a return: {running.communicate()[1]}")
        time.sleep(0.02)
    running.kill()
    running.communicate()


def _has_returns(journal: Path, run: str) -> bool:
    return journal.exists() and f"replay-C{run}" in journal.read_text(encoding="utf-8")
