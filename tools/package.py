"""Makes the deployable of a stage: build/package/deployment.zip and sam.json.

`chalice package --merge-template infra/app.yaml` on a clean copy of the sources, then: pruned
packages, byte code, a zip that is byte-equal for equal sources, and what every function gets alike
(infra/function.yaml).
"""

import argparse
import json
import sys
import tempfile
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path

from tools.packaging import (
    addresses,
    archive,
    bytecode,
    chalice_run,
    methods,
    sources,
    template,
    vendor,
)
from tools.packaging.archive import Sizes
from tools.packaging.errors import PackagingError
from tools.packaging.intrinsics import load_template

ROOT = Path(__file__).resolve().parent.parent
_MB = 1_000_000
# Lambda's limit for function and layers together: 262,144,000 bytes, taken as 250 MiB.
_UNZIPPED_MAX = 250 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """Every CodeUri in the template is `./deployment.zip`; deploying makes it an address in S3."""

    zip_path: Path
    template_path: Path
    sizes: Sizes
    runtime: str
    architecture: str
    # Wheels that need a newer glibc than that runtime has: a local stack runs them, AWS would not.
    too_new: tuple[str, ...]


def build(
    stage: str,
    out_dir: Path,
    *,
    architecture: str = "x86_64",
    root: Path = ROOT,
    cache: Path | None = None,
) -> Package:
    services = sources.services_used(root)
    packages = vendor.vendor(
        root, cache or root / "build" / "vendor", architecture=architecture, services=services
    )
    out_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        app, merged = _packaged_by_chalice(
            Path(scratch), root, stage=stage, architecture=architecture
        )
        addresses.write(app, stage)
        methods.write(app, stage)
        bytecode.compile_tree(app)
        sizes = archive.write(archive.files_of([packages.tree, app]), out_dir / "deployment.zip")
    if sizes.unzipped > _UNZIPPED_MAX:
        raise PackagingError(
            f"unzipped the package is {sizes.unzipped / _MB:.0f} MB; Lambda takes 262 MB"
        )
    finished = template.finish(
        merged, stage=stage, function_snippet=root / "infra" / "function.yaml"
    )
    # Without spaces: CloudFormation takes no template above a megabyte.
    text = json.dumps(finished, separators=(",", ":"), sort_keys=True)
    (out_dir / "sam.json").write_text(text + "\n")
    note = {
        "runtime": bytecode.runtime(),
        "architecture": architecture,
        "too_new": packages.too_new,
    }
    (out_dir / "package.json").write_text(json.dumps(note | {"sizes": asdict(sizes)}) + "\n")
    return read(out_dir)


def read(out_dir: Path) -> Package:
    """What an earlier `build` left in a folder."""
    note = json.loads((out_dir / "package.json").read_text())
    sizes = note["sizes"]
    return Package(
        zip_path=out_dir / "deployment.zip",
        template_path=out_dir / "sam.json",
        sizes=Sizes(**sizes | {"top": tuple((name, size) for name, size in sizes["top"])}),
        runtime=note["runtime"],
        architecture=note["architecture"],
        too_new=tuple(note["too_new"]),
    )


def _packaged_by_chalice(
    scratch: Path, root: Path, *, stage: str, architecture: str
) -> tuple[Path, template.Tree]:
    """The app with Chalice's runtime, and the merged template.

    The packages are not Chalice's affair: what has no wheel for Lambda's glibc it would compile on
    this machine, and say nothing.
    """
    copy = scratch / "copy"
    sources.copy_sources(root, copy)
    (copy / "requirements.txt").write_text("")
    config = json.loads((copy / ".chalice" / "config.json").read_text())
    config["lambda_architecture"] = architecture
    (copy / ".chalice" / "config.json").write_text(json.dumps(config))
    chalice_run.package(copy, scratch / "out", stage=stage, merge=root / "infra" / "app.yaml")
    with zipfile.ZipFile(scratch / "out" / "deployment.zip") as made:
        made.extractall(scratch / "app")
    return scratch / "app", load_template(scratch / "out" / "sam.yaml")


def _report(package: Package) -> None:
    sizes = package.sizes
    zipped, unzipped = sizes.zipped / _MB, sizes.unzipped / _MB
    print(f"{package.zip_path}: {zipped:.1f} MB zipped, {unzipped:.1f} MB unzipped")
    print(f"  without byte code {sizes.unzipped_without_byte_code / _MB:.1f} MB unzipped; largest:")
    for name, size in sizes.top:
        print(f"  {size / _MB:7.1f} MB  {name}")
    if package.too_new:
        names = ", ".join(package.too_new)
        print(
            f"  for local stacks only: Lambda's {package.runtime} has too old a glibc for {names}"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", default="dev")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "package")
    parser.add_argument("--architecture", choices=("x86_64", "arm64"), default="x86_64")
    asked = parser.parse_args()
    try:
        _report(build(asked.stage, asked.out, architecture=asked.architecture))
    except PackagingError as stopped:
        print(f"not packaged: {stopped}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
