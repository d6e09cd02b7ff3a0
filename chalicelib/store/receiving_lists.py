"""Receivings in lists, by warehouse and state, newest first."""

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.core.clock import rfc3339
from chalicelib.receivings.model import Receiving, ReceivingRow, State, row_of
from chalicelib.store.codec import record_in
from chalicelib.store.pages import LIMIT_DEFAULT, Ask, Page, page_of
from chalicelib.store.row import Row, list_name
from chalicelib.store.table import Item, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivingFilters:
    """Which receivings: all that is given must fit. `within`: what the caller may see."""

    warehouse: str | None = None
    state: State | None = None
    within: frozenset[str] | None = None

    def fit(self, row: ReceivingRow) -> bool:
        return (
            self.warehouse in (None, row.warehouse)
            and self.state in (None, row.state)
            and (self.within is None or row.warehouse in self.within)
        )

    @property
    def said(self) -> str:
        within = "all" if self.within is None else ",".join(sorted(self.within))
        return f"{self.warehouse}#{self.state}#{within}"


def receivings(
    views: Table, filters: ReceivingFilters, limit: int = LIMIT_DEFAULT, cursor: str | None = None
) -> Page[ReceivingRow]:
    """Newest first, from the shortest list that the filters allow."""
    name = list_name("RECEIVINGS", warehouse=filters.warehouse)
    ask = Ask(name, ReceivingRow, keep=filters.fit, said=filters.said, is_bucketed=True)
    return page_of(views, ask, limit, cursor)


def receiving_rows(item: Item) -> Iterator[Row]:
    """In the list of all, and in that of its warehouse."""
    body = row_of(record_in(item, Receiving))
    sort = f"{rfc3339(body.opened_at)}#{body.receiving_id}"
    for name in (list_name("RECEIVINGS"), list_name("RECEIVINGS", warehouse=body.warehouse)):
        yield Row(list_name=name, bucket=f"{body.opened_at:%Y-%m}", sort=sort, body=body)
