"""What somebody asks to return, before it is known whether it may come back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from chalicelib.core import runs
from chalicelib.core.errors import FieldError, Invalid
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs
from chalicelib.reasons.answering import Asker, reason_faults
from chalicelib.reasons.catalogue import Catalogue
from chalicelib.returns.model import LinkedDocument, Method, Resolution, ReturnType

LINES_MAX = 200
CUSTOMER_TYPES = frozenset({ReturnType.CUSTOMER_RETURN, ReturnType.WITHDRAWAL, ReturnType.QUALITY})
"""What customers may file themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedLine:
    """One wish. `order_line_no` names what was bought; without it the SKU does.

    A SKU stands alone in a blind return, and where an order was sent goods that are not on it.
    `exchange_for` is the SKU that is wanted instead; staff or a machine may say what one of it
    costs (`exchange_price`), or that it is even. `among` are the units of the order line that
    may be taken, where only some are called back; empty: any. `answers` are those to the questions
    of the reason, by question.
    """

    quantity: int
    reason: str
    order_line_no: str | None = None
    sku: str | None = None
    serials: tuple[str, ...] = ()
    note: str | None = None
    resolution: Resolution = Resolution.REFUND
    exchange_for: str | None = None
    exchange_price: Money | None = None
    exchange_even: bool = False
    among: Runs = ()
    answers: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestReturn:
    """A request to return units of one order, or without an order (blind).

    `override` is why refusals of policy do not count this time, in words of who says so. Without
    `answers_due` nobody is there who could be asked the questions of a reason.
    """

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
    campaign_id: str | None = None
    override: str | None = None
    answers_due: bool = True


def check_type(command: RequestReturn) -> None:
    """Raises Invalid for a withdrawal: asked for like a favour, it could be refused like one."""
    if command.type is ReturnType.WITHDRAWAL:
        message = "A withdrawal is declared, not asked for: POST /v1/withdrawals."
        fault = _fault("/type", "withdrawal_is_declared", message)
        raise Invalid("withdrawal_is_declared", message, errors=[fault])


def check_lines(command: RequestReturn, catalogue: Catalogue, asker: Asker) -> None:
    """Raises Invalid with every fault of the lines; `asker` is who gives their reasons."""
    errors: list[FieldError] = []
    if not command.lines or len(command.lines) > LINES_MAX:
        errors.append(_fault("/lines", "line_count", f"1 to {LINES_MAX} lines are allowed."))
    for place, line in enumerate(command.lines):
        at = f"/lines/{place}"
        errors += _line_faults(line, at)
        errors += reason_faults(catalogue, line, at, type_=command.type, asker=asker)
        errors += _reference_faults(command, line, at)
    if errors:
        raise Invalid("invalid_request", "The request has faults.", errors=errors)


def _line_faults(line: RequestedLine, at: str) -> Iterator[FieldError]:
    if line.quantity < 1:
        yield _fault(f"{at}/quantity", "not_positive", "A quantity is at least 1.")
    if len(line.serials) > line.quantity:
        yield _fault(f"{at}/serials", "serial_count", "More serials than units.")
    is_priced = line.exchange_price is not None
    if (is_priced or line.exchange_even) and line.exchange_for is None:
        message = "What it costs is said of other goods that are wanted instead."
        yield _fault(f"{at}/exchange_for", "price_without_goods", message)
    elif is_priced and line.exchange_even:
        message = "What is even has no price."
        yield _fault(f"{at}/exchange_price", "replacement_is_even", message)


def _reference_faults(command: RequestReturn, line: RequestedLine, at: str) -> Iterator[FieldError]:
    if command.order_no is None and not line.sku:
        yield _fault(f"{at}/sku", "sku_required", "A blind line names a SKU.")
    names_its_line = line.order_line_no is not None
    if names_its_line == (command.order_no is not None):
        return
    if not names_its_line and line.sku and command.type is ReturnType.STOCK_ERROR:
        return
    message = "With an order, lines name its lines; without one, they name SKUs."
    yield _fault(f"{at}/order_line_no", "line_reference", message)


def merged(lines: tuple[RequestedLine, ...]) -> tuple[RequestedLine, ...]:
    """Entries that ask for the same made one, before anything is checked.

    Entries of one order line with different reasons or wishes stay apart: both are kept.
    """
    together: dict[tuple[str | None, ...], RequestedLine] = {}
    for line in lines:
        key = (
            line.order_line_no,
            None if line.order_line_no else line.sku,
            line.reason,
            line.resolution.value,
            line.exchange_for,
            f"{line.exchange_price} {line.exchange_even}",
            runs.as_text(line.among),
            repr(sorted(line.answers.items())),
        )
        before = together.get(key)
        together[key] = line if before is None else _joined(before, line)
    return tuple(together.values())


def _joined(before: RequestedLine, line: RequestedLine) -> RequestedLine:
    notes = dict.fromkeys(note for note in (before.note, line.note) if note)
    return replace(
        before,
        quantity=before.quantity + line.quantity,
        serials=before.serials + line.serials,
        note="\n".join(notes) or None,
    )


def _fault(pointer: str, code: str, message: str) -> FieldError:
    return FieldError(pointer=pointer, code=code, message=message)
