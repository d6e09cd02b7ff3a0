"""Writes docs/openapi.json from the routes, or (--check) says whether it is what is committed."""

import argparse
import difflib
import json
import sys
from pathlib import Path

from app import app
from chalicelib.api.openapi import describe

TARGET = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"


def rendered() -> str:
    """The description as it is committed, one thing a line, so that a diff shows what changed."""
    return json.dumps(describe(app), indent=2, ensure_ascii=False) + "\n"


def drift(committed: str, made: str) -> list[str]:
    """The first lines that differ, as a unified diff."""
    lines = difflib.unified_diff(
        committed.splitlines(), made.splitlines(), "docs/openapi.json", "routes", lineterm=""
    )
    return list(lines)[:80]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.openapi", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; 1 when it differs")
    asked = parser.parse_args(arguments)
    made = rendered()
    if not asked.check:
        TARGET.write_text(made, encoding="utf-8")
        print(f"{TARGET.name}: {len(made)} characters")
        return 0
    committed = TARGET.read_text(encoding="utf-8") if TARGET.exists() else ""
    for line in drift(committed, made):
        print(line, file=sys.stderr)
    if committed != made:
        print("docs/openapi.json is not up to date: python -m tools.openapi", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
