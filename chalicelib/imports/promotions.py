"""The columns `promotions` and `coupons` of an orders file.

Pure. A promotion is `id|kind|line numbers|tiers`, several are separated by semicolons, what is
within by commas: `P5|bulk|1,2|1=5.00,5=3.00`, `S|threshold|1|50.00=5.00`, `G|gift|1|3@50.00=9.90`.
A coupon is `code:amount`. Amounts are of the order's currency. Whether they add up is the domain's.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from chalicelib.core.errors import DomainError
from chalicelib.core.money import Money
from chalicelib.imports.cells import CODE, ID, QUANTITY_MAX, Cells, amount_in
from chalicelib.orders.model import Coupon
from chalicelib.orders.promotions import (
    PROMOTIONS_MAX,
    BulkTier,
    Gift,
    Promotion,
    PromotionKind,
    ThresholdTier,
)

COUPONS_MAX = 20
_WHOLE = re.compile(r"[0-9]{1,7}", re.ASCII)
Told = TypeVar("Told")


class _UnreadableError(Exception):
    """A part of a cell that says nothing; the text says why."""


def promotions(cells: Cells, currency: str | None) -> tuple[Promotion, ...]:
    """The promotions of the order; each that cannot be read is a fault of its own."""
    column = _Column(name="promotions", code="bad_promotion", most=PROMOTIONS_MAX)
    return column.read(cells, currency, _promotion)


def coupons(cells: Cells, currency: str | None) -> tuple[Coupon, ...]:
    """The coupons of the order; each that cannot be read is a fault of its own."""
    column = _Column(name="coupons", code="bad_coupon", most=COUPONS_MAX)
    return column.read(cells, currency, _coupon)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """A column with several things in one cell; `code` is of a part that cannot be read."""

    name: str
    code: str
    most: int

    def read(
        self, cells: Cells, currency: str | None, one: Callable[[str, str], Told]
    ) -> tuple[Told, ...]:
        texts = _parts(cells.text(self.name), ";")
        if len(texts) > self.most:
            cells.fault(self.name, "too_many_items", f"At most {self.most} in one order.")
            return ()
        if currency is None:  # Which is a fault of its own.
            return ()
        read: list[Told] = []
        for number, text in enumerate(texts, start=1):
            try:
                read.append(one(text, currency))
            except _UnreadableError as wrong:
                cells.fault(self.name, self.code, f"Part {number}, {text[:80]!r}: {wrong}.")
        return tuple(read)


def _coupon(text: str, currency: str) -> Coupon:
    """A code may contain colons; the last one counts."""
    code, _, amount = (piece.strip() for piece in text.rpartition(":"))
    if not CODE.fullmatch(code):
        raise _UnreadableError("it needs code:amount")
    return Coupon(code=code, amount=_money(amount, currency))


def _promotion(text: str, currency: str) -> Promotion:
    pieces = [piece.strip() for piece in text.split("|")]
    if len(pieces) != 4:
        raise _UnreadableError("it needs id|kind|lines|tiers")
    promotion_id, kind, lines, tiers = pieces
    if not CODE.fullmatch(promotion_id):
        raise _UnreadableError(f"{promotion_id[:80]!r} is no id")
    if kind not in list(PromotionKind):
        raise _UnreadableError(f"the kind {kind[:80]!r} is none of {', '.join(PromotionKind)}")
    line_nos = tuple(_line_no(line) for line in _parts(lines, ","))
    named = Promotion(promotion_id=promotion_id, kind=PromotionKind(kind), line_nos=line_nos)
    told = [_tier(tier) for tier in _parts(tiers, ",")]
    match named.kind:
        case PromotionKind.BULK:
            return replace(named, bulk=tuple(_bulk(*tier, currency) for tier in told))
        case PromotionKind.THRESHOLD:
            return replace(named, thresholds=tuple(_threshold(*tier, currency) for tier in told))
        case PromotionKind.GIFT:
            return replace(named, gifts=tuple(_gift(*tier, currency) for tier in told))


def _tier(text: str) -> tuple[str, str]:
    start, sign, amount = (piece.strip() for piece in text.partition("="))
    if not sign:
        raise _UnreadableError(f"the tier {text[:80]!r} has no =")
    return start, amount


def _bulk(start: str, amount: str, currency: str) -> BulkTier:
    if not (_WHOLE.fullmatch(start) and 1 <= int(start) <= QUANTITY_MAX):
        raise _UnreadableError(f"the quantity {start[:80]!r} is not from 1 to {QUANTITY_MAX}")
    return BulkTier(from_quantity=int(start), unit_price=_money(amount, currency))


def _threshold(start: str, amount: str, currency: str) -> ThresholdTier:
    return ThresholdTier(from_amount=_money(start, currency), off=_money(amount, currency))


def _gift(start: str, amount: str, currency: str) -> Gift:
    line_no, _, from_amount = (piece.strip() for piece in start.partition("@"))
    return Gift(
        line_no=_line_no(line_no),
        from_amount=_money(from_amount, currency),
        unit_value=_money(amount, currency),
    )


def _line_no(text: str) -> str:
    if not ID.fullmatch(text):
        raise _UnreadableError(f"{text[:80]!r} is no line number")
    return text


def _money(text: str, currency: str) -> Money:
    try:
        amount = amount_in(text, currency)
    except DomainError as exc:
        raise _UnreadableError(exc.message[:200]) from exc
    if amount is None or amount.minor < 0:
        raise _UnreadableError(f"{text[:80]!r} is not an amount such as 96.67")
    return amount


def _parts(text: str, sign: str) -> list[str]:
    return [part.strip() for part in text.split(sign) if part.strip()]
