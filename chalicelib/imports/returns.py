"""Rows of a returns file as requests: one row a line, the rows of a return next to each other.

Pure. What belongs to the whole return is stated once or repeated alike. A row names a line of the
order by its number or, where that is clear, by the SKU; which line that is, the order knows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from chalicelib.core.errors import FieldError, Invalid
from chalicelib.imports.cells import CODE, HIDDEN, LABEL_MAX, Cells
from chalicelib.imports.sheet import Columns, Row, RowError, Sheet
from chalicelib.orders.model import Order
from chalicelib.reasons.answering import Asker
from chalicelib.reasons.catalogue import Catalogue
from chalicelib.reasons.systems import System
from chalicelib.returns.model import LinkedDocument, Method, Resolution, ReturnType
from chalicelib.returns.wishes import RequestedLine, RequestReturn, check_lines

RETURN_COLUMNS = (
    "order_no", "customer_id", "type", "method", "warehouse", "requested_at", "documents", "submit",
)  # fmt: skip
COLUMNS = Columns(
    required=("external_ref", "quantity", "reason"),
    optional=(
        *RETURN_COLUMNS, "order_line_no", "sku", "note", "resolution", "exchange_for", "serials",
    ),
)  # fmt: skip
EXTERNAL_REF = "external_ref"
"""The kind of document under which a return keeps its key in the other system."""
NOTE_MAX = 2000
DOCUMENTS_MAX = 20
_UNKNOWN_LINE = "?"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRows:
    """The rows of one return, in the order of the file."""

    external_ref: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadReturn:
    """What the rows of one return say: a request with a line for each, or why there is none."""

    external_ref: str
    request: RequestReturn | None
    errors: tuple[RowError, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """How a file gives reasons: in the codes of this catalogue, or in those of another system."""

    catalogue: Catalogue
    system: System | None = None


def grouped(sheet: Sheet) -> Iterator[ReturnRows]:
    """The rows return by return, as they stand next to each other."""

    def external_ref_of(row: Row) -> str:
        return sheet.values(row).get("external_ref", "")

    for external_ref, rows in groupby(sheet.rows, key=external_ref_of):
        yield ReturnRows(external_ref=external_ref, rows=tuple(rows))


def torn_apart(returns: list[ReturnRows]) -> frozenset[str]:
    """Returns whose rows do not stand next to each other: none of their parts may be taken."""
    seen: set[str] = set()
    torn: set[str] = set()
    for one in returns:
        (torn if one.external_ref in seen else seen).add(one.external_ref)
    return frozenset(torn)


def read_return(
    sheet: Sheet, found: ReturnRows, *, torn: frozenset[str], currency: str, reasons: Reasons
) -> ReadReturn:
    """Read one return and check what can be checked without the order."""
    rows = [_cells(sheet, row) for row in found.rows]
    first = rows[0]
    for cells in rows:
        if found.external_ref in torn:
            message = "Its rows do not follow each other."
            cells.fault("external_ref", "return_not_adjacent", message)
        _check_repeated(first, cells)
    whole = _whole(first, currency)
    lines = [_line(cells, reasons) for cells in rows]
    errors = tuple(error for cells in rows for error in cells.errors)
    if errors:
        return ReadReturn(external_ref=found.external_ref, request=None, errors=errors)
    request = replace(whole, lines=tuple(line for line in lines if line is not None))
    errors = tuple(_faults(request, found.rows, reasons.catalogue))
    return ReadReturn(
        external_ref=found.external_ref, request=None if errors else request, errors=errors
    )


def with_lines(request: RequestReturn, order: Order) -> RequestReturn:
    """The request with the order's line wherever a row named it by its SKU; raises Invalid.

    Goods that were sent by error are named by their SKU alone: they may be on no line.
    """
    if request.type is ReturnType.STOCK_ERROR:
        return request
    errors: list[FieldError] = []
    lines = []
    for place, wish in enumerate(request.lines):
        line_nos = [line.line_no for line in order.lines if line.sku == wish.sku]
        at = f"/lines/{place}/sku"
        if wish.sku is not None and wish.order_line_no is None and len(line_nos) > 1:
            message = f"{wish.sku} is on lines {', '.join(line_nos)}; name one by order_line_no."
            errors.append(FieldError(pointer=at, code="sku_on_several_lines", message=message))
        elif wish.sku is not None and _is_of_others(order, wish, line_nos):
            message = f"Line {wish.order_line_no} is of other goods."
            errors.append(FieldError(pointer=at, code="sku_differs", message=message))
        elif wish.order_line_no is None and not line_nos:
            message = f"{wish.sku} is not in order {order.order_no}."
            errors.append(FieldError(pointer=at, code="sku_not_in_order", message=message))
        else:
            lines.append(replace(wish, order_line_no=wish.order_line_no or next(iter(line_nos))))
    if errors:
        raise Invalid("invalid_request", "The request has faults.", errors=errors)
    return replace(request, lines=tuple(lines))


def _is_of_others(order: Order, wish: RequestedLine, line_nos: list[str]) -> bool:
    """Whether a row names a line of the order and the SKU of another."""
    line = order.line(wish.order_line_no) if wish.order_line_no is not None else None
    return line is not None and line.line_no not in line_nos


def translated(faults: tuple[FieldError, ...], rows: tuple[Row, ...]) -> Iterator[RowError]:
    """Faults of a request, at the row and column that stated them."""
    for fault in faults:
        match fault.pointer.strip("/").split("/"):
            case ["lines", number, name, *_] if int(number) < len(rows):
                row, column = rows[int(number)].number, name
            case [name, *_]:
                row, column = rows[0].number, name if name in RETURN_COLUMNS else EXTERNAL_REF
        yield RowError(row=row, column=column, code=fault.code, message=fault.message)


def _cells(sheet: Sheet, row: Row) -> Cells:
    cells = Cells(row.number, sheet.values(row))
    if len(row.cells) != len(sheet.header):
        message = f"{len(row.cells)} cells; the header has {len(sheet.header)}."
        cells.fault("", "cell_count", message)
    return cells


def _check_repeated(first: Cells, cells: Cells) -> None:
    for column in RETURN_COLUMNS:
        if cells.text(column) and cells.text(column) != first.text(column):
            message = f"{column} is another than in row {first.row}."
            cells.fault(column, "differs_within_return", message)


def _whole(cells: Cells, currency: str) -> RequestReturn:
    """All but the lines. What is bad is noted, and the request is not used then."""
    cells.required("external_ref")
    external_ref = cells.label("external_ref")
    order_no, customer_id = cells.id("order_no"), cells.id("customer_id")
    own = (LinkedDocument(kind=EXTERNAL_REF, ref=external_ref),) if external_ref else ()
    type_ = cells.choice("type", tuple(ReturnType), ReturnType.CUSTOMER_RETURN)
    method = cells.choice("method", tuple(Method), Method.COURIER)
    is_known = type_ in tuple(ReturnType) and method in tuple(Method)
    return RequestReturn(
        lines=(),
        order_no=order_no,
        customer_id=customer_id,
        type=ReturnType(type_) if is_known else ReturnType.CUSTOMER_RETURN,
        method=Method(method) if is_known else Method.COURIER,
        warehouse=cells.id("warehouse"),
        requested_at=cells.moment("requested_at"),
        submit=cells.yes_no("submit", default=True),
        documents=(*own, *_documents(cells)),
        currency=currency,
        answers_due=False,
    )


def _line(cells: Cells, reasons: Reasons) -> RequestedLine | None:
    order_line_no, sku = cells.id("order_line_no"), cells.code("sku")
    if not cells.text("order_line_no") and not cells.text("sku"):
        cells.fault("sku", "required", "A row names a line of the order or a SKU.")
    quantity, serials = cells.quantity("quantity"), cells.codes("serials")
    resolution = cells.choice("resolution", tuple(Resolution), Resolution.REFUND)
    note, exchange_for = _note(cells), cells.code("exchange_for")
    reason, note = _reason(cells, reasons, note)
    if cells.errors or quantity is None:
        return None
    return RequestedLine(
        order_line_no=order_line_no,
        sku=sku,
        quantity=quantity,
        serials=serials,
        reason=reason,
        note=note,
        resolution=Resolution(resolution),
        exchange_for=exchange_for,
    )


def _reason(cells: Cells, reasons: Reasons, note: str | None) -> tuple[str, str | None]:
    """The reason in our words, and the note: theirs, where ours says too little without one."""
    theirs = cells.text("reason")
    if not cells.required("reason") or reasons.system is None:
        return theirs, note
    ours = reasons.system.reading(theirs)
    if ours is None:
        message = f"{theirs[:80]!r} is no reason of {reasons.system.title}."
        cells.fault("reason", "reason_not_in_system", message)
        return theirs, note
    meant = reasons.catalogue.reasons.get(ours)
    is_vague = meant is not None and meant.note_required
    return ours, note or (theirs if is_vague else None)


def _note(cells: Cells) -> str | None:
    text = cells.text("note")
    if len(text) > NOTE_MAX:
        cells.fault("note", "too_long", f"At most {NOTE_MAX} characters.")
    elif HIDDEN.search(text):
        cells.fault("note", "hidden_characters", "Control or direction characters.")
    return text or None


def _documents(cells: Cells) -> Iterator[LinkedDocument]:
    """`kind=reference`, separated by semicolons."""
    parts = [part.strip() for part in cells.text("documents").split(";") if part.strip()]
    if len(parts) > DOCUMENTS_MAX:
        cells.fault("documents", "too_many_documents", f"At most {DOCUMENTS_MAX} documents.")
        return
    for part in parts:
        kind, _, ref = (piece.strip() for piece in part.partition("="))
        if not CODE.fullmatch(kind) or not 1 <= len(ref) <= LABEL_MAX or HIDDEN.search(ref):
            message = f"{part[:80]!r} is not a document such as invoice=INV-7."
            cells.fault("documents", "bad_document", message)
            return
        yield LinkedDocument(kind=kind, ref=ref)


def _faults(
    request: RequestReturn, rows: tuple[Row, ...], catalogue: Catalogue
) -> Iterator[RowError]:
    """What the request would be refused for, before it is known which line a SKU means."""
    known = request.lines
    if request.order_no is not None and request.type is not ReturnType.STOCK_ERROR:
        known = tuple(
            replace(line, order_line_no=line.order_line_no or _UNKNOWN_LINE) for line in known
        )
    try:
        check_lines(replace(request, lines=known), catalogue, Asker(answers_due=False))
    except Invalid as error:
        yield from translated(error.errors, rows)
