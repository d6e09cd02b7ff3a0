"""Reads of store credit: an account with one entry of it, and the accounts of a customer.

A part of `Reads`.
"""

from abc import ABC, abstractmethod
from typing import TypeVar

from chalicelib.credits.model import CreditAccount, CreditEntry, CreditOf
from chalicelib.store import money_keys
from chalicelib.store.codec import body_of, decode
from chalicelib.store.key import Key
from chalicelib.store.table import Item, Table

T = TypeVar("T")


class CreditReads(ABC):
    @abstractmethod
    def _items(self, *wanted: Key) -> list[Item | None]: ...

    @property
    @abstractmethod
    def _core(self) -> Table: ...

    def credit(
        self, account_id: str, entry_id: str
    ) -> tuple[CreditAccount | None, CreditEntry | None]:
        """An account and one entry of it, as they stand at one moment."""
        account, entry = self._items(
            money_keys.credit(account_id), money_keys.credit_entry(entry_id)
        )
        return _read(account, CreditAccount), _read(entry, CreditEntry)

    def credit_entry(self, entry_id: str) -> CreditEntry | None:
        (item,) = self._items(money_keys.credit_entry(entry_id))
        return _read(item, CreditEntry)

    def credit_accounts(self, customer_id: str) -> list[CreditAccount]:
        """The accounts of a customer, by currency."""
        links = self._core.query(money_keys.credits_of(customer_id))
        ids = [link.account_id for one in links if (link := _read(one, CreditOf))]
        items = self._core.get([money_keys.credit(one) for one in ids]) if ids else []
        return [found for item in items if (found := _read(item, CreditAccount)) is not None]


def _read(item: Item | None, kind: type[T]) -> T | None:
    body = None if item is None else body_of(item)
    return None if body is None else decode(body, kind)
