"""Promotions that an order was sold under, and what it would cost to keep less of it.

Pure. Three kinds: a price by quantity (bulk), an amount off from a sum on (threshold), something
free from a sum on (gift). Whether the rule for less is kept, clawed back or blocked is the policy's
business, and settlement's how it is taken.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from chalicelib.core.errors import FieldError
from chalicelib.core.money import Money

PROMOTIONS_MAX = 50
TIERS_MAX = 20


class PromotionKind(StrEnum):
    BULK = "bulk"
    THRESHOLD = "threshold"
    GIFT = "gift"


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkTier:
    """From so many units on, each costs this."""

    from_quantity: int
    unit_price: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdTier:
    """From so much on, before discounts, this comes off."""

    from_amount: Money
    off: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Gift:
    """A line that was free from so much on; `unit_value` is the price of one without the rule."""

    line_no: str
    from_amount: Money
    unit_value: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """`line_nos` are the lines that count towards it; of the rest its kind's own field is filled.

    Prices are as the order states them, with or without tax. The order's lines contain the
    promotion's effect already: this says what would have been, had less been bought.
    """

    promotion_id: str
    kind: PromotionKind
    line_nos: tuple[str, ...]
    bulk: tuple[BulkTier, ...] = ()
    thresholds: tuple[ThresholdTier, ...] = ()
    gifts: tuple[Gift, ...] = ()

    @property
    def affected(self) -> tuple[str, ...]:
        """The lines whose refund it may lower: those that count, and the gifts."""
        return tuple(dict.fromkeys((*self.line_nos, *(gift.line_no for gift in self.gifts))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """How much of a promotion's lines the customer keeps; `gifts` counts units by line.

    Of a kit some parts may be kept: as much of it as their share of its price.
    """

    quantity: Fraction
    amount: int
    gifts: Mapping[str, Fraction]


def kept_price(promotion: Promotion, kept: Kept, bought: Kept) -> Fraction:
    """What keeping this would cost, in minor units; never more than what was bought.

    Who keeps less never pays more than for keeping more: it is the least of all that could have
    been bought to have it. So refunds only grow with what comes back, whatever the steps.
    """
    return _PRICES[promotion.kind](promotion, kept, bought)


def _bulk(promotion: Promotion, kept: Kept, bought: Kept) -> Fraction:
    starts = [tier.from_quantity for tier in promotion.bulk]
    quantities = [kept.quantity, *_between(starts, kept.quantity, bought.quantity)]
    return min(_unit_price(promotion, quantity) * quantity for quantity in quantities)


def _unit_price(promotion: Promotion, quantity: Fraction) -> int:
    """Below one unit, as of one."""
    reached = [tier for tier in promotion.bulk if tier.from_quantity <= max(quantity, Fraction(1))]
    return max(reached, key=lambda tier: tier.from_quantity).unit_price.minor


def _threshold(promotion: Promotion, kept: Kept, bought: Kept) -> Fraction:
    if kept.amount == 0:
        return Fraction(0)
    starts = [tier.from_amount.minor for tier in promotion.thresholds]
    amounts = [Fraction(kept.amount), *_between(starts, kept.amount, bought.amount)]
    return min(amount - _off(promotion, amount) for amount in amounts)


def _off(promotion: Promotion, amount: Fraction) -> int:
    reached = [tier for tier in promotion.thresholds if tier.from_amount.minor <= amount]
    if not reached:
        return 0
    return max(reached, key=lambda tier: tier.from_amount.minor).off.minor


def _gift(promotion: Promotion, kept: Kept, bought: Kept) -> Fraction:
    starts = [gift.from_amount.minor for gift in promotion.gifts]
    amounts = [Fraction(kept.amount), *_between(starts, kept.amount, bought.amount)]
    return min(amount + _unearned(promotion, amount, kept) for amount in amounts)


def _unearned(promotion: Promotion, amount: Fraction, kept: Kept) -> Fraction:
    """The value of the gifts that are kept and that so much does not earn."""
    return sum(
        (
            gift.unit_value.minor * kept.gifts.get(gift.line_no, Fraction(0))
            for gift in promotion.gifts
            if gift.from_amount.minor > amount
        ),
        Fraction(0),
    )


def _between(starts: Iterable[int], above: int | Fraction, upto: int | Fraction) -> list[Fraction]:
    return [Fraction(start) for start in starts if above < start <= upto]


_PRICES: dict[PromotionKind, Callable[[Promotion, Kept, Kept], Fraction]] = {
    PromotionKind.BULK: _bulk,
    PromotionKind.THRESHOLD: _threshold,
    PromotionKind.GIFT: _gift,
}


def promotion_faults(
    promotions: Iterable[Promotion], line_nos: Iterable[str], currency: str
) -> list[FieldError]:
    """Every fault of an order's promotions; `line_nos` are the lines that may be named."""
    known, faults, seen = frozenset(line_nos), [], set[str]()
    for place, promotion in enumerate(promotions):
        at = f"/promotions/{place}"
        if place == PROMOTIONS_MAX:
            message = f"An order has at most {PROMOTIONS_MAX} promotions."
            faults.append(_fault("/promotions", "too_many_promotions", message))
            break
        if promotion.promotion_id in seen:
            message = f"Promotion {promotion.promotion_id} comes twice."
            faults.append(_fault(f"{at}/promotion_id", "duplicate_promotion", message))
        seen.add(promotion.promotion_id)
        faults += _own_faults(promotion, known, at)
        faults += _money_faults(promotion, currency, at)
    return faults


