"""All orders of the core table, page by page: for a search that must not miss one."""

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.core.errors import TransientError
from chalicelib.orders.model import Order
from chalicelib.store import keys
from chalicelib.store.codec import body_of, decode
from chalicelib.store.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSales:
    """Orders in the order of the table, which stays the same for a key."""

    core: Table

    def orders(self, *, after: str | None) -> Iterator[tuple[str, Order | None]]:
        """Each order by its number, None where it cannot be read, those after `after`.

        One whose first command is still under way has no content yet, and is passed.
        """
        start = keys.order(after) if after is not None else None
        place = {"pk": start.pk, "sk": start.sk} if start is not None else None
        for item in self.core.scan(("ORDER",), after=place):
            body = body_of(item)
            if body is not None:
                order_no = item["pk"]["S"].partition("#")[2]
                yield order_no, _read(body)


def _read(body: str) -> Order | None:
    try:
        return decode(body, Order)
    except (TransientError, AssertionError):
        return None
