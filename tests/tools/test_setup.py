"""A machine without the right Python is told in one sentence what to install."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _setup(python: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", "tools/setup.sh", str(folder / "venv"), "requirements/dev.txt", python]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def _pretend(folder: Path, says: str) -> str:
    binary = folder / "python"
    binary.write_text(f"#!/bin/sh\n{says}\n")
    binary.chmod(0o755)
    return str(binary)


@pytest.mark.parametrize("version", ["2.7", "3.10", "3.14"])
def test_a_python_that_is_too_old_or_too_new_is_refused(tmp_path: Path, version: str) -> None:
    done = _setup(_pretend(tmp_path, f"echo {version}"), tmp_path)

    assert done.returncode == 1
    assert f"needs Python 3.11, 3.12 or 3.13, and '{tmp_path}/python' is {version}" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_missing_python_is_refused(tmp_path: Path) -> None:
    done = _setup("/nowhere/python", tmp_path)

    assert done.returncode == 1
    assert "is not there: install one" in done.stderr


def test_a_python_without_venv_is_refused(tmp_path: Path) -> None:
    says = 'case "$2" in *ensurepip*) exit 1 ;; esac; echo 3.12'

    done = _setup(_pretend(tmp_path, says), tmp_path)

    assert done.returncode == 1
    assert "without its venv module" in done.stderr
