"""Runs the application of a package in a process of its own, to learn from it what it holds."""

import subprocess
import sys
from pathlib import Path

from tools.packaging.chalice_run import environment
from tools.packaging.errors import PackagingError


def learn(tree: Path, code: str, *, stage: str, what: str) -> None:
    """Run the code, with the tree as its argument; a PackagingError says what is lacking."""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tree)],
        cwd=tree,
        env=environment(stage),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise PackagingError(f"no {what}: {done.stderr.strip()[-500:]}")
