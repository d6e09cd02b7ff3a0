"""What was measured, beside its floor and its goal: as a table, and as a file for machines."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """`ratio` is value by floor. `ok` None: printed beside the others, nothing is promised."""

    figure: str
    what: str
    value: float
    unit: str
    floor: float | None = None
    ratio: float | None = None
    goal: str = ""
    ok: bool | None = None
    how: str = ""


def show(figures: Sequence[Figure]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("", "measured", "value", "floor", "ratio", "goal", ""):
        table.add_column(name, justify="right" if name in ("value", "floor", "ratio") else "left")
    for figure in figures:
        verdict = "" if figure.ok is None else "ok" if figure.ok else "[red]missed[/red]"
        table.add_row(
            figure.figure,
            figure.what,
            f"{_said(figure.value)} {figure.unit}",
            "" if figure.floor is None else _said(figure.floor),
            "" if figure.ratio is None else f"{figure.ratio:.2f}",
            figure.goal,
            verdict,
        )
    # As wide as it must be: a line that is cut says less than one that runs on.
    Console(width=150, highlight=False).print(table)


def write(figures: Sequence[Figure], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    rows = [asdict(figure) for figure in figures]
    target.write_text(json.dumps(rows, indent=2) + "\n", "utf-8")


def _said(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
