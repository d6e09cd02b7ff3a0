"""A package loads each address when it is asked for, and then serves what the sources serve."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from app import app
from tools.package import Package

_STARTED = """
import json, sys
sys.path.insert(0, sys.argv[1])
import app
routes = app.app.routes
said = {"before": [name for name in sys.modules if name.startswith("chalicelib.api.")]}
routes["/v1/health"]
said["after_one"] = [name for name in sys.modules if name.startswith("chalicelib.api.")]
try:
    routes["/v1/nowhere"]
except KeyError:
    said["unknown"] = "KeyError"
said["served"] = {
    address: {method: entry.view_name for method, entry in routes[address].items()}
    for address in json.loads(sys.argv[2])
}
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def started(packaged: Package, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What an interpreter says that has nothing but the package."""
    tree = tmp_path_factory.mktemp("package")
    with zipfile.ZipFile(packaged.zip_path) as opened:
        opened.extractall(tree)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _STARTED, str(tree), json.dumps(list(app.routes))],
        capture_output=True,
        text=True,
        check=False,
        env={"STAGE": "dev"},
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return said


def test_every_address_serves_what_it_serves_from_the_sources(started: dict[str, object]) -> None:
    wanted = {
        address: {method: entry.view_name for method, entry in entries.items()}
        for address, entries in app.routes.items()
    }

    assert started["served"] == wanted


def test_an_address_loads_what_it_needs_and_no_other_resource(started: dict[str, object]) -> None:
    assert "chalicelib.api.returns" not in started["before"]  # type: ignore[operator]
    assert "chalicelib.api.meta" in started["after_one"]  # type: ignore[operator]
    assert "chalicelib.api.returns" not in started["after_one"]  # type: ignore[operator]


def test_an_address_that_nothing_serves_is_unknown(started: dict[str, object]) -> None:
    assert started["unknown"] == "KeyError"


def test_the_sources_hold_no_table() -> None:
    """With one, whoever reads the routes would see none."""
    from chalicelib import composing

    assert not composing.TABLE.exists()
    assert Path(composing.TABLE).name == "addresses.json"
