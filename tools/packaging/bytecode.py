"""Compiles a tree to unchecked-hash byte code, named as it will lie in Lambda.

Without it every cold start compiles every module: the task folder is read-only, and all times in
the zip are alike.
"""

import compileall
import sys
from pathlib import Path
from py_compile import PycInvalidationMode

from tools.packaging.errors import PackagingError

_TASK_FOLDER = "/var/task"


def compile_tree(tree: Path) -> None:
    """The interpreter that runs this must be of the minor version that Lambda will run."""
    done = compileall.compile_dir(
        tree,
        quiet=2,
        force=True,
        workers=1,
        maxlevels=100,
        stripdir=str(tree),
        prependdir=_TASK_FOLDER,
        invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
    )
    if not done:
        raise PackagingError(f"some module under {tree} does not compile with Python {runtime()}")


def runtime() -> str:
    """Lambda's name for the interpreter that is running."""
    return f"python{sys.version_info.major}.{sys.version_info.minor}"
