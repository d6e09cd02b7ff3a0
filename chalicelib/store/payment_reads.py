"""Reads of payments: whose they are, and what their providers told. A part of `Reads`."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TypeVar

from chalicelib.orders.payment_lookup import PaymentOf, Reference
from chalicelib.settlement.news import PaymentNews
from chalicelib.store import money_keys
from chalicelib.store.codec import body_of, decode
from chalicelib.store.key import Key
from chalicelib.store.table import Item

T = TypeVar("T")


class PaymentReads(ABC):
    @abstractmethod
    def _items(self, *wanted: Key) -> list[Item | None]: ...

    def payments_of(self, references: Sequence[Reference]) -> list[PaymentOf]:
        if not references:
            return []
        items = self._items(*(money_keys.payment(provider, own) for provider, own in references))
        return [found for item in items if (found := _read(item, PaymentOf)) is not None]

    def payment_news(self, provider: str, news_id: str) -> PaymentNews | None:
        (item,) = self._items(money_keys.payment_news(provider, news_id))
        return _read(item, PaymentNews)


def _read(item: Item | None, kind: type[T]) -> T | None:
    body = None if item is None else body_of(item)
    return None if body is None else decode(body, kind)
