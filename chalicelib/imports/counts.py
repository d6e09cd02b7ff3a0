"""Rows of a stock count file as counts of a warehouse, in batches that one command takes.

Pure. The same file always gives the same batches, so a batch has a number that names it for good.
"""

from dataclasses import dataclass

from chalicelib.imports.cells import Cells
from chalicelib.imports.sheet import Columns, Row, RowError, Sheet
from chalicelib.inventory.counting import CountedItem

BATCH_MAX = 500
COLUMNS = Columns(
    required=("warehouse", "sku", "quantity"), optional=("lot", "unit_cost", "currency")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountBatch:
    """Counted items of one warehouse, with the rows they stand in."""

    number: int
    warehouse: str
    items: tuple[CountedItem, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCounts:
    """All batches of a file, and every fault of the rows that are in none."""

    batches: tuple[CountBatch, ...]
    errors: tuple[RowError, ...]


def read_counts(sheet: Sheet) -> ReadCounts:
    """Read all rows; a row that names what an earlier one counted is a fault."""
    errors: list[RowError] = []
    by_warehouse: dict[str, list[tuple[CountedItem, Row]]] = {}
    seen: dict[tuple[str, str, str | None], int] = {}
    for row in sheet.rows:
        cells = Cells(row.number, sheet.values(row))
        if len(row.cells) != len(sheet.header):
            message = f"{len(row.cells)} cells; the header has {len(sheet.header)}."
            cells.fault("", "cell_count", message)
        item, warehouse = _item(cells), cells.id("warehouse")
        cells.required("warehouse")
        if item is not None and warehouse is not None:
            first = seen.setdefault((warehouse, item.sku, item.lot), row.number)
            if first != row.number:
                cells.fault("sku", "duplicate_row", f"Row {first} counts the same goods.")
        errors.extend(cells.errors)
        if not cells.errors and item is not None and warehouse is not None:
            by_warehouse.setdefault(warehouse, []).append((item, row))
    return ReadCounts(batches=tuple(_batches(by_warehouse)), errors=tuple(errors))


def _item(cells: Cells) -> CountedItem | None:
    cells.required("sku")
    sku, lot = cells.code("sku"), cells.code("lot")
    quantity = cells.quantity("quantity", least=0)
    currency = cells.currency("currency") if cells.text("unit_cost") else None
    cost = cells.money("unit_cost", currency)
    if sku is None or quantity is None:
        return None
    return CountedItem(sku=sku, quantity=quantity, lot=lot, unit_cost=cost)


def _batches(by_warehouse: dict[str, list[tuple[CountedItem, Row]]]) -> list[CountBatch]:
    batches: list[CountBatch] = []
    for warehouse, counted in by_warehouse.items():
        for start in range(0, len(counted), BATCH_MAX):
            part = counted[start : start + BATCH_MAX]
            batches.append(
                CountBatch(
                    number=len(batches) + 1,
                    warehouse=warehouse,
                    items=tuple(item for item, _ in part),
                    rows=tuple(row for _, row in part),
                )
            )
    return batches
