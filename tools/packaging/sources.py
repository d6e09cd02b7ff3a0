"""The clean copy a package is built from: what is deployed, never tests, tools or leftovers."""

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path

from tools.packaging.errors import PackagingError

_FILES = ("app.py", "requirements.txt", ".chalice/config.json")
_FOLDERS = ("chalicelib", ".chalice/policies")
# pynamodb asks botocore for DynamoDB itself; our own clients are found in the sources.
_ALWAYS_USED = frozenset({"dynamodb"})


def copy_sources(root: Path, target: Path) -> None:
    for name in _FILES:
        if not (root / name).is_file():
            raise PackagingError(f"{name} is missing, so there is nothing to package")
        _copy(root / name, target / name)
    for folder in _FOLDERS:
        for path in _kept_files(root / folder):
            _copy(path, target / path.relative_to(root))


def services_used(root: Path) -> frozenset[str]:
    """The AWS services whose clients the sources make: botocore needs their descriptions alone."""
    found = set(_ALWAYS_USED)
    for path in _kept_files(root / "chalicelib"):
        if path.suffix == ".py":
            found.update(_clients_made(path))
    return frozenset(found)


def _kept_files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and "__pycache__" not in parts and not path.name.startswith("."):
            yield path


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _clients_made(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr not in {"client", "create_client", "resource"}:
            continue
        name = _first_argument(node)
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            yield name.value
        elif _owner(node.func) in {"boto3", "session"}:
            where = f"{path.name}:{node.lineno}"
            raise PackagingError(f"{where} makes a client of a computed name; name it literally")


def _first_argument(call: ast.Call) -> ast.expr | None:
    if call.args:
        return call.args[0]
    return next((word.value for word in call.keywords if word.arg == "service_name"), None)


def _owner(attribute: ast.Attribute) -> str:
    return ast.unparse(attribute.value).rpartition(".")[2].lower().lstrip("_")
