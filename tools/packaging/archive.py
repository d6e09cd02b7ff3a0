"""A zip that is byte-equal whenever its contents are: sorted names, one time, one permission."""

import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o100644 << 16
_LARGEST = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """In bytes; `top` are the largest top-level contents, byte code included."""

    zipped: int
    unzipped: int
    unzipped_without_byte_code: int
    top: tuple[tuple[str, int], ...]


def files_of(trees: Iterable[Path]) -> dict[str, Path]:
    """Name in the zip to file; a later tree wins."""
    return {
        path.relative_to(tree).as_posix(): path
        for tree in trees
        for path in tree.rglob("*")
        if path.is_file()
    }


def write(files: Mapping[str, Path], target: Path) -> Sizes:
    target.parent.mkdir(parents=True, exist_ok=True)
    by_name: Counter[str] = Counter()
    by_kind: Counter[bool] = Counter()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made:
        for name in sorted(files):
            content = files[name].read_bytes()
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = _READABLE
            entry.create_system = 3
            made.writestr(entry, content)
            by_name[name.split("/")[0]] += len(content)
            by_kind[name.endswith(".pyc")] += len(content)
    return Sizes(
        zipped=target.stat().st_size,
        unzipped=by_kind.total(),
        unzipped_without_byte_code=by_kind[False],
        top=tuple(by_name.most_common(_LARGEST)),
    )
