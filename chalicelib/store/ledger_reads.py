"""Reads of the money ledger and of what its accounts are called. A part of `Reads`."""

from abc import ABC, abstractmethod

from chalicelib.invoicing.accounts import FinanceAccounts
from chalicelib.ledger.model import Posting
from chalicelib.store import keys, money_keys
from chalicelib.store.codec import record_in
from chalicelib.store.key import Key
from chalicelib.store.table import Item, Table


class LedgerReads(ABC):
    @abstractmethod
    def _items(self, *wanted: Key) -> list[Item | None]: ...

    @property
    @abstractmethod
    def _core(self) -> Table: ...

    def postings(self, subject: str) -> list[Posting]:
        """The postings of one subject, in the order of time."""
        items = self._core.query(keys.partition(subject), prefix="POSTING#")
        found = [record_in(item, Posting) for item in items]
        return sorted(found, key=lambda posting: (posting.posted_at, posting.posting_id))

    def finance_accounts(self) -> FinanceAccounts:
        """What finance calls our accounts, or what the product calls them."""
        (item,) = self._items(money_keys.finance_accounts())
        return FinanceAccounts() if item is None else record_in(item, FinanceAccounts)
