"""The list of uploads to look after."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.clock import rfc3339
from chalicelib.store.pages import LIMIT_MAX, Ask, Page, page_of
from chalicelib.store.table import Table
from chalicelib.store.upload_rows import UPLOADS_DUE, UploadDueRow


@dataclass(frozen=True, slots=True)
class UploadLists:
    """Read from the views, so it lags as they do."""

    table: Table

    def due(self, until: datetime, cursor: str | None = None) -> Page[UploadDueRow]:
        """Uploads that it is time to look after before this moment, the longest due first."""
        ask = Ask(
            UPLOADS_DUE, UploadDueRow, is_bucketed=True, newest_first=False, until=rfc3339(until)
        )
        return page_of(self.table, ask, LIMIT_MAX, cursor)
