"""A replay under the standard policy says of each return why it was decided as it was."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.tools.replay_model import Killed, Model
from tests.tools.test_replay_run import FILE, HEADER, figure, replayed
from tools.replay.__main__ import _print_json, _print_table, app
from tools.replay.caller import Refused
from tools.replay.count import count_text
from tools.replay.matching import PlannedReturn
from tools.replay.run import Outcome
from tools.replay.verdicts import Ruling, Verdict, refusal, summary

LATE = FILE + (
    "3,84406B,B,5,2010-03-01T09:00:00,2.00,8,EIRE\n"
    "C9,84406B,B,-2,2010-03-31T23:30:00,2.00,8,EIRE\n"  # the 30th day after
    "C10,84406B,B,-1,2010-04-01T09:00:00,2.00,8,EIRE\n"  # a day late
    "C11,84406B,B,-1,2010-06-01T09:00:00,2.00,8,EIRE\n"  # months late
)
STANDARD = "standard-30d"


def of_orders(outcome: Outcome) -> dict[str, Verdict]:
    return {one.invoice: one for one in outcome.verdicts if one.order_no is not None}


def test_what_comes_too_late_is_refused_and_the_totals_agree_without_it(tmp_path: Path) -> None:
    outcome = replayed(Model(), tmp_path, text=LATE, policy=STANDARD)

    assert outcome.is_right, outcome
    assert figure(outcome, "returns refused by policy") == ("2", "2")
    rulings = {invoice: one.ruling for invoice, one in of_orders(outcome).items()}
    assert rulings["C9"] is Ruling.REVIEW
    assert (rulings["C10"], rulings["C11"]) == (Ruling.REFUSED, Ruling.REFUSED)


def test_without_a_window_nothing_is_refused(tmp_path: Path) -> None:
    outcome = replayed(Model(), tmp_path, text=LATE)

    assert outcome.is_right, outcome
    assert figure(outcome, "returns refused by policy") == ("0", "0")
    assert {one.ruling for one in outcome.verdicts} == {Ruling.REVIEW}


def test_each_return_says_why(tmp_path: Path) -> None:
    told = of_orders(replayed(Model(), tmp_path, text=LATE, policy=STANDARD))

    late, good = told["C10"], told["C9"]
    assert late.code == "outside_window"
    assert "30 days after 2010-03-01T09:00:00Z ended before earlier" in late.why
    assert "asked 2010-04-01T08:00:00Z" in late.why
    assert good.code == "rule:all"
    assert "line 1: 30 days after then, until before later" in good.why
    assert late.line.startswith("refused   C10 of 3  outside_window: standard-30d; line 2")


def test_a_blind_return_waits_for_a_person(tmp_path: Path) -> None:
    outcome = replayed(Model(), tmp_path, policy=STANDARD)

    blind = [one for one in outcome.verdicts if one.order_no is None]
    assert {(one.ruling, one.code) for one in blind} == {(Ruling.REVIEW, "blind_return")}


@pytest.mark.parametrize("moment", [25, 40, 55])
def test_a_run_that_was_killed_tells_the_same(tmp_path: Path, moment: int) -> None:
    whole = replayed(Model(), tmp_path / "whole", text=LATE, policy=STANDARD)
    model = Model()
    model.kill_at = moment
    with contextlib.suppress(Killed):
        replayed(model, tmp_path / "killed", text=LATE, policy=STANDARD)
    model.kill_at = None

    again = replayed(model, tmp_path / "killed", text=LATE, policy=STANDARD)

    assert again.is_right, again
    assert again.verdicts == whole.verdicts


@pytest.fixture(autouse=True)
def _folders(tmp_path: Path) -> None:
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()


def test_the_count_alone_knows_what_is_late() -> None:
    days = "1,22065,A,5,2010-{0}T{1},1.00,7,France\nC2,22065,A,-1,2010-{2}T{3},1.00,7,France\n"
    cases = {
        ("01-01", "09:00:00", "01-31", "23:59:00"): 0,
        ("01-01", "09:00:00", "02-01", "00:00:00"): 1,
        # Summer time: half past midnight of the shop is the day before in UTC.
        ("05-01", "00:30:00", "05-31", "09:00:00"): 1,
        ("05-01", "09:00:00", "06-01", "00:30:00"): 0,
    }

    found = {
        case: count_text(HEADER + days.format(*case), window_days=30).returns_refused
        for case in cases
    }

    assert found == cases


def test_one_late_line_refuses_its_whole_return() -> None:
    text = HEADER + (
        "1,22065,A,5,2010-01-01T09:00:00,1.00,7,France\n"
        "1,84406B,B,5,2010-01-20T09:00:00,1.00,7,France\n"
        "C2,22065,A,-1,2010-02-05T09:00:00,1.00,7,France\n"
        "C2,84406B,B,-1,2010-02-05T09:00:00,1.00,7,France\n"
    )

    told = count_text(text, window_days=30)

    assert (told.returns, told.returns_refused, told.units_matched) == (0, 1, 0)
    assert (told.credit_lines_none, told.refund_pence) == (2, 0)


def test_another_refusal_is_a_failure_and_no_verdict() -> None:
    planned: Any = None

    for refused in (
        Refused("POST", 409, {"code": "not_returnable"}),
        Refused("POST", 422, {"code": "bad", "details": {}}),
        Refused("POST", 500, "broken"),
    ):
        assert refusal(planned, refused) is None


def test_a_refusal_names_the_rule_and_the_facts_that_it_asked() -> None:
    planned = PlannedReturn(
        invoice="C1", order_no="1", customer="7", requested_at=None, lines=()  # type: ignore[arg-type]
    )  # fmt: skip
    step = {
        "rule": "hygiene", "passed": False, "code": "opened",
        "facts": {"category": "soap", "decides": ["eligible"]},
    }  # fmt: skip
    line = {"line_no": "2", "code": "opened", "trace": [step]}
    details = {"policy_version": "mine-1", "lines": [line]}

    told = refusal(planned, Refused("POST", 422, {"code": "opened", "details": details}))

    assert told is not None
    assert told.why == "mine-1; line 2 opened by hygiene (category soap)"
    assert Verdict.of_text(told.as_text()) == told


def test_the_summary_counts_by_ruling_and_code(tmp_path: Path) -> None:
    outcome = replayed(Model(), tmp_path, text=LATE, policy=STANDARD)

    told = list(summary(outcome.verdicts))

    assert (Ruling.REFUSED, "outside_window", 2, 2) in told
    assert [ruling for ruling, *_ in told] == [Ruling.REVIEW, Ruling.REVIEW, Ruling.REFUSED]


def test_the_run_prints_a_line_a_return_and_the_summary(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = replayed(Model(), tmp_path, text=LATE, policy=STANDARD)

    _print_table(outcome, explain=True)
    told = capsys.readouterr().out
    _print_json(outcome, explain=False)

    assert sum(line.startswith(("review", "refused")) for line in told.splitlines()) == len(
        outcome.verdicts
    )
    assert "outside_window" in told
    assert '"ruling": "refused"' in capsys.readouterr().out


def test_only_policies_that_can_be_counted_from_the_file_are_offered() -> None:
    refused = CliRunner().invoke(app, ["sales.csv", "--policy", "final-sale"])

    assert refused.exit_code == 2
