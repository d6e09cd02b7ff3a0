"""What exchanges read: always consistent."""

from collections.abc import Sequence
from typing import Protocol

from chalicelib.exchanges.model import Exchange
from chalicelib.inventory.model import Balance
from chalicelib.returns.model import Return
from chalicelib.returns.ports import ReturnReader


class StockReader(Protocol):
    """Reads balances of one warehouse."""

    def balances(self, warehouse: str, skus: Sequence[str]) -> list[Balance]: ...


class ApprovalReader(ReturnReader, StockReader, Protocol):
    """Reads what an approval decides about, and what there is to exchange it for."""


class PromiseReader(Protocol):
    """Reads exchanges by their ids."""

    def exchange(self, exchange_id: str) -> Exchange | None: ...


class ReplacingReader(ReturnReader, PromiseReader, Protocol):
    """Reads what a command on a return's units decides about, and what is promised for them."""


class ExchangeReader(PromiseReader, Protocol):
    """Reads an exchange together with its return, as both stand at one moment."""

    def exchange_and_return(self, exchange_id: str) -> tuple[Exchange | None, Return | None]: ...
