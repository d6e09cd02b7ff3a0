"""The deployable, built once a run, and the two templates as trees."""

import json
from pathlib import Path
from typing import Any

import pytest

from tools import package as packaging
from tools.packaging.intrinsics import load_template

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> packaging.Package:
    """Built from the sources as they are now; the vendored packages come from the cache."""
    return packaging.build("dev", tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="session")
def app_template(packaged: packaging.Package) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(packaged.template_path.read_text())
    return loaded


@pytest.fixture(scope="session")
def data_template() -> dict[str, Any]:
    return load_template(ROOT / "infra" / "data.yaml")
