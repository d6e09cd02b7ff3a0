"""The operator's commands refuse what they cannot do, in one sentence and with exit code 1."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_NO_STACK = "never-started"


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
    "arguments",
    [("token", "reviewer"), ("status",), ("redrive",), ("redrive", "scans", "--all")],
    ids=" ".join,
)
def test_without_a_stack_each_command_says_how_to_start_one(arguments: tuple[str, ...]) -> None:
    done = _tuiku(*arguments, "--name", _NO_STACK)

    assert done.returncode == 1
    assert "run `make up`" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_lists_the_commands() -> None:
    done = _tuiku("--help")

    assert done.returncode == 0
    assert all(command in done.stdout for command in ("redrive", "token", "status"))
