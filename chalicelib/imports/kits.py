"""The column `kit` of an orders file: `SKU:quantity:share;SKU:quantity:share`.

Pure. Quantities are per kit, shares are of its price. A SKU may contain colons; the last two count.
"""

import re
from decimal import Decimal

from chalicelib.imports.cells import CODE, QUANTITY_MAX, Cells
from chalicelib.orders.model import KitComponent

PARTS_MAX = 100
SHARE = re.compile(r"[0-9]{1,7}(\.[0-9]{1,12})?", re.ASCII)
SHARE_MAX = 1_000_000


def kit_parts(cells: Cells) -> tuple[KitComponent, ...]:
    """The parts of the kit in this row; every part that cannot be read is a fault of its own."""
    texts = [text.strip() for text in cells.text("kit").split(";") if text.strip()]
    if len(texts) > PARTS_MAX:
        cells.fault("kit", "too_many_items", f"A kit has at most {PARTS_MAX} parts.")
        return ()
    parts: list[KitComponent] = []
    for number, text in enumerate(texts, start=1):
        sku, quantity, share = (*(piece.strip() for piece in text.rsplit(":", 2)), "", "")[:3]
        wrong = _fault_of(sku, quantity, share)
        if wrong is not None:
            cells.fault("kit", "bad_kit", f"Part {number}, {text[:80]!r}: {wrong}.")
            continue
        parts.append(KitComponent(sku=sku, quantity=int(quantity), share=share))
    return tuple(parts)


def _fault_of(sku: str, quantity: str, share: str) -> str | None:
    if not share:
        return "it needs SKU:quantity:share"
    if not CODE.fullmatch(sku):
        return f"{sku[:80]!r} is no SKU"
    if not (quantity.isascii() and quantity.isdecimal() and len(quantity) <= 7):
        return f"the quantity {quantity[:80]!r} is not a whole number"
    if not 1 <= int(quantity) <= QUANTITY_MAX:
        return f"the quantity is from 1 to {QUANTITY_MAX}"
    if not SHARE.fullmatch(share) or Decimal(share) > SHARE_MAX:
        return f"the share {share[:80]!r} is not a decimal such as 0.25"
    return None