def _own_faults(promotion: Promotion, known: frozenset[str], at: str) -> Iterator[FieldError]:
    if not promotion.line_nos:
        yield _fault(f"{at}/line_nos", "no_lines", "A promotion names the lines that count.")
    gifts = [gift.line_no for gift in promotion.gifts]
    yield from _named_faults(promotion.line_nos, known, f"{at}/line_nos/{{}}")
    yield from _named_faults(gifts, known, f"{at}/gifts/{{}}/line_no")
    for kind, field in _FIELDS.items():
        tiers = len(getattr(promotion, field))
        if (kind is promotion.kind) != bool(tiers):
            message = f"{promotion.kind.value} states {_FIELDS[promotion.kind]} and no other."
            yield _fault(f"{at}/{field}", "wrong_tiers", message)
        if tiers > TIERS_MAX:
            yield _fault(f"{at}/{field}", "too_many_tiers", f"At most {TIERS_MAX}.")
    if promotion.bulk and promotion.bulk[0].from_quantity != 1:
        message = "The first price is that of one unit."
        yield _fault(f"{at}/bulk/0/from_quantity", "no_single_price", message)
    yield from _order_faults(promotion, at)


def _named_faults(
    named: Sequence[str], known: frozenset[str], pointer: str
) -> Iterator[FieldError]:
    """Each line is one of the order's and named once: what is named twice would count twice."""
    seen = set[str]()
    for place, line_no in enumerate(named):
        if line_no not in known:
            yield _fault(pointer.format(place), "unknown_line", f"No line {line_no}.")
        elif line_no in seen:
            yield _fault(pointer.format(place), "duplicate_line", f"Line {line_no} comes twice.")
        seen.add(line_no)


_FIELDS = {
    PromotionKind.BULK: "bulk",
    PromotionKind.THRESHOLD: "thresholds",
    PromotionKind.GIFT: "gifts",
}


def _order_faults(promotion: Promotion, at: str) -> Iterator[FieldError]:
    """Tiers rise, and no tier is dearer or takes less off than the one before it."""
    for place, (low, high) in enumerate(pairwise(promotion.bulk), start=1):
        if high.from_quantity <= low.from_quantity:
            yield _fault(f"{at}/bulk/{place}/from_quantity", "not_rising", "Tiers rise.")
        if high.unit_price.minor > low.unit_price.minor:
            yield _fault(f"{at}/bulk/{place}/unit_price", "dearer_tier", "More is never dearer.")
    for place, (less, more) in enumerate(pairwise(promotion.thresholds), start=1):
        if more.from_amount.minor <= less.from_amount.minor:
            yield _fault(f"{at}/thresholds/{place}/from_amount", "not_rising", "Tiers rise.")
        if more.off.minor < less.off.minor:
            yield _fault(f"{at}/thresholds/{place}/off", "less_off", "More never takes less off.")
    for place, tier in enumerate(promotion.thresholds):
        if tier.off.minor > tier.from_amount.minor:
            message = "No more comes off than is there."
            yield _fault(f"{at}/thresholds/{place}/off", "off_above_amount", message)


def _money_faults(promotion: Promotion, currency: str, at: str) -> Iterator[FieldError]:
    for pointer, amount in _amounts_of(promotion):
        if amount.currency != currency:
            message = f"{amount.currency} in an order of {currency}."
            yield _fault(f"{at}/{pointer}", "wrong_currency", message)
        if amount.minor < 0:
            yield _fault(f"{at}/{pointer}", "negative_amount", "An amount is not negative.")


def _amounts_of(promotion: Promotion) -> Iterator[tuple[str, Money]]:
    for place, bulk in enumerate(promotion.bulk):
        yield f"bulk/{place}/unit_price", bulk.unit_price
    for place, tier in enumerate(promotion.thresholds):
        yield f"thresholds/{place}/from_amount", tier.from_amount
        yield f"thresholds/{place}/off", tier.off
    for place, gift in enumerate(promotion.gifts):
        yield f"gifts/{place}/from_amount", gift.from_amount
        yield f"gifts/{place}/unit_value", gift.unit_value


def _fault(pointer: str, code: str, message: str) -> FieldError:
    return FieldError(pointer=pointer, code=code, message=message)
