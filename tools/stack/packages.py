"""The package for local stacks: built again only when something it is made of changed."""

from __future__ import annotations

import fcntl
import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools import package
from tools.stack.places import ROOT

FOLDER = ROOT / "build" / "package-local"
# What decides about the content of the package and of the two templates.
_SOURCES = (
    "app.py",
    "requirements.txt",
    ".chalice",
    "chalicelib",
    "infra",
    "tools/package.py",
    "tools/packaging",
    "tools/deploy.py",
    "tools/deployment",
)
_IGNORED = {"__pycache__", "deployments", "deployed"}


def fingerprint(root: Path = ROOT) -> str:
    """Equal for equal sources, whatever their dates."""
    digest = hashlib.sha256("{}.{}".format(*sys.version_info[:2]).encode())
    for file in _files(root):
        digest.update(str(file.relative_to(root)).encode() + b"\0")
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _files(root: Path) -> Iterator[Path]:
    for source in _SOURCES:
        path = root / source
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in found:
            if (
                file.is_file()
                and not _IGNORED.intersection(file.relative_to(root).parts)
                and file.suffix != ".pyc"
            ):
                yield file


def build(stage: str, wanted: str) -> package.Package:
    """The package of these sources. Two stacks that start at once build it once."""
    folder = FOLDER / stage
    stamp = folder / "fingerprint"
    with _alone(FOLDER / f"{stage}.lock"):
        built = (
            package.build(stage, folder) if not _is_built(stamp, wanted) else package.read(folder)
        )
        stamp.write_text(wanted, "utf-8")
    return built


def _is_built(stamp: Path, wanted: str) -> bool:
    return stamp.exists() and stamp.read_text("utf-8") == wanted


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
