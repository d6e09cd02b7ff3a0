"""Advance notices in lists, by warehouse and state, newest first."""

from collections.abc import Iterator

from chalicelib.core.clock import rfc3339
from chalicelib.notices.model import AdvanceNotice, NoticeRow, row_of
from chalicelib.store.codec import record_in
from chalicelib.store.pages import LIMIT_DEFAULT, Ask, Page, page_of
from chalicelib.store.place_filters import PlaceFilters
from chalicelib.store.row import Row, list_name
from chalicelib.store.table import Item, Table


def notices(
    views: Table, filters: PlaceFilters, limit: int = LIMIT_DEFAULT, cursor: str | None = None
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
