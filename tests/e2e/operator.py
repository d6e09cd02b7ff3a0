"""Types commands of `tuiku` for one stack, as its operator would."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tools.stack.client import Stack

ROOT = Path(__file__).resolve().parents[2]


class Operator:
    """Types commands for one stack."""

    def __init__(self, stack: Stack) -> None:
        self._name = stack.state.name

    def types(self, *arguments: str, codes: tuple[int, ...] = (0,), **environment: str) -> Any:
        """What the command printed as JSON. With an environment it is that of an AWS account."""
        where = () if environment else ("--name", self._name)
        done = subprocess.run(
            [sys.executable, "-m", "tools.cli", *arguments, "--json", *where],
            cwd=ROOT,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode in codes, done.stderr + done.stdout
        assert done.stderr == ""
        return json.loads(done.stdout)
