"""A package loads each address when it is asked for, and then serves what the sources serve."""

import ast
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
compiled = []
def heard(event, args):
    if event == "compile" and isinstance(args[0], bytes) and b"__create_fn__" in args[0]:
        compiled.append(args[0].decode())
sys.addaudithook(heard)
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
said["compiled"] = compiled
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


def test_a_request_of_returns_imports_no_room_that_it_does_not_enter() -> None:
    """A cold start is as long as what it imports: the store names records, and imports few."""
    foreign = ("epcis", "notices", "receivings", "suppliers", "workorders")
    code = (
        "import sys; from chalicelib.api import returns\n"
        "print([m for m in sys.modules if m.startswith('chalicelib.')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
        env={"STAGE": "dev"},
    )

    strays = [name for name in ast.literal_eval(done.stdout) if name.split(".")[1] in foreign]

    assert strays == []


def test_no_method_of_a_dataclass_is_compiled(started: dict[str, object]) -> None:
    """The package holds the byte code of all of them, of our packages' too."""
    assert started["compiled"] == []


def test_an_address_that_nothing_serves_is_unknown(started: dict[str, object]) -> None:
    assert started["unknown"] == "KeyError"


def test_the_sources_hold_no_table() -> None:
    """With one, whoever reads the routes would see none; nor byte code that would grow old."""
    from chalicelib import composing
    from chalicelib.core import prepared

    assert not prepared.FILE.exists()
    assert not composing.TABLE.exists()
    assert Path(composing.TABLE).name == "addresses.json"
