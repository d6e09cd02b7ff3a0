"""Prints which of the cases that must pass are told by a test, in which ring, and which are not.

python -m tests.cases.told
"""

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.cases.sentences import LATER, PARTLY, RULES, SENTENCES

HERE = Path(__file__).parent
USE_CASE, HTTP = "use case", "HTTP"
FILES: dict[str, tuple[Path, ...]] = {
    USE_CASE: tuple(sorted(HERE.glob("test_*.py"))),
    HTTP: tuple(HERE.parent / "e2e" / name for name in ("test_cases.py", "test_money_cases.py")),
}
"""The rings in which sentences are told, and where their tests are."""
BESIDE: dict[str, tuple[Path, ...]] = {
    HTTP: (HERE.parent / "e2e" / "test_policies_deployed.py",),
}
"""Files of tests about something else, of which those that bear a sentence are counted too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One test and the sentences it bears; none where its author forgot."""

    ring: str
    file: str
    test: str
    keys: tuple[str, ...]


def tellings() -> list[Telling]:
    """Every test of the cases, and those of other files that bear a sentence, from the sources."""
    found = list(_told_in(FILES))
    return found + [telling for telling in _told_in(BESIDE) if telling.keys]


def _told_in(files: Mapping[str, Iterable[Path]]) -> Iterator[Telling]:
    for ring, paths in files.items():
        for path in paths:
            for test in _tests(path):
                yield Telling(ring=ring, file=path.name, test=test.name, keys=tuple(_keys(test)))


def _tests(path: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node


def _keys(test: ast.FunctionDef) -> Iterator[str]:
    for mark in test.decorator_list:
        if isinstance(mark, ast.Call) and getattr(mark.func, "id", "") == "sentence":
            yield from (str(key.value) for key in mark.args if isinstance(key, ast.Constant))


def told_in(ring: str, found: Iterable[Telling]) -> set[str]:
    """The sentences that some test of the ring tells."""
    return {key for telling in found if telling.ring == ring for key in telling.keys}


def shown(found: list[Telling]) -> str:
    """A line for each sentence, and the sums."""
    rings = {ring: told_in(ring, found) for ring in FILES}
    lines = []
    for key, text in (SENTENCES | RULES).items():
        counted = [sum(key in t.keys for t in found if t.ring == ring) for ring in FILES]
        tests = ", ".join(
            f"{count} {ring}" for ring, count in zip(FILES, counted, strict=True) if count
        )
        left = f" (not yet: {PARTLY[key]})" if key in PARTLY else ""
        lines.append(f"{key:24} {tests or LATER.get(key) or 'MISSING':24} {text}{left}")
    sums = ", ".join(f"{len(rings[ring] & set(SENTENCES))} by {ring} tests" for ring in FILES)
    missing = sorted(set(SENTENCES) - rings[USE_CASE] - set(LATER))
    lines.append(f"{len(SENTENCES)} cases: {sums}; later: {', '.join(LATER) or 'none'}")
    lines.append(f"missing: {', '.join(missing) or 'none'}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(shown(tellings()) + "\n")
