"""Money: an int of minor units and an ISO 4217 currency, split without losing a unit.

Pure. What a price means (tax included or not, which discount) is orders' business.
Digits after ISO 4217:2015 list one, as published by SIX in January 2026.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from chalicelib.core.errors import Invalid

_NO_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_DIGITS = "CLF UYW"
_TWO_DIGITS = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN"
    " BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP"
    " GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP"
    " LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR"
    " NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN"
    " SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR"
    " ZMW ZWG"
)
CURRENCY_DIGITS: dict[str, int] = {
    code: digits
    for digits, codes in ((0, _NO_DIGITS), (2, _TWO_DIGITS), (3, _THREE_DIGITS), (4, _FOUR_DIGITS))
    for code in codes.split()
}
_DECIMAL = re.compile(r"(-?)([0-9]{1,30})(?:\.([0-9]{1,30}))?")
MINOR_MAX = 10**15
"""Far above any order, far below what JSON readers hold exactly (2**53)."""


def currency_digits(currency: str) -> int:
    """How many digits the minor unit has; raises Invalid `unknown_currency`."""
    try:
        return CURRENCY_DIGITS[currency]
    except KeyError:
        raise Invalid(
            "unknown_currency", f"{currency!r} is not an ISO 4217 currency", currency=currency
        ) from None


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount; `minor` counts the smallest unit of `currency` and may be negative."""

    minor: int
    currency: str

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls(0, currency)

    @classmethod
    def parse(cls, amount: str, currency: str) -> Self:
        """From a decimal string with at most the currency's digits; raises Invalid."""
        digits = currency_digits(currency)
        matched = _DECIMAL.fullmatch(amount)
        if matched is None:
            raise Invalid("bad_amount", f"{amount[:40]!r} is not a decimal amount")
        sign, whole, fraction = matched.groups(default="")
        fraction = fraction.rstrip("0")
        if len(fraction) > digits:
            raise Invalid("too_many_digits", f"{currency} has {digits} digits, {amount!r} has more")
        minor = int(f"{sign}{whole}{fraction.ljust(digits, '0')}")
        if abs(minor) > MINOR_MAX:
            raise Invalid("amount_too_large", f"{amount!r} is above what is allowed")
        return cls(minor, currency)

    @property
    def amount(self) -> str:
        """The decimal string with the currency's own number of digits, as shown in JSON."""
        digits = currency_digits(self.currency)
        sign = "-" if self.minor < 0 else ""
        text = str(abs(self.minor)).rjust(digits + 1, "0")
        return sign + (f"{text[:-digits]}.{text[-digits:]}" if digits else text)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def __add__(self, other: Self) -> Self:
        self._same(other)
        return type(self)(self.minor + other.minor, self.currency)

    def __sub__(self, other: Self) -> Self:
        self._same(other)
        return type(self)(self.minor - other.minor, self.currency)

    def __neg__(self) -> Self:
        return type(self)(-self.minor, self.currency)

    def __mul__(self, count: int) -> Self:
        return type(self)(self.minor * count, self.currency)

    def __lt__(self, other: Self) -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: Self) -> bool:
        self._same(other)
        return self.minor <= other.minor

    def __bool__(self) -> bool:
        return self.minor != 0

    def clamp(self, low: Self, high: Self) -> Self:
        """The nearest amount within [low, high]."""
        return max(low, min(self, high))

    @classmethod
    def total(cls, amounts: Iterable["Money"], currency: str) -> Self:
        """The sum; `currency` is needed because there may be nothing to add."""
        minor = 0
        for amount in amounts:
            if amount.currency != currency:
                raise _mixed(amount.currency, currency)
            minor += amount.minor
        return cls(minor, currency)

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise _mixed(self.currency, other.currency)


def _mixed(one: str, other: str) -> Invalid:
    return Invalid("currency_mismatch", f"{one} and {other} cannot be added", one=one, other=other)


def round_half_even(numerator: int, denominator: int) -> int:
    """numerator/denominator to the nearest int, halves to the even one; exact for any size."""
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    quotient, remainder = divmod(numerator, denominator)
    twice = 2 * remainder
    if twice > denominator or (twice == denominator and quotient % 2):
        quotient += 1
    return quotient


def unit_value(total_minor: int, units: int, ordinal: int) -> int:
    """What the `ordinal`-th (from 1) of `units` is worth: r(t·i/n) − r(t·(i−1)/n).

    Independent of the fate of the other units, and the sum over all units is the total.
    """
    return span_value(total_minor, units, ordinal, ordinal)


def span_value(total_minor: int, units: int, first: int, last: int) -> int:
    """What units first..last (inclusive, from 1) are worth together, in one subtraction."""
    assert 1 <= first <= last <= units, "ordinals lie within the line"
    return round_half_even(total_minor * last, units) - round_half_even(
        total_minor * (first - 1), units
    )


def split_by_weight(total_minor: int, weights: Sequence[int]) -> list[int]:
    """The total in parts by weight, cumulatively rounded, so that the parts sum to it exactly.

    All-zero weights split evenly. Weights are not negative.
    """
    if not weights:
        return []
    if not any(weights):
        weights = [1] * len(weights)
    whole = sum(weights)
    parts, seen, given = [], 0, 0
    for weight in weights:
        seen += weight
        upto = round_half_even(total_minor * seen, whole)
        parts.append(upto - given)
        given = upto
    return parts
