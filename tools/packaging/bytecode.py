"""Compiles a tree to unchecked-hash byte code, named as it will lie in Lambda.

Without it every cold start compiles every module: the task folder is read-only, and all times in
the zip are alike.
"""

import subprocess
import sys
from pathlib import Path

from tools.packaging.errors import PackagingError

_TASK_FOLDER = "/var/task"


def compile_tree(tree: Path) -> None:
    """The interpreter that runs this must be of the minor version that Lambda will run.

    In a process of its own: what else a process holds shows in the byte code (marshal marks what is
    referred to), and the same sources are to give the same bytes.
    """
    command = [sys.executable, "-I", "-m", "compileall", "-q", "-f", "-j", "1"]
    command += ["-s", str(tree), "-p", _TASK_FOLDER, "--invalidation-mode", "unchecked-hash"]
    done = subprocess.run([*command, str(tree)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = (done.stdout.strip() or done.stderr.strip())[-500:]
        raise PackagingError(f"not every module compiles with Python {runtime()}: {reason}")


def runtime() -> str:
    """Lambda's name for the interpreter that is running."""
    return f"python{sys.version_info.major}.{sys.version_info.minor}"
