"""Past returns, for a job that looks at very many of them: found by the list, read from the truth.

The list of all returns is cut into months and sorted by the time of the request, so a period costs
no more than its own rows; reading all of core would also read every event and movement. The list
may lag by seconds, which matters for no past return.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.clock import rfc3339
from chalicelib.core.errors import TransientError
from chalicelib.policy.simulation import Listed
from chalicelib.policy.working_days import country_of
from chalicelib.returns.model import Return
from chalicelib.returns.standing import Status
from chalicelib.store import keys
from chalicelib.store.codec import body_of, decode
from chalicelib.store.row import bucket_mark, list_name, partition
from chalicelib.store.summaries import ReturnRow
from chalicelib.store.table import Table

PAGE = 1000
"""Rows of a page: as many as one query gives, about."""
COUNTRY_LENGTH = 2
"""Signs of an ISO 3166-1 alpha-2 code."""
_LIST = list_name("RETURNS")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPast:
    """The port that simulations read through, `page` rows of the list at a time."""

    core: Table
    views: Table
    page: int = PAGE

    def listed(
        self, *, since: datetime | None, until: datetime, region: str | None, cursor: str | None
    ) -> Listed:
        """Those that were asked for in [since, until), the oldest first; drafts are none.

        A cursor is a month and the place of the last row in it, or no place: all of it is ahead.
        """
        if cursor is None:
            cursor = self._month_after(None) if since is None else f"{since:%Y-%m} {rfc3339(since)}"
            if cursor is None:
                return Listed(return_ids=(), cursor=None)
        month, _, after = cursor.partition(" ")
        items = self.views.query(
            partition(_LIST, month), limit=self.page, after=after or None, consistent=False
        )
        end = rfc3339(until)
        rows = [decode(item["body"]["S"], ReturnRow) for item in items if item["sk"]["S"] < end]
        following: str | None = None
        if len(items) == self.page:
            following = f"{month} {items[-1]['sk']['S']}"
        elif len(rows) == len(items):
            following = self._month_after(month)
        return Listed(
            return_ids=tuple(
                row.return_id
                for row in rows
                if row.status is not Status.DRAFT and _is_in(region, row.region)
            ),
            cursor=following if len(rows) == len(items) else None,
        )

    def read(self, return_ids: Sequence[str]) -> list[Return | None]:
        """The returns as they stand now; None where one cannot be read."""
        items = self.core.get([keys.return_(one) for one in return_ids])
        return [_read(None if item is None else body_of(item)) for item in items]

    def _month_after(self, month: str | None) -> str | None:
        """The next month that the list has rows in; None: there is none."""
        marks = self.views.query(bucket_mark(_LIST, "").pk, limit=1, after=month, consistent=False)
        return str(marks[0]["sk"]["S"]) if marks else None


def _is_in(asked: str | None, region: str | None) -> bool:
    """Whether a return is of the region that was asked for, or of one within that country."""
    if asked is None or asked == region:
        return True
    return len(asked) == COUNTRY_LENGTH and country_of(region) == country_of(asked)


def _read(body: str | None) -> Return | None:
    if body is None:
        return None
    try:
        return decode(body, Return)
    except (TransientError, AssertionError):
        return None
