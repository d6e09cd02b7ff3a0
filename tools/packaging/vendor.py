"""The installed, pruned and compiled packages, built once for each set of requirements and kept."""

import contextlib
import hashlib
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tools.packaging import bytecode, prune, wheels
from tools.packaging.errors import PackagingError

_NOTE = "vendor.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """`tree` is shared between builds: zip it, do not change it."""

    tree: Path
    too_new: tuple[str, ...]


def vendor(root: Path, cache: Path, *, architecture: str, services: frozenset[str]) -> Vendor:
    requirements = root / "requirements.txt"
    kept = cache / _key(requirements, architecture, services)
    if not kept.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            fresh = Path(scratch) / "fresh"
            _build(requirements, fresh, architecture, services)
            # Another build may have been quicker; both are alike.
            with contextlib.suppress(OSError):
                fresh.rename(kept)
    note = json.loads((kept / _NOTE).read_text())
    return Vendor(tree=kept / "tree", too_new=tuple(note["too_new"]))


def _key(requirements: Path, architecture: str, services: frozenset[str]) -> str:
    parts = [requirements.read_bytes()]
    # A change of how it is built is a change of what is built.
    parts += [Path(module.__file__ or "").read_bytes() for module in (prune, bytecode, wheels)]
    parts += [Path(__file__).read_bytes(), " ".join(sorted(services)).encode()]
    digest = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()
    return f"{bytecode.runtime()}-{architecture}-{digest[:16]}"


def _build(requirements: Path, fresh: Path, architecture: str, services: frozenset[str]) -> None:
    tree = fresh / "tree"
    _install(requirements, tree, architecture)
    note = {"too_new": wheels.too_new(tree)}
    prune.prune(tree, services)
    bytecode.compile_tree(tree)
    (fresh / _NOTE).write_text(json.dumps(note))


def _install(requirements: Path, tree: Path, architecture: str) -> None:
    """Wheels only and hashes checked: nothing is compiled on, or for, the machine that packages."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--no-compile", "--only-binary", ":all:", "--require-hashes"]
    command += ["--target", str(tree), "-r", str(requirements)]
    command += [word for name in wheels.platforms(architecture) for word in ("--platform", name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise PackagingError(f"pip could not fetch the packages: {(errors or ['no message'])[-1]}")
