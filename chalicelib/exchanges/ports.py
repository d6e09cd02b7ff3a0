"""What exchanges read, always consistently; and whom they ask for payment links."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from chalicelib.core.money import Money
from chalicelib.exchanges.model import Exchange
from chalicelib.inventory.model import Balance
from chalicelib.returns.model import Return
from chalicelib.returns.ports import ReturnReader


class StockReader(Protocol):
    """Reads balances of one warehouse."""

    def balances(self, warehouse: str, skus: Sequence[str]) -> list[Balance]: ...


class PromiseReader(Protocol):
    """Reads exchanges by their ids."""

    def exchange(self, exchange_id: str) -> Exchange | None: ...


class PromisingReader(StockReader, PromiseReader, Protocol):
    """Reads what there is to promise, and what was promised before."""


class ApprovalReader(ReturnReader, PromisingReader, Protocol):
    """Reads what an approval decides about, and what there is to exchange it for."""


class ReplacingReader(ReturnReader, PromiseReader, Protocol):
    """Reads what a command on a return's units decides about, and what is promised for them."""


class ExchangeReader(PromiseReader, Protocol):
    """Reads an exchange together with its return, as both stand at one moment."""

    def exchange_and_return(self, exchange_id: str) -> tuple[Exchange | None, Return | None]: ...


class LinkAnswer(StrEnum):
    """OPEN: it can be paid; EXPIRED: nobody can pay by it any more; NOT_FOUND: never asked for."""

    OPEN = "open"
    PAID = "paid"
    EXPIRED = "expired"
    NOT_FOUND = "not_found"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRequest:
    """What is to be paid, once. `key` is stored before the call and names exchange and attempt."""

    key: str
    amount: Money
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkOutcome:
    """What the provider says of a key; `amount` is what it asks for, and was paid where PAID."""

    state: LinkAnswer
    url: str | None = None
    reference: str | None = None
    amount: Money | None = None
    expires_at: datetime | None = None
    reason: str | None = None


class PaymentLinks(Protocol):
    """Makes addresses where customers pay. Never raises for the outside; no stored card is used."""

    @property
    def name(self) -> str:
        """Whose links they are."""

    def create(self, request: LinkRequest, *, timeout_s: float) -> LinkOutcome:
        """Ask for a link. The same key again says what became of it, without a second one."""

    def find(self, key: str, *, timeout_s: float) -> LinkOutcome:
        """What became of a key; NOT_FOUND: the provider has not seen it so far."""

    def key_in(self, body: bytes) -> str | None:
        """Which key a message of the provider's is about; None: it is about no link."""
