"""How results are printed: tables that fit a terminal, or are as wide as they need elsewhere."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from chalicelib.reconciliation.model import Finding

_WIDTH_ELSEWHERE = 400
_SHOWN_MAX = 100


def print_json(content: Any) -> None:
    typer.echo(json.dumps(content, indent=2, ensure_ascii=False))


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """The last two columns may wrap, the others not."""
    table = Table(box=None, pad_edge=False)
    for place, heading in enumerate(headings):
        table.add_column(heading, no_wrap=place < len(headings) - 2)
    for row in rows:
        table.add_row(*row)
    width = None if sys.stdout.isatty() else _WIDTH_ELSEWHERE
    Console(highlight=False, markup=False, width=width).print(table)


def amount(money: Mapping[str, str]) -> str:
    """`96.67 EUR`."""
    return f"{money['amount']} {money['currency']}"


def print_findings(findings: Sequence[dict[str, Any]]) -> None:
    """Each as a paragraph: a table of sentences is no pleasure to read."""
    for finding in findings[:_SHOWN_MAX]:
        where = " at ".join(part for part in (finding["subject"], finding.get("position")) if part)
        typer.echo(f"✗ {finding['kind']}  {where}")
        is_told = finding["found"] == finding.get("position")
        found = "" if is_told else f", found {_said(finding['found'])}"
        typer.echo(f"    expected {_said(finding['expected'])}{found}")
        typer.echo(f"    {finding['cause']}")
        typer.echo(f"    Repair: {finding['proposed_repair']}")
    if len(findings) > _SHOWN_MAX:
        typer.echo(f"… and {len(findings) - _SHOWN_MAX} more: --json prints all.")


def as_json(finding: Finding) -> dict[str, Any]:
    """With the position in its subject, where it has one."""
    told: dict[str, Any] = finding.as_json()
    return told | {"position": position_of(finding)}


def position_of(finding: Finding) -> str | None:
    """The event of a broken chain, or the item that names what is missing."""
    if finding.kind in ("event_gap", "event_hash"):
        return f"event {finding.expected}"
    return finding.found if isinstance(finding.found, str) and "#" in finding.found else None


def _said(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
