"""The whole replay against a small model of the API: right, wrong, killed and run again."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tools.replay_model import Killed, Model, money
from tools.replay.journal import Journal
from tools.replay.progress import Screen
from tools.replay.run import Options, Outcome, Replay, WarehouseInUse

HEADER = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n"
FILE = HEADER + (
    "1,22065,A,5,2010-01-01T09:00:00,1.25,7,France\n"
    "1,POST,POSTAGE,1,2010-01-01T09:00:00,18,7,France\n"
    "1,22065,A,3,2010-01-01T09:00:00,1.00,7,France\n"
    "2,22065,A,2,2010-01-02T09:00:00,2.00,7,France\n"
    "3,84406B,B,9,2010-01-02T09:00:00,0,8,EIRE\n"
    "4,POST,POSTAGE,1,2010-01-01T09:00:00,18,7,France\n"
    "C5,22065,A,-6,2010-01-03T09:00:00,1.25,7,France\n"
    "C5,99999,Z,-6,2010-01-03T09:00:00,1.25,7,France\n"
    "C6,84406B,B,-4,2010-01-04T09:00:00,0,8,EIRE\n"
    "C7,22065,A,-6,2010-01-05T09:00:00,1.25,7,France\n"
    "C8,22065,A,-1,2010-01-05T09:00:00,1.25,,France\n"
)


def replayed(
    model: Model,
    folder: Path,
    *,
    text: str = FILE,
    standstill_s: float = 0.0,
    policy: str = "no-window",
) -> Outcome:
    file = folder / "sales.csv"
    file.write_text(text, encoding="utf-8")
    # The model stands for the stack: it offers the same `api` and `upload`.
    stack: Any = model
    options = Options(warehouse="LDN", workers=2, standstill_s=standstill_s, policy=policy)
    return Replay(stack, Journal(folder / "journal.jsonl"), Screen(quiet=True), options).run(file)


def figure(outcome: Outcome, name: str) -> tuple[str, str]:
    row = next(row for row in outcome.rows if row.figure == name)
    return row.system, row.file


def test_a_replay_ends_with_the_figures_of_the_file(tmp_path: Path) -> None:
    outcome = replayed(Model(), tmp_path)

    assert outcome.is_right, outcome
    assert figure(outcome, "orders") == ("3", "3")
    assert figure(outcome, "goods order lines") == ("4", "4")
    assert figure(outcome, "units matched") == ("14", "14")
    assert figure(outcome, "units unmatched") == ("9", "9")
    # C5 takes 2 at 2.00, 3 at 1.00 and 1 at 1.25; C7 the other 4 at 1.25; C6 4 at nothing.
    assert figure(outcome, "refund total, GBP") == ("13.25", "13.25")


def test_a_second_run_changes_nothing_with_or_without_its_journal(tmp_path: Path) -> None:
    model = Model()
    first = replayed(model, tmp_path)

    second = replayed(model, tmp_path)
    (tmp_path / "journal.jsonl").unlink()
    third = replayed(model, tmp_path)

    assert first.rows == second.rows == third.rows


@given(moments=st.lists(st.integers(1, 70), min_size=1, max_size=3), keep_journal=st.booleans())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_killed_anywhere_and_run_again_the_totals_are_the_same(
    tmp_path_factory: pytest.TempPathFactory, moments: list[int], keep_journal: bool
) -> None:
    folder = tmp_path_factory.mktemp("replay")
    model = Model()
    for moment in moments:
        model.kill_at = model.requests + moment
        with contextlib.suppress(Killed):
            replayed(model, folder)
        if not keep_journal:
            (folder / "journal.jsonl").unlink(missing_ok=True)
    model.kill_at = None

    outcome = replayed(model, folder)

    assert outcome.is_right, outcome


def test_without_its_keys_a_late_run_finds_the_returns_by_their_documents(tmp_path: Path) -> None:
    model = Model()
    replayed(model, tmp_path, text="\n".join(FILE.splitlines()[:-1]) + "\n")
    model.kept.clear()
    (tmp_path / "journal.jsonl").unlink()

    outcome = replayed(model, tmp_path, text="\n".join(FILE.splitlines()[:-1]) + "\n")

    assert outcome.is_right, outcome


def test_lost_answers_are_asked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model()
    model.lose_every = 5
    monkeypatch.setattr("tools.replay.caller._WAIT_S_MAX", 0.0)

    outcome = replayed(model, tmp_path)

    assert outcome.is_right, outcome


def lose_a_unit(model: Model) -> None:
    model.available["22065"] -= 1


def pay_a_penny_more(model: Model) -> None:
    settlement = next(ret["settlements"][0] for ret in model.returns.values() if ret["settlements"])
    settlement["amount"] = money(settlement["pence"] + 1)


def forget_a_blind_return(model: Model) -> None:
    blind = next(ret for ret in model.returns.values() if ret["order_no"] is None)
    blind["lines"][0]["quantities"]["requested"] -= 1


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        pytest.param(lose_a_unit, "ledger: units available", id="a unit missing in the ledger"),
        pytest.param(pay_a_penny_more, "refund total, GBP", id="a penny too much"),
        pytest.param(forget_a_blind_return, "units unmatched", id="an unmatched unit dropped"),
    ],
)
def test_a_difference_is_told(tmp_path: Path, fault: Any, name: str) -> None:
    model = Model()
    replayed(model, tmp_path)

    fault(model)
    outcome = replayed(model, tmp_path)

    assert not outcome.is_right
    assert name in [row.figure for row in outcome.rows if not row.is_equal]


def test_a_refused_return_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    model = Model()
    replayed(model, tmp_path, text="\n".join(FILE.splitlines()[:7]) + "\n")
    model.returns["ret_x"] = {
        "id": "ret_x", "number": "x", "order_no": "3", "customer_id": "8", "documents": [],
        "status": "UNDER_REVIEW", "settlements": [],
        "lines": [{"order_line_no": "1", "quantities": {"requested": 8}}],
    }  # fmt: skip

    outcome = replayed(model, tmp_path)

    assert not outcome.is_right
    assert [failure.split(":")[0] for failure in outcome.failures] == ["replay-C6-3"]
    assert len([ret for ret in model.returns.values() if ret["status"] == "COMPLETED"]) == 3


def test_a_warehouse_that_was_opened_for_another_file_is_left_alone(tmp_path: Path) -> None:
    model = Model()
    replayed(model, tmp_path)
    stock = dict(model.available)

    with pytest.raises(WarehouseInUse, match="warehouse LDN"):
        replayed(model, tmp_path, text=FILE.replace(",5,2010", ",7,2010"))

    assert model.available == stock


def test_lists_that_lag_are_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.replay.reading._LOOK_S", 0.0)
    model = Model()
    model.lag = 3

    outcome = replayed(model, tmp_path, standstill_s=5)

    assert outcome.is_right, outcome
    assert model.lag == 0


def test_rejected_rows_end_the_run(tmp_path: Path) -> None:
    model = Model()
    model.rejected = 2

    with pytest.raises(Exception, match="rejected 2 rows"):
        replayed(model, tmp_path)
