"""What is kept of a refund: part of each line, something flat once, the way back.

Fees follow from all that was refunded so far, less what was taken before: any order of partial
refunds comes to the fees of one refund of everything. None is more than the money that carries it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from chalicelib.core.money import Money
from chalicelib.policy.document import Fees

FREE_TYPES = frozenset({"withdrawal", "recall", "stock_error"})
"""Types of returns that never pay a fee: the law says so, or it was never the customer's wish."""
PARTS = 10_000
"""Rates are parts of this: 1,500 is 15 %."""


class FeeKind(StrEnum):
    """GRADE is what an inspection takes off (returns/deducting.py); policy states the others."""

    RESTOCKING = "restocking"
    FLAT = "flat"
    SHIPPING = "shipping"
    GRADE = "grade"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """One deduction; `line_no` None: of the whole return. `tax` is contained in `amount`."""

    kind: FeeKind
    amount: Money
    tax: Money
    line_no: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """A line's refund before fees, and what its decision says about them.

    `earlier` was refunded of the line before; a line may be named for that alone. Money that no fee
    may be taken of is in neither.
    """

    line_no: str
    refund: Money
    fees: Fees | None
    earlier: Money | None = None

    @property
    def so_far(self) -> Money:
        return self.refund if self.earlier is None else self.refund + self.earlier


def fees_for(lines: Sequence[Charged], taken: Sequence[Fee] = ()) -> list[Fee]:
    """The fees of a refund, in order of taking; `taken` were taken by earlier refunds of it."""
    if not lines:
        return []
    left = Money.total((line.refund for line in lines), lines[0].refund.currency)
    fees: list[Fee] = []
    for whole, tax_rate in _whole(lines):
        before = [fee for fee in taken if (fee.kind, fee.line_no) == (whole.kind, whole.line_no)]
        fee = _rest(whole, before, tax_rate, left)
        if fee.amount:
            fees.append(fee)
            left -= fee.amount
    return fees


def portion(amount: Money, parts: int) -> Money:
    """So many parts of 10,000 of an amount, halves to even."""
    whole, rest = divmod(amount.minor * parts, PARTS)
    is_up = rest * 2 > PARTS or (rest * 2 == PARTS and whole % 2 == 1)
    return Money(whole + is_up, amount.currency)


@dataclass(frozen=True, slots=True)
class _Carrier:
    """What a line states of the fees that are taken once, and what of it may carry them."""

    flat: int
    shipping: int
    left: int


@dataclass(frozen=True, slots=True)
class _Whole:
    """A fee on all that was refunded so far."""

    kind: FeeKind
    amount: Money
    line_no: str | None = None


def _whole(lines: Sequence[Charged]) -> list[tuple[_Whole, int]]:
    """Every fee on all that was refunded so far, with the rate of its tax."""
    currency = lines[0].refund.currency
    found: list[tuple[_Whole, int]] = []
    carriers: list[_Carrier] = []
    for line in lines:
        stated = line.fees or Fees()
        restocking = portion(line.so_far, stated.restocking)
        whole = _Whole(FeeKind.RESTOCKING, restocking, line.line_no)
        found.append((whole, stated.tax_rate))
        carriers.append(
            _Carrier(
                flat=_minor(stated.flat, currency),
                shipping=_minor(stated.shipping, currency),
                left=(line.so_far - restocking).minor,
            )
        )
    flat, shipping = _once(carriers)
    for kind, minor in ((FeeKind.FLAT, flat), (FeeKind.SHIPPING, shipping)):
        found.append((_Whole(kind, Money(minor, currency)), _tax_rate(lines, kind)))
    return found


def _once(carriers: Sequence[_Carrier]) -> tuple[int, int]:
    """Flat fee and way back: each the highest that any line states, as far as money carries them.

    What a line states above all others is taken of that line's own money, so that it does not
    matter which line was refunded first. Hence up to each height a fee is that height at most, and
    above it at most what the lines carry that state more.
    """
    flats = {0, *(line.flat for line in carriers)}
    shippings = {0, *(line.shipping for line in carriers)}
    flat = min(
        height + sum(line.left for line in carriers if line.flat > height) for height in flats
    )
    both = min(
        flat_height
        + way_height
        + sum(
            line.left for line in carriers if line.flat > flat_height or line.shipping > way_height
        )
        for flat_height in flats
        for way_height in shippings
    )
    return flat, both - flat


def _minor(stated: Money | None, currency: str) -> int:
    """A fee in another currency than the refund is not taken."""
    return 0 if stated is None or stated.currency != currency else stated.minor


def _tax_rate(lines: Sequence[Charged], kind: FeeKind) -> int:
    """The tax rate of the line that states the most, of those that carry anything."""
    stated = [line.fees for line in lines if line.fees is not None and line.so_far]
    currency = lines[0].refund.currency
    return max(
        (
            (_minor(fees.flat if kind is FeeKind.FLAT else fees.shipping, currency), fees.tax_rate)
            for fees in stated
        ),
        default=(0, 0),
    )[1]


def _rest(whole: _Whole, before: Sequence[Fee], tax_rate: int, left: Money) -> Fee:
    """What is still to be taken of a fee, with the tax that is still to be stated.

    Nothing where more was taken than is owed by now: nothing is given back by a rule.
    """
    nothing = Money.zero(left.currency)
    taken = Money.total((fee.amount for fee in before), left.currency)
    taxed = Money.total((fee.tax for fee in before), left.currency)
    amount = (whole.amount - taken).clamp(nothing, left)
    tax = (_contained(taken + amount, tax_rate) - taxed).clamp(nothing, amount)
    return Fee(kind=whole.kind, amount=amount, tax=tax, line_no=whole.line_no)


def _contained(gross: Money, tax_rate: int) -> Money:
    """The tax in an amount that contains it: amount · rate / (1 + rate)."""
    whole, rest = divmod(gross.minor * tax_rate, PARTS + tax_rate)
    return Money(whole + (rest * 2 > PARTS + tax_rate), gross.currency)


def of_kept(fees: Fees | None, *, keep_item: bool) -> Fees | None:
    """The fees of a line; what the customer keeps is neither put on a shelf nor sent."""
    if fees is None or not keep_item:
        return fees
    return replace(fees, restocking=0, shipping=None)
