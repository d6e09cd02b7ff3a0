"""Runs `chalice package` in a folder of sources, as anybody would by hand."""

import os
import subprocess
import sys
from pathlib import Path

from tools.packaging.errors import PackagingError

_CHALICE = "import sys; from chalice.cli import main; sys.exit(main())"


def package(folder: Path, out: Path, *, stage: str, merge: Path | None = None) -> str:
    """Writes deployment.zip and sam.json or sam.yaml into `out`; returns what Chalice said."""
    command = [sys.executable, "-c", _CHALICE, "package"]
    command += ["--stage", stage]
    command += ["--merge-template", str(merge)] if merge else []
    done = subprocess.run(
        [*command, str(out)],
        cwd=folder,
        env=environment(stage),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        reason = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise PackagingError(f"chalice package failed: {reason[-1] if reason else 'no message'}")
    return done.stdout + done.stderr


def environment(stage: str) -> dict[str, str]:
    """The stage, for the queue names; no endpoint or credentials that an import could use."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PYTHON"))}
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    own = {"STAGE": stage, "AWS_DEFAULT_REGION": region, "PYTHONDONTWRITEBYTECODE": "1"}
    return kept | own | {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
