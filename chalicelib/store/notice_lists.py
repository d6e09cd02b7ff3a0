"""Advance notices in lists, by warehouse and state, newest first."""

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.core.clock import rfc3339
from chalicelib.notices.model import AdvanceNotice, NoticeRow, NoticeState, row_of
from chalicelib.store.codec import record_in
from chalicelib.store.pages import LIMIT_DEFAULT, Ask, Page, page_of
from chalicelib.store.row import Row, list_name
from chalicelib.store.table import Item, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFilters:
    """Which notices: all that is given must fit. `within`: what the caller may see."""

    warehouse: str | None = None
    state: NoticeState | None = None
    within: frozenset[str] | None = None

    def fit(self, row: NoticeRow) -> bool:
        return (
            self.warehouse in (None, row.warehouse)
            and self.state in (None, row.state)
            and (self.within is None or row.warehouse in self.within)
        )

    @property
    def said(self) -> str:
        within = "all" if self.within is None else ",".join(sorted(self.within))
        return f"{self.warehouse}#{self.state}#{within}"


def notices(
    views: Table, filters: NoticeFilters, limit: int = LIMIT_DEFAULT, cursor: str | None = None
) -> Page[NoticeRow]:
    """Newest first, from the shortest list that the filters allow."""
    name = list_name("NOTICES", warehouse=filters.warehouse)
    ask = Ask(name, NoticeRow, keep=filters.fit, said=filters.said, is_bucketed=True)
    return page_of(views, ask, limit, cursor)


def notice_rows(item: Item) -> Iterator[Row]:
    """In the list of all, and in that of its warehouse."""
    body = row_of(record_in(item, AdvanceNotice))
    sort = f"{rfc3339(body.prepared_at)}#{body.notice_id}"
    for name in (list_name("NOTICES"), list_name("NOTICES", warehouse=body.warehouse)):
        yield Row(list_name=name, bucket=f"{body.prepared_at:%Y-%m}", sort=sort, body=body)
