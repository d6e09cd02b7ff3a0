"""What is said of goods between two warehouses: that they are sent, and what of them arrived."""

from dataclasses import dataclass
from datetime import date

from chalicelib.core.errors import FieldError, Invalid

LINES_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SentItem:
    """Units of one SKU and lot that leave `available`."""

    sku: str
    quantity: int
    lot: str | None = None
    serials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SendStock:
    origin: str
    target: str
    items: tuple[SentItem, ...]
    expected_on: date | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivedItem:
    """What came of one line. `damaged` of `quantity` may not be sold; `lot` is what they bear."""

    line_no: str
    quantity: int
    damaged: int = 0
    lot: str | None = None
    expires_on: date | None = None
    serials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrive:
    """`is_last`: nothing more will come; what has not arrived by then is missing."""

    items: tuple[ArrivedItem, ...]
    is_last: bool = False


def check_sent(command: SendStock) -> None:
    """Raises Invalid `invalid_transfer` with every fault of it."""
    errors: list[FieldError] = []
    if command.origin == command.target:
        message = "Goods are sent to another warehouse."
        errors.append(FieldError(pointer="/target", code="same_warehouse", message=message))
    if not command.items or len(command.items) > LINES_MAX:
        message = f"A transfer has 1 to {LINES_MAX} lines."
        errors.append(FieldError(pointer="/items", code="item_count", message=message))
    named = [(item.sku, serial) for item in command.items for serial in item.serials]
    if len(set(named)) != len(named):
        message = "A serial number is named twice."
        errors.append(FieldError(pointer="/items", code="duplicate_serial", message=message))
    for place, item in enumerate(command.items):
        if item.quantity < 1 or len(item.serials) > item.quantity:
            message = "At least one unit, and no more serials than units."
            pointer = f"/items/{place}/quantity"
            errors.append(FieldError(pointer=pointer, code="bad_quantity", message=message))
    if len({(item.sku, item.lot) for item in command.items}) != len(command.items):
        message = "Goods of one SKU and lot stand in one line."
        errors.append(FieldError(pointer="/items", code="duplicate_item", message=message))
    if errors:
        raise Invalid("invalid_transfer", "The transfer has faults.", errors=errors)
