"""Which wheels run in Lambda: the platform tags to ask for, and what glibc those that came need.

python3.11 and older run on Amazon Linux 2 (glibc 2.26), python3.12 and newer on Amazon Linux 2023
(glibc 2.34). A wheel that needs more than its runtime has is still taken, because the local stack
can run it; deploying to AWS then refuses.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

_AMAZON_LINUX_2 = (2, 26)
_AMAZON_LINUX_2023 = (2, 34)
_MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}
_OLD_NAMES = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}

Glibc = tuple[int, int]


def lambda_glibc(python: tuple[int, int] = sys.version_info[:2]) -> Glibc:
    return _AMAZON_LINUX_2023 if python >= (3, 12) else _AMAZON_LINUX_2


def platforms(architecture: str) -> tuple[str, ...]:
    """By preference: what Lambda has, newest first; then what it has not, oldest first."""
    machine = _MACHINES[architecture]
    has = lambda_glibc()[1]
    minors = [*range(has, 4, -1), *range(has + 1, _AMAZON_LINUX_2023[1] + 1)]
    old = [f"{name}_{machine}" for name in reversed(_OLD_NAMES)]
    return (*(f"manylinux_2_{minor}_{machine}" for minor in minors), *old)


def glibc_needed(tree: Path) -> Glibc:
    """Of all wheels installed in a tree; their install records must still be there."""
    return max((_needed_by(record) for record in tree.glob("*.dist-info/WHEEL")), default=(2, 5))


def too_new(tree: Path) -> tuple[str, ...]:
    """The wheels that ask for more than this interpreter's Lambda runtime has."""
    records = sorted(tree.glob("*.dist-info/WHEEL"))
    named = ((_needed_by(r), r.parent.name.removesuffix(".dist-info")) for r in records)
    return tuple(name.replace("-", " ") for needed, name in named if needed > lambda_glibc())


def _needed_by(record: Path) -> Glibc:
    """A wheel with several tags runs where any one of them does."""
    return min(_tagged(record.read_text()), default=(2, 5))


def _tagged(text: str) -> Iterator[Glibc]:
    for tag in re.findall(r"^Tag: \S+-(\S+)$", text, flags=re.MULTILINE):
        for platform in tag.split("."):
            if found := re.match(r"manylinux_(\d+)_(\d+)_", platform):
                yield int(found[1]), int(found[2])
            elif platform.split("_")[0] in _OLD_NAMES:
                yield _OLD_NAMES[platform.split("_")[0]]
