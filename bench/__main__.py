"""Measures speed and cost, prints a table, writes build/bench.json; see docs/performance.md."""

import argparse
import sys
from pathlib import Path

from bench import run

_TARGET = Path("build") / "bench.json"


def main() -> int:
    """0 if every goal is reached."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Speed and cost, each figure beside its floor."
    )
    parser.add_argument("--only", action="append", choices=run.FIGURES, help="may be repeated")
    parser.add_argument("--rounds", type=int, default=5, help="of P1 and P2 (default 5)")
    parser.add_argument("--sample", action="store_true", help="also show where the time of P2 goes")
    parser.add_argument("--out", type=Path, default=_TARGET)
    asked = parser.parse_args()
    return run.run(
        asked.only or run.FIGURES, rounds=asked.rounds, target=asked.out, is_sampled=asked.sample
    )


if __name__ == "__main__":
    sys.exit(main())
