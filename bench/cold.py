"""P5: what a new worker of the API's function imports for its first request, from the package as it
is deployed, and the package's size.

Beside it: a hello world of Chalice and PynamoDB, packaged by the same tool from the same locked
packages. Both run on nothing but what their zip holds.
"""

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.figures import Figure
from tools import package
from tools.stack import packages

IMPORT_RATIO_MAX = 2.5
SIZE_MB_MAX = 85.0
_ROUNDS = 15
_MB = 1_000_000
_ROOT = Path(__file__).resolve().parents[1]
_NEEDED = (
    "botocore", "jmespath", "pynamodb", "python-dateutil", "six", "typing-extensions", "urllib3",
)  # fmt: skip
_HELLO = '''"""Hello world: one route that reads an item."""

from chalice.app import Chalice
from pynamodb.attributes import UnicodeAttribute
from pynamodb.models import Model

app = Chalice(app_name="hello")


class Greeting(Model):
    class Meta:
        table_name = "greetings"
        region = "us-east-1"

    name = UnicodeAttribute(hash_key=True)
    text = UnicodeAttribute()


@app.route("/{name}")
def hello(name):
    return {"hello": Greeting.get(name).text}
'''
_IMPORT = """
import sys, time
sys.path[:0] = [sys.argv[1]]
wall, cpu = time.perf_counter(), time.process_time()
import app
app.app.routes[sys.argv[2]]
print((time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000)
"""


def measure() -> Iterator[Figure]:
    ours = packages.build("dev", packages.fingerprint())
    with TemporaryDirectory() as scratch:
        hello = _hello(Path(scratch) / "hello")
        trees = [_unzipped(zip_path, Path(scratch) / name) for name, zip_path in (
            ("ours", ours.zip_path), ("floor", hello.zip_path),
        )]  # fmt: skip
        asked = ("/v1/returns", "/{name}")
        seen: list[list[tuple[float, float]]] = [[], []]
        for _ in range(_ROUNDS):
            for tree, address, times in zip(trees, asked, seen, strict=True):
                times.append(_import_ms(tree, address))
    (wall, cpu), (floor_wall, floor_cpu) = ([median(t) for t in zip(*s, strict=True)] for s in seen)
    ratio = median(one[0] / other[0] for one, other in zip(*seen, strict=True))
    yield Figure(
        figure="P5",
        what="import for a request of returns, packaged",
        value=wall,
        unit="ms",
        floor=floor_wall,
        ratio=ratio,
        goal=f"ratio ≤ {IMPORT_RATIO_MAX}",
        ok=ratio <= IMPORT_RATIO_MAX,
        how=f"median of {_ROUNDS} interleaved fresh processes; processor {cpu:.0f} ms against "
        f"{floor_cpu:.0f} ms",
    )
    size = ours.sizes.unzipped_without_byte_code / _MB
    yield Figure(
        figure="P5",
        what="package, unzipped without byte code",
        value=size,
        unit="MB",
        floor=hello.sizes.unzipped_without_byte_code / _MB,
        goal=f"≤ {SIZE_MB_MAX:.0f} MB",
        ok=size <= SIZE_MB_MAX,
        how=f"zipped {ours.sizes.zipped / _MB:.1f} MB, {ours.sizes.unzipped / _MB:.1f} with it",
    )


def _hello(root: Path) -> package.Package:
    """Its packages are lines of our own lock file, so both have the same versions."""
    locked = (_ROOT / "requirements.txt").read_text("utf-8")
    kept: list[str] = []
    is_kept = False
    for line in locked.splitlines():
        if not line.startswith((" ", "#")):
            is_kept = line.partition("==")[0] in _NEEDED
        if is_kept:
            kept.append(line)
    files = {
        "app.py": _HELLO,
        "requirements.txt": "\n".join(kept) + "\n",
        "chalicelib/__init__.py": "",
        ".chalice/config.json": json.dumps({"version": "2.0", "app_name": "hello"}),
        "infra/app.yaml": "Parameters: {Stage: {Type: String}}\n",
        "infra/function.yaml": "Resources: {FUNCTION: {Properties: {}}}\n",
    }
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content, "utf-8")
    (root / ".chalice" / "policies").mkdir()
    return package.build("dev", root / "out", root=root, cache=_ROOT / "build" / "vendor")


def _unzipped(zip_path: Path, target: Path) -> Path:
    with zipfile.ZipFile(zip_path) as made:
        made.extractall(target)
    return target


def _import_ms(tree: Path, address: str) -> tuple[float, float]:
    """Isolated and without site: what the zip lacks cannot come from anywhere else."""
    told = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", _IMPORT, str(tree), address],
        env={"AWS_DEFAULT_REGION": "us-east-1", "STAGE": "dev"},
        cwd=tree,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    wall, cpu = told.split()
    return float(wall), float(cpu)
