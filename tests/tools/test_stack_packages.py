"""A package is built again when, and only when, something it is made of changed."""

import os
from pathlib import Path

import pytest

from tools.stack import packages


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    for name in ("app.py", "chalicelib/core/money.py", ".chalice/config.json", "infra/app.yaml"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    return tmp_path


@pytest.mark.parametrize(
    "name", ["app.py", "chalicelib/core/money.py", ".chalice/config.json", "infra/app.yaml"]
)
def test_a_change_is_seen(sources: Path, name: str) -> None:
    before = packages.fingerprint(sources)

    (sources / name).write_text("changed")

    assert packages.fingerprint(sources) != before


def test_a_new_file_and_a_renamed_one_are_seen(sources: Path) -> None:
    first = packages.fingerprint(sources)
    (sources / "chalicelib/new.py").write_text("x")
    second = packages.fingerprint(sources)
    (sources / "chalicelib/new.py").rename(sources / "chalicelib/newer.py")

    assert len({first, second, packages.fingerprint(sources)}) == 3


def test_dates_byte_code_and_other_folders_do_not_count(sources: Path) -> None:
    before = packages.fingerprint(sources)

    os.utime(sources / "app.py", (0, 0))
    (sources / "chalicelib/__pycache__").mkdir()
    (sources / "chalicelib/__pycache__/money.cpython-311.pyc").write_bytes(b"x")
    (sources / "README.md").write_text("x")

    assert packages.fingerprint(sources) == before
