"""Who issues credit notes: the merchant's name, address and tax number, and how notes are numbered.

One record that finance keeps. A note takes what it says when it is numbered, so a merchant that
moves does not move on papers that are out already.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from chalicelib.core.events import Chain

T = TypeVar("T")
DEFAULT_SERIES = "CN"
LANGUAGES = ("en", "zh-CN")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who the merchant is on paper: name and lines of the address by language, and the tax number.

    The bank and its account are for papers that ask for them, such as Chinese invoices.
    """

    names: Mapping[str, str]
    addresses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tax_id: str | None = None
    registration_no: str | None = None
    phone: str | None = None
    email: str | None = None
    bank: str | None = None

    def name(self, language: str) -> str:
        """In this language, else in any that is stated."""
        return _in(self.names, language) or ""

    def address(self, language: str) -> tuple[str, ...]:
        return _in(self.addresses, language) or ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesRule:
    """Which series the notes of an order are numbered in; None: whatever the order's is.

    The year of a number, and the day on a note, are those of `time_zone`.
    """

    series: str
    time_zone: str = "UTC"
    channel: str | None = None
    region: str | None = None

    def fits(self, channel: str | None, region: str | None) -> bool:
        return self.channel in (None, channel) and self.region in (None, region)


DEFAULT_RULE = SeriesRule(series=DEFAULT_SERIES)
"""Where nothing is stated, or nothing that is stated fits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """The merchant. Version 0: nothing was stated yet. The first rule that fits an order is its."""

    identity: Identity | None = None
    rules: tuple[SeriesRule, ...] = ()
    version: int = 0
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return "seller/seller"

    def rule_for(self, *, channel: str | None, region: str | None) -> SeriesRule:
        return next((rule for rule in self.rules if rule.fits(channel, region)), DEFAULT_RULE)


def _in(said: Mapping[str, T], language: str) -> T | None:
    return said.get(language) or next((one for one in said.values() if one), None)
