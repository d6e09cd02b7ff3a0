"""The rules of the house that no tool knows: who imports what, who reads the environment, sizes.

They are read from the sources: a new room or module falls under them without being listed here.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# The rooms of the deployed code that may import a package; app.py is the room "app". A package that
# is not here may be imported nowhere.
ROOMS_OF = {
    "aws_lambda_powertools": {"telemetry", "api", "workers"},
    # Knows the application identifiers of GS1; imported by the functions that read a barcode.
    "biip": {"contracts"},
    "boto3": {"gateways"},
    # The store catches its exceptions; wiring makes the session and the connection pools.
    "botocore": {"gateways", "store", "wiring"},
    "chalice": {"app", "api", "composing", "workers"},
    "jwt": {"auth"},
    "msgspec": {"gateways", "store"},
    "mypy_boto3_s3": {"gateways"},
    "mypy_boto3_sqs": {"gateways"},
    "PIL": {"gateways"},
    "pi_heif": {"gateways"},
    "pydantic": {"contracts", "api", "workers"},
    "pydantic_core": {"contracts", "api", "workers"},
    "pynamodb": {"store"},
    # Draws terms on paper; imported by the functions that draw, because few requests do.
    "reportlab": {"gateways"},
    "urllib3": {"gateways", "wiring"},
}
# Who may name os.environ or os.getenv.
_ENVIRONMENT_READER = "chalicelib/settings.py"
_MODULE_LINES_MAX = 400
_FUNCTION_LINES_MAX = 60


@dataclass(frozen=True, slots=True)
class Module:
    path: str
    tree: ast.Module
    lines: int

    @property
    def room(self) -> str:
        """`store` for chalicelib/store/keys.py, `settings` for settings.py, `app` for app.py."""
        parts = Path(self.path).with_suffix("").parts
        return parts[1] if parts[0] == "chalicelib" and len(parts) > 1 else parts[0]

    def imported(self) -> Iterator[tuple[str, int]]:
        """Top packages with the line that imports them, wherever in the module that is."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((alias.name.split(".")[0], node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                yield node.module.split(".")[0], node.lineno


def _modules(*roots: str) -> list[Module]:
    files = [
        file
        for root in roots
        for file in ([ROOT / root] if root.endswith(".py") else sorted((ROOT / root).rglob("*.py")))
        if file.exists()
    ]
    return [_parsed(file) for file in files]


def _parsed(file: Path) -> Module:
    text = file.read_text("utf-8")
    return Module(str(file.relative_to(ROOT)), ast.parse(text), len(text.splitlines()))


@pytest.fixture(scope="module")
def deployed() -> list[Module]:
    return _modules("app.py", "chalicelib")


@pytest.fixture(scope="module")
def everything() -> list[Module]:
    return _modules("app.py", "bench", "chalicelib", "prove", "tools", "tests")


def test_packages_are_imported_only_in_their_rooms(deployed: list[Module]) -> None:
    own = {"chalicelib"} | set(sys.stdlib_module_names)

    strays = [
        f"{module.path}:{line} imports {package}; allowed in: "
        f"{', '.join(sorted(ROOMS_OF.get(package, ()))) or 'no room'}"
        for module in deployed
        for package, line in module.imported()
        if package not in own and module.room not in ROOMS_OF.get(package, ())
    ]

    assert strays == []


def test_only_settings_reads_the_environment(deployed: list[Module]) -> None:
    strays = [
        f"{module.path}:{line}"
        for module in deployed
        if module.path != _ENVIRONMENT_READER
        for line in _lines_naming_the_environment(module.tree)
    ]

    assert strays == []


def _lines_naming_the_environment(tree: ast.Module) -> Iterator[int]:
    words = {"environ", "getenv", "environb", "getenvb"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in words:
            yield node.lineno
        if isinstance(node, ast.ImportFrom) and words & {alias.name for alias in node.names}:
            yield node.lineno


def test_no_module_or_function_is_too_long(everything: list[Module]) -> None:
    long_modules = [
        f"{module.path}: {module.lines} lines"
        for module in everything
        if module.lines > _MODULE_LINES_MAX
    ]
    long_functions = [
        f"{module.path}:{node.lineno} {node.name}: {_length(node)} lines"
        for module in everything
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef) and _length(node) > _FUNCTION_LINES_MAX
    ]

    assert long_modules + long_functions == []


def _length(node: ast.FunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_every_module_says_what_it_is_for(everything: list[Module]) -> None:
    silent = [
        module.path
        for module in everything
        if module.tree.body and ast.get_docstring(module.tree) is None
    ]

    assert silent == []


def test_dead_letter_tools_know_the_same_queues_as_the_settings(deployed: list[Module]) -> None:
    settings = next(module for module in deployed if module.room == "settings")
    named = {
        node.name.removesuffix("_dlq_url")
        for node in ast.walk(settings.tree)
        if isinstance(node, ast.FunctionDef) and node.name.endswith("_dlq_url")
    }

    from tools.redrive import QUEUES

    assert set(QUEUES) == named | {"events"}
