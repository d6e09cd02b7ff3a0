"""Reads about a customer: the lists they are on, what they did within 365 days, known photos.

A part of `Reads`. Lists are the truth of this moment. The history comes from the rows of the
customer in the views, so it lags as they do, by seconds: what decides about money is reserved on
the order itself, the history only says who should look.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from chalicelib.core.clock import rfc3339
from chalicelib.customers.counting import (
    LOOKED_BACK,
    CountedOrder,
    CountedReturn,
    Past,
    counts_of,
    history_of,
    units_sold,
)
from chalicelib.customers.model import CustomerStanding
from chalicelib.orders.model import Order
from chalicelib.policy.history import CustomerHistory
from chalicelib.returns.exceptions import ReturnException
from chalicelib.returns.model import Return
from chalicelib.store import keys
from chalicelib.store.codec import body_of, decode
from chalicelib.store.key import Key
from chalicelib.store.row import list_name
from chalicelib.store.summaries import OrderRow, ReturnRow
from chalicelib.store.table import Item, Table
from chalicelib.uploads.likeness import Place
from chalicelib.uploads.model import PhotoBand, PhotoPrint

T = TypeVar("T")
HISTORY_ROWS_MAX = 1000
"""Of each kind, the newest: a customer with more is told from others by far fewer."""
_STEP = 200


class CustomerReads(ABC):
    @abstractmethod
    def _items(self, *wanted: Key) -> list[Item | None]: ...

    @property
    @abstractmethod
    def _core(self) -> Table: ...

    @property
    @abstractmethod
    def _lists(self) -> Callable[[], Table] | None:
        """The table of the lists, made when first asked for."""

    def customer_standing(self, customer_id: str) -> CustomerStanding:
        """The lists that the customer is on; of one whom nobody listed, version 0 without any."""
        stored = self._customer_record(keys.customer(customer_id), CustomerStanding)
        return stored if stored is not None else CustomerStanding(customer_id=customer_id)

    def photo_print(self, fingerprint: str) -> PhotoPrint | None:
        """The return that a picture with this fingerprint came with first."""
        return self._customer_record(keys.photo_print(fingerprint), PhotoPrint)

    def photo_bands(self, places: Sequence[Place]) -> list[PhotoBand]:
        """Those of these records of fingerprints that are there; what is written to one of them
        since is found out when it is written."""
        return self._documents([keys.photo_band(*place) for place in places], PhotoBand)

    def customer_history(
        self, customer_id: str, at: datetime, without: str | None = None
    ) -> CustomerHistory:
        """What the customer did up to `at`; `without` is a return that is not to count."""
        assert self._lists is not None, "histories are read where there are lists"
        views = self._lists()
        standing = self.customer_standing(customer_id)
        past = Past(
            returns=self._returns_in(_recent(views, "RETURNS", customer_id, at), without),
            orders=self._orders_in(_recent(views, "ORDERS", customer_id, at)),
            exceptions=[
                decode(item["body"]["S"], ReturnException)
                for item in _recent(views, "EXCEPTIONS", customer_id, at)
            ],
            lists=standing.lists_at(at),
        )
        return history_of(past, at)

    def _returns_in(self, items: Iterator[Item], without: str | None) -> list[CountedReturn]:
        rows = [decode(item["body"]["S"], ReturnRow) for item in items]
        known = {
            row.return_id: CountedReturn(requested_at=row.requested_at, counts=row.counts)
            for row in rows
            if row.counts is not None
        }
        silent = [row.return_id for row in rows if row.counts is None]
        for ret in self._documents([keys.return_(one) for one in silent], Return):
            counted = CountedReturn(requested_at=ret.requested_at, counts=counts_of(ret))
            known[ret.return_id] = counted
        return [one for return_id, one in known.items() if return_id != without]

    def _orders_in(self, items: Iterator[Item]) -> list[CountedOrder]:
        rows = [decode(item["body"]["S"], OrderRow) for item in items]
        silent = [row.order_no for row in rows if row.units is None]
        orders = self._documents([keys.order(one) for one in silent], Order)
        return [
            *(
                CountedOrder(placed_at=row.placed_at, units=row.units)
                for row in rows
                if row.units is not None
            ),
            *(CountedOrder(placed_at=one.placed_at, units=units_sold(one)) for one in orders),
        ]

    def _customer_record(self, key: Key, kind: type[T]) -> T | None:
        (item,) = self._items(key)
        body = None if item is None else body_of(item)
        return None if body is None else decode(body, kind)

    def _documents(self, wanted: Sequence[Key], kind: type[T]) -> list[T]:
        """The documents themselves, where rows were written before they told enough."""
        found = [] if not wanted else self._core.get(wanted)
        bodies = (body_of(item) for item in found if item is not None)
        return [decode(body, kind) for body in bodies if body is not None]


def _recent(views: Table, kind: str, customer_id: str, at: datetime) -> Iterator[Item]:
    """The rows of 365 days, the newest first and at most HISTORY_ROWS_MAX of them."""
    name, since = list_name(kind, customer=customer_id), rfc3339(at - LOOKED_BACK)
    after = f"{rfc3339(at)}~"  # Behind every row of that very moment, whose places go on with "#".
    for _ in range(HISTORY_ROWS_MAX // _STEP):
        items = views.query(name, limit=_STEP, after=after, newest_first=True, consistent=False)
        for item in items:
            if item["sk"]["S"] < since:
                return
            yield item
        if len(items) < _STEP:
            return
        after = items[-1]["sk"]["S"]
