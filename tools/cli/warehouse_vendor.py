"""`tuiku warehouse rtv`: goods that go back to their suppliers, by documents."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from tools.cli.finding import items_of
from tools.cli.gate import Gate
from tools.cli.options import DEFAULT_NAME, AsJson, Name, StageName, target_of
from tools.cli.telling import amount, print_json, print_table
from tools.cli.warehouse_stock import Warehouse, asked
from tools.stack.errors import StackError

Told = dict[str, Any]
"""What the API answers. Any: JSON."""
rtv = typer.Typer(
    name="rtv",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Goods that go back to suppliers: what waits, and the documents by which they go.",
)


class Language(StrEnum):
    ENGLISH = "en"
    CHINESE = "zh-CN"


@rtv.command("list")
def list_documents(
    supplier: Annotated[str | None, typer.Option(help="Of this supplier; else of all.")] = None,
    warehouse: Warehouse = None,
    waiting: Annotated[
        bool, typer.Option("--waiting", help="Units that wait and are in no document yet.")
    ] = False,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """List returns to vendor, those of a supplier together; or what waits for suppliers."""
    gate = Gate(target_of(name, stage))
    if waiting:
        path = asked("/v1/returns-to-vendor", supplier=supplier, warehouse=warehouse)
        found = list(items_of(gate, path))
    else:
        found = list(_documents(gate, supplier, warehouse))
    if as_json:
        print_json(found)
    elif waiting:
        headings = ("supplier", "warehouse", "return", "line", "sku", "units", "grade", "since")
        print_table(headings, (row for one in found for row in _waiting(one)))
    else:
        print_table(
            (
                "number", "supplier", "warehouse", "state", "units", "cost", "credited",
                "claim by", "drafted", "claim",
            ),
            (_document(one) for one in found),
        )  # fmt: skip


@rtv.command()
def show(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="The number on its box, or id.")],
    packing_list: Annotated[
        Path | None, typer.Option(help="Write the packing list to this file, as a PDF.")
    ] = None,
    language: Annotated[
        Language, typer.Option("--lang", help="Of the packing list.")
    ] = Language.ENGLISH,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """Print a return to vendor with its units and what came of it."""
    gate = Gate(target_of(name, stage))
    path = f"/v1/returns-to-vendor/{quote(number, safe='')}"
    told = gate.get(path)
    if packing_list is not None:
        pdf = gate.download(gate.place(f"{path}/packing-list/document?language={language}"))
        _write(packing_list, pdf)
    if as_json:
        print_json(told)
        return
    print_table(("", ""), _facts(told))
    typer.echo()
    print_table(
        ("sku", "units", "lot", "grade", "defects", "cost", "return", "inspection"),
        (_line(one) for one in told["lines"]),
    )
    if packing_list is not None:
        typer.echo(f"{packing_list}: {packing_list.stat().st_size:,} bytes.")


def _documents(gate: Gate, supplier: str | None, warehouse: str | None) -> Iterator[Told]:
    """The API lists those of one supplier."""
    named = (
        [supplier] if supplier else [one["id"] for one in items_of(gate, asked("/v1/suppliers"))]
    )
    for one in named:
        path = asked(f"/v1/suppliers/{quote(one, safe='')}/returns-to-vendor")
        for row in items_of(gate, path):
            if warehouse is None or row["warehouse"] == warehouse:
                yield row


def _document(one: Told) -> tuple[str, ...]:
    return (
        one["number"],
        one["supplier_id"],
        one["warehouse"],
        one["state"],
        str(one["quantity"]),
        _money(one["cost"]),
        _money(one["credited"]),
        (one["claim_by"] or "")[:10],
        one["drafted_at"][:10],
        one["claim_id"] or "",
    )


def _waiting(one: Told) -> Iterator[tuple[str, ...]]:
    for line in one["lines"]:
        yield (
            one["supplier_id"],
            one["warehouse"],
            one["return_id"],
            line["line_no"],
            line["sku"],
            str(line["quantity"]),
            line["grade"] or "",
            one["requested_at"][:10],
        )


def _facts(one: Told) -> Iterator[tuple[str, str]]:
    yield "number", f"{one['number']} ({one['id']})"
    yield "supplier", one["supplier_id"]
    yield "warehouse", one["warehouse"]
    yield "state", f"{one['state']} {one['closing_code'] or ''}".rstrip()
    for heading, field in (
        ("drafted", "drafted_at"), ("sent", "sent_at"), ("acknowledged", "acknowledged_at"),
        ("shipped", "shipped_at"), ("taken back", "taken_back_at"), ("closed", "closed_at"),
        ("claim by", "claim_by"),
    ):  # fmt: skip
        if one[field] is not None:
            yield heading, one[field][:16]
    for heading, field in (
        ("its reference", "reference"), ("carrier", "carrier"), ("parcel", "tracking_no"),
        ("claim", "claim_id"),
    ):  # fmt: skip
        if one[field] is not None:
            yield heading, one[field]
    yield "cost", _money(one["cost"]) or "not known"
    yield "credited", _money(one["credited"]) or "nothing"


def _line(one: Told) -> tuple[str, ...]:
    return (
        one["sku"],
        str(one["quantity"]),
        one["lot"] or "",
        one["grade"] or "",
        ", ".join(one["defects"]),
        _money(one["unit_cost"]),
        one["return_id"],
        one["inspection_id"] or "",
    )


def _money(money: Told | None) -> str:
    return "" if money is None else amount(money)


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as exc:
        raise StackError(f"{file} cannot be written: {exc.strerror}.") from exc
