"""What somebody asks to return, before it is known whether it may come back."""

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.core.errors import FieldError, Invalid
from chalicelib.returns.model import LinkedDocument, Method, Resolution, ReturnType
from chalicelib.returns.reasons import REASONS

LINES_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedLine:
    """One wish. `order_line_no` names what was bought; without it (blind) the SKU does."""

    quantity: int
    reason: str
    order_line_no: str | None = None
    sku: str | None = None
    serials: tuple[str, ...] = ()
    note: str | None = None
    resolution: Resolution = Resolution.REFUND


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestReturn:
    """A request to return units of one order, or without an order (blind)."""

    lines: tuple[RequestedLine, ...]
    order_no: str | None = None
    customer_id: str | None = None
    type: ReturnType = ReturnType.CUSTOMER_RETURN
    method: Method = Method.COURIER
    warehouse: str | None = None
    requested_at: datetime | None = None
    submit: bool = True
    documents: tuple[LinkedDocument, ...] = ()
    currency: str = "EUR"


def check_lines(command: RequestReturn) -> None:
    errors: list[FieldError] = []
    if not command.lines or len(command.lines) > LINES_MAX:
        errors.append(_fault("/lines", "line_count", f"1 to {LINES_MAX} lines are allowed."))
    for place, line in enumerate(command.lines):
        at = f"/lines/{place}"
        if line.quantity < 1:
            errors.append(_fault(f"{at}/quantity", "not_positive", "A quantity is at least 1."))
        if line.reason not in REASONS:
            known = ", ".join(sorted(REASONS))
            errors.append(_fault(f"{at}/reason", "unknown_reason", f"Known: {known}."))
        if line.reason == "OTHER" and not line.note:
            errors.append(_fault(f"{at}/note", "note_required", "OTHER needs a note."))
        if len(line.serials) > line.quantity:
            errors.append(_fault(f"{at}/serials", "serial_count", "More serials than units."))
        if (line.order_line_no is None) != (command.order_no is None):
            message = "With an order, lines name its lines; without one, they name SKUs."
            errors.append(_fault(f"{at}/order_line_no", "line_reference", message))
        if command.order_no is None and not line.sku:
            errors.append(_fault(f"{at}/sku", "sku_required", "A blind line names a SKU."))
    if errors:
        raise Invalid("invalid_request", "The request has faults.", errors=errors)


def merged(lines: tuple[RequestedLine, ...]) -> tuple[RequestedLine, ...]:
    """Entries that name the same order line made one, before anything is checked."""
    together: dict[str, RequestedLine] = {}
    for line in lines:
        assert line.order_line_no is not None, "checked before"
        before = together.get(line.order_line_no)
        if before is None:
            together[line.order_line_no] = line
            continue
        together[line.order_line_no] = replace(
            before,
            quantity=before.quantity + line.quantity,
            serials=before.serials + line.serials,
            note=before.note or line.note,
        )
    return tuple(together.values())


def _fault(pointer: str, code: str, message: str) -> FieldError:
    return FieldError(pointer=pointer, code=code, message=message)
