"""What the deployable holds, and that it comes out the same twice."""

import hashlib
import importlib.util
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools import package as packaging
from tools.package import Package

_UNZIPPED_MB_MAX = 85
_UNCHECKED_HASH = 0b01


@pytest.fixture(scope="session")
def contents(packaged: Package) -> dict[str, zipfile.ZipInfo]:
    with zipfile.ZipFile(packaged.zip_path) as opened:
        return {entry.filename: entry for entry in opened.infolist()}


def test_the_same_sources_give_the_same_bytes(packaged: Package, tmp_path: Path) -> None:
    again = packaging.build("dev", tmp_path / "again")

    assert _digest(again.zip_path) == _digest(packaged.zip_path)
    assert again.template_path.read_text() == packaged.template_path.read_text()


def test_the_code_is_the_same_for_every_stage(packaged: Package, tmp_path: Path) -> None:
    other = packaging.build("qa", tmp_path / "qa")

    assert _digest(other.zip_path) == _digest(packaged.zip_path)
    before, after = (json.loads(p.template_path.read_text()) for p in (packaged, other))
    assert after["Parameters"]["Stage"].pop("Default") == "qa"
    assert before["Parameters"]["Stage"].pop("Default") == "dev"
    assert after == before


def test_every_module_has_byte_code_that_lambda_need_not_check(packaged: Package) -> None:
    with zipfile.ZipFile(packaged.zip_path) as opened:
        names = set(opened.namelist())
        missing = [
            name for name in names if name.endswith(".py") and _compiled_name(name) not in names
        ]
        headers = {name: opened.read(name)[:8] for name in names if name.endswith(".pyc")}

    assert missing == []
    for name, header in headers.items():
        assert header[:4] == importlib.util.MAGIC_NUMBER, name
        assert header[4] == _UNCHECKED_HASH, name


def test_nothing_is_shipped_that_is_not_run(contents: dict[str, zipfile.ZipInfo]) -> None:
    tops = {name.split("/")[0] for name in contents}
    services = {n.split("/")[2] for n in contents if n.startswith("botocore/data/")}

    assert not tops & {"tests", "tools", "infra", "bin", "pip", "setuptools", "click", ".chalice"}
    assert {n for n in contents if n.startswith("chalice/") and n.endswith(".py")} == {
        "chalice/__init__.py",
        "chalice/app.py",
    }
    assert not [name for name in contents if name.endswith((".pyi", "/RECORD"))]
    assert {"dynamodb", "endpoints.json"} <= services
    assert len([s for s in services if not s.endswith(".json")]) <= 8


def test_data_of_our_packages_travels_along(contents: dict[str, zipfile.ZipInfo]) -> None:
    root = Path(__file__).resolve().parents[2]
    data = {str(path.relative_to(root)) for path in root.glob("chalicelib/**/*.json")}

    assert {"chalicelib/reasons/reasons.json", "chalicelib/reasons/mappings/shopify.json"} <= data
    assert data <= set(contents)


def test_licences_and_metadata_travel_along(contents: dict[str, zipfile.ZipInfo]) -> None:
    packages = {name.split("/")[0] for name in contents if ".dist-info/" in name}

    assert packages
    for package in packages:
        assert f"{package}/METADATA" in contents


def test_it_stays_within_its_size(packaged: Package) -> None:
    assert packaged.sizes.unzipped_without_byte_code < _UNZIPPED_MB_MAX * 1_000_000


def test_the_app_starts_from_what_is_shipped(packaged: Package, tmp_path: Path) -> None:
    """In an interpreter that sees nothing else: no package is missing or pruned too far."""
    with zipfile.ZipFile(packaged.zip_path) as opened:
        opened.extractall(tmp_path)
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import app; print(app.__cached__)"

    started = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={"STAGE": "dev"},
    )

    assert started.returncode == 0, started.stderr
    assert started.stdout.strip().endswith(f".{sys.implementation.cache_tag}.pyc")


def _compiled_name(name: str) -> str:
    folder, _, module = name.rpartition("/")
    compiled = f"__pycache__/{module.removesuffix('.py')}.{sys.implementation.cache_tag}.pyc"
    return f"{folder}/{compiled}" if folder else compiled


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
