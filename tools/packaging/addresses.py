"""Writes the table by which a package loads each address when it is asked for.

Read from the application itself, by registering one resource after the other.
"""

from pathlib import Path

from tools.packaging.application import learn

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
    learn(tree, _CODE, stage=stage, what="table of addresses")
