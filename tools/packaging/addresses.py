"""Writes the table by which a package loads each address when it is asked for.

Read from the application itself, by registering one resource after the other.
"""

import subprocess
import sys
from pathlib import Path

from tools.packaging.chalice_run import environment
from tools.packaging.errors import PackagingError

_RESOURCES = Path("chalicelib") / "api" / "resources.py"
_CODE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from chalice.app import Chalice
from chalicelib import composing
from chalicelib.api.resources import RESOURCES

table = {}
for resource in RESOURCES:
    probe = Chalice(app_name="probe", configure_logs=False)
    probe.register_blueprint(resource.bp, url_prefix=composing.PREFIX)
    for address in probe.routes:
        table.setdefault(address, []).append(resource.__name__)
composing.TABLE.write_text(json.dumps(table, indent=1, sort_keys=True) + "\\n")
"""


def write(tree: Path, stage: str) -> None:
    """Into the tree of an application; one without such resources is left as it is."""
    if not (tree / _RESOURCES).exists():
        return
    done = subprocess.run(
        [sys.executable, "-c", _CODE, str(tree)],
        cwd=tree,
        env=environment(stage),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise PackagingError(f"no table of addresses: {done.stderr.strip()[-500:]}")
