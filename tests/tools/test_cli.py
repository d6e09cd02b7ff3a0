"""The operator's commands say what they cannot do in one sentence, and end with a code."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = (
    "doctor", "status", "token", "verify", "reconcile", "chase", "rebuild-views", "post-ledger",
    "redrive", "import", "export", "policy", "reasons", "finance",
)  # fmt: skip
_NO_STACK = "never-started"
_FOUND, _USAGE, _NOT_DONE = 1, 2, 3


def _tuiku(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.cli", *arguments]
    return subprocess.run(
        command,
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("token", "reviewer"), _NOT_DONE),
        (("verify",), _NOT_DONE),
        (("chase",), _NOT_DONE),
        (("redrive", "scans", "--all"), _NOT_DONE),
        (("status",), _FOUND),
        (("doctor",), _FOUND),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_without_a_stack_each_command_says_how_to_start_one(
    arguments: tuple[str, ...], code: int
) -> None:
    done = _tuiku(*arguments, "--name", _NO_STACK)

    assert done.returncode == code
    assert "run `make up`" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_help_lists_the_commands_and_what_exit_codes_mean() -> None:
    done = _tuiku("--help")

    assert done.returncode == 0
    assert all(command in done.stdout for command in COMMANDS)
    assert "Usage: tuiku" in done.stdout
    assert "Exit codes" in done.stdout


def test_a_wrong_option_is_wrong_usage() -> None:
    assert _tuiku("export", "--whatever").returncode == _USAGE


def test_the_answer_of_doctor_is_json_even_where_nothing_runs() -> None:
    done = _tuiku("doctor", "--json", "--name", _NO_STACK)

    assert [check["verdict"] for check in json.loads(done.stdout)["checks"]] == ["problem"]
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("export", "orders", "--out", "orders.xlsx"), "end it with .csv"),
        (("export", "stock", "--out", "s.csv", "--since", "2026-11-01"), "leave --since"),
        (("export", "events", "--out", "e.csv", "--with-contacts"), "no personal data"),
        (("export", "events", "--out", "e.csv", "--since", "yesterday"), "no day or time"),
        (
            (
                "export",
                "events",
                "--out",
                "e.csv",
                "--since",
                "2026-11-02",
                "--until",
                "2026-11-01",
            ),
            "before --until",
        ),
        (("import", "not-there.csv", "--kind", "orders"), "cannot be read"),
        (("redrive", "--all"), "run `make up`"),
        (("reconcile", "--since", "2026-11-01"), "compared as a whole"),
        (("finance", "ledger"), "Name a return"),
        (("finance", "credit-notes", "--return", "R1", "--year", "2026"), "not both"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_makes_no_sense_is_refused_before_anything_is_done(
    arguments: tuple[str, ...], said: str
) -> None:
    done = _tuiku(*arguments, "--name", _NO_STACK)

    assert done.returncode == _NOT_DONE
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
