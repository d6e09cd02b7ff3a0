"""Drops from installed packages what Lambda never reads: service descriptions, tests, headers.

Kept on purpose: licences, which must travel with the code, and METADATA and entry_points.txt, which
importlib.metadata reads.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

_JUNK_FOLDERS = frozenset({"tests", "test", "__pycache__", "examples"})
_JUNK_SUFFIXES = frozenset({".pyi", ".pyx", ".pxd", ".c", ".h", ".cpp", ".hpp", ".rst", ".pyc"})
_JUNK_NAMES = frozenset({"py.typed"})
# What botocore reads whatever the service.
_SHARED_DATA = frozenset(
    {"endpoints.json", "partitions.json", "_retry.json", "sdk-default-configuration.json"}
)
_RECORDS_KEPT = frozenset({"METADATA", "entry_points.txt"})


def prune(tree: Path, services: frozenset[str]) -> None:
    for path in list(_junk(tree, services)):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    _drop_empty_folders(tree)


def _junk(tree: Path, services: frozenset[str]) -> Iterator[Path]:
    yield from _unused_descriptions(tree / "botocore" / "data", services)
    yield from _unused_descriptions(tree / "boto3" / "data", services)
    yield tree / "bin"
    for record in tree.glob("*.dist-info/*"):
        if record.is_file() and record.name not in _RECORDS_KEPT and not _is_licence(record):
            yield record
    for path in tree.rglob("*"):
        if _is_junk_folder(path) or _is_junk_file(path):
            yield path


def _unused_descriptions(data: Path, services: frozenset[str]) -> Iterator[Path]:
    if data.is_dir():
        yield from (p for p in data.iterdir() if p.name not in services | _SHARED_DATA)


def _is_junk_folder(path: Path) -> bool:
    return path.name in _JUNK_FOLDERS and path.is_dir()


def _is_junk_file(path: Path) -> bool:
    return (path.suffix in _JUNK_SUFFIXES or path.name in _JUNK_NAMES) and path.is_file()


def _is_licence(path: Path) -> bool:
    return path.name.upper().startswith(("LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS"))


def _drop_empty_folders(tree: Path) -> None:
    for folder in sorted((p for p in tree.rglob("*") if p.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
