"""Reading the cells of one row: ids, words, quantities, money, times; every fault is collected.

Pure. The forms are those of the HTTP API (a test compares them), so a file states nothing that a
request could not.
"""

import re
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from chalicelib.core.clock import from_rfc3339
from chalicelib.core.errors import DomainError
from chalicelib.core.money import CURRENCY_DIGITS, Money
from chalicelib.imports.sheet import RowError

QUANTITY_MAX = 1_000_000
LABEL_MAX = 200
POINTS_MAX = 10**9
RATE_MAX = 1_000_000
YEAR_MIN, YEAR_MAX = 2000, 2099
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,63}")
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:~/ +-]{0,63}")
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_RATE = re.compile(r"[0-9]{1,7}(\.[0-9]{1,12})?", re.ASCII)
_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,4})?", re.ASCII)
_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]([01]\d|2[0-3]):\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_YES_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class Cells:
    """One row by column. A reader of a bad cell notes the fault and answers None."""

    def __init__(self, row: int, values: dict[str, str]) -> None:
        self.row = row
        self.errors: list[RowError] = []
        self._values = values

    def text(self, column: str) -> str:
        """The cell as it is; empty where it or its column is missing."""
        return self._values.get(column, "")

    def fault(self, column: str, code: str, message: str) -> None:
        self.errors.append(RowError(row=self.row, column=column, code=code, message=message))

    def required(self, column: str) -> bool:
        """Whether there is something; nothing is a fault."""
        if self.text(column):
            return True
        self.fault(column, "required", f"{column} is empty.")
        return False

    def id(self, column: str) -> str | None:
        """Safe in a URL: a number of the merchant's or of ours."""
        return self._matched(column, ID, "bad_id", "1 to 64 of A-Z a-z 0-9 . _ ~ -")

    def code(self, column: str) -> str | None:
        """A word for goods: sku, lot."""
        return self._matched(column, CODE, "bad_code", "1 to 64 of A-Z a-z 0-9 . _ : ~ / + - space")

    def codes(self, column: str) -> tuple[str, ...]:
        """Words for goods, separated by semicolons."""
        parts = tuple(part.strip() for part in self.text(column).split(";") if part.strip())
        bad = next((part for part in parts if not CODE.fullmatch(part)), None)
        if bad is not None:
            self.fault(column, "bad_code", f"{bad[:80]!r} cannot be a serial number.")
        return parts

    def label(self, column: str) -> str | None:
        """Text that people read."""
        text = self.text(column)
        if len(text) > LABEL_MAX:
            self.fault(column, "too_long", f"At most {LABEL_MAX} characters.")
            return None
        if HIDDEN.search(text):
            self.fault(column, "hidden_characters", "Control or direction characters.")
            return None
        return text or None

    def choice(self, column: str, known: tuple[str, ...], default: str) -> str:
        text = self.text(column) or default
        if text not in known:
            self.fault(column, "unknown_choice", f"{text[:80]!r}; known: {', '.join(known)}.")
        return text

    def yes_no(self, column: str, *, default: bool) -> bool:
        text = self.text(column).lower()
        if text and text not in _YES_NO:
            self.fault(column, "not_true_or_false", f"{text[:80]!r} is not true or false.")
        return _YES_NO.get(text, default)

    def quantity(self, column: str, *, least: int = 1) -> int | None:
        if not self.required(column):
            return None
        text = self.text(column)
        if not _WHOLE.fullmatch(text):
            self.fault(column, "not_a_whole_number", f"{text[:80]!r} is not a whole number.")
            return None
        if not least <= int(text) <= QUANTITY_MAX:
            self.fault(column, "quantity_range", f"From {least} to {QUANTITY_MAX}.")
            return None
        return int(text)

    def points(self, column: str) -> int:
        """None said is none."""
        text = self.text(column)
        if not text:
            return 0
        if not _WHOLE.fullmatch(text):
            self.fault(column, "not_a_whole_number", f"{text[:80]!r} is not a whole number.")
            return 0
        if not 0 <= int(text) <= POINTS_MAX:
            self.fault(column, "quantity_range", f"From 0 to {POINTS_MAX}.")
            return 0
        return int(text)

    def rate(self, column: str) -> str | None:
        text = self.text(column)
        if text and not _RATE.fullmatch(text):
            self.fault(column, "bad_rate", f"{text[:80]!r} is not a rate such as 0.20.")
            return None
        if text and Decimal(text) > RATE_MAX:
            self.fault(column, "rate_range", f"A rate is at most {RATE_MAX}.")
            return None
        return text or None

    def currency(self, column: str) -> str | None:
        if not self.required(column):
            return None
        text = self.text(column)
        if text not in CURRENCY_DIGITS:
            self.fault(column, "unknown_currency", f"{text[:80]!r} is not in ISO 4217.")
            return None
        return text

    def money(self, column: str, currency: str | None) -> Money | None:
        """An amount of this currency, not negative; None where there is none, or it is bad."""
        text = self.text(column)
        if not text or currency is None:
            return None
        try:
            amount = amount_in(text, currency)
        except DomainError as exc:
            self.fault(column, exc.code, f"{exc.message[:200]}.")
            return None
        if amount is None:
            self.fault(column, "bad_amount", f"{text[:80]!r} is not an amount such as 96.67.")
        elif amount.minor < 0:
            self.fault(column, "negative_amount", "An amount is not negative.")
            return None
        return amount

    def moment(self, column: str) -> datetime | None:
        text = self.text(column)
        if not text:
            return None
        moment = _moment(text)
        if moment is None:
            message = f"{text[:80]!r} is not a time such as 2026-11-21T09:30:00Z."
            self.fault(column, "bad_time", message)
        elif not YEAR_MIN <= moment.year <= YEAR_MAX:
            self.fault(column, "year_range", f"The year is from {YEAR_MIN} to {YEAR_MAX}.")
            return None
        return moment

    def _matched(self, column: str, pattern: re.Pattern[str], code: str, form: str) -> str | None:
        text = self.text(column)
        if text and not pattern.fullmatch(text):
            self.fault(column, code, f"{text[:80]!r}; allowed: {form}.")
            return None
        return text or None


@lru_cache(maxsize=4096)
def _moment(text: str) -> datetime | None:
    """Columns of an order repeat: most times are read once."""
    if not _TIME.fullmatch(text):
        return None
    try:
        return from_rfc3339(text.upper())
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=4096)
def amount_in(text: str, currency: str) -> Money | None:
    """None: that is no amount. Raises Invalid where it does not fit its currency."""
    return Money.parse(text, currency) if _AMOUNT.fullmatch(text) else None
